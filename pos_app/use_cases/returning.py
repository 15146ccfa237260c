"""Goods come back: never more than was sold, and with them what the sale gave and what it took. Twice is once.

What goes back is worked out in ``goods_back``; here it is checked against what is known of the receipt, and booked.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty import ledger
from pos_app.loyalty.ledger import AccountKind, Booking
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.accounts import Lot
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import is_points, uuid7
from pos_app.model.money import MILLI, Currency
from pos_app.model.receipts import Payment, PaymentKind, SaleKind
from pos_app.model.staff import Permission
from pos_app.protocol.events import (
    POOLS_VERSION,
    PROGRAMMES_VERSION,
    PROTOCOL_VERSION,
    GrantedLot,
    LotChange,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    decode_body,
    encode_body,
)
from pos_app.use_cases import lending, referring, staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.booking import available_pools, ends_of_pools, number_of, standing_text, sums_of
from pos_app.use_cases.goods_back import GRACE_DAYS, GoodsBack, forgiven_before, goods_back, restored_lots, summed
from pos_app.use_cases.moments import moment_of
from pos_app.use_cases.pools_back import restored_of_rewards
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.quoting import in_cash
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.views import Refund
from storage import accounts, contracts, coupons, donations, foreign_receipts, journal, programmes, sales
from storage.database import Connection
from storage.donations import sums_by_cause
from storage.foreign_receipts import ForeignReceipt
from storage.sales import SaleRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

__all__ = ["GRACE_DAYS", "ClosedReturn", "KnownSale", "ReturnQuote", "book_return", "known_sales", "quote_return"]


class ClosedReturn(msgspec.Struct, frozen=True):
    """A return that is in the ledger: ``refund_minor`` is the money to hand back, before it is rounded to coins.

    Points in units, all >= 0; of ``clawed_back_units``, ``overdraft_units`` are what the member had spent already and owes now,
    ``forgiven_units`` what was spent and is forgiven, ``lapsed_units`` what had expired meanwhile and is not owed. ``reclaimed_units``
    are taken besides, out of the points that come back: an earlier return of the sale had forgiven them.
    ``paid_back_minor`` is what is handed over in coins, or put back on the card, ``lowered_minor`` what the sale's contract owes less.
    """

    event_id: str
    receipt_number: str
    refund_minor: int
    clawed_back_units: int
    restored_units: int
    overdraft_units: int
    print_job_id: int
    forgiven_units: int = 0
    lapsed_units: int = 0
    paid_back_minor: int = 0
    lowered_minor: int = 0
    reclaimed_units: int = 0


class ReturnQuote(msgspec.Struct, frozen=True):
    """What a return would come to, in the figures that booking it books; units and meanings as in ``ClosedReturn``.

    ``has_account``: the sale has a member. ``knows_account``: this till knows them, and so what of the points is left.
    """

    lines: tuple[ReturnedLine, ...]
    has_account: bool
    knows_account: bool
    refund_minor: int
    paid_back_minor: int
    clawed_back_units: int
    restored_units: int
    overdraft_units: int
    forgiven_units: int
    lapsed_units: int
    lowered_minor: int = 0
    reclaimed_units: int = 0


class KnownSale(msgspec.Struct, frozen=True):
    """A sale that goods may come back of: its event, what came back so far by line, and that day's programmes if they are known.

    ``is_all_ours``: whatever came back did so at this till.
    """

    sale: SaleEvent
    before: dict[int, ReturnedLine]
    programmes: ProgrammeSet | None
    is_all_ours: bool


class _Points(msgspec.Struct, frozen=True):
    """What a return does to the member's books; ``account_ref`` is empty where this till does not know the account."""

    account_ref: str
    due: Booking | None
    booking: Booking
    books_before: ledger.Books
    overdraft_units: int
    forgiven_units: int
    lapsed_units: int
    reclaimed_units: int


class _Prepared(msgspec.Struct, frozen=True):
    """A return worked out; what is left is to write it."""

    known: KnownSale
    back: GoodsBack
    restored: tuple[Lot, ...]
    restored_taken: tuple[Lot, ...]
    points: _Points | None
    lowered_minor: int = 0

    @property
    def restored_units(self) -> int:
        """The points that come back: burned ones, and those that rewards took."""
        return sum(lot.granted_units for lot in self.restored) + self.back.pools.points_units


