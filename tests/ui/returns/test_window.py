"""The returns screen by real keys, and what can be read on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from devices.emulators import PtyScanner
from devices.scanner import SerialScanner
from pos_app.model.staff import Role, StaffMember
from pos_app.settings import Scanner
from pos_app.use_cases import staff_changes
from pos_app.use_cases.till import Till
from storage import staff
from tests.ui.hands import Hands
from tests.ui.returns.test_presenter import UNKNOWN, sell
from ui.application import set_language
from ui.formats import Formats
from ui.gallery.shop import CARD_WITH_POINTS, PLASTERS, SUN_CREAM, VITAMIN, sample_settings
from ui.returns.page import ReturnsPage
from ui.returns.panels import PointsTexts
from ui.returns.screen import Figures, ReturnsScreen, Stage
from ui.sale.model import Column
from ui.theme import tokens

Key = Qt.Key
OpenWindow = Callable[[Till], Hands]


class Returning:
    """A cashier at the returns screen."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    @property
    def page(self) -> ReturnsPage:
        page = self.hands.window.returns
        assert page is not None
        return page

    @property
    def screen(self) -> ReturnsScreen:
        return self.page.presenter.screen()

    def until(self, stage: Stage) -> ReturnsScreen:
        self.hands.qtbot.waitUntil(lambda: self.hands.window.returns is not None and self.screen.stage is stage)
        return self.screen

    def press(self, *keys: Qt.Key, typed: str = "") -> ReturnsScreen:
        if typed:
            QTest.keyClicks(QApplication.focusWidget() or self.hands.window, typed)
        for key in keys:
            QTest.keyClick(QApplication.focusWidget() or self.hands.window, key)
        return self.screen

    def scan(self, *codes: str) -> ReturnsScreen:
        self.hands.scan(*codes)
        return self.screen


@pytest.fixture
def number(till: Till) -> str:
    return sell(till, PLASTERS, SUN_CREAM, card=CARD_WITH_POINTS, line_1=3)


@pytest.fixture
def returning(hands: Hands) -> Returning:
    return Returning(hands)


@pytest.fixture
def scanner(hands: Hands, tmp_path: Path) -> Iterator[PtyScanner]:
    """A scanner on a pseudo terminal, read by the till's own thread."""
    with PtyScanner(tmp_path) as device:
        reader = SerialScanner(
            Scanner(port=device.port, bounce_ms=5),
            on_code=hands.window.bridge.code_scanned.emit,
            on_state=hands.window.bridge.scanner_changed.emit,
        )
        reader.start()
        hands.qtbot.waitUntil(lambda: hands.window.header.scanner_is_connected)
        yield device
        reader.stop()


@pytest.mark.usefixtures("hands")
def test_that_points_that_come_back_and_are_taken_are_said() -> None:
    figures = Figures(restored_units=30, reclaimed_units=20)
    restored, reclaimed = PointsTexts(Formats(sample_settings())).texts(figures)
    assert restored.startswith("30 points come back")
    assert reclaimed == "20 points of those that come back are taken: an earlier return of this receipt forgave them."


def test_that_scanning_a_receipt_opens_it_and_goods_come_back_by_keys(
    returning: Returning, scanner: PtyScanner, number: str
) -> None:
    hands = returning.hands
    scanner.scan(number)
    returning.until(Stage.CHOOSING)
    assert returning.page.isVisible()
    assert QApplication.focusWidget() is returning.page.entry.field
    returning.press(Key.Key_F2, typed="2")
    scanner.scan(SUN_CREAM)
    hands.qtbot.waitUntil(lambda: [2000, 1000] == [row.chosen_milli for row in returning.screen.rows])
    assert {"€24.48", f"Return of receipt {number}"} <= set(hands.words())
    assert any("are taken back: these goods earned them." in text for text in hands.words())
    with hands.qtbot.waitSignal(hands.window.booked):
        returning.press(Key.Key_F9, Key.Key_Return)
    returning.until(Stage.DONE)
    hands.qtbot.waitUntil(lambda: (done := returning.screen.done) is not None and bool(done.preview))
    assert {"Saved", "To give back", "€24.48", "The next scan begins the next sale."} <= set(hands.words())
    scanner.scan(VITAMIN)
    hands.wait(lambda screen: len(screen.lines) == 1)
    assert hands.window.view.isVisible()
    assert QApplication.focusWidget() is hands.window.view.entry.field


