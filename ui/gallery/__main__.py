"""Draw the pictures: ``python -m ui.gallery --out DIR``. The same on every computer: one size, one font, one moment."""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QDeadlineTimer, QEvent, QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pos_app.use_cases.printing import PrintQueue
from ui.application import make_application
from ui.bridge import Bridge
from ui.gallery.shop import (
    CARD_BLOCKED,
    CARD_FRESH,
    CARD_WITH_BIRTHDAY,
    CARD_WITH_POINTS,
    CODES,
    ROSEHIP_245_G,
    open_sample_till,
    sample_settings,
)
from ui.returns.screen import ReturnsScreen
from ui.returns.screen import Stage as ReturnsStage
from ui.theme import tokens
from ui.window import TillWindow

Key = Qt.Key
_WAIT_MS = 5000
_STEP_MS = 50


class Stage:
    """A window to play on, by scans and keys."""

    def __init__(self, window: TillWindow) -> None:
        self.window = window

    def scan(self, *codes: str) -> None:
        """Codes from the scanner."""
        for code in codes:
            self.window.bridge.code_scanned.emit(code)
        QApplication.processEvents()

    def type(self, text: str, *keys: Qt.Key) -> None:
        """A text into the field that has the cursor, then keys."""
        if text:
            QTest.keyClicks(self.window.focusWidget(), text)
        for key in keys:
            QTest.keyClick(self.window.focusWidget() or self.window, key)

    def wait_for_receipt(self) -> None:
        """Until the sale is booked and its receipt can be seen."""
        self._wait_until(self._has_receipt)

    def take_back(self) -> None:
        """Scan the receipt of the last sale, and wait until its lines can be seen."""
        receipt = self.window.presenter.screen().receipt
        assert receipt is not None, "something was sold"
        self.scan(receipt.sale.receipt_number)
        self._wait_until(lambda: self._returns().stage is ReturnsStage.CHOOSING)

    def take_back_unseen(self, number: str) -> None:
        """Scan a receipt that nobody can show, and wait until that is said."""
        self.scan(number)
        self._wait_until(lambda: self._returns().stage is ReturnsStage.UNKNOWN)

    def wait_for_return(self) -> None:
        """Until the return is booked and its receipt can be seen."""
        self._wait_until(lambda: (done := self._returns().done) is not None and bool(done.preview))

    def _returns(self) -> ReturnsScreen:
        page = self.window.returns
        assert page is not None, "goods come back"
        return page.presenter.screen()

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = QDeadlineTimer(_WAIT_MS)
        while not condition():
            if deadline.hasExpired():
                raise SystemExit("nothing was booked in time")
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, _STEP_MS)

    def _has_receipt(self) -> bool:
        receipt = self.window.presenter.screen().receipt
        return receipt is not None and bool(receipt.preview)


def _basket(stage: Stage) -> None:
    stage.scan(CODES[0], CODES[1], CODES[2], ROSEHIP_245_G)
    stage.type("2", Key.Key_Asterisk)
    stage.scan(CODES[4])


def _member(stage: Stage) -> None:
    _basket(stage)
    stage.scan(CARD_WITH_POINTS)


def _burning(stage: Stage) -> None:
    _member(stage)
    stage.type("", Key.Key_F4)
    stage.type("5000", Key.Key_Return)


def _burned(stage: Stage) -> None:
    _member(stage)
    stage.type("", Key.Key_F4)
    stage.type("500", Key.Key_Return)


def _cash(stage: Stage) -> None:
    _member(stage)
    stage.type("", Key.Key_F9)
    stage.type("50")


def _mixed(stage: Stage) -> None:
    _member(stage)
    stage.type("", Key.Key_F10, Key.Key_Up)
    stage.type("20", Key.Key_Down)
    stage.type("002417", Key.Key_Return)


def _enrol(stage: Stage) -> None:
    _basket(stage)
    stage.scan(CARD_FRESH)


def _birthday(stage: Stage) -> None:
    _basket(stage)
    stage.scan(CARD_WITH_BIRTHDAY)


def _stopped(stage: Stage) -> None:
    _basket(stage)
    stage.scan("5901234123457", CODES[0], CODES[1])


def _blocked(stage: Stage) -> None:
    _basket(stage)
    stage.scan(CARD_BLOCKED)


