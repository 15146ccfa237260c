"""What the sync worker needs of the till's memory. Storage implements ``Outbox``; every method is called from the worker's thread."""

from collections.abc import Callable
from typing import Protocol

from pos_app.protocol.messages import ChangesPage, PersonalRecord, SnapshotPage
from pos_app.protocol.queue import PendingBatch, QueueFigures, StopReason, TerminalIdentity

__all__ = ["Outbox", "Pause", "PendingBatch", "QueueFigures", "StopReason", "TerminalIdentity"]

Pause = Callable[[int], None]
"""Called between two steps with the milliseconds that the last one took."""


class Outbox(Protocol):
    """The till's journal and its copy of HQ's accounts, as the worker sees them. Each method is one transaction."""

    def identity(self) -> TerminalIdentity:
        """Who we are and how far we got, read afresh."""

    def next_batch(self, first_seq: int, *, events_max: int, bytes_max: int) -> PendingBatch | None:
        """Events from ``first_seq`` on, at most so many and so heavy, but at least one; None when there is none."""

    def acknowledge(self, *, acked_seq: int, durable_seq: int, hq_gen: int, hq_time_ms: int) -> None:
        """HQ has everything up to ``acked_seq`` (never lowers what is recorded), and keeps it up to ``durable_seq``."""

    def rewind(self, expected_seq: int) -> None:
        """HQ has less than it said (it was restored): send again from ``expected_seq`` on."""

    def pending_personal(self, limit: int) -> tuple[PersonalRecord, ...]:
        """Personal records with fields that HQ has not confirmed, oldest first; each with all its unconfirmed fields."""

    def confirm_personal(self, records: tuple[PersonalRecord, ...]) -> None:
        """HQ holds these versions. A field that was changed since it was sent stays pending."""

    def programme_set(self, set_hash: str) -> bytes | None:
        """The programme set with this hash, None for one that the till does not have."""

    def apply_changes(self, page: ChangesPage, pause: Pause) -> None:
        """Replace accounts and personal records by HQ's, in small steps, then remember ``next_cursor``, ``hq_gen`` and HQ's time.

        A personal field changed here and not yet confirmed stays as it is if its version is higher. ``pause`` is called between
        the steps.
        """

    def apply_snapshot(self, page: SnapshotPage, *, asked_cursor: str, pause: Pause) -> None:
        """Put a page of a snapshot in place, which was asked for at ``asked_cursor`` (empty: from the beginning).

        With the last page, accounts that no page named are forgotten, and the changes go on from the snapshot's beginning.
        """

    def forget_cursor(self) -> None:
        """The changes cannot be followed any more: a snapshot is to be fetched from its beginning."""

    def stop_burning(self, reason: StopReason) -> None:
        """HQ no longer takes our word: no offline burning until the till is enrolled again. Repeating it changes nothing."""

    def queue_figures(self) -> QueueFigures:
        """The queue's length and age."""
