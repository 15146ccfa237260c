"""Questions that only the doctor asks: does the file hold together, and do the stored balances equal their entries?"""

import msgspec
import pysqlite3.dbapi2
from sqlalchemy import Connection, case, exists, func, literal, select

from storage import tables

_DIFFERENCES_MAX = 20


class Difference(msgspec.Struct, frozen=True):
    """A stored figure that its entries do not give. ``what`` is a lot's id or ``overdraft``."""

    account_ref: str
    what: str
    stored_units: int
    entries_units: int


def library_version() -> str:
    """The version of the SQLite library in use."""
    return str(pysqlite3.dbapi2.sqlite_version)


def integrity_problems(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with the file, broken references too; empty for nothing."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    broken = [f"row in {row[0]} refers to nothing" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [text for text in found if text != "ok"] + broken[:_DIFFERENCES_MAX]


def unbalanced_events(connection: Connection) -> list[str]:
    """Events whose ledger entries do not sum to zero for each issuer."""
    c = tables.entry.c
    query = select(c.event_id).group_by(c.event_id, c.issuer).having(func.sum(c.units) != 0).limit(_DIFFERENCES_MAX)
    return list(connection.execute(query).scalars())


def lot_differences(connection: Connection, *, limit: int = _DIFFERENCES_MAX) -> list[Difference]:
    """Lots whose stored remainder is not the sum of their entries, missing ones too; only where this till is the authority."""
    entry, lot = tables.entry.c, tables.lot.c
    left = case((entry.kind.in_(("available", "pending")), entry.units), else_=0)
    sums = (
        select(entry.lot_id, func.min(entry.account_ref).label("account_ref"), func.sum(left).label("units"))
        .where(entry.lot_id != "")
        .group_by(entry.lot_id)
        .subquery()
    )
    stored, owned = func.coalesce(lot.remaining_units, 0), func.coalesce(sums.c.units, 0)
    query = (
        select(
            func.coalesce(lot.account_ref, sums.c.account_ref),
            func.coalesce(lot.lot_id, sums.c.lot_id),
            stored,
            owned,
        )
        .select_from(tables.lot.outerjoin(sums, sums.c.lot_id == lot.lot_id, full=True))
        .where(stored != owned)
        .limit(limit)
    )
    return [Difference(*row) for row in connection.execute(query)]


def overdraft_differences(connection: Connection, *, limit: int = _DIFFERENCES_MAX) -> list[Difference]:
    """Overdrafts that are not the sum of their entries, missing ones too; only where this till is the authority."""
    entry, overdraft = tables.entry.c, tables.overdraft.c
    sums = (
        select(entry.account_ref, entry.issuer, (-func.sum(entry.units)).label("units"))
        .where(entry.kind == "overdraft")
        .group_by(entry.account_ref, entry.issuer)
        .subquery()
    )
    same = (sums.c.account_ref == overdraft.account_ref) & (sums.c.issuer == overdraft.issuer)
    stored, owed = func.coalesce(overdraft.units, 0), func.coalesce(sums.c.units, 0)
    query = (
        select(func.coalesce(overdraft.account_ref, sums.c.account_ref), literal("overdraft"), stored, owed)
        .select_from(tables.overdraft.outerjoin(sums, same, full=True))
        .where(stored != owed)
        .limit(limit)
    )
    return [Difference(*row) for row in connection.execute(query)]


def lease_differences(connection: Connection) -> list[Difference]:
    """Leases that are not the sum of their entries, by lot, missing ones too; only where this till is the authority."""
    entry, lease = tables.entry.c, tables.lease.c
    sums = (
        select(entry.lot_id, func.min(entry.account_ref).label("account_ref"), func.sum(entry.units).label("units"))
        .where(entry.kind == "leased")
        .group_by(entry.lot_id)
        .subquery()
    )
    leased = (
        select(lease.lot_id, func.min(lease.account_ref).label("account_ref"), func.sum(lease.units).label("units"))
        .group_by(lease.lot_id)
        .subquery()
    )
    stored, owned = func.coalesce(leased.c.units, 0), func.coalesce(sums.c.units, 0)
    query = (
        select(
            func.coalesce(leased.c.account_ref, sums.c.account_ref),
            func.coalesce(leased.c.lot_id, sums.c.lot_id),
            stored,
            owned,
        )
        .select_from(leased.outerjoin(sums, sums.c.lot_id == leased.c.lot_id, full=True))
        .where(stored != owned)
        .limit(_DIFFERENCES_MAX)
    )
    return [Difference(*row) for row in connection.execute(query)]


def events_without_sale(connection: Connection) -> list[int]:
    """Sales and returns of the journal, by their place in it, whose rows are missing; those of pruned events may be dropped."""
    event = tables.event.c
    query = (
        select(event.seq)
        .where(
            event.kind.in_(("sale", "return", "unseen_return", "instalment")),
            event.body.is_not(None),
            ~exists().where(tables.sale.c.event_id == event.event_id),
        )
        .order_by(event.seq)
        .limit(_DIFFERENCES_MAX)
    )
    return list(connection.execute(query).scalars())


def sales_without_sum(connection: Connection) -> list[str]:
    """Receipts whose lines or payments do not add up to their total."""
    sale, line, payment = tables.sale.c, tables.sale_line.c, tables.payment.c
    lines = (
        select(func.coalesce(func.sum(line.payable_minor), 0)).where(line.event_id == sale.event_id).scalar_subquery()
    )
    payments = (
        select(func.coalesce(func.sum(payment.amount_minor), 0))
        .where(payment.event_id == sale.event_id)
        .scalar_subquery()
    )
    wrong = ((sale.kind == "sale") & (lines != sale.total_minor)) | (payments != sale.total_minor)
    query = select(sale.receipt_number).where(wrong).order_by(sale.receipt_number).limit(_DIFFERENCES_MAX)
    return list(connection.execute(query).scalars())
