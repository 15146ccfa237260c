"""What keys and scans do while goods come back, without Qt: a real till, a real database."""

from typing import Any

import msgspec
import pytest

from devices.barcodes import ClaimScan
from devices.sounder import Tone
from pos_app.model.receipts import PaymentKind
from pos_app.model.staff import Role, StaffMember
from pos_app.protocol.claims import CHECK_BYTES, Claim, claim_code
from pos_app.protocol.events import SaleEvent, decode_body, encode_body
from pos_app.settings import Hq
from pos_app.use_cases import staff_changes
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till
from pos_app.use_cases.unseen_returning import unseen_goods
from pos_app.use_cases.views import BasketLine
from storage import journal, staff
from storage.foreign_receipts import ForeignReceipt, keep_foreign
from tests.ui.conftest import OpenTill
from tests.ui.returns.counter import Counter
from ui.gallery.shop import (
    AMOXICILLIN,
    CARD_WITH_POINTS,
    CODE_OF_NOTHING,
    PLASTERS,
    ROSEHIP_245_G,
    SUN_CREAM,
    TOOTHPASTE,
    VITAMIN,
    sample_settings,
)
from ui.keys import Command
from ui.returns.numbers import receipt_in, receipt_number_of
from ui.returns.screen import GivePanel, Stage
from ui.sale.screen import ApprovalPanel

UNKNOWN = "777-01-0000123"
ANOTHER = "018f0000-0000-7000-8000-00000000000e"


def sell(till: Till, *codes: str, card: str = "", by_card: bool = False, **pieces: int) -> str:
    """Sell one of each, or as many as are named; gives the receipt's number."""
    products = [till.find_product(code) for code in codes]
    lines = tuple(
        BasketLine(product, 245 if product.sold_by_weight else 1000 * pieces.get(f"line_{number}", 1))
        for number, product in enumerate(products, start=1)
        if product is not None
    )
    member = till.find_member(card) if card else None
    basket = msgspec.structs.replace(till.open_basket(), lines=lines, member=member)
    due_minor = till.quote(basket).to_pay_minor
    tender = Tender(PaymentKind.CARD, due_minor, "T-1") if by_card else Tender(PaymentKind.CASH, due_minor)
    tenders = () if till.settings.till.mode == "beside" else (tender,)
    return till.close_sale(basket, tenders, foreign_receipt="F-1").result().receipt_number


@pytest.fixture
def number(till: Till) -> str:
    """A receipt of a member: three plasters and a sun cream."""
    return sell(till, PLASTERS, SUN_CREAM, card=CARD_WITH_POINTS, line_1=3)


@pytest.fixture
def counter(till: Till) -> Counter:
    return Counter(till)


def test_that_a_receipt_is_found_by_scan_and_by_typing(counter: Counter, number: str) -> None:
    assert Stage.ASKING is counter.open().stage
    assert Stage.CHOOSING is counter.scan(number).stage
    assert (number, 0) == (counter.screen.number, counter.screen.marked)
    assert [3000, 1000] == [row.bought_milli for row in counter.screen.rows]
    assert Stage.CHOOSING is counter.open(number).stage
    counter.open()
    assert Stage.CHOOSING is counter.press(Command.CONFIRM, number.replace("-", "")).stage


def test_that_scanning_goods_chooses_them_piece_by_piece(counter: Counter, number: str) -> None:
    counter.open(number)
    counter.scan(PLASTERS, PLASTERS, SUN_CREAM)
    assert {1: 2000, 2: 1000} == counter.chosen
    assert 2 * 299 + 1850 == counter.screen.figures.paid_back_minor
    assert 1 == counter.screen.marked
    counter.scan(SUN_CREAM)
    assert ("all_back", {1: 2000, 2: 1000}) == (counter.notice, counter.chosen)
    counter.scan(VITAMIN)
    assert "not_on_receipt" == counter.notice


def test_that_equal_lines_are_filled_one_after_the_other_and_weighed_goods_come_whole(till: Till) -> None:
    counter = Counter(till)
    code = next(
        row[0] for row in till.database.reader().exec_driver_sql("SELECT code FROM product WHERE sold_by_weight")
    )
    counter.open(sell(till, TOOTHPASTE, TOOTHPASTE, code))
    counter.scan(TOOTHPASTE, TOOTHPASTE, ROSEHIP_245_G)
    assert {1: 1000, 2: 1000, 3: 245} == counter.chosen
    counter.scan(TOOTHPASTE)
    assert "all_back" == counter.notice


