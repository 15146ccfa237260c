"""Products: found by code at the counter, written by imports and by what HQ sends."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import Insert, insert

from pos_app.model.products import Product, ProductClass
from storage import tables
from storage.database import driver_connection
from storage.statements import Row, Statement

_columns = tables.product.c
_find = Statement(
    lambda: select(
        _columns.code,
        _columns.name,
        _columns.price_minor,
        _columns.tax_rate_bp,
        _columns.product_class,
        _columns.band,
        _columns.department,
        _columns.category,
        _columns.sold_by_weight,
        _columns.member_price_minor,
        _columns.margin_floor_percent,
    ).where(_columns.code == bindparam("code"))
)
_classes = {member.value: member for member in ProductClass}


def find_product(connection: Connection, code: str) -> Product | None:
    """The product of this code, or None. Never its cost."""
    row = _find.first(driver_connection(connection), code)
    return None if row is None else _product(row)


def _product(row: Row) -> Product:
    code, name, price_minor, tax_rate_bp, product_class, band, department, category, by_weight, member_minor, floor = (
        row
    )
    return Product(
        code,
        name,
        price_minor,
        tax_rate_bp,
        _classes[product_class],
        band,
        department,
        category,
        bool(by_weight),
        member_minor,
        floor,
    )


@cache
def _insert() -> Insert:
    return insert(tables.product).values({column.name: bindparam(column.name) for column in _columns})


_upsert = Statement(
    lambda: _insert().on_conflict_do_update(
        index_elements=[_columns.code],
        set_={column.name: _insert().excluded[column.name] for column in _columns if column.name != "code"},
    )
)


@cache
def _insert_cost() -> Insert:
    return insert(tables.product_cost).values(code=bindparam("code"), cost_minor=bindparam("cost_minor"))


_upsert_cost = Statement(
    lambda: _insert_cost().on_conflict_do_update(
        index_elements=[tables.product_cost.c.code], set_={"cost_minor": _insert_cost().excluded.cost_minor}
    )
)


def put_products(connection: Connection, products: Iterable[Product]) -> None:
    """Add products, or replace those of the same code."""
    _upsert.run_many(
        driver_connection(connection),
        (
            (
                product.code,
                product.name,
                product.price_minor,
                product.tax_rate_bp,
                product.product_class.value,
                product.band,
                product.department,
                product.category,
                int(product.sold_by_weight),
                product.member_price_minor,
                product.margin_floor_percent,
            )
            for product in products
        ),
    )


def put_costs(connection: Connection, costs_minor: Iterable[tuple[str, int]]) -> None:
    """Add or replace cost prices: (product code, cost in minor units, tax not included)."""
    _upsert_cost.run_many(driver_connection(connection), costs_minor)


def costs_minor(connection: Connection) -> dict[str, int]:
    """The cost of every product that has one, by its code: for imports, which reckon margin bands, and for nothing at the counter."""
    c = tables.product_cost.c
    return dict(tuple(row) for row in connection.execute(select(c.code, c.cost_minor)))


def withdraw_products(connection: Connection, codes: Iterable[str]) -> None:
    """These are not sold any more; receipts keep their own copy of what they need."""
    for code in codes:
        connection.execute(delete(tables.product).where(_columns.code == code))


def product_codes(connection: Connection) -> frozenset[str]:
    """The codes of everything that is sold."""
    return frozenset(connection.execute(select(_columns.code)).scalars())


def count_products(connection: Connection) -> int:
    """How many products there are."""
    return connection.execute(select(func.count()).select_from(tables.product)).scalar_one()
