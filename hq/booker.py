"""The thread that moves the inbox into the ledger and does what time brings. Any number of them work side by side."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hq import partitions
from hq.apply import apply_inbox, apply_set_aside, book_refused_claims, book_what_is_due
from hq.authentication import forget_nonces
from hq.metrics import APPLIED
from hq.replay import replay, replay_passed
from hq.settling import settle_waiting

_log = logging.getLogger(__name__)
_IDLE_WAIT_S = 1.0
_REPLAY_EVERY_MS = 5_000
_DUE_EVERY_MS = 60_000
_PASSED_EVERY_MS = 600_000
_MONTHS_EVERY_MS = 6 * 3_600_000


class Booker:
    """Books whenever woken, and once a second. Any thread may call ``wake``; ``stop`` waits for the run in hand."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._next_ms: dict[Callable[..., int], int] = {}
        self._thread = threading.Thread(target=self.run, name="booker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Something came in."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread."""
        self.end()
        self._thread.join()

    def end(self) -> None:
        """Let ``run`` return after the run in hand."""
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Book until ``end`` is called; the thread does this, or a process of its own."""
        self._try(apply_set_aside)
        while not self._stop.is_set():
            self._wake.clear()
            self._book()
            self._wake.wait(_IDLE_WAIT_S)

    def _book(self) -> None:
        APPLIED.inc(self._try(apply_inbox))
        self._try(settle_waiting)
        self._try_every(_REPLAY_EVERY_MS, replay)
        self._try_every(_PASSED_EVERY_MS, replay_passed)
        self._try_every(_PASSED_EVERY_MS, book_refused_claims)
        self._try_every(_DUE_EVERY_MS, book_what_is_due)
        self._try_every(_DUE_EVERY_MS, forget_nonces)
        self._try_every(_MONTHS_EVERY_MS, _make_months)

    def _try_every(self, every_ms: int, step: Callable[..., int]) -> None:
        if _now_ms() >= self._next_ms.get(step, 0):
            self._try(step)
            self._next_ms[step] = _now_ms() + every_ms

    def _try(self, step: Callable[..., int]) -> int:
        try:
            return step(self._engine, now_ms=_now_ms())
        except SQLAlchemyError:
            # The database is away or was restarted: what waits is still there.
            _log.exception("booker.database")
            return 0
        except Exception:  # noqa: BLE001 - a defect of ours: what others wait for must go on
            _log.exception("booker.failed step=%s", getattr(step, "__name__", "unknown"))
            return 0


def _make_months(engine: Engine, *, now_ms: int) -> int:
    """The partitions of the coming months."""
    with engine.begin() as connection:
        partitions.make_ahead(connection, today=datetime.fromtimestamp(now_ms / 1000, tz=UTC).date())
    return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
