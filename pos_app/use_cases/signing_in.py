"""Signing in, and approving one act, by PIN.

A try is counted as a wrong one and committed before the PIN is even looked at, and taken back when it was right: whoever pulls the
plug, kills the program or tries twice at once gains no try. Hashing runs on a thread of its own, one after another.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError, NotAllowedError, PosError
from pos_app.model.identifiers import uuid7
from pos_app.model.staff import PERMISSIONS, Permission, Role, StaffMember
from pos_app.use_cases import pins, staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.staffing import APPROVAL_LIFE_MS, Approval
from storage import key_store, shifts, staff
from storage.database import Connection, transaction
from storage.staff import StaffRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_SECOND_MS = 1_000


class Person(msgspec.Struct, frozen=True):
    """Somebody to choose from a list. ``wait_ms``: so long until their next try; ``is_locked``: until a manager opens the lock."""

    staff_ref: str
    name: str
    role: Role
    wait_ms: int
    is_locked: bool


class _Try(msgspec.Struct, frozen=True):
    """A try that was counted (``failures`` with it), or one that was not let through. ``row`` is None for somebody unknown."""

    row: StaffRow | None
    failures: int = 0
    wait_ms: int = 0
    is_locked: bool = False


class PinWorker:
    """The thread that hashes, made when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def executor(self) -> ThreadPoolExecutor:
        """The executor of one thread."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pins")
            return self._executor

    def close(self) -> None:
        """Finish the try at hand."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)


def people(till: "Till", permission: Permission | None = None) -> tuple[Person, ...]:
    """Everybody who can type a PIN here, by name; with a permission, those whose role has it."""
    boot_id, now_ms = till.clock.boot_id(), till.clock.monotonic_ms()
    rows = till.database.read(staff.list_staff)
    return tuple(
        Person(
            staff_ref=row.staff_ref,
            name=row.name or row.staff_ref,
            role=row.member.role,
            wait_ms=_remaining_ms(row, boot_id, now_ms),
            is_locked=row.failures >= pins.FAILURES_MAX,
        )
        for row in rows
        if row.active and row.pin_hash and (permission is None or permission in PERMISSIONS[Role(row.role)])
    )


def sign_in(till: "Till", staff_ref: str, pin: str) -> "Future[StaffMember]":
    """Sign somebody in, in place of whoever is; a basket stays. The future raises ``PosError``: nobody was signed in then.

    Codes: ``staff.wrong_pin``, ``staff.wait``, ``staff.locked``, ``staff.pin_shape``, ``staff.pepper_lost``.
    """
    return till.pin_worker.executor().submit(lambda: _sign_in(till, staff_ref, pin))


def sign_out(till: "Till") -> "Future[None]":
    """Nobody is signed in any more. It waits behind what was booked before, which is still theirs."""
    return till.database.submit_steps(lambda connection: _sign_out(till, connection))


def approve(till: "Till", permission: Permission, *, staff_ref: str, pin: str, subject: str = "") -> "Future[Approval]":
    """Let somebody's PIN allow one act, while the cashier stays signed in. Errors as of ``sign_in``, and ``staff.not_allowed``."""
    return till.pin_worker.executor().submit(lambda: _approve(till, permission, staff_ref, pin, subject))


def unlock(till: "Till", locked_ref: str, *, staff_ref: str, pin: str) -> "Future[None]":
    """Open somebody's lock at the counter with the PIN of ``staff_ref``, who may manage staff. Errors as of ``approve``."""
    return till.pin_worker.executor().submit(lambda: _unlock(till, locked_ref, staff_ref, pin))


def restart_waits(connection: Connection, *, boot_id: str, monotonic_ms: int) -> None:
    """Begin the waits anew that were counted by a clock which no longer runs; in the caller's transaction."""
    for row in staff.waits_of_other_boots(connection, boot_id):
        _put_wait(connection, row.staff_ref, row.failures, boot_id=boot_id, monotonic_ms=monotonic_ms)


def load_pepper(till: "Till") -> bytes:
    """The pepper of the PINs here; raises ``StorageError`` where it is gone or another's."""
    pepper = key_store.load(till.database.path.parent, key_store.PEPPER)
    secrets = till.database.write(staff.read_secrets)
    if pepper is None or pins.pepper_mark(pepper) != secrets.pepper_mark:
        raise NotAllowedError(
            "staff.pepper_lost",
            what="The secret that belongs to the PINs of this till is gone from this computer.",
            safe="Sales and points are safe; the PINs cannot be checked.",
            todo="Close the till and run `pos-app staff reset-pepper` with the recovery code.",
        )
    return pepper


def _sign_in(till: "Till", staff_ref: str, pin: str) -> StaffMember:
    row = _checked(till, staff_ref, pin, action="sign_in")
    return till.database.submit_steps(lambda connection: _enter(till, connection, row)).result()


def _enter(till: "Till", connection: Connection, row: StaffRow) -> StaffMember:
    """Take the failure back, begin the shift and say who it is. On the writer thread: sales queued before are the other's."""
    now_ms = till.clock.utc_ms()
    with _restoring(till), transaction(connection):
        till.attendance.member = row.member
        till.shift_id = shifts.current_shift(
            connection, staff_ref=row.staff_ref, business_date=till.business_date(now_ms), utc_ms=now_ms
        )
        staff.put_failures(connection, row.staff_ref, failures=0)
        write_audit(till, connection, action="sign_in", subject=row.staff_ref)
    return row.member


def _sign_out(till: "Till", connection: Connection) -> None:
    member = till.staff
    if member is None:
        return
    with transaction(connection):
        write_audit(till, connection, action="sign_out", subject=member.staff_ref)
    till.attendance.member = None


