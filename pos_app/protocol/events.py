"""The events of a till's journal: what happened, with everything that replaying it needs. Never cost, never personal data.

A body is encoded once (``encode_body``), kept as bytes and sent verbatim for ever. Field names are part of the protocol:
add optional fields at the end, never rename or remove one.
"""

from enum import StrEnum

import msgspec

from pos_app.model.contracts import Part as Part  # noqa: PLC0414 - part of what events say
from pos_app.model.evaluation import (
    Award,
    BurnShare,
    Collected,
    Discount,
    Donated,
    EngineInput,
    LotGrant,
    Taken,
    units_taken,
)
from pos_app.model.identifiers import is_derived
from pos_app.model.policy import BurnBasis as BurnBasis  # noqa: PLC0414 - part of what events say
from pos_app.model.receipts import Payment, SaleLine

PROTOCOL_VERSION = 1
POOLS_VERSION = 2
"""Of a sale or return that moves pools other than points, or points for a reward: who cannot book these must keep it for later."""
PROGRAMMES_VERSION = 3
"""Of acts, marks, contracts and their payments, gifts by a programme, and sales with coupons."""
EVENT_VERSION_MAX = PROGRAMMES_VERSION
"""The newest version of an event that this program can book."""


class Moment(msgspec.Struct, frozen=True):
    """Where and when. ``utc_ms`` is the wall clock, ``monotonic_ms`` counts since boot ``boot_id``; ``hlc`` is the hybrid
    logical clock (milliseconds << 16 | counter) that never goes back on this till.
    """

    store_id: str
    staff_ref: str
    shift_id: str
    utc_ms: int
    zone: str
    business_date: str
    boot_id: str
    monotonic_ms: int
    hlc: int


class BurnedLot(msgspec.Struct, frozen=True):
    """The till's proposal which lot a burn takes, when that would have expired and which programme gave it; the authority allocates."""

    lot_id: str
    units: int
    expires_at_ms: int | None = None
    programme_id: str = ""


class GrantedLot(msgspec.Struct, frozen=True):
    """A lot that the sale gives, with the id that both sides use."""

    lot_id: str
    grant: LotGrant


class Event(msgspec.Struct, frozen=True, tag_field="kind", kw_only=True):
    """What every event has. ``event_id`` is a UUIDv7 minted when the basket opens."""

    event_id: str
    moment: Moment
    version: int = PROTOCOL_VERSION


class UsedCoupon(msgspec.Struct, frozen=True):
    """A coupon that a sale used up: which (its batch and number, not its code), for which rule (``programme/rule``), by what right.

    ``auth_id`` names HQ's reservation of it, whether HQ answered or not; empty where it was not asked. ``basis`` is a ``BurnBasis``:
    the till alone knows the batch or decides by itself (LOCAL), HQ reserved it (HOLD), or was away (FLOOR).
    """

    coupon_id: str
    rule: str
    auth_id: str = ""
    basis: str = ""


class CausedAct(msgspec.Struct, frozen=True):
    """An act that followed from a sale, booked by an event of its own: whose account, and the points that it gave."""

    event_id: str
    account_ref: str
    issuer: str
    units: int


