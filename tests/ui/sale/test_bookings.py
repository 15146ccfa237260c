import pytest

from devices.sounder import Tone
from pos_app.model.receipts import PaymentKind
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till
from storage.sales import find_sale_by_event
from tests.ui.conftest import OpenTill
from tests.ui.sale.counter import Counter
from ui.gallery.shop import (
    CARD_FRESH,
    CARD_WITH_POINTS,
    PLASTERS,
    TOOTHPASTE,
    VITAMIN,
    sample_settings,
)
from ui.keys import Command
from ui.sale.presenter import ACTIONS_WAITING_MAX
from ui.sale.screen import EnrolPanel, ForeignPanel


def sales_count(till: Till) -> int:
    count: int = till.database.reader().exec_driver_sql("SELECT count(*) FROM sale").scalar_one()
    return count


# Booking ---------------------------------------------------------------------------------------------------------------


def test_that_keys_while_a_sale_is_booked_book_nothing_twice(member: Counter) -> None:
    before = sales_count(member.till)
    member.press(Command.CASH)
    member.press(Command.CONFIRM)
    for command in (Command.CONFIRM, Command.CASH, Command.CONFIRM, Command.BACK, Command.REMOVE):
        assert member.press(command).commands == frozenset()
    member.patience.deliver()
    assert (member.problem, member.screen.is_done) == ("", True)
    assert sales_count(member.till) == before + 1
    assert member.bookings == 1


def test_that_scans_while_a_sale_is_booked_begin_the_next_one(member: Counter) -> None:
    member.press(Command.CASH)
    member.press(Command.CONFIRM)
    member.scan(PLASTERS, TOOTHPASTE)
    member.patience.deliver()
    screen = member.screen
    assert [PLASTERS, TOOTHPASTE] == [line.product_code for line in screen.lines]
    assert screen.receipt is not None
    assert len(screen.receipt.sale.quote.lines) == 6


def test_that_keys_while_a_card_is_enrolled_go_on_with_the_sale(counter: Counter) -> None:
    counter.scan(PLASTERS, CARD_FRESH)
    counter.press(Command.CONFIRM)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM, "50")
    counter.patience.deliver()
    counter.patience.deliver()
    receipt = counter.screen.receipt
    assert receipt is not None
    assert receipt.sale.member is not None
    assert CARD_FRESH == receipt.sale.member.card_number


def test_that_scans_are_not_kept_without_end(member: Counter) -> None:
    member.press(Command.CASH)
    member.press(Command.CONFIRM)
    member.scan(*[PLASTERS] * (ACTIONS_WAITING_MAX + 3))
    assert member.tones[-3:] == [Tone.ERROR] * 3
    member.patience.deliver()
    assert len(member.screen.lines) == ACTIONS_WAITING_MAX


def test_that_a_sale_that_cannot_be_saved_keeps_the_basket_and_can_be_finished_later(member: Counter) -> None:
    before = sales_count(member.till)
    member.till.database.write(_leave_no_room)
    member.press(Command.CASH)
    lines = member.screen.lines
    screen = member.finish(Command.CONFIRM, "50")
    assert member.problem == "storage.full"
    assert lines == screen.lines
    member.press(Command.BACK)
    assert member.finish(Command.CONFIRM, "50").is_done
    assert sales_count(member.till) == before + 1


