"""The second step: the inbox's events go into the ledger, in each till's order, once.

How far the ledger got is a place in each till's chain, moved in the transaction that books. Any number of appliers work at once, in
any number of processes: each takes a till that no other has, and the accounts of its run are locked in the order of their
references. Where a run of events fails, it is halved until the one that cannot be booked stands alone; that one becomes a task, and
the others are booked.
"""

import functools
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    case,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError

from hq import tables
from hq.booking import book_event
from hq.claims import REFUSED, claimed_sale
from hq.database import is_transient, read_headquarters, transact
from hq.due_tasks import end_due_failed, is_to_expire, is_to_mature, note_due_failed
from hq.intake import Outcome
from hq.loading import load_run, touched_refs
from hq.received import Received, UnbookableError
from hq.statements import Values, update_rows, upsert_rows
from hq.terminals import regions_of
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
_lot = tables.lot.c


class _Waiting(msgspec.Struct, frozen=True):
    """An inbox row that the ledger does not count yet. Events that wait still have their body."""

    terminal_id: str
    incarnation: int
    seq: int
    outcome: str
    event_id: str | None
    body: bytes


_IN_ONE_CHAIN = _terminal.applied_incarnation == _terminal.incarnation
_BEHIND = select(
    _terminal.terminal_id,
    # Of an earlier incarnation nobody knows how many wait.
    case((_IN_ONE_CHAIN, _terminal.last_seq - _terminal.applied_seq), else_=_RUN_EVENTS_MAX).label("waiting"),
).where(or_(_terminal.applied_seq != _terminal.last_seq, ~_IN_ONE_CHAIN))
_PLACE = (
    select(_terminal.applied_incarnation, _terminal.applied_seq)
    .where(_terminal.terminal_id == bindparam("that_id"))
    .with_for_update(skip_locked=True)
)
_COLUMNS = [tables.inbox.c[name] for name in _Waiting.__struct_fields__]


def apply_inbox(engine: Engine, *, now_ms: int) -> int:
    """Book everything that waits and that nobody else is booking, and give how many events that was.

    Tills take turns, a run of events each, so that one with a long queue does not hold the others up; tills with a few events
    each share a run, since a run costs much and an event in it little.
    """
    total = 0
    while done := sum(_apply_group(engine, group, now_ms=now_ms) for group in _groups(_terminals_behind(engine))):
        total += done
    return total


def book_what_is_due(engine: Engine, *, now_ms: int) -> int:
    """Book maturing and expiry up to now, and give how many accounts that was.

    One that cannot be booked, by a defect, becomes a task and is passed over; the next call tries it again, and the task ends with it.
    """
    done: set[str] = set()
    failed: set[str] = set()
    limit = _RUN_ACCOUNTS_MAX
    while len(failed) < _RUN_ACCOUNTS_MAX:
        run = _DueRun(limit=limit, passed_over=failed, now_ms=now_ms)
        try:
            refs = transact(engine, run.book)
        except Exception as error:
            if not run.refs or is_transient(error) or (isinstance(error, DBAPIError) and error.connection_invalidated):
                raise
            limit = len(run.refs) // 2
            if not limit:
                failed.update(run.refs)
                note_due_failed(engine, run.refs[0], now_ms=now_ms)
                limit = _RUN_ACCOUNTS_MAX
            continue
        if done.issuperset(refs):
            break
        done.update(refs)
    end_due_failed(engine, now_ms=now_ms)
    return len(done)


def apply_set_aside(engine: Engine, *, now_ms: int) -> int:
    """Try again what an older HQ could not book: newer kinds of events, and what failed by a defect. Gives how many it booked."""
    task = tables.task.c
    with engine.connect() as connection:
        open_tasks = connection.execute(
            select(task.task_id).where(task.code.in_(SET_ASIDE), task.done_at_ms.is_(None)).order_by(task.task_id)
        )
        task_ids = open_tasks.scalars().all()
    return sum(_book_again(engine, task_id, now_ms=now_ms) for task_id in task_ids)


