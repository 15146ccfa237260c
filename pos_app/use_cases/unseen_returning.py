"""Goods come back with a receipt that nobody can show: money back for what was scanned, and no points.

Headquarters settles the points when it has the sale. Till then nothing is known of what was bought, so a manager decides.
"""

from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.donating import causes_of
from pos_app.model.money import AMOUNT_MAX_MINOR, MILLI, line_amount_minor, tax_included_minor
from pos_app.model.products import Product
from pos_app.model.receipts import Payment, PaymentKind, SaleKind
from pos_app.model.staff import Permission
from pos_app.protocol.events import UnseenLine, UnseenReturnEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.booking import number_of
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.returning import already_booked, handed_over_minor, paid_back
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.views import Refund
from storage import journal, unseen_returns
from storage.database import Connection
from storage.sales import SaleRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

LINES_MAX = 100
_QUANTITY_MAX_MILLI = 10**7


class UnseenGoods(msgspec.Struct, frozen=True):
    """One thing that came back: what it is, how much of it, and the money that goes back for all of it."""

    product: Product
    quantity_milli: int
    refund_minor: int


class ClosedUnseenReturn(msgspec.Struct, frozen=True):
    """An unseen return that is booked. ``paid_back_minor`` is what is handed over in coins, or put back on the card."""

    event_id: str
    receipt_number: str
    refund_minor: int
    paid_back_minor: int
    print_job_id: int


def unseen_goods(product: Product, *, quantity_milli: int = MILLI, refund_minor: int | None = None) -> UnseenGoods:
    """Goods to take back, at today's price unless a lower one is given. Raises ``InputError`` for what cannot be."""
    if not 0 < quantity_milli <= _QUANTITY_MAX_MILLI:
        raise _refused("quantity", "This quantity cannot come back.")
    if quantity_milli % MILLI and not product.sold_by_weight:
        raise _refused("quantity", f"{product.name} is sold by the piece.")
    today_minor = line_amount_minor(unit_price_minor=product.price_minor, quantity_milli=quantity_milli)
    if today_minor > AMOUNT_MAX_MINOR:
        raise _refused("quantity", "This quantity cannot come back.")
    if refund_minor is None:
        refund_minor = today_minor
    if not 0 <= refund_minor <= today_minor:
        raise _refused("price", "Not more than today's price goes back without the receipt.")
    return UnseenGoods(product, quantity_milli, refund_minor)


def book_unseen_return(
    till: "Till",
    connection: Connection,
    sale_receipt_number: str,
    goods: tuple[UnseenGoods, ...],
    *,
    event_id: str = "",
    refund: Refund | None = None,
    approval: Approval | None = None,
) -> ClosedUnseenReturn:
    """Book goods that came back unseen; runs on the writer thread. Raises ``InputError``: nothing was booked then.

    ``event_id`` was minted when the panel opened: booking it again is refused. ``approval`` is for ``Permission.RETURN_UNSEEN`` of
    this receipt, where the person at the till may not; without it ``NotAllowedError`` is raised.
    """
    number = sale_receipt_number.strip()
    _check(number, goods)
    if any(one.product.code in causes_of(till.terms.programmes.programmes) for one in goods):
        raise _refused("gift", "Money that was given to a cause comes back with its receipt only.")
    now_ms = till.clock.utc_ms()
    event_id = event_id or new_id(now_ms)
    if journal.find_event(connection, event_id) is not None:
        raise already_booked()
    total_minor = sum(one.refund_minor for one in goods)
    approver_ref = staffing.check(till, Permission.RETURN_UNSEEN, approval, subject=number)
    terminal = journal.read_terminal(connection)
    event = UnseenReturnEvent(
        event_id=event_id,
        moment=moment_of(till, terminal, now_ms),
        receipt_number=number_of(till, terminal),
        sale_receipt_number=number,
        lines=tuple(_line(one) for one in goods),
        payments=_payments(till, total_minor, refund or Refund()),
        total_minor=total_minor,
        approved_by=approver_ref,
    )
    append(connection, event)
    job_id = unseen_returns.write_unseen_return(
        connection, _row(till, event), sale_receipt_number=number, lines=event.lines, payments=event.payments
    )
    write_audit(
        till,
        connection,
        action="return_unseen",
        approver_ref=approver_ref,
        subject=number,
        values={"total_minor": total_minor},
    )
    return ClosedUnseenReturn(
        event_id=event_id,
        receipt_number=event.receipt_number,
        refund_minor=total_minor,
        paid_back_minor=handed_over_minor(event.payments),
        print_job_id=job_id,
    )


def _check(number: str, goods: tuple[UnseenGoods, ...]) -> None:
    if not number:
        raise _refused("number", "The number of the receipt is missing.")
    if not goods:
        raise _refused("nothing", "No goods were scanned.")
    if len(goods) > LINES_MAX:
        raise _refused("lines", f"At most {LINES_MAX} lines come back at once.")


def _line(one: UnseenGoods) -> UnseenLine:
    product = one.product
    return UnseenLine(
        product_code=product.code,
        name=product.name,
        quantity_milli=one.quantity_milli,
        refund_minor=one.refund_minor,
        tax_rate_bp=product.tax_rate_bp,
        tax_minor=tax_included_minor(amount_minor=one.refund_minor, rate_bp=product.tax_rate_bp),
    )


def _payments(till: "Till", total_minor: int, refund: Refund) -> tuple[Payment, ...]:
    if till.settings.till.mode == "beside":
        return (Payment(PaymentKind.FOREIGN, total_minor),)
    return paid_back(total_minor, refund, till.terms.currency)


def _row(till: "Till", event: UnseenReturnEvent) -> SaleRow:
    moment = event.moment
    return SaleRow(
        event_id=event.event_id,
        kind=SaleKind.RETURN.value,
        receipt_number=event.receipt_number,
        account_ref="",
        card_ref="",
        staff_ref=moment.staff_ref,
        shift_id=moment.shift_id,
        utc_ms=moment.utc_ms,
        zone=moment.zone,
        business_date=moment.business_date,
        mode=till.settings.till.mode,
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


def _refused(code: str, sentence: str) -> InputError:
    return InputError(f"return.{code}", what=sentence, safe="Nothing was booked.", todo="Correct it and confirm again.")
