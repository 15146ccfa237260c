"""Writing many rows at once, on PostgreSQL and SQLite alike."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, column, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from hq import tables

Values = dict[str, Any]
_LOCK_NAMES = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")
_counter = tables.headquarters.c.last_change_no
_COUNT_UP = update(tables.headquarters).values(last_change_no=_counter + 1).returning(_counter)
_TRANSACTION_ID = text("SELECT pg_current_xact_id()::text::bigint")


def insert_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows, which all name the same columns; a key that is taken is an error."""
    if not rows:
        return
    if _is_postgresql(connection):
        connection.execute(_insert_from_arrays(table, tuple(rows[0]), (), (), upserts=False), _arrays(rows))
    else:
        connection.execute(_insert(table), rows)


def upsert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Values],
    *,
    replace: Sequence[str] = (),
    add: Sequence[str] = (),
) -> None:
    """Insert rows; where the primary key is taken, replace some columns and add to others; with neither, leave the row.

    Rows all name the same columns, and no key twice.
    """
    if not rows:
        return
    if _is_postgresql(connection):
        statement = _insert_from_arrays(table, tuple(rows[0]), tuple(replace), tuple(add), upserts=True)
        connection.execute(statement, _arrays(rows))
    else:
        connection.execute(_upsert(table, tuple(replace), tuple(add)), rows)


def update_rows(connection: Connection, table: Table, rows: Sequence[Values], *, columns: Sequence[str]) -> None:
    """Set ``columns`` of the rows with these keys; each row names its whole primary key and the columns."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    if _is_postgresql(connection):
        needed = [{name: row[name] for name in (*keys, *columns)} for row in rows]
        connection.execute(_update_from_arrays(table, tuple(columns)), _arrays(needed))
        return
    connection.execute(
        _update(table, tuple(columns)),
        [{f"key_{key}": row[key] for key in keys} | {f"new_{name}": row[name] for name in columns} for row in rows],
    )


def lock_names(connection: Connection, names: Iterable[str]) -> None:
    """Lock what has no row yet, by its name and until the transaction ends; SQLite has one writer anyway."""
    keys = sorted({_lock_key(name) for name in names})
    if keys and _is_postgresql(connection):
        connection.execute(_LOCK_NAMES, {"keys": keys})


def _lock_key(name: str) -> int:
    """64 bits of a name; two names of one key only wait for each other."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _arrays(rows: Sequence[Values]) -> Values:
    """An array for each column: one statement then carries all rows, many times quicker than one statement a row."""
    return {f"new_{name}": [row[name] for row in rows] for name in rows[0]}


def _unnested(table: Table, columns: tuple[str, ...]) -> Any:
    """The arrays as rows."""
    arrays = (bindparam(f"new_{name}", type_=postgresql.ARRAY(table.c[name].type)) for name in columns)
    typed = (column(name, table.c[name].type) for name in columns)
    return func.unnest(*arrays).table_valued(*typed, name="given").render_derived()


# A statement that is kept costs SQLAlchemy a third of one that is made anew.
@lru_cache(maxsize=200)
def _insert(table: Table) -> Executable:
    return table.insert()


@lru_cache(maxsize=200)
def _upsert(table: Table, replace: tuple[str, ...], add: tuple[str, ...]) -> Executable:
    statement: Executable = _with_conflicts(sqlite.insert(table), table, replace, add)
    return statement


@lru_cache(maxsize=200)
def _update(table: Table, columns: tuple[str, ...]) -> Executable:
    statement = update(table).values({name: bindparam(f"new_{name}") for name in columns})
    return statement.where(*(key == bindparam(f"key_{key.name}") for key in table.primary_key.columns))


@lru_cache(maxsize=200)
def _insert_from_arrays(
    table: Table, columns: tuple[str, ...], replace: tuple[str, ...], add: tuple[str, ...], *, upserts: bool
) -> Executable:
    given = _unnested(table, columns)
    row = postgresql.insert(table).from_select(columns, select(*(given.c[name] for name in columns)))
    return _with_conflicts(row, table, replace, add) if upserts else row


@lru_cache(maxsize=200)
def _update_from_arrays(table: Table, columns: tuple[str, ...]) -> Executable:
    keys = [key.name for key in table.primary_key.columns]
    given = _unnested(table, (*keys, *columns))
    statement = update(table).values({name: given.c[name] for name in columns})
    return statement.where(*(table.c[key] == given.c[key] for key in keys))


def _with_conflicts(row: Any, table: Table, replace: Sequence[str], add: Sequence[str]) -> Any:
    changes: Values = {name: row.excluded[name] for name in replace}
    changes.update({name: table.c[name] + row.excluded[name] for name in add})
    key = list(table.primary_key.columns)
    if changes:
        return row.on_conflict_do_update(index_elements=key, set_=changes)
    return row.on_conflict_do_nothing(index_elements=key)


def change_number(connection: Connection) -> int:
    """The number of this transaction in the order of changes; the same however often it is asked for on PostgreSQL.

    PostgreSQL: the transaction's own id, so that nobody waits for a counter. SQLite has one writer, and a counter.
    ``hq.changes`` says how readers use it without missing any.
    """
    if connection.dialect.name == "postgresql":
        number: int = connection.execute(_TRANSACTION_ID).scalar_one()
        return number
    counted: int = connection.execute(_COUNT_UP).scalar_one()
    return counted
