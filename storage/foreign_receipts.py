"""Receipts of other tills, and our own whose event was pruned, as HQ showed them for a return."""

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from pos_app.protocol.events import ReturnedLine
from storage import tables

_foreign = tables.foreign_receipt.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[ReturnedLine, ...]).decode


class ForeignReceipt(msgspec.Struct, frozen=True):
    """A sale's event as HQ showed it, and what came back of it elsewhere until then, summed by line."""

    event_id: str
    receipt_number: str
    body: bytes
    returned: tuple[ReturnedLine, ...]
    asked_at_ms: int


def keep_foreign(connection: Connection, receipt: ForeignReceipt) -> None:
    """Store what HQ said of a receipt, in place of what it said before."""
    values = msgspec.structs.asdict(receipt) | {"returned": _encode(receipt.returned).decode()}
    row = insert(tables.foreign_receipt).values(values)
    connection.execute(row.on_conflict_do_update(index_elements=["event_id"], set_=values))


def find_foreign(connection: Connection, *, receipt_number: str) -> ForeignReceipt | None:
    """What HQ said of the receipt with this number."""
    return _first(connection, _foreign.receipt_number == receipt_number)


def find_foreign_by_event(connection: Connection, event_id: str) -> ForeignReceipt | None:
    """What HQ said of the sale of this event."""
    return _first(connection, _foreign.event_id == event_id)


def _first(connection: Connection, condition: object) -> ForeignReceipt | None:
    columns = (_foreign[name] for name in ForeignReceipt.__struct_fields__)
    row = connection.execute(select(*columns).where(condition)).first()  # type: ignore[arg-type]  # a comparison of a column
    if row is None:
        return None
    event_id, receipt_number, body, returned, asked_at_ms = row
    return ForeignReceipt(event_id, receipt_number, body, _decode(returned), asked_at_ms)
