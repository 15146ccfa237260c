"""Points and pools of a day: what the ledger's entries moved, and what the day's events say that they should have."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from pos_app.loyalty.ledger import AccountKind
from pos_app.model.closing import UnitMoves
from pos_app.model.identifiers import is_points
from pos_app.protocol.events import ActEvent, AdjustmentEvent, AdjustmentReason, GrantedLot, ReturnEvent, SaleEvent
from pos_app.use_cases.closing_day import Day, is_of_time
from storage.closing import EntryRow, UnitSum

_OUTSIDE = frozenset({AccountKind.ISSUED, AccountKind.REDEEMED, AccountKind.EXPIRED, AccountKind.WRITE_OFF})
"""What is in none of these a member has, or owes."""


_FIGURES = {
    (AccountKind.ISSUED, "sale"): ("issued_units", -1),
    (AccountKind.ISSUED, "act"): ("issued_units", -1),
    (AccountKind.REDEEMED, "sale"): ("burned_units", 1),
    (AccountKind.REDEEMED, "return"): ("restored_units", -1),
    (AccountKind.ISSUED, "return"): ("clawed_back_units", 1),
    # What had expired of it was no longer the member's: its entry has the other sign.
    (AccountKind.EXPIRED, "return"): ("clawed_back_units", 1),
    (AccountKind.ISSUED, "adjustment"): ("adjusted_units", -1),
    (AccountKind.WRITE_OFF, "adjustment"): ("written_off_units", -1),
}
"""Which figure an entry outside counts in, by the kind of its event, and with which sign."""
PointsEvent = SaleEvent | ActEvent | ReturnEvent | AdjustmentEvent


class Said(msgspec.Struct):
    """What the day's events say, by unit. ``forgiven`` was spent before goods came back and is not owed, or below 0 came back after all.

    ``left_to_hq`` events are none of this till's bookings: headquarters alone books their points.
    """

    issued: Counter[str] = msgspec.field(default_factory=Counter)
    burned: Counter[str] = msgspec.field(default_factory=Counter)
    restored: Counter[str] = msgspec.field(default_factory=Counter)
    clawed_back: Counter[str] = msgspec.field(default_factory=Counter)
    adjusted: Counter[str] = msgspec.field(default_factory=Counter)
    written_off: Counter[str] = msgspec.field(default_factory=Counter)
    forgiven: Counter[str] = msgspec.field(default_factory=Counter)
    left_to_hq: int = 0


def _name_of(kind: AccountKind, event_kind: str) -> tuple[str, int]:
    """Which figure an entry counts in, and with which sign."""
    if kind is AccountKind.EXPIRED and event_kind != "return":
        return "expired_units", 1
    return _FIGURES.get((kind, event_kind), ("other_units", -1))


def moves_of(day: Day, said: Said) -> tuple[UnitMoves, ...]:
    """What the day's entries moved of every unit that moved or that members have, in the order of the units' names."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in day.entries:
        known = day.events.get(entry.event_id)
        if AccountKind(entry.kind) in _OUTSIDE:
            name, sign = _name_of(AccountKind(entry.kind), "" if known is None else known.kind)
            moved[entry.issuer][name] += sign * entry.units
    opening = members_have([*day.sums_before, *day.entries_before]) if day.decides_here else {}
    units = sorted(moved.keys() | {unit for unit, has in opening.items() if has})
    found = (UnitMoves(unit=unit, forgiven_units=said.forgiven[unit], **moved[unit]) for unit in units)
    return tuple(_between(one, opening.get(one.unit, 0)) if day.decides_here else one for one in found)


def _between(moves: UnitMoves, opening: int) -> UnitMoves:
    return msgspec.structs.replace(moves, opening_units=opening, closing_units=opening + moves.change_units)


def members_have(sums: Iterable[UnitSum | EntryRow]) -> dict[str, int]:
    """What members have less what they owe after these entries, by unit: the other side of what is outside."""
    has: Counter[str] = Counter()
    for one in sums:
        if AccountKind(one.kind) not in _OUTSIDE:
            has[one.issuer] += one.units
    return dict(has)


def said_by(day: Day) -> Said:
    """What the day's events say of points and pools; those that headquarters alone books are counted and left out."""
    said = Said()
    for event in day.known:
        if not isinstance(event, PointsEvent) or not _moves_points(event):
            continue
        if day.is_left_to_hq(event):
            said.left_to_hq += 1
            continue
        match event:
            case SaleEvent():
                _add_sale(said, event)
            case ActEvent():
                said.issued.update(_granted(event.granted_lots))
            case ReturnEvent():
                _add_return(said, event, day)
            case AdjustmentEvent():
                is_forgiven = event.reason is AdjustmentReason.FORGIVEN_OVERDRAFT
                (said.written_off if is_forgiven else said.adjusted)[event.issuer] += event.units
    return said


def _moves_points(event: PointsEvent) -> bool:
    match event:
        case SaleEvent():
            return bool(event.granted_lots or event.pool_lots or event.burn_units or event.taken)
        case ActEvent():
            return bool(event.granted_lots)
        case ReturnEvent():
            back = event.clawed_back or event.collected_back or event.restored_lots or event.restored_taken
            return bool(event.account_ref and back)
        case AdjustmentEvent():
            return True


def _add_sale(said: Said, event: SaleEvent) -> None:
    said.issued.update(_granted(event.granted_lots + event.pool_lots))
    said.burned[event.issuer] += event.burn_units
    for one in event.taken:
        said.burned[one.unit] += one.units


def _add_return(said: Said, event: ReturnEvent, day: Day) -> None:
    """Where a programme forgives what was spent, less may be taken than goes back with the goods, or more: out of what is given back."""
    restored = _granted(event.restored_lots + event.restored_taken)
    said.restored.update(restored)
    claimed: Counter[str] = Counter()
    for part in event.clawed_back + event.collected_back:
        claimed[part.issuer or event.issuer] -= part.units
    for unit in claimed.keys() | restored.keys():
        units = claimed[unit]
        if event.clamps if is_points(unit) else unit in event.clamped_pools:
            units = max(0, min(units + restored[unit], _taken_back(day, event.event_id, unit)))
        said.clawed_back[unit] += units
        said.forgiven[unit] += claimed[unit] - units


def _taken_back(day: Day, event_id: str, unit: str) -> int:
    return sum(
        entry.units
        for entry in day.entries
        if entry.event_id == event_id and entry.issuer == unit and entry.kind == AccountKind.ISSUED
    )


def _granted(lots: Iterable[GrantedLot]) -> Counter[str]:
    granted: Counter[str] = Counter()
    for lot in lots:
        granted[lot.grant.issuer] += lot.grant.units
    return granted


def booked_by(day: Day, account: AccountKind, event_kinds: frozenset[str]) -> Counter[str]:
    """What the day's entries of one kind of account sum to by unit, of events of these kinds."""
    booked: Counter[str] = Counter()
    for entry in day.entries:
        known = day.events.get(entry.event_id)
        if entry.kind == account and known is not None and known.kind in event_kinds:
            booked[entry.issuer] += entry.units
    return booked


def explained_by(day: Day, entry: EntryRow) -> bool:
    """Whether an event of the journal or the calendar stands behind an entry."""
    return entry.event_id in day.events or is_of_time(entry)
