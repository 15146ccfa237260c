"""The audit log: who did, or tried to do, what is not for everybody. Its entries are events of the chain and cannot be edited."""

from typing import TYPE_CHECKING

from pos_app.model.staff import Permission
from pos_app.protocol.events import AuditEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.moments import append, moment_of, new_id
from storage import audit, journal
from storage.audit import AuditQuery, AuditRow
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def write_audit(
    till: "Till",
    connection: Connection,
    *,
    action: str,
    outcome: str = "done",
    approver_ref: str = "",
    subject: str = "",
    values: dict[str, int | str] | None = None,
) -> None:
    """Append an audit event and its row, in the caller's transaction, after whatever event the caller appended before.

    ``action`` and ``outcome`` (``done`` or ``refused``) are codes, ``subject`` is a receipt's number, an account or a member of
    staff. Nothing here is ever personal data: no name, no phone. Runs on the writer thread.
    """
    terminal = journal.read_terminal(connection)
    now_ms = till.clock.utc_ms()
    event = AuditEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        action=action,
        outcome=outcome,
        approver_ref=approver_ref,
        subject=subject,
        values=values or {},
    )
    append(connection, event)
    audit.add_row(connection, audit.row_of(event))


def search(till: "Till", query: AuditQuery) -> list[AuditRow]:
    """The newest entries that fit, oldest first. Raises ``NotAllowedError`` for whom the audit log is not."""
    staffing.check(till, Permission.READ_AUDIT)
    return till.database.read(lambda connection: audit.find_rows(connection, query))
