"""Products, programme sets and shifts."""

from functools import partial

import msgspec

from pos_app.model.products import Product, ProductClass
from storage import catalogue, programmes, shifts
from storage.database import Database

PILLS = Product("pills", "Таблетки", 2000, 1000, ProductClass.REGULATED, "3", "DRUG", "PILLS", sold_by_weight=True)


def test_that_a_product_is_found_as_it_was_put_and_replaced_by_its_code(database: Database) -> None:
    dearer = msgspec.structs.replace(
        PILLS, price_minor=2100, band="", sold_by_weight=False, member_price_minor=1900, margin_floor_percent=30
    )
    for product in (PILLS, dearer):
        database.write(partial(catalogue.put_products, products=[product]))
        assert product == database.read(lambda c: catalogue.find_product(c, "pills"))
    assert 1 == database.read(catalogue.count_products)
    assert None is database.read(lambda c: catalogue.find_product(c, "pill"))


def test_that_a_cost_is_kept_apart_and_replaced(database: Database) -> None:
    database.write(lambda c: catalogue.put_products(c, [PILLS]))
    for cost_minor in (900, 950):
        database.write(partial(catalogue.put_costs, costs_minor=[("pills", cost_minor)]))
    stored = database.read(lambda c: c.exec_driver_sql("SELECT cost_minor FROM product_cost").scalars().all())
    assert [950] == stored
    assert {"pills": 950} == database.read(catalogue.costs_minor)
    assert "cost" not in " ".join(Product.__struct_fields__)


def test_that_a_programme_set_is_kept_under_its_hash_for_ever(database: Database) -> None:
    for body in (b"first", b"second"):
        database.write(partial(programmes.keep_programme_set, set_hash="h", body=body, utc_ms=1))
    assert b"first" == database.read(lambda c: programmes.find_programme_set(c, "h"))
    assert None is database.read(lambda c: programmes.find_programme_set(c, "other"))


def test_that_a_shift_lasts_as_long_as_cashier_and_day_stay_the_same(database: Database) -> None:
    def shift(staff_ref: str, day: str, utc_ms: int) -> str:
        return database.write(lambda c: shifts.current_shift(c, staff_ref=staff_ref, business_date=day, utc_ms=utc_ms))

    first = shift("c-1", "2026-07-01", 1)
    assert first == shift("c-1", "2026-07-01", 2)
    next_day = shift("c-1", "2026-07-02", 3)
    other = shift("c-2", "2026-07-02", 4)
    again = shift("c-1", "2026-07-02", 5)
    assert 4 == len({first, next_day, other, again})
    rows = "SELECT shift_id, closed_at_ms FROM shift"
    closed = database.read(lambda c: dict(tuple(row) for row in c.exec_driver_sql(rows)))
    assert {first: 3, next_day: 4, other: 5, again: None} == closed
