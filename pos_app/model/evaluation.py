"""What goes into the loyalty engine and what comes out: plain data that storage keeps, events carry and receipts print.

The input is complete: an engine of the same semantics gives the same result from it years later, on any machine.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from pos_app.model.products import ProductClass

ReasonValue = int | str


class BurnAs(StrEnum):
    """How burned points lower what is paid: as a price reduction before tax, or as a tender after it."""

    PRICE_REDUCTION = "price_reduction"
    TENDER = "tender"


class EngineLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line as the engine sees it; ``amount_minor`` is its price before what the rules take off.

    ``member_minor`` is what the line costs at the product's second price, None where it has none. ``margin_floor_percent`` is the lower
    end of the published band of its margin, never the margin. ``fixed``: a person has set the price, so no rule changes it.
    """

    line_no: int
    product_code: str
    product_class: ProductClass
    band: str
    department: str
    category: str
    quantity_milli: int
    amount_minor: int
    tax_rate_bp: int = 0
    member_minor: int | None = None
    margin_floor_percent: int | None = None
    fixed: bool = False


class MemberContext(msgspec.Struct, frozen=True, omit_defaults=True):
    """The member's state that rules may look at; nothing in it tells who the member is.

    ``accumulators``: programme id to counted sum in minor units before this receipt. ``spendable_units``: points that may be
    burned now. ``birthday``: whether today is it. ``tiers``: programme id to tier. ``pools``: ledger unit (``shop#stamps``) to
    what may be used now; points stand there only where rewards may not take all that is spendable. ``used``: what a rule with a
    cap gave before in its period (``programme/rule:day``). ``facts``: what the till has looked up for one rule
    (``programme/rule:birthday``). ``chosen``: rule to the products that the member chose. ``pool_ends_ms``: ledger unit to when the
    last of its lots ends, where a rule goes on from there.
    """

    account_ref: str
    card_class: str
    accumulators: dict[str, int]
    receipts_before: int
    spendable_units: int
    birthday: bool = False
    tiers: dict[str, str] = {}
    pools: dict[str, int] = {}
    used: dict[str, int] = {}
    segments: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    chosen: dict[str, tuple[str, ...]] = {}
    verified: bool = False
    pool_ends_ms: dict[str, int] = {}


