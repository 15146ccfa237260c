"""Sales and returns as rows: written inside the transaction of their event, read for history, returns and reprints."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Column, Connection, bindparam, exists, func, select

from pos_app.model.evaluation import Award, Discount, Reason
from pos_app.model.identifiers import SAME_NUMBER
from pos_app.model.products import ProductClass
from pos_app.model.receipts import Payment, PaymentKind, SaleKind, SaleLine
from pos_app.protocol.events import InstalmentEvent, ReturnedLine
from storage import tables
from storage.database import driver_connection
from storage.statements import EMPTY, ONE, Row, Statement, insert_of


class SaleRow(msgspec.Struct, frozen=True):
    """The head of a sale or return, as stored."""

    event_id: str
    kind: str
    receipt_number: str
    account_ref: str
    card_ref: str
    staff_ref: str
    shift_id: str
    utc_ms: int
    zone: str
    business_date: str
    mode: str
    foreign_receipt: str
    sale_event_id: str
    total_minor: int
    burn_units: int
    burn_worth_minor: int
    burn_as: str
    earned_units: int
    asks_nps: int
    standing: str


class StoredSale(msgspec.Struct, frozen=True):
    """A sale with its lines, payments, awards and discounts; ``burn_units`` maps a line's number to the points it took."""

    head: SaleRow
    lines: tuple[SaleLine, ...]
    burn_units: dict[int, int]
    payments: tuple[Payment, ...]
    awards: tuple[Award, ...]
    award_lots: tuple[str, ...]
    discounts: tuple[Discount, ...] = ()


_insert_sale = Statement(lambda: insert_of(tables.sale, *SaleRow.__struct_fields__))
_line_columns = (*SaleLine.__struct_fields__, "burn_units")
_insert_line = Statement(lambda: insert_of(tables.sale_line, "event_id", *_line_columns))
_insert_payment = Statement(
    lambda: insert_of(tables.payment, "event_id", "payment_no", "kind", "amount_minor", "given_minor", "reference")
)
_insert_award = Statement(
    lambda: insert_of(
        tables.award,
        "event_id",
        "award_no",
        "line_no",
        "programme_id",
        "rule_id",
        "units",
        "reason_code",
        "reason_values",
        "lot_id",
    )
)
_insert_discount = Statement(
    lambda: insert_of(
        tables.discount,
        "event_id",
        "discount_no",
        "line_no",
        "programme_id",
        "rule_id",
        "amount_minor",
        "reason_code",
        "reason_values",
    )
)
_insert_return_line = Statement(lambda: insert_of(tables.return_line, "event_id", *ReturnedLine.__struct_fields__))
_lines_of_return = Statement(
    lambda: (
        select(*(tables.return_line.c[name] for name in ReturnedLine.__struct_fields__))
        .where(tables.return_line.c.event_id == bindparam("event_id"))
        .order_by(tables.return_line.c.line_no)
    )
)
_queue_print = Statement(lambda: insert_of(tables.print_job, "event_id", "queued_at_ms"))
_encode_values = msgspec.json.Encoder().encode
_decode_values = msgspec.json.Decoder(dict[str, int | str]).decode
_classes = {member.value: member for member in ProductClass}


def write_sale(
    connection: Connection,
    head: SaleRow,
    *,
    lines: tuple[SaleLine, ...],
    burn_units: dict[int, int],
    payments: tuple[Payment, ...],
    awards: tuple[Award, ...],
    award_lots: dict[str, str],
    discounts: tuple[Discount, ...] = (),
) -> int:
    """Write a sale and queue its receipt; ``award_lots`` maps a programme to the lot it gave. Gives the print job's id."""
    write_sale_rows(
        connection,
        head,
        lines=lines,
        burn_units=burn_units,
        payments=payments,
        awards=awards,
        award_lots=award_lots,
        discounts=discounts,
    )
    return _queued(connection, head)


