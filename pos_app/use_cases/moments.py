"""Where and when something happened, for an event, and the event's way into the journal.

Apart from the bookings, since what they call writes events too.
"""

import os
from typing import TYPE_CHECKING

from pos_app.model.identifiers import uuid7
from pos_app.protocol.events import KINDS, AnyEvent, Moment, encode_body
from storage import journal
from storage.database import Connection
from storage.journal import Terminal

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def moment_of(till: "Till", terminal: Terminal, now_ms: int) -> Moment:
    """Where and when, and who is at the till."""
    return Moment(
        store_id=terminal.store_id,
        staff_ref=till.staff_ref(),
        shift_id=till.shift_id,
        utc_ms=now_ms,
        zone=till.settings.shop.zone,
        business_date=till.business_date(now_ms),
        boot_id=till.clock.boot_id(),
        monotonic_ms=till.clock.monotonic_ms(),
        hlc=journal.next_hlc(terminal.last_hlc, now_ms),
    )


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
