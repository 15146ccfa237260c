"""Goods that came back with a receipt that nobody could show: their lines, beside the head that every return has."""

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from pos_app.model.receipts import Payment
from pos_app.protocol.events import UnseenLine
from storage import sales, tables
from storage.database import driver_connection
from storage.sales import SaleRow
from storage.statements import Statement, insert_of

_line = tables.unseen_line.c
_fields = UnseenLine.__struct_fields__
_insert_line = Statement(lambda: insert_of(tables.unseen_line, "event_id", "line_no", "sale_receipt_number", *_fields))
_lines_of = Statement(
    lambda: (
        select(*(_line[name] for name in _fields))
        .where(_line.event_id == bindparam("event_id"))
        .order_by(_line.line_no)
    )
)


class UnseenSum(msgspec.Struct, frozen=True):
    """What came back of one product with one receipt, unseen, in all."""

    product_code: str
    name: str
    quantity_milli: int
    refund_minor: int


def write_unseen_return(
    connection: Connection,
    head: SaleRow,
    *,
    sale_receipt_number: str,
    lines: tuple[UnseenLine, ...],
    payments: tuple[Payment, ...],
) -> int:
    """Write an unseen return and queue its receipt. Gives the print job's id."""
    job_id = sales.write_return(connection, head, lines=(), payments=payments)
    write_unseen_lines(connection, head.event_id, sale_receipt_number=sale_receipt_number, lines=lines)
    return job_id


def write_unseen_lines(
    connection: Connection, event_id: str, *, sale_receipt_number: str, lines: tuple[UnseenLine, ...]
) -> None:
    """Write what came back, beside the head."""
    _insert_line.run_many(
        driver_connection(connection),
        (
            (event_id, line_no, sale_receipt_number, *msgspec.structs.astuple(line))
            for line_no, line in enumerate(lines, start=1)
        ),
    )


def lines_of_unseen(connection: Connection, event_id: str) -> tuple[UnseenLine, ...]:
    """What came back with one unseen return."""
    return tuple(UnseenLine(*row) for row in _lines_of.all(driver_connection(connection), event_id))


def receipt_of_unseen(connection: Connection, event_id: str) -> str:
    """The number of the receipt that the goods came back with."""
    query = select(_line.sale_receipt_number).where(_line.event_id == event_id).limit(1)
    number: str = connection.execute(query).scalar_one()
    return number


def unseen_of(connection: Connection, sale_receipt_number: str) -> tuple[UnseenSum, ...]:
    """What came back here, unseen, with a receipt, summed by product."""
    rows = connection.execute(
        select(
            _line.product_code,
            func.min(_line.name),
            func.sum(_line.quantity_milli),
            func.sum(_line.refund_minor),
        )
        .where(_line.sale_receipt_number == sale_receipt_number)
        .group_by(_line.product_code)
        .order_by(_line.product_code)
    )
    return tuple(UnseenSum(*row) for row in rows)