def write_sale_rows(
    connection: Connection,
    head: SaleRow,
    *,
    lines: tuple[SaleLine, ...],
    burn_units: dict[int, int],
    payments: tuple[Payment, ...],
    awards: tuple[Award, ...],
    award_lots: dict[str, str],
    discounts: tuple[Discount, ...] = (),
) -> None:
    """Write the rows of a sale and queue nothing."""
    driver = driver_connection(connection)
    event_id = head.event_id
    _insert_sale.run(driver, *msgspec.structs.astuple(head))
    _insert_line.run_many(
        driver,
        (
            (
                event_id,
                line.line_no,
                line.product_code,
                line.name,
                line.product_class.value,
                line.band,
                line.department,
                line.category,
                line.quantity_milli,
                line.unit_price_minor,
                line.list_minor,
                line.amount_minor,
                line.burn_minor,
                line.payable_minor,
                line.tax_rate_bp,
                line.tax_minor,
                line.batch,
                int(line.sold_by_weight),
                burn_units.get(line.line_no, 0),
            )
            for line in lines
        ),
    )
    _write_payments(driver, event_id, payments)
    _insert_award.run_many(
        driver,
        (
            (
                event_id,
                number,
                award.line_no,
                award.programme_id,
                award.rule_id,
                award.units,
                award.reason.code,
                _encode_values(award.reason.values).decode(),
                award_lots.get(award.programme_id, ""),
            )
            for number, award in enumerate(awards, start=1)
        ),
    )
    _write_discounts(driver, event_id, discounts)


def _write_discounts(driver: object, event_id: str, discounts: tuple[Discount, ...]) -> None:
    _insert_discount.run_many(
        driver,
        (
            (
                event_id,
                number,
                discount.line_no,
                discount.programme_id,
                discount.rule_id,
                discount.amount_minor,
                discount.reason.code,
                _encode_values(discount.reason.values).decode(),
            )
            for number, discount in enumerate(discounts, start=1)
        ),
    )


def _queued(connection: Connection, head: SaleRow) -> int:
    job: int = _queue_print.run(driver_connection(connection), head.event_id, head.utc_ms).lastrowid
    return job


def write_return(
    connection: Connection, head: SaleRow, *, lines: tuple[ReturnedLine, ...], payments: tuple[Payment, ...]
) -> int:
    """Write a return and queue its receipt. Gives the print job's id."""
    write_return_rows(connection, head, lines=lines, payments=payments)
    return _queued(connection, head)


def write_instalment(connection: Connection, head: SaleRow, *, payments: tuple[Payment, ...]) -> int:
    """Write a payment on a contract and queue its receipt. Gives the print job's id."""
    write_return_rows(connection, head, lines=(), payments=payments)
    return _queued(connection, head)


