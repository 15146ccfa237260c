"""Where and when something happened, for an event. Apart from the bookings, since what they call writes events too."""

from typing import TYPE_CHECKING

from pos_app.protocol.events import Moment
from storage import journal
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
