"""What a rule sees of a receipt, and what it says about it."""

import msgspec

from pos_app.loyalty.document import Goods
from pos_app.model.evaluation import EngineLine, MemberContext, NextStep, ReasonValue

FULL_WEIGHT_PERCENT = 100
WORTH_SCALE = 1_000_000
"""Worth is counted exactly, in millionths of a minor unit: paid minor units x rate in basis points x weight in percent."""


class Receipt(msgspec.Struct, frozen=True):
    """A member's receipt as rules see it: its lines without regulated goods, and what is paid for each by money."""

    lines: list[EngineLine]
    paid_minor: list[int]
    member: MemberContext


class Progress(msgspec.Struct, frozen=True):
    """How far a progressive rule has brought the member: what this receipt counts, the class reached, and the next step."""

    counted_minor: int = 0
    class_reached: str = ""
    next_step: NextStep | None = None


class Rating(msgspec.Struct, frozen=True):
    """What a rule gives for a receipt: one rate, and a weight for each line (0: nothing).

    ``code`` and ``values`` go into the reason of every award, ``values`` without cost and without anything personal.
    """

    code: str
    rate_bp: int
    weights_percent: list[int]
    values: dict[str, ReasonValue]
    progress: Progress | None = None


def is_excluded(goods: Goods, line: EngineLine) -> bool:
    """Whether this section of a programme excludes the goods of a line."""
    return (
        line.product_class in goods.exclude_product_classes
        or line.category in goods.exclude_categories
        or line.department in goods.exclude_departments
    )


def full_weights(goods: Goods, lines: list[EngineLine]) -> list[int]:
    """The full weight for every line that is not excluded, 0 for the others."""
    if not (goods.exclude_product_classes or goods.exclude_categories or goods.exclude_departments):
        return [FULL_WEIGHT_PERCENT] * len(lines)
    return [0 if is_excluded(goods, line) else FULL_WEIGHT_PERCENT for line in lines]
