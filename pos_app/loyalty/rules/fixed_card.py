"""``fixed-card``: the class of the card gives a fixed rate."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import FixedCard, Programme
from pos_app.loyalty.rating import Kind, Rating, Receipt, Scale
from pos_app.loyalty.rules.goods import full_weight


def prepare(_programme: Programme, rule: FixedCard, scale: Scale) -> Kind:
    """The rate of the member's class, for every line alike.

    >>> programme = Programme(schema=1, id="card", version=1, name="Card", point_worth_minor=1, card_classes=("gold",))
    >>> kind = prepare(programme, FixedCard(id="rate", rates_bp={"gold": 500}), Scale(factor=1, point_worth_minor=1))
    >>> from pos_app.loyalty.examples import receipt_of
    >>> kind.rate(receipt_of([1000], card_class="gold"), []).rate
    500
    """
    known = {name: _rating(name, rate_bp, scale) for name, rate_bp in rule.rates_bp.items()}

    def rate(receipt: Receipt, _: list[int]) -> Rating:
        card_class = receipt.card_class
        return known.get(card_class) or _rating(card_class, rule.other_rate_bp, scale)

    return Kind(rate, full_weight(rule))


def _rating(card_class: str, rate_bp: int, scale: Scale) -> Rating:
    return Rating(reasons.FIXED_CARD, scale.rate_bp(rate_bp), {"rate_bp": rate_bp, "card_class": card_class})
