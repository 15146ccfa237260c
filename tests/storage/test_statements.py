"""Compiled statements."""

import pytest
from sqlalchemy import bindparam, select

from storage import accounts, catalogue, journal, sales, tables
from storage.database import Database, driver_connection
from storage.statements import Statement, insert_of

_shift = tables.shift.c


def test_that_every_statement_of_the_till_compiles_and_fits_the_tables(database: Database) -> None:
    statements = [
        one
        for module in (accounts, catalogue, journal, sales)
        for one in vars(module).values()
        if isinstance(one, Statement)
    ]
    assert len(statements) > 20
    for statement in statements:
        driver_connection(database.reader()).execute(
            f"EXPLAIN {statement.text}", [None] * statement.text.count("?")
        ).fetchall()


def test_that_values_stand_in_the_order_of_the_statement(database: Database) -> None:
    insert = Statement(lambda: insert_of(tables.shift, "shift_id", "staff_ref", "business_date", "opened_at_ms"))
    find = Statement(
        lambda: select(_shift.shift_id).where(
            _shift.opened_at_ms > bindparam("after"), _shift.staff_ref == bindparam("staff")
        )
    )
    rows = [(f"s-{number}", "c-1", "2026-07-01", number) for number in range(3)]
    database.write(lambda connection: insert.run_many(driver_connection(connection), rows))
    driver = driver_connection(database.reader())
    assert [("s-1",), ("s-2",)] == find.all(driver, 0, "c-1")
    assert ("s-2",) == find.first(driver, 1, "c-1")
    assert None is find.first(driver, 2, "c-1")


def test_that_a_bound_constant_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="write a constant as"):
        _ = Statement(lambda: select(_shift.shift_id).where(_shift.opened_at_ms > 5)).text


def test_that_columns_in_another_order_than_the_tables_are_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="in the table's order"):
        insert_of(tables.shift, "staff_ref", "shift_id")


def test_that_without_names_every_column_is_inserted() -> None:
    names = ", ".join(_shift.keys())
    assert f"INSERT INTO shift ({names}) VALUES (?, ?, ?, ?, ?)" == Statement(lambda: insert_of(tables.shift)).text
