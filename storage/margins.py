"""What members' purchases brought the shop, for a profit share. Costs are in it: for managers only, and never at the counter."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from storage import tables

_sale, _line, _back = tables.sale.c, tables.sale_line.c, tables.return_line.c
_collected = tables.collected.c


class Purchases(msgspec.Struct, frozen=True):
    """What an account bought of one product, less what it brought back: money without tax in minor units, thousandths of a piece."""

    account_ref: str
    product_code: str
    product_class: str
    net_minor: int
    quantity_milli: int


def purchases(connection: Connection, *, since: str, until: str) -> list[Purchases]:
    """Of all members, by business dates (ISO, both included); goods that came back count on the day of their return.

    What a member gave to a cause is none.
    """
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for rows, sign in ((_sold(since, until), 1), (_returned(since, until), -1)):
        for account_ref, code, product_class, net_minor, quantity_milli in connection.execute(rows):
            key = account_ref, code, product_class
            before = sums.get(key, (0, 0))
            sums[key] = before[0] + sign * int(net_minor), before[1] + sign * int(quantity_milli)
    return [Purchases(*key, *figures) for key, figures in sorted(sums.items())]


def first_business_date(connection: Connection) -> str:
    """Since when this till still has receipts; empty where it has none."""
    return connection.execute(select(func.min(_sale.business_date))).scalar() or ""


def _sold(since: str, until: str) -> Select[str, str, str, int, int]:
    key = (_sale.account_ref, _line.product_code, _line.product_class)
    return (
        select(*key, func.sum(_line.payable_minor - _line.tax_minor), func.sum(_line.quantity_milli))
        .join_from(tables.sale, tables.sale_line, _line.event_id == _sale.event_id)
        .where(*_of_members(since, until), _sale.kind == "sale", ~_is_gift())
        .group_by(*key)
    )


def _returned(since: str, until: str) -> Select[str, str, str, int, int]:
    """A return's line is one of the sale that it is of."""
    key = (_sale.account_ref, _line.product_code, _line.product_class)
    of_sale = (_line.event_id == _sale.sale_event_id) & (_line.line_no == _back.line_no)
    return (
        select(*key, func.sum(_back.refund_minor - _back.tax_minor), func.sum(_back.quantity_milli))
        .join_from(tables.sale, tables.return_line, _back.event_id == _sale.event_id)
        .join(tables.sale_line, of_sale)
        .where(*_of_members(since, until), _sale.kind == "return", ~_is_gift())
        .group_by(*key)
    )


def _is_gift() -> ColumnElement[bool]:
    """Whether a sale's line was money for a cause: collected by no rule."""
    return exists().where(
        _collected.event_id == _line.event_id, _collected.line_no == _line.line_no, _collected.rule_id == ""
    )


def _of_members(since: str, until: str) -> Iterable[ColumnElement[bool]]:
    return _sale.business_date >= since, _sale.business_date <= until, _sale.account_ref != ""
