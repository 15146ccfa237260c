"""Leases that this till gives back: those that headquarters asks for, and those whose points have expired."""

from concurrent.futures import Future
from typing import TYPE_CHECKING

from pos_app.loyalty import ledger
from pos_app.protocol.events import LeaseReleaseEvent
from pos_app.use_cases.moments import append, moment_of, new_id
from storage import accounts, burning, journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

LEASES_MAX = 100


def release_due(till: "Till") -> Future[int]:
    """Now and then: give recalled and expired leases back, up to 100 at once; the future says how many there were.

    What is left goes back to its lot; what was burned before counts as burned, since its event stands before this one.
    """
    return till.database.submit(lambda connection: _release_due(till, connection))


def _release_due(till: "Till", connection: Connection) -> int:
    now_ms = till.clock.utc_ms()
    at_ms = till.trusted_ms(journal.read_terminal(connection), now_ms)
    due = burning.leases_to_release(connection, at_ms=at_ms, limit=LEASES_MAX)
    for account_ref, lease_id in due:
        _release(till, connection, account_ref, lease_id, now_ms)
    return len(due)


def _release(till: "Till", connection: Connection, account_ref: str, lease_id: str, now_ms: int) -> None:
    books = accounts.read_books(connection, account_ref)
    left_units = next(lease.units for lease in books.leases if lease.lease_id == lease_id)
    terminal = journal.read_terminal(connection)
    event = LeaseReleaseEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        account_ref=account_ref,
        lease_id=lease_id,
        units=left_units,
    )
    append(connection, event)
    booking = ledger.book_release(books, event_id=event.event_id, lease_id=lease_id, units=left_units)
    accounts.write_booking(connection, booking, before=books, utc_ms=now_ms)