def _done(stage: Stage) -> None:
    _cash(stage)
    stage.type("", Key.Key_Return)
    stage.wait_for_receipt()


def _next_customer(stage: Stage) -> None:
    _done(stage)
    stage.scan(CODES[5])


def _void(stage: Stage) -> None:
    _member(stage)
    stage.type("", Key.Key_F7)


def _unplugged(stage: Stage) -> None:
    _basket(stage)
    stage.window.bridge.scanner_changed.emit(False)
    stage.window.bridge.printer_changed.emit(
        "The printer at 127.0.0.1:9100 is out of paper. The sale is saved. Put in a new roll, then print it again."
    )
    QApplication.processEvents()


def _beside(stage: Stage) -> None:
    stage.type("84.90", Key.Key_F8)
    stage.scan(CARD_WITH_POINTS)
    stage.type("", Key.Key_F4)
    stage.type("900", Key.Key_Return, Key.Key_F9)


def _beside_done(stage: Stage) -> None:
    _beside(stage)
    stage.type("F-004711", Key.Key_Return)
    stage.wait_for_receipt()


def _nothing(_stage: Stage) -> None:
    """The empty screen."""


def _returning(stage: Stage) -> None:
    _done(stage)
    stage.take_back()
    stage.scan(CODES[4], CODES[0])


def _returned(stage: Stage) -> None:
    _returning(stage)
    stage.type("", Key.Key_F9, Key.Key_Return)
    stage.wait_for_return()


def _unknown_receipt(stage: Stage) -> None:
    stage.take_back_unseen("007-01-0000123")


def _unseen(stage: Stage) -> None:
    _unknown_receipt(stage)
    stage.type("", Key.Key_F5)
    stage.scan(CODES[0], CODES[5], CODES[5])
    stage.type("5", Key.Key_F3)


PICTURES: dict[str, tuple[str, str, Callable[[Stage], None]]] = {
    "empty": ("till", "en", _nothing),
    "basket": ("till", "en", _member),
    "birthday": ("till", "en", _birthday),
    "burning": ("till", "en", _burning),
    "burned": ("till", "en", _burned),
    "cash": ("till", "en", _cash),
    "mixed": ("till", "en", _mixed),
    "enrol": ("till", "en", _enrol),
    "stopped": ("till", "en", _stopped),
    "blocked": ("till", "en", _blocked),
    "void": ("till", "en", _void),
    "unplugged": ("till", "en", _unplugged),
    "done": ("till", "en", _done),
    "next-customer": ("till", "en", _next_customer),
    "beside": ("beside", "en", _beside),
    "beside-done": ("beside", "en", _beside_done),
    "returning": ("till", "en", _returning),
    "returned": ("till", "en", _returned),
    "unknown-receipt": ("till", "en", _unknown_receipt),
    "unseen": ("till", "en", _unseen),
    "returning-ru": ("till", "ru", _returning),
    "basket-ru": ("till", "ru", _member),
    "burning-ru": ("till", "ru", _burning),
    "stopped-ru": ("till", "ru", _stopped),
    "done-ru": ("till", "ru", _done),
}
"""Name of the file: the mode of the till, its language, and what is played on it."""


@contextmanager
def stage(folder: Path, *, mode: str, language: str) -> Iterator[Stage]:
    """A window of the sample shop, closed again at the end."""
    settings = sample_settings(mode=mode, language=language)
    make_application(language)
    till, _clock = open_sample_till(folder, settings)
    bridge = Bridge(till.database.close_reader)
    window = TillWindow(till, bridge, printing=PrintQueue(till, None, bridge.printer_changed.emit))
    window.resize(*tokens.WINDOW_SIZE)
    window.show()
    bridge.scanner_changed.emit(True)
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    try:
        yield Stage(window)
    finally:
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        till.close()


def draw(out: Path, names: list[str]) -> None:
    """Write the pictures of these names into ``out``."""
    for name in names:
        mode, language, play = PICTURES[name]
        with tempfile.TemporaryDirectory() as folder, stage(Path(folder), mode=mode, language=language) as played:
            play(played)
            played.window.grab_screenshot(out / f"{name}.png")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m ui.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("names", nargs="*", help=f"which ones; all without any: {', '.join(PICTURES)}")
    arguments = parser.parse_args()
    draw(arguments.out, arguments.names or list(PICTURES))


if __name__ == "__main__":
    main()
