"""What HQ sees in an event before it books anything: can it be read, is it one we know."""

import uuid
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import msgspec

from pos_app.protocol.chain import chain_hashes
from pos_app.protocol.events import EVENT_VERSION_MAX, KINDS, ActEvent, SaleEvent, decode_body
from pos_app.protocol.messages import Batch


class Outcome(StrEnum):
    """What became of an event at the door."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    """A kind or version that this HQ does not know yet: kept, and booked by a later one."""
    REPEATED = "repeated"
    """The same event again, under another number: kept for the chain, without effect."""
    REJECTED = "rejected"
    """Kept, acknowledged, without effect; a task says why."""


class InboxRow(msgspec.Struct, frozen=True):
    """A row for the inbox; ``reason`` is the task's code where one is due; ``programme_set_hash`` is what a sale was rated by."""

    seq: int
    event_id: uuid.UUID | None
    kind: str
    outcome: Outcome
    hash: bytes
    body: bytes
    reason: str = ""
    programme_set_hash: str = ""


class _Head(msgspec.Struct, frozen=True):
    """What every event has, of whatever kind and version."""

    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}$")]
    event_id: uuid.UUID
    version: int


_head_decoder = msgspec.json.Decoder(_Head)
_KNOWN_KINDS = frozenset(KINDS.values())


def rows_of(batch: Batch) -> Iterator[InboxRow]:
    """The batch as rows, each body decoded and each hash computed; one at a time, so that the database can store meanwhile."""
    hashes = chain_hashes(batch.prev_hash, batch.first, batch.bodies)
    places = range(batch.first_seq, batch.last_seq + 1)
    return map(_examine, places, hashes, batch.bodies)


def _examine(seq: int, digest: bytes, body: bytes) -> InboxRow:
    try:
        event = decode_body(body)
        event_id = uuid.UUID(event.event_id)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _unknown(seq, digest, body)
    if event.version > EVENT_VERSION_MAX or str(event_id) != event.event_id:
        return _unknown(seq, digest, body)
    set_hash = event.engine_input.programme_set_hash if isinstance(event, SaleEvent | ActEvent) else ""
    return InboxRow(seq, event_id, KINDS[type(event)], Outcome.ACCEPTED, digest, body, programme_set_hash=set_hash)


def _unknown(seq: int, digest: bytes, body: bytes) -> InboxRow:
    """Newer than we are, or unreadable."""
    try:
        head = _head_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return InboxRow(seq, None, "", Outcome.REJECTED, digest, body, "unreadable")
    if head.kind in _KNOWN_KINDS and head.version <= EVENT_VERSION_MAX:
        return InboxRow(seq, None, head.kind, Outcome.REJECTED, digest, body, "invalid")
    return InboxRow(seq, head.event_id, head.kind, Outcome.DEFERRED, digest, body)


def without_effect(row: InboxRow, outcome: Outcome, reason: str = "") -> InboxRow:
    """The row of an event whose id is taken already."""
    return InboxRow(row.seq, None, row.kind, outcome, row.hash, row.body, reason)
