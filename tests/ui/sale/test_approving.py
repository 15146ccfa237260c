"""Signing in and approving, without Qt: what keys and scans do while a PIN is wanted."""

from pathlib import Path

import msgspec
import pytest

from devices.sounder import Tone
from pos_app.model.staff import Permission
from pos_app.use_cases import pins, signing_in, staffing
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.till import Till
from tests.staff import BEN, PINS, WRONG, enter, hire
from tests.ui.conftest import OpenTill, clock_of
from tests.ui.sale.counter import Counter
from tests.ui.sale.test_words import codes_in
from ui.gallery.shop import CARD_FRESH, CARD_WITH_POINTS, PLASTERS, ROSEHIP_245_G, SUN_CREAM, sample_settings
from ui.keys import Command
from ui.sale import approving
from ui.sale.screen import ApprovalPanel, CashPanel, EnrolPanel, SignInPanel, VoidPanel
from ui.sale.words import _PROBLEMS, _REFUSALS

pytestmark = pytest.mark.usefixtures("no_keystore")
NAMES = ["dora", "Anna Kovač", "Cid", "Бен"]


@pytest.fixture
def staffed(till: Till) -> Counter:
    """A counter where nobody has signed in yet."""
    hire(till)
    return Counter(till)


@pytest.fixture
def ben(till: Till) -> Counter:
    """A counter with a cashier at it."""
    hire(till)
    enter(till, "ben")
    return Counter(till)


def sign_in(counter: Counter, name: str, staff_ref: str, pin: str = "") -> None:
    panel = counter.screen.panel
    assert isinstance(panel, SignInPanel | ApprovalPanel)
    counter.presenter.choose([person.name for person in panel.people].index(name))
    counter.finish(Command.CONFIRM, pin or PINS[staff_ref])


def panel_of(counter: Counter) -> SignInPanel | ApprovalPanel:
    panel = counter.screen.panel
    assert isinstance(panel, SignInPanel | ApprovalPanel)
    return panel


def test_that_a_till_without_staff_opens_with_the_sale(till: Till) -> None:
    counter = Counter(till)
    assert (None, "") == (counter.screen.panel, counter.screen.staff_name)
    counter.press(Command.STAFF)
    assert "no_staff" == counter.notice
    counter.presenter.choose(1)
    counter.presenter.tick()
    assert None is counter.screen.panel


def test_that_a_till_with_staff_opens_with_the_sign_in(staffed: Counter) -> None:
    assert NAMES == [person.name for person in panel_of(staffed).people]
    assert {Command.CONFIRM, Command.UP, Command.DOWN} == staffed.screen.commands
    sign_in(staffed, "Бен", "ben")
    assert (None, "Бен") == (staffed.screen.panel, staffed.screen.staff_name)
    assert Command.STAFF in staffed.screen.commands
    assert BEN == staffed.till.staff


def test_that_the_arrows_choose_who_it_is(staffed: Counter) -> None:
    for command, marked in ((Command.DOWN, 1), (Command.DOWN, 2), (Command.UP, 1), (Command.UP, 0), (Command.UP, 0)):
        assert marked == getattr(staffed.press(command).panel, "marked", None)
    staffed.presenter.choose(99)
    assert 0 == panel_of(staffed).marked


def test_that_a_scan_during_the_sign_in_is_not_taken_and_heard(staffed: Counter) -> None:
    staffed.tones.clear()
    staffed.scan(PLASTERS, CARD_FRESH)
    assert ("sign_in_first", [Tone.ATTENTION] * 2) == (staffed.notice, staffed.tones)
    assert () == staffed.screen.lines
    for command in (Command.CASH, Command.BACK, Command.VOID, Command.STAFF):
        staffed.press(command)
        assert isinstance(staffed.screen.panel, SignInPanel)
        assert "sign_in_first" == staffed.notice


def test_that_a_wrong_pin_is_said_and_the_wait_counts_down(staffed: Counter) -> None:
    staffed.press(Command.CONFIRM, "")
    assert "type_pin" == staffed.notice
    for _ in range(3):
        sign_in(staffed, "Бен", "ben", WRONG)
        assert ("refused", "staff.wrong_pin") == (staffed.notice, getattr(staffed.screen.notice, "error_code", ""))
    assert 1_000 == panel_of(staffed).people[3].wait_ms
    clock_of(staffed.till).now_ms += 400
    shown = len(staffed.tape.screens)
    staffed.presenter.tick()
    staffed.presenter.tick()
    assert (600, shown + 1) == (panel_of(staffed).people[3].wait_ms, len(staffed.tape.screens))
    sign_in(staffed, "Бен", "ben")
    assert "staff.wait" == getattr(staffed.screen.notice, "error_code", "")
    clock_of(staffed.till).now_ms += 600
    staffed.presenter.tick()
    sign_in(staffed, "Бен", "ben")
    assert "Бен" == staffed.screen.staff_name


