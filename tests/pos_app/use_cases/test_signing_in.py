"""PINs at the counter: who gets in, how long a wrong one waits, and that no restart, clock or kill gives a try for nothing."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from pos_app.errors import PosError
from pos_app.model.staff import Permission, StaffMember
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases import signing_in, staffing
from pos_app.use_cases.signing_in import Person
from storage import key_store, staff
from tests.shop import ENOUGH, HOUR_MS, NOON_MS, TEA, Shop
from tests.staff import ANNA, BEN, PEPPER, PINS, WRONG, MachineClock, enter, hire

REPOSITORY = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("no_keystore")


class Staffed(Shop):
    """A shop on a machine that can be booted, where a manager, a pharmacist, a cashier and an auditor have PINs."""

    clock: MachineClock

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "fixed-card")
        hire(self.till)
        self.clock = MachineClock(NOON_MS)
        self.reopen()

    def try_pin(self, staff_ref: str = "ben", pin: str = WRONG) -> str:
        """Why this PIN is not taken."""
        return refusal(self.till.sign_in(staff_ref, pin))

    def fail(self, times: int) -> None:
        """Wrong PINs of Ben's, each after its wait."""
        for _ in range(times):
            self.clock.since_boot_ms += 300_000
            assert self.try_pin() in {"staff.wrong_pin", "staff.locked"}

    def seen(self, staff_ref: str = "ben") -> Person:
        """Somebody in the list."""
        return next(one for one in signing_in.people(self.till) if one.staff_ref == staff_ref)

    def set_failures(self, failures: int, staff_ref: str = "ben") -> None:
        """As if so many wrong PINs had been typed, and their wait was over."""
        self.till.database.write(lambda c: staff.put_failures(c, staff_ref, failures=failures, boot_id=self.clock.boot))

    def audited(self) -> list[tuple[Any, ...]]:
        """What the audit log says, in its order."""
        return self.query(
            "SELECT audit.staff_ref, approver_ref, action, outcome, subject, details"
            " FROM audit JOIN event USING (event_id) ORDER BY seq"
        )


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    shop = Staffed(tmp_path / "till")
    yield shop
    shop.close()


def refusal(future: "Future[Any]") -> str:
    error = future.exception()
    assert isinstance(error, PosError), error
    return error.code


# Who is there


def test_that_a_till_without_pins_wants_no_sign_in(shop: Shop) -> None:
    assert not staffing.is_wanted(shop.till)
    assert () == signing_in.people(shop.till)
    assert None is shop.till.staff
    shop.till.sign_out().result()
    assert "cashier-1" == shop.till.staff_ref()
    assert [] == shop.query("SELECT * FROM audit")


def test_that_a_sale_and_its_shift_name_who_is_signed_in(staffed: Staffed) -> None:
    assert BEN == enter(staffed.till, "ben")
    first = staffed.sell(TEA)
    assert ANNA == enter(staffed.till, "anna")
    second = staffed.sell(TEA)
    assert {first.event_id: "ben", second.event_id: "anna"} == dict(
        staffed.query("SELECT event_id, staff_ref FROM sale")
    )
    event = decode_body(staffed.query("SELECT body FROM event WHERE event_id = ?", second.event_id)[0][0])
    assert isinstance(event, SaleEvent)
    assert ("anna", staffed.till.shift_id) == (event.moment.staff_ref, event.moment.shift_id)
    shifts = "SELECT staff_ref, closed_at_ms IS NULL FROM shift WHERE staff_ref <> 'cashier-1' ORDER BY staff_ref"
    assert [("anna", 1), ("ben", 0)] == staffed.query(shifts)


