"""Books as they stand at a moment, and the lots of events: what every booking of an account begins with."""

from collections.abc import Iterable

from hq.rows import Account
from hq.working_set import WorkingSet
from pos_app.loyalty.ledger import Booking, Books, book_due, book_repayment, is_expired
from pos_app.model.accounts import Lot
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import GrantedLot


def due_books(work: WorkingSet, account: Account, *, at_ms: int, now_ms: int) -> Books:
    """The account's books with everything booked that was due by ``at_ms``."""
    booking = book_due(work.books_of(account), at_ms=at_ms)
    work.book(booking, now_ms=now_ms)
    return booking.books


def expired_since(
    work: WorkingSet, account: Account, lot_ids: Iterable[str], *, issuer: str, at_ms: int
) -> dict[str, int]:
    """What has expired of those of these lots that were the account's and good at this moment: units by lot, the soonest expiring first."""
    lots = [work.lapsed_lots[lot_id] for lot_id in lot_ids if lot_id in work.lapsed_lots]
    return {
        lot.lot_id: work.expired_units[lot.lot_id]
        for lot in sorted(lots, key=lambda one: (one.expires_at_ms or 0, one.lot_id))
        if lot.issuer == issuer
        and lot.starts_at_ms <= at_ms
        and not is_expired(lot, at_ms=at_ms)
        and work.home_of(work.heir_of(lot.account_ref)) is account
    }


def lot_of(account: Account, granted: GrantedLot, *, at_ms: int) -> Lot:
    """The lot that an event gives, as the account has it."""
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


def book_and_repay(
    work: WorkingSet, account: Account, booking: Booking, *, event_id: str, cause: str, now_ms: int
) -> int:
    """Book it, and repay what is owed from what is there; what the member owes more than before is counted by its cause.

    Gives that in units, of all issuers.
    """
    ref = account.account_ref
    before = work.books_of(account).overdraft_units
    work.book(booking, now_ms=now_ms)
    if booking.books.overdraft_units:
        work.book(book_repayment(booking.books, event_id=derived_id(event_id, "repaid")), now_ms=now_ms)
    grown = 0
    for issuer, units in work.books[ref].overdraft_units.items():
        more = units - before.get(issuer, 0)
        if more > 0:
            work.blame(account, issuer, cause, more)
            grown += more
    return grown
