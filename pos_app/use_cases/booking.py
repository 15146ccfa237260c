"""Booking a sale: one transaction that writes the sale, its ledger entries, its event and its print job, or nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty import ledger
from pos_app.loyalty.chances import wins_of
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.ledger import Booking, Books
from pos_app.model.accounts import BalanceView, CardStatus, Expiring, Lot, Member
from pos_app.model.calendar import month_of
from pos_app.model.evaluation import EngineResult, LotGrant, NextStep, units_taken
from pos_app.model.identifiers import derived_id, receipt_number
from pos_app.model.receipts import SaleKind
from pos_app.model.sentinel import CardCame
from pos_app.model.staff import Permission
from pos_app.protocol.events import (
    POOLS_VERSION,
    PROGRAMMES_VERSION,
    PROTOCOL_VERSION,
    BurnedLot,
    GrantedLot,
    SaleEvent,
    UsedCoupon,
    encode_body,
)
from pos_app.use_cases import acts, authorising, coupon_holds, coupons, lending, overriding, quoting, referring
from pos_app.use_cases.acts import GivenAct
from pos_app.use_cases.authorising import BurnRight
from pos_app.use_cases.burning import usable_pools
from pos_app.use_cases.chance import with_rolls
from pos_app.use_cases.moments import moment_of
from pos_app.use_cases.quoting import Settlement, Tender
from pos_app.use_cases.views import Basket, ClosedSale, Quote, Standing
from storage import accounts, burning, donations, journal, member_history, pools, sales
from storage import coupons as coupon_rows
from storage.accounts import MonthlySum
from storage.database import Connection, transaction
from storage.donations import sums_by_cause
from storage.journal import Terminal
from storage.pools import PoolRows
from storage.sales import SaleRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

__all__ = ["moment_of"]

_DAY_MS = 86_400_000
_PERCENT = 100


class PreparedSale(msgspec.Struct, frozen=True):
    """A sale worked out to the last byte; what is left is to write it. ``due`` is maturing and expiry that is booked with it.

    ``acts`` follow from it, and have events of their own.
    """

    terminal: Terminal
    event: SaleEvent
    body: bytes
    row: SaleRow
    quote: Quote
    settlement: Settlement
    books: Books | None
    due: Booking | None
    booking: Booking | None
    award_lots: dict[str, str]
    balance_after: BalanceView | None
    member: Member | None
    pools_after: dict[str, int] = {}
    acts: tuple[GivenAct, ...] = ()
    agreement: lending.Agreement | None = None


class _Points(msgspec.Struct, frozen=True):
    """What a sale does to the member's points."""

    books: Books
    due: Booking | None
    booking: Booking
    granted: tuple[Lot, ...]
    pool_lots: tuple[Lot, ...]
    proposal: "_Proposal"
    right: BurnRight


class _Proposal(msgspec.Struct, frozen=True):
    """Which lots are burned, and which ones rewards take, in their order."""

    burned: tuple[BurnedLot, ...]
    taken: tuple[BurnedLot, ...]


def book_sale(
    till: "Till", connection: Connection, basket: Basket, tenders: tuple[Tender, ...], *, foreign_receipt: str
) -> ClosedSale:
    """Book a basket; runs on the writer thread. Raises ``InputError`` or ``StorageError``: nothing is booked then.

    Everything is worked out before BEGIN: only this thread writes, so what it has read still holds.
    """
    prepared = prepare_sale(till, connection, basket, tenders, foreign_receipt=foreign_receipt)
    event = prepared.event
    with transaction(connection):
        job_id = write_sale(connection, prepared)
        if prepared.agreement is not None:
            lending.open_contract(till, connection, event, prepared.agreement)
        for given in prepared.acts:
            acts.write_act(till, connection, given, cause=event.event_id)
        authorising.give_up(till, connection, basket)
        authorising.note(till, connection, event)
        coupon_holds.void_unused(till, connection, basket, event)
        coupons.note(till, connection, event)
        overriding.note(till, connection, basket, receipt_number=event.receipt_number)
    return ClosedSale(
        event_id=event.event_id,
        receipt_number=event.receipt_number,
        utc_ms=event.moment.utc_ms,
        quote=prepared.quote,
        payments=event.payments,
        change_minor=prepared.settlement.change_minor,
        member=prepared.member,
        balance_after=prepared.balance_after,
        print_job_id=job_id,
        foreign_receipt=event.foreign_receipt,
        pools_after=prepared.pools_after,
        wins=wins_of(event.collected, till.terms.programmes.programmes) if event.engine_input.rolls else (),
    )


