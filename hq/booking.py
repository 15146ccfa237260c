"""From an event to the ledger: what each kind of event books. On a working set in memory; no database in here."""

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from hq.working_set import Account, WorkingSet
from pos_app.loyalty.ledger import Books, LotUnits, book_due, book_return, book_sale
from pos_app.model.accounts import Lot
from pos_app.model.calendar import month_of
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import AnyEvent, EnrolmentEvent, GrantedLot, ReturnEvent, SaleEvent
from pos_app.protocol.nps import one_time_code

_AMOUNT_MAX = 10**12
"""Of money and of points: millions of such events still fit an account's sums."""
_CLOCK_MAX_MS = 10**15
_LOT_TIMES_MS = range(-62_135_510_400_000, 253_402_214_400_000)
"""0001-01-02 to 9999-12-31: in every time zone these have a date."""
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REF = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,64}")
"""What the protocol's ``Ref`` takes: one reference beyond it would make pages of changes that no till can read."""


class UnbookableError(Exception):
    """An event that means nothing sound; ``reason`` is the task's code. Nothing of it was booked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Received(msgspec.Struct, frozen=True):
    """An event with its place, and the key that made its question's code."""

    terminal_id: str
    incarnation: int
    seq: int
    body: bytes
    event: AnyEvent
    nps_key: bytes


def book_event(work: WorkingSet, received: Received, *, now_ms: int) -> None:
    """Book one event; raises ``UnbookableError`` before anything of it is booked."""
    event = received.event
    _check(event)
    match event:
        case EnrolmentEvent():
            _enrol(work, event)
        case SaleEvent() | ReturnEvent() if event.event_id in work.taken_events:
            # Sent by another till too (a copied disk): once is enough, and two versions are a task.
            if work.taken_events[event.event_id] != received.body:
                raise UnbookableError("event_id_taken")
        case SaleEvent():
            _sell(work, received, event, now_ms=now_ms)
            work.taken_events[event.event_id] = received.body
        case ReturnEvent():
            _take_back(work, received, event, now_ms=now_ms)
            work.taken_events[event.event_id] = received.body


def touched_refs(event: AnyEvent) -> tuple[set[str], set[str]]:
    """The accounts and cards that booking this event will look at; none that no account or card can have."""
    match event:
        case EnrolmentEvent():
            account_refs, card_numbers = {event.account_ref}, {event.card_number}
        case SaleEvent():
            account_refs, card_numbers = {event.account_ref}, {event.card_ref}
        case ReturnEvent():
            account_refs, card_numbers = {event.account_ref}, set()
    return set(filter(_REF.fullmatch, account_refs)), set(filter(_REF.fullmatch, card_numbers))


def _enrol(work: WorkingSet, event: EnrolmentEvent) -> None:
    account = work.home_of(event.account_ref)
    holder_ref = work.cards.get(event.card_number)
    holder = work.home_of(holder_ref) if holder_ref else None
    if account is None and holder is not None:
        work.merge(event.account_ref, holder)
        account = holder
    elif account is None:
        account = work.add_account(Account(event.account_ref))
    elif holder is not None and holder is not account:
        raise UnbookableError("card_taken")
    if holder is None:
        work.add_card(event.card_number, account)
    account.provisional = False
    account.card_class = event.card_class or account.card_class
    work.touch(account)


