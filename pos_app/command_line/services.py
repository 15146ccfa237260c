"""The threads beside an open till: the print queue, the mirror and the sync with headquarters; and its housekeeping."""

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pos_app.settings import Settings
from pos_app.use_cases.housekeeping import Housekeeping, chores_of
from pos_app.use_cases.joining import private_key
from pos_app.use_cases.mirroring import MirrorStatus, mirror_of
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.published import taker
from pos_app.use_cases.sync_status import status_of
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import SyncStatus
from storage import journal
from storage.outbox import SqliteOutbox

if TYPE_CHECKING:
    from pos_app.sync.rounds import SyncReport
    from pos_app.sync.worker import SyncWorker

_STOP_TIMEOUT_S = 10.0


class Services:
    """Start them when the window stands, stop them before the till closes. ``on_sync`` and ``on_print_problem`` run in other threads."""

    def __init__(
        self, till: Till, *, on_print_problem: Callable[[str], None], on_sync: Callable[[SyncStatus], None]
    ) -> None:
        self._till = till
        self._on_sync = on_sync
        self._telling = threading.Lock()
        self._report: SyncReport | None = None
        self._mirror_status: MirrorStatus | None = None
        self.printing = PrintQueue(till, sender_of(till.settings, till.database.path.parent), on_print_problem)
        self._has_joined = journal.read_terminal(till.database.reader()).hq_public_key is not None
        self.sync = self._sync_worker() if till.settings.hq.url and self._has_joined else None
        self.mirror = mirror_of(till.database, till.settings, self._mirrored)
        self._house = Housekeeping(chores_of(till, lambda: private_key(till)))

    def start(self) -> None:
        """Print, copy and send what an earlier run left, and book what has come due since."""
        self.keep_house()
        self.printing.start()
        if self.mirror is not None:
            self.mirror.start()
        if self.sync is not None:
            self.sync.start()
        elif self._till.settings.hq.url:
            self._tell()

    def keep_house(self) -> None:
        """Book what is due, give back what is not used, let go of what is old: step by step, each behind the sales that wait."""
        self._house.run()
        if self.mirror is not None:
            self.mirror.tidy()

    def booked(self) -> None:
        """There is something new to print, to copy and to send."""
        self.printing.wake()
        if self.mirror is not None:
            self.mirror.wake()
        if self.sync is not None:
            self.sync.wake()

    def stop(self) -> None:
        """Finish the job at hand; what waits is done at the next start."""
        self.printing.stop()
        if self.sync is not None:
            self.sync.stop(timeout_s=_STOP_TIMEOUT_S)
        if self.mirror is not None:
            self.mirror.stop(timeout_s=_STOP_TIMEOUT_S)

    def _synced(self, report: "SyncReport") -> None:
        self._report = report
        self._tell()

    def _mirrored(self, status: MirrorStatus) -> None:
        self._mirror_status = status
        self._tell()

    def _tell(self) -> None:
        """Put together what is known, from whichever thread has news, one at a time."""
        with self._telling:
            self._on_sync(status_of(self._till, self._report, self._mirror_status))

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
            SqliteOutbox(self._till.database, take_documents=taker(self._till.settings.owners)),
            client,
            report=self._synced,
            options=options,
            utc_ms=self._till.clock.utc_ms,
        )


def sender_of(settings: Settings, folder: Path) -> Callable[[bytes], None] | None:
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
