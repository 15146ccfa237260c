"""``pharmacy``: bonuses at one rate or one per class of card, weighted by published band, by margin, or by class of product.

That regulated medicine never earns is not said here: the engine shows no rule a regulated line.
"""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Pharmacy, Programme
from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, Kind, Rating, Receipt, Scale, is_meant
from pos_app.model.evaluation import EngineLine


def prepare(_programme: Programme, rule: Pharmacy, scale: Scale) -> Kind:
    """The level's rate, and each line's weight.

    >>> from pos_app.model.products import ProductClass
    >>> programme = Programme(schema=1, id="bonus", version=1, name="Bonus", point_worth_minor=1)
    >>> rule = Pharmacy(id="goods", rate_bp=300, class_percent={ProductClass.HIGH_MARGIN: 200}, band_percent={"C": 300})
    >>> kind = prepare(programme, rule, Scale(factor=1, point_worth_minor=1))
    >>> syrup = EngineLine(1, "syrup", ProductClass.MEDICINE, "", "DRUG", "COUGH", 1000, 2000)
    >>> cream = EngineLine(2, "cream", ProductClass.HIGH_MARGIN, "", "DRUG", "SKIN", 1000, 2000)
    >>> scent = EngineLine(3, "scent", ProductClass.HIGH_MARGIN, "C", "DRUG", "PERFUME", 1000, 2000)
    >>> [kind.weight(line) for line in (syrup, cream, scent)]
    [100, 200, 300]
    """

    def rating_of(card_class: str) -> Rating:
        rate_bp = rule.levels_bp.get(card_class, rule.rate_bp)
        return Rating(reasons.PHARMACY, scale.rate_bp(rate_bp), {"rate_bp": rate_bp, "card_class": card_class})

    known = {name: rating_of(name) for name in rule.levels_bp}

    def rate(receipt: Receipt, _: list[int]) -> Rating:
        return known.get(receipt.card_class) or rating_of(receipt.card_class)

    return Kind(rate, lambda line: weight_percent(rule, line))


def weight_percent(rule: Pharmacy, line: EngineLine) -> int:
    """The weight of a line: of its band, else of its margin, else of its class of product, else 100; 0 for goods not meant."""
    if not is_meant(rule, line):
        return 0
    by_band = rule.band_percent.get(line.band)
    if by_band is not None:
        return by_band
    by_margin = _by_margin(rule, line.margin_floor_percent)
    return rule.class_percent.get(line.product_class, FULL_WEIGHT_PERCENT) if by_margin is None else by_margin


def _by_margin(rule: Pharmacy, floor_percent: int | None) -> int | None:
    """The weight of the highest margin that the goods surely have."""
    if floor_percent is None:
        return None
    reached = [(int(name), percent) for name, percent in rule.margin_percent.items() if int(name) <= floor_percent]
    return max(reached)[1] if reached else None
