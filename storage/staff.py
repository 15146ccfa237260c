"""Who works here: roles, PIN hashes, wrong PINs in a row. The hashes never leave this module's callers in the core."""

import msgspec
from sqlalchemy import Connection, bindparam, exists, select, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.model.staff import Role, StaffMember
from storage import tables
from storage.database import driver_connection
from storage.statements import EMPTY, ONE, Statement

_staff = tables.staff.c
_terminal = tables.terminal.c


class StaffRow(msgspec.Struct, frozen=True):
    """One person with everything that the till keeps. ``pin_hash`` is empty where no PIN was set.

    ``failures`` are wrong PINs in a row. The next try waits until ``wait_until_monotonic_ms`` by the clock of ``wait_boot_id``.
    """

    staff_ref: str
    name: str
    role: str
    active: int
    pin_hash: str
    failures: int
    wait_boot_id: str
    wait_until_monotonic_ms: int

    @property
    def member(self) -> StaffMember:
        """Who it is."""
        return StaffMember(self.staff_ref, self.name, Role(self.role), bool(self.active))


class Secrets(msgspec.Struct, frozen=True):
    """``recovery_hash``: of the code that voids every PIN, empty until a first manager has a PIN. ``pepper_mark`` tells the pepper
    of these PINs from any other.
    """

    recovery_hash: str
    pepper_mark: str


_columns = tuple(tables.staff.c[name] for name in StaffRow.__struct_fields__)
_find = Statement(lambda: select(*_columns).where(_staff.staff_ref == bindparam("staff_ref")))
_is_wanted = Statement(
    lambda: select(_terminal.id).where(
        _terminal.recovery_hash != EMPTY, exists(select(_staff.staff_ref).where(_staff.active == ONE))
    )
)


def sign_in_is_wanted(connection: Connection) -> bool:
    """Whether somebody must sign in: a manager has set PINs up here, and somebody active works here."""
    return _is_wanted.first(driver_connection(connection)) is not None


def find_staff(connection: Connection, staff_ref: str) -> StaffRow | None:
    """The person of this name, active or not, or None."""
    row = _find.first(driver_connection(connection), staff_ref)
    return None if row is None else StaffRow(*row)


def list_staff(connection: Connection) -> list[StaffRow]:
    """Everybody, by name."""
    return [StaffRow(*row) for row in connection.execute(select(*_columns).order_by(_staff.name, _staff.staff_ref))]


def put_staff(connection: Connection, member: StaffMember, *, utc_ms: int) -> None:
    """Add somebody, or change name, role and whether they are active; a PIN stays."""
    facts = {"name": member.name, "role": member.role.value, "active": int(member.active), "changed_at_ms": utc_ms}
    statement = insert(tables.staff).values(staff_ref=member.staff_ref, **facts)
    connection.execute(statement.on_conflict_do_update(index_elements=["staff_ref"], set_=facts))


def put_pin_hash(connection: Connection, staff_ref: str, pin_hash: str, *, utc_ms: int) -> None:
    """Set a PIN, or void it with an empty hash; wrong ones are forgotten."""
    _change(connection, staff_ref, pin_hash=pin_hash, changed_at_ms=utc_ms)
    put_failures(connection, staff_ref, failures=0)


def put_failures(
    connection: Connection, staff_ref: str, *, failures: int, boot_id: str = "", until_monotonic_ms: int = 0
) -> None:
    """Set how many wrong PINs there were in a row, and until when the next try waits."""
    _change(
        connection,
        staff_ref,
        failures=failures,
        wait_boot_id=boot_id,
        wait_until_monotonic_ms=until_monotonic_ms,
    )


def void_pins(connection: Connection, *, utc_ms: int) -> None:
    """Nobody has a PIN any more."""
    connection.execute(
        update(tables.staff).values(
            pin_hash="", failures=0, wait_boot_id="", wait_until_monotonic_ms=0, changed_at_ms=utc_ms
        )
    )


def waits_of_other_boots(connection: Connection, boot_id: str) -> list[StaffRow]:
    """Who has wrong PINs in a row whose wait was counted by the clock of another start of the machine."""
    query = select(*_columns).where(_staff.failures > 0, _staff.wait_boot_id != boot_id)
    return [StaffRow(*row) for row in connection.execute(query)]


def read_secrets(connection: Connection) -> Secrets:
    """What is kept about PINs beside the people."""
    row = connection.execute(select(_terminal.recovery_hash, _terminal.pepper_mark)).one()
    return Secrets(*row)


def put_secrets(connection: Connection, secrets: Secrets) -> None:
    """Replace it."""
    connection.execute(update(tables.terminal).values(msgspec.structs.asdict(secrets)))


def _change(connection: Connection, staff_ref: str, **values: str | int) -> None:
    connection.execute(update(tables.staff).where(_staff.staff_ref == staff_ref).values(**values))
