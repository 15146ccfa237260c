import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from pos_app.settings import Hq
from pos_app.settings import Till as TillSettings
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import SyncStatus
from tests.ui.conftest import OpenTill, clock_of
from tests.ui.hands import Hands
from ui.application import set_language
from ui.gallery.shop import (
    AMOXICILLIN,
    CARD_FRESH,
    CARD_WITH_BIRTHDAY,
    CARD_WITH_POINTS,
    CODE_OF_NOTHING,
    PLASTERS,
    ROSEHIP_245_G,
    SUN_CREAM,
    TOOTHPASTE,
    VITAMIN,
    sample_settings,
)
from ui.sale.model import Column
from ui.sale.screen import CashPanel
from ui.theme import tokens

Key = Qt.Key
OpenWindow = Callable[[Till], Hands]


# What is seen ----------------------------------------------------------------------------------------------------------


def test_that_the_member_is_seen_whole(hands: Hands) -> None:
    hands.scan(SUN_CREAM, CARD_WITH_POINTS)
    assert {
        "Elena Sokolova",
        "Silver · card …0019",
        "997 points",
        "and 103 points pending, first on 15/03/2026",
        "547 points expire after 04/02/2027",
        "+148 points",
        "€69.00 more to Plus, 1 %",
    } <= set(hands.words())
    hands.scan(CARD_WITH_BIRTHDAY)
    assert {"Iva Horvat", "0 points", "Birthday today: congratulate."} <= set(hands.words())


def test_that_the_newest_line_is_seen_and_marked(hands: Hands) -> None:
    hands.scan(*[PLASTERS] * 30)
    table = hands.window.view.table
    rect = table.visualRect(hands.window.view.model.index(29, 0))
    assert 0 <= rect.top()
    assert rect.bottom() <= table.viewport().height()
    assert hands.window.view.model.marked == 29
    hands.type("", *[Key.Key_Up] * 29)
    assert table.visualRect(hands.window.view.model.index(0, 0)).top() >= 0


def test_that_lines_say_what_is_special_about_them(hands: Hands) -> None:
    hands.scan(AMOXICILLIN, f"]d201{VITAMIN:0>14}" + "10LA407", CARD_WITH_POINTS)
    hands.type("10", Key.Key_F3, Key.Key_F4)
    hands.type("500", Key.Key_Return)
    model = hands.window.view.model
    assert ["regulated: no points", "batch LA407 · list price 12.90 · points −5.00"] == [
        model.row_text(row).detail for row in range(2)
    ]


def test_that_a_scan_never_resets_the_model(qtbot: QtBot, hands: Hands) -> None:
    model = hands.window.view.model
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted):
        hands.scan(PLASTERS)
    with qtbot.assertNotEmitted(model.modelReset):
        hands.scan(TOOTHPASTE, SUN_CREAM, CARD_WITH_POINTS)
        hands.type("", Key.Key_Up, Key.Key_Delete, Key.Key_F4)
        hands.type("100", Key.Key_Return)
        hands.type("", Key.Key_F7, Key.Key_Delete)
    assert model.rowCount() == 0
    assert model.rowCount(hands.window.view.model.index(0, 0)) == 0


def test_that_the_table_holds_its_texts(hands: Hands) -> None:
    hands.scan(ROSEHIP_245_G)
    model = hands.window.view.model
    texts = [model.data(model.index(0, column)) for column in Column]
    assert texts == ["1", "Rosehip, loose", "0.245 kg", "14.49", "3.55"]
    horizontal = Qt.Orientation.Horizontal
    assert ["No.", "Item", "Quantity", "Price", "Amount"] == [model.headerData(c, horizontal) for c in Column]
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole) is None


