"""Stamps and rewards on the sale screen: how many there are, which reward can be taken, and taking it with keys."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.protocol.events import SaleEvent
from pos_app.use_cases.till import Till
from tests.pos_app.sync.servers import serving
from tests.pos_app.use_cases.burners import holds
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from tests.ui.sale.counter import Counter
from tests.ui.sale.test_burning import beneath, newest_sale
from ui.gallery.shop import CARD_WITH_BIRTHDAY, CARD_WITH_POINTS, TOOTHPASTE, VITAMIN
from ui.keys import Command
from ui.sale.screen import BurnPanel, RewardsPanel

Key = Qt.Key
OpenWindow = Callable[[Till], Hands]
REWARDS = f"""
schema = 1
id = "vitamins"
version = 1
name = "Vitamins"
point_worth_minor = 1

[burning]

[[rules]]
kind = "collect"
id = "stamp"
pool = "vitamins"
only_products = ["{VITAMIN}"]

[[rules]]
kind = "reward"
id = "mug"
pool = "vitamins"
cost = 2
gives = "a mug"

[[rules]]
kind = "reward"
id = "voucher"
cost = 300
off_minor = 500
"""
"""A stamp for each vitamin, two of which are a mug; 300 points give 5.00 off."""


@pytest.fixture
def programmes() -> list[Programme]:
    return [parse_programme(REWARDS, source="vitamins.toml")]


@pytest.fixture
def counter(open_sample: OpenTill, programmes: list[Programme]) -> Counter:
    return Counter(open_sample(programmes=programmes))


def stamped(counter: Counter) -> Counter:
    """The member has two stamps, and toothpaste for 6.90 in the basket."""
    counter.scan(VITAMIN, VITAMIN, CARD_WITH_POINTS)
    counter.press(Command.CASH)
    counter.finish(Command.CONFIRM)
    counter.scan(TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)
    return counter


def open_rewards(counter: Counter) -> RewardsPanel:
    assert isinstance(counter.press(Command.POINTS).panel, BurnPanel)
    panel = counter.press(Command.POINTS).panel
    assert isinstance(panel, RewardsPanel)
    return panel


def test_that_stamps_stand_beside_the_points(counter: Counter) -> None:
    screen = stamped(counter).screen
    assert screen.member is not None
    assert ((("vitamins", 2),), 997) == (screen.member.pools, screen.member.balance.available_units)


def test_that_the_list_has_what_can_be_taken_now(counter: Counter) -> None:
    panel = open_rewards(stamped(counter))
    assert ["vitamins/mug", "vitamins/voucher"] == [choice.key for choice in panel.rewards]


def test_that_a_reward_goes_on_the_sale_and_off_it(counter: Counter) -> None:
    open_rewards(stamped(counter))
    counter.press(Command.DOWN)
    screen = counter.press(Command.CONFIRM)
    assert (None, "reward_taken", 190) == (screen.panel, counter.notice, screen.totals.to_pay_minor)
    panel = open_rewards(counter)
    assert [False, True] == [choice.is_taken for choice in panel.rewards]
    counter.press(Command.DOWN)
    screen = counter.press(Command.CONFIRM)
    assert ("reward_left", 690) == (counter.notice, screen.totals.to_pay_minor)


def test_that_the_mark_stays_within_the_list_and_goes_where_it_is_touched(counter: Counter) -> None:
    open_rewards(stamped(counter))
    marks = [counter.press(command).panel for command in (Command.UP, Command.DOWN, Command.DOWN)]
    assert [0, 1, 1] == [panel.marked for panel in marks if isinstance(panel, RewardsPanel)]
    counter.presenter.choose(0)
    assert isinstance(counter.screen.panel, RewardsPanel)
    assert 0 == counter.screen.panel.marked


def test_that_a_member_without_anything_to_take_is_told_so(counter: Counter) -> None:
    counter.scan(TOOTHPASTE, CARD_WITH_BIRTHDAY)
    counter.press(Command.POINTS)
    assert isinstance(counter.press(Command.POINTS).panel, BurnPanel)
    assert "no_rewards" == counter.notice


def test_that_what_one_member_asked_for_is_not_the_next_ones(counter: Counter) -> None:
    open_rewards(stamped(counter))
    counter.press(Command.CONFIRM)
    counter.scan(CARD_WITH_BIRTHDAY)
    counter.scan(CARD_WITH_POINTS)
    assert [False, False] == [choice.is_taken for choice in open_rewards(counter).rewards]


@pytest.mark.usefixtures("no_keystore")
def test_that_headquarters_is_asked_for_the_points_of_a_reward_and_of_burning_together(
    open_sample: OpenTill, programmes: list[Programme]
) -> None:
    with serving(holds()) as hq:
        counter = Counter(beneath(open_sample, hq.url, programmes=programmes))
        counter.scan(TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)
        open_rewards(counter)
        screen = counter.finish(Command.CONFIRM)
        assert ("reward_taken", 190) == (counter.notice, screen.totals.to_pay_minor)
        counter.press(Command.POINTS)
        screen = counter.finish(Command.CONFIRM, "100")
        assert (100, 90) == (screen.totals.burn_units, screen.totals.to_pay_minor)
        counter.press(Command.CASH)
        counter.finish(Command.CONFIRM)
        sale = newest_sale(counter.till)
        assert ("hold", 100, 400) == (sale.burn_basis, sale.burn_units, sale.redeemed_units)
        assert isinstance(sale, SaleEvent)


@pytest.mark.usefixtures("no_keystore")
def test_that_a_reward_that_headquarters_refuses_is_not_taken(
    open_sample: OpenTill, programmes: list[Programme]
) -> None:
    with serving(holds(only=10)) as hq:
        counter = Counter(beneath(open_sample, hq.url, programmes=programmes))
        counter.scan(TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)
        open_rewards(counter)
        screen = counter.finish(Command.CONFIRM)
        assert ("reward_refused", 690) == (counter.notice, screen.totals.to_pay_minor)


def test_that_keys_take_a_reward_and_the_screen_says_it_in_words(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    hands = open_window(open_sample(programmes=programmes))
    hands.scan(VITAMIN, VITAMIN, CARD_WITH_POINTS)
    hands.type("", Key.Key_F9)
    hands.finish()
    hands.scan(TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)
    assert "vitamins: 2" in hands.words()
    hands.type("", Key.Key_F4, Key.Key_F4)
    shown = [button.accessibleName() for button in hands.window.findChildren(QPushButton) if button.isVisible()]
    assert {"a mug \u00b7 2 vitamins", "\u20ac5.00 off \u00b7 300 points"} <= set(shown)
    hands.type("", Key.Key_Down, Key.Key_Return)
    assert "The reward is on this sale." == hands.message
    assert 190 == hands.screen.totals.to_pay_minor
