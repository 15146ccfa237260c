"""The seeds that chance goes by here, the lotteries that were held, and the tickets in a pool."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.model.identifiers import derived_id
from pos_app.protocol.draws import hash_of
from pos_app.protocol.events import SaleEvent, decode_body
from storage import tables
from storage.database import driver_connection
from storage.statements import Statement, insert_of

_PAGE_EVENTS = 500
_ROLLS = b'"rolls":{'
"""Stands in the body of a sale on which chance spoke, and in few others."""
_seed = tables.draw_seed.c
_result = tables.draw_result.c
_lot = tables.lot.c
_unpublished = Statement(lambda: select(_seed.seed_hash, _seed.seed).where(_seed.published == bindparam("published")))
_insert_result = Statement(lambda: insert_of(tables.draw_result, "seed_hash", "report", "held_at_ms"))


class TicketLot(msgspec.Struct, frozen=True):
    """A lot of tickets that takes part: whose it is now, and on which receipt it was given (empty: on none that is known)."""

    lot_id: str
    account_ref: str
    receipt_number: str
    count: int


def keep_seed(connection: Connection, seed: bytes) -> str:
    """Keep a seed; gives its hash. One that is there stays as it is."""
    seed_hash = hash_of(seed)
    row = insert(tables.draw_seed).values(seed_hash=seed_hash, seed=seed)
    connection.execute(row.on_conflict_do_nothing())
    return seed_hash


def forget_seed(connection: Connection, seed_hash: str) -> None:
    """HQ has taken a seed back."""
    connection.execute(delete(tables.draw_seed).where(_seed.seed_hash == seed_hash))


def usable_seeds(connection: Connection) -> dict[str, bytes]:
    """The seeds that chance may go by, by their hashes: those that were not published yet."""
    return dict(_unpublished.all(driver_connection(connection), 0))


def find_seed(connection: Connection, seed_hash: str) -> bytes | None:
    """The seed of this hash, published or not; None where it is not here."""
    return connection.execute(select(_seed.seed).where(_seed.seed_hash == seed_hash)).scalar_one_or_none()


def mark_published(connection: Connection, seed_hash: str) -> None:
    """Everybody may know the seed now: nothing is drawn by it any more."""
    connection.execute(update(tables.draw_seed).where(_seed.seed_hash == seed_hash).values(published=1))


def find_result(connection: Connection, seed_hash: str) -> bytes | None:
    """The report of the lottery of this seed; None where it was not held."""
    return connection.execute(select(_result.report).where(_result.seed_hash == seed_hash)).scalar_one_or_none()


def put_result(connection: Connection, seed_hash: str, report: bytes, *, held_at_ms: int) -> None:
    """Keep the report of a lottery, once."""
    _insert_result.run_many(driver_connection(connection), [(seed_hash, report, held_at_ms)])


def ticket_lots(connection: Connection, unit: str, *, before_ms: int, at_ms: int) -> tuple[TicketLot, ...]:
    """The lots of a pool that began before a moment and have something left at another."""
    wanted = (
        select(_lot.lot_id, _lot.account_ref, _lot.expires_at_ms, _lot.remaining_units)
        .where(_lot.issuer == unit, _lot.remaining_units > 0, _lot.starts_at_ms < before_ms)
        .order_by(_lot.lot_id)
    )
    rows = [row for row in connection.execute(wanted) if row.expires_at_ms is None or row.expires_at_ms > at_ms]
    receipts = _receipts_of(connection, unit)
    return tuple(
        TicketLot(row.lot_id, row.account_ref, receipts.get(row.lot_id, ""), row.remaining_units) for row in rows
    )


def _receipts_of(connection: Connection, unit: str) -> dict[str, str]:
    """The receipts that gave lots of this pool here, by the ids of those lots: a sale gave one for each rule, in their order."""
    sale, collected = tables.sale.c, tables.collected.c
    wanted = (
        select(sale.event_id, sale.receipt_number, collected.programme_id, collected.rule_id, collected.unit)
        .join(tables.collected, collected.event_id == sale.event_id)
        .order_by(sale.event_id, collected.collected_no)
    )
    found: dict[str, str] = {}
    rules: dict[tuple[str, str], int] = {}
    of_event = ""
    for event_id, receipt_number, programme_id, rule_id, of_unit in connection.execute(wanted):
        if event_id != of_event:
            of_event, rules = event_id, {}
        number = rules.setdefault((programme_id, rule_id), len(rules) + 1)
        if of_unit == unit:
            found[derived_id(event_id, f"pool-{number}")] = receipt_number
    return found


def sales_with_rolls(connection: Connection) -> Iterator[SaleEvent]:
    """The sales of this till on which chance spoke, as far as their events are kept in detail."""
    event = tables.event.c
    bodies = select(event.body).where(event.kind == "sale", event.body.is_not(None))
    for body in connection.execute(bodies.execution_options(yield_per=_PAGE_EVENTS)).scalars():
        if _ROLLS in body:
            sale = decode_body(body)
            assert isinstance(sale, SaleEvent), "the journal says so"
            yield sale
