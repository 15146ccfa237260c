"""The sync worker's thread: a round, then sleep until a sale wakes it or the time has come.

It keeps nothing of its own that matters: what was sent and what was not is in the outbox, so it can be killed at any moment.
"""

import random
import threading
import time
from collections.abc import Callable

from pos_app.sync.client import HqClient
from pos_app.sync.ports import Outbox
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds


class SyncWorker:
    """Sends and fetches. ``start``, ``wake`` and ``stop`` may be called from any thread; ``report`` is called from the worker's.

    The worker uses and closes ``client``. ``fraction`` gives random numbers from 0 to below 1, ``utc_ms`` the till's clock.
    """

    def __init__(
        self,
        outbox: Outbox,
        client: HqClient,
        *,
        report: Callable[[SyncReport], None],
        options: SyncOptions | None = None,
        utc_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        fraction: Callable[[], float] = random.random,
    ) -> None:
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._client = client
        self._report = report
        self._rounds = SyncRounds(
            outbox,
            client,
            options=options or SyncOptions(),
            utc_ms=utc_ms,
            fraction=fraction,
            stopping=self._stop.is_set,
            pause_s=self._stop.wait,
        )
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to send. During a back-off this waits for its end."""
        self._wake.set()

    def stop(self, *, timeout_s: float = 5.0) -> bool:
        """Ask the thread to end, and wait. False if it still hangs in a call: it dies with the program, and nothing is lost."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with self._client:
            while not self._stop.is_set():
                self._wake.clear()
                report = self._rounds.run()
                self._report(report)
                sleeping = self._stop if report.problem else self._wake
                sleeping.wait(report.wait_ms / 1000)