class EngineInput(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that the engine may know. ``utc_ms`` and ``zone`` date the receipt; ``member`` is None without a card.

    ``coupons``: the rules (``programme/rule``) of which a good coupon is presented. ``takes``: the rewards that the member asks
    for. ``budgets``: what is left at this till of a rule's budget. ``rolls``: what chance says to a rule, 0 to 9 999; they are known
    when the sale is booked, not before. ``act``: not a receipt but something that the member did; only its rules apply then.
    """

    semantics: int
    programme_set_hash: str
    currency_exponent: int
    points_exponent: int
    utc_ms: int
    zone: str
    business_date: str
    lines: tuple[EngineLine, ...]
    member: MemberContext | None
    burn_units: int = 0
    store_id: str = ""
    coupons: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    budgets: dict[str, int] = {}
    rolls: dict[str, int] = {}
    act: str = ""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why points were given or refused: a stable code and its values; words are made where they are shown."""

    code: str
    values: dict[str, ReasonValue]


class Award(msgspec.Struct, frozen=True, gc=False):
    """Points given to one line by one rule; ``units`` may be 0 when the share rounds down to nothing."""

    line_no: int
    programme_id: str
    rule_id: str
    units: int
    reason: Reason


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a rule gave nothing to a line (``line_no``), or to the whole receipt (``line_no`` 0)."""

    line_no: int
    programme_id: str
    rule_id: str
    reason: Reason


class Discount(msgspec.Struct, frozen=True, gc=False):
    """What one rule takes off the price of one line, in minor units."""

    line_no: int
    programme_id: str
    rule_id: str
    amount_minor: int
    reason: Reason


class Collected(msgspec.Struct, frozen=True, gc=False):
    """Units of a pool that one line gave: stamps, tickets, sums. ``unit`` is the ledger's name of it (``shop#stamps``)."""

    line_no: int
    programme_id: str
    rule_id: str
    unit: str
    units: int
    reason: Reason


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A reward that the member took, ``times`` times, for ``units`` of the ledger's ``unit``; ``gives`` is what to hand over."""

    programme_id: str
    rule_id: str
    unit: str
    units: int
    times: int
    gives: str
    reason: Reason


class Donated(msgspec.Struct, frozen=True, omit_defaults=True):
    """Money for a cause: what a customer gives on a line of its own, or what the shop gives of a line (``by_shop``)."""

    line_no: int
    programme_id: str
    cause: str
    amount_minor: int
    by_shop: bool = False


def units_taken(taken: Iterable[Taken]) -> dict[str, int]:
    """What rewards take of each unit of the ledger."""
    units: dict[str, int] = {}
    for one in taken:
        units[one.unit] = units.get(one.unit, 0) + one.units
    return units


class Notice(msgspec.Struct, frozen=True, gc=False):
    """What the cashier sees and says."""

    programme_id: str
    rule_id: str
    text: str


class Lock(msgspec.Struct, frozen=True, gc=False):
    """A line that this customer may not buy: the sale cannot be closed with it."""

    line_no: int
    programme_id: str
    rule_id: str
    reason: Reason


class BurnShare(msgspec.Struct, frozen=True, gc=False):
    """What one line takes of the burned points: units and their worth in minor units."""

    line_no: int
    units: int
    worth_minor: int


class LotGrant(msgspec.Struct, frozen=True, gc=False):
    """A lot that this receipt gives; times are UTC milliseconds."""

    programme_id: str
    issuer: str
    units: int
    starts_at_ms: int
    expires_at_ms: int | None


class NextStep(msgspec.Struct, frozen=True, gc=False):
    """What is missing to the next step of a progressive programme.

    ``on``: ``receipt``, ``accumulated``, ``tier``, or ``next_month`` where this month's sum sets the next month's rate.
    """

    programme_id: str
    on: str
    missing_minor: int
    rate_bp: int
    card_class: str


class EngineResult(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a receipt gives. ``refusals`` is filled by ``explain`` only; everything else is identical with and without it.

    ``counted`` adds to the accumulators (programme id to minor units). ``class_after`` is the member's class once this
    receipt is counted. ``burnable_units`` is the most that this receipt would have let the member burn, and ``burn_limit``
    says what set that limit. ``discounts`` lower the lines' amounts before anything is burned. ``pool_lots`` are lots of
    pools other than points, and ``collected`` shares them out to lines. ``used``: what rules with caps gave (``programme/rule``).
    ``donated`` goes to causes: by the customer, with a card or without, and by the shop.
    """

    semantics: int
    burn_units: int
    burn_worth_minor: int
    burn_as: BurnAs
    burn_shares: tuple[BurnShare, ...]
    burnable_units: int
    burn_limit: Reason
    awards: tuple[Award, ...]
    lots: tuple[LotGrant, ...]
    counted: dict[str, int]
    class_before: str
    class_after: str
    next_step: NextStep | None
    refusals: tuple[Refusal, ...] = ()
    discounts: tuple[Discount, ...] = ()
    collected: tuple[Collected, ...] = ()
    pool_lots: tuple[LotGrant, ...] = ()
    taken: tuple[Taken, ...] = ()
    notices: tuple[Notice, ...] = ()
    locks: tuple[Lock, ...] = ()
    used: dict[str, int] = {}
    donated: tuple[Donated, ...] = ()

    @property
    def earned_units(self) -> int:
        """All points that this receipt gives, in units."""
        return sum(lot.units for lot in self.lots)

    @property
    def discount_minor(self) -> int:
        """What the rules take off the prices, in minor units."""
        return sum(discount.amount_minor for discount in self.discounts)