def prepare_sale(
    till: "Till", connection: Connection, basket: Basket, tenders: tuple[Tender, ...], *, foreign_receipt: str
) -> PreparedSale:
    """Work a sale out: prices, points, payments, its event and rows. Reads, and writes nothing."""
    now_ms = till.clock.utc_ms()
    _check(till, connection, basket, foreign_receipt)
    till.require(Permission.SELL)
    approver_ref = overriding.check(till, basket)
    terminal = journal.read_terminal(connection)
    number = number_of(till, terminal)
    engine_input = quoting.engine_input(
        basket, till.terms_now(connection), utc_ms=now_ms, business_date=till.business_date(now_ms)
    )
    engine_input = with_rolls(till, connection, engine_input, number)
    result = evaluate(engine_input, till.terms.programmes)
    _refuse_locked(basket, result)
    sale = quoting.quote_of(basket, result, till.terms)
    agreement = lending.agreed(till, connection, basket, tenders, sale.to_pay_minor)
    settlement = _settlement(till, basket, sale, tenders)
    used_coupons = coupons.used_by(till, connection, basket, result, terminal)
    points = _points(till, connection, basket, result, terminal, now_ms)
    right = BurnRight() if points is None else points.right
    given = referring.acts_of_sale(till, connection, basket, settlement.payments, now_ms=now_ms)
    event = SaleEvent(
        event_id=basket.event_id,
        moment=moment_of(till, terminal, now_ms),
        receipt_number=number,
        account_ref="" if basket.member is None else basket.member.account_ref,
        card_ref="" if basket.member is None else basket.member.card_number,
        lines=sale.lines,
        payments=settlement.payments,
        total_minor=sale.total_minor,
        engine_input=engine_input,
        burn_units=result.burn_units,
        burn_worth_minor=result.burn_worth_minor,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
        version=_version_of(result, used_coupons, agreement),
        burned_lots=() if points is None else points.proposal.burned,
        awards=result.awards,
        granted_lots=() if points is None else _granted(points.granted, result.lots),
        counted=result.counted,
        class_after=result.class_after,
        issuer=till.issuer_at(now_ms),
        foreign_receipt=foreign_receipt.strip(),
        mode=till.settings.till.mode,
        asks_nps=_asks_nps(till, connection, basket, terminal, now_ms),
        auth_id=right.auth_id,
        burn_basis=right.basis,
        approved_by=right.approved_by or approver_ref,
        discounts=result.discounts,
        collected=result.collected,
        pool_lots=() if points is None else _granted(points.pool_lots, result.pool_lots),
        taken=result.taken,
        taken_lots=() if points is None else points.proposal.taken,
        used=result.used,
        coupons=used_coupons,
        card_came=_card_came(basket).value,
        donated=result.donated,
        caused=referring.caused(given),
    )
    balance_after = (
        None if points is None else ledger.view(points.booking.books, issuer=till.issuer_at(now_ms), at_ms=now_ms)
    )
    pools_after = {} if points is None else available_pools(points.booking.books, at_ms=now_ms)
    pool_ends = {} if points is None else ends_of_pools(points.booking.books, pools_after, at_ms=now_ms)
    return PreparedSale(
        terminal=terminal,
        event=event,
        body=encode_body(event),
        row=_row(
            till, event, standing_text(result.class_after, balance_after, result.next_step, pools_after, pool_ends)
        ),
        quote=sale,
        settlement=settlement,
        books=None if points is None else points.books,
        due=None if points is None else points.due,
        booking=None if points is None else points.booking,
        award_lots={} if points is None else {lot.programme_id: lot.lot_id for lot in points.granted},
        balance_after=balance_after,
        member=basket.member,
        pools_after=pools_after,
        acts=given,
        agreement=agreement,
    )