def test_that_f5_asks_for_the_receipt_and_esc_goes_back(returning: Returning, number: str) -> None:
    hands = returning.hands
    hands.type("", Key.Key_F5)
    assert "Scan the receipt, or type its number" in hands.words()
    assert QApplication.focusWidget() is returning.page.entry.field
    returning.press(Key.Key_Return, typed=number)
    returning.until(Stage.CHOOSING)
    assert "" == returning.page.entry.field.text()
    returning.press(Key.Key_F2, typed="9")
    assert "Of this line at most 3 can come back." == returning.page.entry.message()
    assert "9" == returning.page.entry.field.selectedText()
    returning.press(Key.Key_Escape)
    assert hands.window.view.isVisible()
    assert QApplication.focusWidget() is hands.window.view.entry.field


def test_that_a_basket_with_goods_is_finished_first(hands: Hands, number: str) -> None:
    hands.scan(PLASTERS)
    hands.type("", Key.Key_F5)
    assert "Finish this sale first, or drop it with F7." == hands.message
    hands.scan(number)
    assert hands.screen.problem is not None
    assert "scan.receipt" == hands.screen.problem.code
    assert "To take goods back, finish this sale first, then scan the receipt again." in hands.words()


def test_that_a_receipt_typed_in_the_sale_opens_it_and_a_card_waits_for_nobody(
    returning: Returning, number: str
) -> None:
    returning.hands.scan(CARD_WITH_POINTS)
    returning.hands.type(number, Key.Key_Return)
    returning.until(Stage.CHOOSING)
    returning.press(Key.Key_Escape)
    assert None is returning.hands.screen.member


def test_that_an_unknown_receipt_says_what_happened_and_what_can_be_done(returning: Returning) -> None:
    hands = returning.hands
    hands.scan(UNKNOWN)
    returning.until(Stage.UNKNOWN)
    assert {
        "This till has no such receipt.",
        UNKNOWN,
        "Nothing was booked, and nobody's points were touched.",
        "F5 takes the goods back without it, if a manager allows that.",
        "Points are not touched.",
        "Without it",
    } <= set(hands.words())
    returning.press(Key.Key_F5)
    assert "Scan what comes back" in hands.words()
    returning.scan(PLASTERS, PLASTERS)
    returning.press(Key.Key_F3, typed="5")
    assert ["1", "Plasters, waterproof, 20 pieces", "", "2", "5.00"] == [
        returning.page.model.data(returning.page.model.index(0, column)) for column in Column
    ]
    assert "today 2.99" == returning.page.model.row_text(0).detail
    returning.press(Key.Key_F10)
    assert QApplication.focusWidget() is returning.page._open_panel().fields[0]  # type: ignore[union-attr]
    returning.press(Key.Key_Up)
    returning.press(Key.Key_Return)
    assert "Type the reference from the card terminal's slip." == returning.page.entry.message()
    returning.press(Key.Key_Return, typed="T-5")
    returning.until(Stage.DONE)
    assert {"Back to the card", "€5.00"} <= set(hands.words())
    returning.press(Key.Key_Escape)
    hands.scan(UNKNOWN)
    returning.until(Stage.UNKNOWN)
    assert "Came back with this number before: 2 × Plasters, waterproof, 20 pieces." in hands.words()


def test_that_lines_say_what_is_back_already(returning: Returning, till: Till, number: str) -> None:
    till.return_goods(number, {1: 1000, 2: 1000}).result()
    returning.hands.scan(number)
    returning.until(Stage.CHOOSING)
    model = returning.page.model
    assert ["1 back already", "all of it is back already"] == [model.row_text(row).detail for row in range(2)]
    assert ["No.", "Item", "Bought", "Back now", "Refund"] == [
        model.headerData(column, Qt.Orientation.Horizontal) for column in Column
    ]


