"""The key that rounds up for a cause: one press, no question, and what it put there follows the basket."""

import pytest

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.products import Product
from pos_app.programmes import preset_text
from storage import catalogue
from tests.ui.conftest import OpenTill
from tests.ui.sale.counter import Counter
from ui.gallery.shop import CARD_WITH_POINTS, TOOTHPASTE, VITAMIN
from ui.keys import Command

WHOLE = "4006381333931"


@pytest.fixture
def programmes() -> list[Programme]:
    return [parse_programme(preset_text("charity"), source="charity.toml")]


@pytest.fixture
def counter(open_sample: OpenTill, programmes: list[Programme]) -> Counter:
    till = open_sample(programmes=programmes)
    till.database.write(lambda connection: catalogue.put_products(connection, [Product(WHOLE, "Gift card", 1000, 0)]))
    return Counter(till)


def names(counter: Counter) -> list[str]:
    return [line.name for line in counter.screen.lines]


def test_that_one_press_rounds_up_and_another_takes_it_off(counter: Counter) -> None:
    counter.scan(VITAMIN)
    before = counter.screen.totals.to_pay_minor
    counter.press(Command.GIVE)
    given = counter.screen.lines[-1].payable_minor
    assert ("gift_on", "Planting trees", 0) == (counter.notice, names(counter)[-1], (before + given) % 100)
    assert before + given == counter.screen.totals.to_pay_minor
    counter.press(Command.GIVE)
    assert ("gift_off", before) == (counter.notice, counter.screen.totals.to_pay_minor)


def test_that_the_rounding_follows_what_is_scanned(counter: Counter) -> None:
    counter.scan(VITAMIN)
    counter.press(Command.GIVE)
    counter.scan(TOOTHPASTE)
    assert (3, 0) == (len(counter.screen.lines), counter.screen.totals.to_pay_minor % 100)


def test_that_a_rounding_that_is_not_needed_leaves_the_basket_and_says_so(counter: Counter) -> None:
    counter.scan(WHOLE, VITAMIN)
    counter.press(Command.GIVE)
    counter.press(Command.UP)
    counter.press(Command.REMOVE)
    assert (["Gift card"], "gift_gone", 0) == (names(counter), counter.notice, counter.screen.marked)


def test_that_a_typed_amount_is_given_in_place_of_the_rounding(counter: Counter) -> None:
    counter.scan(VITAMIN)
    counter.press(Command.GIVE)
    counter.press(Command.GIVE, "2,50")
    assert [250] == [line.payable_minor for line in counter.screen.lines[1:]]
    assert "not_a_number" == (counter.press(Command.GIVE, "two"), counter.notice)[1]


def test_that_what_rounds_up_is_not_changed_by_hand_but_removed(counter: Counter) -> None:
    counter.scan(VITAMIN)
    counter.press(Command.GIVE)
    counter.press(Command.PRICE, "5")
    assert "gift_follows" == counter.notice
    counter.press(Command.REMOVE)
    assert 1 == len(counter.screen.lines)


def test_that_a_whole_total_has_nothing_to_round_up(counter: Counter) -> None:
    counter.scan(WHOLE)
    counter.press(Command.GIVE)
    assert ("gift_nothing", 1) == (counter.notice, len(counter.screen.lines))


def test_that_an_empty_basket_gives_nothing(counter: Counter) -> None:
    counter.press(Command.GIVE)
    assert "basket_empty" == counter.notice
    assert Command.GIVE not in counter.screen.commands
    counter.scan(VITAMIN)
    assert Command.GIVE in counter.screen.commands


def test_that_the_code_of_the_cause_rounds_up_too(counter: Counter) -> None:
    counter.till.database.write(
        lambda connection: catalogue.put_products(connection, [Product("DONATION", "A tree", 0, 0)])
    )
    counter.scan(VITAMIN, "DONATION")
    assert ("gift_on", "A tree") == (counter.notice, names(counter)[-1])


def test_that_a_cause_without_a_step_wants_an_amount(open_sample: OpenTill) -> None:
    text = preset_text("charity").replace("round_to_minor = 100", "")
    counter = Counter(open_sample(programmes=[parse_programme(text, source="charity.toml")]))
    counter.scan(VITAMIN)
    counter.press(Command.GIVE)
    assert "gift_type" == counter.notice


def test_that_without_a_cause_the_key_says_so(open_sample: OpenTill) -> None:
    counter = Counter(open_sample(programmes=[]))
    counter.scan(VITAMIN)
    counter.press(Command.GIVE)
    assert "no_cause" == counter.notice


def test_that_the_members_panel_says_what_was_given_so_far(counter: Counter) -> None:
    counter.scan(VITAMIN, CARD_WITH_POINTS)
    counter.press(Command.GIVE)
    given = (
        counter.screen.lines[-1].payable_minor
        + (counter.screen.totals.to_pay_minor - counter.screen.lines[-1].payable_minor) // 100
    )
    counter.press(Command.CASH)
    counter.finish(Command.CONFIRM)
    counter.scan(CARD_WITH_POINTS)
    member = counter.screen.member
    assert member is not None
    assert ((("Planting trees", given),), ()) == (member.given_minor, member.pools)
