"""What receipts gave to causes, as rows that stay when the receipts are dropped: a cause is told what came in all."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, bindparam, case, func, select

from pos_app.model.causes import CauseTotals
from pos_app.model.evaluation import Donated
from storage import tables
from storage.database import driver_connection
from storage.statements import Statement, insert_of

_donation = tables.donation.c


class CauseSum(msgspec.Struct, frozen=True):
    """What customers and the shop gave to a cause, in minor units; below 0 where a return takes it back."""

    cause: str
    by_customer_minor: int = 0
    by_shop_minor: int = 0


_insert = Statement(
    lambda: insert_of(tables.donation, "cause", "event_id", "business_date", "by_customer_minor", "by_shop_minor")
)
_of_event = Statement(
    lambda: (
        select(_donation.cause, _donation.by_customer_minor, _donation.by_shop_minor)
        .where(_donation.event_id == bindparam("event_id"))
        .order_by(_donation.cause)
    )
)


def sums_by_cause(donated: Iterable[Donated], *, sign: int = 1) -> tuple[CauseSum, ...]:
    """What was given line by line, summed by cause, in the order of their names; ``sign`` -1 for what a return takes back."""
    sums: dict[str, CauseSum] = {}
    for one in donated:
        known = sums.get(one.cause, CauseSum(one.cause))
        minor = sign * one.amount_minor
        sums[one.cause] = CauseSum(
            one.cause,
            known.by_customer_minor + (0 if one.by_shop else minor),
            known.by_shop_minor + (minor if one.by_shop else 0),
        )
    return tuple(sums[cause] for cause in sorted(sums))


def write_donations(connection: Connection, event_id: str, sums: Iterable[CauseSum], *, business_date: str) -> None:
    """Write what an event gave or took back, inside its transaction."""
    _insert.run_many(
        driver_connection(connection),
        ((one.cause, event_id, business_date, one.by_customer_minor, one.by_shop_minor) for one in sums),
    )


def donations_of(connection: Connection, event_id: str) -> tuple[CauseSum, ...]:
    """What this event gave or took back, in the order of the causes' names."""
    return tuple(CauseSum(*row) for row in _of_event.all(driver_connection(connection), event_id))


def given_so_far(connection: Connection, cause: str, *, until_event_id: str) -> int:
    """What this till collected for a cause up to an event, that included, in minor units. Events' ids are in order of time."""
    total = func.coalesce(func.sum(_donation.by_customer_minor + _donation.by_shop_minor), 0)
    query = select(total).where(_donation.cause == cause, _donation.event_id <= until_event_id)
    return int(connection.execute(query).scalar_one())


def totals_by_cause(connection: Connection, *, from_date: str, until_date: str) -> tuple[CauseTotals, ...]:
    """What each cause got on these business dates, both included."""
    customer, shop = _donation.by_customer_minor, _donation.by_shop_minor
    rows = connection.execute(
        select(
            _donation.cause,
            func.sum(case((customer > 0, customer), else_=0)),
            func.sum(case((shop > 0, shop), else_=0)),
            -func.sum(case((customer < 0, customer), else_=0) + case((shop < 0, shop), else_=0)),
        )
        .where(_donation.business_date.between(from_date, until_date))
        .group_by(_donation.cause)
        .order_by(_donation.cause)
    )
    return tuple(CauseTotals(*row) for row in rows)
