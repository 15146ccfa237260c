"""A scanner and a printer without hardware, for the demo and the tests: a real pseudo terminal and a real socket."""

import logging
import os
import select
import socket
import socketserver
import sys
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from pos_app.errors import DeviceError
from pos_app.settings import Scanner

if sys.platform != "win32":
    import tty

_LOG = logging.getLogger(__name__)
_SEND_WAIT_S = 2
_POLL_S = 0.02
_JOBS_KEPT = 1000
_JOB_BYTES_MAX = 16 * 1024 * 1024

_STATUS_QUERY = b"\x10\x04"
_STATUS_QUERY_BYTES = 3


class PtyScanner:
    """A scanner on a pseudo terminal. ``port`` is what the reader opens: a link in ``folder`` that outlives unplugging."""

    def __init__(self, folder: Path, settings: Scanner | None = None) -> None:
        settings = settings or Scanner()
        if sys.platform == "win32":
            raise DeviceError(
                "emulator.no_pty",
                what="This system has no pseudo terminals, so there is no simulated scanner.",
                safe="Nothing was changed.",
                todo="Type the codes, or connect a scanner.",
            )
        self._prefix = settings.prefix
        self._suffix = settings.suffix
        self._link = folder / "scanner"
        self._ends: tuple[int, int] | None = None
        self.port = str(self._link)
        self.replug()

    def scan(self, code: str) -> None:
        """Send a code as the scanner would: prefix, code, suffix."""
        self.send(f"{self._prefix}{code}{self._suffix}".encode())

    def send(self, data: bytes) -> None:
        """Send bytes as they are; raises ``DeviceError`` when nobody reads them within two seconds."""
        assert self._ends is not None, "an unplugged scanner sends nothing"
        controller = self._ends[0]
        while data:
            if not select.select([], [controller], [], _SEND_WAIT_S)[1]:
                raise DeviceError(
                    "emulator.unread",
                    what="Nobody reads from the simulated scanner.",
                    safe="Nothing was changed.",
                    todo="Check the scanner's port in the settings.",
                )
            data = data[os.write(controller, data) :]

    def unplug(self) -> None:
        """Pull the plug: the port goes away under its reader."""
        if self._ends is not None:
            self._link.unlink(missing_ok=True)
            for end in self._ends:
                os.close(end)
            self._ends = None

    def replug(self) -> None:
        """Plug in again: a new terminal under the same ``port``."""
        self.unplug()
        controller, terminal = os.openpty()
        tty.setraw(terminal)
        os.set_blocking(controller, False)
        self._ends = (controller, terminal)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(terminal))

    close = unplug

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(socketserver.TCPServer):
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], printer: "SocketPrinter") -> None:
        self._printer = printer
        super().__init__(address, socketserver.BaseRequestHandler)

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class's signature
        assert isinstance(request, socket.socket)
        self._printer.serve(request)


class SocketPrinter:
    """A network printer on the loopback address. One connection is one job; real-time status queries are answered.

    Set ``paper_out``, ``cover_open`` or ``paper_low`` to have it say so (without paper or open it also stops reading jobs),
    ``silent`` to leave queries unanswered, ``stalled`` to read nothing at all. Jobs also go to ``folder`` where one is given,
    as ``job-0001.bin``. The last 1000 jobs are kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.paper_out = self.paper_low = self.cover_open = self.silent = self.stalled = False
        self.host = "127.0.0.1"
        self.port = 0
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._jobs: deque[bytes] = deque(maxlen=_JOBS_KEPT)
        self._job_count = 0
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._server: _Server | None = None
        self.accept()

    @property
    def jobs(self) -> list[bytes]:
        """The bytes of each job, oldest first, without the status queries."""
        with self._changed:
            return list(self._jobs)

    def wait_for_jobs(self, count: int, *, timeout_ms: int = 5000) -> list[bytes]:
        """The jobs as soon as there are ``count`` of them in all; raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._job_count >= count, timeout_ms / 1000):
                raise TimeoutError(f"{self._job_count} of {count} jobs came")
            return list(self._jobs)

    def refuse(self) -> None:
        """Refuse connections, as a printer that is switched off."""
        if self._server is not None:
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def accept(self) -> None:
        """Take connections (again), on the same port as before."""
        if self._server is None:
            self._closing.clear()
            self._server = _Server((self.host, self.port), self)
            self.port = self._server.server_address[1]
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(_POLL_S,), name="socket-printer", daemon=True
            )
            self._thread.start()

    close = refuse

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def serve(self, connection: socket.socket) -> None:
        """Read one job to its end. Runs in the server's thread."""
        connection.settimeout(_POLL_S)
        job = bytearray()
        while not self._closing.is_set() and len(job) <= _JOB_BYTES_MAX:
            if self.stalled or (job and (self.paper_out or self.cover_open)):
                self._closing.wait(_POLL_S)
                continue
            try:
                data = connection.recv(65_536)
                job += data
                self._answer(connection, job)
            except TimeoutError:
                continue
            except ConnectionError as error:
                _LOG.info("A job ended early: %s", error)
                break
            if not data:
                break
        self._keep(bytes(job))

    def _answer(self, connection: socket.socket, job: bytearray) -> None:
        """Answer the queries that stand before the job and take them out; later ones may be part of an image."""
        while job.startswith(_STATUS_QUERY) and len(job) >= _STATUS_QUERY_BYTES:
            if not self.silent:
                connection.sendall(bytes([self._status(job[2])]))
            del job[:_STATUS_QUERY_BYTES]

    def _status(self, query: int) -> int:
        """One status byte by the ESC/POS command reference of DLE EOT: bits 1 and 4 are always set."""
        bits = {
            1: 0x08 * (self.paper_out or self.cover_open),
            2: 0x04 * self.cover_open | 0x20 * self.paper_out,
            4: 0x0C * (self.paper_low or self.paper_out) | 0x60 * self.paper_out,
        }
        return 0x12 | bits.get(query, 0)

    def _keep(self, job: bytes) -> None:
        if not job:
            return
        with self._changed:
            self._jobs.append(job)
            self._job_count += 1
            if self._folder is not None:
                (self._folder / f"job-{self._job_count:04d}.bin").write_bytes(job)
            self._changed.notify_all()
