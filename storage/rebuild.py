"""The rows of a receipt built from its event: for restoring them, and to compare what stands in the tables with what was said.

How a member stood after a receipt (``standing``) is in no event: it is neither compared nor restored.
"""

import msgspec
from sqlalchemy import Connection, insert, select

from pos_app.model.evaluation import Award
from pos_app.model.receipts import Payment, SaleKind, SaleLine
from pos_app.protocol.events import (
    Event,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    UnseenLine,
    UnseenReturnEvent,
    decode_body,
)
from storage import journal, sales, tables
from storage.sales import SaleRow

ReceiptEvent = SaleEvent | ReturnEvent | UnseenReturnEvent
RECEIPT_KINDS = ("sale", "return", "unseen_return")


class ReceiptRows(msgspec.Struct, frozen=True):
    """All rows of one receipt, whichever kind it is: what does not belong to the kind is empty."""

    head: SaleRow
    payments: tuple[Payment, ...]
    lines: tuple[SaleLine, ...] = ()
    burn_units: dict[int, int] = {}
    awards: tuple[Award, ...] = ()
    award_lots: tuple[str, ...] = ()
    returned: tuple[ReturnedLine, ...] = ()
    unseen: tuple[UnseenLine, ...] = ()


def restore_sale_rows(connection: Connection, event: ReceiptEvent) -> bool:
    """Write the rows of a receipt whose event stands in the journal; False where they are there. Nothing is queued to print."""
    if sales.find_sale_by_event(connection, event.event_id) is not None:
        return False
    rows = rows_of(connection, event)
    if isinstance(event, SaleEvent):
        sales.write_sale_rows(
            connection,
            rows.head,
            lines=rows.lines,
            burn_units=rows.burn_units,
            payments=rows.payments,
            awards=rows.awards,
            award_lots=_lots_by_programme(event),
        )
        return True
    sales.write_return_rows(connection, rows.head, lines=rows.returned, payments=rows.payments)
    if isinstance(event, UnseenReturnEvent):
        _write_unseen(connection, event)
    return True


def rows_of(connection: Connection, event: ReceiptEvent) -> ReceiptRows:
    """What the tables should say of this receipt. A return takes its card from the sale's event, where this till has it."""
    match event:
        case SaleEvent():
            return _rows_of_sale(event)
        case ReturnEvent():
            return ReceiptRows(_head_of_return(connection, event), event.payments, returned=event.lines)
        case UnseenReturnEvent():
            return ReceiptRows(_head(event), event.payments, unseen=event.lines)


def stored_rows(connection: Connection, event_id: str) -> ReceiptRows | None:
    """What the tables say of this receipt, less its ``standing``; None where they have lost it."""
    stored = sales.find_sale_by_event(connection, event_id)
    if stored is None:
        return None
    return ReceiptRows(
        head=msgspec.structs.replace(stored.head, standing=""),
        payments=stored.payments,
        lines=stored.lines,
        burn_units={line_no: units for line_no, units in stored.burn_units.items() if units},
        awards=stored.awards,
        award_lots=stored.award_lots,
        returned=sales.lines_of_return(connection, event_id),
        unseen=_unseen_lines(connection, event_id),
    )


def _rows_of_sale(event: SaleEvent) -> ReceiptRows:
    lots = _lots_by_programme(event)
    head = msgspec.structs.replace(
        _head(event),
        account_ref=event.account_ref,
        card_ref=event.card_ref,
        mode=event.mode,
        foreign_receipt=event.foreign_receipt,
        burn_units=event.burn_units,
        burn_worth_minor=event.burn_worth_minor,
        burn_as=event.burn_as,
        earned_units=sum(granted.grant.units for granted in event.granted_lots),
        asks_nps=int(event.asks_nps),
    )
    return ReceiptRows(
        head=head,
        payments=event.payments,
        lines=event.lines,
        burn_units={share.line_no: share.units for share in event.burn_shares if share.units},
        awards=event.awards,
        award_lots=tuple(lots.get(award.programme_id, "") for award in event.awards),
    )


def _lots_by_programme(event: SaleEvent) -> dict[str, str]:
    return {granted.grant.programme_id: granted.lot_id for granted in event.granted_lots}


def _head_of_return(connection: Connection, event: ReturnEvent) -> SaleRow:
    sale = _sale_of(connection, event.sale_event_id)
    return msgspec.structs.replace(
        _head(event),
        account_ref=event.account_ref,
        card_ref="" if sale is None else sale.card_ref,
        sale_event_id=event.sale_event_id,
        burn_units=sum(line.burned_units for line in event.lines),
        burn_as="price_reduction" if sale is None else sale.burn_as,
        earned_units=sum(line.earned_units for line in event.lines),
    )


def _sale_of(connection: Connection, event_id: str) -> SaleEvent | None:
    row = journal.find_event(connection, event_id)
    if row is None or row.body is None:
        return None
    event: Event = decode_body(row.body)
    return event if isinstance(event, SaleEvent) else None


def _head(event: ReceiptEvent) -> SaleRow:
    """What every receipt has; money of the fiscal till beside us is how it is known to be one of its receipts."""
    moment = event.moment
    is_beside = any(payment.kind.value == "foreign" for payment in event.payments)
    return SaleRow(
        event_id=event.event_id,
        kind=SaleKind.SALE.value if isinstance(event, SaleEvent) else SaleKind.RETURN.value,
        receipt_number=event.receipt_number,
        account_ref="",
        card_ref="",
        staff_ref=moment.staff_ref,
        shift_id=moment.shift_id,
        utc_ms=moment.utc_ms,
        zone=moment.zone,
        business_date=moment.business_date,
        mode="beside" if is_beside else "till",
        foreign_receipt="",
        sale_event_id="",
        total_minor=event.total_minor,
        burn_units=0,
        burn_worth_minor=0,
        burn_as="price_reduction",
        earned_units=0,
        asks_nps=0,
        standing="",
    )


def _write_unseen(connection: Connection, event: UnseenReturnEvent) -> None:
    rows = [
        {
            "event_id": event.event_id,
            "line_no": number,
            "sale_receipt_number": event.sale_receipt_number,
            **msgspec.structs.asdict(line),
        }
        for number, line in enumerate(event.lines, start=1)
    ]
    connection.execute(insert(tables.unseen_line), rows)


def _unseen_lines(connection: Connection, event_id: str) -> tuple[UnseenLine, ...]:
    c = tables.unseen_line.c
    query = select(*(c[name] for name in UnseenLine.__struct_fields__)).where(c.event_id == event_id)
    return tuple(UnseenLine(*row) for row in connection.execute(query.order_by(c.line_no)))
