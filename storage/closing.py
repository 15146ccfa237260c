"""The rows of one business date for the closing report: receipts with their sums, the journal's events of that day, ledger entries."""

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec
from sqlalchemy import Connection, Table, func, select

from pos_app.model.identifiers import uuid7
from pos_app.model.receipts import SaleKind
from storage import tables

_sale = tables.sale.c
_line = tables.sale_line.c
_back = tables.return_line.c
_unseen = tables.unseen_line.c
_payment = tables.payment.c
_event = tables.event.c
_entry = tables.entry.c
_coupon = tables.coupon_use.c
_BASKET_OPEN_MS_MAX = 2 * 86_400_000
"""An event's id is made when its basket opens. One that was open for longer is found by its receipt or its entries."""
_IDS_AT_ONCE = 500


class HeadRow(msgspec.Struct, frozen=True):
    """The head of a receipt, with what its payments sum to."""

    event_id: str
    kind: str
    receipt_number: str
    account_ref: str
    sale_event_id: str
    total_minor: int
    burn_worth_minor: int
    earned_units: int
    paid_minor: int

    @property
    def sign(self) -> int:
        """What came back is taken off."""
        return -1 if self.kind == SaleKind.RETURN.value else 1


class LineSums(msgspec.Struct, frozen=True):
    """The lines of the day's sales in all, in minor units."""

    list_minor: int
    amount_minor: int
    burn_minor: int
    payable_minor: int


class TaxRow(msgspec.Struct, frozen=True):
    """Lines of one rate, returns below 0. ``rate_bp`` None: a line that came back of the sale ``sale_event_id``, not in the tables."""

    rate_bp: int | None
    gross_minor: int
    tax_minor: int
    sale_event_id: str = ""
    line_no: int = 0


class ProgrammeRow(msgspec.Struct, frozen=True):
    """What one programme gave on one receipt: minor units, or units of points."""

    event_id: str
    programme_id: str
    amount: int


class EventRow(msgspec.Struct, frozen=True):
    """An event of the journal; ``body`` is None once it was pruned."""

    event_id: str
    kind: str
    body: bytes | None
    utc_ms: int


class EntryRow(msgspec.Struct, frozen=True):
    """One ledger entry."""

    event_id: str
    kind: str
    issuer: str
    units: int
    lot_id: str
    booked_at_ms: int


class UnitSum(msgspec.Struct, frozen=True):
    """What entries sum to, by unit and kind of account."""

    issuer: str
    kind: str
    units: int


def heads_of(connection: Connection, business_date: str) -> tuple[HeadRow, ...]:
    """Every receipt of the day, the earliest first."""
    paid = select(func.coalesce(func.sum(_payment.amount_minor), 0)).where(_payment.event_id == _sale.event_id)
    columns = [*(_sale[name] for name in HeadRow.__struct_fields__[:-1]), paid.scalar_subquery()]
    query = select(*columns).where(_sale.business_date == business_date)
    return tuple(HeadRow(*row) for row in connection.execute(query.order_by(_sale.utc_ms, _sale.receipt_number)))


def unseen_returns_of(connection: Connection, business_date: str) -> int:
    """How many of the day's returns had no receipt that anybody could show."""
    is_unseen = select(_unseen.event_id).where(_unseen.event_id == _sale.event_id).exists()
    query = select(func.count()).select_from(tables.sale).where(_sale.business_date == business_date, is_unseen)
    return connection.execute(query).scalar_one()


def line_sums_of(connection: Connection, business_date: str) -> LineSums:
    """The lines of the day's sales."""
    sums = (func.coalesce(func.sum(_line[name]), 0) for name in LineSums.__struct_fields__)
    query = select(*sums).select_from(tables.sale_line.join(tables.sale, _sale.event_id == _line.event_id))
    return LineSums(*connection.execute(query.where(_sale.business_date == business_date)).one())


def tax_of(connection: Connection, business_date: str) -> tuple[TaxRow, ...]:
    """The day's lines by rate: sold, and below 0 what came back, with and without a receipt."""
    sold_lines = tables.sale_line.alias("sold")
    sold = sold_lines.c
    sales = (
        select(_line.tax_rate_bp, func.sum(_line.payable_minor), func.sum(_line.tax_minor))
        .join(tables.sale, _sale.event_id == _line.event_id)
        .where(_sale.business_date == business_date)
        .group_by(_line.tax_rate_bp)
    )
    returns = (
        select(sold.tax_rate_bp, -_back.refund_minor, -_back.tax_minor, _sale.sale_event_id, _back.line_no)
        .join(tables.sale, _sale.event_id == _back.event_id)
        .outerjoin(sold_lines, (sold.event_id == _sale.sale_event_id) & (sold.line_no == _back.line_no))
        .where(_sale.business_date == business_date)
    )
    unseen = (
        select(_unseen.tax_rate_bp, -func.sum(_unseen.refund_minor), -func.sum(_unseen.tax_minor))
        .join(tables.sale, _sale.event_id == _unseen.event_id)
        .where(_sale.business_date == business_date)
        .group_by(_unseen.tax_rate_bp)
    )
    return tuple(TaxRow(*row) for row in chain.from_iterable(map(connection.execute, (sales, returns, unseen))))


