"""What the cashier notes of the member whose card lies on the counter: choices and acts, beside the rewards, with keys alone."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.programmes import preset_text
from pos_app.use_cases.deeds import deeds_now
from pos_app.use_cases.till import Till
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from tests.ui.sale.counter import Counter
from ui.gallery.shop import CARD_WITH_POINTS, TOOTHPASTE, VITAMIN
from ui.keys import Command
from ui.sale.screen import NoticeCode, RewardsPanel

Key = Qt.Key
OpenWindow = Callable[[Till], Hands]
FAVOURITE = "personal-offer/favourite"


@pytest.fixture
def programmes() -> list[Programme]:
    names = ("personal-offer", "points-for-everything")
    return [parse_programme(preset_text(name), source=f"{name}.toml") for name in names]


@pytest.fixture
def counter(open_sample: OpenTill, programmes: list[Programme]) -> Counter:
    return Counter(open_sample(programmes=programmes))


def panel_of(counter: Counter) -> RewardsPanel:
    panel = counter.screen.panel
    assert isinstance(panel, RewardsPanel)
    return panel


def test_that_a_scanned_product_becomes_the_members_choice_and_is_cheaper_at_once(counter: Counter) -> None:
    counter.scan(TOOTHPASTE, VITAMIN, TOOTHPASTE, CARD_WITH_POINTS)
    before = counter.screen.totals.to_pay_minor
    counter.press(Command.POINTS)
    counter.press(Command.POINTS)
    assert [TOOTHPASTE, VITAMIN, "", "", ""] == [deed.product_code for deed in panel_of(counter).deeds]
    counter.finish(Command.CONFIRM)
    screen = counter.screen
    assert (NoticeCode.DEED_CHOSEN, None) == (screen.notice and screen.notice.code, screen.panel)
    assert screen.totals.to_pay_minor < before
    counter.press(Command.POINTS)
    counter.press(Command.POINTS)
    assert {""} == {deed.product_code for deed in panel_of(counter).deeds}, "one product in 7 days"


def test_that_an_act_is_booked_before_anything_is_scanned(counter: Counter) -> None:
    counter.scan(CARD_WITH_POINTS)
    assert Command.POINTS in counter.screen.commands
    before = counter.screen.member
    counter.press(Command.POINTS)
    assert ["review", "subscription", "survey"] == [deed.act for deed in panel_of(counter).deeds]
    counter.press(Command.DOWN)
    counter.finish(Command.CONFIRM)
    screen = counter.screen
    assert screen.notice is not None
    assert (NoticeCode.DEED_BOOKED, {"act": "subscription", "given_units": 100}) == (
        screen.notice.code,
        screen.notice.values,
    )
    assert before is not None
    assert screen.member is not None
    assert before.balance.available_units + 100 == screen.member.balance.available_units
    counter.press(Command.POINTS)
    assert ["review", "survey"] == [deed.act for deed in panel_of(counter).deeds]


def test_that_nobody_is_offered_nothing(counter: Counter) -> None:
    assert () == deeds_now(counter.till, counter.till.open_basket())
    assert Command.POINTS not in counter.screen.commands


def test_that_the_panel_says_what_would_be_noted(
    open_sample: OpenTill, programmes: list[Programme], open_window: OpenWindow
) -> None:
    hands = open_window(open_sample(programmes=programmes))
    hands.scan(TOOTHPASTE, CARD_WITH_POINTS)
    hands.type("", Key.Key_F4)
    hands.type("", Key.Key_F4)
    shown = [button.text() for button in hands.window.findChildren(QPushButton, "person") if button.isVisible()]
    assert ["Choose", "review \u00b7 +30 points"] == [shown[0].split()[0], shown[1]]
    hands.type("", Key.Key_Return)
    screen = hands.wait(lambda screen: screen.panel is None)
    assert screen.notice is not None
    assert NoticeCode.DEED_CHOSEN is screen.notice.code