def test_that_a_sale_that_was_queued_stays_its_cashiers(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    sale = staffed.till.close_sale(staffed.basket(TEA), ENOUGH)
    staffed.till.sign_out().result()
    assert None is staffed.till.staff
    assert [("ben",)] == staffed.query("SELECT staff_ref FROM sale WHERE event_id = ?", sale.result().event_id)


def test_that_nothing_is_sold_before_somebody_signs_in(staffed: Staffed) -> None:
    assert "staff.not_signed_in" == refusal(staffed.till.close_sale(staffed.basket(TEA), ENOUGH))
    assert [] == staffed.query("SELECT * FROM sale")


def test_that_signing_in_and_out_is_in_the_audit_log(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    staffed.till.sign_out().result()
    assert [("ben", "", "sign_in", "done", "ben", ""), ("ben", "", "sign_out", "done", "ben", "")] == staffed.audited()


def test_that_people_are_listed_by_name_with_what_they_may(staffed: Staffed) -> None:
    assert ["dora", "Anna Kovač", "Cid", "Бен"] == [one.name for one in signing_in.people(staffed.till)]
    approvers = signing_in.people(staffed.till, Permission.OVERRIDE_PRICE)
    assert ["anna", "cid"] == [one.staff_ref for one in approvers]


def test_that_a_sign_in_that_cannot_be_saved_leaves_who_was_there(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    before = staffed.till.shift_id
    staffed.till.database.write(
        lambda c: c.exec_driver_sql(
            "CREATE TRIGGER no_shift BEFORE INSERT ON shift BEGIN SELECT RAISE(ABORT, 'disk'); END"
        )
    )
    assert "storage.refused" == refusal(staffed.till.sign_in("anna", PINS["anna"]))
    assert (BEN, before) == (staffed.till.staff, staffed.till.shift_id)


# Wrong PINs


@pytest.mark.parametrize("staff_ref", ["ben", "nobody", "gone", "without"])
def test_that_a_wrong_pin_and_somebody_unknown_get_the_same_answer(staffed: Staffed, staff_ref: str) -> None:
    def change(connection: Any) -> None:
        staff.put_staff(connection, StaffMember("gone", "Gone", BEN.role, active=False), utc_ms=1)
        staff.put_staff(connection, StaffMember("without", "No PIN", BEN.role), utc_ms=1)

    staffed.till.database.write(change)
    assert "staff.wrong_pin" == staffed.try_pin(staff_ref)
    assert None is staffed.till.staff


def test_that_what_cannot_be_a_pin_is_not_counted(staffed: Staffed) -> None:
    for typed in ("", "1234", "4006381333931", "771204\n"):
        assert "staff.pin_shape" == staffed.try_pin(pin=typed)
    assert [(0,)] == staffed.query("SELECT failures FROM staff WHERE staff_ref = 'ben'")


def test_that_two_are_free_and_then_the_wait_grows(staffed: Staffed) -> None:
    for _ in range(3):
        assert "staff.wrong_pin" == staffed.try_pin()
    assert 1_000 == staffed.seen().wait_ms
    assert "staff.wait" == staffed.try_pin(pin=PINS["ben"])
    staffed.clock.since_boot_ms += 999
    assert "staff.wait" == staffed.try_pin()
    staffed.clock.since_boot_ms += 1
    assert "staff.wrong_pin" == staffed.try_pin()
    assert 2_000 == staffed.seen().wait_ms
    assert 0 == staffed.seen("anna").wait_ms


def test_that_a_right_pin_forgets_the_wrong_ones(staffed: Staffed) -> None:
    staffed.fail(3)
    staffed.clock.since_boot_ms += 1_000
    enter(staffed.till, "ben")
    assert [(0, "", 0)] == staffed.query(
        "SELECT failures, wait_boot_id, wait_until_monotonic_ms FROM staff WHERE staff_ref = 'ben'"
    )


def test_that_ten_wrong_pins_lock_until_somebody_opens_it(staffed: Staffed) -> None:
    staffed.set_failures(9)
    assert "staff.locked" == staffed.try_pin()
    staffed.clock.since_boot_ms += 24 * HOUR_MS
    staffed.clock.boot = "boot-2"
    staffed.reopen()
    assert "staff.locked" == staffed.try_pin(pin=PINS["ben"])
    assert staffed.seen().is_locked
    assert ("cashier-1", "", "sign_in", "refused", "ben", '{"failures":10}') == staffed.audited()[-1]


def test_that_the_wait_does_not_care_for_the_wall_clock(staffed: Staffed) -> None:
    staffed.fail(5)
    staffed.clock.now_ms += 400 * 24 * HOUR_MS
    assert "staff.wait" == staffed.try_pin(pin=PINS["ben"])
    staffed.clock.now_ms -= 800 * 24 * HOUR_MS
    assert 4_000 == staffed.seen().wait_ms


def test_that_a_restart_of_the_program_goes_on_with_the_wait(staffed: Staffed) -> None:
    staffed.fail(5)
    staffed.clock.since_boot_ms += 3_000
    staffed.reopen()
    assert 1_000 == staffed.seen().wait_ms


def test_that_another_boot_begins_the_wait_anew(staffed: Staffed) -> None:
    staffed.fail(5)
    staffed.clock.boot, staffed.clock.since_boot_ms = "boot-2", 10_000_000
    assert 4_000 == staffed.seen().wait_ms
    staffed.reopen()
    staffed.clock.since_boot_ms += 1_500
    assert 2_500 == staffed.seen().wait_ms
    staffed.clock.since_boot_ms += 2_500
    enter(staffed.till, "ben")


def test_that_a_wait_is_never_longer_than_its_failures_give(staffed: Staffed) -> None:
    staffed.fail(5)
    staffed.clock.since_boot_ms = 0
    assert 4_000 == staffed.seen().wait_ms
    staffed.clock.boot = "boot-2"
    assert "staff.wait" == staffed.try_pin()
    staffed.clock.since_boot_ms += 4_000
    assert "staff.wrong_pin" == staffed.try_pin()


def test_that_tries_at_once_are_made_one_after_another(staffed: Staffed) -> None:
    staffed.set_failures(2)
    answers = [staffed.till.sign_in("ben", pin) for pin in (WRONG, PINS["ben"], PINS["ben"])]
    assert ["staff.wrong_pin", "staff.wait", "staff.wait"] == [refusal(answer) for answer in answers]


def test_that_checking_a_pin_holds_up_no_sale(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    gate = threading.Event()
    staffed.till.pin_worker.executor().submit(gate.wait)
    waiting = staffed.till.sign_in("anna", PINS["anna"])
    sale = staffed.sell(TEA)
    assert not waiting.done()
    gate.set()
    assert ANNA == waiting.result()
    assert [("ben",)] == staffed.query("SELECT staff_ref FROM sale WHERE event_id = ?", sale.event_id)


KILLED = """
import os, signal, sys
from pathlib import Path
import keyring
from keyring.backends import fail
keyring.set_keyring(fail.Keyring())
from pos_app.use_cases import pins, signing_in
from tests.pos_app.use_cases.test_signing_in import Staffed
from tests.staff import PINS

shop = Staffed(Path(sys.argv[1]))
# The plug is pulled after the PIN was checked and before anything more is written.
real = pins.pin_is_right
signing_in.pins.pin_is_right = lambda *given: (real(*given), os.kill(os.getpid(), signal.SIGKILL))
shop.till.sign_in("ben", PINS["ben"] if sys.argv[2] == "right" else "118822").result()
"""


@pytest.mark.parametrize("which", ["right", "wrong"])
def test_that_a_kill_between_check_and_answer_gives_no_try_for_nothing(tmp_path: Path, which: str) -> None:
    folder = tmp_path / "till"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), which],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (-signal.SIGKILL, "") == (killed.returncode, killed.stderr)
    shop = Shop(folder, "fixed-card")
    try:
        assert [(1,)] == shop.query("SELECT failures FROM staff WHERE staff_ref = 'ben'")
        assert {} == shop.bad_findings()
    finally:
        shop.close()


def test_that_a_managers_pin_opens_a_lock_and_nobody_elses(staffed: Staffed) -> None:
    staffed.set_failures(10)
    refused = signing_in.unlock(staffed.till, "ben", staff_ref="cid", pin=PINS["cid"])
    assert "staff.not_allowed" == refusal(refused)
    assert staffed.seen().is_locked
    signing_in.unlock(staffed.till, "ben", staff_ref="anna", pin=PINS["anna"]).result()
    assert BEN == enter(staffed.till, "ben")


# The pepper, and hashes


@pytest.mark.parametrize("left", [None, b"not a key", bytes(44)])
def test_that_a_lost_pepper_is_said_and_counts_no_failure(staffed: Staffed, left: bytes | None) -> None:
    file = staffed.folder / key_store.PEPPER.file_name
    file.unlink()
    if left is not None:
        key = "A" * 43 + "=" if left == bytes(44) else left.decode()
        file.write_text(key)
    assert staffed.try_pin(pin=PINS["ben"]) in {"staff.pepper_lost", "storage.key"}
    assert [(0,)] == staffed.query("SELECT failures FROM staff WHERE staff_ref = 'ben'")


@pytest.mark.usefixtures("own_hasher")
def test_that_a_hash_of_older_parameters_is_made_anew(staffed: Staffed) -> None:
    from argon2 import PasswordHasher

    from pos_app.use_cases import pins

    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(pins._peppered(PINS["ben"], PEPPER))
    staffed.till.database.write(lambda c: staff.put_pin_hash(c, "ben", old, utc_ms=1))
    enter(staffed.till, "ben")
    ((new,),) = staffed.query("SELECT pin_hash FROM staff WHERE staff_ref = 'ben'")
    assert new != old
    assert not pins.wants_new_hash(new)
    staffed.till.sign_out().result()
    assert BEN == enter(staffed.till, "ben")


# Approvals


def test_that_an_approval_is_for_one_act_and_leaves_the_cashier_signed_in(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    approval = staffed.till.approve(
        Permission.RETURN_UNSEEN, staff_ref="anna", pin=PINS["anna"], subject="001-01-0000007"
    ).result()
    assert BEN == staffed.till.staff
    assert "anna" == staffing.check(staffed.till, Permission.RETURN_UNSEEN, approval, subject="001-01-0000007")
    with pytest.raises(PosError) as again:
        staffing.check(staffed.till, Permission.RETURN_UNSEEN, approval, subject="001-01-0000007")
    assert "staff.approval_over" == again.value.code
    said = ("ben", "anna", "approve", "done", "001-01-0000007", '{"permission":"return_unseen"}')
    assert said == staffed.audited()[-1]


@pytest.mark.parametrize(
    ("permission", "subject", "wait_ms"),
    [
        (Permission.ADJUST_POINTS, "one", 0),
        (Permission.CHANGE_CARD, "another", 0),
        (Permission.CHANGE_CARD, "one", 120_000),
    ],
)
def test_that_an_approval_is_for_nothing_else_and_not_for_later(
    staffed: Staffed, permission: Permission, subject: str, wait_ms: int
) -> None:
    enter(staffed.till, "ben")
    approval = staffed.till.approve(Permission.CHANGE_CARD, staff_ref="cid", pin=PINS["cid"], subject="one").result()
    staffed.clock.since_boot_ms += wait_ms
    with pytest.raises(PosError) as refused:
        staffing.check(staffed.till, permission, approval, subject=subject)
    assert "staff.approval_over" == refused.value.code


def test_that_somebody_without_the_right_cannot_approve(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    refused = staffed.till.approve(Permission.ADJUST_POINTS, staff_ref="cid", pin=PINS["cid"], subject="account")
    assert "staff.not_allowed" == refusal(refused)
    said = ("ben", "cid", "approve", "refused", "account", '{"permission":"adjust_points"}')
    assert said == staffed.audited()[-1]


def test_that_a_wrong_pin_of_an_approval_counts_like_any_other(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    refused = staffed.till.approve(Permission.ADJUST_POINTS, staff_ref="anna", pin=WRONG, subject="account")
    assert "staff.wrong_pin" == refusal(refused)
    said = ("ben", "anna", "approve", "refused", "account", '{"failures":1,"permission":"adjust_points"}')
    assert said == staffed.audited()[-1]
    assert [(1,)] == staffed.query("SELECT failures FROM staff WHERE staff_ref = 'anna'")


def test_that_what_was_granted_holds_until_its_act_is_booked(staffed: Staffed) -> None:
    enter(staffed.till, "ben")
    till, permission = staffed.till, Permission.BURN_STEP_UP
    approval = till.approve(permission, staff_ref="anna", pin=PINS["anna"], subject="basket burn 500").result()
    assert not staffing.may(till, permission, subject="basket burn 500")
    staffing.grant(till, approval)
    staffed.clock.since_boot_ms += HOUR_MS
    assert "anna" == staffing.check(till, permission, subject="basket burn 500")
    assert not staffing.may(till, permission, subject="basket burn 501")
