"""What the sync worker needs of the till's memory. Storage implements ``Outbox``; every method is called from the worker's thread."""

from typing import Protocol

from pos_app.protocol.messages import ChangesPage, PersonalRecord
from pos_app.protocol.queue import PendingBatch, QueueFigures, StopReason, TerminalIdentity

__all__ = ["Outbox", "PendingBatch", "QueueFigures", "StopReason", "TerminalIdentity"]


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

    def apply_changes(self, page: ChangesPage) -> None:
        """Replace accounts and personal records by HQ's and remember ``next_cursor``, ``hq_gen`` and HQ's time, in one transaction.

        A personal field changed here and not yet confirmed stays as it is if its version is higher.
        """

    def stop_burning(self, reason: StopReason) -> None:
        """HQ no longer takes our word: no offline burning until the till is enrolled again. Repeating it changes nothing."""

    def queue_figures(self) -> QueueFigures:
        """The queue's length and age."""