def book_refused_claims(engine: Engine, *, now_ms: int) -> int:
    """Try claims again that were refused and whose sale has come since, which may say whose it is. Gives how many were in order.

    The till of the code may have been unknown before, after a restore; or the member had another account there.
    """
    task, booked = tables.task.c, tables.booked_event.c
    there = tuple_(_inbox.terminal_id, _inbox.incarnation, _inbox.seq) == tuple_(
        task.terminal_id, task.incarnation, task.seq
    )
    refused = select(task.task_id, _inbox.body).join(tables.inbox, there)
    with engine.connect() as connection:
        rows = connection.execute(refused.where(task.code == REFUSED, task.done_at_ms.is_(None))).all()
        sales = {task_id: sale_id for task_id, body in rows if (sale_id := claimed_sale(events.decode_body(body)))}
        came = set(connection.execute(select(booked.event_id).where(booked.event_id.in_(sales.values()))).scalars())
    return sum(_book_again(engine, task_id, now_ms=now_ms) for task_id, sale_id in sales.items() if sale_id in came)


def _terminals_behind(engine: Engine) -> Sequence[tuple[str, int]]:
    """The tills with events that wait, and about how many."""
    with engine.connect() as connection:
        return [(row.terminal_id, row.waiting) for row in connection.execute(_BEHIND)]


def _groups(behind: Sequence[tuple[str, int]]) -> Iterator[list[str]]:
    """Tills that share a run: together no more than that many events, or one alone."""
    group: list[str] = []
    events = 0
    for terminal_id, waiting in behind:
        if group and events + waiting > _RUN_EVENTS_MAX:
            yield group
            group, events = [], 0
        group.append(terminal_id)
        events += waiting
    if group:
        yield group


def _apply_group(engine: Engine, terminal_ids: Sequence[str], *, now_ms: int) -> int:
    """Book the next events of these tills together; each till by itself where that fails."""
    if len(terminal_ids) > 1:
        try:
            return transact(engine, _Run(terminal_ids, limit=_RUN_EVENTS_MAX, now_ms=now_ms).book)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            _log.info("apply.apart tills=%d kind=%s", len(terminal_ids), type(error).__name__)
    return sum(_apply_run(engine, terminal_id, now_ms=now_ms) for terminal_id in terminal_ids)


def _apply_run(engine: Engine, terminal_id: str, *, now_ms: int) -> int:
    """Book the next events of this till and give how many; none where another applier has it."""
    limit = _RUN_EVENTS_MAX
    while True:
        run = _Run([terminal_id], limit=limit, now_ms=now_ms)
        try:
            return transact(engine, run.book)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            if is_transient(error):
                _log.warning("apply.in_the_way terminal=%s kind=%s", terminal_id, type(error).__name__)
                return 0
            if len(run.rows) <= 1:
                return _set_aside(engine, run, now_ms=now_ms)
            limit = len(run.rows) // 2


class _Run:
    """Some events of these tills on their way into the ledger; ``rows`` are those that the last attempt found."""

    def __init__(self, terminal_ids: Sequence[str], *, limit: int, now_ms: int) -> None:
        self._terminal_ids = terminal_ids
        self._limit = limit
        self._now_ms = now_ms
        self.rows: list[_Waiting] = []

    def book(self, connection: Connection) -> int:
        """Book them all or none; gives how many. The tills' rows stay locked until the transaction ends."""
        self.rows = []
        for terminal_id in self._terminal_ids:
            if len(self.rows) < self._limit:
                self.rows += _take(connection, terminal_id, limit=self._limit - len(self.rows))
        if self.rows:
            _book(connection, self.rows, now_ms=self._now_ms)
            _move_on(connection, self.rows)
        return len(self.rows)


def _take(connection: Connection, terminal_id: str, *, limit: int) -> list[_Waiting]:
    """The next events of a till that nobody else has, locked; none where there are none."""
    applied = connection.execute(_PLACE, {"that_id": terminal_id}).one_or_none()
    if applied is None:
        return []
    rows = connection.execute(
        select(*_COLUMNS)
        .where(_inbox.terminal_id == terminal_id, tuple_(_inbox.incarnation, _inbox.seq) > tuple_(*applied))
        .order_by(_inbox.incarnation, _inbox.seq)
        .limit(limit)
    )
    waiting = [_Waiting(*row) for row in rows]
    if not waiting:
        # An older incarnation is done, and the present one has nothing yet.
        connection.execute(
            update(tables.terminal)
            .where(_terminal.terminal_id == terminal_id, _terminal.last_seq == 0)
            .values(applied_incarnation=_terminal.incarnation, applied_seq=0)
        )
    return waiting