def test_that_the_code_for_points_on_the_paper_names_the_receipt_too(till: Till, counter: Counter, number: str) -> None:
    terminal = till.database.read(journal.read_terminal)
    claim = Claim(
        terminal_number=terminal.terminal_number,
        incarnation=terminal.incarnation,
        seq=terminal.last_seq,
        event_id=till.open_basket().event_id,
        account_check=bytes(CHECK_BYTES),
        earned_units=1,
        burned_units=0,
    )
    counter.open()
    counter.scan(f"]Q1{claim_code(claim, bytes(32))}")
    assert (Stage.CHOOSING, number) == (counter.screen.stage, counter.screen.number)
    assert ("", "") == receipt_in(ClaimScan("POSCX"))


@pytest.mark.parametrize(
    ("scanned", "notice"), [(CARD_WITH_POINTS, "no_card_here"), ("\x01", "unreadable"), (UNKNOWN, "other_receipt")]
)
def test_that_what_is_not_on_the_receipt_is_said(counter: Counter, number: str, scanned: str, notice: str) -> None:
    counter.open(number)
    counter.scan(PLASTERS, scanned)
    assert (notice, {1: 1000}) == (counter.notice, counter.chosen)


def test_that_keys_choose_a_line_all_of_it_or_a_number(counter: Counter, number: str) -> None:
    counter.open(number)
    counter.press(Command.CONFIRM)
    assert {1: 3000} == counter.chosen
    counter.press(Command.CONFIRM)
    assert {} == counter.chosen
    counter.press(Command.DOWN)
    counter.press(Command.CONFIRM)
    assert {2: 1000} == counter.chosen
    counter.press(Command.UP)
    counter.press(Command.UP)
    counter.press(Command.QUANTITY, "2")
    assert {1: 2000, 2: 1000} == counter.chosen
    counter.press(Command.QUANTITY, "0")
    assert {2: 1000} == counter.chosen
    counter.press(Command.RETURNS)
    assert {1: 3000, 2: 1000} == counter.chosen
    counter.press(Command.REMOVE)
    assert {2: 1000} == counter.chosen
    counter.presenter.mark(1)
    counter.press(Command.REMOVE)
    assert {} == counter.chosen


@pytest.mark.parametrize(
    ("typed", "notice"),
    [("4", "at_most"), ("x", "not_a_number"), ("", "type_quantity_first"), ("0.5", "by_the_piece")],
)
def test_that_a_quantity_that_cannot_come_back_is_said(counter: Counter, number: str, typed: str, notice: str) -> None:
    counter.open(number)
    counter.press(Command.QUANTITY, typed)
    assert (notice, {}) == (counter.notice, counter.chosen)


def test_that_money_points_and_paper_come_back(till: Till, number: str) -> None:
    printing = PrintQueue(till, None, lambda _problem: None)
    counter = Counter(till, printing)
    counter.open(number)
    counter.press(Command.RETURNS)
    figures = counter.screen.figures
    assert (2747, False, True) == (figures.paid_back_minor, figures.by_card, figures.has_account)
    assert figures.clawed_back_units > 0
    assert GivePanel(2747, by_card=False, is_beside=False) == counter.press(Command.CASH).panel
    counter.press(Command.CONFIRM)
    done = counter.screen.done
    assert done is not None
    assert (Stage.DONE, 1, 2747) == (counter.screen.stage, counter.bookings, done.figures.paid_back_minor)
    assert figures.clawed_back_units == done.figures.clawed_back_units
    assert number in done.preview
    counter.scan(VITAMIN)
    assert [VITAMIN] == counter.left
    counter.press(Command.CONFIRM)
    counter.press(Command.BACK)
    counter.press(Command.CONFIRM, SUN_CREAM)
    assert [VITAMIN, "", "", SUN_CREAM] == counter.left


def test_that_all_back_is_back(counter: Counter, number: str) -> None:
    counter.open(number)
    counter.press(Command.RETURNS)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    counter.open(number)
    assert [0, 0] == [row.left_milli for row in counter.screen.rows]
    counter.press(Command.RETURNS)
    assert "all_back" == counter.notice
    counter.press(Command.CONFIRM)
    assert "all_back" == counter.notice
    counter.press(Command.CASH)
    assert ("nothing_chosen", None) == (counter.notice, counter.screen.panel)


