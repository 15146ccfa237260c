"""Ways to a receipt printer for bytes that are already ESC/POS: network, serial port, device file.

Each job has a connection of its own and a limit on every wait. A printer that says it is out of paper or open gets nothing;
one that does not answer the question gets the job. Calls block, at most a few seconds on a printer that is gone: they belong in
the printing thread. python-escpos does the talking; it is imported by the first job, for it takes a third of a second.
"""

import contextlib
import logging
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import msgspec

from pos_app.errors import DeviceError
from pos_app.settings import Printer

if TYPE_CHECKING:
    import serial
    from escpos.printer import Network

_LOG = logging.getLogger(__name__)
_STATUS_WAIT_S = 0.3
_JOB_LIMIT_S = 300
_DRAIN_STEP_S = 0.01
# At 9600 baud half a second: a slow line moves one chunk within the shortest sensible time-out.
_CHUNK_BYTES = 512

if sys.platform == "win32":
    _DEVICE_ERRORS: tuple[type[Exception], ...] = (OSError, ValueError)
else:
    import termios

    _DEVICE_ERRORS = (OSError, ValueError, termios.error)

# ESC/POS "DLE EOT n", transmit real-time status: n = 2 asks why the printer is offline, n = 4 asks the paper sensors.
_ASK_OFFLINE_CAUSE = b"\x10\x04\x02"
_ASK_PAPER = b"\x10\x04\x04"
_FIXED_BITS, _FIXED_VALUE = 0b1001_0011, 0b0001_0010
_COVER_OPEN = 0b0000_0100
_PAPER_LOW = 0b0000_1100
_PAPER_OUT = 0b0110_0000


class Transport(Protocol):
    """A way to a printer."""

    def send(self, payload: bytes) -> None:
        """Hand one job over; raises ``DeviceError`` when it cannot be handed over whole. Blocks; one thread at a time."""


class PrinterStatus(msgspec.Struct, frozen=True):
    """What a printer says of itself."""

    paper_out: bool
    paper_low: bool
    cover_open: bool


def open_transport(settings: Printer) -> Transport | None:
    """The way to the printer that the settings name; None where there is none. Nothing is connected yet."""
    match settings.kind:
        case "none":
            return None
        case "network":
            return NetworkTransport(host=settings.host, port=settings.port, timeout_ms=settings.timeout_ms)
        case "serial":
            return SerialTransport(device=settings.device, baud=settings.baud, timeout_ms=settings.timeout_ms)
        case "file":
            return FileTransport(path=settings.path, timeout_ms=settings.timeout_ms)


class NetworkTransport:
    """A printer that listens on a TCP port, usually 9100. ``timeout_ms`` holds for the connection and for each chunk."""

    def __init__(self, *, host: str, port: int, timeout_ms: int) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_ms / 1000
        self._where = f"The printer at {host}:{port}"

    def send(self, payload: bytes) -> None:
        """Hand one job over; raises ``DeviceError``."""
        from escpos.printer import Network

        with _said_to_people(self._where):
            # Not by its own open(): that one leaks the socket of a failed connection, and knows IPv4 only.
            device = socket.create_connection((self._host, self._port), timeout=self._timeout_s)
            printer = Network(self._host, self._port, timeout=self._timeout_s)
            printer.device = device
            try:
                _check_ready(self._where, lambda query: self._ask(printer, device, query))
                _write(printer._raw, payload)  # noqa: SLF001 - the library's door for rendered bytes
                _end_connection(device)
            finally:
                printer.close()

    def _ask(self, printer: "Network", device: socket.socket, query: bytes) -> bytes:
        device.settimeout(_STATUS_WAIT_S)
        try:
            printer._raw(query)  # noqa: SLF001 - as above
            return printer._read()  # noqa: SLF001 - as above
        except TimeoutError:
            return b""
        finally:
            device.settimeout(self._timeout_s)


class SerialTransport:
    """A printer on a serial port. ``timeout_ms`` holds for each chunk, and for the printer to take what it was sent."""

    def __init__(self, *, device: str, baud: int, timeout_ms: int) -> None:
        self._device = device
        self._baud = baud
        self._timeout_s = timeout_ms / 1000
        self._where = f"The printer at {device}"

    def send(self, payload: bytes) -> None:
        """Hand one job over; raises ``DeviceError``."""
        from escpos.exceptions import DeviceNotFoundError
        from escpos.printer import Serial

        with _said_to_people(self._where):
            printer = Serial(devfile=self._device, baudrate=self._baud, timeout=_STATUS_WAIT_S)
            try:
                printer.open()
            except DeviceNotFoundError as error:
                raise OSError(str(error)) from error
            port: serial.Serial = printer.device
            try:
                port.exclusive = True
                port.write_timeout = self._timeout_s
                _check_ready(self._where, lambda query: _ask_port(port, query))
                _write(printer._raw, payload)  # noqa: SLF001 - the library's door for rendered bytes
                _drain(port, timeout_s=self._timeout_s)
            except BaseException:
                port.reset_output_buffer()  # or closing waits for a printer that takes nothing
                raise
            finally:
                port.close()  # not by the library's close(): that one waits without a limit


