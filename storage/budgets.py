"""Budgets of rules: what they gave here in all, and beneath an HQ what this till may give.

What was given is counted with the sale that gave it, once. It stays when receipts are dropped, and when goods come back.
"""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import Insert, insert

from storage import journal, tables
from storage.database import driver_connection
from storage.journal import Terminal
from storage.statements import Statement


class BudgetRow(msgspec.Struct, frozen=True):
    """One rule under one name of the till: ``allotted`` as its document counts, ``given_units`` as the engine does."""

    rule: str
    holder: str
    allotted: int
    given_units: int


_budget = tables.budget.c
_columns = [tables.budget.c[name] for name in BudgetRow.__struct_fields__]
_rows = Statement(lambda: select(*_columns))


def _adding() -> Insert:
    row = insert(tables.budget).values({name: bindparam(name) for name in ("rule", "holder", "given_units")})
    return row.on_conflict_do_update(
        index_elements=["rule", "holder"], set_={"given_units": _budget.given_units + row.excluded.given_units}
    )


_add_given = Statement(_adding)


def holder_of(terminal: Terminal) -> str:
    """Under which name this till holds what it is allotted: one that joins anew begins with nothing."""
    return f"{terminal.terminal_id}/{terminal.incarnation}"


def all_rows(connection: Connection) -> tuple[BudgetRow, ...]:
    """Everything that is known of budgets here."""
    return tuple(BudgetRow(*row) for row in _rows.all(driver_connection(connection)))


def add_given(connection: Connection, rule: str, units: int) -> None:
    """A rule gave so much more, under the till's present name."""
    holder = holder_of(journal.read_terminal(connection))
    _add_given.run_many(driver_connection(connection), [(rule, holder, units)])


def are_news(connection: Connection, allotments: Mapping[str, int]) -> bool:
    """Whether this till does not know these allotments yet."""
    known = _allotted(connection)
    return any(most > known.get(rule, 0) for rule, most in allotments.items())


def put_allotments(connection: Connection, allotments: Mapping[str, int]) -> None:
    """HQ lets this till give so much in all, under its present name. That never shrinks."""
    if not allotments:
        return
    terminal = journal.read_terminal(connection)
    known = _allotted(connection)
    for rule, most in allotments.items():
        if most > known.get(rule, 0):
            row = insert(tables.budget).values(rule=rule, holder=holder_of(terminal), allotted=most)
            connection.execute(
                row.on_conflict_do_update(index_elements=["rule", "holder"], set_={"allotted": row.excluded.allotted})
            )


def _allotted(connection: Connection) -> dict[str, int]:
    holder = holder_of(journal.read_terminal(connection))
    return {row.rule: row.allotted for row in all_rows(connection) if row.holder == holder}
