"""What every act on a member's account needs to be booked: an event in the journal, and the books as they are by now."""

import os
from typing import TYPE_CHECKING

from pos_app.loyalty import ledger
from pos_app.loyalty.ledger import Booking, Books
from pos_app.model.identifiers import uuid7
from pos_app.protocol.events import KINDS, AnyEvent, encode_body
from storage import accounts, journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def new_id(now_ms: int) -> str:
    """The id of a new event."""
    return str(uuid7(utc_ms=now_ms, random_bytes=os.urandom(10)))


def append(connection: Connection, event: AnyEvent) -> None:
    """Append an event to the journal, inside the transaction that books it."""
    journal.append_event(
        connection,
        journal.read_terminal(connection),
        event_id=event.event_id,
        kind=KINDS[type(event)],
        body=encode_body(event),
        utc_ms=event.moment.utc_ms,
        hlc=event.moment.hlc,
    )


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
