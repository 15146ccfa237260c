"""``pharmacy``: bonuses at one rate or one per class of card, weighted by published band or by class of product.

That regulated medicine never earns is not said here: the engine shows no rule a regulated line.
"""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Pharmacy, Programme
from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, Rating, Receipt, is_excluded
from pos_app.model.evaluation import EngineLine


def rate(_programme: Programme, rule: Pharmacy, receipt: Receipt) -> Rating:
    """The level's rate, and each line's weight.

    >>> from pos_app.model.evaluation import MemberContext
    >>> from pos_app.model.products import ProductClass
    >>> programme = Programme(schema=1, id="bonus", version=1, name="Bonus", point_worth_minor=1)
    >>> rule = Pharmacy(id="goods", rate_bp=300, class_percent={ProductClass.HIGH_MARGIN: 200}, band_percent={"C": 300})
    >>> syrup = EngineLine(1, "syrup", ProductClass.MEDICINE, "", "DRUG", "COUGH", 1000, 2000)
    >>> cream = EngineLine(2, "cream", ProductClass.HIGH_MARGIN, "", "DRUG", "SKIN", 1000, 2000)
    >>> scent = EngineLine(3, "scent", ProductClass.HIGH_MARGIN, "C", "DRUG", "PERFUME", 1000, 2000)
    >>> member = MemberContext("a-1", card_class="", accumulators={}, receipts_before=4, spendable_units=0)
    >>> rating = rate(programme, rule, Receipt([syrup, cream, scent], [2000, 2000, 2000], member))
    >>> rating.rate_bp, rating.weights_percent
    (300, [100, 200, 300])
    """
    card_class = receipt.member.card_class
    return Rating(
        code=reasons.PHARMACY,
        rate_bp=rule.levels_bp.get(card_class, rule.rate_bp),
        weights_percent=[weight_percent(rule, line) for line in receipt.lines],
        values={"card_class": card_class},
    )


def weight_percent(rule: Pharmacy, line: EngineLine) -> int:
    """The weight of a line: of its band, else of its class of product, else 100; 0 for excluded goods."""
    if is_excluded(rule, line):
        return 0
    by_band = rule.band_percent.get(line.band)
    return rule.class_percent.get(line.product_class, FULL_WEIGHT_PERCENT) if by_band is None else by_band