def _book(connection: Connection, rows: list[_Waiting], *, now_ms: int) -> None:
    master_key = read_headquarters(connection).master_key
    received = [_received(row, master_key) for row in rows if row.outcome == Outcome.ACCEPTED.value]
    without_effect = [(row, event) for row in rows if row.outcome != Outcome.ACCEPTED.value for event in _readable(row)]
    regions = regions_of(connection, {row.terminal_id for row in rows})
    events_in_run = [*(item.event for item in received), *(event for _, event in without_effect)]
    work = load_run(connection, events_in_run, now_ms=now_ms)
    work.tasks += [_task(row, TASK_DEFERRED, now_ms=now_ms) for row in rows if row.outcome == Outcome.DEFERRED.value]
    for row, event in without_effect:
        work.region = regions[row.terminal_id]
        _announce(work, event)
    for item in received:
        work.region = regions[item.terminal_id]
        if item.event.event_id in work.booked:
            # Known from another till or under another name: this till has counted it on top of what it heard.
            _announce(work, item.event)
        try:
            book_event(work, item, now_ms=now_ms)
        except UnbookableError as error:
            work.tasks.append(item.task(error.reason, now_ms=now_ms))
            _announce(work, item.event)
    _write(connection, work, now_ms=now_ms)


def _write(connection: Connection, work: WorkingSet, *, now_ms: int) -> None:
    work.write(connection, now_ms=now_ms)
    _add_up_days(connection, work.sales, work.issued_units)


def _announce(work: WorkingSet, event: events.AnyEvent) -> None:
    """An event had no effect here, while its till shows one: the till is told how its accounts stand after it.

    Those that hold the event's cards too: the till gave such a card to another account in its own books.
    """
    account_refs, cards = touched_refs(event)
    homes = [work.home_of(ref) for ref in sorted(account_refs)]
    for account in (*homes, *(work.holder_of(card) for card in sorted(cards))):
        if account is not None:
            work.touch(account)


def _received(row: _Waiting, master_key: bytes) -> Received:
    nps_key = terminal_nps_key(master_key, row.terminal_id)
    return Received(row.terminal_id, row.incarnation, row.seq, row.body, events.decode_body(row.body), nps_key)


