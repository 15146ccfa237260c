"""What waits for a sale: returns that came before it, and goods whose receipt nobody could show.

Both are kept as they came, their money is booked, and their points are settled here once the sale is booked. Settling twice is
once: the entries have the id of the event that took the goods back.

One printed number may be that of several sales, where a disk was put back or copied. Unseen goods are settled on the one that has
all of them to give back. Where none has, or more than one, nothing moves, and a task asks a person; another sale of the number
that comes later is looked at by itself.
"""

import functools
import logging
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, func, select, tuple_, update
from sqlalchemy.exc import DBAPIError

from hq import tables
from hq.database import transact
from hq.loading import load_run
from hq.received import Received, UnbookableError
from hq.returns import SALE_MISSING, UNCLEAR, has_all, settle, settle_as_decided, settle_unseen
from hq.working_set import WorkingSet
from pos_app.errors import InputError
from pos_app.protocol.events import AnyEvent, ReturnEvent, SaleEvent, UnseenReturnEvent, decode_body

_PAGE = 200
_log = logging.getLogger(__name__)
_task = tables.task.c
_unseen = tables.unseen_return.c
_inbox = tables.inbox.c
_receipt = tables.receipt.c


class _Waiting(msgspec.Struct, frozen=True):
    """A row that waits (``key``: the task's number, or the unseen return's event), and what names the sale that it waits for.

    That is the sale's event, or the number of its receipt.
    """

    key: int | str
    terminal_id: str
    incarnation: int
    seq: int
    sale: str


class SaleOfNumber(msgspec.Struct, frozen=True):
    """A sale that unseen goods may be of, as a person tells it from others of its number. ``has_all``: it has all of them to give back."""

    event_id: str
    business_date: str
    store_id: str
    total_minor: int
    account_ref: str
    has_all: bool


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
    wanted = [one.sale for one in waiting]
    known = set(connection.execute(select(booked.event_id).where(booked.event_id.in_(wanted))).scalars())
    return [one for one in waiting if one.sale in known]