def head_of(event: InstalmentEvent) -> SaleRow:
    """The head of a payment on a contract, as its event says it."""
    moment = event.moment
    return SaleRow(
        event_id=event.event_id,
        kind=SaleKind.INSTALMENT.value,
        receipt_number=event.receipt_number,
        account_ref=event.account_ref,
        card_ref="",
        staff_ref=moment.staff_ref,
        shift_id=moment.shift_id,
        utc_ms=moment.utc_ms,
        zone=moment.zone,
        business_date=moment.business_date,
        mode="till",
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


def write_return_rows(
    connection: Connection, head: SaleRow, *, lines: tuple[ReturnedLine, ...], payments: tuple[Payment, ...]
) -> None:
    """Write the rows of a return and queue nothing."""
    driver = driver_connection(connection)
    _insert_sale.run(driver, *msgspec.structs.astuple(head))
    _insert_return_line.run_many(driver, ((head.event_id, *msgspec.structs.astuple(line)) for line in lines))
    _write_payments(driver, head.event_id, payments)


def _write_payments(driver: object, event_id: str, payments: tuple[Payment, ...]) -> None:
    _insert_payment.run_many(
        driver,
        (
            (event_id, number, payment.kind.value, payment.amount_minor, payment.given_minor, payment.reference)
            for number, payment in enumerate(payments, start=1)
        ),
    )


_head_columns = tuple(tables.sale.c[name] for name in SaleRow.__struct_fields__)
_by_number = Statement(lambda: select(*_head_columns).where(tables.sale.c.receipt_number == bindparam("number")))
_by_event = Statement(lambda: select(*_head_columns).where(tables.sale.c.event_id == bindparam("event_id")))
_lines_of = Statement(
    lambda: (
        select(*(tables.sale_line.c[name] for name in _line_columns))
        .where(tables.sale_line.c.event_id == bindparam("event_id"))
        .order_by(tables.sale_line.c.line_no)
    )
)
_payments_of = Statement(
    lambda: (
        select(
            tables.payment.c.kind,
            tables.payment.c.amount_minor,
            tables.payment.c.given_minor,
            tables.payment.c.reference,
        )
        .where(tables.payment.c.event_id == bindparam("event_id"))
        .order_by(tables.payment.c.payment_no)
    )
)
_awards_of = Statement(
    lambda: (
        select(
            tables.award.c.line_no,
            tables.award.c.programme_id,
            tables.award.c.rule_id,
            tables.award.c.units,
            tables.award.c.reason_code,
            tables.award.c.reason_values,
            tables.award.c.lot_id,
        )
        .where(tables.award.c.event_id == bindparam("event_id"))
        .order_by(tables.award.c.award_no)
    )
)
_discounts_of = Statement(
    lambda: (
        select(
            tables.discount.c.line_no,
            tables.discount.c.programme_id,
            tables.discount.c.rule_id,
            tables.discount.c.amount_minor,
            tables.discount.c.reason_code,
            tables.discount.c.reason_values,
        )
        .where(tables.discount.c.event_id == bindparam("event_id"))
        .order_by(tables.discount.c.discount_no)
    )
)


_asked = Statement(
    lambda: select(tables.sale.c.event_id).where(
        tables.sale.c.account_ref == bindparam("account_ref"),
        tables.sale.c.account_ref != EMPTY,
        tables.sale.c.utc_ms > bindparam("since_ms"),
        tables.sale.c.asks_nps == ONE,
    )
)


def find_sale(connection: Connection, *, receipt_number: str) -> StoredSale | None:
    """The sale or return with this number on its receipt."""
    return _stored(connection, _by_number.first(driver_connection(connection), receipt_number))


def sales_of_number(connection: Connection, receipt_number: str) -> tuple[str, ...]:
    """The events of this till's sales with this number, also of those kept under it with a mark."""
    head = tables.sale.c
    marked = f"{receipt_number}{SAME_NUMBER}"
    is_of_number = (head.receipt_number == receipt_number) | head.receipt_number.between(marked, f"{marked}:")
    query = select(head.event_id).where(is_of_number, head.kind == SaleKind.SALE.value)
    return tuple(connection.execute(query).scalars())


def find_sale_by_event(connection: Connection, event_id: str) -> StoredSale | None:
    """The sale or return that this event booked."""
    return _stored(connection, _by_event.first(driver_connection(connection), event_id))


def _stored(connection: Connection, row: Row | None) -> StoredSale | None:
    if row is None:
        return None
    head = SaleRow(*row)
    driver = driver_connection(connection)
    lines = _lines_of.all(driver, head.event_id)
    awards = _awards_of.all(driver, head.event_id)
    return StoredSale(
        head=head,
        lines=tuple(_line(line) for line in lines),
        burn_units={line[0]: line[-1] for line in lines},
        payments=tuple(
            Payment(PaymentKind(kind), amount, given, reference)
            for kind, amount, given, reference in _payments_of.all(driver, head.event_id)
        ),
        awards=tuple(_award(award) for award in awards),
        award_lots=tuple(award[6] for award in awards),
        discounts=tuple(_discount(discount) for discount in _discounts_of.all(driver, head.event_id)),
    )


def _line(row: Row) -> SaleLine:
    *values, _burn_units = row
    values[3] = _classes[values[3]]
    values[-1] = bool(values[-1])
    return SaleLine(*values)


def _award(row: Row) -> Award:
    line_no, programme_id, rule_id, units, code, values, _lot_id = row
    return Award(line_no, programme_id, rule_id, units, Reason(code, _decode_values(values)))


def _discount(row: Row) -> Discount:
    line_no, programme_id, rule_id, amount_minor, code, values = row
    return Discount(line_no, programme_id, rule_id, amount_minor, Reason(code, _decode_values(values)))


def discounts_by_rule(connection: Connection, *, from_date: str, to_date: str) -> dict[tuple[str, str], int]:
    """What each rule (programme, rule) took off prices on these business dates, both included, in minor units.

    Goods that came back are in it: what they were sold for says what their discount was.
    """
    c, sold = tables.discount.c, tables.sale.c
    rows = connection.execute(
        select(c.programme_id, c.rule_id, func.sum(c.amount_minor))
        .join(tables.sale, sold.event_id == c.event_id)
        .where(sold.business_date.between(from_date, to_date))
        .group_by(c.programme_id, c.rule_id)
    )
    return {(programme_id, rule_id): minor for programme_id, rule_id, minor in rows}


def returned_before(connection: Connection, sale_event_id: str) -> dict[int, ReturnedLine]:
    """What came back of a sale so far, summed by line."""
    c = tables.return_line.c
    rows = connection.execute(
        select(
            c.line_no,
            func.sum(c.quantity_milli),
            func.sum(c.refund_minor),
            func.sum(c.tax_minor),
            func.sum(c.earned_units),
            func.sum(c.burned_units),
        )
        .join(tables.sale, tables.sale.c.event_id == c.event_id)
        .where(tables.sale.c.sale_event_id == sale_event_id)
        .group_by(c.line_no)
    )
    return {row[0]: ReturnedLine(*row) for row in rows}


def returns_of(connection: Connection, sale_event_id: str) -> frozenset[str]:
    """The events of the returns that this till booked of a sale."""
    query = select(tables.sale.c.event_id).where(
        tables.sale.c.sale_event_id == sale_event_id, tables.sale.c.sale_event_id != EMPTY
    )
    return frozenset(connection.execute(query).scalars())


def asked_since(connection: Connection, account_ref: str, *, since_ms: int) -> bool:
    """Whether a receipt asked this member the NPS question since that moment."""
    return _asked.first(driver_connection(connection), account_ref, since_ms) is not None


def receipts_without_money(connection: Connection, account_refs: Collection[str]) -> int:
    """How many of this till's sales to these accounts nothing was paid for by money, but by points alone."""
    paid = exists().where(
        tables.payment.c.event_id == tables.sale.c.event_id,
        tables.payment.c.kind.not_in((PaymentKind.POINTS.value, PaymentKind.ROUNDING.value)),
        tables.payment.c.amount_minor > 0,
    )
    # The constant lets SQLite see that its partial index applies.
    of_accounts = tables.sale.c.account_ref.in_(account_refs) & (tables.sale.c.account_ref != EMPTY)
    unpaid = select(func.count()).where(of_accounts, tables.sale.c.kind == SaleKind.SALE.value, ~paid)
    return connection.execute(unpaid).scalar_one()


def lines_of_return(connection: Connection, event_id: str) -> tuple[ReturnedLine, ...]:
    """What came back with one return."""
    return tuple(ReturnedLine(*row) for row in _lines_of_return.all(driver_connection(connection), event_id))


def event_ids(connection: Connection) -> list[str]:
    """The events of all sales and returns, in order of their receipts."""
    return list(connection.execute(select(tables.sale.c.event_id).order_by(tables.sale.c.receipt_number)).scalars())


def last_event_id(connection: Connection) -> str | None:
    """The event of the newest sale or return on this till."""
    # By the print jobs: their ids grow, while the receipts' numbers begin anew when the till joins an HQ.
    job = tables.print_job.c
    return connection.execute(
        select(job.event_id).where(job.is_copy == 0).order_by(job.id.desc()).limit(1)
    ).scalar_one_or_none()


class TillTotals(msgspec.Struct, frozen=True):
    """What the till's rows say in all; the same figures are asked of HQ."""

    sales: int
    returns: int
    total_minor: int
    returned_minor: int
    earned_units: int
    burned_units: int
    ledger_sum_units: int


def till_totals(connection: Connection) -> TillTotals:
    """Sums over every sale, return and ledger entry of this till."""
    c = tables.sale.c

    def summed(column: Column[int], kind: str) -> int:
        query = select(func.coalesce(func.sum(column), 0)).where(c.kind == kind)
        return connection.execute(query).scalar_one()

    def counted(kind: str) -> int:
        return connection.execute(select(func.count()).select_from(tables.sale).where(c.kind == kind)).scalar_one()

    return TillTotals(
        sales=counted("sale"),
        returns=counted("return"),
        total_minor=summed(c.total_minor, "sale"),
        returned_minor=summed(c.total_minor, "return"),
        earned_units=summed(c.earned_units, "sale"),
        burned_units=summed(c.burn_units, "sale"),
        ledger_sum_units=connection.execute(select(func.coalesce(func.sum(tables.entry.c.units), 0))).scalar_one(),
    )