def _readable(row: _Waiting) -> list[events.AnyEvent]:
    """The event, where it can be read."""
    try:
        return [events.decode_body(row.body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []


def _add_up_days(connection: Connection, sales: Sequence[Values], issued_units: Mapping[tuple[str, str], int]) -> None:
    """Each till's totals of a day, so that nobody has to add up all sales."""
    sums: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for sale in sales:
        of_day, kind = sums[sale["terminal_id"], sale["business_date"]], sale["kind"]
        of_day[f"{kind}s"] += 1
        of_day[f"{kind}s_minor"] += sale["total_minor"]
        if kind == "sale":
            of_day["issued_units"] += sale["earned_units"]
            of_day["burned_units"] += sale["burned_units"]
    for day, units in issued_units.items():
        sums[day]["issued_units"] += units
    columns = [column.name for column in tables.terminal_day.columns if not column.primary_key]
    rows = [
        {"terminal_id": terminal_id, "business_date": day, **{name: of_day[name] for name in columns}}
        for (terminal_id, day), of_day in sorted(sums.items())
    ]
    upsert_rows(connection, tables.terminal_day, rows, add=columns)


def _set_aside(engine: Engine, run: _Run, *, now_ms: int) -> int:
    """Go on without an event that cannot be booked; ``apply_set_aside`` tries it again. Gives how many that was."""
    if not run.rows:
        # It failed before it knew what waits.
        _log.exception("apply.failed")
        return 0
    (row,) = run.rows
    _log.exception("apply.failed terminal=%s seq=%d", row.terminal_id, row.seq)
    with engine.begin() as connection:
        if _take(connection, row.terminal_id, limit=1) != [row]:
            return 0
        connection.execute(tables.task.insert().values(_task(row, TASK_FAILED, now_ms=now_ms)))
        _move_on(connection, [row])
    return 1


def _move_on(connection: Connection, rows: Sequence[_Waiting]) -> None:
    """The ledger has got so far; of each till the last row counts."""
    places = {
        row.terminal_id: {
            "terminal_id": row.terminal_id,
            "applied_incarnation": row.incarnation,
            "applied_seq": row.seq,
        }
        for row in rows
    }
    update_rows(connection, tables.terminal, list(places.values()), columns=("applied_incarnation", "applied_seq"))


def _task(row: _Waiting, code: str, *, now_ms: int) -> Values:
    return {
        "code": code,
        "terminal_id": row.terminal_id,
        "incarnation": row.incarnation,
        "seq": row.seq,
        "created_at_ms": now_ms,
    }


def _book_again(engine: Engine, task_id: int, *, now_ms: int) -> bool:
    """Book the event of an open task; False if that still fails, or somebody else has done it."""
    try:
        return transact(engine, functools.partial(_book_task, task_id=task_id, now_ms=now_ms))
    except (UnbookableError, msgspec.MsgspecError, DBAPIError, AssertionError) as error:
        _log.warning("apply.still_failing task=%d kind=%s", task_id, type(error).__name__)
        return False


def _book_task(connection: Connection, *, task_id: int, now_ms: int) -> bool:
    task = tables.task.c
    place = select(task.terminal_id, task.incarnation, task.seq).where(
        task.task_id == task_id, task.done_at_ms.is_(None)
    )
    found = connection.execute(place.with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return False
    at_place = (
        _inbox.terminal_id == found.terminal_id,
        _inbox.incarnation == found.incarnation,
        _inbox.seq == found.seq,
    )
    row = connection.execute(select(*_COLUMNS).where(*at_place)).one()
    received = _received(_Waiting(*row), read_headquarters(connection).master_key)
    region = regions_of(connection, {found.terminal_id})[found.terminal_id]
    work = load_run(connection, [received.event], region=region, now_ms=now_ms)
    book_event(work, received, now_ms=now_ms)
    _write(connection, work, now_ms=now_ms)
    connection.execute(update(tables.task).where(task.task_id == task_id).values(done_at_ms=now_ms))
    return True


class _DueRun:
    """Some accounts whose maturing and expiry are being booked; ``refs`` are those that the last attempt found."""

    def __init__(self, *, limit: int, passed_over: Collection[str], now_ms: int) -> None:
        self._limit = limit
        self._passed_over = passed_over
        self._now_ms = now_ms
        self.refs: Sequence[str] = ()

    def book(self, connection: Connection) -> Sequence[str]:
        """Book them all or none; gives which."""
        self.refs = ()
        self.refs = _due_accounts(connection, limit=self._limit, passed_over=self._passed_over, now_ms=self._now_ms)
        if self.refs:
            work = WorkingSet()
            work.load(connection, account_refs=self.refs)
            for ref in self.refs:
                work.book(book_due(work.books[ref], at_ms=self._now_ms), now_ms=self._now_ms)
            work.write(connection, now_ms=self._now_ms)
        return self.refs


def _due_accounts(connection: Connection, *, limit: int, passed_over: Collection[str], now_ms: int) -> Sequence[str]:
    """Some accounts with something due that nobody else works on, locked."""
    other = _lot.account_ref.not_in(sorted(passed_over)) if passed_over else true()
    maturing = select(_lot.account_ref).where(is_to_mature(now_ms), other).order_by(_lot.starts_at_ms)
    expiring = select(_lot.account_ref).where(is_to_expire(now_ms), other).order_by(_lot.expires_at_ms)
    found = [ref for due in (maturing, expiring) for ref in connection.execute(due.limit(limit)).scalars()]
    account = tables.account.c
    refs = sorted(dict.fromkeys(found[:limit]))
    free = select(account.account_ref).where(account.account_ref.in_(refs)).order_by(account.account_ref)
    return connection.execute(free.with_for_update(skip_locked=True)).scalars().all()