def test_that_a_touched_line_is_marked(qtbot: QtBot, hands: Hands) -> None:
    hands.scan(PLASTERS, TOOTHPASTE)
    table = hands.window.view.table
    place = QPoint(200, tokens.ROW_HEIGHT // 2)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert hands.screen.marked == 0
    assert QApplication.focusWidget() is hands.window.view.entry.field


def test_that_every_key_has_a_button_that_works_and_leaves_the_cursor(qtbot: QtBot, hands: Hands) -> None:
    hands.scan(PLASTERS)
    buttons = {button.command.value: button for button in hands.window.view.keys.buttons}
    QTest.keyClicks(hands.window.view.entry.field, "4")
    QTest.mouseClick(buttons["quantity"], Qt.MouseButton.LeftButton)
    assert hands.screen.lines[0].quantity_milli == 4000
    assert QApplication.focusWidget() is hands.window.view.entry.field
    assert not buttons["points"].isEnabled()
    hands.scan(CARD_WITH_POINTS)
    assert buttons["points"].isEnabled()
    QTest.mouseClick(buttons["cash"], Qt.MouseButton.LeftButton)
    assert isinstance(hands.screen.panel, CashPanel)


def test_that_every_target_is_large_enough_for_a_finger(hands: Hands) -> None:
    seen: set[str] = set()

    def look() -> None:
        targets = [*hands.window.findChildren(QPushButton), *hands.window.findChildren(QLineEdit)]
        for target in targets:
            if target.isVisible():
                seen.add(target.accessibleName())
                assert min(target.width(), target.height()) >= tokens.TOUCH_MIN, target.accessibleName()

    hands.scan(SUN_CREAM, CARD_WITH_POINTS)
    for key in (Key.Key_F4, Key.Key_F7, Key.Key_F9, Key.Key_F10):
        hands.type("", key)
        look()
        hands.type("", Key.Key_Escape)
    hands.scan(CARD_FRESH)
    look()
    hands.scan(CODE_OF_NOTHING)
    look()
    assert {"Use them", "Drop it", "Paid", "Enrol", "Understood", "Cash"} <= seen
    assert tokens.ROW_HEIGHT >= tokens.TOUCH_MIN


def test_that_nothing_is_cut_off_in_the_panels(hands: Hands) -> None:
    hands.scan(SUN_CREAM, CARD_WITH_POINTS)
    for key in (Key.Key_F4, Key.Key_F7, Key.Key_F9, Key.Key_F10):
        hands.type("", key)
        panel = hands.window.view._open_panel()
        assert panel is not None
        assert panel.minimumSizeHint().height() <= panel.height()
        hands.type("", Key.Key_Escape)


def test_that_a_small_screen_loses_prices_but_no_key(hands: Hands) -> None:
    table = hands.window.view.table
    assert not table.isColumnHidden(Column.PRICE)
    hands.window.resize(*tokens.WINDOW_SIZE_MIN)
    hands.wait(lambda _screen: table.isColumnHidden(Column.PRICE))
    assert (hands.window.width(), hands.window.height()) == tokens.WINDOW_SIZE_MIN
    for button in hands.window.view.keys.buttons:
        for text in button.findChildren(QLabel):
            assert text.fontMetrics().horizontalAdvance(text.text()) <= button.width()


def test_that_a_screenshot_is_a_picture_of_the_window(hands: Hands, tmp_path: Path) -> None:
    file = tmp_path / "shots" / "one.png"
    hands.window.grab_screenshot(file)
    size = QImage(str(file)).size()
    assert (size.width(), size.height()) == tokens.WINDOW_SIZE


def test_that_a_screenshot_that_cannot_be_written_says_so(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "one.png").mkdir()
    with pytest.raises(OSError, match=r"one\.png"):
        hands.window.grab_screenshot(tmp_path / "one.png")


# The header ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (SyncStatus(0, None, 1), "Headquarters has everything"),
        (SyncStatus(0, None, 1, "away", is_away=True), "Headquarters does not answer; nothing waits"),
        (SyncStatus(0, None, 1, "busy"), "Headquarters takes nothing at the moment; nothing waits"),
        (SyncStatus(0, None, 1, "shut", is_stopped=True), "Headquarters takes nothing from this till; nothing waits"),
        (SyncStatus(2, None, None, "join", is_stopped=True, has_joined=False), "Not joined to headquarters"),
        (SyncStatus(1, 500, 1), "1 event waits for headquarters"),
        (SyncStatus(3, 5 * 60_000, 1), "3 events wait for headquarters, 5 minutes"),
        (SyncStatus(40, 26 * 3_600_000, None), "40 events wait for headquarters, 26 hours"),
    ],
)
def test_that_the_queue_to_headquarters_is_told_in_words(
    open_sample: OpenTill, open_window: OpenWindow, status: SyncStatus, text: str
) -> None:
    settings = msgspec.structs.replace(sample_settings(), hq=Hq(url="http://hq.example"))
    hands = open_window(open_sample(settings))
    assert hands.window.header.queue.text() == "Headquarters: not asked yet"
    hands.window.bridge.sync_changed.emit(status)
    assert text == hands.window.header.queue.text()
    assert status.problem == hands.window.header.queue.toolTip()


