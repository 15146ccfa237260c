"""Writing many rows at once, on PostgreSQL and SQLite alike."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text, update
from sqlalchemy.dialects import postgresql, sqlite

from hq import tables

Values = dict[str, Any]
_TRANSACTION_ID = text("SELECT pg_current_xact_id()::text::bigint")


def insert_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows; a key that is taken is an error."""
    if rows:
        connection.execute(table.insert(), rows)


def upsert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Values],
    *,
    replace: Sequence[str] = (),
    add: Sequence[str] = (),
) -> None:
    """Insert rows; where the primary key is taken, replace some columns and add to others; with neither, leave the row."""
    if not rows:
        return
    row = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    changes: Values = {name: row.excluded[name] for name in replace}
    changes.update({name: table.c[name] + row.excluded[name] for name in add})
    key = list(table.primary_key.columns)
    statement = (
        row.on_conflict_do_update(index_elements=key, set_=changes)
        if changes
        else row.on_conflict_do_nothing(index_elements=key)
    )
    connection.execute(statement, rows)


def update_rows(connection: Connection, table: Table, rows: Sequence[Values], *, columns: Sequence[str]) -> None:
    """Set ``columns`` of the rows with these keys; each row names its whole primary key and the columns."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    statement = update(table).values({name: bindparam(f"new_{name}") for name in columns})
    for key in keys:
        statement = statement.where(table.c[key] == bindparam(f"key_{key}"))
    connection.execute(
        statement,
        [{f"key_{key}": row[key] for key in keys} | {f"new_{name}": row[name] for name in columns} for row in rows],
    )


def change_number(connection: Connection) -> int:
    """The number of this transaction in the order of changes; the same however often it is asked for on PostgreSQL.

    PostgreSQL: the transaction's own id, so that nobody waits for a counter. SQLite has one writer, and a counter.
    ``hq.changes`` says how readers use it without missing any.
    """
    if connection.dialect.name == "postgresql":
        number: int = connection.execute(_TRANSACTION_ID).scalar_one()
        return number
    column = tables.headquarters.c.last_change_no
    counted: int = connection.execute(
        update(tables.headquarters).values(last_change_no=column + 1).returning(column)
    ).scalar_one()
    return counted
