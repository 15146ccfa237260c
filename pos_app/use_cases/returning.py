"""Goods come back: never more than was sold, and with them what the sale gave and what it took. Twice is once.

Every share is cumulative (floor of share times returned over sold, less what went before), so any sequence of partial
returns ends where one full return ends.
"""

import os
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty import ledger
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.ledger import Booking, Books, LotUnits
from pos_app.model.accounts import Lot
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id, uuid7
from pos_app.model.money import MILLI, returned_share
from pos_app.model.receipts import Payment, PaymentKind, SaleKind
from pos_app.protocol.events import (
    GrantedLot,
    LotChange,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    decode_body,
    encode_body,
)
from pos_app.use_cases.booking import moment_of, number_of, standing_text, sums_of
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.quoting import in_cash
from storage import accounts, journal, programmes, sales
from storage.database import Connection
from storage.sales import SaleRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

GRACE_DAYS = 14
_DAY_MS = 86_400_000


class ClosedReturn(msgspec.Struct, frozen=True):
    """A return that is in the ledger: ``refund_minor`` is the money to hand back, before it is rounded to coins.

    Points in units, all >= 0; ``overdraft_units`` is what the member had spent already.
    """

    event_id: str
    receipt_number: str
    refund_minor: int
    clawed_back_units: int
    restored_units: int
    overdraft_units: int
    print_job_id: int


class Goods(msgspec.Struct, frozen=True):
    """What is back of a sale: line number to quantity in thousandths, before this return and with it."""

    sale: SaleEvent
    before_milli: dict[int, int]
    after_milli: dict[int, int]

    def share_now(self, line_no: int, share: int) -> int:
        """What goes back now of a share of this line."""
        return self.share_after(line_no, share) - self._share_of(share, line_no, self.before_milli)

    def share_after(self, line_no: int, share: int) -> int:
        """What is back of a share of this line once this return is booked."""
        return self._share_of(share, line_no, self.after_milli)

    def _share_of(self, share: int, line_no: int, returned_milli: dict[int, int]) -> int:
        return returned_share(
            share=share,
            units_returned=returned_milli.get(line_no, 0),
            units_sold=self.sale.lines[line_no - 1].quantity_milli,
            taken_before=0,
        )


def book_return(
    till: "Till", connection: Connection, receipt_number: str, quantities_milli: dict[int, int]
) -> ClosedReturn:
    """Book a return; runs on the writer thread. Raises ``InputError`` where there is no such sale or too much comes back."""
    now_ms = till.clock.utc_ms()
    event_id = str(uuid7(utc_ms=now_ms, random_bytes=os.urandom(10)))
    goods = _goods(connection, receipt_number, quantities_milli)
    sale = goods.sale
    lines = tuple(_returned_line(goods, line_no) for line_no in sorted(quantities_milli))
    claw_back = _claw_back(goods)
    restored = _restored(goods, event_id, now_ms)
    counted = _counted_back(connection, goods)
    booking = _book_points(till, connection, sale, event_id, claw_back, restored, now_ms)
    overdraft_units = sum(
        entry.units for entry in booking.entries if entry.kind is ledger.AccountKind.ISSUED and not entry.lot_id
    )
    total_minor = sum(line.refund_minor for line in lines)
    # What points paid like money goes back as points alone.
    by_points_minor = sum(goods.share_now(line_no, _tendered_minor(sale, line_no)) for line_no in quantities_milli)
    terminal = journal.read_terminal(connection)
    event = ReturnEvent(
        event_id=event_id,
        moment=moment_of(till, terminal, now_ms),
        receipt_number=number_of(terminal),
        account_ref=sale.account_ref,
        sale_event_id=sale.event_id,
        lines=lines,
        payments=_payments(till, sale, total_minor - by_points_minor, by_points_minor),
        total_minor=total_minor,
        clawed_back=tuple(LotChange(part.lot_id, -part.units) for part in claw_back),
        overdraft_units=overdraft_units,
        restored_lots=tuple(
            GrantedLot(
                lot.lot_id,
                LotGrant(lot.programme_id, lot.issuer, lot.granted_units, lot.starts_at_ms, lot.expires_at_ms),
            )
            for lot in restored
        ),
        counted=counted,
        issuer=sale.issuer,
    )
    journal.append_event(
        connection,
        terminal,
        event_id=event_id,
        kind="return",
        body=encode_body(event),
        utc_ms=now_ms,
        hlc=event.moment.hlc,
    )
    row = _row(till, goods, event, _standing(till, connection, booking, sale, now_ms))
    job_id = sales.write_return(connection, row, lines=lines, payments=event.payments)
    if sale.account_ref:
        back = {programme_id: -minor for programme_id, minor in counted.items()}
        # What was counted leaves the month in which it was counted.
        accounts.add_to_sums(connection, sale.account_ref, sums_of(back, sale.moment.business_date), receipts=0)
    return ClosedReturn(
        event_id=event_id,
        receipt_number=event.receipt_number,
        refund_minor=total_minor - by_points_minor,
        clawed_back_units=sum(part.units for part in claw_back),
        restored_units=sum(lot.granted_units for lot in restored),
        overdraft_units=overdraft_units,
        print_job_id=job_id,
    )


