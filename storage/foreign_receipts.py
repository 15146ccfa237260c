"""Receipts of other tills, and our own whose event was pruned, as HQ showed them for a return."""

import msgspec
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.dialects.sqlite import insert

from pos_app.model.identifiers import SAME_NUMBER, kept_numbers
from pos_app.protocol.events import ReturnedLine
from storage import tables

_foreign = tables.foreign_receipt.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[ReturnedLine, ...]).decode


class ForeignReceipt(msgspec.Struct, frozen=True):
    """A sale's event as HQ showed it, its printed number, and what came back of it elsewhere until then, summed by line."""

    event_id: str
    receipt_number: str
    body: bytes
    returned: tuple[ReturnedLine, ...]
    asked_at_ms: int


def keep_foreign(connection: Connection, receipt: ForeignReceipt) -> None:
    """Store what HQ said of a receipt, in place of what it said before. One whose number another has is kept under a mark."""
    news = {
        "body": receipt.body,
        "returned": _encode(receipt.returned).decode(),
        "asked_at_ms": receipt.asked_at_ms,
    }
    number = next(one for one in kept_numbers(receipt.receipt_number) if _is_free(connection, one, receipt.event_id))
    row = insert(tables.foreign_receipt).values(event_id=receipt.event_id, receipt_number=number, **news)
    connection.execute(row.on_conflict_do_update(index_elements=["event_id"], set_=news))


def _is_free(connection: Connection, number: str, event_id: str) -> bool:
    taken = select(_foreign.event_id).where(_foreign.receipt_number == number, _foreign.event_id != event_id)
    return connection.execute(taken).first() is None


def find_foreign(connection: Connection, *, receipt_number: str) -> ForeignReceipt | None:
    """What HQ said of a receipt with this number."""
    return next(iter(find_all_foreign(connection, receipt_number=receipt_number)), None)


def find_all_foreign(connection: Connection, *, receipt_number: str) -> tuple[ForeignReceipt, ...]:
    """What HQ said of every receipt with this number."""
    marked = f"{receipt_number}{SAME_NUMBER}"
    is_of_number = (_foreign.receipt_number == receipt_number) | _foreign.receipt_number.between(marked, f"{marked}:")
    return _found(connection, is_of_number)


def find_foreign_by_event(connection: Connection, event_id: str) -> ForeignReceipt | None:
    """What HQ said of the sale of this event."""
    return next(iter(_found(connection, _foreign.event_id == event_id)), None)


def _found(connection: Connection, condition: ColumnElement[bool]) -> tuple[ForeignReceipt, ...]:
    columns = (_foreign[name] for name in ForeignReceipt.__struct_fields__)
    rows = connection.execute(select(*columns).where(condition).order_by(_foreign.receipt_number))
    return tuple(
        ForeignReceipt(event_id, number.partition(SAME_NUMBER)[0], body, _decode(returned), asked_at_ms)
        for event_id, number, body, returned, asked_at_ms in rows
    )