def _leave_no_room(connection: "object") -> None:
    """Let the database grow no further, as on a full disk; holds until the connection is replaced."""
    connection.exec_driver_sql("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]


def test_that_a_sale_that_was_booked_all_the_same_is_not_booked_again(member: Counter) -> None:
    basket = member.presenter._desk.basket
    member.till.close_sale(basket, (Tender(PaymentKind.CASH, 3155),)).result()
    member.press(Command.CASH)
    screen = member.finish(Command.CONFIRM)
    assert member.problem == "sale.already_booked"
    assert screen.lines == ()


def test_that_a_bug_is_shown_logged_and_keeps_the_basket(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    counter = Counter(till, booked=fail)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    counter.finish(Command.CONFIRM)
    assert counter.problem == "program.surprise"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    caplog.clear()


# Enrolling -------------------------------------------------------------------------------------------------------------


def test_that_a_fresh_card_and_enter_enrol(counter: Counter) -> None:
    counter.scan(VITAMIN)
    assert counter.scan(CARD_FRESH).panel == EnrolPanel(CARD_FRESH, "silver")
    screen = counter.finish(Command.CONFIRM)
    assert screen.panel is None
    assert screen.member is not None
    assert (screen.member.card_number, screen.member.earns_units) == (CARD_FRESH, 103)
    assert counter.till.find_member(CARD_FRESH) is not None


def test_that_name_and_phone_are_kept(counter: Counter) -> None:
    counter.scan(CARD_FRESH)
    counter.finish(Command.CONFIRM, " Ana  Kovač ", "+385 1 234")
    member = counter.till.find_member(CARD_FRESH)
    assert member is not None
    assert (member.name, member.phone) == ("Ana Kovač", "+385 1 234")


def test_that_a_bad_phone_is_said_and_the_panel_stays(counter: Counter) -> None:
    counter.scan(CARD_FRESH)
    screen = counter.finish(Command.CONFIRM, "Ana", "call me")
    assert isinstance(screen.panel, EnrolPanel)
    assert screen.notice is not None
    assert screen.notice.error_code == "enrol.phone"


def test_that_goods_scanned_beside_a_new_card_leave_it_waiting(counter: Counter) -> None:
    counter.scan(CARD_FRESH)
    screen = counter.scan(VITAMIN)
    assert isinstance(screen.panel, EnrolPanel)
    assert len(screen.lines) == 1
    assert counter.press(Command.BACK).panel is None


# Beside a fiscal till --------------------------------------------------------------------------------------------------


@pytest.fixture
def beside(open_sample: OpenTill) -> Counter:
    return Counter(open_sample(sample_settings(mode="beside")))


def test_that_a_typed_total_is_a_line_beside_a_till(beside: Counter) -> None:
    screen = beside.press(Command.AMOUNT, "84,90")
    assert [("Goods", 8490, 0)] == [(line.name, line.amount_minor, line.burn_minor) for line in screen.lines]
    assert screen.totals.discount_minor == 0
    assert Command.CASH not in screen.commands


def test_that_beside_a_till_the_discount_to_key_is_shown_and_its_receipt_wanted(beside: Counter) -> None:
    beside.press(Command.AMOUNT, "84.90")
    beside.scan(CARD_WITH_POINTS)
    beside.press(Command.POINTS)
    beside.press(Command.CONFIRM, "900")
    assert beside.press(Command.FINISH).panel == ForeignPanel(900, 7590)
    assert not beside.finish(Command.CONFIRM, " ").is_done
    assert beside.notice == "foreign_missing"
    receipt = beside.finish(Command.CONFIRM, "F-4711").receipt
    assert receipt is not None
    stored = find_sale_by_event(beside.till.database.reader(), receipt.sale.event_id)
    assert stored is not None
    assert (stored.head.foreign_receipt, stored.head.mode, stored.head.burn_units) == ("F-4711", "beside", 900)


@pytest.mark.parametrize(("text", "notice"), [("", "type_amount_first"), ("0", "not_a_number")])
def test_that_an_amount_must_be_typed_first(beside: Counter, text: str, notice: str) -> None:
    beside.press(Command.AMOUNT, text)
    assert notice == beside.notice


def test_that_a_till_of_its_own_takes_no_amounts(counter: Counter) -> None:
    assert counter.press(Command.AMOUNT, "84.90").lines == ()


# Printing --------------------------------------------------------------------------------------------------------------


class Paper:
    """A print queue that remembers; its previews fail when they are told to."""

    def __init__(self) -> None:
        self.last: str | None = None
        self.copies: list[str] = []
        self.is_broken = False

    def reprint(self, event_id: str) -> None:
        self.copies.append(event_id)

    def preview(self, event_id: str) -> str:
        self.last = event_id
        if self.is_broken:
            raise LookupError(event_id)
        return "paper"

    def last_receipt(self) -> str | None:
        return self.last


def test_that_the_receipt_is_shown_once_it_is_rendered(till: Till) -> None:
    counter = Counter(till, Paper())
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    receipt = counter.finish(Command.CONFIRM).receipt
    assert receipt is not None
    assert receipt.preview == "paper"


def test_that_one_key_prints_the_last_receipt_again(till: Till) -> None:
    paper = Paper()
    counter = Counter(till, paper)
    counter.finish(Command.COPY)
    assert counter.notice == "no_receipt"
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    receipt = counter.finish(Command.CONFIRM).receipt
    counter.finish(Command.COPY)
    assert counter.notice == "copy_queued"
    assert receipt is not None
    assert [receipt.sale.event_id] == paper.copies


def test_that_a_receipt_that_cannot_be_shown_does_not_stop_the_line(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    paper = Paper()
    paper.is_broken = True
    counter = Counter(till, paper)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    assert counter.finish(Command.CONFIRM).is_done
    assert counter.problem == ""
    assert "LookupError" in caplog.text
    caplog.clear()


def test_that_without_a_printer_there_is_nothing_to_copy(counter: Counter) -> None:
    counter.press(Command.COPY)
    assert counter.notice == "no_receipt"