def test_that_a_card_gets_its_money_back_with_a_reference(till: Till, counter: Counter) -> None:
    counter.open(sell(till, SUN_CREAM, by_card=True))
    counter.press(Command.CONFIRM)
    assert counter.screen.figures.by_card
    counter.press(Command.CASH)
    assert {Command.CONFIRM, Command.BACK, Command.CARD} == counter.screen.commands
    counter.press(Command.CARD)
    assert GivePanel(1850, by_card=True, is_beside=False) == counter.screen.panel
    counter.press(Command.CONFIRM, " ")
    assert "reference_missing" == counter.notice
    counter.press(Command.CONFIRM, "4111 1111 1111 1111")
    assert "reference_is_card" == counter.notice
    counter.press(Command.QUANTITY, "1")
    assert "panel_open" == counter.notice
    counter.scan(SUN_CREAM)
    assert "panel_open" == counter.notice
    counter.press(Command.BACK)
    assert None is counter.screen.panel
    counter.press(Command.CARD)
    counter.press(Command.CONFIRM, "T-77")
    assert counter.screen.done is not None
    assert counter.screen.done.by_card
    rows = (
        till.database.reader().exec_driver_sql("SELECT kind, amount_minor FROM payment WHERE reference = 'T-77'").all()
    )
    assert [("card", 1850)] == [tuple(row) for row in rows]


def test_that_beside_a_fiscal_till_the_money_goes_back_there(open_sample: OpenTill) -> None:
    till = open_sample(sample_settings(mode="beside"))
    counter = Counter(till)
    counter.open(sell(till, SUN_CREAM))
    counter.press(Command.CONFIRM)
    assert Command.FINISH in counter.screen.commands
    assert Command.CASH not in counter.screen.commands
    counter.press(Command.FINISH)
    assert GivePanel(1850, by_card=False, is_beside=True) == counter.screen.panel
    counter.press(Command.CARD)
    assert "panel_open" == counter.notice
    counter.press(Command.CONFIRM)
    assert Stage.DONE is counter.screen.stage


def test_that_a_receipt_that_nobody_can_show_says_what_can_be_done(counter: Counter, number: str) -> None:
    counter.open(UNKNOWN)
    unknown = counter.screen.unknown
    assert unknown is not None
    assert (Stage.UNKNOWN, UNKNOWN, "not_asked") == (counter.screen.stage, unknown.number, unknown.word)
    assert Stage.CHOOSING is counter.scan(number).stage
    counter.open(UNKNOWN)
    assert Stage.ASKING is counter.press(Command.BACK).stage
    assert [] == counter.left
    counter.press(Command.BACK)
    assert [""] == counter.left


def test_that_goods_come_back_without_the_receipt(till: Till, counter: Counter) -> None:
    counter.open(UNKNOWN)
    assert Stage.UNSEEN is counter.press(Command.RETURNS).stage
    counter.press(Command.QUANTITY, "2")
    assert "nothing_chosen" == counter.notice
    counter.press(Command.PRICE, "2")
    assert "nothing_chosen" == counter.notice
    counter.press(Command.REMOVE)
    assert "nothing_chosen" == counter.notice
    counter.scan(PLASTERS, PLASTERS, ROSEHIP_245_G, SUN_CREAM)
    assert [(2000, 598), (245, 355), (1000, 1850)] == [
        (row.chosen_milli, row.refund_minor) for row in counter.screen.rows
    ]
    counter.press(Command.PRICE, "15")
    counter.scan(SUN_CREAM)
    counter.press(Command.CONFIRM)
    assert [1500, 1850] == [row.refund_minor for row in counter.screen.rows][2:]
    counter.press(Command.REMOVE)
    assert 2 == counter.screen.marked
    figures = counter.screen.figures
    assert (2453, True) == (figures.paid_back_minor, figures.is_unseen)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    assert (Stage.DONE, 1) == (counter.screen.stage, counter.bookings)
    rows = till.database.reader().exec_driver_sql("SELECT sale_receipt_number, refund_minor FROM unseen_line").all()
    assert [(UNKNOWN, 598), (UNKNOWN, 355), (UNKNOWN, 1500)] == [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("command", "typed", "notice"),
    [
        (Command.QUANTITY, "0.5", "by_the_piece"),
        (Command.QUANTITY, "99999999", "out_of_range"),
        (Command.QUANTITY, "0", "out_of_range"),
        (Command.PRICE, "3", "not_above_today"),
        (Command.PRICE, "x", "not_a_number"),
        (Command.PRICE, "", "type_price_first"),
    ],
)
def test_that_what_cannot_be_given_without_the_receipt_is_said(
    counter: Counter, command: Command, typed: str, notice: str
) -> None:
    counter.open(UNKNOWN)
    counter.press(Command.RETURNS)
    counter.scan(PLASTERS)
    counter.press(command, typed)
    assert (notice, [(1000, 299)]) == (
        counter.notice,
        [(row.chosen_milli, row.refund_minor) for row in counter.screen.rows],
    )


