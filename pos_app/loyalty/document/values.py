"""The values that a programme document is made of: names, rates, amounts, and which goods a section is about."""

from typing import Annotated, Literal

import msgspec

from pos_app.model.money import AMOUNT_MAX_MINOR, BASIS_POINTS
from pos_app.model.products import ProductClass

RULES_MAX = 64
STEPS_MAX = 32
BANDS_MAX = 64
CARD_CLASSES_MAX = 16
NAMES_MAX = 200
POINTS_POOL = "points"
"""The pool that everybody calls points; every other one holds what a rule collects: stamps, tickets, sums."""

Identifier = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
ShortName = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
RateBp = Annotated[int, msgspec.Meta(ge=0, le=BASIS_POINTS)]
WeightPercent = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Percent100 = Annotated[int, msgspec.Meta(ge=0, le=100)]
AmountMinor = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX_MINOR)]
SomeMinor = Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX_MINOR)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
SomeCount = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Period = Literal["calendar_month", "previous_month", "rolling_12_months", "for_ever"]
GoodsNames = Annotated[frozenset[Name], msgspec.Meta(max_length=NAMES_MAX)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the document: immutable, and an unknown key is an error."""


class Goods(Section, frozen=True, kw_only=True):
    """A section that is about goods, as the catalogue names them.

    Where any ``only_`` key is given, goods must be in one of those lists; goods in an ``exclude_`` list are never meant.
    """

    exclude_product_classes: frozenset[ProductClass] = frozenset()
    exclude_departments: GoodsNames = frozenset()
    exclude_categories: GoodsNames = frozenset()
    exclude_products: GoodsNames = frozenset()
    only_product_classes: frozenset[ProductClass] = frozenset()
    only_departments: GoodsNames = frozenset()
    only_categories: GoodsNames = frozenset()
    only_products: GoodsNames = frozenset()


class Pending(Section, frozen=True, kw_only=True):
    """Points can be used so many hours after the receipt."""

    hours: Annotated[int, msgspec.Meta(ge=0, le=8760)]


class Life(Section, frozen=True, kw_only=True):
    """Points live so many months, or so many days, from the day on which they can be used. Exactly one is given."""

    months: Annotated[int, msgspec.Meta(ge=1, le=120)] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None


PendingChoice = Pending | Literal["none", "next_day"]
LifeChoice = Life | Literal["never", "end_of_month", "end_of_year"]
