"""The rows of a receipt built from its event: for restoring them, and to compare what stands in the tables with what was said.

How a member stood after a receipt (``standing``) is in no event: it is neither compared nor restored.
"""

import msgspec
from sqlalchemy import Connection, delete, update

from pos_app.model.evaluation import Award, Discount
from pos_app.model.identifiers import SAME_NUMBER, kept_numbers
from pos_app.model.receipts import Payment, SaleKind, SaleLine
from pos_app.protocol.events import (
    Event,
    InstalmentEvent,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    UnseenLine,
    UnseenReturnEvent,
    decode_body,
)
from storage import (
    burning,
    coupons,
    donations,
    foreign_receipts,
    journal,
    member_history,
    pools,
    sales,
    tables,
    unseen_returns,
)
from storage.donations import CauseSum, sums_by_cause
from storage.pools import PoolRows
from storage.sales import SaleRow

ReceiptEvent = SaleEvent | ReturnEvent | UnseenReturnEvent | InstalmentEvent
RECEIPT_KINDS = ("sale", "return", "unseen_return", "instalment")
_PARTS = (
    tables.sale_line,
    tables.return_line,
    tables.unseen_line,
    tables.payment,
    tables.award,
    tables.discount,
    tables.collected,
    tables.taken,
    tables.donation,
)


class ReceiptRows(msgspec.Struct, frozen=True):
    """All rows of one receipt, whichever kind it is: what does not belong to the kind is empty."""

    head: SaleRow
    payments: tuple[Payment, ...]
    lines: tuple[SaleLine, ...] = ()
    burn_units: dict[int, int] = {}
    awards: tuple[Award, ...] = ()
    award_lots: tuple[str, ...] = ()
    discounts: tuple[Discount, ...] = ()
    returned: tuple[ReturnedLine, ...] = ()
    unseen: tuple[UnseenLine, ...] = ()
    pools: PoolRows = PoolRows()
    donated: tuple[CauseSum, ...] = ()


def restore_sale_rows(connection: Connection, event: ReceiptEvent) -> bool:
    """Write the rows of a receipt whose event stands in the journal; False where they are there. Nothing is queued to print."""
    if sales.find_sale_by_event(connection, event.event_id) is not None:
        return False
    _write_rows(connection, event)
    return True


def rewrite_sale_rows(connection: Connection, event: ReceiptEvent) -> None:
    """Put the rows of a receipt as its event says in place of what is there; print jobs and ``standing`` stay."""
    stored = sales.find_sale_by_event(connection, event.event_id)
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # its print jobs wait for it
    connection.execute(delete(tables.sale).where(tables.sale.c.event_id == event.event_id))
    _write_rows(connection, event)
    if stored is not None:
        head = tables.sale.c
        connection.execute(
            update(tables.sale).where(head.event_id == event.event_id).values(standing=stored.head.standing)
        )


def agree(connection: Connection, event: ReceiptEvent) -> bool:
    """Whether the tables say of this receipt what its event says, as far as an event says it."""
    stored = stored_rows(connection, event.event_id)
    if stored is None:
        return False
    said = rows_of(connection, event)
    if stored.head.receipt_number.partition(SAME_NUMBER)[0] == event.receipt_number:
        said = msgspec.structs.replace(
            said, head=msgspec.structs.replace(said.head, receipt_number=stored.head.receipt_number)
        )
    if isinstance(event, ReturnEvent | UnseenReturnEvent):
        unsaid = {"mode": stored.head.mode}
        if isinstance(event, UnseenReturnEvent) or _sale_of(connection, event.sale_event_id) is None:
            unsaid |= {"card_ref": stored.head.card_ref, "burn_as": stored.head.burn_as}
        said = msgspec.structs.replace(said, head=msgspec.structs.replace(said.head, **unsaid))
    return said == stored


def _write_rows(connection: Connection, event: ReceiptEvent) -> None:
    for table in _PARTS:
        connection.execute(delete(table).where(table.c.event_id == event.event_id))
    rows = rows_of(connection, event)
    head = msgspec.structs.replace(rows.head, receipt_number=_own_number(connection, event.receipt_number))
    donations.write_donations(connection, event.event_id, rows.donated, business_date=event.moment.business_date)
    if isinstance(event, SaleEvent):
        sales.write_sale_rows(
            connection,
            head,
            lines=rows.lines,
            burn_units=rows.burn_units,
            payments=rows.payments,
            awards=rows.awards,
            award_lots=_lots_by_programme(event),
            discounts=rows.discounts,
        )
        pools.write_pools(connection, event.event_id, rows.pools)
        member_history.note_uses(connection, event)
        coupons.note_uses(connection, event)
        burning.capture_sale(connection, event)
        return
    sales.write_return_rows(connection, head, lines=rows.returned, payments=rows.payments)
    if isinstance(event, ReturnEvent):
        coupons.note_freed(connection, event)
    if isinstance(event, UnseenReturnEvent):
        unseen_returns.write_unseen_lines(
            connection, event.event_id, sale_receipt_number=event.sale_receipt_number, lines=event.lines
        )


def _own_number(connection: Connection, printed: str) -> str:
    """The number that a restored receipt is kept under: the printed one, or that with a mark where another receipt has it."""
    numbers = kept_numbers(printed)
    return next(number for number in numbers if sales.find_sale(connection, receipt_number=number) is None)


def rows_of(connection: Connection, event: ReceiptEvent) -> ReceiptRows:
    """What the tables should say of this receipt. A return takes its card from the sale's event, where this till has it."""
    match event:
        case SaleEvent():
            return _rows_of_sale(event)
        case ReturnEvent():
            return ReceiptRows(
                _head_of_return(connection, event),
                event.payments,
                returned=event.lines,
                donated=sums_by_cause(event.donated_back, sign=-1),
            )
        case UnseenReturnEvent():
            return ReceiptRows(_head(event), event.payments, unseen=event.lines)
        case InstalmentEvent():
            return ReceiptRows(sales.head_of(event), event.payments)


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
        discounts=stored.discounts,
        returned=sales.lines_of_return(connection, event_id),
        unseen=unseen_returns.lines_of_unseen(connection, event_id),
        pools=pools.read_pools(connection, event_id),
        donated=donations.donations_of(connection, event_id),
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
        discounts=event.discounts,
        pools=PoolRows(event.collected, event.taken),
        donated=sums_by_cause(event.donated),
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
    body = None if row is None else row.body
    if body is None:
        foreign = foreign_receipts.find_foreign_by_event(connection, event_id)
        body = None if foreign is None else foreign.body
    event: Event | None = None if body is None else decode_body(body)
    return event if isinstance(event, SaleEvent) else None


def _head(event: SaleEvent | ReturnEvent | UnseenReturnEvent) -> SaleRow:
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