def test_that_a_printers_problem_is_said_until_it_is_mended(hands: Hands) -> None:
    header = hands.window.header
    hands.window.bridge.printer_changed.emit("The printer is out of paper. The sale is saved.")
    assert header.banners() == ["The printer is out of paper. The sale is saved. F12 prints the last receipt again."]
    hands.window.bridge.printer_changed.emit("")
    assert header.banners() == []


def test_that_a_stop_by_headquarters_is_said_until_it_is_mended(open_sample: OpenTill, open_window: OpenWindow) -> None:
    hands = open_window(open_sample(msgspec.structs.replace(sample_settings(), hq=Hq(url="http://hq.example"))))
    header, tell = hands.window.header, hands.window.bridge.sync_changed.emit
    tell(SyncStatus(1, None, 1, "Headquarters has shut this till out.", is_stopped=True))
    assert ["Headquarters has shut this till out."] == header.banners()
    tell(SyncStatus(1, None, 1, "Headquarters cannot be reached.", is_away=True))
    assert [] == header.banners()
    tell(SyncStatus(0, None, None, "join", is_stopped=True, has_joined=False))
    assert ["pos-app join CODE" in text for text in header.banners()] == [True]
    tell(SyncStatus(0, None, 1))
    assert [] == header.banners()


def test_that_the_clock_is_the_shops_and_goes_on(hands: Hands, till: Till) -> None:
    assert {"Corner Pharmacy", "Till 2 · anna", "16:42", "No headquarters"} <= set(hands.words())
    clock_of(till).now_ms += 60_000
    hands.wait(lambda _screen: hands.window.header.time.text() == "16:43")


def test_that_a_till_without_a_scanner_says_so(open_sample: OpenTill, open_window: OpenWindow) -> None:
    plain = sample_settings()
    settings = msgspec.structs.replace(plain, scanner=msgspec.structs.replace(plain.scanner, port=""))
    hands = open_window(open_sample(settings))
    assert hands.window.header.scanner.text() == "No scanner: type the codes"


def test_that_sounds_are_played_only_where_they_are_wanted(
    qtbot: QtBot, open_sample: OpenTill, open_window: OpenWindow
) -> None:
    settings = msgspec.structs.replace(sample_settings(), till=TillSettings(sound=False))
    hands = open_window(open_sample(settings))
    assert hands.scan(CODE_OF_NOTHING).problem is not None


# Russian ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def russian(english_after: QApplication, open_sample: OpenTill, open_window: OpenWindow) -> Hands:
    set_language(english_after, "ru")
    settings = msgspec.structs.replace(sample_settings(language="ru"), hq=Hq(url="http://hq.example"))
    return open_window(open_sample(settings))


FOREIGN = re.compile(r"[A-Za-z]{2,}")
NAMES = re.compile(
    r"Esc|Enter|Del|Ins|F\d+|anna|Elena Sokolova|Silver|Plus|IU|SPF|Vitamin.*|Sun cream.*|Plasters.*|\d{3}-\d\d-\d+"
)


def test_that_the_whole_screen_speaks_russian(russian: Hands) -> None:
    seen: set[str] = set()
    hands = russian

    def look() -> None:
        seen.update(hands.words(), [hands.message])

    look()
    hands.scan(SUN_CREAM, CARD_WITH_POINTS)
    for key, refused in ((Key.Key_F4, "99999"), (Key.Key_F7, ""), (Key.Key_F9, "1"), (Key.Key_F10, "")):
        hands.type("", key)
        look()
        hands.type(refused, Key.Key_Return)
        look()
        hands.type("", Key.Key_Escape)
    hands.scan(CARD_FRESH)
    look()
    hands.scan(CODE_OF_NOTHING, PLASTERS)
    look()
    hands.type("", Key.Key_Escape, Key.Key_Escape, Key.Key_F9)
    hands.finish()
    hands.window.bridge.scanner_changed.emit(False)
    hands.window.bridge.sync_changed.emit(SyncStatus(2, 120_000, None))
    look()
    assert {"К оплате", "Этого кода нет в каталоге.", "1 скан пропущен", "Сдача"} <= seen
    assert any("2 события ждут отправки в центр, 2 минуты" in text for text in seen)
    preview = "" if hands.screen.receipt is None else hands.screen.receipt.preview
    strange = [text for text in seen if text != preview and FOREIGN.search(NAMES.sub("", text))]
    assert strange == []