def _goods(connection: Connection, receipt_number: str, quantities_milli: dict[int, int]) -> Goods:
    stored = sales.find_sale(connection, receipt_number=receipt_number)
    if stored is None or stored.head.kind != SaleKind.SALE.value:
        raise _refused("unknown", f"There is no sale with the number {receipt_number} on this till.")
    if not quantities_milli:
        raise _refused("nothing", "No goods were chosen.")
    row = journal.find_event(connection, stored.head.event_id)
    assert row is not None and row.body is not None, "a sale has its event"  # noqa: PT018 - one fact
    sale = decode_body(row.body)
    assert isinstance(sale, SaleEvent), "the sale table and the journal agree"
    before = {no: line.quantity_milli for no, line in sales.returned_before(connection, sale.event_id).items()}
    after = dict(before)
    for line_no, quantity_milli in quantities_milli.items():
        if not 1 <= line_no <= len(sale.lines):
            raise _refused("line", f"The receipt has no line {line_no}.")
        after[line_no] = before.get(line_no, 0) + quantity_milli
        if quantity_milli <= 0 or after[line_no] > sale.lines[line_no - 1].quantity_milli:
            raise _refused("quantity", f"Of line {line_no} more would come back than was sold.")
        if quantity_milli % MILLI and not sale.lines[line_no - 1].sold_by_weight:
            raise _refused("quantity", f"Line {line_no} is sold by the piece.")
    return Goods(sale, before, after)


def _returned_line(goods: Goods, line_no: int) -> ReturnedLine:
    sale = goods.sale
    line = sale.lines[line_no - 1]
    tendered_minor = _tendered_minor(sale, line_no)
    return ReturnedLine(
        line_no=line_no,
        quantity_milli=goods.after_milli[line_no] - goods.before_milli.get(line_no, 0),
        refund_minor=goods.share_now(line_no, line.payable_minor - tendered_minor)
        + goods.share_now(line_no, tendered_minor),
        tax_minor=goods.share_now(line_no, line.tax_minor),
        earned_units=sum(goods.share_now(line_no, award.units) for award in sale.awards if award.line_no == line_no),
        burned_units=sum(
            goods.share_now(line_no, share.units) for share in sale.burn_shares if share.line_no == line_no
        ),
    )


def _payments(till: "Till", sale: SaleEvent, money_minor: int, by_points_minor: int) -> tuple[Payment, ...]:
    by_points = (Payment(PaymentKind.POINTS, by_points_minor),) if by_points_minor else ()
    if sale.mode == "beside":
        return (*by_points, Payment(PaymentKind.FOREIGN, money_minor))
    return (*by_points, *in_cash(money_minor, till.terms.currency))


def _tendered_minor(sale: SaleEvent, line_no: int) -> int:
    """What points paid of a line as tender; a price reduction is in the line's price already."""
    if sale.burn_as != "tender":
        return 0
    return sum(share.worth_minor for share in sale.burn_shares if share.line_no == line_no)


def _claw_back(goods: Goods) -> tuple[LotUnits, ...]:
    """The points to take back, by the lot that the sale gave."""
    lot_ids = {granted.grant.programme_id: granted.lot_id for granted in goods.sale.granted_lots}
    units: dict[str, int] = {}
    for award in goods.sale.awards:
        back = goods.share_now(award.line_no, award.units)
        if back:
            lot_id = lot_ids[award.programme_id]
            units[lot_id] = units.get(lot_id, 0) + back
    return tuple(LotUnits(lot_id, back) for lot_id, back in units.items())


