"""The programme document: what a manager writes down, as immutable data. Its checks are in ``checks``, its reader in ``programme``.

Rates are in basis points (``_bp``, 10 000 = 100 %), weights in percent, money in minor units, points as whole points.
``docs/reference/programme-files.md`` describes every key.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec

from pos_app.model.evaluation import BurnAs
from pos_app.model.money import AMOUNT_MAX_MINOR, BASIS_POINTS
from pos_app.model.products import ProductClass

SCHEMA = 1
RULES_MAX = 32
STEPS_MAX = 32
BANDS_MAX = 64
CARD_CLASSES_MAX = 16
EXCLUDED_MAX = 200

Identifier = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
CardClass = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Band = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
GoodsName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
RateBp = Annotated[int, msgspec.Meta(ge=0, le=BASIS_POINTS)]
WeightPercent = Annotated[int, msgspec.Meta(ge=0, le=1000)]
AmountMinor = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX_MINOR)]
Points = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
SomePoints = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Period = Literal["calendar_month", "rolling_12_months", "for_ever"]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the document: immutable, and an unknown key is an error."""


class Goods(Section, frozen=True, kw_only=True):
    """A section from which goods can be excluded, by class, department or category as the catalogue names them."""

    exclude_product_classes: frozenset[ProductClass] = frozenset()
    exclude_departments: Annotated[frozenset[GoodsName], msgspec.Meta(max_length=EXCLUDED_MAX)] = frozenset()
    exclude_categories: Annotated[frozenset[GoodsName], msgspec.Meta(max_length=EXCLUDED_MAX)] = frozenset()


class Pending(Section, frozen=True, kw_only=True):
    """Points can be used so many hours after the receipt."""

    hours: Annotated[int, msgspec.Meta(ge=0, le=8760)]


class Life(Section, frozen=True, kw_only=True):
    """Points live so many months, or so many days, from the day on which they can be used. Exactly one is given."""

    months: Annotated[int, msgspec.Meta(ge=1, le=120)] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None


class Earning(Section, frozen=True, kw_only=True):
    """When points start and end, and what one line or one receipt gives at most. An absent limit does not limit."""

    pending: Pending | Literal["none", "next_day"] = "none"
    life: Life | Literal["never", "end_of_month", "end_of_year"] = "never"
    line_max_points: Points | None = None
    receipt_max_points: Points | None = None
    receipt_max_bp: RateBp | None = None


class Burning(Goods, frozen=True, kw_only=True):
    """What points may pay. Without ``multiple_points`` any number burns that is worth whole minor units."""

    burn_as: BurnAs = BurnAs.PRICE_REDUCTION
    cap_bp: RateBp = BASIS_POINTS
    min_paid_minor: AmountMinor = 0
    min_balance_points: Points = 0
    multiple_points: SomePoints | None = None
    from_receipt: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class Returns(Section, frozen=True, kw_only=True):
    """What goes back with goods: a share of what they earned, or what the rest of the receipt would not have earned.

    ``spent``: what the member has spent already becomes a debt (``overdraft``), or is forgiven (``clamp``).
    """

    method: Literal["prorate", "re-evaluate"] = "prorate"
    spent: Literal["overdraft", "clamp"] = "overdraft"


class Rule(Goods, frozen=True, kw_only=True, tag_field="kind"):
    """What every rule has. Of the rules of one lane the best for the member wins a line; ``adds``: a lane of its own."""

    id: Identifier
    lane: Identifier = "points"
    adds: bool = False


class FixedCard(Rule, frozen=True, kw_only=True, tag="fixed-card"):
    """A rate per class of card; ``other_rate_bp`` is for cards of any other class and of none."""

    rates_bp: Annotated[dict[CardClass, RateBp], msgspec.Meta(max_length=CARD_CLASSES_MAX)]
    other_rate_bp: RateBp = 0


class Step(Section, frozen=True, kw_only=True):
    """From this sum on, this rate; and the class that a card reaches with it (empty: no class)."""

    from_minor: AmountMinor
    rate_bp: RateBp
    card_class: Annotated[str, msgspec.Meta(max_length=32)] = ""


class Progressive(Rule, frozen=True, kw_only=True, tag="progressive"):
    """The rate grows with what is bought: on this receipt, or on the card over a period."""

    on: Literal["receipt", "accumulated"]
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=STEPS_MAX)]
    period: Period | None = None


class Pharmacy(Rule, frozen=True, kw_only=True, tag="pharmacy"):
    """One rate, or one per class of card (``levels_bp``), times a weight by published band or by class of product."""

    rate_bp: RateBp
    levels_bp: Annotated[dict[CardClass, RateBp], msgspec.Meta(max_length=CARD_CLASSES_MAX)] = {}
    band_percent: Annotated[dict[Band, WeightPercent], msgspec.Meta(max_length=BANDS_MAX)] = {}
    class_percent: dict[ProductClass, WeightPercent] = {}


AnyRule = FixedCard | Progressive | Pharmacy


class Programme(Section, frozen=True, kw_only=True):
    """One loyalty programme. ``point_worth_minor`` is what one whole point is worth; a smaller ``priority`` goes first.

    ``card_classes`` are the classes that its rules may name, lowest first. The dates are business dates, both included.
    """

    schema: Literal[1]
    id: Identifier
    version: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    name: Name
    point_worth_minor: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    issuer: Identifier = "shop"
    priority: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 100
    active_from: date | None = None
    active_until: date | None = None
    card_classes: Annotated[tuple[CardClass, ...], msgspec.Meta(max_length=CARD_CLASSES_MAX)] = ()
    earning: Earning = Earning()
    burning: Burning | None = None
    rules: Annotated[tuple[AnyRule, ...], msgspec.Meta(max_length=RULES_MAX)] = ()
    returns: Returns = Returns()
