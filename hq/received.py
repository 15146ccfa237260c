"""An event as HQ received it, and the refusal to book one."""

import msgspec

from hq.statements import Values
from pos_app.protocol.events import AnyEvent


class UnbookableError(Exception):
    """An event that means nothing sound; ``reason`` is the task's code. Nothing of it was booked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Received(msgspec.Struct, frozen=True):
    """An event with its place, and the key that made its question's code."""

    terminal_id: str
    incarnation: int
    seq: int
    body: bytes
    event: AnyEvent
    nps_key: bytes = b""

    def task(self, code: str, *, now_ms: int) -> Values:
        """A row for the table of tasks, about this event."""
        return {
            "code": code,
            "terminal_id": self.terminal_id,
            "incarnation": self.incarnation,
            "seq": self.seq,
            "created_at_ms": now_ms,
        }
