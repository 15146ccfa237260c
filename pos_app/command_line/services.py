"""The threads beside an open till: the print queue and the sync with headquarters."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pos_app.settings import Settings
from pos_app.sync.decisions import Problem
from pos_app.use_cases.joining import private_key
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import SyncStatus
from storage import journal
from storage.outbox import SqliteOutbox

if TYPE_CHECKING:
    from pos_app.sync.rounds import SyncReport
    from pos_app.sync.worker import SyncWorker

_STOP_TIMEOUT_S = 10.0
_AWAY = frozenset({Problem.UNREACHABLE, Problem.SLOW})
_PASSING = _AWAY | {Problem.HQ_ERROR, Problem.BUSY}
_NOT_JOINED = "This till has not joined headquarters. Sales are kept here. Make a code there and join with it."


class Services:
    """Start them when the window stands, stop them before the till closes. ``report`` and ``on_problem`` run in other threads."""

    def __init__(
        self, till: Till, *, on_print_problem: Callable[[str], None], on_sync: Callable[[SyncStatus], None]
    ) -> None:
        self._till = till
        self._on_sync = on_sync
        self.printing = PrintQueue(till, _sender(till.settings, till.database.path.parent), on_print_problem)
        self.sync = self._sync_worker() if till.settings.hq.url and self._has_joined() else None

    def start(self) -> None:
        """Print and send what an earlier run left, and book what has come due since."""
        self.book_due()
        self.printing.start()
        if self.sync is not None:
            self.sync.start()
        elif self._till.settings.hq.url:
            self._on_sync(self._not_joined())

    def book_due(self) -> None:
        """Book the points that have matured or expired, step by step, each behind the sales that wait."""
        self._till.book_due().add_done_callback(self._go_on)

    def _go_on(self, step: "Future[int]") -> None:
        if not step.cancelled() and step.exception() is None and step.result():
            with suppress(RuntimeError):  # the till closes: the rest is booked at the next start
                self.book_due()

    def booked(self) -> None:
        """There is something new to print and to send."""
        self.printing.wake()
        if self.sync is not None:
            self.sync.wake()

    def stop(self) -> None:
        """Finish the job at hand; what waits is done at the next start."""
        self.printing.stop()
        if self.sync is not None:
            self.sync.stop(timeout_s=_STOP_TIMEOUT_S)

    def _has_joined(self) -> bool:
        return journal.read_terminal(self._till.database.reader()).hq_public_key is not None

    def _not_joined(self) -> SyncStatus:
        waiting = SqliteOutbox(self._till.database).queue_figures().waiting_events
        return SyncStatus(waiting, None, None, problem=_NOT_JOINED, is_stopped=True, has_joined=False)

    def _sync_worker(self) -> "SyncWorker":
        from pos_app.sync.client import HqClient
        from pos_app.sync.rounds import SyncOptions
        from pos_app.sync.worker import SyncWorker

        hq = self._till.settings.hq
        client = HqClient(
            hq.url,
            private_key=private_key(self._till),
            connect_timeout_ms=hq.connect_timeout_ms,
            call_timeout_ms=hq.call_timeout_ms,
        )
        options = SyncOptions(
            batch_events_max=hq.batch_events_max, batch_bytes_max=hq.batch_bytes_max, poll_ms=hq.poll_ms
        )
        return SyncWorker(
            SqliteOutbox(self._till.database),
            client,
            report=lambda report: self._on_sync(_status(report, now_ms=self._till.clock.utc_ms())),
            options=options,
            utc_ms=self._till.clock.utc_ms,
        )


def _status(report: "SyncReport", *, now_ms: int) -> SyncStatus:
    return SyncStatus(
        waiting_events=report.waiting_events,
        oldest_waiting_ms=None if report.oldest_waiting_ms is None else max(0, now_ms - report.oldest_waiting_ms),
        last_contact_ms=report.last_contact_ms,
        problem=report.problem_words,
        is_away=report.problem in _AWAY,
        is_stopped=report.problem is not None and report.problem not in _PASSING,
    )


def _sender(settings: Settings, folder: Path) -> Callable[[bytes], None] | None:
    """How receipts reach the printer of the settings; None where there is none."""
    if settings.printer.kind == "none":
        return None
    # Without it python-escpos makes a new folder at each start and reads its capabilities anew.
    os.environ.setdefault("ESCPOS_CAPABILITIES_PICKLE_DIR", str(folder))
    return partial(_send, settings)


def _send(settings: Settings, payload: bytes) -> None:
    from devices.printer import open_transport

    transport = open_transport(settings.printer)
    assert transport is not None, "a printer is set"
    transport.send(payload)
