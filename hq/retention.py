"""What HQ forgets in time: bodies of old events that are done with, old months of the copies for reports, nonces,
quarantine, and coupons that ended as long ago as those months.

The chain stays whole: of each event its place and its hash stay. Entries, balances, lots and what came back of each sale stay too. What
goes are the bodies, by which a receipt can be shown at another till or computed again.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, Engine, and_, delete, exists, select, tuple_, update

from hq import coupon_batches, partitions, tables
from hq.authentication import forget_nonces
from hq.database import transact

_DAY_MS = 86_400_000
_BODIES_AT_ONCE = 5_000
_inbox = tables.inbox.c
_terminal = tables.terminal.c


class Retention(msgspec.Struct, frozen=True):
    """For how many days what is kept; 0 keeps it for ever. Bodies of less than 100 days could still be returned goods."""

    body_days: int = 400
    report_days: int = 1_100
    quarantine_days: int = 90


class Forgotten(msgspec.Struct, frozen=True):
    """How much was dropped."""

    bodies: int
    sales: int
    quarantined: int
    nonces: int


def retain(engine: Engine, retention: Retention, *, now_ms: int) -> Forgotten:
    """Drop what is past its retention, a part at a time, so that nobody waits long; may be interrupted and run again."""
    bodies = 0
    body_age_ms = retention.body_days * _DAY_MS
    while body_age_ms and (dropped := transact(engine, lambda one: _drop_bodies(one, now_ms - body_age_ms))):
        bodies += dropped
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    with engine.begin() as connection:
        sales = 0
        if retention.report_days:
            oldest = today - timedelta(days=retention.report_days)
            sales = partitions.drop_before(connection, oldest)
            coupon_batches.forget_old(connection, before=oldest.isoformat())
        quarantined = 0
        if retention.quarantine_days:
            quarantined = _drop_quarantine(connection, now_ms - retention.quarantine_days * _DAY_MS)
    return Forgotten(bodies, sales, quarantined, forget_nonces(engine, now_ms=now_ms))


def _drop_bodies(connection: Connection, before_ms: int) -> int:
    """Bodies of events that are booked and computed again, without an open task, and not waiting for their receipt.

    The wait for being computed again ends by itself: a receipt whose programmes do not come is passed after 7 days with a task, and
    the task keeps its body until somebody has looked at it.
    """
    task, unseen = tables.task.c, tables.unseen_return.c
    place = (_inbox.terminal_id, _inbox.incarnation, _inbox.seq)
    here = tuple_(_inbox.incarnation, _inbox.seq)
    is_booked = here <= tuple_(_terminal.applied_incarnation, _terminal.applied_seq)
    is_replayed = here <= tuple_(_terminal.replayed_incarnation, _terminal.replayed_seq)
    is_open = exists().where(and_(*(task[column.name] == column for column in place)), task.done_at_ms.is_(None))
    is_unsettled = exists().where(
        and_(*(unseen[column.name] == column for column in place)), unseen.settled_at_ms.is_(None)
    )
    old = (
        select(*place)
        .join(tables.terminal, _terminal.terminal_id == _inbox.terminal_id)
        .order_by(_inbox.received_at_ms)
        .where(_inbox.received_at_ms < before_ms, _inbox.body.is_not(None))
        .where(is_booked, is_replayed, ~is_open, ~is_unsettled)
        .limit(_BODIES_AT_ONCE)
    )
    return connection.execute(update(tables.inbox).where(tuple_(*place).in_(old)).values(body=None)).rowcount


def _drop_quarantine(connection: Connection, before_ms: int) -> int:
    return connection.execute(delete(tables.quarantine).where(tables.quarantine.c.received_at_ms < before_ms)).rowcount
