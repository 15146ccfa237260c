"""A business date as the tables, the journal and the ledger have it, each for itself: what the closing report compares."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from pos_app.model.calendar import begins_ms
from pos_app.model.calendar import business_date as business_date_of
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import AnyEvent, SaleEvent, decode_body
from storage import closing, foreign_receipts, journal, rebuild, sales
from storage.closing import EntryRow, EventRow, HeadRow
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_DAY_MS = 86_400_000
_MARGIN_MS = _DAY_MS
"""A day's events say its date themselves, whatever the settings say today of zones and when a day begins."""


class DayEvent(msgspec.Struct, frozen=True):
    """An event of the day. ``event`` is None where its body was pruned, or cannot be read."""

    event_id: str
    kind: str
    event: AnyEvent | None
    is_pruned: bool


class Day:
    """What one business date is made of. Read it in one transaction; nothing is read later but by the connection that it keeps."""

    def __init__(self, till: "Till", connection: Connection, business_date: str) -> None:
        self.till, self.connection, self.business_date = till, connection, business_date
        self.decides_here = till.settings.till.authority == "local"
        begins = begins_ms(
            business_date, zone_name=till.settings.shop.zone, day_starts_minute=till.settings.day_starts_minute()
        )
        self.from_ms = begins - _MARGIN_MS
        self.until_ms = self.from_ms + _DAY_MS + 2 * _MARGIN_MS
        self.heads = closing.heads_of(connection, business_date)
        self._near = closing.entries_between(connection, from_ms=self.from_ms, until_ms=self.until_ms)
        also = {head.event_id for head in self.heads} | {entry.event_id for entry in self._near}
        rows = closing.events_between(connection, from_ms=self.from_ms, until_ms=self.until_ms, also=also)
        self._dates: dict[str, str] = {}
        self._rates_bp: dict[str, dict[int, int]] = {}
        self.events = self._events_of(rows)

    def _events_of(self, rows: Iterable[EventRow]) -> dict[str, DayEvent]:
        dates = {head.event_id: self.business_date for head in self.heads}
        events: dict[str, DayEvent] = {}
        for row in rows:
            event = None if row.body is None else _decoded(row.body)
            date = dates.get(row.event_id) or self._date_of(row.utc_ms)
            self._dates[row.event_id] = date if event is None else event.moment.business_date
            if self._dates[row.event_id] == self.business_date:
                events[row.event_id] = DayEvent(row.event_id, row.kind, event, row.body is None)
        return events

    def _date_of(self, utc_ms: int) -> str:
        shop = self.till.settings.shop
        return business_date_of(
            utc_ms=utc_ms, zone_name=shop.zone, day_starts_minute=self.till.settings.day_starts_minute()
        )

    def date_of_entry(self, entry: EntryRow) -> str:
        """The date of the event that booked it; of what time brings, that of the moment when it was booked."""
        return self._dates.get(entry.event_id) or self._date_of(entry.booked_at_ms)

    @cached_property
    def entries(self) -> tuple[EntryRow, ...]:
        """The ledger entries of the day."""
        return tuple(entry for entry in self._near if self.date_of_entry(entry) == self.business_date)

    @cached_property
    def entries_before(self) -> tuple[EntryRow, ...]:
        """Entries of earlier dates that were booked not long before the day, and so are not in ``sums_before``."""
        return tuple(entry for entry in self._near if self.date_of_entry(entry) < self.business_date)

    @cached_property
    def sums_before(self) -> tuple[closing.UnitSum, ...]:
        """What entries sum to that were booked long before the day."""
        return closing.entry_sums(self.connection, before_ms=self.from_ms)

    @cached_property
    def known(self) -> tuple[AnyEvent, ...]:
        """The events of the day that can be read."""
        return tuple(one.event for one in self.events.values() if one.event is not None)

    @cached_property
    def pruned_events(self) -> int:
        """How many events of the day are past their retention."""
        return sum(one.is_pruned for one in self.events.values())

    @cached_property
    def receipt_events(self) -> "tuple[rebuild.ReceiptEvent, ...]":
        """The receipts among them, as the journal says them."""
        return tuple(event for event in self.known if isinstance(event, rebuild.ReceiptEvent))

    @cached_property
    def booked_ids(self) -> frozenset[str]:
        """The events that have ledger entries."""
        return frozenset(entry.event_id for entry in self._near)

    def rates_bp(self, sale_event_id: str) -> dict[int, int]:
        """The tax rates of a sale's lines, by the journal, by what headquarters showed, or by the tables; empty where none has it."""
        if sale_event_id not in self._rates_bp:
            self._rates_bp[sale_event_id] = _rates_of(self.connection, sale_event_id)
        return self._rates_bp[sale_event_id]

    def is_left_to_hq(self, event: AnyEvent) -> bool:
        """Whether headquarters alone books an event's points: of somebody whom this till did not know, or that came from a lost till."""
        return not self.decides_here and event.event_id not in self.booked_ids

    def heads_of(self, *kinds: str) -> tuple[HeadRow, ...]:
        """The receipts of these kinds."""
        return tuple(head for head in self.heads if head.kind in kinds)

    @property
    def net_minor(self) -> int:
        """Sold and paid on contracts less returned, by the receipts' heads."""
        return sum(head.sign * head.total_minor for head in self.heads)


def is_of_time(entry: EntryRow) -> bool:
    """Whether it is maturing or expiry: then its event's id follows from the lot, and no event stands in the journal."""
    return bool(entry.lot_id) and entry.event_id in {
        derived_id(entry.lot_id, "mature"),
        derived_id(entry.lot_id, "expire"),
    }


def _rates_of(connection: Connection, sale_event_id: str) -> dict[int, int]:
    row = journal.find_event(connection, sale_event_id)
    shown = foreign_receipts.find_foreign_by_event(connection, sale_event_id)
    bodies = (None if row is None else row.body, None if shown is None else shown.body)
    for sale in (_decoded(body) for body in bodies if body is not None):
        if isinstance(sale, SaleEvent):
            return {line.line_no: line.tax_rate_bp for line in sale.lines}
    stored = sales.find_sale_by_event(connection, sale_event_id)
    return {} if stored is None else {line.line_no: line.tax_rate_bp for line in stored.lines}


def _decoded(body: bytes) -> AnyEvent | None:
    try:
        return decode_body(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # what it should have said is missing in the comparison, and the doctor says so too