def test_that_nothing_is_pressed_while_a_pin_is_checked(staffed: Counter) -> None:
    staffed.press(Command.CONFIRM, PINS["ben"])
    assert panel_of(staffed).is_checking
    staffed.press(Command.DOWN)
    staffed.press(Command.CONFIRM, PINS["ben"])
    staffed.presenter.choose(2)
    assert 0 == panel_of(staffed).marked
    staffed.patience.deliver()
    assert "staff.wrong_pin" == getattr(staffed.screen.notice, "error_code", "")
    assert [(1,)] == [
        tuple(row)
        for row in staffed.till.database.reader().exec_driver_sql("SELECT failures FROM staff WHERE failures > 0")
    ]


def test_that_a_lost_pepper_stops_with_what_to_do(staffed: Counter) -> None:
    (staffed.till.database.path.parent / "pin.pepper").unlink()
    sign_in(staffed, "Бен", "ben")
    assert "staff.pepper_lost" == staffed.problem
    staffed.press(Command.BACK)
    assert isinstance(staffed.screen.panel, SignInPanel)


def test_that_a_switch_keeps_the_basket_and_marks_who_it_was(ben: Counter) -> None:
    ben.scan(SUN_CREAM, CARD_WITH_POINTS)
    ben.finish(Command.STAFF)
    assert ("", "Бен") == (ben.screen.staff_name, NAMES[panel_of(ben).marked])
    sign_in(ben, "Cid", "cid")
    assert ("Cid", 1) == (ben.screen.staff_name, len(ben.screen.lines))
    ben.press(Command.CASH)
    screen = ben.finish(Command.CONFIRM)
    assert screen.is_done
    newest = "SELECT staff_ref FROM sale ORDER BY receipt_number DESC LIMIT 1"
    assert "cid" == ben.till.database.reader().exec_driver_sql(newest).scalar_one()


def test_that_signing_out_leaves_the_last_sale_behind(ben: Counter) -> None:
    ben.scan(PLASTERS)
    ben.press(Command.CASH)
    assert ben.finish(Command.CONFIRM).is_done
    ben.finish(Command.STAFF)
    assert (False, True) == (ben.screen.is_done, isinstance(ben.screen.panel, SignInPanel))


def test_that_who_leaves_the_till_alone_is_signed_out_and_nothing_is_lost(open_sample: OpenTill) -> None:
    plain = sample_settings()
    settings = msgspec.structs.replace(plain, till=msgspec.structs.replace(plain.till, sign_out_after_minutes=5))
    till = open_sample(settings)
    hire(till)
    enter(till, "ben")
    counter = Counter(till)
    counter.scan(SUN_CREAM)
    counter.press(Command.CASH)
    clock_of(till).now_ms += 299_999
    counter.presenter.tick()
    assert isinstance(counter.screen.panel, CashPanel)
    counter.presenter.stir()
    clock_of(till).now_ms += 299_999
    counter.presenter.tick()
    assert isinstance(counter.screen.panel, CashPanel)
    clock_of(till).now_ms += 1
    counter.presenter.tick()
    counter.patience.deliver()
    assert (None, True) == (till.staff, isinstance(counter.screen.panel, SignInPanel))
    counter.presenter.tick()
    sign_in(counter, "Бен", "ben")
    assert isinstance(counter.screen.panel, CashPanel)
    assert counter.finish(Command.CONFIRM).is_done


def test_that_nobody_is_signed_out_where_the_settings_say_never(ben: Counter) -> None:
    clock_of(ben.till).now_ms += 10**9
    ben.presenter.tick()
    assert BEN == ben.till.staff


def test_that_whoever_is_taken_off_the_staff_has_to_sign_in_again(ben: Counter) -> None:
    ben.scan(PLASTERS)
    ben.till.database.write(lambda c: c.exec_driver_sql("UPDATE staff SET active = 0 WHERE staff_ref = 'ben'"))
    ben.press(Command.CASH)
    ben.finish(Command.CONFIRM)
    assert "staff.not_signed_in" == ben.problem
    ben.press(Command.BACK)
    assert "Бен" not in [person.name for person in panel_of(ben).people]
    sign_in(ben, "Cid", "cid")
    assert 1 == len(ben.screen.lines)


# Approvals


def test_that_a_cashiers_price_needs_an_approval_and_then_goes_on(ben: Counter) -> None:
    ben.scan(SUN_CREAM, PLASTERS)
    ben.press(Command.PRICE, "5")
    panel = panel_of(ben)
    assert isinstance(panel, ApprovalPanel)
    assert (Permission.OVERRIDE_PRICE, ["Anna Kovač", "Cid"]) == (
        panel.permission,
        [person.name for person in panel.people],
    )
    ben.scan(PLASTERS)
    assert ("approve_first", 2) == (ben.notice, len(ben.screen.lines))
    sign_in(ben, "Cid", "cid")
    assert (None, 500, "Бен") == (ben.screen.panel, ben.screen.lines[1].amount_minor, ben.screen.staff_name)
    ben.press(Command.CASH)
    assert ben.finish(Command.CONFIRM).is_done


