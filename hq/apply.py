"""The second step: the inbox's events go into the ledger, in each till's order, once.

How far the ledger got is a place in each till's chain, moved in the transaction that books. Where a run of events fails, it
is halved until the one that cannot be booked stands alone; that one becomes a task, and the others are booked.
"""

import logging
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, or_, select, tuple_, update
from sqlalchemy.exc import DBAPIError

from hq import tables
from hq.booking import Received, UnbookableError, book_event, touched_refs
from hq.database import lock_headquarters
from hq.intake import Outcome
from hq.working_set import WorkingSet
from pos_app.loyalty.ledger import book_due
from pos_app.protocol import events
from pos_app.protocol.nps import terminal_nps_key

_log = logging.getLogger(__name__)
_RUN_EVENTS_MAX = 200
_RUN_ACCOUNTS_MAX = 200
TASK_DEFERRED = "deferred"
TASK_FAILED = "apply_failed"
SET_ASIDE = (TASK_DEFERRED, TASK_FAILED)
"""Tasks that a newer HQ may do by itself."""
_terminal = tables.terminal.c
_inbox = tables.inbox.c


class _Waiting(msgspec.Struct, frozen=True):
    """An inbox row that the ledger does not count yet."""

    terminal_id: str
    incarnation: int
    seq: int
    outcome: str
    event_id: str | None
    body: bytes


_COLUMNS = [tables.inbox.c[name] for name in _Waiting.__struct_fields__]


def apply_inbox(engine: Engine, *, now_ms: int) -> int:
    """Book everything that waits, and give how many events that was. Two at a time wait for each other."""
    done = 0
    for terminal_id in _terminals_behind(engine):
        while run := _next_run(engine, terminal_id):
            _book_or_halve(engine, run, now_ms=now_ms)
            done += len(run)
    return done


def book_what_is_due(engine: Engine, *, now_ms: int) -> int:
    """Book maturing and expiry up to now, and give how many accounts that was."""
    done = 0
    while True:
        with engine.begin() as connection:
            lock_headquarters(connection)
            refs = _due_accounts(connection, now_ms=now_ms)
            work = WorkingSet()
            work.load(connection, account_refs=refs)
            for ref in refs:
                work.book(book_due(work.books[ref], at_ms=now_ms), now_ms=now_ms)
            work.write(connection)
        done += len(refs)
        if len(refs) < _RUN_ACCOUNTS_MAX:
            return done


def apply_set_aside(engine: Engine, *, now_ms: int) -> int:
    """Try again what an older HQ could not book: newer kinds of events, and what failed by a defect. Gives how many it booked."""
    task = tables.task.c
    with engine.connect() as connection:
        open_tasks = connection.execute(
            select(task.task_id).where(task.code.in_(SET_ASIDE), task.done_at_ms.is_(None)).order_by(task.task_id)
        )
        task_ids = open_tasks.scalars().all()
    return sum(_book_again(engine, task_id, now_ms=now_ms) for task_id in task_ids)


def _terminals_behind(engine: Engine) -> Sequence[str]:
    behind = or_(_terminal.applied_seq != _terminal.last_seq, _terminal.applied_incarnation != _terminal.incarnation)
    with engine.connect() as connection:
        return connection.execute(select(_terminal.terminal_id).where(behind)).scalars().all()


def _next_run(engine: Engine, terminal_id: str) -> list[_Waiting]:
    with engine.begin() as connection:
        run = _waiting(connection, terminal_id)
        if not run:
            # An older incarnation is done, and the present one has nothing yet.
            caught_up = {"applied_incarnation": _terminal.incarnation, "applied_seq": _terminal.last_seq}
            connection.execute(
                update(tables.terminal)
                .where(_terminal.terminal_id == terminal_id, _terminal.last_seq == 0)
                .values(caught_up)
            )
        return run


def _waiting(connection: Connection, terminal_id: str) -> list[_Waiting]:
    applied = select(_terminal.applied_incarnation, _terminal.applied_seq).where(_terminal.terminal_id == terminal_id)
    incarnation, seq = connection.execute(applied).one()
    rows = connection.execute(
        select(*_COLUMNS)
        .where(_inbox.terminal_id == terminal_id, tuple_(_inbox.incarnation, _inbox.seq) > tuple_(incarnation, seq))
        .order_by(_inbox.incarnation, _inbox.seq)
        .limit(_RUN_EVENTS_MAX)
    )
    return [_Waiting(*row) for row in rows]


def _book_or_halve(engine: Engine, run: list[_Waiting], *, now_ms: int) -> None:
    if _could_book(engine, run, now_ms=now_ms):
        return
    if len(run) == 1:
        _set_aside(engine, run[0], now_ms=now_ms)
    else:
        middle = len(run) // 2
        _book_or_halve(engine, run[:middle], now_ms=now_ms)
        _book_or_halve(engine, run[middle:], now_ms=now_ms)


def _could_book(engine: Engine, run: list[_Waiting], *, now_ms: int) -> bool:
    try:
        _book(engine, run, now_ms=now_ms)
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(run) == 1:
            _log.exception("apply.failed terminal=%s seq=%d", run[0].terminal_id, run[0].seq)
        return False
    return True


