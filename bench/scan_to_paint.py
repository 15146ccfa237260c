"""From bytes at the serial port to the end of the paint that shows the line: the till against a bare thread, signal and table.

Three windows live in one process and are scanned in turns: the till with a million members, the till with a thousand, and the
reference. Each has a pseudo terminal of its own; the clock runs from the write into it to the end of the paint event.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import serial
from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTableWidget, QTableWidgetItem

from bench import shop
from bench.figures import Figure, median, p99
from devices.emulators import PtyScanner
from pos_app.command_line.window import wired_window
from pos_app.settings import Programmes, Scanner, Settings
from ui.application import make_application
from ui.keys import Command
from ui.window import TillWindow

MEMBERS_MANY = 1_000_000
MEMBERS_FEW = 1_000
PRODUCTS = 100_000
_ROUNDS = 60
_LINES_A_BASKET = 10
_FRAME_MS = 1000 / 60
_TIMEOUT_S = 10.0
_FOLDER = Path("build/bench")


class _Subject:
    """A window to scan at: ``paints`` counts its finished paints of the table."""

    def __init__(self, scanner: PtyScanner, rows: Callable[[], int], clear: Callable[[], None]) -> None:
        self.scanner = scanner
        self.rows = rows
        self.clear = clear
        self.painted_s = 0.0
        self.times_s: list[float] = []

    def painted(self) -> None:
        """The end of a paint event of the table."""
        self.painted_s = time.perf_counter()

    def measure(self, code: str) -> None:
        """Scan one code and wait for the paint that shows its line."""
        wanted = self.rows() + 1
        self.painted_s = 0.0
        begin_s = time.perf_counter()
        self.scanner.scan(code)
        _live_until(lambda: self.rows() == wanted and self.painted_s > begin_s)
        self.times_s.append(self.painted_s - begin_s)
        # What the first paint left to do is done before the next scan, as at a counter.
        _settle()


class _BareTable(QTableWidget):
    """The reference's table; tells when a paint event has ended."""

    painted = Signal()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint, then say so."""
        super().paintEvent(event)
        self.painted.emit()


class _BareReader(QObject):
    """The reference's thread: pyserial, one signal a line."""

    scanned = Signal(str)

    def __init__(self, port: str) -> None:
        super().__init__()
        self._port = serial.Serial(port, 9600, timeout=1)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stopping = False
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self._port.cancel_read()
        self._thread.join()
        self._port.close()

    def _run(self) -> None:
        buffer = b""
        while not self._stopping:
            buffer += self._port.read(1)
            buffer += self._port.read(self._port.in_waiting)
            while b"\r\n" in buffer:
                code, _, buffer = buffer.partition(b"\r\n")
                self.scanned.emit(code.decode())


class _BareWindow(QMainWindow):
    """A bare window that puts a row into a bare table for each code."""

    def __init__(self) -> None:
        super().__init__()
        self.table = _BareTable(0, 4)
        self.setCentralWidget(self.table)
        self.resize(1366, 768)

    def put(self, code: str) -> None:
        """A row for the code."""
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate((code, "1", "1.99", "1.99")):
            self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.scrollToBottom()


def measure() -> list[Figure]:
    """The till against the reference, and a million members against a thousand."""
    make_application("en")
    with TemporaryDirectory() as folder, ExitStack() as stack:
        many = _till(stack, Path(folder), MEMBERS_MANY)
        few = _till(stack, Path(folder), MEMBERS_FEW)
        bare = _bare(stack, Path(folder))
        codes = [product.code for product in shop.journey().products[:: len(shop.journey().products) // 500]]
        subjects = [many, few, bare]
        for round_ in range(_ROUNDS):
            for subject in subjects:
                subject.clear()
            _settle()
            for number in range(_LINES_A_BASKET):
                # In turns, and each of them first as often as the others.
                for subject in subjects[round_ % 3 :] + subjects[: round_ % 3]:
                    subject.measure(codes[(round_ * _LINES_A_BASKET + number) % len(codes)])
    to_ms = 1000
    warm = _LINES_A_BASKET * 5
    ours, reference, thousand = (subject.times_s[warm:] for subject in (many, bare, few))
    return [
        Figure(
            "bytes at the port to the line on the screen, median, 1 000 000 members",
            median(ours) * to_ms,
            median(reference) * to_ms,
            "ms",
            3.0,
            more={
                "p99_ours": p99(ours) * to_ms,
                "p99_reference": p99(reference) * to_ms,
                "share_of_a_60_hz_frame": median(ours) * to_ms / _FRAME_MS,
            },
        ),
        Figure(
            "the same against 1 000 members",
            median(ours) * to_ms,
            median(thousand) * to_ms,
            "ms",
            1.1,
        ),
    ]


def filled_folder(members: int) -> Path:
    """A till's folder with so many members, made once and kept between runs."""
    folder = _FOLDER / f"till-{members}"
    done = folder / "filled"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with shop.opened(folder) as till:
            shop.fill(till, members=members, products=PRODUCTS)
        done.touch()
    return folder


def _till(stack: ExitStack, folder: Path, members: int) -> _Subject:
    place = folder / str(members)
    place.mkdir()
    scanner = stack.enter_context(PtyScanner(place))
    settings = msgspec.structs.replace(
        Settings(), scanner=Scanner(port=scanner.port, bounce_ms=0), programmes=Programmes()
    )
    till = stack.enter_context(shop.opened(filled_folder(members), settings))
    window = stack.enter_context(wired_window(till))
    window.show()
    card = shop.journey().members[7].card_number

    def clear() -> None:
        """A new basket with the member's card on it."""
        window.presenter.command(Command.VOID)
        window.presenter.command(Command.REMOVE)
        window.presenter.scan(card)

    subject = _Subject(scanner, lambda: len(window.presenter.screen().lines), clear)
    window.line_painted.connect(subject.painted)
    _live_until(lambda: window.header.scanner_is_connected)
    assert _member_is_found(window, clear), "the household's card is in the shop"
    return subject


def _member_is_found(window: TillWindow, clear: Callable[[], None]) -> bool:
    clear()
    return window.presenter.screen().member is not None


def _bare(stack: ExitStack, folder: Path) -> _Subject:
    scanner = stack.enter_context(PtyScanner(folder))
    reader = _BareReader(scanner.port)
    stack.callback(reader.stop)
    window = _BareWindow()
    stack.callback(window.close)
    reader.scanned.connect(window.put)
    subject = _Subject(scanner, window.table.rowCount, lambda: window.table.setRowCount(0))
    window.table.painted.connect(subject.painted)
    window.show()
    return subject


def _live_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.perf_counter() + _TIMEOUT_S
    while not condition():
        if time.perf_counter() > deadline_s:
            raise TimeoutError("the window did not show what was scanned")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)


def _settle() -> None:
    application = QApplication.instance()
    assert application is not None
    application.processEvents()
    application.processEvents()
