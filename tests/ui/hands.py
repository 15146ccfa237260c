"""A cashier at the window: real key events to whatever has the focus, codes as the scanner's thread hands them over."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from ui.sale.screen import Screen
from ui.widgets import TextLine
from ui.window import TillWindow

Key = Qt.Key


class Hands:
    """Works one window."""

    def __init__(self, qtbot: QtBot, window: TillWindow) -> None:
        self.qtbot = qtbot
        self.window = window

    def scan(self, *codes: str) -> Screen:
        for code in codes:
            self.window.bridge.code_scanned.emit(code)
        return self.screen

    def type(self, text: str, *keys: Qt.Key) -> Screen:
        if text:
            QTest.keyClicks(self._focused(), text)
        for key in keys:
            QTest.keyClick(self._focused(), key)
        return self.screen

    def wait(self, condition: Callable[[Screen], object]) -> Screen:
        self.qtbot.waitUntil(lambda: bool(condition(self.screen)))
        return self.screen

    def finish(self, text: str = "") -> Screen:
        """Enter, and wait until the sale is booked."""
        self.type(text, Key.Key_Return)
        return self.wait(lambda screen: screen.is_done)

    @property
    def screen(self) -> Screen:
        return self.window.presenter.screen()

    @property
    def message(self) -> str:
        return self.window.view.entry.message()

    def words(self) -> list[str]:
        """Every text that can be seen now."""
        labels = [label.text() for label in self.window.findChildren(QLabel) if label.isVisible()]
        lines = [line.text() for line in self.window.findChildren(TextLine) if line.isVisible()]
        return [text for text in labels + lines if text]

    def _focused(self) -> QWidget:
        return QApplication.focusWidget() or self.window
