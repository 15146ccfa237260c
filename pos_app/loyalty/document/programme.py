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
    SomeMinor,
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


class Prize(Section, frozen=True, kw_only=True):
    """So many prizes of a kind. Who wins one gets a unit of ``pool``, for which a reward of the programme hands it over."""

    name: Name
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    pool: Identifier = "prize"


class Draw(Section, frozen=True, kw_only=True):
    """Chance that anybody can check: everything follows from a seed whose hash stands here, and on the receipts, before it is used.

    ``seed_hash``: SHA-256 of the seed, in hexadecimal digits. With a ``pool`` it is a lottery: on ``draw_on`` or later the ``prizes``
    are drawn among the units of that pool, its tickets, that began before this day.
    """

    seed_hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    pool: Identifier | None = None
    draw_on: date | None = None
    prizes: Annotated[tuple[Prize, ...], msgspec.Meta(max_length=64)] = ()


class Charity(Section, frozen=True, kw_only=True):
    """A cause, and the product under which customers give to it. ``round_to_minor``: what is to pay is rounded up to whole multiples.

    What the shop gives itself is a rule that collects into ``pool``, in minor units.
    """

    cause: Name
    product: Name
    round_to_minor: SomeMinor | None = None
    pool: Identifier = "charity"


class ProfitShare(Section, frozen=True, kw_only=True):
    """A share of the margin that a member's purchases made, paid out in points once a quarter."""

    margin_percent: Percent100
    min_payout_points: Count = 0


class Instalments(Section, frozen=True, kw_only=True):
    """A basket paid in ``parts`` equal parts, one every ``every_days``; the first is paid at once.

    ``approval_from_minor``: from such a total on somebody must allow it who may.
    """

    parts: Annotated[int, msgspec.Meta(ge=2, le=36)]
    every_days: Annotated[int, msgspec.Meta(ge=1, le=92)] = 30
    min_total_minor: AmountMinor = 0
    max_total_minor: AmountMinor | None = None
    max_open_contracts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    approval_from_minor: AmountMinor | None = None


class Programme(Section, frozen=True, kw_only=True):
    """One loyalty programme. ``point_worth_minor`` is what one whole point is worth; a smaller ``priority`` goes first.

    ``card_classes`` are the classes that its rules may name, lowest first. The dates are business dates, both included.
    ``stores`` and ``segments``: it runs there and for those only; empty for everywhere and everybody. ``partner``: the firm of a
    coalition that gives these points, and owes for them where they are burned.
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
    partner: Identifier | None = None
    draw: Draw | None = None
    charity: Charity | None = None
    profit_share: ProfitShare | None = None
    instalments: Instalments | None = None
