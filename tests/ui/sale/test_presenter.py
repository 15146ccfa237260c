import subprocess
import sys

import msgspec
import pytest

from devices.sounder import Tone
from pos_app.model.receipts import PaymentKind
from pos_app.settings import CurrencySettings
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till
from storage.sales import find_sale_by_event
from tests.ui.conftest import OpenTill
from tests.ui.sale.counter import Counter
from ui.gallery.shop import (
    CARD_BLOCKED,
    CARD_FRESH,
    CARD_WITH_BIRTHDAY,
    CARD_WITH_POINTS,
    CODES,
    ean13,
    sample_programmes,
    sample_settings,
)
from ui.keys import Command
from ui.sale.presenter import SCANS_WAITING_MAX
from ui.sale.screen import BurnPanel, CardPanel, CashPanel, EnrolPanel, ForeignPanel, Level, VoidPanel

VITAMIN, IBUPROFEN, AMOXICILLIN, SUN_CREAM, TOOTHPASTE, PLASTERS, MONITOR, ROSEHIP = CODES
UNKNOWN = ean13("590123412345")
ROSEHIP_245_G = ean13("211234500245")
GTIN_OF_VITAMIN = f"01{VITAMIN:0>14}"


@pytest.fixture
def counter(till: Till) -> Counter:
    return Counter(till)


@pytest.fixture
def member(counter: Counter) -> Counter:
    """A basket of 31.55 with a member of 997 points."""
    counter.scan(VITAMIN, IBUPROFEN, AMOXICILLIN, ROSEHIP_245_G, TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)
    return counter


def sales_count(till: Till) -> int:
    count: int = till.database.reader().exec_driver_sql("SELECT count(*) FROM sale").scalar_one()
    return count


def test_that_the_presenter_does_not_need_qt() -> None:
    code = "import sys, ui.sale.presenter; sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


# Scanning -----------------------------------------------------------------------------------------------------------------


def test_that_a_scan_adds_a_line_at_the_end_and_marks_it(counter: Counter) -> None:
    screen = counter.scan(VITAMIN, PLASTERS)
    assert [VITAMIN, PLASTERS] == [line.product_code for line in screen.lines]
    assert screen.marked == 1
    assert screen.totals.to_pay_minor == 1290 + 299
    assert counter.tones == [Tone.OK, Tone.OK]


def test_that_the_same_item_scanned_twice_is_two_items(counter: Counter) -> None:
    screen = counter.scan(PLASTERS, PLASTERS)
    assert len(screen.lines) == 2
    assert screen.totals.item_count == 2


def test_that_the_basket_is_evaluated_and_shown_once_a_scan(counter: Counter) -> None:
    before = len(counter.tape.screens)
    counter.scan(PLASTERS)
    assert len(counter.tape.screens) == before + 1


def test_that_a_typed_code_counts_as_a_scan(counter: Counter) -> None:
    assert len(counter.press(Command.CONFIRM, f" {PLASTERS} ").lines) == 1


def test_that_enter_on_an_empty_entry_does_nothing(counter: Counter) -> None:
    before = counter.screen
    assert counter.press(Command.CONFIRM, "  ") == before


def test_that_a_weight_in_the_code_is_the_quantity(counter: Counter) -> None:
    screen = counter.scan(ROSEHIP_245_G)
    assert [(245, 355)] == [(line.quantity_milli, line.amount_minor) for line in screen.lines]
    assert screen.totals.item_count == 1


def test_that_a_batch_in_the_code_goes_on_the_line(counter: Counter) -> None:
    assert counter.scan(f"]d2{GTIN_OF_VITAMIN}17270331" + "10LA407").lines[0].batch == "LA407"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (UNKNOWN, "scan.unknown_product"),
        ("5901234123450", "scan.check_digit"),
        ("]E0\x01", "scan.unreadable"),
        ("]d200123456789012345675", "scan.no_product"),
        (f"]d2{GTIN_OF_VITAMIN}17260313", "scan.expired"),
        (ROSEHIP, "scan.weight_missing"),
        ("002-01-0000001", "scan.receipt"),
        (CARD_BLOCKED, "card.blocked"),
    ],
)
def test_that_a_code_that_cannot_be_sold_stops_the_line(counter: Counter, code: str, problem: str) -> None:
    counter.scan(PLASTERS)
    screen = counter.scan(code)
    assert problem == counter.problem
    assert len(screen.lines) == 1
    assert counter.tones[-1] is Tone.ERROR
    assert screen.commands == {Command.BACK}


