"""What a day brought, by the kind of payment: with sales, with payments on contracts, less what was paid back."""

import msgspec
from sqlalchemy import Connection, case, func, select

from pos_app.model.receipts import PaymentKind, SaleKind
from storage import tables

_NO_MONEY = frozenset({PaymentKind.POINTS.value, PaymentKind.INSTALMENTS.value})


class Taking(msgspec.Struct, frozen=True):
    """What came by one kind of payment, in minor units: with sales, on contracts, and what was given back with goods.

    Points and instalments are no money: what was sold for them. What is given back by instalments is owed less.
    """

    kind: str
    sold_minor: int
    on_contracts_minor: int
    returned_minor: int

    @property
    def total_minor(self) -> int:
        """What is left of it."""
        return self.sold_minor + self.on_contracts_minor - self.returned_minor

    @property
    def is_money(self) -> bool:
        """Whether it can be counted in the drawer, or stands on the card terminal's list."""
        return self.kind not in _NO_MONEY


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