def test_that_unknown_and_unweighed_goods_are_not_taken_without_the_receipt(counter: Counter, till: Till) -> None:
    counter.open(UNKNOWN)
    counter.press(Command.RETURNS)
    counter.scan(CODE_OF_NOTHING)
    assert "unknown_product" == counter.notice
    code = next(
        row[0] for row in till.database.reader().exec_driver_sql("SELECT code FROM product WHERE sold_by_weight")
    )
    counter.press(Command.CONFIRM, code)
    assert ("weigh_first", ()) == (counter.notice, counter.screen.rows)
    for one in [PLASTERS, SUN_CREAM] * 50:
        counter.presenter.scan(one)
    counter.scan(PLASTERS)
    assert "lines_full" == counter.notice


def test_that_what_came_back_unseen_is_said_when_the_receipt_is_shown(
    till: Till, counter: Counter, number: str
) -> None:
    product = till.find_product(PLASTERS)
    assert product is not None
    till.return_unseen(number, (unseen_goods(product),)).result()
    counter.open(number)
    notice: Any = counter.screen.notice
    assert ("back_unseen", f"1 × {product.name}") == (counter.notice, notice.values["goods"])
    till.return_unseen(UNKNOWN, (unseen_goods(product, quantity_milli=3000),)).result()
    unknown = counter.open(UNKNOWN).unknown
    assert unknown is not None
    assert f"3 × {product.name}" == unknown.back
    counter.press(Command.RETURNS)
    assert "back_unseen" == counter.notice


def test_that_of_two_receipts_of_one_number_the_next_is_shown_when_it_is_scanned_again(
    till: Till, counter: Counter, number: str
) -> None:
    connection = till.database.reader()
    body = connection.exec_driver_sql(
        "SELECT body FROM event JOIN sale USING (event_id) WHERE receipt_number = ?", (number,)
    ).scalar_one()
    sold = decode_body(body)
    assert isinstance(sold, SaleEvent)
    first = msgspec.structs.replace(sold, event_id=ANOTHER, lines=sold.lines[:1])
    shown = ForeignReceipt(ANOTHER, number, encode_body(first), (), asked_at_ms=0)
    till.database.write(lambda c: keep_foreign(c, shown))

    lines = [len(counter.open(number).rows), len(counter.scan(number).rows), len(counter.scan(number).rows)]
    assert ("same_number", [1, 2, 1]) == (counter.notice, lines)
    counter.scan(number)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    assert Stage.DONE is counter.screen.stage
    returned = "SELECT sale_event_id FROM sale WHERE kind = 'return' ORDER BY event_id DESC"
    assert sold.event_id == till.database.reader().exec_driver_sql(returned).scalar()


def test_that_headquarters_that_does_not_answer_is_said(open_sample: OpenTill) -> None:
    settings = sample_settings()
    away = msgspec.structs.replace(
        settings,
        till=msgspec.structs.replace(settings.till, authority="hq"),
        hq=Hq(url="http://127.0.0.1:9"),
    )
    till = open_sample(away)
    till.database.write(lambda c: c.exec_driver_sql("UPDATE terminal SET hq_public_key = zeroblob(32)").rowcount)
    counter = Counter(till)
    counter.open(sell(till, SUN_CREAM))
    assert ("hq_away", Stage.CHOOSING) == (counter.notice, counter.screen.stage)
    counter.open(UNKNOWN)
    assert counter.screen.unknown is not None
    assert "away" == counter.screen.unknown.word


def test_that_a_receipt_of_a_return_stops_the_line(counter: Counter, number: str) -> None:
    counter.open(number)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    assert counter.screen.done is not None
    counter.open(counter.screen.done.receipt_number)
    assert ("return.is_return", Stage.ASKING) == (counter.problem, counter.screen.stage)
    counter.scan(PLASTERS)
    counter.press(Command.CONFIRM)
    assert counter.screen.problem is not None
    assert 1 == counter.screen.problem.ignored_scans
    assert {Command.BACK} == counter.screen.commands
    counter.press(Command.BACK)
    assert "" == counter.problem


def test_that_what_came_back_meanwhile_is_refused_and_said(till: Till, counter: Counter, number: str) -> None:
    counter.open(number)
    counter.scan(SUN_CREAM)
    till.return_goods(number, {2: 1000}).result()
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    assert ("return.quantity", None, 0) == (counter.problem, counter.screen.panel, counter.bookings)