def test_that_goods_sold_on_their_last_day_pass(counter: Counter) -> None:
    assert len(counter.scan(f"]d2{GTIN_OF_VITAMIN}17260314").lines) == 1


def test_that_scans_under_a_message_are_refused_and_counted(counter: Counter) -> None:
    screen = counter.scan(UNKNOWN, PLASTERS, PLASTERS)
    assert screen.problem is not None
    assert screen.problem.ignored_scans == 2
    assert screen.lines == ()
    assert counter.tones == [Tone.ERROR] * 3


@pytest.mark.parametrize("command", [command for command in Command if command is not Command.BACK])
def test_that_no_other_key_closes_a_message(counter: Counter, command: Command) -> None:
    counter.scan(PLASTERS, UNKNOWN)
    counter.press(command, "5", "5")
    assert counter.problem == "scan.unknown_product"


def test_that_its_key_closes_a_message_and_scanning_goes_on(counter: Counter) -> None:
    counter.scan(UNKNOWN)
    counter.press(Command.BACK)
    assert len(counter.scan(PLASTERS).lines) == 1
    assert counter.problem == ""


def test_that_a_full_basket_stops_the_line(counter: Counter) -> None:
    counter.press(Command.MULTIPLY, "2")
    for _ in range(500):
        counter.presenter.scan(PLASTERS)
    assert counter.problem == ""
    assert len(counter.scan(PLASTERS).lines) == 500
    assert counter.problem == "sale.lines"


# Quantity, price, lines ---------------------------------------------------------------------------------------------------


def test_that_a_number_before_the_scan_multiplies_it_once(counter: Counter) -> None:
    assert counter.press(Command.MULTIPLY, "3").factor_milli == 3000
    screen = counter.scan(PLASTERS, PLASTERS)
    assert [3000, 1000] == [line.quantity_milli for line in screen.lines]
    assert screen.factor_milli is None


def test_that_a_typed_weight_is_the_quantity_of_goods_sold_by_weight(counter: Counter) -> None:
    counter.press(Command.MULTIPLY, "0,3")
    assert counter.scan(ROSEHIP).lines[0].quantity_milli == 300


def test_that_a_weight_in_the_code_is_multiplied(counter: Counter) -> None:
    counter.press(Command.MULTIPLY, "2")
    assert counter.scan(ROSEHIP_245_G).lines[0].quantity_milli == 490


def test_that_a_part_of_a_piece_stops_the_line(counter: Counter) -> None:
    counter.press(Command.MULTIPLY, "1.5")
    counter.scan(PLASTERS)
    assert counter.problem == "sale.quantity_range"


def test_that_esc_forgets_the_multiplier(counter: Counter) -> None:
    counter.press(Command.MULTIPLY, "3")
    assert counter.press(Command.BACK).factor_milli is None


def test_that_a_number_after_the_scan_sets_the_marked_line(counter: Counter) -> None:
    counter.scan(PLASTERS, TOOTHPASTE)
    counter.press(Command.UP)
    screen = counter.press(Command.QUANTITY, "4")
    assert [4000, 1000] == [line.quantity_milli for line in screen.lines]
    assert screen.marked == 0


@pytest.mark.parametrize(
    ("command", "text", "notice"),
    [
        (Command.MULTIPLY, "", "type_quantity_first"),
        (Command.MULTIPLY, "0", "not_a_number"),
        (Command.QUANTITY, "", "type_quantity_first"),
        (Command.QUANTITY, "x", "not_a_number"),
        (Command.QUANTITY, "1.5", "by_the_piece"),
        (Command.QUANTITY, "10001", "out_of_range"),
        (Command.PRICE, "", "type_price_first"),
        (Command.PRICE, "1.005", "not_a_number"),
        (Command.POINTS, "", "no_card"),
        (Command.CARD_OFF, "", "no_card"),
    ],
)
def test_that_what_cannot_be_done_is_said_and_changes_nothing(
    counter: Counter, command: Command, text: str, notice: str
) -> None:
    lines = counter.scan(PLASTERS).lines
    screen = counter.press(command, text)
    assert notice == counter.notice
    assert screen.notice is not None
    assert screen.notice.level is Level.ATTENTION
    assert (lines, None) == (screen.lines, screen.panel)