def discounts_of(connection: Connection, business_date: str) -> tuple[ProgrammeRow, ...]:
    """What programmes took off on each of the day's receipts."""
    return _by_programme(connection, tables.discount, "amount_minor", business_date)


def awards_of(connection: Connection, business_date: str) -> tuple[ProgrammeRow, ...]:
    """The points that programmes awarded on each of the day's receipts."""
    return _by_programme(connection, tables.award, "units", business_date)


def _by_programme(connection: Connection, table: Table, amount: str, business_date: str) -> tuple[ProgrammeRow, ...]:
    c = table.c
    query = (
        select(c.event_id, c.programme_id, func.sum(c[amount]))
        .join(tables.sale, _sale.event_id == c.event_id)
        .where(_sale.business_date == business_date)
        .group_by(c.event_id, c.programme_id)
    )
    return tuple(ProgrammeRow(*row) for row in connection.execute(query))


def coupons_of(connection: Connection, business_date: str) -> tuple[int, int]:
    """How many coupons the day's receipts used up, and how many the day's returns made free again."""
    used = select(func.count()).select_from(tables.coupon_use).where(_coupon.business_date == business_date)
    freed = (
        select(func.count())
        .select_from(tables.coupon_use.join(tables.sale, _sale.event_id == _coupon.freed_by))
        .where(_sale.business_date == business_date)
    )
    return connection.execute(used).scalar_one(), connection.execute(freed).scalar_one()


def events_between(connection: Connection, *, from_ms: int, until_ms: int, also: Iterable[str]) -> Iterator[EventRow]:
    """The events whose ids were made in this time or up to two days before it, and those of the ids ``also``; each once.

    Ids that follow from others say nothing of time: the caller names those that matter.
    """
    columns = tuple(_event[name] for name in EventRow.__struct_fields__)
    first, last = _first_id(from_ms - _BASKET_OPEN_MS_MAX), _first_id(until_ms)
    rows = connection.execute(select(*columns).where(_event.event_id.between(first, last)))
    seen: set[str] = set()
    for row in rows:
        seen.add(row.event_id)
        yield EventRow(*row)
    wanted = sorted(set(also) - seen)
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = wanted[start : start + _IDS_AT_ONCE]
        for row in connection.execute(select(*columns).where(_event.event_id.in_(some))):
            yield EventRow(*row)


def _first_id(utc_ms: int) -> str:
    """Every id that is made at this moment or later sorts behind it."""
    return str(uuid7(utc_ms=max(0, utc_ms), random_bytes=bytes(10)))


def entries_between(connection: Connection, *, from_ms: int, until_ms: int) -> tuple[EntryRow, ...]:
    """The ledger entries that were booked from a moment on and before another."""
    columns = (_entry[name] for name in EntryRow.__struct_fields__)
    query = select(*columns).where(_entry.booked_at_ms >= from_ms, _entry.booked_at_ms < until_ms)
    return tuple(EntryRow(*row) for row in connection.execute(query))


def entry_sums(connection: Connection, *, before_ms: int | None = None) -> tuple[UnitSum, ...]:
    """What all entries sum to, or those booked before a moment."""
    query = select(_entry.issuer, _entry.kind, func.sum(_entry.units)).group_by(_entry.issuer, _entry.kind)
    if before_ms is not None:
        query = query.where(_entry.booked_at_ms < before_ms)
    return tuple(UnitSum(*row) for row in connection.execute(query))


def held_now(connection: Connection) -> dict[str, int]:
    """What all members have by their lots and leases less what they owe, by unit."""
    lot, lease, overdraft = tables.lot.c, tables.lease.c, tables.overdraft.c
    has = select(lot.issuer, func.sum(lot.remaining_units)).group_by(lot.issuer)
    leased = select(lease.issuer, func.sum(lease.units)).group_by(lease.issuer)
    owes = select(overdraft.issuer, -func.sum(overdraft.units)).group_by(overdraft.issuer)
    held: dict[str, int] = {}
    for issuer, units in chain.from_iterable(map(connection.execute, (has, leased, owes))):
        held[issuer] = held.get(issuer, 0) + units
    return held


def open_holds(connection: Connection) -> tuple[int, int]:
    """How many holds of points and of coupons no sale has taken, and nobody has given up."""
    is_open = ("asked", "held")

    def count(table: Table) -> int:
        query = select(func.count()).select_from(table).where(table.c.state.in_(is_open))
        return connection.execute(query).scalar_one()

    return count(tables.authorisation), count(tables.coupon_hold)