def test_that_touching_works_too(returning: Returning, number: str) -> None:
    returning.hands.scan(number)
    returning.until(Stage.CHOOSING)
    table = returning.page.table
    place = QPoint(200, tokens.ROW_HEIGHT + tokens.ROW_HEIGHT // 2)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert 1 == returning.screen.marked
    buttons = {button.command.value: button for button in returning.page.keys.buttons}
    for name in ("confirm", "returns", "remove", "cash"):
        assert buttons[name].isEnabled() is (name != "cash" or returning.screen.figures.has_goods)
        QTest.mouseClick(buttons[name], Qt.MouseButton.LeftButton)
    assert [3000, 0] == [row.chosen_milli for row in returning.screen.rows]
    QTest.mouseClick(returning.page._open_panel().findChildren(type(buttons["cash"]))[1], Qt.MouseButton.LeftButton)  # type: ignore[union-attr]
    returning.until(Stage.DONE)


def test_that_problems_lie_over_the_screen(returning: Returning, till: Till, number: str) -> None:
    back = till.return_goods(number, {1: 1000}).result()
    returning.hands.scan(back.receipt_number)
    returning.hands.qtbot.waitUntil(lambda: returning.screen.problem is not None)
    assert {"This receipt is itself a return.", "Scan the receipt of the sale."} <= set(returning.hands.words())
    assert QApplication.focusWidget() is returning.page.alert
    returning.press(Key.Key_Escape)
    assert QApplication.focusWidget() is returning.page.entry.field


def test_that_a_small_window_keeps_room_for_names(returning: Returning, number: str) -> None:
    window = returning.hands.window
    window.resize(*tokens.WINDOW_SIZE_MIN)
    returning.hands.scan(number)
    returning.until(Stage.CHOOSING)
    QApplication.processEvents()
    assert returning.page.table.isColumnHidden(Column.NUMBER)
    assert returning.page.table.columnWidth(Column.PRODUCT) > 2 * returning.page.table.columnWidth(Column.PRICE)
    for button in returning.page.keys.buttons:
        assert min(button.width(), button.height()) >= tokens.TOUCH_MIN


def test_that_a_manager_allows_it_by_pin(open_window: OpenWindow, till: Till) -> None:
    hands = open_window(till)
    staff_changes.add(till, "mo", name="Mo", role=Role.MANAGER, pin="493817")
    cashier = StaffMember("anna", "Anna", Role.CASHIER)
    till.database.write(lambda connection: staff.put_staff(connection, cashier, utc_ms=1))
    till.attendance.member = cashier
    returning = Returning(hands)
    hands.scan(UNKNOWN)
    returning.until(Stage.UNKNOWN)
    returning.press(Key.Key_F5)
    returning.scan(PLASTERS)
    returning.press(Key.Key_F9, Key.Key_Return)
    assert {"To take goods back whose receipt cannot be looked up.", "This needs an approval"} <= set(hands.words())
    hands.window._tick()
    returning.press(Key.Key_Return, typed="493817")
    returning.until(Stage.DONE)
    returning.press(Key.Key_Escape)
    hands.scan(UNKNOWN)
    returning.until(Stage.UNKNOWN)
    hands.window.view.staff_changed.emit("")
    assert hands.window.view.isVisible()


def test_that_it_speaks_russian(open_window: OpenWindow, till: Till, english_after: QApplication, number: str) -> None:
    set_language(english_after, "ru")
    returning = Returning(open_window(till))
    returning.hands.scan(number)
    returning.until(Stage.CHOOSING)
    assert {"Куплено", "Вернуть", "Сумма"} <= {
        returning.page.model.headerData(column, Qt.Orientation.Horizontal) for column in Column
    }
    returning.press(Key.Key_Return)
    assert "К возврату" in returning.hands.words()
