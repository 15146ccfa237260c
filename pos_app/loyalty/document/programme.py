"""A programme document as a whole, and its sections but for the rules."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from pos_app.loyalty.document.rules import AnyRule
from pos_app.loyalty.document.values import (
    CARD_CLASSES_MAX,
    RULES_MAX,
    STEPS_MAX,
    AmountMinor,
    Count,
    Goods,
    Identifier,
    LifeChoice,
    Name,
    PendingChoice,
    Percent100,
    RateBp,
    Section,
    ShortName,
    SomeCount,
)
from pos_app.model.evaluation import BurnAs
from pos_app.model.money import BASIS_POINTS

SCHEMA = 1


class Earning(Section, frozen=True, kw_only=True):
    """When points start and end, and what one line or one receipt gives at most. An absent limit does not limit.

    ``base``: what is paid by money earns with its tax (``gross``) or without it (``net``).
    """

    pending: PendingChoice = "none"
    life: LifeChoice = "never"
    base: Literal["gross", "net"] = "gross"
    line_max_points: Count | None = None
    receipt_max_points: Count | None = None
    receipt_max_bp: RateBp | None = None


class Burning(Goods, frozen=True, kw_only=True):
    """What points may pay. Without ``multiple_points`` any number burns that is worth whole minor units."""

    burn_as: BurnAs = BurnAs.PRICE_REDUCTION
    cap_bp: RateBp = BASIS_POINTS
    min_paid_minor: AmountMinor = 0
    min_balance_points: Count = 0
    multiple_points: SomeCount | None = None
    from_receipt: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class Returns(Section, frozen=True, kw_only=True):
    """What goes back with goods: a share of what they earned, or what the rest of the receipt would not have earned.

    ``spent``: what the member has spent already becomes a debt (``overdraft``), or is forgiven (``clamp``).
    """

    method: Literal["prorate", "re-evaluate"] = "prorate"
    spent: Literal["overdraft", "clamp"] = "overdraft"


class Guard(Section, frozen=True, kw_only=True):
    """All rewards together cost at most this share of the margin, as the products' margin bands say it; per line or per receipt.

    ``unknown``: goods without a margin band get no reward (``refuse``), or any (``allow``).
    """

    margin_percent: Percent100
    per: Literal["line", "receipt"] = "line"
    unknown: Literal["refuse", "allow"] = "refuse"


class Tier(Section, frozen=True, kw_only=True):
    """A level, and what must have been spent within the window to reach it."""

    id: Identifier
    from_minor: AmountMinor
    benefits: Annotated[tuple[Name, ...], msgspec.Meta(max_length=STEPS_MAX)] = ()


class Tiers(Goods, frozen=True, kw_only=True):
    """Levels that are earned by what was spent within ``window_months`` and kept for ``kept_months`` after the month of the last step.

    The goods that are meant here count.
    """

    window_months: Annotated[int, msgspec.Meta(ge=1, le=60)]
    kept_months: Annotated[int, msgspec.Meta(ge=0, le=60)]
    steps: Annotated[tuple[Tier, ...], msgspec.Meta(min_length=1, max_length=CARD_CLASSES_MAX)]


class Programme(Section, frozen=True, kw_only=True):
    """One loyalty programme. ``point_worth_minor`` is what one whole point is worth; a smaller ``priority`` goes first.

    ``card_classes`` are the classes that its rules may name, lowest first. The dates are business dates, both included.
    ``stores`` and ``segments``: it runs there and for those only; empty for everywhere and everybody.
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
    stores: Annotated[frozenset[Name], msgspec.Meta(max_length=1000)] = frozenset()
    segments: Annotated[frozenset[Name], msgspec.Meta(max_length=64)] = frozenset()
    card_classes: Annotated[tuple[ShortName, ...], msgspec.Meta(max_length=CARD_CLASSES_MAX)] = ()
    earning: Earning = Earning()
    burning: Burning | None = None
    guard: Guard | None = None
    tiers: Tiers | None = None
    rules: Annotated[tuple[AnyRule, ...], msgspec.Meta(max_length=RULES_MAX)] = ()
    returns: Returns = Returns()
