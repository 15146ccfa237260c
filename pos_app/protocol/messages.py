"""What till and HQ say to each other, as types with bounds.

A batch travels as zlib-compressed MessagePack, since it carries bytes; everything else is JSON. Unknown fields are ignored, so that
a newer side may add some; a missing or oversized field is an error. Field names are part of the protocol: add optional fields
at the end, never rename or remove one.
"""

import zlib
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec

from pos_app.model.accounts import Expiring, Lease, Lot
from pos_app.model.contracts import Contract
from pos_app.model.identifiers import TERMINAL_NUMBER_MAX
from pos_app.model.marks import Mark
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.chain import Envelope
from pos_app.protocol.events import PROTOCOL_VERSION, ReturnedLine

BATCH_EVENTS_MAX = 500
BATCH_BYTES_MAX = 2 * 1024 * 1024
"""The most that the bodies of one batch may weigh together, uncompressed."""
_FRAMING_BYTES_MAX = 8 * 1024
REQUEST_BYTES_MAX = BATCH_BYTES_MAX + 64 * 1024
"""The most that any request may weigh as sent: bytes that do not compress grow by a little."""
ANSWER_BYTES_MAX = 8 * 1024 * 1024
"""The most that a till reads of an answer."""
PERSONAL_RECORDS_MAX = 100
PROGRAMME_SET_BYTES_MAX = 1024 * 1024
WANTED_SETS_MAX = 10
OTHER_RECEIPTS_MAX = 5
"""The most sales of one number that an answer shows beside the first."""
INCARNATION_WISH_MAX = 2**30
"""The most that a till may come with: HQ must be able to count on from it."""
DOCUMENT_BYTES_MAX = 128 * 1024
_COMPRESSION_LEVEL = 6

TerminalId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)]
"""Of a length as well: to Python's ``$`` a line break at the end is the end."""
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Incarnation = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Counter = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
TerminalNumber = Annotated[int, msgspec.Meta(ge=1, le=TERMINAL_NUMBER_MAX)]
Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
SetHash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]
Cursor = Annotated[str, msgspec.Meta(max_length=400)]
Units = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
CouponId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{5}-[1-9][0-9]{0,6}$", max_length=13)]


class MalformedError(ValueError):
    """Bytes that are not the message they should be."""


class TooLargeError(ValueError):
    """A message that is larger than agreed; nothing beyond the limit was unpacked."""


class Batch(msgspec.Struct, frozen=True):
    """Events that follow one another: ``bodies[0]`` stands at ``first_seq``, after the event whose hash is ``prev_hash``."""

    terminal_id: TerminalId
    incarnation: Incarnation
    first_seq: Seq
    prev_hash: Hash
    bodies: Annotated[tuple[bytes, ...], msgspec.Meta(min_length=1)]
    protocol: int = PROTOCOL_VERSION

    @property
    def first(self) -> Envelope:
        """The place of the first event."""
        return Envelope(self.terminal_id, self.incarnation, self.first_seq)

    @property
    def last_seq(self) -> int:
        """The number of the last event."""
        return self.first_seq + len(self.bodies) - 1


class Rejected(msgspec.Struct, frozen=True):
    """An event that HQ stored without effect; a person will look at it. ``reason`` is a code."""

    seq: Seq
    reason: Ref


class BatchAnswer(msgspec.Struct, frozen=True):
    """HQ has everything up to ``acked_seq``; up to ``durable_seq`` it also survives a restored backup.

    ``hq_gen`` grows when HQ was restored. ``hq_time_ms`` is HQ's clock, UTC. ``wanted_sets`` are hashes of programme sets that
    these events name and HQ lacks: it cannot replay their receipts before the till has sent them.
    """

    acked_seq: Counter
    durable_seq: Counter
    hq_gen: Counter
    hq_time_ms: Milliseconds
    rejected: Annotated[tuple[Rejected, ...], msgspec.Meta(max_length=BATCH_EVENTS_MAX)] = ()
    wanted_sets: Annotated[tuple[SetHash, ...], msgspec.Meta(max_length=WANTED_SETS_MAX)] = ()