def known_sales(connection: Connection, receipt_number: str) -> tuple[KnownSale, ...]:
    """The sales with this number as this till knows them, its own and those that HQ showed, the earliest first.

    Mostly there is one, or none that anybody knows. A disk that was put back or copied prints numbers again.
    """
    shown = {one.event_id: one for one in foreign_receipts.find_all_foreign(connection, receipt_number=receipt_number)}
    found = {event_id: _sale_in(one.body) for event_id, one in shown.items()}
    found |= {sale.event_id: sale for sale in _own_sales(connection, receipt_number)}
    return tuple(_known(connection, found[event_id], shown.get(event_id)) for event_id in sorted(found))


def _known(connection: Connection, sale: SaleEvent, shown: ForeignReceipt | None) -> KnownSale:
    here = sales.returned_before(connection, sale.event_id).values()
    elsewhere = () if shown is None else shown.returned
    stored_set = programmes.find_programme_set(connection, sale.engine_input.programme_set_hash)
    return KnownSale(
        sale,
        summed([*here, *elsewhere]),
        None if stored_set is None else decode_programme_set(stored_set),
        is_all_ours=not elsewhere,
    )


def quote_return(
    till: "Till", connection: Connection, known: KnownSale, quantities_milli: Mapping[int, int], refund: Refund
) -> ReturnQuote:
    """What a return would come to now; reads, and writes nothing. Raises ``InputError`` where too much would come back."""
    prepared = _prepared(till, connection, known, quantities_milli, _ANY_EVENT)
    back, points = prepared.back, prepared.points
    return ReturnQuote(
        lines=back.lines,
        has_account=bool(known.sale.account_ref),
        knows_account=points is not None,
        refund_minor=back.money_minor,
        paid_back_minor=handed_over_minor(_payments(till, prepared, refund)),
        lowered_minor=prepared.lowered_minor,
        clawed_back_units=back.clawed_back_units,
        restored_units=prepared.restored_units,
        overdraft_units=0 if points is None else points.overdraft_units,
        forgiven_units=0 if points is None else points.forgiven_units,
        lapsed_units=0 if points is None else points.lapsed_units,
        reclaimed_units=0 if points is None else points.reclaimed_units,
    )


_ANY_EVENT = "00000000-0000-7000-8000-000000000000"
"""A return that is not booked needs an id for its lots, and no other."""


