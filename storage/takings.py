"""What a day brought, by the kind of payment: with sales, with payments on contracts, less what was paid back."""

from sqlalchemy import Connection, case, func, select

from pos_app.model.closing import Taking
from pos_app.model.receipts import SaleKind
from storage import tables


def takings_of(connection: Connection, *, from_date: str, until_date: str) -> tuple[Taking, ...]:
    """The takings of these business dates, both included, by the names of the kinds."""
    sale, payment = tables.sale.c, tables.payment.c

    def summed(kind: SaleKind) -> object:
        return func.sum(case((sale.kind == kind.value, payment.amount_minor), else_=0))

    query = (
        select(payment.kind, summed(SaleKind.SALE), summed(SaleKind.INSTALMENT), summed(SaleKind.RETURN))  # type: ignore[call-overload]
        .select_from(tables.payment.join(tables.sale, sale.event_id == payment.event_id))
        .where(sale.business_date.between(from_date, until_date))
        .group_by(payment.kind)
        .order_by(payment.kind)
    )
    return tuple(Taking(*row) for row in connection.execute(query))
