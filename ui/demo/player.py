"""Plays a shift on the real window: scans through the serial port, keys through Qt. It looks at the screen, never behind it."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import msgspec
from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pos_app.errors import PosError
from pos_app.model.money import text_from_minor
from ui.sale.screen import NoticeCode, Screen
from ui.window import TillWindow

_WAIT_MS = 15_000
_STEP_MS = 50


class Scanner(Protocol):
    """What sends a code down the line."""

    def scan(self, code: str) -> None:
        """Send one code."""


class Pay(StrEnum):
    """How a customer of the shift pays."""

    CASH_EXACT = "cash, exact"
    CASH_CHANGE = "cash with change"
    CARD = "card"
    MIXED = "card and cash"


class PlannedLine(msgspec.Struct, frozen=True):
    """Goods to scan; ``amount_minor`` is what the line shall cost, ``list_minor`` what it costs without a word."""

    code: str
    quantity_milli: int
    amount_minor: int
    list_minor: int


class PlannedSale(msgspec.Struct, frozen=True):
    """One customer: an empty ``card`` buys without one; ``burns`` uses points where the member has some."""

    card: str
    lines: tuple[PlannedLine, ...]
    pay: Pay
    burns: bool


class ShiftStoppedError(PosError):
    """The screen did not do what the shift expected."""


class ShiftPlayer:
    """Works one window. Call it on the screen's thread; ``exponent`` is the currency's."""

    def __init__(self, window: TillWindow, scanner: Scanner, *, exponent: int, bounce_ms: int) -> None:
        self._window = window
        self._scanner = scanner
        self._exponent = exponent
        self._bounce_ms = bounce_ms
        self._last_code = ""
        self._last_scan_s = 0.0

    def wait_for_scanner(self) -> None:
        """Wait until the till hears its scanner."""
        self.wait(lambda: self._window.header.scanner_is_connected, "the scanner is connected")

    def fill(self, sale: PlannedSale) -> None:
        """Scan the card and the goods, and use points; raises ``ShiftStoppedError`` where the screen disagrees."""
        if sale.card:
            self._scan(sale.card, lambda screen: screen.member is not None)
        for count, line in enumerate(sale.lines, start=1):
            self._line(line, count)
        if sale.burns:
            self._burn()

    def pay(self, sale: PlannedSale) -> None:
        """Take the money and see the sale booked."""
        before = self._receipt_event()
        self._pay(sale.pay)
        self._until(lambda screen: screen.is_done and self._receipt_event() != before, "the sale is booked")

    def wait_for_preview(self) -> None:
        """Wait until the receipt is on the screen."""
        self._until(lambda screen: screen.receipt is not None and bool(screen.receipt.preview), "the receipt shows")

    def wait(self, condition: Callable[[], bool], what: str, *, timeout_ms: int = _WAIT_MS) -> None:
        """Let the window live until something is so; raises ``ShiftStoppedError`` when it takes too long."""
        deadline_s = time.monotonic() + timeout_ms / 1000
        while not condition():
            if time.monotonic() > deadline_s:
                raise self._stopped(what)
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, _STEP_MS)

    def _line(self, line: PlannedLine, count: int) -> None:
        self._scan(line.code, lambda screen: len(screen.lines) == count)
        if line.quantity_milli != 1000:  # noqa: PLR2004 - one piece
            self._type(text_from_minor(line.quantity_milli, exponent=3), Qt.Key.Key_F2)
            self._until(lambda screen: screen.lines[-1].quantity_milli == line.quantity_milli, "the quantity is set")
        if line.amount_minor != line.list_minor:
            self._type(self._money(line.amount_minor), Qt.Key.Key_F3)
            self._until(lambda screen: screen.lines[-1].amount_minor == line.amount_minor, "the price is set")

    def _burn(self) -> None:
        """Use all points that the receipt accepts, if there are any: the panel suggests them."""
        screen = self._screen()
        if screen.member is None or not screen.member.spendable_units:
            return
        self._press(Qt.Key.Key_F4)
        self._until(lambda screen: screen.panel is not None, "the points panel is open")
        self._press(Qt.Key.Key_Return)
        self._until(_has_burn_answer, "the points are taken")
        if self._screen().panel is not None:
            self._press(Qt.Key.Key_Escape)

    def _pay(self, pay: Pay) -> None:
        to_pay_minor = self._screen().totals.to_pay_minor
        if to_pay_minor == 0 or pay is Pay.CASH_EXACT:
            self._type("", Qt.Key.Key_F9)
            self._type("", Qt.Key.Key_Return)
        elif pay is Pay.CASH_CHANGE:
            note_minor = 10**self._exponent * 50
            self._type("", Qt.Key.Key_F9)
            self._type(self._money(-(-to_pay_minor // note_minor) * note_minor), Qt.Key.Key_Return)
        elif pay is Pay.CARD:
            self._type("", Qt.Key.Key_F10)
            self._type(f"RRN{to_pay_minor:09d}", Qt.Key.Key_Return)
        else:
            self._mixed(to_pay_minor)

    def _mixed(self, to_pay_minor: int) -> None:
        part_minor = to_pay_minor // 2
        if part_minor == 0:
            self._pay(Pay.CASH_EXACT)
            return
        self._type("", Qt.Key.Key_F10)
        self._press(Qt.Key.Key_Backtab)
        self._type(self._money(part_minor), Qt.Key.Key_Tab)
        self._type(f"RRN{part_minor:09d}", Qt.Key.Key_Return)
        self._type("", Qt.Key.Key_F9)
        self._type("", Qt.Key.Key_Return)

    def _scan(self, code: str, condition: Callable[[Screen], bool]) -> None:
        """Scan, never quicker than a hand scans the same thing twice."""
        if code == self._last_code:
            due_s = self._last_scan_s + 2 * self._bounce_ms / 1000
            self.wait(lambda: time.monotonic() >= due_s, "time passes")
        self._scanner.scan(code)
        self._last_code, self._last_scan_s = code, time.monotonic()
        self._until(condition, "the scan shows")

    def _type(self, text: str, key: Qt.Key) -> None:
        if text:
            QTest.keyClicks(self._focused(), text)
        self._press(key)

    def _press(self, key: Qt.Key) -> None:
        QTest.keyClick(self._focused(), key)

    def _focused(self) -> QWidget:
        return QApplication.focusWidget() or self._window

    def _until(self, condition: Callable[[Screen], bool], what: str) -> None:
        def holds() -> bool:
            screen = self._screen()
            if screen.problem is not None:
                raise self._stopped(f"{what} ({screen.problem.code})")
            return condition(screen)

        self.wait(holds, what)

    def _screen(self) -> Screen:
        return self._window.presenter.screen()

    def _receipt_event(self) -> str:
        receipt = self._screen().receipt
        return "" if receipt is None else receipt.sale.event_id

    def _money(self, minor: int) -> str:
        return text_from_minor(minor, exponent=self._exponent)

    def _stopped(self, what: str) -> ShiftStoppedError:
        return ShiftStoppedError(
            "demo.stopped",
            what=f"The shift stopped: it did not come to pass that {what}.",
            safe="What was booked is safe.",
            todo="Look at the screenshot of the last moment.",
        )


def _has_burn_answer(screen: Screen) -> bool:
    """Whether the points are taken or refused; while headquarters is asked the panel waits."""
    if screen.panel is None:
        return True
    return screen.notice is not None and screen.notice.code not in {NoticeCode.ASKING, NoticeCode.SAVING}
