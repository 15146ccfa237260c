"""A whole shop: a window with real keys, a scanner on a pseudo terminal, a printer on a socket, HQ on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from devices.emulators import PtyScanner, SocketPrinter
from hq import operate, reports
from hq.operate import RunningHq
from pos_app.command_line.window import wired_window
from pos_app.loyalty.programme import parse_programme
from pos_app.model.products import Product, ProductClass
from pos_app.programmes import preset_text
from pos_app.settings import Hq, Printer, Scanner, Settings, Shop
from pos_app.settings import Till as TillSettings
from pos_app.use_cases.joining import join_hq
from pos_app.use_cases.till import Till, open_till
from storage import catalogue
from storage.outbox import SqliteOutbox
from tests.hq.postgres import new_database, opened, postgres_server
from ui.application import make_application
from ui.sale.screen import Screen

VITAMIN = Product("4006381333931", "Vitamin D3, čćžšđ", 1290, 2000, ProductClass.HIGH_MARGIN, "3")
TEA = Product("2000000000015", "Чай ромашковый", 350, 1000)
_WAIT_MS = 10_000


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    with postgres_server(durable=False) as url:
        yield url


@pytest.fixture
def headquarters(postgres_url: str) -> Iterator[RunningHq]:
    """HQ on a database of its own."""
    with new_database(postgres_url) as url, opened(url) as engine, operate.running(engine) as serving:
        yield serving


class Counter:
    """One till at its counter, used as a cashier uses it: by scans and keys."""

    def __init__(
        self, qtbot: QtBot, folder: Path, headquarters: RunningHq, *, number: int = 1, more: tuple[str, ...] = ()
    ) -> None:
        """``more`` are shipped programmes that run beside the pharmacy's."""
        self._qtbot = qtbot
        self._stack = ExitStack()
        folder.mkdir()
        self.headquarters = headquarters
        self.scanner = self._stack.enter_context(PtyScanner(folder))
        self.printer = self._stack.enter_context(SocketPrinter())
        settings = Settings(
            shop=Shop(name="Ljekarna Božić", store_id="store-1"),
            till=TillSettings(number=number, authority="hq", sound=False),
            scanner=Scanner(port=self.scanner.port, bounce_ms=5),
            printer=Printer(kind="network", host=self.printer.host, port=self.printer.port),
            hq=Hq(url=headquarters.url, poll_ms=100),
        )
        programme = parse_programme(preset_text("pharmacy"), source="pharmacy")
        at_once = msgspec.structs.replace(programme, earning=msgspec.structs.replace(programme.earning, pending="none"))
        beside = [parse_programme(preset_text(name), source=name) for name in more]
        self.till: Till = open_till(settings, folder / "till", programmes_in_force=[at_once, *beside])
        self._stack.callback(self.till.close)
        self.till.database.write(lambda connection: catalogue.put_products(connection, (VITAMIN, TEA)))
        code = operate.create_enrolment_code(headquarters.engine.url.render_as_string(hide_password=False), "store-1")
        join_hq(self.till, code)
        make_application("en")
        self.window = self._stack.enter_context(wired_window(self.till))
        self.window.show()
        self.until(lambda _screen: self.window.header.scanner_is_connected)

    def close(self) -> None:
        """Close the window, then the till, then the devices."""
        self._stack.close()

    def screen(self) -> Screen:
        return self.window.presenter.screen()

    def until(self, condition: Callable[[Screen], bool]) -> None:
        self._qtbot.waitUntil(lambda: condition(self.screen()), timeout=_WAIT_MS)

    def scan(self, code: str) -> None:
        self.scanner.scan(code)

    def scan_goods(self, code: str) -> None:
        wanted = len(self.screen().lines) + 1
        self.scan(code)
        self.until(lambda screen: len(screen.lines) == wanted)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key)

    def type(self, text: str) -> None:
        """One key event a letter; QTest itself knows no letters beyond Latin 1."""
        for letter in text:
            widget = QApplication.focusWidget() or self.window
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(widget, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))

    def pay_cash(self, amount: str = "") -> str:
        """Pay, and give the receipt's number."""
        receipt = self.screen().receipt
        before = None if receipt is None else receipt.sale.event_id
        self.press(Qt.Key.Key_F9)
        self.type(amount)
        self.press(Qt.Key.Key_Return)
        self.until(
            lambda screen: screen.is_done and screen.receipt is not None and screen.receipt.sale.event_id != before
        )
        receipt = self.screen().receipt
        assert receipt is not None
        return receipt.sale.receipt_number

    def wait_for_headquarters(self) -> reports.Totals:
        """Until HQ has and has booked everything; gives its totals."""
        outbox = SqliteOutbox(self.till.database)

        def is_drained() -> bool:
            figures = outbox.queue_figures()
            if figures.waiting_events or figures.waiting_personal:
                return False
            return reports.totals(self.headquarters.engine).waiting_events == 0

        self._qtbot.waitUntil(is_drained, timeout=_WAIT_MS)
        return reports.totals(self.headquarters.engine)


OpenCounter = Callable[..., Counter]


@pytest.fixture
def open_counter(qtbot: QtBot, tmp_path: Path, headquarters: RunningHq) -> Iterator[OpenCounter]:
    """Opens tills of one chain by their numbers."""
    counters: list[Counter] = []

    def open_one(number: int = 1, more: tuple[str, ...] = ()) -> Counter:
        folder = tmp_path / f"counter-{number}"
        counters.append(Counter(qtbot, folder, headquarters, number=number, more=more))
        return counters[-1]

    yield open_one
    for counter in reversed(counters):
        counter.close()


@pytest.fixture
def counter(open_counter: OpenCounter) -> Counter:
    """One till."""
    return open_counter()
