"""The rules of a programme document, a class for each kind."""

from typing import Annotated, Literal

import msgspec

from pos_app.loyalty.document.conditions import When
from pos_app.loyalty.document.values import (
    BANDS_MAX,
    CARD_CLASSES_MAX,
    POINTS_POOL,
    STEPS_MAX,
    AmountMinor,
    Count,
    Goods,
    Identifier,
    LifeChoice,
    Name,
    PendingChoice,
    Period,
    RateBp,
    Section,
    ShortName,
    SomeCount,
    SomeMinor,
    WeightPercent,
)
from pos_app.model.products import ProductClass

PRICE_LANE = "price"
"""Rules of this lane give a discount; rules of every other lane give points."""


CAP_PERIODS = ("day", "month", "year", "ever")
"""Over what a member's caps count, by business dates."""


class Caps(Section, frozen=True, kw_only=True):
    """The most that a rule gives: points, or minor units where it gives a discount. An absent cap does not limit.

    ``day`` to ``ever`` are per member; ``budget`` is for all members together. ``receipts_...``: on how many receipts of a
    member it gives anything at all.
    """

    line: Count | None = None
    receipt: Count | None = None
    day: Count | None = None
    month: Count | None = None
    year: Count | None = None
    ever: Count | None = None
    budget: Count | None = None
    receipts_day: SomeCount | None = None
    receipts_month: SomeCount | None = None
    receipts_year: SomeCount | None = None
    receipts_ever: SomeCount | None = None


class Rule(Goods, frozen=True, kw_only=True, tag_field="kind"):
    """What every rule has. Of the rules of one lane the best for the member wins a line; ``adds``: a lane of its own.

    Of the rules of one ``group`` the best for the whole receipt applies alone. A smaller ``priority`` goes first where two are
    worth the same. ``anyone``: it applies without a card too (discounts only).
    """

    id: Identifier
    lane: Identifier = "points"
    adds: bool = False
    group: Identifier | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 100
    anyone: bool = False
    when: When | None = None
    caps: Caps | None = None


class FixedCard(Rule, frozen=True, kw_only=True, tag="fixed-card"):
    """A rate per class of card; ``other_rate_bp`` is for cards of any other class and of none."""

    rates_bp: Annotated[dict[ShortName, RateBp], msgspec.Meta(max_length=CARD_CLASSES_MAX)]
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
    """One rate, or one per class of card (``levels_bp``), times a weight: by published band, by margin band or by class of product."""

    rate_bp: RateBp
    levels_bp: Annotated[dict[ShortName, RateBp], msgspec.Meta(max_length=CARD_CLASSES_MAX)] = msgspec.field(
        default_factory=dict
    )
    band_percent: Annotated[dict[ShortName, WeightPercent], msgspec.Meta(max_length=BANDS_MAX)] = msgspec.field(
        default_factory=dict
    )
    margin_percent: Annotated[dict[ShortName, WeightPercent], msgspec.Meta(max_length=BANDS_MAX)] = msgspec.field(
        default_factory=dict
    )
    class_percent: dict[ProductClass, WeightPercent] = msgspec.field(default_factory=dict)


class Percent(Rule, frozen=True, kw_only=True, tag="percent"):
    """One rate for these goods."""

    rate_bp: RateBp


class Points(Rule, frozen=True, kw_only=True, tag="points"):
    """So many points for each so much paid by money, summed over the receipt and rounded down."""

    points: SomeCount
    per_minor: SomeMinor


class Bonus(Rule, frozen=True, kw_only=True, tag="bonus"):
    """So many points for a receipt with such goods, or for each piece of them. By default it competes with other bonuses only."""

    points: SomeCount
    per: Literal["receipt", "piece"] = "receipt"
    lane: Identifier = "bonus"


class Multiply(Rule, frozen=True, kw_only=True, tag="multiply"):
    """Raises what the rules of its lane give: to so many percent, or by the member's tier. The best one applies; ``adds``: on top."""

    percent: Annotated[int, msgspec.Meta(ge=100, le=10_000)] = 100
    tier_percent: Annotated[
        dict[Identifier, Annotated[int, msgspec.Meta(ge=100, le=10_000)]], msgspec.Meta(max_length=CARD_CLASSES_MAX)
    ] = msgspec.field(default_factory=dict)


class MemberPrice(Rule, frozen=True, kw_only=True, tag="member-price"):
    """The product's second price, which the catalogue holds, for whoever shows a card."""

    lane: Identifier = PRICE_LANE


class FixedPrice(Rule, frozen=True, kw_only=True, tag="fixed-price"):
    """These goods cost so much a piece or a kilogram, where that is less than their price."""

    price_minor: AmountMinor
    lane: Identifier = PRICE_LANE


class AmountOff(Rule, frozen=True, kw_only=True, tag="amount-off"):
    """So much off the sum of these goods, shared out to them."""

    off_minor: SomeMinor
    lane: Identifier = PRICE_LANE


class Collect(Rule, frozen=True, kw_only=True, tag="collect"):
    """Puts units into a pool that is not points: stamps, tickets, sums. ``life`` and ``pending`` go before the programme's.

    ``per``: for each piece of these goods, for each receipt with some of them, or for each ``per_minor`` of what is paid.
    ``chance_bp``: not always, but so many times in 10 000, as the programme's draw says; ``wins`` is what the receipt then calls it.
    ``begins``: at once, or where the last lot
    of the pool ends (a membership that is renewed).
    """

    pool: Identifier
    units: SomeCount = 1
    per: Literal["piece", "receipt", "amount"] = "piece"
    per_minor: SomeMinor | None = None
    pending: PendingChoice | None = None
    life: LifeChoice | None = None
    chance_bp: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    wins: Name | None = None
    begins: Literal["now", "after_last"] = "now"
    lane: Identifier = "collect"


class Reward(Rule, frozen=True, kw_only=True, tag="reward"):
    """What a member gets for ``cost`` units of a pool (points too): free pieces of these goods, money off them, or ``gives`` in words.

    ``take``: by itself as soon as it can be, or when the member asks for it. At most ``times`` on one receipt.
    """

    cost: SomeCount
    pool: Identifier = POINTS_POOL
    free_pieces: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    off_minor: SomeMinor | None = None
    gives: Name | None = None
    take: Literal["auto", "ask"] = "ask"
    times: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    lane: Identifier = "reward"


class Notice(Rule, frozen=True, kw_only=True, tag="notice"):
    """What the cashier sees and says to such a member: a service condition, an invitation."""

    text: Name
    lane: Identifier = "notice"


class Access(Rule, frozen=True, kw_only=True, tag="access"):
    """Only members to whom the conditions apply may buy these goods."""

    lane: Identifier = "access"


class Act(Rule, frozen=True, kw_only=True, tag="act"):
    """So many points for something that a member does, not buys. Caps on ``receipts_...`` say how often.

    ``act``: its name. ``referred`` and ``referral`` happen by themselves, with the first paid receipt of a member whom another one brought:
    the new member's and the other's.
    """

    act: Identifier
    points: SomeCount
    lane: Identifier = "act"


AnyRule = (
    FixedCard
    | Progressive
    | Pharmacy
    | Percent
    | Points
    | Bonus
    | Multiply
    | MemberPrice
    | FixedPrice
    | AmountOff
    | Collect
    | Reward
    | Notice
    | Access
    | Act
)
