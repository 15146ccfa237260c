"""Signing in and approving at the window, with real keys and touches."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from pos_app.model.staff import Role, StaffMember
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.till import Till
from storage import staff
from storage.database import Connection
from tests.staff import EVERYBODY, PINS, WRONG, hashes, hire
from tests.ui.conftest import OpenTill, clock_of
from tests.ui.hands import Hands
from ui.application import set_language
from ui.bridge import Bridge
from ui.gallery.shop import CARD_FRESH, PLASTERS, SUN_CREAM, sample_settings
from ui.sale.pin_panels import ApprovalPanelView, PinPanelView, SignInPanelView
from ui.window import TillWindow

Key = Qt.Key
pytestmark = pytest.mark.usefixtures("no_keystore")


@pytest.fixture
def open_staffed(qtbot: QtBot) -> Iterator[Callable[[Till], Hands]]:
    """Opens a window that waits for somebody to sign in."""
    windows: list[TillWindow] = []

    def open_one(till: Till) -> Hands:
        bridge = Bridge(till.database.close_reader)
        window = TillWindow(till, bridge, printing=PrintQueue(till, None, bridge.printer_changed.emit))
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
        return Hands(qtbot, window)

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def hands(till: Till, open_staffed: Callable[[Till], Hands]) -> Hands:
    hire(till)
    return open_staffed(till)


def panel(hands: Hands) -> PinPanelView:
    (shown,) = [view for view in hands.window.findChildren(PinPanelView) if view.isVisible()]
    return shown


def type_pin(hands: Hands, pin: str) -> None:
    """Type a PIN, and wait until it was checked."""
    hands.type(pin, Key.Key_Return)
    hands.wait(lambda screen: screen.panel is None or not getattr(screen.panel, "is_checking", False))


def sign_in(hands: Hands, downs: int, staff_ref: str) -> None:
    hands.type("", *[Key.Key_Down] * downs)
    type_pin(hands, PINS[staff_ref])
    hands.wait(lambda screen: screen.panel is None)


def test_that_somebody_signs_in_with_arrows_and_a_pin(hands: Hands) -> None:
    assert isinstance(panel(hands), SignInPanelView)
    assert {"Sign in", "Till 2 · nobody is signed in"} <= set(hands.words())
    sign_in(hands, 3, "ben")
    assert "Till 2 · Бен" in hands.words()
    assert QApplication.focusWidget() is hands.window.view.entry.field


def test_that_a_name_is_chosen_by_touch_and_the_cursor_stays(hands: Hands) -> None:
    field = panel(hands).fields[0]
    QTest.keyClicks(field, "4938")
    QTest.mouseClick(panel(hands)._names[1], Qt.MouseButton.LeftButton)
    assert ("", 1) == (field.text(), getattr(hands.screen.panel, "marked", None))
    assert QApplication.focusWidget() is field
    type_pin(hands, PINS["anna"])
    assert "Till 2 · Anna Kovač" in hands.words()


def test_that_a_pin_is_dots_and_handed_on_once(hands: Hands) -> None:
    field = panel(hands).fields[0]
    QTest.keyClicks(field, "493817")
    assert QLineEdit.EchoMode.Password is field.echoMode()
    assert "493817" not in field.displayText()
    hands.type("", Key.Key_Return)
    assert "" == field.text()
    hands.wait(lambda screen: screen.notice is not None)


def test_that_a_scan_never_lands_in_the_field_of_the_pin(hands: Hands) -> None:
    hands.scan(PLASTERS, CARD_FRESH)
    assert ("", ()) == (panel(hands).fields[0].text(), hands.screen.lines)
    assert "Sign in first. What was scanned was not taken." == hands.message
    type_pin(hands, PLASTERS)
    assert "A PIN has 6 to 12 digits. Nothing was tried." == hands.message


def test_that_the_wait_is_told_in_words_and_counts(hands: Hands, till: Till) -> None:
    hands.type("", *[Key.Key_Down] * 3)
    for _ in range(4):
        type_pin(hands, WRONG)
        clock_of(till).now_ms += 1_000 if "1 second" in " ".join(hands.words()) else 0
    assert "Wrong PINs: the next try in 2 seconds." in hands.words()
    clock_of(till).now_ms += 1_000
    hands.qtbot.waitUntil(lambda: "Wrong PINs: the next try in 1 second." in hands.words(), timeout=5_000)
    till.database.write(lambda c: c.exec_driver_sql("UPDATE staff SET failures = 10 WHERE staff_ref = 'ben'"))
    hands.qtbot.waitUntil(lambda: "Locked after wrong PINs. Enter: a manager opens it." in hands.words(), timeout=5_000)


def test_that_a_price_is_approved_and_the_cashier_goes_on(hands: Hands) -> None:
    sign_in(hands, 3, "ben")
    hands.scan(SUN_CREAM)
    hands.type("5", Key.Key_F3)
    assert isinstance(panel(hands), ApprovalPanelView)
    assert {"This needs an approval", "To change a price."} <= set(hands.words())
    QApplication.processEvents()
    assert ["Anna Kovač · manager", "Cid · pharmacist"] == [
        name.text() for name in panel(hands)._names if name.isVisible()
    ]
    type_pin(hands, PINS["anna"])
    hands.wait(lambda screen: screen.panel is None)
    assert 500 == hands.screen.lines[0].amount_minor
    assert "" == hands.window.view.entry.field.text()
    hands.type("", Key.Key_F9)
    assert hands.finish().is_done


def test_that_f11_signs_out_for_the_next_and_keeps_the_basket(hands: Hands) -> None:
    sign_in(hands, 3, "ben")
    hands.scan(SUN_CREAM)
    hands.type("", Key.Key_F11)
    hands.qtbot.waitUntil(lambda: "Till 2 · nobody is signed in" in hands.words())
    hands.type("", Key.Key_Up)
    sign_in(hands, 0, "cid")
    assert ("Till 2 · Cid" in hands.words(), len(hands.screen.lines)) == (True, 1)


def test_that_many_people_are_scrolled_through(till: Till, open_staffed: Callable[[Till], Hands]) -> None:
    crowd = [StaffMember(f"p{number:02}", f"Person {number:02}", Role.CASHIER) for number in range(11)]
    hire(till)
    pin_hash = hashes()[0]["ben"]

    def put(connection: Connection) -> None:
        for member in EVERYBODY:
            staff.put_staff(connection, msgspec.structs.replace(member, active=False), utc_ms=1)
        for member in crowd:
            staff.put_staff(connection, member, utc_ms=1)
            staff.put_pin_hash(connection, member.staff_ref, pin_hash, utc_ms=1)

    till.database.write(put)
    hands = open_staffed(till)

    def names() -> list[str]:
        return [name.text() for name in panel(hands)._names if name.isVisible()]

    assert [f"Person {number:02}" for number in range(6)] == names()
    assert "5 more with the arrow keys." in hands.words()
    hands.type("", *[Key.Key_Down] * 10)
    assert [f"Person {number:02}" for number in range(5, 11)] == names()
    QTest.mouseClick(panel(hands)._names[0], Qt.MouseButton.LeftButton)
    type_pin(hands, PINS["ben"])
    assert "Till 2 · Person 05" in hands.words()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 700)])
def test_that_nothing_lies_over_anything_else(hands: Hands, size: tuple[int, int]) -> None:
    hands.window.resize(*size)
    QApplication.processEvents()
    shown = panel(hands)
    parts = [*(name for name in shown._names if name.isVisible()), shown._field, shown._state]
    rows = sorted({(part.geometry().top(), part.geometry().bottom()) for part in parts})
    assert all(above[1] < below[0] for above, below in pairwise(rows)), rows
    assert all(name.height() >= 48 for name in parts[:-1])


def test_that_a_till_without_staff_shows_no_key_for_it(
    open_sample: OpenTill, open_staffed: Callable[[Till], Hands]
) -> None:
    hands = open_staffed(open_sample())
    assert "F11" not in hands.words()
    assert "Till 2 · anna" in hands.words()
    hands.type("", Key.Key_F11)
    assert "Nobody has to sign in at this till." == hands.message


def test_that_it_speaks_russian(
    english_after: QApplication, open_sample: OpenTill, open_staffed: Callable[[Till], Hands]
) -> None:
    set_language(english_after, "ru")
    till = open_sample(sample_settings(language="ru"))
    hire(till)
    hands = open_staffed(till)
    type_pin(hands, WRONG)
    assert {"Войти", "Касса 2 · никто не вошёл"} <= set(hands.words())
    assert "ПИН неверный. Наберите ещё раз." == hands.message
    till.database.write(
        lambda c: c.exec_driver_sql(
            "UPDATE staff SET failures = 7, wait_boot_id = ?, wait_until_monotonic_ms = ?",
            (till.clock.boot_id(), till.clock.monotonic_ms() + 3_000),
        )
    )
    type_pin(hands, WRONG)
    assert "Неверный ПИН: следующая попытка через 3 секунды." in hands.words()