def write_sale(connection: Connection, prepared: PreparedSale) -> int:
    """Write a prepared sale, inside a transaction; gives the print job's id."""
    event = prepared.event
    utc_ms = event.moment.utc_ms
    journal.append_event(
        connection,
        prepared.terminal,
        event_id=event.event_id,
        kind="sale",
        body=prepared.body,
        utc_ms=utc_ms,
        hlc=event.moment.hlc,
    )
    job_id = sales.write_sale(
        connection,
        prepared.row,
        lines=event.lines,
        burn_units={share.line_no: share.units for share in event.burn_shares},
        payments=event.payments,
        awards=event.awards,
        award_lots=prepared.award_lots,
        discounts=event.discounts,
    )
    pools.write_pools(connection, event.event_id, PoolRows(event.collected, event.taken))
    if event.donated:
        donations.write_donations(
            connection, event.event_id, sums_by_cause(event.donated), business_date=event.moment.business_date
        )
    member_history.note_uses(connection, event)
    coupon_rows.note_uses(connection, event)
    burning.capture_sale(connection, event)
    if prepared.books is not None and prepared.booking is not None:
        books = prepared.books
        if prepared.due is not None:
            accounts.write_booking(connection, prepared.due, before=books, utc_ms=utc_ms)
            books = prepared.due.books
        accounts.write_booking(connection, prepared.booking, before=books, utc_ms=utc_ms)
        sums = sums_of(event.counted, event.moment.business_date)
        accounts.add_to_sums(connection, event.account_ref, sums, receipts=1)
        if prepared.member is not None and event.class_after != prepared.member.card_class:
            accounts.set_card_class(connection, event.account_ref, event.class_after)
    return job_id


def _version_of(result: EngineResult, used_coupons: tuple[UsedCoupon, ...], agreement: lending.Agreement | None) -> int:
    """The least version that says all of this sale."""
    if result.donated or used_coupons or agreement is not None:
        return PROGRAMMES_VERSION
    return POOLS_VERSION if result.pool_lots or result.taken else PROTOCOL_VERSION


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


def _card_came(basket: Basket) -> CardCame:
    """Whether the member's card came late to these goods."""
    if basket.member is None:
        return CardCame.IN_TIME
    if basket.card_while_paying:
        return CardCame.WHILE_PAYING
    return CardCame.AFTER_GOODS if basket.card_after_lines >= len(basket.lines) else CardCame.IN_TIME


def _refuse_locked(basket: Basket, result: EngineResult) -> None:
    """Goods that this customer may not buy keep the sale open."""
    if result.locks:
        names = ", ".join(dict.fromkeys(basket.lines[lock.line_no - 1].product.name for lock in result.locks))
        raise _refused(
            "locked",
            f"This customer may not buy: {names}.",
            todo="Take it out of the basket, or scan the member's card.",
        )


def _settlement(till: "Till", basket: Basket, sale: Quote, tenders: tuple[Tender, ...]) -> Settlement:
    if sale.result.burn_units != basket.burn_units:
        raise _refused(
            "burn",
            f"At most {till.points_text(sale.result.burnable_units)} points can be burned on this receipt.",
            todo="Type fewer points.",
        )
    if till.settings.till.mode == "beside":
        return quoting.settle_beside(sale)
    return quoting.settle(sale, tenders, till.terms.currency)


