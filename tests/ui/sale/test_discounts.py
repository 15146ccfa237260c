"""What the screen says of prices that rules have lowered, of goods that are not for everybody, and of what to tell a member."""

from collections.abc import Callable

import msgspec
import pytest

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.evaluation import NextStep
from pos_app.programmes import preset_text
from pos_app.use_cases.till import Till
from storage import catalogue
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from tests.ui.sale.counter import Counter
from ui.gallery.shop import AMOXICILLIN, CARD_WITH_POINTS, MONITOR, VITAMIN, sample_settings
from ui.keys import Command
from ui.sale.screen import ForeignPanel, Remark

OpenWindow = Callable[[Till], Hands]
CLUB = f"""
schema = 1
id = "club"
version = 1
name = "Club"
point_worth_minor = 1
card_classes = ["silver"]

[[rules]]
kind = "notice"
id = "first"
text = "Serve first"
when = {{ card_classes = ["silver"] }}

[[rules]]
kind = "access"
id = "monitors"
only_products = ["{MONITOR}"]
when = {{ card_classes = ["silver"] }}
"""


@pytest.fixture
def programmes() -> list[Programme]:
    return [
        parse_programme(preset_text("member-price"), source="member-price.toml"),
        parse_programme(CLUB, source="club.toml"),
    ]


def cheaper(till: Till) -> Till:
    """Vitamins, and a regulated medicine, have a second price."""
    goods = [till.find_product(code) for code in (VITAMIN, AMOXICILLIN)]
    second = [msgspec.structs.replace(one, member_price_minor=100) for one in goods if one is not None]
    till.database.write(lambda connection: catalogue.put_products(connection, second))
    return till


@pytest.fixture
def counter(open_sample: OpenTill, programmes: list[Programme]) -> Counter:
    return Counter(cheaper(open_sample(programmes=programmes)))


def test_that_a_card_lowers_the_lines_and_the_total_says_what_is_saved(counter: Counter) -> None:
    screen = counter.scan(VITAMIN, AMOXICILLIN)
    assert ({}, 0) == (screen.remarks, screen.totals.discount_minor)
    screen = counter.scan(CARD_WITH_POINTS)
    assert [100, 640] == [line.amount_minor for line in screen.lines]
    assert {1: Remark((("Prices for members", 1190),))} == screen.remarks
    assert (1190, 740) == (screen.totals.discount_minor, screen.totals.to_pay_minor)
    screen = counter.press(Command.CARD_OFF)
    assert ({}, 1930) == (screen.remarks, screen.totals.to_pay_minor)


def test_that_notices_are_for_the_member_on_the_screen(counter: Counter) -> None:
    assert () == counter.scan(VITAMIN).tells
    assert ("Serve first",) == counter.scan(CARD_WITH_POINTS).tells
    assert () == counter.press(Command.CARD_OFF).tells


@pytest.mark.parametrize("key", [Command.CASH, Command.CARD])
def test_that_locked_goods_stop_the_line_before_money_is_taken(counter: Counter, key: Command) -> None:
    counter.scan(VITAMIN, MONITOR, VITAMIN)
    screen = counter.press(key)
    assert screen.problem is not None
    assert ("sale.locked", None, 1) == (screen.problem.code, screen.panel, screen.marked)
    assert {2: Remark(is_locked=True)} == screen.remarks
    counter.press(Command.BACK)
    screen = counter.scan(CARD_WITH_POINTS)
    assert False is any(remark.is_locked for remark in screen.remarks.values())
    assert None is counter.press(key).problem


def test_that_beside_a_till_discounts_are_keyed_there(open_sample: OpenTill, programmes: list[Programme]) -> None:
    counter = Counter(cheaper(open_sample(sample_settings(mode="beside"), programmes=programmes)))
    counter.scan(VITAMIN, CARD_WITH_POINTS)
    assert ForeignPanel(deduct_minor=1190, to_pay_minor=100) == counter.press(Command.FINISH).panel
    counter.finish(Command.CONFIRM, "F-1")
    assert counter.screen.receipt is not None
    assert 1190 == counter.screen.receipt.sale.quote.deduct_minor


def test_that_the_window_shows_all_of_it(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    hands = open_window(cheaper(open_sample(programmes=programmes)))
    hands.scan(VITAMIN, MONITOR)
    rows = [hands.window.view.model.row_text(row) for row in range(2)]
    assert [("", False, False), ("Not for this customer", False, True)] == [
        (row.detail, row.is_lower, row.is_barred) for row in rows
    ]
    assert hands.window.view.tells.isHidden()
    hands.scan(CARD_WITH_POINTS)
    lowered = hands.window.view.model.row_text(0)
    assert ("list price 12.90 · Prices for members −11.90", True) == (lowered.detail, lowered.is_lower)
    assert {"Serve first", "Saved", "11.90"} <= set(hands.words())


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (NextStep("p", "tier", 1230, 0, "gold"), "€12.30 more to Gold"),
        (NextStep("p", "next_month", 1230, 500, ""), "€12.30 more this month for 5 % next month"),
    ],
)
def test_that_the_member_hears_what_is_missing_to_a_tier_or_next_months_rate(
    open_sample: OpenTill, open_window: OpenWindow, step: NextStep, sentence: str
) -> None:
    hands = open_window(open_sample())
    member = hands.scan(CARD_WITH_POINTS).member
    assert member is not None
    hands.window.view.member.show_member(msgspec.structs.replace(member, next_step=step))
    assert sentence in hands.words()