class FileTransport:
    """A printer as a device file (``/dev/usb/lp0``), or a plain file to which the jobs are appended."""

    def __init__(self, *, path: str, timeout_ms: int) -> None:
        self._path = path
        self._timeout_s = timeout_ms / 1000
        self._where = f"The printer at {path}"

    def send(self, payload: bytes) -> None:
        """Hand one job over; raises ``DeviceError``."""
        from escpos.printer import File

        with _said_to_people(self._where):
            printer = File(self._path, auto_flush=False)
            # Not by its own open(): that one empties a plain file, and waits without a limit on a device.
            printer.device = _TimedFile(self._path, timeout_s=self._timeout_s)
            try:
                _write(printer._raw, payload)  # noqa: SLF001 - the library's door for rendered bytes
            finally:
                printer.close()


class _TimedFile:
    """A file to append to, whose writes end at a time-out where the device takes nothing."""

    def __init__(self, path: str, *, timeout_s: float) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        self._number = os.open(path, flags, 0o600)
        self._timeout_s = timeout_s

    def write(self, data: bytes) -> None:
        deadline_s = time.monotonic() + self._timeout_s
        while data:
            try:
                data = data[os.write(self._number, data) :]
            except BlockingIOError:
                if not select.select([], [self._number], [], max(deadline_s - time.monotonic(), 0))[1]:
                    raise TimeoutError("the device takes nothing") from None

    def flush(self) -> None:
        """Nothing is held back; the library asks for it."""

    def close(self) -> None:
        os.close(self._number)


def read_status(ask: Callable[[bytes], bytes]) -> PrinterStatus | None:
    """What the printer says of its paper and cover; None where it does not answer as ESC/POS printers do.

    ``ask`` sends a query and gives the reply, empty after a short wait.
    """
    paper = _status_bits(ask(_ASK_PAPER))
    if paper is None:
        return None
    cause = _status_bits(ask(_ASK_OFFLINE_CAUSE)) or 0
    return PrinterStatus(
        paper_out=bool(paper & _PAPER_OUT), paper_low=bool(paper & _PAPER_LOW), cover_open=bool(cause & _COVER_OPEN)
    )


def _status_bits(reply: bytes) -> int | None:
    """The last byte of a reply, if its fixed bits are those of a real-time status."""
    if not reply or reply[-1] & _FIXED_BITS != _FIXED_VALUE:
        return None
    return reply[-1]


def _check_ready(where: str, ask: Callable[[bytes], bytes]) -> None:
    status = read_status(ask)
    if status is None:
        return
    if status.cover_open:
        raise _failed("printer.cover_open", f"{where} is open.", "Close its cover")
    if status.paper_out:
        raise _failed("printer.paper_out", f"{where} is out of paper.", "Put in a new roll")
    if status.paper_low:
        _LOG.warning("%s is low on paper", where)


def _write(write: Callable[[bytes], object], payload: bytes) -> None:
    """In chunks, so that a time-out measures whether the printer goes on, not how long a receipt is."""
    deadline_s = time.monotonic() + _JOB_LIMIT_S
    for start in range(0, len(payload), _CHUNK_BYTES):
        if time.monotonic() > deadline_s:
            raise TimeoutError("the job takes too long")
        write(payload[start : start + _CHUNK_BYTES])


def _end_connection(device: socket.socket) -> None:
    """Say that the job ends and give the printer a moment to close.

    Closing with a status byte unread would reset the connection, and the printer could lose what it has not read yet.
    """
    deadline_s = time.monotonic() + _STATUS_WAIT_S
    device.shutdown(socket.SHUT_WR)
    device.settimeout(_STATUS_WAIT_S)
    with contextlib.suppress(TimeoutError):
        while device.recv(64) and time.monotonic() < deadline_s:
            pass


def _ask_port(port: "serial.Serial", query: bytes) -> bytes:
    port.write(query)
    return port.read(1)


def _drain(port: "serial.Serial", *, timeout_s: float) -> None:
    """Wait until the last byte has left, as long as bytes do leave."""
    left, deadline_s = port.out_waiting, time.monotonic() + timeout_s
    while left:
        time.sleep(_DRAIN_STEP_S)  # no system lets a program wait for this with a limit
        before, left = left, port.out_waiting
        if left < before:
            deadline_s = time.monotonic() + timeout_s
        elif time.monotonic() > deadline_s:
            raise TimeoutError("the printer takes nothing")


@contextlib.contextmanager
def _said_to_people(where: str) -> Iterator[None]:
    try:
        yield
    except _DEVICE_ERRORS as error:
        _LOG.warning("%s failed: %s", where, error)
        raise _failed("printer.no_answer", f"{where} does not answer.", "Check paper and cable") from error


def _failed(code: str, what: str, first: str) -> DeviceError:
    return DeviceError(code, what=what, safe="The sale is saved.", todo=f"{first}, then print it again.")