def _points(
    till: "Till", connection: Connection, basket: Basket, result: EngineResult, terminal: Terminal, now_ms: int
) -> _Points | None:
    """What the sale does to the member's books. Where this till decides about points, what is due is booked first."""
    if basket.member is None:
        return None
    facts = accounts.find_by_card(connection, basket.member.card_number)
    if facts is None or facts.account_ref != basket.member.account_ref:
        raise _refused("card_moved", "This card belongs to another account now.", todo="Scan the card again.")
    if facts.card_status is CardStatus.BLOCKED:
        raise _refused("blocked", "This card is blocked.", todo="Take the card off the sale and finish without it.")
    taken_units = units_taken(result.taken)
    _check_pools(till, connection, facts, terminal, taken_units, now_ms)
    issuer = till.issuer_at(now_ms)
    right = authorising.right_to_burn(
        till, connection, basket, facts, result.burn_units + taken_units.get(issuer, 0), terminal
    )
    due = ledger.book_due(facts.books, at_ms=now_ms) if till.books_due(terminal, now_ms) else None
    books = facts.books if due is None else due.books
    granted = ledger.lots_granted(result.lots, account_ref=books.account_ref, event_id=basket.event_id, at_ms=now_ms)
    pool_lots = ledger.lots_granted(
        result.pool_lots, account_ref=books.account_ref, event_id=basket.event_id, at_ms=now_ms, purpose="pool"
    )
    proposal = _proposal_of(till, books, terminal, result, now_ms=now_ms)
    booking = ledger.book_sale(
        books,
        event_id=basket.event_id,
        at_ms=_usable_ms(till, terminal, now_ms),
        burn_units=result.burn_units,
        burn_issuer=issuer,
        granted=(*granted, *pool_lots),
        holder=terminal.terminal_id,
        taken_units=taken_units,
    )
    due = due if due and due.changed_lots else None
    return _Points(facts.books, due, booking, granted, pool_lots, proposal, right)


def _check_pools(
    till: "Till",
    connection: Connection,
    facts: accounts.AccountFacts,
    terminal: Terminal,
    taken_units: dict[str, int],
    now_ms: int,
) -> None:
    """What rewards take of pools must still be there: on the writer thread, so that two sales cannot both use what is left."""
    wanted = {unit: units for unit, units in taken_units.items() if unit != till.issuer_at(now_ms)}
    if not wanted:
        return
    usable = usable_pools(till, connection, facts, terminal, now_ms=now_ms)
    if any(units > usable.get(unit, 0) for unit, units in wanted.items()):
        raise _balance_changed()


def _balance_changed() -> InputError:
    return _refused("balance", "The balance has changed since the card was scanned.", todo="Scan the card again.")


def _usable_ms(till: "Till", terminal: Terminal, now_ms: int) -> int:
    """By which moment a lot can be burned: the wall clock's, but for one that has gone back, which HQ's hold may overrule."""
    return now_ms if till.believes_clock(terminal, now_ms) else till.trusted_ms(terminal, now_ms)


def _proposal_of(till: "Till", books: Books, terminal: Terminal, result: EngineResult, *, now_ms: int) -> _Proposal:
    """Which lots are burned and taken; raises ``InputError`` where there is not enough."""
    wanted = {till.issuer_at(now_ms): result.burn_units}
    for unit, units in units_taken(result.taken).items():
        wanted[unit] = wanted.get(unit, 0) + units
    at_ms = _usable_ms(till, terminal, now_ms)
    found = {unit: _proposal(books, terminal, unit, units=units, at_ms=at_ms) for unit, units in wanted.items()}
    if any(sum(part.units for part in found[unit]) != units for unit, units in wanted.items()):
        raise _balance_changed()
    burned = _cut(found, till.issuer_at(now_ms), result.burn_units)
    taken = tuple(part for one in result.taken for part in _cut(found, one.unit, one.units))
    return _Proposal(burned, taken)