@pytest.mark.parametrize("command", [Command.QUANTITY, Command.PRICE, Command.REMOVE])
def test_that_without_a_line_there_is_none_to_change(counter: Counter, command: Command) -> None:
    counter.press(command, "2")
    assert counter.notice == "no_line"


@pytest.mark.parametrize("command", [Command.CASH, Command.CARD, Command.POINTS, Command.VOID])
def test_that_an_empty_basket_cannot_be_paid_or_voided(counter: Counter, command: Command) -> None:
    assert counter.press(command).panel is None
    assert counter.notice == "basket_empty"


def test_that_a_price_is_for_the_whole_line(counter: Counter) -> None:
    counter.press(Command.MULTIPLY, "3")
    counter.scan(PLASTERS)
    screen = counter.press(Command.PRICE, "5")
    assert (screen.totals.to_pay_minor, screen.totals.discount_minor) == (500, 397)


def test_that_the_marked_line_is_removed(counter: Counter) -> None:
    counter.scan(PLASTERS, TOOTHPASTE, VITAMIN)
    counter.presenter.mark(1)
    screen = counter.press(Command.REMOVE)
    assert [PLASTERS, VITAMIN] == [line.product_code for line in screen.lines]
    assert screen.marked == 1
    assert counter.press(Command.REMOVE).marked == 0


def test_that_the_mark_stays_inside_the_basket(counter: Counter) -> None:
    counter.scan(PLASTERS, TOOTHPASTE)
    assert counter.press(Command.DOWN).marked == 1
    counter.presenter.mark(7)
    assert counter.screen.marked == 1


def test_that_the_basket_is_voided_by_a_second_key_only(member: Counter) -> None:
    screen = member.press(Command.VOID)
    assert isinstance(screen.panel, VoidPanel)
    assert member.press(Command.CONFIRM).lines == screen.lines
    voided = member.press(Command.REMOVE)
    assert (voided.lines, voided.member, voided.panel) == ((), None, None)
    assert member.notice == "voided"


def test_that_a_card_without_goods_can_be_voided_too(counter: Counter) -> None:
    counter.scan(CARD_WITH_POINTS)
    counter.press(Command.VOID)
    assert counter.press(Command.REMOVE).member is None


# Members ------------------------------------------------------------------------------------------------------------------


def test_that_earning_takes_one_scan_and_no_key(member: Counter) -> None:
    facts = member.screen.member
    assert facts is not None
    assert (facts.name, facts.card_class, facts.balance.available_units) == ("Elena Sokolova", "silver", 997)
    assert facts.earns_units == 152
    assert facts.next_step is not None
    assert not facts.is_birthday


def test_that_a_birthday_is_noted(counter: Counter) -> None:
    facts = counter.scan(CARD_WITH_BIRTHDAY).member
    assert facts is not None
    assert facts.is_birthday


def test_that_the_card_can_be_taken_off(member: Counter) -> None:
    assert member.press(Command.CARD_OFF).member is None
    assert member.notice == "card_taken_off"


def test_that_points_of_one_member_are_not_burned_for_another(member: Counter) -> None:
    member.press(Command.POINTS)
    member.press(Command.CONFIRM, "100")
    assert member.scan(CARD_WITH_POINTS).totals.burn_units == 100
    assert member.scan(CARD_WITH_BIRTHDAY).totals.burn_units == 0
    assert member.notice == ""


# Burning ------------------------------------------------------------------------------------------------------------------


def test_that_burning_takes_one_key_a_number_and_enter(member: Counter) -> None:
    panel = member.press(Command.POINTS).panel
    assert isinstance(panel, BurnPanel)
    assert (panel.burnable_units, panel.burnable_worth_minor, panel.suggested) == (997, 997, "997")
    screen = member.press(Command.CONFIRM, "500")
    assert screen.panel is None
    assert (screen.totals.burn_units, screen.totals.to_pay_minor) == (500, 2655)