def book_return(
    till: "Till",
    connection: Connection,
    receipt_number: str,
    quantities_milli: Mapping[int, int],
    *,
    sale_event_id: str = "",
    event_id: str = "",
    refund: Refund | None = None,
    approval: Approval | None = None,
) -> ClosedReturn:
    """Book a return; runs on the writer thread. Raises ``InputError`` where there is no such sale or too much comes back.

    ``sale_event_id`` says which sale, where several have the number.

    ``event_id`` was minted when the panel opened: booking it again is refused. ``refund`` is how money goes back, in cash unless
    it says otherwise. ``approval`` is for ``Permission.RETURN`` of this receipt, where the cashier may not; without it
    ``NotAllowedError`` is raised.
    """
    refund = refund or Refund()
    now_ms = till.clock.utc_ms()
    event_id = event_id or str(uuid7(utc_ms=now_ms, random_bytes=os.urandom(10)))
    if journal.find_event(connection, event_id) is not None:
        raise already_booked()
    known = _sale_meant(connection, receipt_number, sale_event_id)
    prepared = _prepared(till, connection, known, quantities_milli, event_id)
    back = prepared.back
    approver_ref = staffing.check(till, Permission.RETURN, approval, subject=receipt_number)
    terminal = journal.read_terminal(connection)
    event = ReturnEvent(
        event_id=event_id,
        moment=moment_of(till, terminal, now_ms),
        receipt_number=number_of(till, terminal),
        account_ref=known.sale.account_ref,
        sale_event_id=known.sale.event_id,
        lines=back.lines,
        payments=_payments(till, prepared, refund),
        total_minor=back.total_minor,
        clawed_back=tuple(_change(known.sale, part) for part in back.clawed_back),
        overdraft_units=0 if prepared.points is None else prepared.points.overdraft_units,
        restored_lots=tuple(_granted(lot) for lot in prepared.restored),
        counted=back.counted,
        issuer=known.sale.issuer,
        clamps=back.clamps,
        version=_version_of(known.sale, prepared),
        collected_back=tuple(_change(known.sale, part) for part in back.pools.collected),
        clamped_pools=back.pools.clamped_pools,
        restored_taken=tuple(_granted(lot) for lot in prepared.restored_taken),
        donated_back=back.donated,
        approved_by=approver_ref,
        sale_business_date=known.sale.moment.business_date,
        returned_before=tuple(known.before[line_no] for line_no in sorted(known.before)),
        freed_coupons=_freed_coupons(till, known, back, now_ms=now_ms),
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
    closed = _write(till, connection, prepared, event)
    if known.sale.caused:
        referring.take_back(till, connection, known.sale, summed([*known.before.values(), *back.lines]))
    if approver_ref:
        write_audit(till, connection, action="return", approver_ref=approver_ref, subject=receipt_number)
    return closed


def _version_of(sale: SaleEvent, prepared: _Prepared) -> int:
    """The least version that says all of this return."""
    if prepared.back.donated or sale.coupons or prepared.lowered_minor:
        return PROGRAMMES_VERSION
    return POOLS_VERSION if sale.pool_lots or sale.taken else PROTOCOL_VERSION


def _write(till: "Till", connection: Connection, prepared: _Prepared, event: ReturnEvent) -> ClosedReturn:
    points, back = prepared.points, prepared.back
    now_ms = event.moment.utc_ms
    row = _row(till, prepared.known.sale, event, _standing(till, connection, points, now_ms))
    job_id = sales.write_return(connection, row, lines=event.lines, payments=event.payments)
    coupons.note_freed(connection, event)
    donations.write_donations(
        connection, event.event_id, sums_by_cause(event.donated_back, sign=-1), business_date=event.moment.business_date
    )
    if prepared.lowered_minor:
        contracts.note_event(connection, event)
    if points is not None:
        _write_points(connection, points, event)
    return ClosedReturn(
        event_id=event.event_id,
        receipt_number=event.receipt_number,
        refund_minor=back.money_minor,
        clawed_back_units=back.clawed_back_units,
        restored_units=prepared.restored_units,
        overdraft_units=event.overdraft_units,
        print_job_id=job_id,
        forgiven_units=0 if points is None else points.forgiven_units,
        lapsed_units=0 if points is None else points.lapsed_units,
        reclaimed_units=0 if points is None else points.reclaimed_units,
        paid_back_minor=handed_over_minor(event.payments),
        lowered_minor=prepared.lowered_minor,
    )


def _freed_coupons(till: "Till", known: KnownSale, back: GoodsBack, *, now_ms: int) -> tuple[str, ...]:
    """The sale's coupons, where nothing of it is left with the customer by the end of its day; else they stay used up."""
    if known.sale.moment.business_date != till.business_date(now_ms):
        return ()
    after = summed([*known.before.values(), *back.lines])
    is_whole = all(
        line.line_no in after and after[line.line_no].quantity_milli == line.quantity_milli for line in known.sale.lines
    )
    return tuple(coupon.coupon_id for coupon in known.sale.coupons) if is_whole else ()


def _write_points(connection: Connection, points: _Points, event: ReturnEvent) -> None:
    now_ms, books = event.moment.utc_ms, points.books_before
    if points.due is not None:
        accounts.write_booking(connection, points.due, before=books, utc_ms=now_ms)
        books = points.due.books
    accounts.write_booking(connection, points.booking, before=books, utc_ms=now_ms)
    back = {programme_id: -minor for programme_id, minor in event.counted.items()}
    # What was counted leaves the month in which it was counted.
    accounts.add_to_sums(connection, points.account_ref, sums_of(back, event.sale_business_date), receipts=0)


def _sale_meant(connection: Connection, receipt_number: str, sale_event_id: str) -> KnownSale:
    known = known_sales(connection, receipt_number)
    if sale_event_id:
        known = tuple(one for one in known if one.sale.event_id == sale_event_id)
    if not known:
        raise _refused("unknown", f"There is no sale with the number {receipt_number} on this till.")
    if len(known) > 1:
        raise _refused("several", f"There are {len(known)} sales with the number {receipt_number}.")
    return known[0]


def _own_sales(connection: Connection, receipt_number: str) -> list[SaleEvent]:
    """The till's own sales with this number, without those whose event was pruned."""
    found = (journal.find_event(connection, one) for one in sales.sales_of_number(connection, receipt_number))
    return [_sale_in(row.body) for row in found if row is not None and row.body is not None]


def _sale_in(body: bytes) -> SaleEvent:
    sale = decode_body(body)
    assert isinstance(sale, SaleEvent), "the tables and the journal agree"
    return sale


def _prepared(
    till: "Till", connection: Connection, known: KnownSale, quantities_milli: Mapping[int, int], event_id: str
) -> _Prepared:
    _check(known, quantities_milli)
    now_ms = till.clock.utc_ms()
    back = goods_back(known.sale, known.programmes, before=known.before, quantities_milli=quantities_milli)
    restored = restored_lots(known.sale, back, event_id=event_id, at_ms=now_ms)
    restored_taken = restored_of_rewards(known.sale, back.pools, event_id=event_id, at_ms=now_ms)
    points = _points(till, connection, known, back, (*restored, *restored_taken), event_id)
    back_before_minor = sum(line.refund_minor for line in known.before.values())
    lowered_minor = lending.lowered_minor(connection, known.sale, back.money_minor, back_before_minor=back_before_minor)
    return _Prepared(known, back, restored, restored_taken, points, lowered_minor)


def _check(known: KnownSale, quantities_milli: Mapping[int, int]) -> None:
    sale = known.sale
    if not quantities_milli:
        raise _refused("nothing", "No goods were chosen.")
    for line_no, quantity_milli in quantities_milli.items():
        if not 1 <= line_no <= len(sale.lines):
            raise _refused("line", f"The receipt has no line {line_no}.")
        line = sale.lines[line_no - 1]
        before = known.before.get(line_no)
        left_milli = line.quantity_milli - (0 if before is None else before.quantity_milli)
        if not 0 < quantity_milli <= left_milli:
            raise _refused("quantity", f"Of line {line_no} more would come back than was sold.")
        if quantity_milli % MILLI and not line.sold_by_weight:
            raise _refused("quantity", f"Line {line_no} is sold by the piece.")


def _points(
    till: "Till",
    connection: Connection,
    known: KnownSale,
    back: GoodsBack,
    restored: tuple[Lot, ...],
    event_id: str,
) -> _Points | None:
    """What the return does to the member's books; None without a member, and where this till does not know the account."""
    sale = known.sale
    account_ref = accounts.survivor_of(connection, sale.account_ref) if sale.account_ref else ""
    if not account_ref or accounts.find_by_ref(connection, account_ref) is None:
        return None
    now_ms = till.clock.utc_ms()
    terminal = journal.read_terminal(connection)
    before = accounts.read_books(connection, account_ref)
    # Where headquarters decides, it books what is due itself, and the till has only looked past it.
    due = ledger.book_due(before, at_ms=now_ms) if till.believes_clock(terminal, now_ms) else None
    claw_back = (*back.clawed_back, *back.pools.collected)
    lot_ids = [part.lot_id for part in claw_back]
    family = accounts.merged_with(connection, account_ref)
    expired = accounts.expired_units(connection, family, lot_ids)
    for entry in () if due is None else due.entries:
        if entry.kind is AccountKind.EXPIRED and entry.lot_id in lot_ids:
            expired[entry.lot_id] = expired.get(entry.lot_id, 0) + entry.units
    expired = {lot_id: units for lot_id, units in expired.items() if units > 0}
    booking = ledger.book_return(
        before if due is None else due.books,
        event_id=event_id,
        claw_back=claw_back,
        issuer=sale.issuer,
        restored=tuple(msgspec.structs.replace(lot, account_ref=account_ref) for lot in restored),
        expired_units=expired,
        clamps=back.clamps,
        clamped_pools=back.pools.clamped_pools,
        forgiven_units=_forgiven_before(connection, known, family),
    )
    of_points = [entry for entry in booking.entries if is_points(entry.issuer)]
    gone = [entry for entry in of_points if entry.kind is AccountKind.ISSUED]
    more = _more_than_asked(back, sale.issuer, gone)
    return _Points(
        account_ref=account_ref,
        due=due if till.books_due(terminal, now_ms) else None,
        booking=booking,
        books_before=before,
        overdraft_units=sum(entry.units for entry in gone if not entry.lot_id),
        forgiven_units=-sum(units for units in more.values() if units < 0),
        lapsed_units=-sum(entry.units for entry in of_points if entry.kind is AccountKind.EXPIRED),
        reclaimed_units=sum(units for units in more.values() if units > 0),
    )


def _forgiven_before(connection: Connection, known: KnownSale, family: tuple[str, ...]) -> dict[str, int]:
    """What returns at this till forgave of the sale, by unit. What others forgave HQ alone knows: it books it, and its state says so."""
    if not known.is_all_ours:
        return {}
    taken_back = accounts.taken_back(connection, family, sales.returns_of(connection, known.sale.event_id))
    return forgiven_before(known.sale, known.programmes, before=known.before, taken_back=taken_back)


def _more_than_asked(back: GoodsBack, issuer: str, gone: list[ledger.Entry]) -> dict[str, int]:
    """Points that are taken besides what goes back with these goods, by issuer; below zero what of that is forgiven.

    Never both of one issuer: what was forgiven before is taken of what is left when these goods took theirs.
    """
    more: dict[str, int] = {}
    for part in back.clawed_back:
        more[part.issuer or issuer] = more.get(part.issuer or issuer, 0) - part.units
    for entry in gone:
        more[entry.issuer] = more.get(entry.issuer, 0) + entry.units
    return more


def _payments(till: "Till", prepared: _Prepared, refund: Refund) -> tuple[Payment, ...]:
    """How it goes back: as points, then as less that a contract owes, and what is left as money."""
    back, lowered_minor = prepared.back, prepared.lowered_minor
    by_points = (Payment(PaymentKind.POINTS, back.by_points_minor),) if back.by_points_minor else ()
    if prepared.known.sale.mode == "beside":
        return (*by_points, Payment(PaymentKind.FOREIGN, back.money_minor))
    money_minor = back.money_minor - lowered_minor
    if lowered_minor:
        by_points = (*by_points, Payment(PaymentKind.INSTALMENTS, lowered_minor))
        if not money_minor:
            return by_points
    return (*by_points, *paid_back(money_minor, refund, till.terms.currency))


def paid_back(money_minor: int, refund: Refund, currency: Currency) -> tuple[Payment, ...]:
    """Money that goes back, as payments: to the card as it is, or in cash, rounded to coins. Raises ``InputError``."""
    if refund.kind is PaymentKind.CARD:
        return (Payment(PaymentKind.CARD, money_minor, 0, refund.reference),)
    return in_cash(money_minor, currency)


def handed_over_minor(payments: tuple[Payment, ...]) -> int:
    """What of these is handed over in coins or put back on a card.

    Points go back as points, what a contract owes less is no money, and rounding is nobody's.
    """
    no_money = {PaymentKind.POINTS, PaymentKind.ROUNDING, PaymentKind.INSTALMENTS}
    return sum(payment.amount_minor for payment in payments if payment.kind not in no_money)


def _change(sale: SaleEvent, part: ledger.LotUnits) -> LotChange:
    """An empty issuer is the event's own, as it was before there were several."""
    return LotChange(part.lot_id, -part.units, "" if part.issuer == sale.issuer else part.issuer)


def _granted(lot: Lot) -> GrantedLot:
    grant = LotGrant(lot.programme_id, lot.issuer, lot.granted_units, lot.starts_at_ms, lot.expires_at_ms)
    return GrantedLot(lot.lot_id, grant)


def _standing(till: "Till", connection: Connection, points: _Points | None, now_ms: int) -> str:
    if points is None:
        return ""
    facts = accounts.find_by_ref(connection, points.account_ref)
    assert facts is not None, "the account was found when the return was worked out"
    balance = ledger.view(points.booking.books, issuer=till.issuer_at(now_ms), at_ms=now_ms)
    pools = available_pools(points.booking.books, at_ms=now_ms)
    ends = ends_of_pools(points.booking.books, pools, at_ms=now_ms)
    return standing_text(facts.card_class, balance, None, pools, ends)


def _row(till: "Till", sale: SaleEvent, event: ReturnEvent, standing: str) -> SaleRow:
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


def already_booked() -> InputError:
    """The same return was confirmed twice."""
    return InputError(
        "return.already_booked",
        what="This return is already booked.",
        safe="It was not booked a second time.",
        todo="Go on with the next customer; the receipt can be printed from the history.",
    )


def _refused(code: str, sentence: str) -> InputError:
    return InputError(
        f"return.{code}", what=sentence, safe="Nothing was booked.", todo="Check the receipt and choose again."
    )
