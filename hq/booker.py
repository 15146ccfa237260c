"""The thread that moves the inbox into the ledger and books what time brings."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hq.apply import apply_inbox, apply_set_aside, book_what_is_due

_log = logging.getLogger(__name__)
_IDLE_WAIT_S = 1.0
_DUE_EVERY_MS = 60_000


class Booker:
    """Books whenever woken, and once a second. Any thread may call ``wake``; ``stop`` waits for the run in hand."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._due_next_ms = 0
        self._thread = threading.Thread(target=self._run, name="booker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Something came in."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        self._try(apply_set_aside)
        while not self._stop.is_set():
            self._wake.clear()
            self._book()
            self._wake.wait(_IDLE_WAIT_S)

    def _book(self) -> None:
        self._try(apply_inbox)
        if _now_ms() >= self._due_next_ms:
            self._try(book_what_is_due)
            self._due_next_ms = _now_ms() + _DUE_EVERY_MS

    def _try(self, step: Callable[..., int]) -> None:
        try:
            step(self._engine, now_ms=_now_ms())
        except SQLAlchemyError:
            # The database is away or was restarted: what waits is still there.
            _log.exception("booker.database")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