class SaleEvent(Event, frozen=True, tag="sale", kw_only=True):
    """A sale, whole. ``engine_input`` replays it; ``account_ref`` is empty for an anonymous sale.

    ``foreign_receipt`` is the fiscal till's number where we work beside one. ``total_minor`` is the sum of what is payable.
    ``auth_id`` names the hold at HQ that this burn captures, asked for or not; ``burn_basis`` says by what right the till burned
    (a ``BurnBasis``, empty without a burn); ``approved_by`` is the manager whose PIN allowed what the cashier may not.
    ``discounts`` are in the lines' amounts already. ``collected``, ``pool_lots`` and ``taken`` are of pools other than points, and
    ``taken_lots`` the proposal which lots the rewards take (points too). ``used``: what rules with caps gave. ``coupons`` are used up.
    ``card_came`` says whether the member's card came late (a ``CardCame``); an earlier till says nothing. ``donated`` goes to causes.
    ``caused``: acts that followed from it.
    """

    receipt_number: str
    account_ref: str
    card_ref: str
    lines: tuple[SaleLine, ...]
    payments: tuple[Payment, ...]
    total_minor: int
    engine_input: EngineInput
    burn_units: int
    burn_worth_minor: int
    burn_as: str
    burn_shares: tuple[BurnShare, ...]
    burned_lots: tuple[BurnedLot, ...]
    awards: tuple[Award, ...]
    granted_lots: tuple[GrantedLot, ...]
    counted: dict[str, int]
    class_after: str
    issuer: str = "shop"
    foreign_receipt: str = ""
    mode: str = "till"
    asks_nps: bool = False
    auth_id: str = ""
    burn_basis: str = ""
    approved_by: str = ""
    discounts: tuple[Discount, ...] = ()
    collected: tuple[Collected, ...] = ()
    pool_lots: tuple[GrantedLot, ...] = ()
    taken: tuple[Taken, ...] = ()
    taken_lots: tuple[BurnedLot, ...] = ()
    used: dict[str, int] = {}
    coupons: tuple[UsedCoupon, ...] = ()
    card_came: str = ""
    donated: tuple[Donated, ...] = ()
    caused: tuple[CausedAct, ...] = ()

    @property
    def redeemed_units(self) -> int:
        """The points that this sale burns, and those of the same issuer that rewards take: both want the same right."""
        return self.burn_units + units_taken(self.taken).get(self.issuer, 0)


class ReturnedLine(msgspec.Struct, frozen=True):
    """Goods of one line that came back: quantity now, and what goes with it (amounts >= 0).

    ``refund_minor`` is what they were sold for, whether money or points as tender paid it.
    """

    line_no: int
    quantity_milli: int
    refund_minor: int
    tax_minor: int
    earned_units: int
    burned_units: int


class LotChange(msgspec.Struct, frozen=True):
    """A change of one lot: ``units`` < 0 is taken away. An empty ``issuer`` is that of the event."""

    lot_id: str
    units: int
    issuer: str = ""


class ReturnEvent(Event, frozen=True, tag="return", kw_only=True):
    """Goods of an earlier sale came back. ``clawed_back_units`` were taken from lots, ``overdraft_units`` could not be.

    ``restored_lots`` give burned points back with their own dates. ``clamps``: what was spent already is forgiven, and does not
    become overdraft. ``counted`` leaves the month of ``sale_business_date``, in which it was counted. ``returned_before`` is what
    the till knew to be back already, summed by line: with the sale's event it computes this return again.

    ``collected_back``: what goes back of pools other than points, and ``clamped_pools`` are those of them in which what was spent is
    forgiven. ``restored_taken`` are lots that give back what rewards took, points too. ``freed_coupons`` can be used again.
    ``donated_back`` no longer goes to causes.
    """

    receipt_number: str
    account_ref: str
    sale_event_id: str
    lines: tuple[ReturnedLine, ...]
    payments: tuple[Payment, ...]
    total_minor: int
    clawed_back: tuple[LotChange, ...]
    overdraft_units: int
    restored_lots: tuple[GrantedLot, ...]
    counted: dict[str, int]
    issuer: str = "shop"
    clamps: bool = False
    approved_by: str = ""
    sale_business_date: str = ""
    returned_before: tuple[ReturnedLine, ...] = ()
    collected_back: tuple[LotChange, ...] = ()
    clamped_pools: tuple[str, ...] = ()
    restored_taken: tuple[GrantedLot, ...] = ()
    donated_back: tuple[Donated, ...] = ()
    freed_coupons: tuple[str, ...] = ()


