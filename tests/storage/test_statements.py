"""Compiled statements: what is wrong with one is noticed when the program starts, not when it sells."""

import pytest
from sqlalchemy import bindparam, select

from storage import tables
from storage.database import Database, driver_connection
from storage.statements import Statement, insert_of

_shift = tables.shift.c


def test_that_parameters_are_in_the_order_of_their_names(database: Database) -> None:
    insert = Statement(insert_of(tables.shift, "shift_id", "staff_ref", "business_date", "opened_at_ms"))
    find = Statement(
        select(_shift.shift_id).where(_shift.opened_at_ms > bindparam("after"), _shift.staff_ref == bindparam("staff"))
    )
    assert ("after", "staff") == find.names
    rows = [(f"s-{number}", "c-1", "2026-07-01", number) for number in range(3)]
    database.write(lambda connection: insert.run_many(driver_connection(connection), rows))
    driver = driver_connection(database.reader())
    assert [("s-1",), ("s-2",)] == find.all(driver, 0, "c-1")
    assert ("s-2",) == find.first(driver, 1, "c-1")
    assert None is find.first(driver, 2, "c-1")


def test_that_a_bound_constant_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="write a constant as"):
        Statement(select(_shift.shift_id).where(_shift.opened_at_ms > 5))


def test_that_columns_in_another_order_than_the_tables_are_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="in the table's order"):
        insert_of(tables.shift, "staff_ref", "shift_id")


def test_that_without_names_every_column_is_inserted() -> None:
    assert tuple(_shift.keys()) == Statement(insert_of(tables.shift)).names
