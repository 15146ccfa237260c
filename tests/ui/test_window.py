import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import msgspec
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from devices.emulators import PtyScanner
from devices.scanner import SerialScanner
from pos_app.settings import CurrencySettings
from pos_app.use_cases.till import Till
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from ui.bridge import Bridge
from ui.gallery.shop import (
    CARD_FRESH,
    CARD_WITH_POINTS,
    CODE_OF_NOTHING,
    PLASTERS,
    SUN_CREAM,
    TOOTHPASTE,
    VITAMIN,
    sample_settings,
)
from ui.sale.screen import BurnPanel, CashPanel, EnrolPanel, ForeignPanel
from ui.window import TillWindow

Key = Qt.Key
OpenWindow = Callable[[Till], Hands]


# A sale by scans and keys ----------------------------------------------------------------------------------------------


def test_that_a_sale_goes_from_scan_to_change_to_the_next_scan(hands: Hands) -> None:
    hands.scan(VITAMIN, PLASTERS, CARD_WITH_POINTS)
    hands.type("", Key.Key_F9)
    hands.type("20")
    assert "€4.11" in hands.words()
    hands.finish()
    assert {"Saved", "€4.11", "Total €15.89", "Elena Sokolova earned 115 points"} <= set(hands.words())
    hands.wait(lambda screen: screen.receipt is not None and "Corner Pharmacy" in screen.receipt.preview)
    assert any("TOTAL" in text for text in hands.words())
    hands.scan(TOOTHPASTE)
    assert "Saved" not in hands.words()
    assert hands.message == "Last: 002-01-0000004, change €4.11"


def test_that_codes_come_from_a_real_serial_port(
    qtbot: QtBot, open_sample: OpenTill, open_window: OpenWindow, tmp_path: Path
) -> None:
    hands = open_window(open_sample())
    with PtyScanner(tmp_path) as pty, reading(hands, pty):
        hands.wait(lambda _screen: hands.window.header.scanner.text() == "Scanner connected")
        with qtbot.waitSignal(hands.window.line_painted):
            pty.scan(f"]E0{PLASTERS}")
            hands.wait(lambda screen: screen.lines)
        assert [PLASTERS] == [line.product_code for line in hands.screen.lines]


