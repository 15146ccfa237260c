"""Changes of staff: add, change role, deactivate, set a PIN, open a lock, and start over when the pepper is lost.

Each needs the right to manage staff, but for the first: whoever installs the till makes its first manager. A PIN is hashed on the
calling thread, so never call these on the screen's thread or the writer's.
"""

import os
import re
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.model.staff import Permission, Role, StaffMember
from pos_app.use_cases import pins, staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.signing_in import load_pepper
from storage import key_store, staff
from storage.database import Connection
from storage.staff import Secrets, StaffRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

NAME_LENGTH_MAX = 80
_STAFF_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_PEPPER_BYTES = 32


class StaffFacts(msgspec.Struct, frozen=True):
    """Somebody as a list shows them."""

    staff_ref: str
    name: str
    role: Role
    active: bool
    has_pin: bool
    is_locked: bool


def list_staff(till: "Till") -> list[StaffFacts]:
    """Everybody, by name, also who no longer works here."""
    return [
        StaffFacts(
            staff_ref=row.staff_ref,
            name=row.name,
            role=row.member.role,
            active=row.member.active,
            has_pin=bool(row.pin_hash),
            is_locked=row.failures >= pins.FAILURES_MAX,
        )
        for row in till.database.read(staff.list_staff)
    ]


def add(till: "Till", staff_ref: str, *, name: str, role: Role, pin: str) -> str:
    """Add somebody with a PIN, or take somebody back who left; gives the recovery code for the first manager, else nothing.

    The first must be a manager: everybody else needs one. Raises ``InputError``, ``NotAllowedError``, ``StorageError``.
    """
    _check_owner(till)
    name = " ".join(name.split())
    if _STAFF_REF.fullmatch(staff_ref) is None:
        raise _refused("ref", "A staff reference has up to 32 letters, digits, dots, hyphens and underscores.")
    if len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise _refused("name", f"The name is longer than {NAME_LENGTH_MAX} characters or cannot be printed.")
    pins.check_pin(pin)
    member = StaffMember(staff_ref, name, role)
    row = till.database.read(lambda connection: staff.find_staff(connection, staff_ref))
    if row is not None and row.active:
        raise _refused("taken", f"Somebody called {staff_ref} works here already.")
    return _put_with_pin(till, member, pin, action="staff_add")


def set_pin(till: "Till", staff_ref: str, pin: str) -> str:
    """Set somebody's PIN, which opens a lock as well; gives the recovery code where this is the till's first PIN, else nothing.

    People may set their own; another's needs the right to manage staff. The first PIN of a till must be a manager's.
    """
    pins.check_pin(pin)
    row = till.database.read(lambda connection: _existing(connection, staff_ref))
    return _put_with_pin(till, row.member, pin, action="staff_pin")


def change_role(till: "Till", staff_ref: str, role: Role) -> None:
    """Give somebody another role. The last manager stays one."""
    _change(till, staff_ref, action="staff_role", values={"role": role.value}, role=role)


def deactivate(till: "Till", staff_ref: str) -> None:
    """Somebody leaves: they can no longer sign in, and what they did stays theirs. The last manager stays."""
    _change(till, staff_ref, action="staff_deactivate", active=False)


def reset(till: "Till", staff_ref: str) -> None:
    """Open a lock: wrong PINs are forgotten, and the PIN is as it was."""

    def change(connection: Connection) -> None:
        _existing(connection, staff_ref)
        staffing.check(till, Permission.MANAGE_STAFF)
        staff.put_failures(connection, staff_ref, failures=0)
        write_audit(till, connection, action="staff_reset", subject=staff_ref)

    till.database.write(change)


def reset_pepper(till: "Till", staff_ref: str, *, recovery_code: str, pin: str) -> str:
    """Void every PIN with the recovery code and give this manager a new one; gives the next recovery code.

    For when the pepper is lost with its keystore, or no manager knows their PIN. The old code is used up by it.
    """
    pins.check_pin(pin)
    row = till.database.read(lambda connection: _existing(connection, staff_ref))
    if row.member.role is not Role.MANAGER or not row.active:
        raise _refused("manager_first", f"{staff_ref} is not a manager who works here.")
    secrets = till.database.read(staff.read_secrets)
    if not pins.recovery_code_is_right(secrets.recovery_hash, recovery_code):
        till.database.write(
            lambda connection: write_audit(
                till, connection, action="staff_reset_pepper", outcome="refused", subject=staff_ref
            )
        )
        raise _refused("recovery_code", "This is not the recovery code.")
    pepper, code = os.urandom(_PEPPER_BYTES), pins.make_recovery_code()
    pin_hash, recovery_hash = pins.hash_pin(pin, pepper), pins.hash_recovery_code(code)
    # The pepper first: killed in between, the till says that its pepper is lost, and the old code still opens it.
    key_store.store(till.database.path.parent, pepper, key_store.PEPPER)

    def change(connection: Connection) -> None:
        now_ms = till.clock.utc_ms()
        staff.void_pins(connection, utc_ms=now_ms)
        staff.put_pin_hash(connection, staff_ref, pin_hash, utc_ms=now_ms)
        staff.put_secrets(connection, Secrets(recovery_hash, pins.pepper_mark(pepper)))
        write_audit(till, connection, action="staff_reset_pepper", subject=staff_ref)

    till.database.write(change)
    return code


