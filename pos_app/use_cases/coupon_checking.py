"""Whether the coupons that count as used here are those of the journal's sales; and putting them right."""

import msgspec

from pos_app.protocol.events import ReturnEvent, SaleEvent
from pos_app.use_cases.checking import receipt_events
from storage import coupons, journal
from storage.coupons import CouponUse
from storage.database import Connection

Key = tuple[str, str]
"""A coupon, and the sale that used it."""


class CouponFaults(msgspec.Struct, frozen=True):
    """What the tables have otherwise than the events: uses as they should be, and uses that no event says."""

    wrong: tuple[CouponUse, ...]
    made_up: tuple[Key, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The coupons."""
        return tuple(sorted({*(use.coupon_id for use in self.wrong), *(coupon_id for coupon_id, _ in self.made_up)}))


def find_faults(connection: Connection) -> CouponFaults:
    """Compare; of pruned events only that they were there."""
    said = _said(connection)
    stored = coupons.all_uses(connection)
    wrong = tuple(use for key, use in said.items() if not _agrees(connection, use, stored.get(key)))
    made_up = tuple(key for key in stored if key not in said and not _was_pruned(connection, key[1]))
    return CouponFaults(wrong, made_up)


def mend(connection: Connection) -> tuple[str, ...]:
    """Put right what the events say otherwise; gives the coupons."""
    faults = find_faults(connection)
    coupons.put_uses(connection, faults.wrong)
    coupons.drop_uses(connection, faults.made_up)
    return faults.names


def _said(connection: Connection) -> dict[Key, CouponUse]:
    said: dict[Key, CouponUse] = {}
    freed: dict[Key, str] = {}
    for event in receipt_events(connection):
        if isinstance(event, SaleEvent):
            said.update({(use.coupon_id, use.event_id): use for use in coupons.uses_of(event)})
        elif isinstance(event, ReturnEvent):
            freed.update({(coupon_id, event.sale_event_id): event.event_id for coupon_id in event.freed_coupons})
    return {key: msgspec.structs.replace(use, freed_by=freed.get(key, "")) for key, use in said.items()}


def _agrees(connection: Connection, said: CouponUse, stored: CouponUse | None) -> bool:
    if stored is None or said == stored:
        return stored is not None
    is_silent = said.freed_by == "" and _was_pruned(connection, stored.freed_by)
    return is_silent and msgspec.structs.replace(said, freed_by=stored.freed_by) == stored


def _was_pruned(connection: Connection, event_id: str) -> bool:
    """Whether an event was here whose words are gone."""
    row = journal.find_event(connection, event_id)
    return row is not None and row.body is None