def _cut(found: dict[str, tuple[BurnedLot, ...]], unit: str, units: int) -> tuple[BurnedLot, ...]:
    """The next so many units of what was found; the rest stays."""
    begun: list[BurnedLot] = []
    rest: list[BurnedLot] = []
    for part in found[unit]:
        here = min(part.units, units)
        units -= here
        begun += [msgspec.structs.replace(part, units=here)] if here else []
        rest += [msgspec.structs.replace(part, units=part.units - here)] if here < part.units else []
    found[unit] = tuple(rest)
    return tuple(begun)


def _proposal(books: Books, terminal: Terminal, issuer: str, *, units: int, at_ms: int) -> tuple[BurnedLot, ...]:
    """Which lots give so much of a unit, what is leased to this till first. May be less than asked."""
    burned: list[BurnedLot] = []
    known = {lot.lot_id: lot for lot in books.lots}
    for lease in ledger.own_leases(books.leases, holder=terminal.terminal_id, issuer=issuer, at_ms=at_ms):
        part = min(units, lease.units)
        if part:
            given_by = known[lease.lot_id].programme_id if lease.lot_id in known else ""
            burned.append(BurnedLot(lease.lot_id, part, lease.expires_at_ms, given_by))
            units -= part
    parts = ledger.allocate_burn(books.lots, units=units, issuer=issuer, at_ms=at_ms)
    lots = [known[part.lot_id] for part in parts]
    return (
        *burned,
        *(
            BurnedLot(lot.lot_id, part.units, lot.expires_at_ms, lot.programme_id)
            for part, lot in zip(parts, lots, strict=True)
        ),
    )


def number_of(till: "Till", terminal: Terminal) -> str:
    """The number of the receipt that the terminal's next event prints.

    Until it has joined its HQ a till prints incarnation 00: the disk that it may stand in for has printed 01 under the same number.
    """
    waits_for_name = bool(till.settings.hq.url) and terminal.hq_public_key is None
    return receipt_number(
        terminal_number=terminal.terminal_number,
        incarnation=0 if waits_for_name else terminal.incarnation,
        seq=terminal.last_seq + 1,
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


def standing_text(
    card_class: str,
    balance: BalanceView | None,
    next_step: NextStep | None,
    pools_after: dict[str, int],
    pool_ends: dict[str, Expiring] | None = None,
) -> str:
    """How the member stands after this booking, as stored for the receipt; empty without a member."""
    if balance is None:
        return ""
    return msgspec.json.encode(Standing(card_class, balance, next_step, pools_after, pool_ends or {})).decode()


def available_pools(books: Books, *, at_ms: int) -> dict[str, int]:
    """What is available of each pool other than points, by its unit."""
    views = ledger.pool_views(books, at_ms=at_ms)
    return {unit: one.available_units for unit, one in views.items() if one.available_units}


def ends_of_pools(books: Books, units: Iterable[str], *, at_ms: int) -> dict[str, Expiring]:
    """When there will first be less of each of these units, and by how much, if nothing is taken; nothing for what never ends.

    A lot that begins where another one ends takes its place: a membership that was renewed ends with its last year.
    """
    ends = {unit: _first_end(books, unit, at_ms=at_ms) for unit in units}
    return {unit: one for unit, one in ends.items() if one is not None}


def _first_end(books: Books, unit: str, *, at_ms: int) -> Expiring | None:
    begins: dict[int, int] = {}
    for lot in books.lots:
        if lot.issuer == unit:
            begins[lot.starts_at_ms] = begins.get(lot.starts_at_ms, 0) + lot.remaining_units
    for one in ledger.forecast(books, issuer=unit, at_ms=at_ms):
        fewer_units = one.units - begins.get(one.expires_at_ms, 0)
        if fewer_units > 0:
            return Expiring(one.expires_at_ms, fewer_units)
    return None


def _granted(lots: tuple[Lot, ...], grants: tuple[LotGrant, ...]) -> tuple[GrantedLot, ...]:
    return tuple(GrantedLot(lot.lot_id, grant) for lot, grant in zip(lots, grants, strict=True))


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