def _restored(goods: Goods, event_id: str, now_ms: int) -> tuple[Lot, ...]:
    """Burned points come back in the order in which they were burned, with their expiry but at least the days of grace."""
    sale = goods.sale
    back_after = sum(goods.share_after(share.line_no, share.units) for share in sale.burn_shares)
    back_now = sum(goods.share_now(share.line_no, share.units) for share in sale.burn_shares)
    begin, end = back_after - back_now, back_after
    restored: list[Lot] = []
    position = 0
    for number, part in enumerate(sale.burned_lots, start=1):
        units = min(end, position + part.units) - max(begin, position)
        position += part.units
        if units > 0:
            restored.append(
                Lot(
                    lot_id=derived_id(event_id, f"restored-{number}"),
                    account_ref=sale.account_ref,
                    issuer=sale.issuer,
                    programme_id="",
                    starts_at_ms=now_ms,
                    expires_at_ms=None
                    if part.expires_at_ms is None
                    else max(part.expires_at_ms, now_ms + GRACE_DAYS * _DAY_MS),
                    granted_units=units,
                    remaining_units=units,
                    matured=True,
                )
            )
    return tuple(restored)


def _counted_back(connection: Connection, goods: Goods) -> dict[str, int]:
    """What programmes counted for the goods that come back: the sale's sums with what was left before, less what is left now."""
    sale = goods.sale
    if not sale.counted:
        return {}
    before = _counted_for(connection, goods, goods.before_milli)
    after = _counted_for(connection, goods, goods.after_milli)
    return {programme_id: minor - after.get(programme_id, 0) for programme_id, minor in before.items()}


def _counted_for(connection: Connection, goods: Goods, returned_milli: dict[int, int]) -> dict[str, int]:
    """What the programmes of that day count for the goods that are not in ``returned_milli``, paid by money."""
    sale = goods.sale
    body = programmes.find_programme_set(connection, sale.engine_input.programme_set_hash)
    assert body is not None, "every programme set that was used is kept"
    burned = {share.line_no: share.worth_minor for share in sale.burn_shares}
    left = Goods(sale, {}, returned_milli)
    lines = tuple(
        msgspec.structs.replace(
            line,
            amount_minor=(paid := line.amount_minor - burned.get(line.line_no, 0))
            - left.share_after(line.line_no, paid),
        )
        for line in sale.engine_input.lines
    )
    engine_input = msgspec.structs.replace(sale.engine_input, lines=lines, burn_units=0)
    return evaluate(engine_input, decode_programme_set(body)).counted


def _book_points(
    till: "Till",
    connection: Connection,
    sale: SaleEvent,
    event_id: str,
    claw_back: tuple[LotUnits, ...],
    restored: tuple[Lot, ...],
    now_ms: int,
) -> Booking:
    if not sale.account_ref:
        return Booking((), (), Books(""))
    books = accounts.read_books(connection, sale.account_ref)
    if till.books_due(journal.read_terminal(connection), now_ms):
        due = ledger.book_due(books, at_ms=now_ms)
        accounts.write_booking(connection, due, before=books, utc_ms=now_ms)
        books = due.books
    booking = ledger.book_return(books, event_id=event_id, claw_back=claw_back, issuer=sale.issuer, restored=restored)
    accounts.write_booking(connection, booking, before=books, utc_ms=now_ms)
    return booking


def _standing(till: "Till", connection: Connection, booking: Booking, sale: SaleEvent, now_ms: int) -> str:
    if not sale.account_ref:
        return ""
    facts = accounts.find_by_ref(connection, sale.account_ref)
    assert facts is not None, "the member bought here"
    balance = ledger.view(booking.books, issuer=till.issuer_at(now_ms), at_ms=now_ms)
    return standing_text(facts.card_class, balance, None)


def _row(till: "Till", goods: Goods, event: ReturnEvent, standing: str) -> SaleRow:
    sale = goods.sale
    return SaleRow(
        event_id=event.event_id,
        kind=SaleKind.RETURN.value,
        receipt_number=event.receipt_number,
        account_ref=event.account_ref,
        card_ref=sale.card_ref,
        staff_ref=event.moment.staff_ref,
        shift_id=event.moment.shift_id,
        utc_ms=event.moment.utc_ms,
        zone=event.moment.zone,
        business_date=event.moment.business_date,
        mode=till.settings.till.mode,
        foreign_receipt="",
        sale_event_id=sale.event_id,
        total_minor=event.total_minor,
        burn_units=sum(line.burned_units for line in event.lines),
        burn_worth_minor=0,
        burn_as=sale.burn_as,
        earned_units=sum(line.earned_units for line in event.lines),
        asks_nps=0,
        standing=standing,
    )


def _refused(code: str, sentence: str) -> InputError:
    return InputError(
        f"return.{code}", what=sentence, safe="Nothing was booked.", todo="Check the receipt and choose again."
    )
