"""What waits for a sale: returns that came before it, and goods whose receipt nobody could show.

Both are kept as they came, their money is booked, and their points are settled here once the sale is booked. Settling twice is
once: the entries have the id of the event that took the goods back.
"""

import functools
import logging
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError

from hq import tables
from hq.database import transact
from hq.loading import load_run
from hq.received import Received, UnbookableError
from hq.returns import SALE_MISSING, settle, settle_unseen
from pos_app.protocol.events import AnyEvent, ReturnEvent, UnseenReturnEvent, decode_body

_PAGE = 200
_log = logging.getLogger(__name__)
_task = tables.task.c
_unseen = tables.unseen_return.c
_inbox = tables.inbox.c


class _Waiting(msgspec.Struct, frozen=True):
    """A row that waits (``key``: the task's number, or the unseen return's event), and the event of the sale that it waits for."""

    key: int | str
    terminal_id: str
    incarnation: int
    seq: int
    sale_event_id: str


def settle_waiting(engine: Engine, *, now_ms: int) -> int:
    """Settle everything whose sale has come, and give how many that was. Any number of workers may do it at once."""
    with engine.connect() as connection:
        ready = [(one, _settle_return) for one in _ready_returns(connection)]
        ready += [(one, _settle_unseen) for one in _ready_unseen(connection)]
    return sum(_settled(engine, one, functools.partial(step, waiting=one, now_ms=now_ms)) for one, step in ready)


def _settled(engine: Engine, waiting: _Waiting, step: Callable[[Connection], int]) -> int:
    try:
        return transact(engine, step)
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        # A defect of ours: this one waits for its mend, and the others must not wait for it.
        place = waiting.terminal_id, waiting.incarnation, waiting.seq
        _log.error("settle.failed terminal=%s incarnation=%d seq=%d kind=%s", *place, type(error).__name__)
        return 0


def _ready_returns(connection: Connection) -> list[_Waiting]:
    """The returns that wait for a sale that is booked now."""
    ready: list[_Waiting] = []
    last_id = 0
    while True:
        rows = connection.execute(
            select(_task.task_id, _task.terminal_id, _task.incarnation, _task.seq)
            .where(_task.code == SALE_MISSING, _task.done_at_ms.is_(None), _task.task_id > last_id)
            .order_by(_task.task_id)
            .limit(_PAGE)
        ).all()
        if not rows:
            return ready
        last_id = rows[-1].task_id
        ready += _with_sale(connection, [(row.task_id, row.terminal_id, row.incarnation, row.seq) for row in rows])


def _with_sale(connection: Connection, rows: Sequence[tuple[int, str, int, int]]) -> list[_Waiting]:
    waiting = []
    for task_id, terminal_id, incarnation, seq in rows:
        event = _read_event(connection, terminal_id, incarnation, seq)
        if isinstance(event, ReturnEvent):
            waiting.append(_Waiting(task_id, terminal_id, incarnation, seq, event.sale_event_id))
    booked = tables.booked_event.c
    wanted = [one.sale_event_id for one in waiting]
    known = set(connection.execute(select(booked.event_id).where(booked.event_id.in_(wanted))).scalars())
    return [one for one in waiting if one.sale_event_id in known]


def _ready_unseen(connection: Connection) -> list[_Waiting]:
    receipt = tables.receipt.c
    rows = connection.execute(
        select(_unseen.event_id, _unseen.terminal_id, _unseen.incarnation, _unseen.seq, receipt.event_id)
        .join(tables.receipt, receipt.receipt_number == _unseen.sale_receipt_number)
        .where(_unseen.settled_at_ms.is_(None))
        .order_by(_unseen.event_id)
        .limit(_PAGE)
    )
    return [_Waiting(*row) for row in rows]


def _settle_return(connection: Connection, *, waiting: _Waiting, now_ms: int) -> int:
    event = _read_event(connection, waiting.terminal_id, waiting.incarnation, waiting.seq)
    assert isinstance(event, ReturnEvent), "it was one a moment ago"
    work = load_run(connection, [event])
    undone = select(_task.task_id).where(_task.task_id == waiting.key, _task.done_at_ms.is_(None)).with_for_update()
    if connection.execute(undone).first() is None:
        return 0
    received = _received(waiting, event)
    try:
        settle(work, received, event, now_ms=now_ms)
    except UnbookableError as error:
        work.tasks.append(received.task(error.reason, now_ms=now_ms))
    work.write(connection, now_ms=now_ms)
    connection.execute(update(tables.task).where(_task.task_id == waiting.key).values(done_at_ms=now_ms))
    return 1


def _settle_unseen(connection: Connection, *, waiting: _Waiting, now_ms: int) -> int:
    event = _read_event(connection, waiting.terminal_id, waiting.incarnation, waiting.seq)
    assert isinstance(event, UnseenReturnEvent), "the table holds no others"
    work = load_run(connection, [], sale_ids=[waiting.sale_event_id])
    mine = (_unseen.event_id == waiting.key) & _unseen.settled_at_ms.is_(None)
    if connection.execute(select(_unseen.event_id).where(mine).with_for_update()).first() is None:
        return 0
    sale = work.sale_events.get(waiting.sale_event_id)
    received = _received(waiting, event)
    if sale is None:
        work.tasks.append(received.task("not_a_sale", now_ms=now_ms))
    else:
        settle_unseen(work, received, event, sale, now_ms=now_ms)
    work.write(connection, now_ms=now_ms)
    connection.execute(update(tables.unseen_return).where(mine).values(settled_at_ms=now_ms))
    return 1


def _received(waiting: _Waiting, event: AnyEvent) -> Received:
    return Received(waiting.terminal_id, waiting.incarnation, waiting.seq, b"", event)


def _read_event(connection: Connection, terminal_id: str, incarnation: int, seq: int) -> AnyEvent | None:
    """The event at this place; None where its body is past its retention."""
    body = connection.execute(
        select(_inbox.body).where(
            _inbox.terminal_id == terminal_id, _inbox.incarnation == incarnation, _inbox.seq == seq
        )
    ).scalar_one_or_none()
    return None if body is None else decode_body(body)