class EnrolmentEvent(Event, frozen=True, tag="enrolment", kw_only=True):
    """A card was given to an account. The card's number is not personal data; who holds it goes by the personal channel."""

    account_ref: str
    card_number: str
    card_class: str


class UnseenLine(msgspec.Struct, frozen=True):
    """Goods that came back with a receipt that nobody could look up: what was scanned and what was paid back (amounts >= 0)."""

    product_code: str
    name: str
    quantity_milli: int
    refund_minor: int
    tax_rate_bp: int
    tax_minor: int


class UnseenReturnEvent(Event, frozen=True, tag="unseen_return", kw_only=True):
    """Goods came back whose receipt (``sale_receipt_number``) neither the till nor HQ could show. HQ settles the points.

    ``receipt_number`` is this return's own. The account is that of the sale, so the event names none.
    """

    receipt_number: str
    sale_receipt_number: str
    lines: tuple[UnseenLine, ...]
    payments: tuple[Payment, ...]
    total_minor: int
    approved_by: str = ""


class CardAction(StrEnum):
    """What happened to a card."""

    ADD = "add"
    REPLACE = "replace"
    BLOCK = "block"
    UNBLOCK = "unblock"


class CardEvent(Event, frozen=True, tag="card", kw_only=True):
    """A card of an account: another one for the family, one in place of ``replaces``, one blocked or free again."""

    account_ref: str
    card_number: str
    action: CardAction
    replaces: str = ""
    approved_by: str = ""


class MergeEvent(Event, frozen=True, tag="merge", kw_only=True):
    """Two accounts are one person's: cards, points and sums of ``merged_ref`` go to ``account_ref``; later events follow."""

    account_ref: str
    merged_ref: str
    approved_by: str = ""


class AccountStatusEvent(Event, frozen=True, tag="account_status", kw_only=True):
    """An account was frozen, or may be used again. ``status`` is an ``AccountStatus``: ``frozen`` or ``active``."""

    account_ref: str
    status: str
    reason: str = ""
    approved_by: str = ""


class AdjustmentReason(StrEnum):
    """Why a person changed a balance. A code, since words could name somebody."""

    GOODWILL = "goodwill"
    CORRECTION = "correction"
    COMPENSATION = "compensation"
    FRAUD = "fraud"
    FORGIVEN_OVERDRAFT = "forgiven_overdraft"
    REFERRAL_RETURNED = "referral_returned"
    """The first receipt of a member whom this one brought came back."""
    PROFIT_SHARE = "profit_share"
    DRAW_PRIZE = "draw_prize"


class AdjustmentEvent(Event, frozen=True, tag="adjustment", kw_only=True):
    """A person changed a balance by ``units`` (below 0: taken away). ``granted`` is the lot of a gift.

    ``reference`` is the number of the paper or complaint behind it: capitals, digits, hyphens and slashes only.
    """

    account_ref: str
    units: int
    reason: AdjustmentReason
    issuer: str = "shop"
    reference: str = ""
    granted: GrantedLot | None = None
    approved_by: str = ""


class HoldVoidEvent(Event, frozen=True, tag="hold_void", kw_only=True):
    """A hold that was asked for at HQ will not be captured: its basket was given up."""

    auth_id: str
    account_ref: str


class CouponVoidEvent(Event, frozen=True, tag="coupon_void", kw_only=True):
    """A coupon that HQ was asked to reserve is not used: it was taken off the basket, gave nothing, or the basket was given up."""

    auth_id: str
    coupon_id: str
    version: int = PROGRAMMES_VERSION


class LeaseReleaseEvent(Event, frozen=True, tag="lease_release", kw_only=True):
    """The holder gives a lease back: ``units`` are not burned and will not be, whatever came before counts as burned."""

    account_ref: str
    lease_id: str
    units: int


class ClaimEvent(Event, frozen=True, tag="claim", kw_only=True):
    """A member shows the code of a receipt whose event may be lost with a disk. HQ checks it and books under that event's id."""

    code: str
    account_ref: str
    card_ref: str


