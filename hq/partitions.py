"""The months of the tables for reports on PostgreSQL: made ahead, filled from what had none, dropped when they are old.

A partition ``sale_2026_01`` holds the business dates of January 2026; ``sale_default`` holds what has no month of its own, such as a
sale of a till whose clock is years off. SQLite has plain tables.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, text

from hq import tables

PARTITIONED = (tables.sale.name, tables.payment.name, tables.award.name, tables.discount.name)
MONTHS_AHEAD = 3
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_MONTHS_FOUND_MAX = 240


def make_ahead(connection: Connection, *, today: date, of: tuple[str, ...] = PARTITIONED) -> None:
    """Make the partitions of this month, the next three, and of each month that was found without one; the rows move in.

    ``of`` names the tables; a database of an earlier version has fewer.
    """
    if connection.dialect.name != "postgresql":
        return
    ahead = [_month_after(_first_of(today), count) for count in range(MONTHS_AHEAD + 1)]
    for table in of:
        there = set(_partitions(connection, table))
        for first in dict.fromkeys([*ahead, *_months_without(connection, table)]):
            if _name(table, first) not in there:
                _make(connection, table, first)


def drop_before(connection: Connection, first_kept: date) -> int:
    """Drop whole months before the one of ``first_kept`` from the copies for reports; gives how many sales are gone."""
    kept = _first_of(first_kept)
    sales = _delete(connection, kept)
    if connection.dialect.name == "postgresql":
        for table in PARTITIONED:
            for partition in _partitions(connection, table):
                if partition.removeprefix(f"{table}_") < f"{kept:%Y_%m}":
                    connection.execute(text(f'DROP TABLE "{partition}"'))
    return sales


def _delete(connection: Connection, kept: date) -> int:
    """Count the old sales, and delete the rows that no whole partition takes with it."""
    old = tables.sale.c.business_date < kept.isoformat()
    count = connection.execute(tables.sale.select().with_only_columns(text("count(*)")).where(old)).scalar_one()
    for table in PARTITIONED:
        rows = f"{table}_default" if connection.dialect.name == "postgresql" else table
        connection.execute(text(f'DELETE FROM "{rows}" WHERE business_date < :kept'), {"kept": kept.isoformat()})  # noqa: S608
    return int(count)


def _partitions(connection: Connection, table: str) -> list[str]:
    """The names of the months' partitions of this table."""
    found = text(
        "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
        " WHERE inhparent = CAST(:parent AS regclass) AND child.relname <> :rest ORDER BY child.relname"
    )
    return list(connection.execute(found, {"parent": table, "rest": f"{table}_default"}).scalars())


def _months_without(connection: Connection, table: str) -> Iterable[date]:
    found = text(
        f"SELECT DISTINCT left(business_date, 7) FROM {table}_default"  # noqa: S608 - a name of ours
        " WHERE business_date ~ '^[0-9]{4}-(0[1-9]|1[0-2])-' ORDER BY 1"
    )
    months = [date.fromisoformat(f"{month}-01") for month in connection.execute(found).scalars() if month >= "0001"]
    return [first for first in months if _FIRST_YEAR <= first.year <= _LAST_YEAR][:_MONTHS_FOUND_MAX]


def _make(connection: Connection, table: str, first: date) -> None:
    """Attached rather than created in place: that locks the month, and not the table that everybody writes."""
    name, bounds = _name(table, first), {"first": first.isoformat(), "next": _month_after(first, 1).isoformat()}
    connection.execute(text(f'CREATE TABLE "{name}" (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'))
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {table}_default WHERE business_date >= :first AND business_date < :next"  # noqa: S608
            f' RETURNING *) INSERT INTO "{name}" SELECT * FROM moved'
        ),
        bounds,
    )
    # Bounds cannot be parameters; these are dates that we wrote.
    connection.execute(
        text(
            f"ALTER TABLE {table} ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{bounds['first']}') TO ('{bounds['next']}')"
        )
    )


def _name(table: str, first: date) -> str:
    return f"{table}_{first:%Y_%m}"


def _first_of(day: date) -> date:
    return day.replace(day=1)


def _month_after(first: date, count: int) -> date:
    month = first.year * 12 + first.month - 1 + count
    return date(month // 12, month % 12 + 1, 1)
