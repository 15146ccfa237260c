"""``fixed-card``: the class of the card gives a fixed rate."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import FixedCard, Programme
from pos_app.loyalty.rating import Rating, Receipt, full_weights


def rate(_programme: Programme, rule: FixedCard, receipt: Receipt) -> Rating:
    """The rate of the member's class, for every line alike.

    >>> from pos_app.model.evaluation import EngineLine, MemberContext
    >>> from pos_app.model.products import ProductClass
    >>> programme = Programme(schema=1, id="card", version=1, name="Card", point_worth_minor=1, card_classes=("gold",))
    >>> rule = FixedCard(id="rate", rates_bp={"gold": 500})
    >>> tea = EngineLine(1, "tea", ProductClass.GENERAL, "", "FOOD", "TEA", 1000, 2000)
    >>> gold = MemberContext("a-1", card_class="gold", accumulators={}, receipts_before=4, spendable_units=0)
    >>> rating = rate(programme, rule, Receipt(lines=[tea], paid_minor=[2000], member=gold))
    >>> rating.rate_bp, rating.weights_percent
    (500, [100])
    """
    card_class = receipt.member.card_class
    return Rating(
        code=reasons.FIXED_CARD,
        rate_bp=rule.rates_bp.get(card_class, rule.other_rate_bp),
        weights_percent=full_weights(rule, receipt.lines),
        values={"card_class": card_class},
    )