class ErasureEvent(Event, frozen=True, tag="erasure", kw_only=True):
    """Somebody asked to be forgotten: personal data of the account is erased everywhere; points and sums stay."""

    account_ref: str


class AuditEvent(Event, frozen=True, tag="audit", kw_only=True):
    """Who did, or tried to do, something that is not for everybody. ``action`` is a code, ``outcome`` ``done`` or ``refused``.

    ``subject`` is what it was about: a receipt's number, an account or a member of staff. ``values`` never holds personal data.
    """

    action: str
    outcome: str = "done"
    approver_ref: str = ""
    subject: str = ""
    values: dict[str, int | str] = {}


class MarkEvent(Event, frozen=True, tag="mark", kw_only=True):
    """Something that every till is to know of a member, or no longer (``on`` false).

    ``name`` is ``verified``, ``segment``, ``referred_by`` (``value``: an account), or ``chosen:programme/rule`` (``value``: a product).
    """

    account_ref: str
    name: str
    value: str = ""
    on: bool = True
    approved_by: str = ""
    version: int = PROGRAMMES_VERSION


class ActEvent(Event, frozen=True, tag="act", kw_only=True):
    """A member did something that gives points. ``engine_input`` replays it; ``cause`` is the event that it followed from, if any.

    The event's id follows from the account, the rule and how many times before: two tills that book the same act book one event.
    """

    account_ref: str
    act: str
    engine_input: EngineInput
    awards: tuple[Award, ...]
    granted_lots: tuple[GrantedLot, ...]
    used: dict[str, int] = {}
    cause: str = ""
    approved_by: str = ""
    version: int = PROGRAMMES_VERSION

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules (``programme/rule``) that gave something."""
        return tuple(f"{award.programme_id}/{award.rule_id}" for award in self.awards if award.units)

    @property
    def is_shared(self) -> bool:
        """Whether every till that books this act names its event the same, so that it counts once."""
        return is_derived(self.event_id)


class ContractEvent(Event, frozen=True, tag="contract", kw_only=True):
    """A sale is paid in parts. Written with the sale, in one transaction; ``contract_id`` follows from its id, and is this event's own.

    The parts sum to ``total_minor``, what the sale's payment by instalments says. ``number`` is that of the sale's receipt.
    """

    contract_id: str
    number: str
    account_ref: str
    sale_event_id: str
    programme_id: str
    total_minor: int
    parts: tuple[Part, ...]
    approved_by: str = ""
    version: int = PROGRAMMES_VERSION


class InstalmentEvent(Event, frozen=True, tag="instalment", kw_only=True):
    """Money was paid on a contract. What goods that came back took off it stands in their return, as a payment by instalments."""

    receipt_number: str
    contract_id: str
    account_ref: str
    payments: tuple[Payment, ...]
    total_minor: int
    version: int = PROGRAMMES_VERSION


AnyEvent = (
    SaleEvent
    | ReturnEvent
    | EnrolmentEvent
    | UnseenReturnEvent
    | CardEvent
    | MergeEvent
    | AccountStatusEvent
    | AdjustmentEvent
    | HoldVoidEvent
    | CouponVoidEvent
    | LeaseReleaseEvent
    | ClaimEvent
    | ErasureEvent
    | AuditEvent
    | MarkEvent
    | ActEvent
    | ContractEvent
    | InstalmentEvent
)
KINDS: dict[type[Event], str] = {kind: str(kind.__struct_config__.tag) for kind in AnyEvent.__args__}
"""The name of each kind of event, as bodies and tables have it."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)


def encode_body(event: AnyEvent) -> bytes:
    """The event's bytes, made once."""
    return _encoder.encode(event)


def decode_body(body: bytes) -> AnyEvent:
    """The event in these bytes; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` for anything else."""
    event: AnyEvent = _decoder.decode(body)
    return event
