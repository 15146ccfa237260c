"""The print queue at work: a thread takes jobs, renders and sends them. Printing never holds up a sale; nothing is forgotten."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pos_app.errors import PosError
from pos_app.use_cases.receipt_facts import receipt_facts
from storage import print_jobs, sales
from storage.print_jobs import PrintJob

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_log = logging.getLogger(__name__)
_STOP_TIMEOUT_S = 10

Problem = Callable[[str], None]


class PrintQueue:
    """Prints the receipts that sales have queued. ``start`` it once; ``wake`` it after a sale; any thread may call it.

    ``on_problem`` is called in the queue's thread with a sentence, or with an empty one when printing works again.
    """

    def __init__(self, till: "Till", send: Callable[[bytes], None] | None, on_problem: Problem) -> None:
        self._till = till
        self._send = send
        self._on_problem = on_problem
        self._has_problem = False
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._waking = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="printing", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier run left waiting."""
        self._thread.start()
        self.wake()

    def wake(self) -> None:
        """There may be something to print."""
        with self._waking:
            self._idle.clear()
            self._wake.set()

    def wait_until_idle(self, timeout_ms: int) -> bool:
        """Whether everything that was queued has been tried within the time."""
        return self._idle.wait(timeout_ms / 1000)

    def stop(self) -> None:
        """Finish the job at hand and end; what waits is printed at the next start."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)

    def reprint(self, event_id: str) -> None:
        """Queue a COPY of a receipt; raises ``StorageError`` where that cannot be saved."""
        now_ms = self._till.clock.utc_ms()
        self._till.database.write(lambda connection: print_jobs.queue_copy(connection, event_id, utc_ms=now_ms))
        self.wake()

    def preview(self, event_id: str) -> str:
        """The receipt as plain text, as wide as the printer."""
        from receipts.layout import lay_out
        from receipts.text import render_text

        with self._till.database.reading() as connection:
            facts = receipt_facts(self._till, connection, event_id, is_copy=False)
        return render_text(lay_out(facts), self._till.settings.printer.columns)

    def last_receipt(self) -> str | None:
        """The event of the newest receipt, to print it again."""
        with self._till.database.reading() as connection:
            return sales.last_event_id(connection)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._stopping:
                break
            try:
                self._print_all()
            except PosError as error:
                _log.exception("the print queue cannot go on: %s", error.code)
                self._report(str(error))
            with self._waking:
                if not self._wake.is_set():
                    self._idle.set()
        self._till.database.close_reader()

    def _print_all(self) -> None:
        while not self._stopping:
            job = self._till.database.read(print_jobs.next_job)
            if job is None:
                return
            problem = self._print(job)
            self._till.database.write(
                lambda connection, job=job, problem=problem: print_jobs.finish_job(  # type: ignore[misc]
                    connection, job.id, problem=problem
                )
            )
            self._report(problem)

    def _print(self, job: PrintJob) -> str:
        """Print one job; gives the sentence of what went wrong, empty for nothing."""
        if self._send is None:
            return ""
        from receipts.escpos_bytes import render_escpos
        from receipts.layout import lay_out

        try:
            facts = self._till.database.read(
                lambda connection: receipt_facts(self._till, connection, job.event_id, is_copy=job.is_copy)
            )
            self._send(render_escpos(lay_out(facts), self._till.settings.printer))
        except PosError as error:
            _log.warning("receipt of event %s was not printed: %s", job.event_id, error.code)
            return str(error)
        except Exception:  # noqa: BLE001 - a defect of ours in one receipt must not keep the others from the printer
            _log.exception("receipt of event %s cannot be laid out", job.event_id)
            return "A receipt cannot be laid out. The sale is saved. Report it, and print the next ones."
        return ""

    def _report(self, problem: str) -> None:
        if problem or self._has_problem:
            self._has_problem = bool(problem)
            self._on_problem(problem)
