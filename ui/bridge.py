"""From other threads to the screen's: one Qt signal for finished work, one for each kind of news from devices.

The signals may be emitted in any thread. Their receivers are bound methods of objects that live on the screen's thread, so Qt
queues the call there.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from ui.sale.ports import Result


class Bridge(QObject):
    """The presenter's background, and where the threads of devices hand over. Build and close it on the screen's thread."""

    code_scanned = Signal(str)
    """What the scanner sent."""
    scanner_changed = Signal(bool)
    """Whether the scanner is connected."""
    printer_changed = Signal(str)
    """What is wrong with the printer, in a sentence; empty when it prints again."""
    sync_changed = Signal(object)
    """The ``SyncStatus`` of the queue to headquarters."""
    _finished = Signal(object, object)

    def __init__(self, end_thread: Callable[[], None]) -> None:
        """``end_thread`` runs last on the thread of ``run``: it closes what that thread has opened."""
        super().__init__()
        self._end_thread = end_thread
        self._executor: ThreadPoolExecutor | None = None
        self._is_closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def watch(self, future: Future[Result], then: Callable[[Future[Result]], None]) -> None:
        """Call ``then`` on the screen's thread when ``future`` is done; after ``close`` nobody is called any more."""
        future.add_done_callback(lambda done: None if self._is_closed else self._finished.emit(done, then))

    def run(self, job: Callable[[], Result], then: Callable[[Future[Result]], None]) -> None:
        """Run ``job`` on a thread of its own, one after another, then call ``then`` on the screen's thread."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="screen")
        self.watch(self._executor.submit(job), then)

    def close(self) -> None:
        """Finish the jobs, deliver nothing more."""
        self._is_closed = True
        if self._executor is not None:
            self._executor.submit(self._end_thread)
            self._executor.shutdown(wait=True)
            self._executor = None

    def _deliver(self, future: "Future[Any]", then: Callable[["Future[Any]"], None]) -> None:
        if not self._is_closed:
            then(future)