class ErrorCode(StrEnum):
    """Why HQ did not do what was asked; docs/reference/sync-protocol.md has the HTTP status of each."""

    GAP = "GAP"
    FORK = "FORK"
    FENCED = "FENCED"
    REVOKED = "REVOKED"
    TOO_LARGE = "TOO_LARGE"
    UPGRADE = "UPGRADE"
    BUSY = "BUSY"
    MALFORMED = "MALFORMED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    STALE = "STALE"
    """The request's time is too far from HQ's clock: sign again by ``hq_time_ms``."""
    CODE_REFUSED = "CODE_REFUSED"
    """The enrolment code is unknown, used or too old."""
    SLOW = "SLOW"
    NOT_FOUND = "NOT_FOUND"


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success. ``expected_seq`` comes with GAP. ``code`` may be one we do not know yet."""

    code: Ref
    expected_seq: Seq | None = None
    hq_time_ms: Milliseconds = 0


class EnrolRequest(msgspec.Struct, frozen=True):
    """A till asks to join: the one-time code that a person typed, the key made on the till, and the number it would like (0: any).

    ``terminal_id`` and ``incarnation`` say under which name the till's journal was written so far; HQ lets it keep the name
    where it can, so that the journal can be sent as it is. Signed with the new key like every other request, which shows that
    the till holds it. ``last_seq`` is how far the journal goes: a restored HQ waits for what it may have known once.
    """

    code: Annotated[str, msgspec.Meta(max_length=64)]
    public_key: Key
    terminal_number_wish: Annotated[int, msgspec.Meta(ge=0, le=TERMINAL_NUMBER_MAX)] = 0
    terminal_id: TerminalId | None = None
    incarnation: Annotated[int, msgspec.Meta(ge=1, le=INCARNATION_WISH_MAX)] = 1
    protocol: int = PROTOCOL_VERSION
    last_seq: Counter = 0


class EnrolAnswer(msgspec.Struct, frozen=True):
    """Who the till is from now on. ``nps_key`` makes the codes of the NPS question; ``hq_public_key`` will check snapshots.

    Where ``terminal_id`` or ``incarnation`` differ from the journal's, the till begins a new chain at number 1 and puts the
    bodies that HQ does not hold durably under it; their ``event_id`` stays, and HQ drops what it has.
    """

    terminal_id: TerminalId
    terminal_number: TerminalNumber
    incarnation: Incarnation
    store_id: Ref
    hq_gen: Counter
    nps_url_base: Annotated[str, msgspec.Meta(max_length=500)]
    nps_key: Key
    hq_public_key: Key
    hq_time_ms: Milliseconds = 0


class VersionedField(msgspec.Struct, frozen=True):
    """One field of a personal record. The higher ``version`` wins, then the later ``changed_at_ms``, then the greater value."""

    value: Annotated[str, msgspec.Meta(max_length=500)]
    version: Counter
    changed_at_ms: Milliseconds


class PersonalRecord(msgspec.Struct, frozen=True):
    """Who holds an account: fields ``name``, ``phone``, ``birthday`` (ISO date). Never in an event, never in a log."""

    account_ref: Ref
    fields: Annotated[
        dict[Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[^\x00]+$")], VersionedField],
        msgspec.Meta(max_length=20),
    ]


class PersonalUpload(msgspec.Struct, frozen=True):
    """Personal records on their way up; sending them again changes nothing."""

    records: Annotated[tuple[PersonalRecord, ...], msgspec.Meta(max_length=PERSONAL_RECORDS_MAX)]


class PersonalAnswer(msgspec.Struct, frozen=True):
    """HQ holds these records, or newer ones."""

    stored: Counter
    hq_gen: Counter
    hq_time_ms: Milliseconds


class CardState(msgspec.Struct, frozen=True):
    """A card of an account; ``status`` is a ``pos_app.model.accounts.CardStatus``."""

    number: Ref
    status: Ref


class AccountState(msgspec.Struct, frozen=True):
    """An account as HQ sees it, whole: it replaces what the till had.

    ``lots`` are those with points left; ``overdraft_units`` by issuer; ``accumulators``: programme id to month (``YYYY-MM``)
    to counted minor units. ``status`` is ``active``, ``blocked`` or ``merged``: a merged account is empty, and its cards and
    points are at ``merged_into``. The state counts the asking till's events up to (``includes_incarnation``,
    ``includes_seq``); that till adds its later ones to it.

    ``leases`` are those of the asking till; what others hold is in ``leased_elsewhere_units``, by issuer, and what HQ holds for
    sales that are under way in ``held_units``. ``offline_burning`` is false where HQ wants to be asked for every burn.
    ``elsewhere_expiring`` says what of ``leased_elsewhere_units`` is over when, given back by then or not.
    ``marks`` are what every till is to know of the member beside points, ``contracts`` those that still owe something.
    """

    account_ref: Ref
    status: Ref
    card_class: str
    cards: tuple[CardState, ...]
    lots: tuple[Lot, ...]
    overdraft_units: dict[str, int]
    accumulators: dict[str, dict[str, int]]
    receipts_count: int
    includes_incarnation: int
    includes_seq: int
    provisional: bool = False
    merged_into: str = ""
    leases: tuple[Lease, ...] = ()
    leased_elsewhere_units: dict[str, int] = {}
    held_units: dict[str, int] = {}
    offline_burning: bool = True
    marks: tuple[Mark, ...] = ()
    elsewhere_expiring: dict[str, tuple[Expiring, ...]] = {}
    contracts: tuple[Contract, ...] = ()


class DocumentKind(StrEnum):
    """What HQ publishes to its tills beside accounts. A till takes a kind only where its settings say that HQ owns it."""

    PRODUCT = "product"
    PROGRAMME = "programme"
    STAFF = "staff"
    COUPON = "coupon"
    """A batch of coupons; taken where HQ owns the programmes."""
    COUPON_SPENT = "coupon_spent"
    """A coupon that is used up."""
    SEED = "seed"
    """What chance goes by; taken where HQ owns the programmes. Never that of a lottery."""


class Document(msgspec.Struct, frozen=True):
    """One published thing, whole; ``body`` None withdraws it. ``key`` is the product's code, the programme's id, the ``staff_ref``, the
    batch's or the coupon's id, the seed's hash.

    The body is JSON: a ``Product``, a programme document, a ``StaffDocument``, a ``CouponBatch``, ``{"seed": "hexadecimal digits"}``, or
    nothing of interest.
    """

    kind: Ref
    key: Ref
    body: Annotated[str, msgspec.Meta(max_length=DOCUMENT_BYTES_MAX)] | None


class StaffDocument(msgspec.Struct, frozen=True):
    """Somebody who works in the chain, without a PIN: that is set at each till, and never leaves it."""

    staff_ref: Ref
    name: Annotated[str, msgspec.Meta(max_length=80)]
    role: Ref
    active: bool = True


class ChangesPage(msgspec.Struct, frozen=True):
    """Accounts and personal records that changed after the cursor asked for. ``more``: ask again at once with ``next_cursor``.

    ``restart``: this page begins from nothing, because HQ did not know the cursor (a restored HQ has another ``hq_gen``); a till
    fetches a snapshot instead. ``erased`` are accounts whose personal data is to be forgotten here too. ``policy`` comes with every page.
    ``allotments``: what this till may give in all by a rule with a budget (``programme/rule``), as the rule's document counts it.
    """

    accounts: tuple[AccountState, ...]
    personal: tuple[PersonalRecord, ...]
    next_cursor: Cursor
    hq_gen: Counter
    more: bool
    restart: bool = False
    hq_time_ms: Milliseconds = 0
    documents: tuple[Document, ...] = ()
    erased: tuple[Ref, ...] = ()
    policy: BurnPolicy | None = None
    allotments: dict[str, Units] = {}


class SnapshotPage(msgspec.Struct, frozen=True):
    """Some of all accounts, in the order of their references, with what is known of their holders.

    Every page replaces what the till has of its accounts. When ``more`` is false the till forgets accounts that no page named and
    that none of its own unconfirmed events touch, and goes on with changes from ``changes_cursor``, which was taken before the
    first page: nothing that happened meanwhile is missed. ``next_cursor`` resumes after a break; HQ refuses it (``restart``) when
    it was restored since. ``documents`` come with the last page, all of them; where they are too many for a page
    (``documents_whole`` is false) they come in parts with pages of their own, the withdrawn ones with them.
    """

    accounts: tuple[AccountState, ...]
    personal: tuple[PersonalRecord, ...]
    next_cursor: Cursor
    changes_cursor: Cursor
    hq_gen: Counter
    more: bool
    restart: bool = False
    hq_time_ms: Milliseconds = 0
    documents: tuple[Document, ...] = ()
    policy: BurnPolicy | None = None
    documents_whole: bool = True


class HoldRequest(msgspec.Struct, frozen=True):
    """A till asks HQ to hold points for a sale. The same ``auth_id`` again is the same hold, with the same answer.

    ``replaces`` is an earlier hold of this till for the same sale, empty for none: HQ lets it go before it looks what is left.
    """

    auth_id: TerminalId
    account_ref: Ref
    issuer: Ref
    units: Annotated[int, msgspec.Meta(ge=1, le=10**12)]
    replaces: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$", max_length=36)] = (
        ""
    )


class HoldRefusal(StrEnum):
    """Why HQ holds nothing. ``RESTORING``: it was restored from a backup, and not every till has reported since."""

    BALANCE = "balance"
    UNKNOWN_ACCOUNT = "unknown_account"
    FROZEN = "frozen"
    RESTORING = "restoring"
    SETTLED = "settled"


class HoldAnswer(msgspec.Struct, frozen=True):
    """All that was asked for is held, or nothing. ``refusal`` is empty or a ``HoldRefusal``; ``available_units`` could be held now."""

    auth_id: TerminalId
    held_units: Units
    available_units: Units
    refusal: Annotated[str, msgspec.Meta(max_length=64)] = ""
    hq_time_ms: Milliseconds = 0


class CouponRequest(msgspec.Struct, frozen=True):
    """A till asks HQ to reserve a coupon for a basket. The same ``auth_id`` again is the same reservation, with the same answer."""

    auth_id: TerminalId
    coupon_id: CouponId


class CouponReserveRefusal(StrEnum):
    """Why HQ reserves nothing. ``HELD``: it lies in a basket elsewhere. ``RESTORING`` and ``SETTLED`` as of a hold."""

    USED = "used"
    HELD = "held"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    RESTORING = "restoring"
    SETTLED = "settled"


class CouponAnswer(msgspec.Struct, frozen=True):
    """The coupon is reserved, or it is not: ``refusal`` is empty or a ``CouponReserveRefusal``."""

    auth_id: TerminalId
    refusal: Annotated[str, msgspec.Meta(max_length=64)] = ""
    hq_time_ms: Milliseconds = 0


class ReceiptReturn(msgspec.Struct, frozen=True):
    """What one return took back of a receipt. The till that asks leaves out those that it booked itself, by their ``event_id``."""

    event_id: Ref
    lines: tuple[ReturnedLine, ...]


class OtherReceipt(msgspec.Struct, frozen=True):
    """Another sale of the number that was asked for; fields as in ``ReceiptAnswer``."""

    body: Annotated[str, msgspec.Meta(max_length=BATCH_BYTES_MAX)]
    returns: tuple[ReceiptReturn, ...] = ()
    programme_set: Annotated[str, msgspec.Meta(max_length=PROGRAMME_SET_BYTES_MAX)] = ""


class ReceiptAnswer(msgspec.Struct, frozen=True):
    """A receipt of any till, for a return at another: the event's body, and every return of it so far.

    ``programme_set`` are the programmes that it names, as tills keep them; empty where HQ lacks them. A disk that was put back or
    copied prints numbers again: this is the earliest sale of the number, ``others`` are the later ones.
    """

    body: Annotated[str, msgspec.Meta(max_length=BATCH_BYTES_MAX)]
    returns: tuple[ReceiptReturn, ...] = ()
    hq_time_ms: Milliseconds = 0
    programme_set: Annotated[str, msgspec.Meta(max_length=PROGRAMME_SET_BYTES_MAX)] = ""
    others: Annotated[tuple[OtherReceipt, ...], msgspec.Meta(max_length=OTHER_RECEIPTS_MAX)] = ()


class CardAnswer(msgspec.Struct, frozen=True):
    """The account of a card that the till does not know, as it is now; None for a card that HQ does not know either.

    From now on the till's region hears of the account: who holds it comes with the next page of changes.
    """

    number: Ref
    account: AccountState | None = None
    hq_time_ms: Milliseconds = 0


class ProgrammeSetUpload(msgspec.Struct, frozen=True):
    """A programme set as the till keeps it; ``hash`` is checked against what it says."""

    hash: SetHash
    body: Annotated[str, msgspec.Meta(max_length=PROGRAMME_SET_BYTES_MAX)]


class Done(msgspec.Struct, frozen=True):
    """HQ has done what was asked, or had done it before."""

    hq_time_ms: Milliseconds


Message = TypeVar("Message")
_batch_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(Batch)


def encode_batch(batch: Batch) -> bytes:
    """The batch as it is sent, and signed."""
    return zlib.compress(_batch_encoder.encode(batch), _COMPRESSION_LEVEL)


def decode_batch(raw: bytes) -> Batch:
    """The batch in these bytes.

    Raises ``TooLargeError`` beyond 500 events or 2 MiB, however small the bytes were packed, and ``MalformedError`` for anything
    that is not a batch.
    """
    try:
        batch = _batch_decoder.decode(_decompress(raw))
    except (msgspec.MsgspecError, zlib.error, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("This is not a batch.") from error
    if len(batch.bodies) > BATCH_EVENTS_MAX or sum(map(len, batch.bodies)) > BATCH_BYTES_MAX:
        raise TooLargeError("The batch holds too much.")
    return batch


def encode_message(message: msgspec.Struct) -> bytes:
    """Any other message as JSON."""
    return msgspec.json.encode(message)


def decode_message(raw: bytes, kind: type[Message]) -> Message:
    """The message of that kind in these bytes; raises ``MalformedError`` for anything else."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"This is not a {kind.__name__}.") from error


def _decompress(raw: bytes) -> bytes:
    """Unpack at most what a batch may weigh: a bomb is noticed before it fills the memory."""
    limit = BATCH_BYTES_MAX + _FRAMING_BYTES_MAX
    unpacker = zlib.decompressobj()
    message = unpacker.decompress(raw, limit + 1)
    if len(message) > limit:
        raise TooLargeError("The batch unpacks to too much.")
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedError("The batch is cut off or has something behind it.")
    return message