def test_that_too_many_points_are_refused_with_the_most_and_the_reason(counter: Counter) -> None:
    counter.scan(PLASTERS, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    screen = counter.press(Command.CONFIRM, "5000")
    assert counter.notice == "burn_too_many"
    assert screen.notice is not None
    assert screen.notice.values == {"most_units": 199}
    assert screen.notice.reason is not None
    assert screen.notice.reason.code == "burn.min_paid"
    assert isinstance(screen.panel, BurnPanel)
    assert screen.panel.suggested == "199"


def test_that_points_are_lowered_when_the_basket_takes_fewer(counter: Counter) -> None:
    counter.scan(PLASTERS, SUN_CREAM, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    counter.press(Command.CONFIRM, "900")
    screen = counter.press(Command.REMOVE)
    assert counter.notice == "burn_lowered"
    assert (screen.totals.burn_units, screen.totals.to_pay_minor) == (199, 100)


def test_that_points_go_in_whole_steps(open_sample: OpenTill) -> None:
    bonuses, ladder = sample_programmes()
    assert bonuses.burning is not None
    stepped = msgspec.structs.replace(bonuses.burning, multiple_points=100)
    in_force = [msgspec.structs.replace(bonuses, burning=stepped), ladder]
    counter = Counter(open_sample(programmes=in_force))
    counter.scan(SUN_CREAM, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    screen = counter.press(Command.CONFIRM, "250")
    assert counter.notice == "burn_steps"
    assert isinstance(screen.panel, BurnPanel)
    assert screen.panel.suggested == "200"
    assert counter.press(Command.CONFIRM, "200").totals.burn_units == 200


def test_that_zero_points_takes_the_burning_back(member: Counter) -> None:
    for number in ("500", "0"):
        member.press(Command.POINTS)
        member.press(Command.CONFIRM, number)
    assert member.screen.totals.burn_units == 0


def test_that_a_panel_wants_its_own_keys_first(member: Counter) -> None:
    panel = member.press(Command.POINTS).panel
    assert panel == member.press(Command.CASH).panel
    assert member.notice == "panel_open"
    assert member.press(Command.BACK).panel is None


def test_that_a_scan_closes_a_panel_and_adds_its_line(member: Counter) -> None:
    member.press(Command.CASH)
    screen = member.scan(PLASTERS)
    assert screen.panel is None
    assert screen.lines[-1].product_code == PLASTERS


# Paying -------------------------------------------------------------------------------------------------------------------


def test_that_enter_alone_takes_the_exact_amount(member: Counter) -> None:
    member.press(Command.CASH)
    screen = member.finish(Command.CONFIRM)
    assert screen.is_done
    assert screen.receipt is not None
    assert screen.receipt.sale.change_minor == 0
    assert member.bookings == 1


def test_that_the_change_is_shown_while_cash_is_typed_and_after(member: Counter) -> None:
    member.press(Command.CASH)
    shown = []
    for text in ("5", "50", "5x"):
        member.presenter.cash_typed(text)
        assert isinstance(member.screen.panel, CashPanel)
        shown.append(member.screen.panel.change_minor)
    assert shown == [None, 5000 - 3155, None]
    receipt = member.finish(Command.CONFIRM, "50").receipt
    assert receipt is not None
    assert receipt.sale.change_minor == 5000 - 3155


@pytest.mark.parametrize(
    ("typed", "notice"), [("31.54", "cash_too_little"), ("73513537", "cash_too_much"), ("x", "not_a_number")]
)
def test_that_cash_that_cannot_be_is_refused(member: Counter, typed: str, notice: str) -> None:
    panel = member.press(Command.CASH).panel
    assert panel == member.finish(Command.CONFIRM, typed).panel
    assert notice == member.notice


def test_that_cash_is_rounded_to_the_smallest_coin(open_sample: OpenTill) -> None:
    settings = msgspec.structs.replace(sample_settings(), currency=CurrencySettings(cash_step_minor=5))
    counter = Counter(open_sample(settings))
    counter.scan(PLASTERS)
    panel = counter.press(Command.CASH).panel
    assert panel == CashPanel(300)
    receipt = counter.finish(Command.CONFIRM, "5").receipt
    assert receipt is not None
    assert receipt.sale.change_minor == 200
    assert [PaymentKind.CASH, PaymentKind.ROUNDING] == [payment.kind for payment in receipt.sale.payments]


def test_that_a_card_pays_all_and_keeps_the_reference(member: Counter) -> None:
    panel = member.press(Command.CARD).panel
    assert panel == CardPanel(3155, "31.55")
    receipt = member.finish(Command.CONFIRM, "31.55", " 002 417 ").receipt
    assert receipt is not None
    assert [(PaymentKind.CARD, 3155, "002 417")] == [
        (p.kind, p.amount_minor, p.reference) for p in receipt.sale.payments
    ]


@pytest.mark.parametrize(
    ("amount", "reference", "notice"),
    [
        ("31.55", "", "reference_missing"),
        ("31.55", "4111 1111 1111 1111", "reference_is_card"),
        ("31.56", "1", "card_too_much"),
        ("0", "1", "card_zero"),
        ("x", "1", "not_a_number"),
    ],
)
def test_that_a_card_payment_that_cannot_be_is_refused(
    member: Counter, amount: str, reference: str, notice: str
) -> None:
    panel = member.press(Command.CARD).panel
    assert panel == member.finish(Command.CONFIRM, amount, reference).panel
    assert notice == member.notice


def test_that_a_part_by_card_leaves_the_rest_for_cash(member: Counter) -> None:
    member.press(Command.CARD)
    screen = member.press(Command.CONFIRM, "20", "002417")
    assert screen.panel == CashPanel(1155, (Tender(PaymentKind.CARD, 2000, "002417"),))
    receipt = member.finish(Command.CONFIRM, "15").receipt
    assert receipt is not None
    assert [(PaymentKind.CARD, 2000), (PaymentKind.CASH, 1155)] == [
        (payment.kind, payment.amount_minor) for payment in receipt.sale.payments
    ]
    assert receipt.sale.change_minor == 345


def test_that_two_cards_can_pay(member: Counter) -> None:
    member.press(Command.CARD)
    member.press(Command.CONFIRM, "20", "1")
    assert isinstance(member.press(Command.CARD).panel, CardPanel)
    receipt = member.finish(Command.CONFIRM, "11.55", "2").receipt
    assert receipt is not None
    assert ["1", "2"] == [payment.reference for payment in receipt.sale.payments]


def test_that_a_part_taken_by_card_is_not_left_by_a_slip(member: Counter) -> None:
    member.press(Command.CARD)
    member.press(Command.CONFIRM, "20", "1")
    lines = member.scan(PLASTERS).lines
    assert len(lines) == 6
    assert member.notice == "card_part_taken"
    assert member.press(Command.BACK).panel is not None
    left = member.press(Command.BACK)
    assert left.panel is None
    assert member.press(Command.CASH).panel == CashPanel(3155)


def test_that_points_as_tender_pay_like_money(open_sample: OpenTill) -> None:
    bonuses, ladder = sample_programmes()
    document = msgspec.to_builtins(bonuses)
    document["burning"] |= {"burn_as": "tender"}
    counter = Counter(open_sample(programmes=[msgspec.convert(document, type(bonuses)), ladder]))
    counter.scan(SUN_CREAM, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    screen = counter.press(Command.CONFIRM, "500")
    assert (screen.totals.burn_worth_minor, screen.totals.to_pay_minor) == (500, 1350)
    counter.press(Command.CASH)
    receipt = counter.finish(Command.CONFIRM).receipt
    assert receipt is not None
    assert [(PaymentKind.POINTS, 500), (PaymentKind.CASH, 1350)] == [
        (payment.kind, payment.amount_minor) for payment in receipt.sale.payments
    ]


def test_that_the_next_scan_starts_the_next_sale(member: Counter) -> None:
    member.press(Command.CASH)
    member.finish(Command.CONFIRM)
    screen = member.scan(PLASTERS)
    assert not screen.is_done
    assert len(screen.lines) == 1
    assert screen.member is None
    assert screen.receipt is not None


def test_that_a_bad_code_after_the_sale_leaves_the_change_on_the_screen(member: Counter) -> None:
    member.press(Command.CASH)
    member.finish(Command.CONFIRM, "50")
    member.scan(UNKNOWN)
    assert member.press(Command.BACK).is_done


# Booking ------------------------------------------------------------------------------------------------------------------


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


def test_that_scans_are_not_kept_without_end(member: Counter) -> None:
    member.press(Command.CASH)
    member.press(Command.CONFIRM)
    member.scan(*[PLASTERS] * (SCANS_WAITING_MAX + 3))
    assert member.tones[-3:] == [Tone.ERROR] * 3
    member.patience.deliver()
    assert len(member.screen.lines) == SCANS_WAITING_MAX


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


# Enrolling ----------------------------------------------------------------------------------------------------------------


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


# Beside a fiscal till -----------------------------------------------------------------------------------------------------


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


# Printing -----------------------------------------------------------------------------------------------------------------


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