def test_that_an_unplugged_scanner_shows_a_banner_that_goes_by_itself(
    qtbot: QtBot, open_sample: OpenTill, open_window: OpenWindow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = open_window(open_sample())
    header = hands.window.header
    with PtyScanner(tmp_path) as pty, reading(hands, pty):
        qtbot.waitUntil(lambda: header.scanner.text() == "Scanner connected")
        assert header.banners() == []
        pty.unplug()
        qtbot.waitUntil(lambda: header.scanner.text() == "Scanner unplugged")
        (banner,) = header.banners()
        assert banner.startswith("The scanner is unplugged. The basket is safe.")
        pty.replug()
        qtbot.waitUntil(lambda: header.banners() == [])
        pty.scan(PLASTERS)
        hands.wait(lambda screen: screen.lines)
    assert "is away" in caplog.text


class reading:  # noqa: N801 - reads as a word after "with"
    """A scanner's thread that hands over to the window."""

    def __init__(self, hands: Hands, pty: PtyScanner) -> None:
        bridge = hands.window.bridge
        settings = msgspec.structs.replace(sample_settings().scanner, port=pty.port)
        self._scanner = SerialScanner(settings, on_code=bridge.code_scanned.emit, on_state=bridge.scanner_changed.emit)

    def __enter__(self) -> None:
        self._scanner.start()

    def __exit__(self, *_: object) -> None:
        self._scanner.stop()


def test_that_a_damaged_code_is_typed(hands: Hands) -> None:
    hands.type(PLASTERS, Key.Key_Return)
    assert [PLASTERS] == [line.product_code for line in hands.screen.lines]
    assert hands.window.view.entry.field.text() == ""


def test_that_numbers_and_keys_change_lines(hands: Hands) -> None:
    hands.type("3", Key.Key_Asterisk)
    assert "3 ×" in hands.words()
    hands.scan(PLASTERS, TOOTHPASTE)
    hands.type("2", Key.Key_F2)
    hands.type("", Key.Key_Up)
    screen = hands.type("5", Key.Key_F3)
    assert [(3000, 500), (2000, 690)] == [(line.quantity_milli, line.amount_minor) for line in screen.lines]
    assert len(hands.type("", Key.Key_Delete).lines) == 1


def test_that_delete_in_a_typed_number_takes_no_line_away(hands: Hands) -> None:
    hands.scan(PLASTERS)
    hands.type("12", Key.Key_Home, Key.Key_Delete)
    assert hands.window.view.entry.field.text() == "2"
    assert len(hands.screen.lines) == 1


def test_that_a_refused_number_stays_to_be_typed_again(hands: Hands) -> None:
    hands.scan(PLASTERS)
    hands.type("1.5", Key.Key_F2)
    assert hands.message == "This is sold by the piece: type a whole number."
    assert hands.window.view.entry.field.selectedText() == "1.5"
    assert hands.type("2", Key.Key_F2).lines[0].quantity_milli == 2000


def test_that_f7_and_delete_void_the_basket(hands: Hands) -> None:
    hands.scan(PLASTERS, CARD_WITH_POINTS)
    hands.type("", Key.Key_F7, Key.Key_Return)
    assert len(hands.screen.lines) == 1
    assert hands.type("", Key.Key_Delete).lines == ()
    assert hands.screen.member is None


def test_that_burning_is_one_key_a_number_and_enter(hands: Hands) -> None:
    hands.scan(SUN_CREAM, CARD_WITH_POINTS)
    assert isinstance(hands.type("", Key.Key_F4).panel, BurnPanel)
    hands.type("5000", Key.Key_Return)
    assert hands.message == "At most 997 points can be used here. The balance allows no more."
    field = cast("QLineEdit", QApplication.focusWidget())
    assert (field.text(), field.selectedText()) == ("997", "997")
    screen = hands.type("500", Key.Key_Return)
    assert screen.totals.to_pay_minor == 1350
    assert hands.message == "500 points used: €5.00 less to pay."
    hands.type("", Key.Key_F4)
    hands.type("9999", Key.Key_Return)
    hands.type("9998", Key.Key_Return)
    assert field.text() == "997"


def test_that_a_fresh_card_is_enrolled_by_enter(hands: Hands) -> None:
    hands.scan(VITAMIN, CARD_FRESH)
    assert isinstance(hands.screen.panel, EnrolPanel)
    hands.type("", Key.Key_Return)
    hands.wait(lambda screen: screen.member is not None)
    assert {"Member", "Silver · card …7773", "+103 points"} <= set(hands.words())


def test_that_a_fresh_cards_name_and_phone_are_typed_with_tab_or_arrow(hands: Hands) -> None:
    hands.scan(CARD_FRESH)
    hands.type("Ana Kovac", Key.Key_Tab)
    hands.type("+385 * 1", Key.Key_Up)
    hands.type("", Key.Key_Down, Key.Key_Backspace, Key.Key_Backspace, Key.Key_Backspace, Key.Key_Backspace)
    hands.type("", Key.Key_Return)
    member = hands.wait(lambda screen: screen.member).member
    assert member is not None
    assert member.name == "Ana Kovac"


def test_that_a_part_by_card_and_the_rest_in_cash_pay(hands: Hands) -> None:
    hands.scan(SUN_CREAM)
    hands.type("", Key.Key_F10, Key.Key_Up)
    hands.type("10", Key.Key_Down)
    screen = hands.type("002417", Key.Key_Return)
    assert isinstance(screen.panel, CashPanel)
    assert {"Card €10.00 · 002417", "Due in cash: €8.50"} <= set(hands.words())
    receipt = hands.finish("10").receipt
    assert receipt is not None
    assert receipt.sale.change_minor == 150


def test_that_a_card_pays_with_its_reference_alone(hands: Hands) -> None:
    hands.scan(SUN_CREAM)
    hands.type("", Key.Key_F10)
    receipt = hands.finish("002417").receipt
    assert receipt is not None
    assert receipt.sale.payments[0].reference == "002417"


def test_that_the_fields_are_empty_for_the_next_customer(hands: Hands) -> None:
    for _ in range(2):
        hands.scan(PLASTERS)
        hands.type("", Key.Key_F9)
        assert cast("QLineEdit", QApplication.focusWidget()).text() == ""
        hands.finish("10")


def test_that_beside_a_till_the_discount_to_key_is_large(open_sample: OpenTill, open_window: OpenWindow) -> None:
    hands = open_window(open_sample(sample_settings(mode="beside")))
    hands.type("84.90", Key.Key_F8)
    hands.scan(CARD_WITH_POINTS)
    hands.type("", Key.Key_F4)
    hands.type("900", Key.Key_Return, Key.Key_F9)
    assert isinstance(hands.screen.panel, ForeignPanel)
    assert {"Key as a discount", "€9.00", "It then asks for €75.90."} <= set(hands.words())
    hands.type("", Key.Key_Return)
    assert hands.message == "Type the number of the fiscal receipt."
    hands.finish("F-4711")
    assert {"Discount keyed at the fiscal till", "€9.00", "Fiscal receipt F-4711"} <= set(hands.words())


def test_that_without_points_there_is_no_discount_to_key(open_sample: OpenTill, open_window: OpenWindow) -> None:
    hands = open_window(open_sample(sample_settings(mode="beside")))
    hands.type("84.90", Key.Key_F8)
    hands.type("", Key.Key_F9)
    assert "No discount to key" in hands.words()
    hands.finish("F-1")
    hands.scan(PLASTERS)
    assert hands.message == "Last: 002-01-0000004"


def test_that_coins_round_what_is_due(open_sample: OpenTill, open_window: OpenWindow) -> None:
    settings = msgspec.structs.replace(sample_settings(), currency=CurrencySettings(cash_step_minor=5))
    hands = open_window(open_sample(settings))
    hands.scan(PLASTERS)
    assert "1 item · in cash 3.00" in hands.words()


def test_that_f12_prints_the_last_receipt_again(hands: Hands) -> None:
    hands.scan(PLASTERS)
    hands.type("", Key.Key_F9)
    hands.finish()
    hands.type("", Key.Key_F12)
    hands.wait(lambda screen: screen.notice)
    assert hands.message == "A copy of the last receipt is on its way to the printer."


def test_that_a_key_held_down_counts_once(hands: Hands) -> None:
    hands.scan(PLASTERS, PLASTERS)
    for kind in (Key.Key_F9, Key.Key_Return):
        held = QKeyEvent(QEvent.Type.KeyPress, kind, Qt.KeyboardModifier.NoModifier, "", autorep=True)
        QApplication.sendEvent(hands.window, held)
    assert hands.screen.panel is None
    held = QKeyEvent(QEvent.Type.KeyPress, Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "", autorep=True)
    QApplication.sendEvent(hands.window, held)
    assert len(hands.screen.lines) == 1


def test_that_a_window_that_nobody_holds_lives_until_qt_deletes_it(qtbot: QtBot, open_sample: OpenTill) -> None:
    till = open_sample()
    deleted: list[bool] = []
    window = TillWindow(till, Bridge(till.database.close_reader))
    window.destroyed.connect(lambda: deleted.append(True))
    seen = weakref.ref(window)
    window.close()
    del window
    # Garbage is often collected on another thread: that one must not come upon a widget.
    with ThreadPoolExecutor(1) as other:
        other.submit(gc.collect).result()
    assert deleted == []
    kept = seen()
    assert kept is not None
    kept.deleteLater()
    qtbot.waitUntil(lambda: deleted == [True])


# The message over the screen -------------------------------------------------------------------------------------------


def test_that_a_message_is_closed_by_its_own_key_only(hands: Hands) -> None:
    hands.scan(PLASTERS, CODE_OF_NOTHING, PLASTERS, PLASTERS)
    assert {"This code is not in the catalogue.", CODE_OF_NOTHING, "2 scans ignored"} <= set(hands.words())
    hands.type(PLASTERS, Key.Key_Return, Key.Key_Space, Key.Key_F9, Key.Key_Delete)
    assert hands.screen.problem is not None
    assert hands.window.view.entry.field.text() == ""
    hands.type("", Key.Key_Escape)
    assert "Understood" not in hands.words()
    assert len(hands.scan(PLASTERS).lines) == 2


def test_that_a_message_is_closed_by_its_button(qtbot: QtBot, hands: Hands) -> None:
    hands.scan(CODE_OF_NOTHING)
    (button,) = [button for button in hands.window.view.alert.findChildren(QPushButton) if button.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert hands.screen.problem is None
    assert QApplication.focusWidget() is hands.window.view.entry.field


def test_that_after_a_message_the_cursor_is_where_it_was(hands: Hands) -> None:
    hands.scan(CARD_FRESH)
    hands.type("Ana")
    name = QApplication.focusWidget()
    hands.scan(CODE_OF_NOTHING)
    hands.type("xyz", Key.Key_Escape)
    assert QApplication.focusWidget() is name
    assert cast("QLineEdit", name).text() == "Ana"


def test_that_a_message_covers_the_stage_and_follows_its_size(hands: Hands) -> None:
    hands.scan(CODE_OF_NOTHING)
    hands.window.resize(1280, 720)
    view = hands.window.view
    hands.wait(lambda _screen: view.alert.size() == view.size())


def test_that_no_other_window_ever_opens(hands: Hands) -> None:
    hands.scan(CODE_OF_NOTHING)
    hands.type("", Key.Key_Escape)
    hands.scan(CARD_FRESH)
    hands.type("", Key.Key_Escape, Key.Key_F9)
    assert [hands.window] == [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
