import subprocess
import sys

import pytest

from devices.sounder import Tone
from tests.ui.sale.counter import Counter
from ui.gallery.shop import (
    CARD_BLOCKED,
    CARD_WITH_BIRTHDAY,
    CARD_WITH_POINTS,
    CODE_OF_NOTHING,
    PLASTERS,
    ROSEHIP,
    ROSEHIP_245_G,
    TOOTHPASTE,
    VITAMIN,
)
from ui.keys import Command
from ui.sale.screen import Level, VoidPanel

GTIN_OF_VITAMIN = f"01{VITAMIN:0>14}"


def test_that_the_presenter_does_not_need_qt() -> None:
    code = "import sys, ui.sale.presenter; sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


# Scanning --------------------------------------------------------------------------------------------------------------


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
        (CODE_OF_NOTHING, "scan.unknown_product"),
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
    screen = counter.scan(CODE_OF_NOTHING, PLASTERS, PLASTERS)
    assert screen.problem is not None
    assert screen.problem.ignored_scans == 2
    assert screen.lines == ()
    assert counter.tones == [Tone.ERROR] * 3


@pytest.mark.parametrize("command", [command for command in Command if command is not Command.BACK])
def test_that_no_other_key_closes_a_message(counter: Counter, command: Command) -> None:
    counter.scan(PLASTERS, CODE_OF_NOTHING)
    counter.press(command, "5", "5")
    assert counter.problem == "scan.unknown_product"


def test_that_its_key_closes_a_message_and_scanning_goes_on(counter: Counter) -> None:
    counter.scan(CODE_OF_NOTHING)
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


# Quantity, price, lines ------------------------------------------------------------------------------------------------


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


# Members ---------------------------------------------------------------------------------------------------------------


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
