"""What all tills collected for causes: sums by till, day and cause, added up as receipts are booked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Engine, func, select

from hq import tables
from hq.statements import Values
from pos_app.model.causes import CauseTotals
from pos_app.protocol.events import ReturnEvent, SaleEvent

if TYPE_CHECKING:
    from hq.received import Received
    from hq.working_set import WorkingSet

_day = tables.cause_day.c
SUMS = ("by_customers_minor", "by_shop_minor", "returned_minor")


def note_given(work: "WorkingSet", received: "Received", event: SaleEvent | ReturnEvent) -> None:
    """Add what a receipt says that it gave to causes, or took back. It is reported as it says."""
    is_return = isinstance(event, ReturnEvent)
    place = {"terminal_id": received.terminal_id, "business_date": event.moment.business_date}
    for one in event.donated_back if isinstance(event, ReturnEvent) else event.donated:
        name = "returned_minor" if is_return else "by_shop_minor" if one.by_shop else "by_customers_minor"
        work.given.append({**place, "cause": one.cause, **dict.fromkeys(SUMS, 0), name: one.amount_minor})


def added_up(given: Iterable[Values]) -> list[Values]:
    """One row for each till, day and cause, in their order."""
    sums: dict[tuple[str, str, str], Values] = {}
    for row in given:
        key = row["terminal_id"], row["business_date"], row["cause"]
        known = sums.get(key)
        sums[key] = row if known is None else known | {name: known[name] + row[name] for name in SUMS}
    return [sums[key] for key in sorted(sums)]


def causes_given(engine: Engine, *, from_date: str, until_date: str) -> tuple[CauseTotals, ...]:
    """What each cause got on these business dates, both included."""
    sums = (
        select(_day.cause, *(func.sum(_day[name]) for name in SUMS))
        .where(_day.business_date.between(from_date, until_date))
        .group_by(_day.cause)
        .order_by(_day.cause)
    )
    with engine.connect() as connection:
        return tuple(CauseTotals(cause, *map(int, minors)) for cause, *minors in connection.execute(sums))
