"""Books as they stand at a moment, and the lots of events: what every booking of an account begins with."""

from hq.working_set import Account, WorkingSet
from pos_app.loyalty.ledger import AccountKind, Booking, Books, book_due
from pos_app.model.accounts import Lot
from pos_app.protocol.events import GrantedLot


def due_books(work: WorkingSet, account: Account, *, at_ms: int, now_ms: int) -> Books:
    """The account's books with everything booked that was due by ``at_ms``."""
    booking = book_due(work.books_of(account), at_ms=at_ms)
    work.book(booking, now_ms=now_ms)
    return booking.books


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


def overdrawn_units(booking: Booking) -> int:
    """What this booking made the member owe, whether or not it was repaid at once."""
    return -sum(entry.units for entry in booking.entries if entry.kind is AccountKind.OVERDRAFT and entry.units < 0)
