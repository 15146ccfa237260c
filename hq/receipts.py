"""A receipt of any till, for a return at another."""

from collections import defaultdict

from sqlalchemy import Connection, Engine, select, tuple_

from hq import tables
from hq.authentication import SignedCall, authenticate_fresh
from hq.checks import is_ref
from hq.database import snapshot
from hq.refusals import RefusedError
from pos_app.protocol.events import ReturnedLine, SaleEvent, decode_body
from pos_app.protocol.messages import OTHER_RECEIPTS_MAX, ErrorCode, OtherReceipt, ReceiptAnswer, ReceiptReturn

_RETURNED_COLUMNS = [tables.return_line.c[name] for name in ReturnedLine.__struct_fields__]


def read_receipt(engine: Engine, call: SignedCall, *, receipt_number: str, now_ms: int) -> ReceiptAnswer:
    """The earliest sale of this number as its till told it, every return of it, its programmes where HQ has them; and the others.

    Raises ``RefusedError`` (404) for a number that HQ does not know, or whose details are past their retention.
    """
    authenticate_fresh(engine, call, now_ms=now_ms)
    with snapshot(engine) as connection:
        shown = [_shown(connection, body) for body in _find_bodies(connection, receipt_number)]
        if not shown:
            raise RefusedError(ErrorCode.NOT_FOUND)
        first, *others = shown
        return ReceiptAnswer(
            body=first.body,
            returns=first.returns,
            hq_time_ms=now_ms,
            programme_set=first.programme_set,
            others=tuple(others),
        )


def _find_bodies(connection: Connection, receipt_number: str) -> list[bytes]:
    """The sales of this number whose details are still there, the earliest first."""
    if not is_ref(receipt_number):
        return []
    receipt, inbox = tables.receipt.c, tables.inbox.c
    same_place = tuple_(inbox.terminal_id, inbox.incarnation, inbox.seq) == tuple_(
        receipt.terminal_id, receipt.incarnation, receipt.seq
    )
    found = (
        select(inbox.body)
        .join(tables.receipt, same_place)
        .where(receipt.receipt_number == receipt_number, inbox.body.is_not(None), inbox.kind == "sale")
        .order_by(receipt.event_id)
        .limit(1 + OTHER_RECEIPTS_MAX)
    )
    return [body for body in connection.execute(found).scalars() if body is not None]


def _shown(connection: Connection, body: bytes) -> OtherReceipt:
    sale = decode_body(body)
    assert isinstance(sale, SaleEvent), "only sales have a receipt that goods come back with"
    programme_set = _programme_set(connection, sale.engine_input.programme_set_hash)
    return OtherReceipt(body.decode(), _returns(connection, sale.event_id), programme_set)


def _returns(connection: Connection, sale_event_id: str) -> tuple[ReceiptReturn, ...]:
    c = tables.return_line.c
    found = select(c.return_event_id, *_RETURNED_COLUMNS).where(c.sale_event_id == sale_event_id)
    lines: dict[str, list[ReturnedLine]] = defaultdict(list)
    for return_event_id, *values in connection.execute(found.order_by(c.return_event_id, c.line_no)):
        lines[return_event_id].append(ReturnedLine(*values))
    return tuple(ReceiptReturn(event_id, tuple(of_return)) for event_id, of_return in lines.items())


def _programme_set(connection: Connection, set_hash: str) -> str:
    c = tables.programme_set.c
    body: str | None = connection.execute(select(c.body).where(c.hash == set_hash)).scalar_one_or_none()
    return body or ""