@contextmanager
def _restoring(till: "Till") -> Iterator[None]:
    """Whoever was there before is there again where the block fails."""
    before = till.attendance.member, till.shift_id
    try:
        yield
    except BaseException:
        till.attendance.member, till.shift_id = before
        raise


def _approve(till: "Till", permission: Permission, staff_ref: str, pin: str, subject: str) -> Approval:
    row = _checked(till, staff_ref, pin, action="approve", subject=subject, values={"permission": permission.value})
    allowed = row.member.may(permission)

    def note(connection: Connection) -> None:
        staff.put_failures(connection, staff_ref, failures=0)
        write_audit(
            till,
            connection,
            action="approve",
            outcome="done" if allowed else "refused",
            approver_ref=staff_ref,
            subject=subject,
            values={"permission": permission.value},
        )

    till.database.write(note)
    if not allowed:
        raise staffing.not_allowed(permission)
    now_monotonic_ms = till.clock.monotonic_ms()
    approval = Approval(
        approval_id=str(uuid7(utc_ms=till.clock.utc_ms(), random_bytes=os.urandom(10))),
        approver_ref=staff_ref,
        permission=permission,
        subject=subject,
        good_until_monotonic_ms=now_monotonic_ms + APPROVAL_LIFE_MS,
    )
    till.attendance.keep(approval)
    return approval


def _unlock(till: "Till", locked_ref: str, staff_ref: str, pin: str) -> None:
    _approve(till, Permission.MANAGE_STAFF, staff_ref, pin, locked_ref)

    def reset(connection: Connection) -> None:
        staff.put_failures(connection, locked_ref, failures=0)
        write_audit(till, connection, action="staff_reset", approver_ref=staff_ref, subject=locked_ref)

    till.database.write(reset)


def _checked(
    till: "Till",
    staff_ref: str,
    pin: str,
    *,
    action: str,
    subject: str = "",
    values: dict[str, int | str] | None = None,
) -> StaffRow:
    """Who typed this PIN, if it is right: then their failure is still counted, for the caller to take back. Raises otherwise."""
    pins.check_shape(pin)
    pepper = load_pepper(till)
    attempt = till.database.write(lambda connection: _count_try(till, connection, staff_ref))
    if attempt.is_locked:
        raise _locked()
    if attempt.wait_ms:
        raise _waiting(attempt.wait_ms)
    row = attempt.row
    if pins.pin_is_right("" if row is None else row.pin_hash, pin, pepper) and row is not None:
        _renew_hash(till, row, pin, pepper)
        return row
    known_ref = "" if row is None else row.staff_ref
    noted = (values or {}) | {"failures": attempt.failures}
    till.database.write(
        lambda connection: write_audit(
            till,
            connection,
            action=action,
            outcome="refused",
            approver_ref=known_ref if action == "approve" else "",
            subject=subject or known_ref,
            values=noted,
        )
    )
    raise _locked() if attempt.failures >= pins.FAILURES_MAX else _wrong_pin()


def _count_try(till: "Till", connection: Connection, staff_ref: str) -> _Try:
    """Count a try as a wrong one, unless it has to wait. Somebody unknown has nothing to count."""
    row = staff.find_staff(connection, staff_ref)
    if row is None or not row.active or not row.pin_hash:
        return _Try(None)
    if row.failures >= pins.FAILURES_MAX:
        return _Try(row, row.failures, is_locked=True)
    boot_id, now_ms = till.clock.boot_id(), till.clock.monotonic_ms()
    remaining_ms = _remaining_ms(row, boot_id, now_ms)
    failures = row.failures if remaining_ms else row.failures + 1
    if not remaining_ms or row.wait_boot_id != boot_id:
        _put_wait(connection, staff_ref, failures, boot_id=boot_id, monotonic_ms=now_ms)
    return _Try(row, failures, wait_ms=remaining_ms)


def _remaining_ms(row: StaffRow, boot_id: str, monotonic_ms: int) -> int:
    """How long the next try still waits. By the clock of another boot nothing is known: all of the wait."""
    whole_ms = pins.wait_ms(row.failures)
    if row.wait_boot_id != boot_id:
        return whole_ms
    return min(whole_ms, max(0, row.wait_until_monotonic_ms - monotonic_ms))


def _put_wait(connection: Connection, staff_ref: str, failures: int, *, boot_id: str, monotonic_ms: int) -> None:
    staff.put_failures(
        connection,
        staff_ref,
        failures=failures,
        boot_id=boot_id,
        until_monotonic_ms=monotonic_ms + pins.wait_ms(failures),
    )


def _renew_hash(till: "Till", row: StaffRow, pin: str, pepper: bytes) -> None:
    """Hash anew where the recommended parameters have changed since."""
    if pins.wants_new_hash(row.pin_hash):
        pin_hash = pins.hash_pin(pin, pepper)
        till.database.write(
            lambda connection: staff.put_pin_hash(connection, row.staff_ref, pin_hash, utc_ms=till.clock.utc_ms())
        )


def _wrong_pin() -> PosError:
    return InputError(
        "staff.wrong_pin",
        what="This is not the PIN.",
        safe="Nothing was changed.",
        todo="Type it again. After some wrong ones the next try has to wait.",
    )


def _waiting(remaining_ms: int) -> PosError:
    seconds = -(-remaining_ms // _SECOND_MS)
    return NotAllowedError(
        "staff.wait",
        what=f"After wrong PINs the next try has to wait {seconds} seconds.",
        safe="Nothing was changed.",
        todo="Wait, then type the PIN again.",
    )


def _locked() -> PosError:
    return NotAllowedError(
        "staff.locked",
        what=f"This PIN is locked after {pins.FAILURES_MAX} wrong tries.",
        safe="Nothing was changed.",
        todo="Ask a manager to open it, here or with `pos-app staff reset`.",
    )