def _ready_unseen(connection: Connection) -> list[_Waiting]:
    """Unseen returns of whose number there is a sale that they were not held against yet."""
    sales = select(func.count()).where(_receipt.receipt_number == _unseen.sale_receipt_number).scalar_subquery()
    rows = connection.execute(
        select(_unseen.event_id, _unseen.terminal_id, _unseen.incarnation, _unseen.seq, _unseen.sale_receipt_number)
        .where(_unseen.settled_at_ms.is_(None), sales > _unseen.sales_seen)
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
    work, sale_ids = _load_sales(connection, waiting.sale)
    mine = (_unseen.event_id == waiting.key) & _unseen.settled_at_ms.is_(None)
    seen = connection.execute(select(_unseen.sales_seen).where(mine).with_for_update()).scalar_one_or_none()
    if seen is None or seen >= len(sale_ids):
        return 0
    sales = _in_order(work)
    is_settled = settle_unseen(work, event, sales, now_ms=now_ms)
    code = "" if is_settled else UNCLEAR if sales else "not_a_sale"
    if code and not seen:
        work.tasks.append(_received(waiting, event).task(code, now_ms=now_ms))
    work.write(connection, now_ms=now_ms)
    # Of a number without any sale that can still be read nobody will ever know more.
    is_over = is_settled or not sales
    values = {"sales_seen": len(sale_ids), "settled_at_ms": now_ms if is_over else None}
    connection.execute(update(tables.unseen_return).where(mine).values(values))
    if is_settled and seen:
        _end_tasks(connection, waiting, now_ms=now_ms)
    return int(is_over)


def sales_to_choose_from(engine: Engine, task_id: int) -> tuple[SaleOfNumber, ...]:
    """The sales that the unseen goods of an open task may be of; raises ``InputError`` where it is not about such goods."""
    with engine.begin() as connection:
        waiting, event = _unclear(connection, task_id)
        work, _sale_ids = _load_sales(connection, waiting.sale)
        return tuple(
            SaleOfNumber(
                event_id=sale.event_id,
                business_date=sale.moment.business_date,
                store_id=sale.moment.store_id,
                total_minor=sale.total_minor,
                account_ref=sale.account_ref,
                has_all=has_all(work, event, sale),
            )
            for sale in _in_order(work)
        )


def decide_sale(engine: Engine, task_id: int, sale_event_id: str, *, now_ms: int) -> None:
    """A person says of which sale the unseen goods of an open task are: as much of them as it has left is settled on it.

    Raises ``InputError`` where the task is not about such goods, the sale not one of their number, or nothing of it is left.
    """
    transact(engine, functools.partial(_decide, task_id=task_id, sale_event_id=sale_event_id, now_ms=now_ms))


def _decide(connection: Connection, *, task_id: int, sale_event_id: str, now_ms: int) -> None:
    waiting, event = _unclear(connection, task_id)
    work, _sale_ids = _load_sales(connection, waiting.sale)
    mine = (_unseen.event_id == waiting.key) & _unseen.settled_at_ms.is_(None)
    if connection.execute(select(_unseen.event_id).where(mine).with_for_update()).first() is None:
        raise _not_unclear(task_id)
    sale = work.sale_events.get(sale_event_id)
    if sale is None:
        raise _refused(
            f"{sale_event_id} is no sale with the number {waiting.sale}.",
            f"`pos-app hq settle-return {task_id}` lists them.",
        )
    if not settle_as_decided(work, event, sale, now_ms=now_ms):
        raise _refused(
            "Of this sale nothing is left of these goods.", f"Choose another one, or `pos-app hq task-done {task_id}`."
        )
    work.write(connection, now_ms=now_ms)
    connection.execute(update(tables.unseen_return).where(mine).values(settled_at_ms=now_ms))
    _end_tasks(connection, waiting, now_ms=now_ms)


def _unclear(connection: Connection, task_id: int) -> tuple[_Waiting, UnseenReturnEvent]:
    """What waits for somebody's word under this task."""
    same_place = tuple_(_unseen.terminal_id, _unseen.incarnation, _unseen.seq) == tuple_(
        _task.terminal_id, _task.incarnation, _task.seq
    )
    columns = (_unseen.event_id, _unseen.terminal_id, _unseen.incarnation, _unseen.seq, _unseen.sale_receipt_number)
    row = connection.execute(
        select(*columns)
        .join(tables.task, same_place)
        .where(_task.task_id == task_id, _task.code == UNCLEAR, _task.done_at_ms.is_(None))
        .where(_unseen.settled_at_ms.is_(None))
    ).one_or_none()
    if row is None:
        raise _not_unclear(task_id)
    waiting = _Waiting(*row)
    event = _read_event(connection, waiting.terminal_id, waiting.incarnation, waiting.seq)
    assert isinstance(event, UnseenReturnEvent), "what is not settled keeps its body"
    return waiting, event


def _not_unclear(task_id: int) -> InputError:
    return _refused(
        f"Task {task_id} is not open, or not about goods of an unclear receipt.", "`pos-app hq tasks` lists the tasks."
    )


def _refused(what: str, todo: str) -> InputError:
    return InputError("hq.settle_return", what=what, safe="Nothing was changed.", todo=todo)


def _load_sales(connection: Connection, receipt_number: str) -> tuple[WorkingSet, list[str]]:
    """The sales with this number and their accounts, locked; and the events of all of them, those that nobody can read too."""
    found = select(_receipt.event_id).where(_receipt.receipt_number == receipt_number)
    sale_ids = list(connection.execute(found).scalars())
    return load_run(connection, [], sale_ids=sale_ids), sale_ids


def _in_order(work: WorkingSet) -> list[SaleEvent]:
    return sorted(work.sale_events.values(), key=lambda sale: sale.event_id)


def _end_tasks(connection: Connection, waiting: _Waiting, *, now_ms: int) -> None:
    """Nobody needs to say any more of which sale the goods are."""
    here = tuple_(_task.terminal_id, _task.incarnation, _task.seq) == (
        waiting.terminal_id,
        waiting.incarnation,
        waiting.seq,
    )
    is_open = (_task.code == UNCLEAR) & _task.done_at_ms.is_(None)
    connection.execute(update(tables.task).where(here, is_open).values(done_at_ms=now_ms))


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