def _book(engine: Engine, run: list[_Waiting], *, now_ms: int) -> None:
    with engine.begin() as connection:
        master_key = lock_headquarters(connection).master_key
        waiting = _still_waiting(connection, run)
        received = [_received(row, master_key) for row in waiting if row.outcome == Outcome.ACCEPTED.value]
        work = _loaded(connection, received)
        work.tasks += [_task(row, TASK_DEFERRED, now_ms=now_ms) for row in waiting if row.outcome == Outcome.DEFERRED]
        for item in received:
            try:
                book_event(work, item, now_ms=now_ms)
            except UnbookableError as error:
                work.tasks.append(_task(item, error.reason, now_ms=now_ms))
        work.write(connection)
        _move_on(connection, run[-1])


def _received(row: _Waiting, master_key: bytes) -> Received:
    nps_key = terminal_nps_key(master_key, row.terminal_id)
    return Received(row.terminal_id, row.incarnation, row.seq, row.body, events.decode_body(row.body), nps_key)


def _still_waiting(connection: Connection, run: list[_Waiting]) -> list[_Waiting]:
    """The part of the run that nobody else has booked since it was read."""
    applied = connection.execute(
        select(_terminal.applied_incarnation, _terminal.applied_seq).where(_terminal.terminal_id == run[0].terminal_id)
    ).one()
    return [row for row in run if (row.incarnation, row.seq) > tuple(applied)]


def _loaded(connection: Connection, received: Sequence[Received]) -> WorkingSet:
    account_refs: set[str] = set()
    card_numbers: set[str] = set()
    for item in received:
        refs, numbers = touched_refs(item.event)
        account_refs |= refs
        card_numbers |= numbers
    work = WorkingSet()
    work.load(connection, account_refs=account_refs, card_numbers=card_numbers)
    work.taken_events.update(_taken(connection, [item.event.event_id for item in received]))
    return work


def _taken(connection: Connection, event_ids: list[str]) -> dict[str, bytes]:
    """The bodies of those sales that are booked already, under whatever till."""
    sale = tables.sale.c
    rows = connection.execute(
        select(sale.event_id, _inbox.body)
        .join(
            tables.inbox,
            (_inbox.terminal_id == sale.terminal_id)
            & (_inbox.incarnation == sale.incarnation)
            & (_inbox.seq == sale.seq),
        )
        .where(sale.event_id.in_(event_ids))
    )
    return dict(rows.all())


def _set_aside(engine: Engine, row: _Waiting, *, now_ms: int) -> None:
    """Go on without an event that cannot be booked; ``apply_set_aside`` tries it again."""
    with engine.begin() as connection:
        lock_headquarters(connection)
        connection.execute(tables.task.insert().values(_task(row, TASK_FAILED, now_ms=now_ms)))
        _move_on(connection, row)


def _move_on(connection: Connection, row: _Waiting) -> None:
    connection.execute(
        update(tables.terminal)
        .where(_terminal.terminal_id == row.terminal_id)
        .values(applied_incarnation=row.incarnation, applied_seq=row.seq)
    )


def _task(row: _Waiting | Received, code: str, *, now_ms: int) -> dict[str, object]:
    return {
        "code": code,
        "terminal_id": row.terminal_id,
        "incarnation": row.incarnation,
        "seq": row.seq,
        "created_at_ms": now_ms,
    }


def _book_again(engine: Engine, task_id: int, *, now_ms: int) -> bool:
    """Book the event of an open task; False if that still fails, or somebody else has done it."""
    task = tables.task.c
    of_task = (
        (_inbox.terminal_id == task.terminal_id) & (_inbox.incarnation == task.incarnation) & (_inbox.seq == task.seq)
    )
    found = select(*_COLUMNS).join(tables.task, of_task).where(task.task_id == task_id, task.done_at_ms.is_(None))
    try:
        with engine.begin() as connection:
            master_key = lock_headquarters(connection).master_key
            row = connection.execute(found).one_or_none()
            if row is None:
                return False
            received = _received(_Waiting(*row), master_key)
            work = _loaded(connection, [received])
            book_event(work, received, now_ms=now_ms)
            work.write(connection)
            connection.execute(update(tables.task).where(task.task_id == task_id).values(done_at_ms=now_ms))
    except (UnbookableError, msgspec.MsgspecError, DBAPIError, AssertionError) as error:
        _log.warning("apply.still_failing task=%d kind=%s", task_id, type(error).__name__)
        return False
    return True


def _due_accounts(connection: Connection, *, now_ms: int) -> Sequence[str]:
    lot = tables.lot.c
    matures = ~lot.matured & (lot.starts_at_ms <= now_ms)
    return (
        connection.execute(
            select(lot.account_ref)
            .distinct()
            .where(lot.remaining_units > 0, matures | (lot.expires_at_ms <= now_ms))
            .limit(_RUN_ACCOUNTS_MAX)
        )
        .scalars()
        .all()
    )
