"""Computing receipts and acts again: each on its own input, under the programmes that it names. A difference is a defect.

It runs behind the booking, with a place of its own in each till's chain, and never changes the ledger: what a receipt promised is
honoured. Sales whose programmes have not come yet wait for them, and the till is asked. What could not be computed is a task, and is
tried again after an update and when the programmes come after all.
"""

import logging
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, and_, bindparam, or_, select, tuple_, update

from hq import tables
from hq.checks import UNSOUND_INPUT, check
from hq.draws import is_roll_wrong, read_seeds
from hq.intake import Outcome
from hq.programme_sets import read_sets
from hq.received import UnbookableError
from hq.statements import Values, insert_rows
from pos_app.errors import PosError
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.protocol.events import ActEvent, SaleEvent, decode_body

_PAGE = 200
_AT_ONCE = 2_000
_TILLS_AT_ONCE = 200
"""Each is a transaction of its own, and whoever replays has booking to do."""
_SET_WAIT_MS = 7 * 86_400_000
_SET_MISSING = "replay_set_missing"
_UNKNOWN = "replay_unknown"
_DIFFERS = "replay_differs"
_ROLL_WRONG = "roll_wrong"
_COMPUTED = ("sale", "act")
_terminal = tables.terminal.c
_inbox = tables.inbox.c
_log = logging.getLogger(__name__)


class _Row(msgspec.Struct, frozen=True):
    incarnation: int
    seq: int
    kind: str
    outcome: str
    body: bytes | None
    received_at_ms: int


class _Place(msgspec.Struct, frozen=True):
    """How far a till's receipts were computed, and how far they are booked."""

    terminal_id: str
    incarnation: int
    seq: int
    applied_incarnation: int
    applied_seq: int


_COLUMNS = [tables.inbox.c[name] for name in _Row.__struct_fields__]


class _Passed(msgspec.Struct, frozen=True):
    """An open task about a receipt that could not be computed."""

    task_id: int
    code: str
    terminal_id: str


_task_columns = tables.task.c
_PASSED = (
    select(_task_columns.task_id, _task_columns.code, _task_columns.terminal_id, *_COLUMNS)
    .join(
        tables.inbox,
        and_(*(_task_columns[name] == _inbox[name] for name in ("terminal_id", "incarnation", "seq"))),
    )
    .where(
        _task_columns.code.in_((_SET_MISSING, _UNKNOWN)),
        _task_columns.done_at_ms.is_(None),
        _task_columns.task_id > bindparam("after_id"),
    )
    .order_by(_task_columns.task_id)
    .limit(_PAGE)
)


def replay(engine: Engine, *, now_ms: int) -> int:
    """Compute what was booked since the last time, of some tills at most and some thousand events; gives how many it went past.

    Two workers may do the same at once: the second one's result is dropped.
    """
    done = 0
    tills = 0
    for place in _behind(engine):
        passed, has_moved = _replay_some(engine, place, now_ms=now_ms)
        done += passed
        tills += has_moved
        if done >= _AT_ONCE or tills >= _TILLS_AT_ONCE:
            break
    return done


def replay_passed(engine: Engine, *, now_ms: int) -> int:
    """Compute again what could not be computed before; gives how many tasks that ended. A difference is a task of its own."""
    ended = 0
    after_id = 0
    while found := _passed_after(engine, after_id):
        for passed, row, code in found:
            if code != passed.code:
                ended += _end(engine, passed, row, code, now_ms=now_ms)
        after_id = found[-1][0].task_id
    return ended


def _passed_after(engine: Engine, after_id: int) -> list[tuple[_Passed, _Row, str]]:
    """The next receipts that could not be computed, and what comes of each today; what it was before where its body is gone."""
    with engine.connect() as connection:
        read = connection.execute(_PASSED, {"after_id": after_id}).all()
        found = [(_Passed(*values[:3]), _Row(*values[3:])) for values in read]
        sales = [_sale_of(row) for _, row in found]
        seeds = read_seeds(connection)
        sets = read_sets(connection, {sale.engine_input.programme_set_hash for sale in sales if sale is not None})
    return [
        (
            passed,
            row,
            passed.code if sale is None else _verdict(sale, sets.get(sale.engine_input.programme_set_hash), seeds),
        )
        for (passed, row), sale in zip(found, sales, strict=True)
    ]


def _end(engine: Engine, passed: _Passed, row: _Row, code: str, *, now_ms: int) -> int:
    """The task is done, and another one takes its place where there is a new ``code``; 0 if somebody was quicker."""
    task = tables.task.c
    mine = (task.task_id == passed.task_id) & task.done_at_ms.is_(None)
    with engine.begin() as connection:
        ended = connection.execute(update(tables.task).where(mine).values(done_at_ms=now_ms)).rowcount
        if ended and code:
            insert_rows(connection, tables.task, [_task(passed.terminal_id, row, code, now_ms=now_ms)])
        if ended and code == _DIFFERS:
            more = _terminal.replay_differences + 1
            theirs = _terminal.terminal_id == passed.terminal_id
            connection.execute(update(tables.terminal).where(theirs).values(replay_differences=more))
    return ended