def _put_with_pin(till: "Till", member: StaffMember, pin: str, *, action: str) -> str:
    is_first = not till.database.read(staff.read_secrets).recovery_hash
    if member.role is not Role.MANAGER and not any(map(_manages, till.database.read(staff.list_staff))):
        raise _refused("manager_first", "The first PIN of a till must be a manager's.", "Add a manager first.")
    _check_manager(till, own_ref=member.staff_ref if action == "staff_pin" else "")
    pepper = _first_pepper(till) if is_first else load_pepper(till)
    code = pins.make_recovery_code() if is_first else ""
    pin_hash = pins.hash_pin(pin, pepper)
    recovery_hash = pins.hash_recovery_code(code) if is_first else ""

    def change(connection: Connection) -> None:
        now_ms = till.clock.utc_ms()
        staff.put_staff(connection, member, utc_ms=now_ms)
        staff.put_pin_hash(connection, member.staff_ref, pin_hash, utc_ms=now_ms)
        if is_first:
            staff.put_secrets(connection, Secrets(recovery_hash, pins.pepper_mark(pepper)))
        write_audit(till, connection, action=action, subject=member.staff_ref, values={"role": member.role.value})

    till.database.write(change)
    return code


def _check_manager(till: "Till", *, own_ref: str) -> None:
    """The right to manage staff, or that it is one's own PIN."""
    if till.staff is None or till.staff.staff_ref != own_ref:
        staffing.check(till, Permission.MANAGE_STAFF)


def _first_pepper(till: "Till") -> bytes:
    """The pepper of this till's first PIN: one that is there from a start that did not end, or a new one."""
    folder = till.database.path.parent
    return key_store.load_or_create(folder, lambda: os.urandom(_PEPPER_BYTES), secret=key_store.PEPPER)


def _check_owner(till: "Till") -> None:
    """Where headquarters keeps the staff, the till keeps their PINs only."""
    if till.settings.owners.staff == "hq":
        raise _refused("owner", "Headquarters keeps the staff of this till.", "Have it changed there.")


def _change(
    till: "Till",
    staff_ref: str,
    *,
    action: str,
    values: dict[str, int | str] | None = None,
    role: Role | None = None,
    active: bool | None = None,
) -> None:
    _check_owner(till)

    def change(connection: Connection) -> None:
        before = _existing(connection, staff_ref).member
        staffing.check(till, Permission.MANAGE_STAFF)
        after = StaffMember(
            staff_ref,
            before.name,
            before.role if role is None else role,
            before.active if active is None else active,
        )
        if not after.may(Permission.MANAGE_STAFF):
            _refuse_without_manager(connection, leaving=staff_ref)
        staff.put_staff(connection, after, utc_ms=till.clock.utc_ms())
        write_audit(till, connection, action=action, subject=staff_ref, values=values)

    till.database.write(change)


def _refuse_without_manager(connection: Connection, *, leaving: str) -> None:
    rows = staff.list_staff(connection)
    leaver = next(row for row in rows if row.staff_ref == leaving)
    if _manages(leaver) and not any(_manages(row) for row in rows if row.staff_ref != leaving):
        raise _refused("last_manager", f"{leaving} is the last manager with a PIN.", "Add another manager first.")


def _manages(row: StaffRow) -> bool:
    return bool(row.pin_hash) and row.member.may(Permission.MANAGE_STAFF)


def _existing(connection: Connection, staff_ref: str) -> StaffRow:
    row = staff.find_staff(connection, staff_ref)
    if row is None:
        raise _refused("unknown", f"Nobody called {staff_ref} works here.", "Look at `pos-app staff list`.")
    return row


def _refused(code: str, sentence: str, todo: str = "Correct it and try again.") -> InputError:
    return InputError(f"staff.{code}", what=sentence, safe="Nothing was changed.", todo=todo)