def _sell(work: WorkingSet, received: Received, event: SaleEvent, *, now_ms: int) -> None:
    for number, granted in enumerate(event.granted_lots, start=1):
        if granted.lot_id != derived_id(event.event_id, f"lot-{number}"):
            raise UnbookableError("lot_id")
    if event.account_ref:
        account = _account_of_sale(work, event)
        at_ms = min(event.moment.utc_ms, now_ms)
        books = _due(work, account, at_ms=at_ms, now_ms=now_ms)
        booking = book_sale(
            books,
            event_id=event.event_id,
            at_ms=at_ms,
            burn_units=event.burn_units,
            burn_issuer=event.issuer,
            granted=[_lot(account, granted, at_ms=at_ms) for granted in event.granted_lots],
        )
        work.book(booking, now_ms=now_ms)
        account.receipts_count += 1
        account.card_class = event.class_after or account.card_class
        _count(work, account, event, sign=1)
        work.touch(account)
    _write_down(work, received, event, kind="sale", earned=_granted_units(event), burned=event.burn_units)
    work.awards += [
        {
            "event_id": event.event_id,
            "award_no": number,
            "line_no": award.line_no,
            "programme_id": award.programme_id,
            "rule_id": award.rule_id,
            "units": award.units,
            "reason_code": award.reason.code,
            "reason_values": msgspec.json.encode(award.reason.values).decode(),
        }
        for number, award in enumerate(event.awards, start=1)
    ]


def _take_back(work: WorkingSet, received: Received, event: ReturnEvent, *, now_ms: int) -> None:
    # The whole that has to go back; what part of it no lot can give, the ledger decides here.
    clawed = [LotUnits(change.lot_id, -change.units) for change in event.clawed_back]
    restored_units = sum(granted.grant.units for granted in event.restored_lots)
    if event.account_ref:
        account = work.home_of(event.account_ref)
        if account is None:
            raise UnbookableError("unknown_account")
        if any(work.has_lot(granted.lot_id) for granted in event.restored_lots):
            raise UnbookableError("lot_id")
        at_ms = min(event.moment.utc_ms, now_ms)
        books = _due(work, account, at_ms=at_ms, now_ms=now_ms)
        booking = book_return(
            books,
            event_id=event.event_id,
            claw_back=clawed,
            issuer=event.issuer,
            restored=[_lot(account, granted, at_ms=at_ms) for granted in event.restored_lots],
        )
        work.book(booking, now_ms=now_ms)
        _count(work, account, event, sign=-1)
        work.touch(account)
    _write_down(
        work,
        received,
        event,
        kind="return",
        earned=-sum(part.units for part in clawed),
        burned=-restored_units,
    )


def _account_of_sale(work: WorkingSet, event: SaleEvent) -> Account:
    """The account that the points go to; one for a card that was never seen, until somebody enrols it."""
    account = work.home_of(event.account_ref)
    if account is not None:
        return account
    holder_ref = work.cards.get(event.card_ref)
    holder = work.home_of(holder_ref) if holder_ref else None
    if holder is not None:
        # Another till met this card first and gave it another account.
        work.merge(event.account_ref, holder)
        return holder
    account = work.add_account(Account(event.account_ref))
    work.books[account.account_ref] = Books(account.account_ref)
    if event.card_ref:
        work.add_card(event.card_ref, account)
    return account


def _due(work: WorkingSet, account: Account, *, at_ms: int, now_ms: int) -> Books:
    """The account's books with everything booked that was due before the event."""
    books = work.books.get(account.account_ref, Books(account.account_ref))
    booking = book_due(books, at_ms=at_ms)
    work.book(booking, now_ms=now_ms)
    return booking.books


def _lot(account: Account, granted: GrantedLot, *, at_ms: int) -> Lot:
    grant = granted.grant
    return Lot(
        lot_id=granted.lot_id,
        account_ref=account.account_ref,
        issuer=grant.issuer,
        programme_id=grant.programme_id,
        starts_at_ms=grant.starts_at_ms,
        expires_at_ms=grant.expires_at_ms,
        granted_units=grant.units,
        remaining_units=grant.units,
        matured=grant.starts_at_ms <= at_ms,
    )


def _count(work: WorkingSet, account: Account, event: SaleEvent | ReturnEvent, *, sign: int) -> None:
    for programme_id, counted_minor in event.counted.items():
        month = month_of(event.moment.business_date)
        work.count(account, programme_id, month, sum_minor=sign * counted_minor)


