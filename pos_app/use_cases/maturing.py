"""Where this till decides about points: what has matured and what has expired is booked, whether or not its member comes by.

The entries' ids derive from the lot, so a power cut, a second run or another machine books nothing twice.
"""

from typing import TYPE_CHECKING

from pos_app.loyalty import ledger
from storage import accounts, journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

ACCOUNTS_MAX = 100


def book_due(till: "Till", connection: Connection) -> int:
    """Book what is due for up to 100 accounts, in the transaction of the caller; gives how many accounts had something.

    Nothing while the clock is not believed: what expires on a wrong clock would be gone for good.
    Small steps, so that a sale never waits for a night's expiry.
    """
    now_ms = till.clock.utc_ms()
    if not till.books_due(journal.read_terminal(connection), now_ms):
        return 0
    account_refs = accounts.due_accounts(connection, at_ms=now_ms, limit=ACCOUNTS_MAX)
    for account_ref in account_refs:
        books = accounts.read_books(connection, account_ref)
        due = ledger.book_due(books, at_ms=now_ms)
        accounts.write_booking(connection, due, before=books, utc_ms=now_ms)
    return len(account_refs)