def test_that_another_quantity_of_an_approved_price_needs_another_approval(ben: Counter) -> None:
    ben.scan(SUN_CREAM)
    ben.press(Command.PRICE, "5")
    sign_in(ben, "Cid", "cid")
    ben.press(Command.QUANTITY, "9")
    assert isinstance(ben.screen.panel, ApprovalPanel)
    screen = ben.press(Command.BACK)
    assert (None, 1000) == (screen.panel, screen.lines[0].quantity_milli)
    ben.press(Command.PRICE, "5")
    assert None is ben.screen.panel


def test_that_a_pharmacist_sets_prices_alone(staffed: Counter) -> None:
    sign_in(staffed, "Cid", "cid")
    staffed.scan(SUN_CREAM)
    assert 500 == staffed.press(Command.PRICE, "5").lines[0].amount_minor


def test_that_goods_by_weight_from_the_shops_scales_need_nobody(ben: Counter) -> None:
    ben.scan(ROSEHIP_245_G)
    ben.press(Command.CASH)
    assert ben.finish(Command.CONFIRM).is_done


def test_that_what_was_open_waits_below_the_approval(ben: Counter) -> None:
    ben.scan(SUN_CREAM, CARD_FRESH)
    assert isinstance(ben.screen.panel, EnrolPanel)
    given: list[Approval | None] = []
    desk = ben.presenter._desk
    approving.ask(desk, Permission.RETURN_UNSEEN, subject="001", then=given.append)
    assert isinstance(ben.press(Command.UP).panel, ApprovalPanel)
    assert isinstance(ben.press(Command.BACK).panel, EnrolPanel)
    approving.ask(desk, Permission.RETURN_UNSEEN, subject="001", then=given.append)
    ben.finish(Command.CONFIRM, PINS["anna"])
    assert isinstance(ben.screen.panel, EnrolPanel)
    assert "anna" == staffing.check(ben.till, Permission.RETURN_UNSEEN, given[0], subject="001")
    approving.ask(desk, Permission.RETURN, then=given.append)
    assert None is given[1]


def test_that_a_till_where_nobody_may_says_so(till: Till) -> None:
    hire(till, BEN)
    enter(till, "ben")
    counter = Counter(till)
    counter.scan(SUN_CREAM)
    counter.press(Command.PRICE, "5")
    assert () == panel_of(counter).people
    counter.press(Command.CONFIRM, PINS["anna"])
    assert "nobody_may" == counter.notice
    counter.press(Command.DOWN)
    assert None is counter.press(Command.BACK).panel


def test_that_an_approval_that_came_too_late_is_said(ben: Counter) -> None:
    ben.scan(SUN_CREAM)
    ben.press(Command.PRICE, "5")
    ben.press(Command.CONFIRM, PINS["anna"])
    ben.till.pin_worker.executor().submit(lambda: None).result()
    clock_of(ben.till).now_ms += 120_000
    ben.patience.deliver()
    assert "staff.approval_over" == ben.problem
    assert 1850 == ben.screen.lines[0].amount_minor


def test_that_voiding_needs_no_approval(ben: Counter) -> None:
    ben.scan(SUN_CREAM)
    assert isinstance(ben.press(Command.VOID).panel, VoidPanel)


def test_that_every_refusal_of_a_pin_or_a_right_has_words() -> None:
    paths = [Path(module.__file__ or "") for module in (signing_in, staffing, pins)]
    codes = codes_in(paths, "staff")
    assert {"staff.wrong_pin", "staff.not_allowed"} <= codes
    chosen_at_the_command_line = {"staff.pin_trivial"}
    assert set() == codes - set(_PROBLEMS) - set(_REFUSALS) - chosen_at_the_command_line


def test_that_a_manager_opens_a_lock_at_the_counter(till: Till) -> None:
    hire(till)
    lock = "UPDATE staff SET failures = 10 WHERE staff_ref IN ('ben', 'cid')"
    till.database.write(lambda c: c.exec_driver_sql(lock))
    staffed = Counter(till)
    staffed.presenter.choose(3)
    staffed.press(Command.CONFIRM)
    panel = panel_of(staffed)
    assert isinstance(panel, ApprovalPanel)
    assert (Permission.MANAGE_STAFF, ["Anna Kovač"]) == (panel.permission, [person.name for person in panel.people])
    staffed.scan(PLASTERS)
    assert "approve_first" == staffed.notice
    assert isinstance(staffed.press(Command.BACK).panel, SignInPanel)
    staffed.press(Command.CONFIRM)
    staffed.finish(Command.CONFIRM, WRONG)
    assert "staff.wrong_pin" == getattr(staffed.screen.notice, "error_code", "")
    staffed.finish(Command.CONFIRM, PINS["anna"])
    assert "unlocked" == staffed.notice
    assert ["cid"] == [person.staff_ref for person in panel_of(staffed).people if person.is_locked]
    assert None is staffed.till.staff
    sign_in(staffed, "Бен", "ben")
    assert "Бен" == staffed.screen.staff_name
    newest = "SELECT action, approver_ref, subject FROM audit WHERE action LIKE 'staff%'"
    assert [("staff_reset", "anna", "ben")] == [
        tuple(row) for row in staffed.till.database.reader().exec_driver_sql(newest)
    ]
