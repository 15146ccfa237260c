"""A scanner on a serial port, read in a thread of its own. It survives unplugging and goes on by itself when plugged in again."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from devices.framing import Framer
from pos_app.settings import Scanner

if TYPE_CHECKING:
    import serial

_LOG = logging.getLogger(__name__)
_RETRY_FIRST_MS = 50
_RETRY_MAX_MS = 1000
_READ_WAIT_MAX_MS = 1000
_READ_BYTES_MAX = 4096

# pyserial reports an unplugged device as SerialException (an OSError), as a bare OSError, or lets termios' own error through;
# a baud rate that the port cannot do is a ValueError.
if sys.platform == "win32":
    _PORT_ERRORS: tuple[type[Exception], ...] = (OSError, ValueError)
else:
    import termios

    _PORT_ERRORS = (OSError, ValueError, termios.error)


class SerialScanner:
    """Reads codes from ``settings.port`` until it is stopped.

    Both callbacks run in the scanner's thread; they should hand over and return. ``on_code`` gets the text of each code as
    the scanner sent it (prefix and suffix taken off, bounces left out); ``on_state`` gets each change between connected and
    not, the first one soon after ``start``.
    """

    def __init__(self, settings: Scanner, *, on_code: Callable[[str], None], on_state: Callable[[bool], None]) -> None:
        assert settings.port, "a scanner without a port is not started"
        self._settings = settings
        self._on_code = on_code
        self._on_state = on_state
        self._connected: bool | None = None
        self._retry_ms = _RETRY_FIRST_MS
        self._stopping = threading.Event()
        self._port: serial.Serial | None = None
        self._port_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to read; a port that is not there yet is waited for. To be called once."""
        self._thread.start()

    def stop(self, *, timeout_ms: int = 2000) -> None:
        """End the thread and free the port; waits at most ``timeout_ms``. Not to be called from a callback."""
        self._stopping.set()
        with self._port_lock:
            if self._port is not None:
                self._port.cancel_read()
        if self._thread.ident is not None:
            self._thread.join(timeout_ms / 1000)
        if self._thread.is_alive():
            _LOG.warning("The scanner's thread did not end within %d ms", timeout_ms)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._connect_and_read()
            except _PORT_ERRORS as error:
                if self._connected is not False:
                    _LOG.warning("The scanner at %s is away: %s", self._settings.port, error)
                self._report(connected=False)
                self._stopping.wait(self._retry_ms / 1000)
                self._retry_ms = min(self._retry_ms * 2, _RETRY_MAX_MS)

    def _connect_and_read(self) -> None:
        port = self._open()
        try:
            self._report(connected=True)
            self._read_codes(port)
        finally:
            with self._port_lock:
                self._port = None
            port.close()

    def _open(self) -> "serial.Serial":
        import serial  # late: only the scanner's thread needs it

        parities = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
        port = serial.Serial(
            self._settings.port,
            baudrate=self._settings.baud,
            parity=parities[self._settings.parity],
            # A little above the framer's time-out, so that one silent read is enough to end a partial code.
            timeout=min(self._settings.partial_timeout_ms + 2, _READ_WAIT_MAX_MS) / 1000,
            exclusive=True,
        )
        with self._port_lock:
            self._port = port
        return port

    def _read_codes(self, port: "serial.Serial") -> None:
        framer = Framer(self._settings)
        while not self._stopping.is_set():
            data = port.read(1)  # sleeps in the kernel until the first byte is there
            if data:
                data += port.read(min(port.in_waiting, _READ_BYTES_MAX))
            self._retry_ms = _RETRY_FIRST_MS
            for code in framer.feed(data, time.monotonic_ns() // 1_000_000):
                self._deliver(code)

    def _deliver(self, code: str) -> None:
        try:
            self._on_code(code)
        except Exception as error:  # noqa: BLE001 - a receiver's bug must neither look like an unplugged port nor end the scanning
            _LOG.error("The receiver of a scan failed: %s", type(error).__name__)

    def _report(self, *, connected: bool) -> None:
        if connected is not self._connected:
            self._connected = connected
            self._on_state(connected)
