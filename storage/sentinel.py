"""The receipts of a business date as the sentinel looks at them."""

import msgspec
from sqlalchemy import Connection, select

from pos_app.model.receipts import SaleKind
from pos_app.model.sentinel import Deed, Watched
from storage import tables

_sale = tables.sale.c
_sold = tables.sale.alias("sold")
_unseen = tables.unseen_line


class _Came(msgspec.Struct):
    """The one thing of a sale's event that stands in no table."""

    card_came: str = ""


_decode = msgspec.json.Decoder(_Came).decode


def receipts_of_day(connection: Connection, business_date: str) -> list[Watched]:
    """Every receipt of the day at this till. When a card came is in the event: of a pruned one it is not known."""
    is_unseen = select(_unseen.c.event_id).where(_unseen.c.event_id == _sale.event_id).exists()
    rows = connection.execute(
        select(
            _sale.receipt_number,
            _sale.kind,
            _sale.staff_ref,
            _sale.account_ref,
            _sale.utc_ms,
            _sale.burn_units,
            _sold.c.receipt_number,
            _sold.c.utc_ms,
            is_unseen,
            tables.event.c.body,
        )
        .outerjoin(_sold, (_sold.c.event_id == _sale.sale_event_id) & (_sale.sale_event_id != ""))
        .outerjoin(tables.event, tables.event.c.event_id == _sale.event_id)
        .where(_sale.business_date == business_date, _sale.kind != SaleKind.INSTALMENT.value)
    )
    return [
        Watched(
            receipt_number=number,
            deed=Deed.UNSEEN_RETURN if unseen else Deed(kind),
            staff_ref=staff_ref,
            account_ref=account_ref,
            utc_ms=utc_ms,
            burned_units=burned_units,
            card_came=_card_came(body) if kind == Deed.SALE and account_ref else "",
            of_receipt=of_receipt or "",
            sold_ms=sold_ms,
        )
        for number, kind, staff_ref, account_ref, utc_ms, burned_units, of_receipt, sold_ms, unseen, body in rows
    ]


def _card_came(body: bytes | None) -> str:
    try:
        return "" if body is None else _decode(body).card_came
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""  # the doctor says so
