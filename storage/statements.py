"""Core statements compiled once and run on the driver: the speed of raw SQL with the safety of the table definitions."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Insert, Integer, Table, Text, bindparam, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

ZERO = literal_column("0", Integer)
ONE = literal_column("1", Integer)
EMPTY = literal_column("''", Text)
_dialect = sqlite.dialect(paramstyle="qmark")

Row = tuple[Any, ...]


class Statement:
    """A Core statement as text with its parameters in order; ``connection`` arguments are DB-API connections.

    It is written and compiled when it is first run, so that starting the till does not wait for what a later moment needs.
    """

    def __init__(self, statement: Callable[[], ClauseElement]) -> None:
        self._statement = statement

    @cached_property
    def text(self) -> str:
        """The SQL with a question mark for each parameter."""
        compiled: Any = self._statement().compile(dialect=_dialect)
        constants = [name for name in compiled.positiontup or () if not compiled.binds[name].required]
        assert not constants, "write a constant as ZERO, ONE, EMPTY or literal_column: a bound one would want a value"
        return str(compiled)

    def run(self, connection: Any, *values: Any) -> Any:
        """Execute with the values in the order of the question marks; gives the cursor."""
        return connection.execute(self.text, values)

    def run_many(self, connection: Any, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once a row."""
        connection.executemany(self.text, rows)

    def first(self, connection: Any, *values: Any) -> Row | None:
        """The first row, or None."""
        row: Row | None = connection.execute(self.text, values).fetchone()
        return row

    def all(self, connection: Any, *values: Any) -> list[Row]:
        """All rows."""
        rows: list[Row] = connection.execute(self.text, values).fetchall()
        return rows


def insert_of(table: Table, *columns: str) -> Insert:
    """An INSERT with a parameter for each of these columns, in this order (all of the table's when none is named)."""
    in_table = tuple(column.name for column in table.columns if not columns or column.name in columns)
    assert in_table == (columns or in_table), f"SQLAlchemy inserts in the table's order: {in_table}"
    return table.insert().values({name: bindparam(name) for name in in_table})