def differs(sale: SaleEvent | ActEvent, programmes: ProgrammeSet) -> bool:
    """Whether the engine gives another result today; raises ``PosError`` for semantics that this program does not know."""
    result = evaluate(sale.engine_input, programmes)
    if isinstance(sale, ActEvent):
        lots = tuple(granted.grant for granted in sale.granted_lots)
        return (result.awards, result.lots, result.used) != (sale.awards, lots, sale.used)
    computed = (
        result.awards,
        result.burn_units,
        result.burn_worth_minor,
        result.burn_as.value,
        result.burn_shares,
        result.lots,
        result.counted,
        result.class_after,
        result.discounts,
        result.collected,
        result.pool_lots,
        result.taken,
        result.donated,
        result.used,
    )
    told = (
        sale.awards,
        sale.burn_units,
        sale.burn_worth_minor,
        sale.burn_as,
        sale.burn_shares,
        tuple(granted.grant for granted in sale.granted_lots),
        sale.counted,
        sale.class_after,
        sale.discounts,
        sale.collected,
        tuple(granted.grant for granted in sale.pool_lots),
        sale.taken,
        sale.donated,
        sale.used,
    )
    return computed != told


def _behind(engine: Engine) -> list[_Place]:
    replayed = _terminal.replayed_incarnation, _terminal.replayed_seq
    applied = _terminal.applied_incarnation, _terminal.applied_seq
    behind = or_(*(ours != theirs for ours, theirs in zip(replayed, applied, strict=True)))
    with engine.connect() as connection:
        found = select(_terminal.terminal_id, *replayed, *applied).where(behind).order_by(_terminal.terminal_id)
        return [_Place(*row) for row in connection.execute(found)]


def _replay_some(engine: Engine, place: _Place, *, now_ms: int) -> tuple[int, bool]:
    """The next events of one till: how many, and whether that was written down (not while their programmes are missing).

    Computed without a lock; what comes of it counts if nobody else was quicker.
    """
    with engine.connect() as connection:
        rows = [(row, _sale_of(row)) for row in _next_rows(connection, place)]
        seeds = read_seeds(connection) if any(sale.engine_input.rolls for _, sale in rows if sale is not None) else {}
        sets = read_sets(connection, {sale.engine_input.programme_set_hash for _, sale in rows if sale is not None})
    tasks: list[Values] = []
    passed = 0
    for row, sale in rows:
        programmes = None if sale is None else sets.get(sale.engine_input.programme_set_hash)
        if sale is not None and programmes is None and now_ms - row.received_at_ms < _SET_WAIT_MS:
            break
        code = "" if sale is None else _verdict(sale, programmes, seeds)
        if code:
            tasks.append(_task(place.terminal_id, row, code, now_ms=now_ms))
        passed += 1
    end = place.applied_incarnation, place.applied_seq
    if passed < len(rows) or len(rows) == _PAGE:
        end = (rows[passed - 1][0].incarnation, rows[passed - 1][0].seq) if passed else (place.incarnation, place.seq)
    return passed, _move(engine, place, end, tasks)


def _next_rows(connection: Connection, place: _Place) -> list[_Row]:
    where = tuple_(_inbox.incarnation, _inbox.seq)
    found = (
        select(*_COLUMNS)
        .where(
            _inbox.terminal_id == place.terminal_id,
            where > tuple_(place.incarnation, place.seq),
            where <= tuple_(place.applied_incarnation, place.applied_seq),
        )
        .order_by(_inbox.incarnation, _inbox.seq)
        .limit(_PAGE)
    )
    return [_Row(*row) for row in connection.execute(found)]


def _sale_of(row: _Row) -> SaleEvent | ActEvent | None:
    """The sale or act in this row, if there is one to compute again."""
    if row.kind not in _COMPUTED or row.outcome != Outcome.ACCEPTED.value or row.body is None:
        return None
    event = decode_body(row.body)
    assert isinstance(event, SaleEvent | ActEvent), "its kind says so"
    try:
        check(event)
    except UnbookableError:
        # It was not booked, and computing it could take for ever.
        return None
    return event


def _verdict(sale: SaleEvent | ActEvent, programmes: ProgrammeSet | None, seeds: dict[str, bytes]) -> str:
    """The code of the task that a sale gives, empty where it came out the same."""
    if programmes is None:
        return _SET_MISSING
    try:
        if differs(sale, programmes):
            return _DIFFERS
        return _ROLL_WRONG if isinstance(sale, SaleEvent) and is_roll_wrong(sale, programmes, seeds) else ""
    except PosError:
        return _UNKNOWN
    except UNSOUND_INPUT:
        # An input that no sound till writes: it must not keep the receipts behind it from being looked at.
        _log.exception("replay.failed event=%s", sale.event_id)
        return _DIFFERS


def _task(terminal_id: str, row: _Row, code: str, *, now_ms: int) -> Values:
    return {
        "code": code,
        "terminal_id": terminal_id,
        "incarnation": row.incarnation,
        "seq": row.seq,
        "created_at_ms": now_ms,
    }


def _move(engine: Engine, place: _Place, end: tuple[int, int], tasks: Sequence[Values]) -> bool:
    """The till's receipts are computed up to here, unless somebody else has said so already."""
    before = place.incarnation, place.seq
    if end == before:
        return False
    differences = sum(task["code"] == _DIFFERS for task in tasks)
    values = {
        "replayed_incarnation": end[0],
        "replayed_seq": end[1],
        "replay_differences": _terminal.replay_differences + differences,
    }
    still = tuple_(_terminal.replayed_incarnation, _terminal.replayed_seq) == tuple_(*before)
    with engine.begin() as connection:
        moved = connection.execute(
            update(tables.terminal).where(_terminal.terminal_id == place.terminal_id, still).values(values)
        )
        if moved.rowcount:
            insert_rows(connection, tables.task, tasks)
    return True
