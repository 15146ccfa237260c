"""When a rule applies: every condition that is given must hold, and an absent one always does."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from pos_app.loyalty.document.values import (
    CARD_CLASSES_MAX,
    GoodsNames,
    Identifier,
    Name,
    Section,
    ShortName,
    SomeCount,
    SomeMinor,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
MonthDay = Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
_WINDOWS_MAX = 32


class Hours(Section, frozen=True, kw_only=True, rename={"begin": "from", "end": "until"}):
    """From this time of day (included) until that (excluded), by the store's clock; past midnight where it ends earlier."""

    begin: TimeOfDay
    end: TimeOfDay


class Dates(Section, frozen=True, kw_only=True, rename={"begin": "from", "end": "until"}):
    """Business dates from the first to the last, both included."""

    begin: date
    end: date


class Birthday(Section, frozen=True, kw_only=True):
    """On the member's birthday, and so many days before and after it."""

    before_days: Annotated[int, msgspec.Meta(ge=0, le=30)] = 0
    after_days: Annotated[int, msgspec.Meta(ge=0, le=30)] = 0


class ReceiptNumber(Section, frozen=True, kw_only=True, rename={"begin": "from", "end": "until"}):
    """From the member's nth receipt on (1 is the first), and up to the nth."""

    begin: SomeCount = 1
    end: SomeCount | None = None


class Bought(Section, frozen=True, kw_only=True):
    """The member has bought some of these goods within so many days before this receipt."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366)]
    departments: GoodsNames = frozenset()
    categories: GoodsNames = frozenset()
    products: GoodsNames = frozenset()


class Holding(Section, frozen=True, kw_only=True):
    """The member has so many units in a pool: points, or what a rule collects."""

    pool: Identifier
    units: SomeCount = 1


class Chosen(Section, frozen=True, kw_only=True):
    """The member has chosen the product, of at most so many, within so many days."""

    products: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7


class When(Section, frozen=True, kw_only=True):
    """The conditions of a rule. ``coupon``: one of this rule's coupons is presented.

    ``verified``: somebody has checked who the member is. ``receipt_from_minor`` counts prices before this receipt's discounts.
    """

    weekdays: frozenset[Weekday] = frozenset()
    hours: Annotated[tuple[Hours, ...], msgspec.Meta(max_length=_WINDOWS_MAX)] = ()
    dates: Annotated[tuple[Dates, ...], msgspec.Meta(max_length=_WINDOWS_MAX)] = ()
    holidays: Annotated[frozenset[MonthDay], msgspec.Meta(max_length=366)] = frozenset()
    birthday: Birthday | None = None
    receipt_number: ReceiptNumber | None = None
    receipt_from_minor: SomeMinor | None = None
    card_classes: Annotated[frozenset[ShortName], msgspec.Meta(max_length=CARD_CLASSES_MAX)] = frozenset()
    tiers: Annotated[frozenset[Identifier], msgspec.Meta(max_length=CARD_CLASSES_MAX)] = frozenset()
    stores: Annotated[frozenset[Name], msgspec.Meta(max_length=1000)] = frozenset()
    segments: Annotated[frozenset[Name], msgspec.Meta(max_length=64)] = frozenset()
    bought: Bought | None = None
    holds: Holding | None = None
    chosen: Chosen | None = None
    coupon: bool = False
    verified: bool = False
