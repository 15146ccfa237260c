"""The thread that moves the inbox into the ledger and books what time brings."""

import logging
import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hq.apply import apply_inbox, book_what_is_due

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
        while not self._stop.is_set():
            self._wake.clear()
            self._book()
            self._wake.wait(_IDLE_WAIT_S)

    def _book(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        try:
            apply_inbox(self._engine, now_ms=now_ms)
            if now_ms >= self._due_next_ms:
                book_what_is_due(self._engine, now_ms=now_ms)
                self._due_next_ms = now_ms + _DUE_EVERY_MS
        except SQLAlchemyError:
            # The database is away or was restarted: what waits is still there.
            _log.exception("booker.database")
