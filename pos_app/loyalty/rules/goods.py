"""Weights that kinds of rules share: goods that are meant weigh 100 %, all others nothing."""

from pos_app.loyalty.document import Goods
from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, WeightFunction, is_meant
from pos_app.model.evaluation import EngineLine


def full_weight(goods: Goods) -> WeightFunction:
    """The full weight for goods that the section is about, 0 for others."""

    def weight(line: EngineLine) -> int:
        return FULL_WEIGHT_PERCENT if is_meant(goods, line) else 0

    return weight
