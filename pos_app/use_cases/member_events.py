"""What every act on a member's account needs to be booked: the books as they are by now."""

from typing import TYPE_CHECKING

from pos_app.loyalty import ledger
from pos_app.loyalty.ledger import Booking, Books
from storage import accounts, journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def due_books(till: "Till", connection: Connection, account_ref: str, now_ms: int) -> tuple[Books, Booking]:
    """The books as stored, and what is due on them: without it, points that have expired would be given away or taken."""
    before = accounts.read_books(connection, account_ref)
    if till.believes_clock(journal.read_terminal(connection), now_ms):
        return before, ledger.book_due(before, at_ms=now_ms)
    return before, Booking((), (), before)


def write_due(till: "Till", connection: Connection, before: Books, due: Booking, now_ms: int) -> None:
    """Where headquarters decides, it books what is due itself, and the till has only looked past it."""
    if till.books_due(journal.read_terminal(connection), now_ms):
        accounts.write_booking(connection, due, before=before, utc_ms=now_ms)
