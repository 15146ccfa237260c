"""What a till's outbox says of itself: who it is, what waits, and why HQ may have shut it out."""

from enum import StrEnum

import msgspec


class StopReason(StrEnum):
    """Why HQ no longer takes this till's word: until it is enrolled again it sells and earns, but burns nothing offline."""

    FORK = "FORK"
    """Another machine writes under this till's name, or this one was rolled back."""
    FENCED = "FENCED"
    """A newer incarnation of this till was enrolled."""
    REVOKED = "REVOKED"
    """HQ has shut this till out."""


class TerminalIdentity(msgspec.Struct, frozen=True):
    """Who this till is and how far it got.

    ``last_seq`` is the last event written (0: none), ``acked_seq`` the last that HQ said it has. ``cursor`` is where the changes
    feed stands, empty at the beginning; ``snapshot_cursor`` where a snapshot that is being fetched stands. Bodies up to
    ``pruned_seq`` are gone. ``hq_signs``: this HQ is known to sign its answers, with ``hq_public_key`` (empty before joining).
    """

    terminal_id: str
    incarnation: int
    acked_seq: int
    last_seq: int
    hq_gen: int
    cursor: str = ""
    snapshot_cursor: str = ""
    pruned_seq: int = 0
    hq_public_key: bytes = b""
    hq_signs: bool = False


class PendingBatch(msgspec.Struct, frozen=True):
    """Events to send, in order: ``bodies[0]`` is number ``first_seq``, and ``prev_hash`` is the hash of the event before it."""

    first_seq: int
    prev_hash: bytes
    bodies: tuple[bytes, ...]


class QueueFigures(msgspec.Struct, frozen=True):
    """The queue to HQ: events not acknowledged, the UTC time of the oldest of them (None: none waits), personal records to send."""

    waiting_events: int
    oldest_waiting_utc_ms: int | None
    waiting_personal: int = 0
