"""Adding people, changing what they are, and starting over with the recovery code."""

import stat
from collections.abc import Callable

import keyring
import pytest

from pos_app.errors import PosError
from pos_app.model.staff import Permission, Role
from pos_app.use_cases import signing_in, staff_changes, staffing
from pos_app.use_cases.checking import Verdict
from pos_app.use_cases.till import Till
from storage import key_store
from storage.key_store import KeyPlace
from tests.conftest import OpenShop
from tests.shop import DAY_MS, TEA, Shop
from tests.staff import ANNA, BEN, PEPPER, PINS, RECOVERY_CODE, WRONG, enter, hire
from tests.storage.test_key_store import InMemory

pytestmark = pytest.mark.usefixtures("no_keystore")
NEW_PIN = "836152"


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    """A shop with people, where the manager is signed in."""
    hire(shop.till)
    enter(shop.till, "anna")
    return shop


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(PosError) as refusal:
        act()
    return refusal.value.code


def actions(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query(
        "SELECT action, outcome, audit.staff_ref, subject FROM audit JOIN event USING (event_id) ORDER BY seq"
    )


def test_that_the_first_is_a_manager_and_gets_the_recovery_code(shop: Shop) -> None:
    assert "staff.manager_first" == refused(
        lambda: staff_changes.add(shop.till, "ben", name="Ben", role=Role.CASHIER, pin=NEW_PIN)
    )
    code = staff_changes.add(shop.till, "anna", name="  Anna   K. ", role=Role.MANAGER, pin=NEW_PIN)
    assert 19 == len(code)
    assert staffing.is_wanted(shop.till)
    assert "staff.not_signed_in" == refused(
        lambda: staff_changes.add(shop.till, "ben", name="Ben", role=Role.CASHIER, pin=NEW_PIN)
    )
    assert "Anna K." == shop.till.sign_in("anna", NEW_PIN).result().name
    assert "" == staff_changes.add(shop.till, "ben", name="Ben", role=Role.CASHIER, pin="918273")
    assert [("staff_add", "done", "cashier-1", "anna"), ("sign_in", "done", "anna", "anna")] == actions(shop)[:2]
    assert ["Anna K.", "Ben"] == [person.name for person in signing_in.people(shop.till)]


def test_that_the_pepper_is_in_a_file_of_this_users_alone(shop: Shop) -> None:
    staff_changes.add(shop.till, "anna", name="", role=Role.MANAGER, pin=NEW_PIN)
    assert 0o600 == stat.S_IMODE((shop.folder / "pin.pepper").stat().st_mode)
    assert KeyPlace.FILE is key_store.place(shop.folder, secret=key_store.PEPPER)
    assert not (shop.folder / "terminal.key").exists()


def test_that_the_pepper_is_in_the_keystore_where_there_is_one(shop: Shop) -> None:
    keyring.set_keyring(InMemory())
    staff_changes.add(shop.till, "anna", name="", role=Role.MANAGER, pin=NEW_PIN)
    assert KeyPlace.KEYSTORE is key_store.place(shop.folder, secret=key_store.PEPPER)
    assert not (shop.folder / "pin.pepper").exists()
    shop.till.sign_in("anna", NEW_PIN).result()


@pytest.mark.parametrize(
    ("staff_ref", "name", "pin", "code"),
    [
        ("", "", NEW_PIN, "staff.ref"),
        ("eva müller", "", NEW_PIN, "staff.ref"),
        ("e" * 33, "", NEW_PIN, "staff.ref"),
        ("eva", "E" * 81, NEW_PIN, "staff.name"),
        ("eva", "Eva\x1b[0m", NEW_PIN, "staff.name"),
        ("eva", "", "1234", "staff.pin_shape"),
        ("eva", "", "222222", "staff.pin_trivial"),
        ("ben", "", NEW_PIN, "staff.taken"),
    ],
)
def test_that_what_cannot_be_is_refused_by_name(staffed: Shop, staff_ref: str, name: str, pin: str, code: str) -> None:
    assert code == refused(lambda: staff_changes.add(staffed.till, staff_ref, name=name, role=Role.CASHIER, pin=pin))
    assert 4 == len(staff_changes.list_staff(staffed.till))


def test_that_a_role_is_changed_and_holds_at_once(staffed: Shop) -> None:
    enter(staffed.till, "cid")
    assert "staff.not_allowed" == refused(lambda: staff_changes.change_role(staffed.till, "ben", Role.MANAGER))
    enter(staffed.till, "anna")
    staff_changes.change_role(staffed.till, "cid", Role.CASHIER)
    assert ("staff_role", "done", "anna", "cid") == actions(staffed)[-1]
    assert Role.CASHIER is enter(staffed.till, "cid").role


def test_that_whoever_leaves_can_do_nothing_from_then_on(staffed: Shop) -> None:
    enter(staffed.till, "ben")
    staffed.till.attendance.member = ANNA
    staff_changes.deactivate(staffed.till, "ben")
    staffed.till.attendance.member = BEN
    assert "staff.not_signed_in" == refused(lambda: staffed.sell(TEA))
    with pytest.raises(PosError):
        enter(staffed.till, "ben")
    assert "ben" not in [person.staff_ref for person in signing_in.people(staffed.till)]


def test_that_somebody_who_left_can_come_back_with_a_new_pin(staffed: Shop) -> None:
    staff_changes.deactivate(staffed.till, "ben")
    staff_changes.add(staffed.till, "ben", name="Бен", role=Role.PHARMACIST, pin=NEW_PIN)
    assert Role.PHARMACIST is staffed.till.sign_in("ben", NEW_PIN).result().role


@pytest.mark.parametrize(
    "change",
    [
        lambda till: staff_changes.change_role(till, "anna", Role.CASHIER),
        lambda till: staff_changes.deactivate(till, "anna"),
    ],
)
def test_that_the_last_manager_stays(staffed: Shop, change: Callable[[Till], None]) -> None:
    assert "staff.last_manager" == refused(lambda: change(staffed.till))
    staff_changes.add(staffed.till, "eva", name="", role=Role.MANAGER, pin=NEW_PIN)
    change(staffed.till)
    assert not staffing.may(staffed.till, Permission.MANAGE_STAFF)


def test_that_people_set_their_own_pin_and_a_manager_anybodys(staffed: Shop) -> None:
    staff_changes.set_pin(staffed.till, "cid", "918273")
    enter(staffed.till, "ben")
    assert "" == staff_changes.set_pin(staffed.till, "ben", NEW_PIN)
    assert "staff.not_allowed" == refused(lambda: staff_changes.set_pin(staffed.till, "cid", NEW_PIN))
    assert BEN == staffed.till.sign_in("ben", NEW_PIN).result()
    assert "cid" == staffed.till.sign_in("cid", "918273").result().staff_ref
    assert ("staff_pin", "done", "ben", "ben") in actions(staffed)


def test_that_only_a_manager_opens_a_lock(staffed: Shop) -> None:
    for _ in range(2):
        staffed.till.sign_in("ben", WRONG).exception()
    staffed.till.database.write(lambda c: c.exec_driver_sql("UPDATE staff SET failures = 10 WHERE staff_ref = 'ben'"))
    enter(staffed.till, "cid")
    assert "staff.not_allowed" == refused(lambda: staff_changes.reset(staffed.till, "ben"))
    assert [True] == [
        person.is_locked for person in staff_changes.list_staff(staffed.till) if person.staff_ref == "ben"
    ]
    enter(staffed.till, "anna")
    staff_changes.reset(staffed.till, "ben")
    assert BEN == enter(staffed.till, "ben")


def test_that_nobody_unknown_is_changed(staffed: Shop) -> None:
    for act in (
        lambda: staff_changes.reset(staffed.till, "eva"),
        lambda: staff_changes.deactivate(staffed.till, "eva"),
        lambda: staff_changes.set_pin(staffed.till, "eva", NEW_PIN),
    ):
        assert "staff.unknown" == refused(act)


def test_that_the_recovery_code_starts_over_when_the_pepper_is_lost(staffed: Shop) -> None:
    staffed.till.sign_out().result()
    (staffed.folder / "pin.pepper").unlink()
    till = staffed.till
    assert "staff.recovery_code" == refused(
        lambda: staff_changes.reset_pepper(till, "anna", recovery_code="7K3M-9QZX-4TWB-0000", pin=NEW_PIN)
    )
    assert "staff.manager_first" == refused(
        lambda: staff_changes.reset_pepper(till, "ben", recovery_code=RECOVERY_CODE, pin=NEW_PIN)
    )
    next_code = staff_changes.reset_pepper(till, "anna", recovery_code=RECOVERY_CODE.lower(), pin=NEW_PIN)
    assert ["anna"] == [person.staff_ref for person in signing_in.people(till)]
    assert ANNA == till.sign_in("anna", NEW_PIN).result()
    assert [("staff_reset_pepper", "refused"), ("staff_reset_pepper", "done")] == [
        row[:2] for row in actions(staffed) if row[0] == "staff_reset_pepper"
    ]
    staff_changes.set_pin(till, "ben", PINS["ben"])
    assert BEN == enter(till, "ben")
    assert "staff.recovery_code" == refused(
        lambda: staff_changes.reset_pepper(till, "anna", recovery_code=RECOVERY_CODE, pin=NEW_PIN)
    )
    assert next_code != staff_changes.reset_pepper(till, "anna", recovery_code=next_code, pin=NEW_PIN)


def test_that_a_restored_file_with_another_pepper_is_not_taken_for_wrong_pins(staffed: Shop) -> None:
    key_store.store(staffed.folder, bytes(32), key_store.PEPPER)
    staffed.till.sign_out().result()
    assert "staff.pepper_lost" == refused(lambda: enter(staffed.till, "ben"))


def test_that_headquarters_staff_is_changed_there_and_has_its_pins_here(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", owners={"staff": "hq"})
    till = shop.till
    hire(till)
    enter(till, "anna")
    assert "staff.owner" == refused(lambda: staff_changes.add(till, "eva", name="", role=Role.CASHIER, pin=NEW_PIN))
    assert "staff.owner" == refused(lambda: staff_changes.change_role(till, "ben", Role.MANAGER))
    assert "staff.owner" == refused(lambda: staff_changes.deactivate(till, "ben"))
    staff_changes.set_pin(till, "ben", NEW_PIN)
    assert BEN == till.sign_in("ben", NEW_PIN).result()


def test_that_a_shift_goes_on_after_a_restart_of_the_program(staffed: Shop) -> None:
    before = staffed.till.shift_id
    staffed.reopen()
    enter(staffed.till, "anna")
    assert before == staffed.till.shift_id
    staffed.wait(DAY_MS)
    staffed.reopen()
    assert before != staffed.till.shift_id


def test_that_the_doctor_says_where_the_secret_of_the_pins_is(shop: Shop) -> None:
    def finding() -> tuple[Verdict, str]:
        return next((one.verdict, one.words) for one in shop.examine() if one.check == "pins")

    assert Verdict.NOTE is finding()[0]
    hire(shop.till)
    assert (Verdict.NOTE, "The secret of the PINs is in a file (mode 0600): weaker than a keystore.") == finding()
    keyring.set_keyring(InMemory())
    key_store.store(shop.folder, PEPPER, key_store.PEPPER)
    assert (Verdict.GOOD, "The secret of the PINs is in the system's keystore.") == finding()
    key_store.store(shop.folder, bytes(32), key_store.PEPPER)
    assert Verdict.BAD is finding()[0]
