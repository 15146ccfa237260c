"""Paying in parts at the counter: what is agreed, who allows it, and a payment that a member comes back with."""

from collections.abc import Callable

import pytest

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.products import Product
from pos_app.model.receipts import PaymentKind
from pos_app.programmes import preset_text
from pos_app.use_cases.till import Till
from storage import catalogue
from tests.staff import PINS, enter, hire
from tests.ui.conftest import OpenTill, clock_of
from tests.ui.hands import Hands, Key
from tests.ui.sale.counter import Counter
from ui.gallery.shop import CARD_WITH_POINTS, VITAMIN
from ui.keys import Command
from ui.sale.screen import CardPanel, CashPanel, NoticeCode, PartsPanel, PayPanel

COAT = "4006381333931"
DEAR = "4006381333948"
DAY_MS = 86_400_000
OpenWindow = Callable[[Till], Hands]


@pytest.fixture
def programmes() -> list[Programme]:
    return [parse_programme(preset_text("instalments"), source="instalments.toml")]


@pytest.fixture
def till(open_sample: OpenTill, programmes: list[Programme]) -> Till:
    opened = open_sample(programmes=programmes)
    goods = [Product(COAT, "Coat", 20_001, 0), Product(DEAR, "Piano", 150_000, 0)]
    opened.database.write(lambda connection: catalogue.put_products(connection, goods))
    return opened


@pytest.fixture
def counter(till: Till) -> Counter:
    return Counter(till)


def lend(counter: Counter) -> None:
    counter.scan(COAT, CARD_WITH_POINTS)
    counter.press(Command.PARTS)
    counter.press(Command.CONFIRM)
    counter.finish(Command.CONFIRM)


def owed(counter: Counter) -> list[tuple[int, int]]:
    member = counter.screen.member
    assert member is not None
    return [(owed_minor, overdue_minor) for _number, owed_minor, overdue_minor in member.contracts]


def test_that_the_first_part_is_asked_for_and_the_rest_is_lent(counter: Counter) -> None:
    counter.scan(COAT, CARD_WITH_POINTS)
    panel = counter.press(Command.PARTS).panel
    assert isinstance(panel, PartsPanel)
    assert (5_001, [5_000, 5_000, 5_000]) == (panel.first_minor, [minor for _due, minor in panel.rest])
    cash = counter.press(Command.CONFIRM).panel
    assert isinstance(cash, CashPanel)
    assert 5_001 == cash.due_minor
    counter.finish(Command.CONFIRM, "60")
    sale = counter.screen.receipt
    assert sale is not None
    assert {PaymentKind.INSTALMENTS: 15_000, PaymentKind.CASH: 5_001} == {
        one.kind: one.amount_minor for one in sale.sale.payments
    }
    counter.scan(CARD_WITH_POINTS)
    assert [(15_000, 0)] == owed(counter)


def test_that_a_card_may_pay_the_first_part(counter: Counter) -> None:
    counter.scan(COAT, CARD_WITH_POINTS)
    counter.press(Command.PARTS)
    counter.press(Command.CONFIRM)
    panel = counter.press(Command.CARD).panel
    assert isinstance(panel, CardPanel)
    assert "50.01" == panel.suggested
    counter.finish(Command.CONFIRM, "50.01", "T-1")
    assert counter.screen.is_done


def test_that_parts_that_are_agreed_can_be_given_up_at_once(counter: Counter) -> None:
    counter.scan(COAT, CARD_WITH_POINTS)
    counter.press(Command.PARTS)
    counter.press(Command.CONFIRM)
    counter.scan(VITAMIN)
    assert ("parts_agreed", 1) == (counter.notice, len(counter.screen.lines))
    counter.press(Command.BACK)
    assert None is counter.screen.panel
    counter.scan(VITAMIN)
    assert 2 == len(counter.screen.lines)


def test_that_what_cannot_be_agreed_is_said(counter: Counter) -> None:
    counter.press(Command.PARTS)
    assert "no_card" == counter.notice
    counter.scan(COAT)
    assert Command.PARTS not in counter.screen.commands
    counter.press(Command.PARTS)
    notice = counter.screen.notice
    assert notice is not None
    assert ("refused", "contract.member") == (notice.code.value, notice.error_code)
    counter.scan(CARD_WITH_POINTS)
    assert Command.PARTS in counter.screen.commands


def test_that_a_large_total_wants_a_manager(till: Till) -> None:
    hire(till)
    enter(till, "ben")
    counter = Counter(till)
    counter.scan(DEAR, CARD_WITH_POINTS)
    counter.press(Command.PARTS)
    counter.press(Command.CONFIRM)
    assert type(counter.screen.panel).__name__ == "ApprovalPanel"
    counter.finish(Command.CONFIRM, PINS["anna"])
    assert isinstance(counter.screen.panel, CashPanel)
    counter.finish(Command.CONFIRM)
    assert counter.screen.is_done


def test_that_a_member_comes_back_to_pay(counter: Counter) -> None:
    lend(counter)
    clock_of(counter.till).now_ms += 31 * DAY_MS
    counter.scan(CARD_WITH_POINTS)
    assert ("contract_overdue", [(15_000, 5_000)]) == (counter.notice, owed(counter))
    panel = counter.press(Command.PARTS).panel
    assert isinstance(panel, PayPanel)
    assert ("50", 5_000) == (panel.suggested, panel.overdue_minor)
    counter.press(Command.CONFIRM, "nothing")
    assert "not_a_number" == counter.notice
    counter.finish(Command.CONFIRM, "150.01")
    assert "refused" == counter.notice
    bookings = counter.bookings
    counter.finish(Command.CONFIRM, "50")
    assert ("contract_paid", bookings + 1) == (counter.notice, counter.bookings)
    counter.scan(CARD_WITH_POINTS)
    counter.press(Command.PARTS)
    counter.press(Command.CONFIRM, "100", "4111 1111 1111 1111")
    assert "reference_is_card" == counter.notice
    counter.finish(Command.CONFIRM, "100", "T-2")
    assert "contract_ended" == counter.notice
    counter.scan(CARD_WITH_POINTS)
    counter.press(Command.PARTS)
    assert "no_contract" == counter.notice


def test_that_keys_and_panels_show_it(till: Till, open_window: OpenWindow) -> None:
    hands = open_window(till)
    hands.scan(COAT, CARD_WITH_POINTS)
    hands.type("", Key.Key_PageDown)
    assert any(text.startswith("until ") for text in hands.words())
    hands.type("", Key.Key_Return)
    assert any("In parts" in text and "150.00" in text for text in hands.words())
    hands.finish()
    hands.scan(CARD_WITH_POINTS)
    assert any("150.00 to pay" in text for text in hands.words())
    hands.type("", Key.Key_PageDown)
    assert "Payment on a contract" in hands.words()
    hands.type("", Key.Key_Return)
    hands.wait(lambda screen: screen.notice is not None and screen.notice.code is NoticeCode.CONTRACT_PAID)


def test_that_the_key_for_a_cause_is_a_button_of_its_own(open_sample: OpenTill, open_window: OpenWindow) -> None:
    charity = parse_programme(preset_text("charity"), source="charity.toml")
    hands = open_window(open_sample(programmes=[charity]))
    hands.scan(VITAMIN)
    hands.type("", Key.Key_Plus)
    assert "Planting trees" in [line.name for line in hands.screen.lines]
    assert "Round up" in hands.words()
