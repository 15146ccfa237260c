"""What HQ has booked, as tests look at it."""

from sqlalchemy import select

from hq import tables
from hq.apply import apply_inbox
from hq.operate import RunningHq
from hq.reports import totals
from pos_app.model.evaluation import LotGrant
from pos_app.protocol.events import GrantedLot
from pos_app.protocol.messages import AccountState
from tests.hq.journals import DAY_MS, START_MS, Journal

LATER_MS = START_MS + 400 * DAY_MS


def book(hq: RunningHq, *, now_ms: int = LATER_MS) -> int:
    return apply_inbox(hq.engine, now_ms=now_ms)


def tasks(hq: RunningHq) -> list[tuple[int, str]]:
    """Open tasks: the event's number and the code."""
    task = tables.task.c
    with hq.engine.connect() as connection:
        rows = connection.execute(select(task.seq, task.code).where(task.done_at_ms.is_(None)).order_by(task.seq))
        return [(seq, code) for seq, code in rows]


def entries(hq: RunningHq) -> list[tuple[str, int]]:
    entry = tables.entry.c
    with hq.engine.connect() as connection:
        rows = connection.execute(select(entry.kind, entry.units).order_by(entry.event_id, entry.entry_no))
        return [(kind, units) for kind, units in rows]


def state_of(journal: Journal, account_ref: str) -> AccountState:
    (state,) = [state for state in journal.page().accounts if state.account_ref == account_ref]
    return state


def available(state: AccountState) -> int:
    return sum(lot.remaining_units for lot in state.lots if lot.matured)


def assert_sound(hq: RunningHq) -> None:
    figures = totals(hq.engine)
    assert (0, False, 0) == (figures.ledger_sum_units, figures.stored_balances_differ, figures.waiting_events)


def lot_of_five(lot_id: str) -> tuple[GrantedLot, ...]:
    return (GrantedLot(lot_id, LotGrant("points", "shop", 5, START_MS, None)),)