def _granted_units(event: SaleEvent) -> int:
    return sum(granted.grant.units for granted in event.granted_lots)


def _write_down(
    work: WorkingSet, received: Received, event: SaleEvent | ReturnEvent, *, kind: str, earned: int, burned: int
) -> None:
    moment = event.moment
    asks = isinstance(event, SaleEvent) and event.asks_nps
    work.sales.append(
        {
            "event_id": event.event_id,
            "terminal_id": received.terminal_id,
            "incarnation": received.incarnation,
            "seq": received.seq,
            "kind": kind,
            "receipt_number": event.receipt_number,
            "account_ref": event.account_ref,
            "store_id": moment.store_id,
            "staff_ref": moment.staff_ref,
            "shift_id": moment.shift_id,
            "utc_ms": moment.utc_ms,
            "business_date": moment.business_date,
            "total_minor": event.total_minor,
            "earned_units": earned,
            "burned_units": burned,
            "sale_event_id": event.sale_event_id if isinstance(event, ReturnEvent) else "",
            "nps_code": one_time_code(received.nps_key, event.event_id) if asks else None,
        }
    )
    work.payments += [
        {
            "event_id": event.event_id,
            "payment_no": number,
            "kind": payment.kind.value,
            "amount_minor": payment.amount_minor,
            "reference": payment.reference,
        }
        for number, payment in enumerate(event.payments, start=1)
    ]


def _check(event: AnyEvent) -> None:
    """References that every till can read, amounts within bounds, points never negative, a date that is one.

    A till's defect must not reach the ledger, nor the other tills.
    """
    _require(all(_REF.fullmatch(ref) for ref in _refs(event)), "ref")
    if isinstance(event, EnrolmentEvent):
        return
    _require(_is_date(event.moment.business_date), "date")
    granted = _granted_by(event)
    points = [lot.grant.units for lot in granted]
    if isinstance(event, SaleEvent):
        points.append(event.burn_units)
    else:
        points += [-change.units for change in event.clawed_back]
    _require(all(0 <= units <= _AMOUNT_MAX for units in points), "range")
    amounts = [event.total_minor, *event.counted.values(), *(payment.amount_minor for payment in event.payments)]
    _require(all(abs(amount) <= _AMOUNT_MAX for amount in amounts), "range")
    _require(isinstance(event, ReturnEvent) or event.total_minor >= 0, "range")
    times = [time_ms for lot in granted for time_ms in (lot.grant.starts_at_ms, lot.grant.expires_at_ms or 0)]
    _require(all(time_ms in _LOT_TIMES_MS for time_ms in times), "range")
    _require(abs(event.moment.utc_ms) <= _CLOCK_MAX_MS, "range")


def _refs(event: AnyEvent) -> Iterator[str]:
    """Every reference that booking keeps; those that may be empty only where they are not."""
    match event:
        case EnrolmentEvent():
            yield from (event.account_ref, event.card_number)
            yield from filter(None, (event.card_class,))
            return
        case SaleEvent():
            yield from filter(None, (event.account_ref, event.card_ref, event.class_after))
            yield from (award.programme_id for award in event.awards)
        case ReturnEvent():
            yield from filter(None, (event.account_ref,))
    yield event.issuer
    yield from event.counted
    for lot in _granted_by(event):
        yield from (lot.grant.issuer, lot.grant.programme_id)


def _granted_by(event: SaleEvent | ReturnEvent) -> tuple[GrantedLot, ...]:
    return event.granted_lots if isinstance(event, SaleEvent) else event.restored_lots


def _is_date(text: str) -> bool:
    """Whether this is a day of the calendar as ``YYYY-MM-DD``, which ``fromisoformat`` alone is not strict about."""
    if _ISO_DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _require(holds: bool, reason: str) -> None:  # noqa: FBT001 - a condition is what this takes
    if not holds:
        raise UnbookableError(reason)
