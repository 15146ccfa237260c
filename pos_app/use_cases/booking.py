"""Booking a sale: one transaction that writes the sale, its ledger entries, its event and its print job, or nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty import ledger
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.ledger import Booking, Books
from pos_app.model.accounts import CardStatus, Lot
from pos_app.model.calendar import month_of
from pos_app.model.evaluation import EngineInput, EngineResult
from pos_app.model.identifiers import derived_id, receipt_number
from pos_app.model.receipts import Payment, PaymentKind, SaleKind
from pos_app.protocol.events import BurnedLot, GrantedLot, Moment, SaleEvent, encode_body
from pos_app.use_cases import quoting
from pos_app.use_cases.quoting import Settlement, Tender
from pos_app.use_cases.views import Basket, ClosedSale, Quote, Standing
from storage import accounts, journal, sales
from storage.accounts import AccountFacts, MonthlySum
from storage.database import Connection
from storage.journal import Terminal
from storage.sales import SaleRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

BurnFilter = Callable[[str], bool]
_DAY_MS = 86_400_000
_PERCENT = 100


class _Draft(msgspec.Struct, frozen=True):
    """Everything about a sale that is known before its number is."""

    engine_input: EngineInput
    quote: Quote
    settlement: Settlement
    granted: tuple[Lot, ...]
    booking: Booking | None
    burned_lots: tuple[BurnedLot, ...]


def book_sale(
    till: "Till", connection: Connection, basket: Basket, tenders: tuple[Tender, ...], *, foreign_receipt: str
) -> ClosedSale:
    """Book a basket; runs on the writer thread inside its transaction. Raises ``InputError``: nothing is booked then."""
    now_ms = till.clock.utc_ms()
    _check(till, connection, basket, foreign_receipt)
    facts = None if basket.member is None else accounts.find_by_ref(connection, basket.member.account_ref)
    books = None if facts is None else _books_now(till, connection, facts, now_ms)
    draft = _draft(till, basket, tenders, books, now_ms)
    terminal = journal.read_terminal(connection)
    event = _event(
        till,
        basket,
        draft,
        terminal,
        now_ms,
        foreign_receipt,
        asks_nps=_asks_nps(till, connection, basket, terminal, now_ms),
    )
    journal.append_event(
        connection,
        terminal,
        event_id=event.event_id,
        kind="sale",
        body=encode_body(event),
        utc_ms=now_ms,
        hlc=event.moment.hlc,
    )
    job_id = sales.write_sale(
        connection,
        _row(till, event, standing_text(draft.booking, draft.quote.result, till.issuer, now_ms)),
        lines=draft.quote.lines,
        burn_units={share.line_no: share.units for share in event.burn_shares},
        payments=event.payments,
        awards=event.awards,
        award_lots={lot.programme_id: lot.lot_id for lot in draft.granted},
    )
    if books is not None and draft.booking is not None:
        accounts.write_booking(connection, draft.booking, before=books, utc_ms=now_ms)
        accounts.add_to_sums(
            connection, books.account_ref, sums_of(event.counted, event.moment.business_date), receipts=1
        )
        if basket.member is not None and event.class_after != basket.member.card_class:
            accounts.set_card_class(connection, books.account_ref, event.class_after)
    return ClosedSale(
        event_id=event.event_id,
        receipt_number=event.receipt_number,
        utc_ms=now_ms,
        quote=draft.quote,
        payments=event.payments,
        change_minor=draft.settlement.change_minor,
        member=basket.member,
        balance_after=None
        if draft.booking is None
        else ledger.view(draft.booking.books, issuer=till.issuer, at_ms=now_ms),
        print_job_id=job_id,
        foreign_receipt=foreign_receipt,
    )


def sums_of(counted: dict[str, int], business_date: str) -> tuple[MonthlySum, ...]:
    """What a receipt adds to the programmes' monthly sums."""
    month = month_of(business_date)
    return tuple(MonthlySum(programme_id, month, minor) for programme_id, minor in counted.items() if minor)


def _check(till: "Till", connection: Connection, basket: Basket, foreign_receipt: str) -> None:
    if not basket.lines:
        raise _refused("empty", "There is nothing in the basket.", todo="Scan something first.")
    if len(basket.lines) > quoting.LINES_MAX:
        raise _refused("lines", f"A receipt holds at most {quoting.LINES_MAX} lines.", todo="Split the basket.")
    for line in basket.lines:
        quoting.check_line(line)
    if till.settings.till.mode == "beside" and not foreign_receipt.strip():
        raise _refused(
            "foreign_receipt", "The number of the till's receipt is missing.", todo="Type it from the fiscal receipt."
        )
    if journal.find_event(connection, basket.event_id) is not None:
        raise InputError(
            "sale.already_booked",
            what="This sale is already booked.",
            safe="It was not booked a second time.",
            todo="Go on with the next customer; the receipt can be printed from the history.",
        )


def _books_now(till: "Till", connection: Connection, facts: AccountFacts, now_ms: int) -> Books:
    """The member's books; where this till decides about points, maturing and expiry that are due are booked first."""
    if facts.card_status is CardStatus.BLOCKED:
        raise _refused("blocked", "This card is blocked.", todo="Take the card off the sale and finish without it.")
    books = facts.books
    if till.settings.till.authority == "local":
        due = ledger.book_due(books, at_ms=now_ms)
        if due.changed_lots:
            accounts.write_booking(connection, due, before=books, utc_ms=now_ms)
            books = due.books
    return books


