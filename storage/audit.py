"""The audit log: a row to search in for each audit event of the journal. What counts is the event; a row is never changed."""

import msgspec
from sqlalchemy import Connection, delete, func, insert, or_, select

from pos_app.protocol.events import AuditEvent, decode_body
from storage import tables

_audit = tables.audit.c
_event = tables.event.c
_DIFFERENCES_MAX = 20
_PAGE_EVENTS = 1_000
ROWS_MAX = 10_000
"""The most rows that one search gives."""


class AuditRow(msgspec.Struct, frozen=True):
    """One entry. ``details`` are its values as JSON, empty for none; ``outcome`` is ``done`` or ``refused``."""

    event_id: str
    utc_ms: int
    staff_ref: str
    approver_ref: str
    action: str
    outcome: str
    subject: str
    details: str


class AuditQuery(msgspec.Struct, frozen=True):
    """What to look for; what is empty or None does not matter. From ``since_ms`` on and before ``until_ms``, UTC milliseconds.

    ``staff_ref`` is who did it or who approved it. ``action`` is whole, ``subject`` may be its beginning; ``text`` stands
    anywhere in action, outcome, subject, details or the staff references, in any case of A to Z.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    staff_ref: str = ""
    action: str = ""
    subject: str = ""
    text: str = ""
    limit: int = ROWS_MAX


def row_of(event: AuditEvent) -> AuditRow:
    """The row that belongs to an event."""
    return AuditRow(
        event_id=event.event_id,
        utc_ms=event.moment.utc_ms,
        staff_ref=event.moment.staff_ref,
        approver_ref=event.approver_ref,
        action=event.action,
        outcome=event.outcome,
        subject=event.subject,
        details=msgspec.json.encode(event.values, order="sorted").decode() if event.values else "",
    )


def add_row(connection: Connection, row: AuditRow) -> None:
    """Add the row of an event that was just appended, in the same transaction."""
    connection.execute(insert(tables.audit).values(msgspec.structs.asdict(row)))


def put_row(connection: Connection, event_id: str, event: AuditEvent | None) -> None:
    """Put the row of an event in place of what is there; without an event it was made up, and goes."""
    connection.execute(delete(tables.audit).where(_audit.event_id == event_id))
    if event is not None:
        add_row(connection, row_of(event))


def find_rows(connection: Connection, query: AuditQuery) -> list[AuditRow]:
    """The newest rows that fit, oldest first."""
    wanted = select(*(_audit[name] for name in AuditRow.__struct_fields__))
    if query.since_ms is not None:
        wanted = wanted.where(_audit.utc_ms >= query.since_ms)
    if query.until_ms is not None:
        wanted = wanted.where(_audit.utc_ms < query.until_ms)
    if query.staff_ref:
        wanted = wanted.where(or_(_audit.staff_ref == query.staff_ref, _audit.approver_ref == query.staff_ref))
    if query.action:
        wanted = wanted.where(_audit.action == query.action)
    if query.subject:
        wanted = wanted.where(_audit.subject.startswith(query.subject, autoescape=True))
    if query.text:
        places = (
            _audit.action,
            _audit.outcome,
            _audit.subject,
            _audit.details,
            _audit.staff_ref,
            _audit.approver_ref,
        )
        wanted = wanted.where(or_(*(place.icontains(query.text, autoescape=True) for place in places)))
    wanted = wanted.join(tables.event, _event.event_id == _audit.event_id)
    newest = wanted.order_by(_audit.utc_ms.desc(), _event.seq.desc()).limit(min(query.limit, ROWS_MAX))
    return [AuditRow(*row) for row in reversed(connection.execute(newest).all())]


def differences(connection: Connection) -> list[str]:
    """Events whose row is missing or says something else, and rows without an event, by event id; the first twenty.

    Events whose body was pruned have nothing to compare with: of them only the row's existence is asked for.
    """
    found: list[str] = []
    after = ""
    while len(found) < _DIFFERENCES_MAX:
        page = connection.execute(
            select(_event.event_id, _event.body)
            .where(_event.kind == "audit", _event.event_id > after)
            .order_by(_event.event_id)
            .limit(_PAGE_EVENTS)
        ).all()
        if not page:
            break
        after = page[-1].event_id
        rows = _rows_between(connection, first=page[0].event_id, last=after)
        found += [event_id for event_id, body in page if not _agrees(rows.get(event_id), body)]
    strangers = select(_audit.event_id).where(
        ~select(_event.event_id).where(_event.event_id == _audit.event_id, _event.kind == "audit").exists()
    )
    found += connection.execute(strangers.limit(_DIFFERENCES_MAX)).scalars()
    return found[:_DIFFERENCES_MAX]


def count_rows(connection: Connection) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(tables.audit)).scalar_one()


def _rows_between(connection: Connection, *, first: str, last: str) -> dict[str, AuditRow]:
    query = select(*(_audit[name] for name in AuditRow.__struct_fields__)).where(_audit.event_id.between(first, last))
    return {row.event_id: AuditRow(*row) for row in connection.execute(query)}


def _agrees(row: AuditRow | None, body: bytes | None) -> bool:
    if row is None or body is None:
        return row is not None
    try:
        event = decode_body(body)
    except msgspec.MsgspecError:
        return False  # the chain says so too
    return isinstance(event, AuditEvent) and row == row_of(event)
