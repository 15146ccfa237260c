"""Accounts whose points can neither begin nor end, by a defect of HQ: a task for each, which ends by itself once they are booked."""

import logging
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Engine, Select, or_, select, tuple_, update

from hq import tables
from hq.loading import touched_refs
from pos_app.protocol.events import decode_body

TASK_DUE_FAILED = "due_failed"
_log = logging.getLogger(__name__)
_lot = tables.lot.c
_task = tables.task.c
_IS_OPEN = (_task.code == TASK_DUE_FAILED) & _task.done_at_ms.is_(None)


def is_to_mature(now_ms: int) -> ColumnElement[bool]:
    """Whether a lot has begun and is not booked as such."""
    return ~_lot.matured & (_lot.remaining_units > 0) & (_lot.starts_at_ms <= now_ms)


def is_to_expire(now_ms: int) -> ColumnElement[bool]:
    """Whether a lot is over and has something left."""
    return (_lot.remaining_units > 0) & (_lot.expires_at_ms <= now_ms)


def note_due_failed(engine: Engine, account_ref: str, *, now_ms: int) -> None:
    """Somebody must look at an account whose points cannot begin or end: its task names the event that gave them."""
    with engine.begin() as connection:
        for place in connection.execute(_gave_what_is_due(account_ref, now_ms)).mappings():
            values = {"code": TASK_DUE_FAILED, **place}
            same = (_task[name] == value for name, value in place.items())
            if connection.execute(select(_task.task_id).where(*same, _IS_OPEN)).first() is None:
                connection.execute(tables.task.insert().values(**values, created_at_ms=now_ms))
    _log.exception("due.failed")


def end_due_failed(engine: Engine, *, now_ms: int) -> None:
    """End the tasks about accounts of which nothing is due any more."""
    with engine.begin() as connection:
        place = tuple_(_task.terminal_id, _task.incarnation, _task.seq)
        inbox = tables.inbox.c
        there = tuple_(inbox.terminal_id, inbox.incarnation, inbox.seq) == place
        rows = connection.execute(select(_task.task_id, inbox.body).join(tables.inbox, there).where(_IS_OPEN)).all()
        done = [task_id for task_id, body in rows if not _is_anything_due(connection, body, now_ms)]
        if done:
            connection.execute(update(tables.task).where(_task.task_id.in_(done)).values(done_at_ms=now_ms))


def _is_anything_due(connection: Connection, body: bytes | None, now_ms: int) -> bool:
    """Whether something is due of the accounts that an event was about, wherever their points are now."""
    refs = set() if body is None else touched_refs(decode_body(body))[0]
    is_due = or_(is_to_mature(now_ms), is_to_expire(now_ms))
    due = select(_lot.lot_id).where(_lot.account_ref.in_(_homes(connection, refs)), is_due)
    return connection.execute(due.limit(1)).first() is not None


def _homes(connection: Connection, refs: Iterable[str]) -> list[str]:
    """These accounts, and those that took them over."""
    account = tables.account.c
    known: set[str] = set()
    newest = set(refs)
    while newest:
        known |= newest
        found = select(account.merged_into).where(account.account_ref.in_(sorted(newest)), account.merged_into != "")
        newest = set(connection.execute(found).scalars()) - known
    return sorted(known)


def _gave_what_is_due(account_ref: str, now_ms: int) -> Select[tuple[str, int, int]]:
    """Where the first event stands that moved a lot of the account that is due."""
    entry, booked = tables.entry.c, tables.booked_event.c
    is_due = or_(is_to_mature(now_ms), is_to_expire(now_ms))
    due = select(_lot.lot_id).where(_lot.account_ref == account_ref, is_due)
    return (
        select(booked.terminal_id, booked.incarnation, booked.seq)
        .join(tables.entry, entry.event_id == booked.event_id)
        .where(entry.account_ref == account_ref, entry.lot_id.in_(due))
        .order_by(entry.booked_at_ms)
        .limit(1)
    )
