"""Why the sale gives what it gives: a panel at the side while the scanner goes on."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from pos_app.loyalty import reasons
from pos_app.loyalty.programme import parse_programme
from pos_app.loyalty.why import Kind
from pos_app.model.evaluation import Reason
from pos_app.settings import Settings
from pos_app.use_cases.till import Till
from tests.staff import enter, hire
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from tests.ui.sale.counter import Counter
from ui.formats import Formats
from ui.gallery.shop import CARD_WITH_POINTS, TOOTHPASTE, VITAMIN
from ui.keys import Command
from ui.sale.screen import CashPanel, WhyPanel
from ui.sale.why_panel import why_text
from ui.sale.why_words import ADDED, SENTENCES

FORMATS = Formats(Settings())
Key = Qt.Key


@pytest.fixture
def counter(open_sample: OpenTill) -> Counter:
    return Counter(open_sample())


def why(counter: Counter) -> WhyPanel:
    panel = counter.press(Command.WHY).panel
    assert isinstance(panel, WhyPanel)
    return panel


def test_that_the_basket_is_explained_line_by_line_from_the_marked_one_on(counter: Counter) -> None:
    counter.scan(TOOTHPASTE, VITAMIN, CARD_WITH_POINTS)
    panel = why(counter)
    assert ((1, 2, 0), 1) == (panel.pages, panel.marked)
    assert Kind.POINTS in {one.kind for one in panel.explained.of_line(2)}
    pages = [
        counter.press(command).panel for command in (Command.DOWN, Command.DOWN, Command.UP, Command.UP, Command.UP)
    ]
    assert [2, 2, 1, 0, 0] == [page.marked for page in pages if isinstance(page, WhyPanel)]


def test_that_the_key_and_escape_close_it(counter: Counter) -> None:
    counter.scan(TOOTHPASTE)
    for key in (Command.WHY, Command.BACK):
        why(counter)
        assert counter.press(key).panel is None
    assert 1 == len(counter.screen.lines)


def test_that_scans_and_typed_codes_and_other_keys_go_on(counter: Counter) -> None:
    counter.scan(TOOTHPASTE)
    why(counter)
    assert (2, None) == (len(counter.scan(VITAMIN).lines), counter.screen.panel)
    why(counter)
    assert (3, None) == (len(counter.press(Command.CONFIRM, VITAMIN).lines), counter.screen.panel)
    why(counter)
    assert isinstance(counter.press(Command.CASH).panel, CashPanel)


def test_that_an_empty_entry_leaves_it_open(counter: Counter) -> None:
    counter.scan(TOOTHPASTE)
    why(counter)
    assert isinstance(counter.press(Command.CONFIRM).panel, WhyPanel)


def test_that_the_receipt_that_was_just_booked_is_explained(counter: Counter) -> None:
    counter.press(Command.WHY)
    assert "basket_empty" == counter.notice
    counter.scan(VITAMIN, CARD_WITH_POINTS)
    counter.press(Command.CASH)
    counter.finish(Command.CONFIRM)
    panel = why(counter)
    assert (True, False) == (panel.explained.agrees, counter.screen.is_done)


def test_that_margins_are_seen_by_a_manager_and_by_nobody_after_them(counter: Counter) -> None:
    hire(counter.till)
    enter(counter.till, "ben")
    counter.scan(VITAMIN)
    assert why(counter).explained.is_restricted
    counter.press(Command.WHY)
    enter(counter.till, "anna")
    assert not why(counter).explained.is_restricted
    assert counter.finish(Command.STAFF).panel is not None
    assert counter.presenter._desk.panel is None


def test_that_without_staff_the_screen_shows_what_a_cashier_may_see(counter: Counter) -> None:
    counter.scan(VITAMIN)
    assert why(counter).explained.is_restricted


NUMBERS = """
rate_bp sum_minor from_minor per_minor points multiplied_percent price_minor off_minor cost times chance_bp roll wins_below receipts
from_receipt receipt has needed minimum_units balance_units cap_bp cap_minor min_paid_minor requested_units burned_units worth_minor
"""
VALUES: dict[str, int | str] = {
    **dict.fromkeys(NUMBERS.split(), 1),
    **dict.fromkeys(["card_class", "pool", "cause", "act", "by_rule", "time", "tier"], "x"),
}


@pytest.mark.parametrize("code", sorted(reasons.SENTENCES))
def test_that_every_reason_has_words_on_the_screen(code: str) -> None:
    assert code in SENTENCES, "ui/sale/why_words.py has a sentence for every code of pos_app/loyalty/reasons.py"
    text = why_text(Reason(code, VALUES), FORMATS)
    assert text
    assert "{" not in text


@pytest.mark.parametrize("name", sorted(ADDED))
def test_that_what_limits_or_raises_a_reward_is_added(name: str) -> None:
    values: dict[str, int | str] = {"rate_bp": 300, name: 5, "wins_below": 7}
    assert why_text(Reason(reasons.PERCENT, values), FORMATS).startswith("3 % for these goods. ")


def test_that_a_reason_of_a_later_version_is_shown_as_it_is() -> None:
    assert "later.code" == why_text(Reason("later.code", {}), FORMATS)


def test_that_the_cursor_stays_where_codes_are_typed(hands: Hands) -> None:
    hands.scan(TOOTHPASTE)
    hands.type("", Key.Key_Insert)
    assert isinstance(hands.screen.panel, WhyPanel)
    assert hands.window.view.entry.field.hasFocus()
    assert {"Why", hands.screen.lines[0].name} <= set(hands.words())
    screen = hands.type(VITAMIN, Key.Key_Return)
    assert (2, True) == (len(screen.lines), screen.panel is None)
    hands.type("", Key.Key_Insert, Key.Key_Down, Key.Key_Escape)
    assert hands.screen.panel is None


def test_that_every_thing_that_happens_is_shown(open_sample: OpenTill, open_window: Callable[[Till], Hands]) -> None:
    text = """
schema = 1
id = "all"
version = 1
name = "All kinds"
point_worth_minor = 1
[burning]
[[rules]]
kind = "percent"
id = "off"
lane = "price"
rate_bp = 1000
[[rules]]
kind = "collect"
id = "stamp"
pool = "stamps"
[[rules]]
kind = "reward"
id = "gift"
cost = 10
gives = "A mug"
take = "auto"
[[rules]]
kind = "notice"
id = "tell"
text = "Serve first"
[[rules]]
kind = "access"
id = "club"
only_products = ["CLUB"]
[rules.when]
card_classes = ["gold"]
"""
    club = text.replace('"CLUB"', f'"{VITAMIN}"').replace(
        "point_worth_minor = 1", 'point_worth_minor = 1\ncard_classes = ["gold"]'
    )
    hands = open_window(open_sample(programmes=[parse_programme(club, source="all.toml")]))
    hands.scan(TOOTHPASTE, VITAMIN, CARD_WITH_POINTS)
    hands.type("", Key.Key_F4)
    hands.type("50", Key.Key_Return, Key.Key_Insert)
    seen = " ".join(hands.words())
    hands.type("", Key.Key_Down)
    seen += " ".join(hands.words())
    hands.type("", Key.Key_Up, Key.Key_Up)
    seen += " ".join(hands.words())
    for said in (
        "All kinds · off",
        "10 % for these goods.",
        "1 stamps",
        "A mug",
        "Serve first",
        "Not for this customer.",
    ):
        assert said in seen
