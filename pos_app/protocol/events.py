"""The events of a till's journal: what happened, with everything that replaying it needs. Never cost, never personal data.

A body is encoded once (``encode_body``), kept as bytes and sent verbatim for ever. Field names are part of the protocol:
add optional fields at the end, never rename or remove one.
"""

import msgspec

from pos_app.model.evaluation import Award, BurnShare, EngineInput, LotGrant
from pos_app.model.receipts import Payment, SaleLine

PROTOCOL_VERSION = 1


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
    """The till's proposal which lot a burn takes, and when that lot would have expired; the authority allocates."""

    lot_id: str
    units: int
    expires_at_ms: int | None = None


class GrantedLot(msgspec.Struct, frozen=True):
    """A lot that the sale gives, with the id that both sides use."""

    lot_id: str
    grant: LotGrant


class Event(msgspec.Struct, frozen=True, tag_field="kind", kw_only=True):
    """What every event has. ``event_id`` is a UUIDv7 minted when the basket opens."""

    event_id: str
    moment: Moment
    version: int = PROTOCOL_VERSION


class SaleEvent(Event, frozen=True, tag="sale", kw_only=True):
    """A sale, whole. ``engine_input`` replays it; ``account_ref`` is empty for an anonymous sale.

    ``foreign_receipt`` is the fiscal till's number where we work beside one. ``total_minor`` is the sum of what is payable.
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
    """A change of one lot: ``units`` < 0 is taken away."""

    lot_id: str
    units: int


class ReturnEvent(Event, frozen=True, tag="return", kw_only=True):
    """Goods of an earlier sale came back. ``clawed_back_units`` were taken from lots, ``overdraft_units`` could not be.

    ``restored_lots`` give burned points back with their own dates.
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


class EnrolmentEvent(Event, frozen=True, tag="enrolment", kw_only=True):
    """A card was given to an account. The card's number is not personal data; who holds it goes by the personal channel."""

    account_ref: str
    card_number: str
    card_class: str


AnyEvent = SaleEvent | ReturnEvent | EnrolmentEvent

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)


def encode_body(event: AnyEvent) -> bytes:
    """The event's bytes, made once."""
    return _encoder.encode(event)


def decode_body(body: bytes) -> AnyEvent:
    """The event in these bytes; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` for anything else."""
    event: AnyEvent = _decoder.decode(body)
    return event