def _draft(till: "Till", basket: Basket, tenders: tuple[Tender, ...], books: Books | None, now_ms: int) -> _Draft:
    terms = till.terms
    engine_input = quoting.engine_input(basket, terms, utc_ms=now_ms, business_date=till.business_date(now_ms))
    result = evaluate(engine_input, terms.programmes)
    sale = quoting.quote_of(basket, result, terms)
    if result.burn_units != basket.burn_units:
        raise _refused(
            "burn",
            f"Only {result.burnable_units} point units can be burned on this receipt.",
            todo="Type fewer points.",
        )
    if till.settings.till.mode == "beside":
        settlement = Settlement((Payment(PaymentKind.FOREIGN, sale.total_minor),), 0)
    else:
        settlement = quoting.settle(sale, tenders, terms.currency)
    if books is None:
        return _Draft(engine_input, sale, settlement, (), None, ())
    granted = ledger.lots_granted(result.lots, account_ref=books.account_ref, event_id=basket.event_id, at_ms=now_ms)
    burned = ledger.allocate_burn(books.lots, units=result.burn_units, issuer=till.issuer, at_ms=now_ms)
    if sum(part.units for part in burned) != result.burn_units:
        raise _refused("balance", "The balance has changed since the card was scanned.", todo="Scan the card again.")
    booking = ledger.book_sale(
        books,
        event_id=basket.event_id,
        at_ms=now_ms,
        burn_units=result.burn_units,
        burn_issuer=till.issuer,
        granted=granted,
    )
    expiry = {lot.lot_id: lot.expires_at_ms for lot in books.lots}
    proposal = tuple(BurnedLot(part.lot_id, part.units, expiry[part.lot_id]) for part in burned)
    return _Draft(engine_input, sale, settlement, granted, booking, proposal)


def moment_of(till: "Till", terminal: Terminal, now_ms: int) -> Moment:
    """Where and when, for an event."""
    return Moment(
        store_id=terminal.store_id,
        staff_ref=till.settings.till.staff_ref,
        shift_id=till.shift_id,
        utc_ms=now_ms,
        zone=till.settings.shop.zone,
        business_date=till.business_date(now_ms),
        boot_id=till.clock.boot_id(),
        monotonic_ms=till.clock.monotonic_ms(),
        hlc=journal.next_hlc(terminal.last_hlc, now_ms),
    )


def number_of(terminal: Terminal) -> str:
    """The number of the receipt that the terminal's next event prints."""
    return receipt_number(
        terminal_number=terminal.terminal_number, incarnation=terminal.incarnation, seq=terminal.last_seq + 1
    )


def _event(
    till: "Till",
    basket: Basket,
    draft: _Draft,
    terminal: Terminal,
    now_ms: int,
    foreign_receipt: str,
    *,
    asks_nps: bool,
) -> SaleEvent:
    result: EngineResult = draft.quote.result
    member = basket.member
    return SaleEvent(
        event_id=basket.event_id,
        moment=moment_of(till, terminal, now_ms),
        receipt_number=number_of(terminal),
        account_ref="" if member is None else member.account_ref,
        card_ref="" if member is None else member.card_number,
        lines=draft.quote.lines,
        payments=draft.settlement.payments,
        total_minor=draft.quote.total_minor,
        engine_input=draft.engine_input,
        burn_units=result.burn_units,
        burn_worth_minor=result.burn_worth_minor,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
        burned_lots=draft.burned_lots,
        awards=result.awards,
        granted_lots=tuple(
            GrantedLot(lot.lot_id, grant) for lot, grant in zip(draft.granted, result.lots, strict=True)
        ),
        counted=result.counted,
        class_after=result.class_after,
        issuer=till.issuer,
        foreign_receipt=foreign_receipt.strip(),
        mode=till.settings.till.mode,
        asks_nps=asks_nps,
    )


def _row(till: "Till", event: SaleEvent, standing: str) -> SaleRow:
    return SaleRow(
        event_id=event.event_id,
        kind=SaleKind.SALE.value,
        receipt_number=event.receipt_number,
        account_ref=event.account_ref,
        card_ref=event.card_ref,
        staff_ref=event.moment.staff_ref,
        shift_id=till.shift_id,
        utc_ms=event.moment.utc_ms,
        zone=event.moment.zone,
        business_date=event.moment.business_date,
        mode=event.mode,
        foreign_receipt=event.foreign_receipt,
        sale_event_id="",
        total_minor=event.total_minor,
        burn_units=event.burn_units,
        burn_worth_minor=event.burn_worth_minor,
        burn_as=event.burn_as,
        earned_units=sum(lot.grant.units for lot in event.granted_lots),
        asks_nps=int(event.asks_nps),
        standing=standing,
    )


def standing_text(booking: Booking | None, result: EngineResult, issuer: str, now_ms: int) -> str:
    """How the member stands after this booking, as stored for the receipt; empty without a member."""
    if booking is None:
        return ""
    balance = ledger.view(booking.books, issuer=issuer, at_ms=now_ms)
    return msgspec.json.encode(Standing(result.class_after, balance, result.next_step)).decode()


def _asks_nps(till: "Till", connection: Connection, basket: Basket, terminal: Terminal, now_ms: int) -> bool:
    """Whether this receipt asks: the till chooses by the event's id, and never asks a member twice within the quiet days."""
    nps = till.settings.nps
    if not terminal.nps_url or terminal.nps_key is None:
        return False
    if int(derived_id(basket.event_id, "nps")[:8], 16) % _PERCENT >= nps.share_percent:
        return False
    if basket.member is None:
        return True
    since_ms = now_ms - nps.quiet_days * _DAY_MS
    return not sales.asked_since(connection, basket.member.account_ref, since_ms=since_ms)


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"sale.{code}", what=sentence, safe="Nothing was booked.", todo=todo)