def test_that_confirming_twice_books_once(till: Till, counter: Counter, number: str) -> None:
    counter.open(number)
    counter.scan(SUN_CREAM)
    counter.press(Command.CASH)
    counter.presenter.command(Command.CONFIRM)
    assert frozenset() == counter.screen.commands
    counter.presenter.command(Command.CONFIRM)
    counter.presenter.scan(PLASTERS)
    counter.patience.deliver()
    assert (Stage.DONE, 1) == (counter.screen.stage, counter.bookings)
    assert 1 == till.database.reader().exec_driver_sql("SELECT count(*) FROM sale WHERE kind = 'return'").scalar()


def test_that_going_back_while_looking_forgets_the_search(counter: Counter, number: str) -> None:
    counter.open()
    counter.presenter.scan(number)
    assert (Stage.LOOKING, "looking") == (counter.screen.stage, counter.notice)
    counter.presenter.scan(PLASTERS)
    counter.presenter.command(Command.BACK)
    assert [""] == counter.left
    counter.presenter.open()
    counter.patience.deliver()
    assert Stage.ASKING is counter.screen.stage


def test_that_anything_but_a_receipt_is_answered_by_a_hint(counter: Counter) -> None:
    counter.open()
    counter.scan(PLASTERS)
    assert "scan_receipt" == counter.notice
    counter.press(Command.CASH)
    assert "scan_receipt" == counter.notice
    counter.press(Command.DOWN)
    counter.open(UNKNOWN)
    counter.press(Command.CASH)
    assert Tone.ATTENTION is counter.tones[-1]


def test_that_a_manager_allows_goods_without_a_receipt(till: Till) -> None:
    staff_changes.add(till, "mo", name="Mo", role=Role.MANAGER, pin="493817")
    cashier = StaffMember("anna", "Anna", Role.CASHIER)
    till.database.write(lambda connection: staff.put_staff(connection, cashier, utc_ms=1))
    till.attendance.member = cashier
    counter = Counter(till)
    counter.open(UNKNOWN)
    counter.press(Command.RETURNS)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    panel = counter.screen.panel
    assert isinstance(panel, ApprovalPanel)
    assert ["mo"] == [person.staff_ref for person in panel.people]
    counter.scan(PLASTERS)
    assert "approve_first" == counter.notice
    counter.presenter.choose(0)
    counter.presenter.tick()
    counter.press(Command.BACK)
    assert isinstance(counter.screen.panel, GivePanel)
    counter.press(Command.CONFIRM)
    counter.press(Command.CONFIRM, "493817")
    assert (Stage.DONE, 1) == (counter.screen.stage, counter.bookings)
    audit = till.database.reader().exec_driver_sql(
        "SELECT staff_ref, approver_ref FROM audit WHERE action = 'return_unseen'"
    )
    assert [("anna", "mo")] == [tuple(row) for row in audit]


@pytest.mark.expects_log("the returns screen met a bug")
def test_that_a_bug_is_said_and_ends_nothing(till: Till, number: str) -> None:
    def fail() -> None:
        raise ValueError

    counter = Counter(till, booked=fail)
    counter.open(number)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    assert ("program.surprise", Stage.DONE) == (counter.problem, counter.screen.stage)


class _NoPaper:
    def preview(self, _event_id: str) -> str:
        raise ValueError


@pytest.mark.expects_log("could not be shown: ValueError")
def test_that_a_receipt_that_cannot_be_drawn_stops_nothing(till: Till, number: str) -> None:
    counter = Counter(till, _NoPaper())
    counter.open(number)
    counter.scan(PLASTERS)
    counter.press(Command.CASH)
    counter.press(Command.CONFIRM)
    assert counter.screen.done is not None
    assert ("", "") == (counter.problem, counter.screen.done.preview)


def test_that_regulated_goods_come_back_like_others(till: Till, counter: Counter) -> None:
    counter.open(sell(till, AMOXICILLIN, card=CARD_WITH_POINTS))
    counter.press(Command.CONFIRM)
    figures = counter.screen.figures
    assert (640, 0) == (figures.paid_back_minor, figures.clawed_back_units)


def test_that_a_number_is_understood_however_it_is_typed() -> None:
    typed = ["001010000123", "001 01 0000123", "001-01-0000123", " A-7 "]
    assert ["001-01-0000123"] * 3 + ["A-7"] == [receipt_number_of(text) for text in typed]
