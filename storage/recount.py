"""What the events of the journal add up to: the doctor compares it with the tables, and its repair puts it there.

Only for a till that decides about points itself: elsewhere headquarters' states stand in the tables.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.loyalty.ledger import AccountKind
from pos_app.model.accounts import Lot
from pos_app.model.calendar import month_of
from pos_app.model.evaluation import LotGrant
from pos_app.protocol.events import (
    ActEvent,
    AdjustmentEvent,
    AdjustmentReason,
    GrantedLot,
    ReturnEvent,
    SaleEvent,
    decode_body,
)
from storage import accounts, tables
from storage.accounts import MonthlySum

CountingEvent = SaleEvent | ReturnEvent | AdjustmentEvent | ActEvent
_event = tables.event.c
_entry = tables.entry.c
_COUNTING = ("sale", "return", "adjustment", "act")
_IN_LOTS = (AccountKind.AVAILABLE.value, AccountKind.PENDING.value)
Sums = dict[tuple[str, str, str], int]
"""What was counted, by account, programme and month; in minor units, never zero."""


class Granted(msgspec.Struct, frozen=True):
    """A lot as the event that gave it says."""

    account_ref: str
    grant: LotGrant


class Recount(msgspec.Struct, frozen=True):
    """The sums of all events. ``is_whole`` is false where bodies were pruned: then nothing can be said of sums.

    ``wrong_events`` are those whose entries move other amounts than they say.
    """

    receipts: dict[str, int]
    sums: Sums
    granted: dict[str, Granted]
    wrong_events: tuple[str, ...]
    is_whole: bool


def recount(connection: Connection) -> Recount:
    """Read every event that gives or counts something, once. A body that cannot be read is left to the chain's check."""
    receipts: Counter[str] = Counter()
    sums: Counter[tuple[str, str, str]] = Counter()
    granted: dict[str, Granted] = {}
    wrong: list[str] = []
    is_whole = True
    months: dict[str, str] = {}
    families: dict[str, tuple[str, ...]] = {}
    moved = _moved(connection)
    for event_id, event in _counting_events(connection):
        if event is None:
            is_whole = False
            continue
        if event.account_ref not in families:
            families[event.account_ref] = _family(connection, event.account_ref)
        family = families[event.account_ref]
        account_ref = family[0]
        if isinstance(event, SaleEvent):
            months[event.event_id] = month_of(event.moment.business_date)
        if account_ref:
            granted |= {lot_id: Granted(account_ref, grant) for lot_id, grant in _grants(event)}
            receipts[account_ref] += isinstance(event, SaleEvent)
            _count(sums, account_ref, event, months)
            if (said := _said_units(event)) != _moved_units(moved.get(event_id, ()), family, said):
                wrong.append(event_id)
    return Recount(
        receipts={ref: count for ref, count in receipts.items() if count},
        sums={key: minor for key, minor in sums.items() if minor},
        granted=granted,
        wrong_events=tuple(wrong),
        is_whole=is_whole,
    )


def stored_sums(connection: Connection) -> Sums:
    """What stands in the tables, by account, programme and month."""
    c = tables.accumulator.c
    rows = connection.execute(select(c.account_ref, c.programme_id, c.month, c.sum_minor).where(c.sum_minor != 0))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def stored_receipts(connection: Connection) -> dict[str, int]:
    """How many receipts each account has, by the tables."""
    c = tables.account.c
    rows = connection.execute(select(c.account_ref, c.receipts_count).where(c.receipts_count > 0))
    return {row[0]: row[1] for row in rows}


def wrong_lots(connection: Connection, granted: dict[str, Granted]) -> list[str]:
    """Lots that are lost, spent ones too, or not as they were given: another issuer, programme, amount, start or expiry."""
    c = tables.lot.c
    rows = connection.execute(
        select(c.lot_id, c.programme_id, c.issuer, c.granted_units, c.starts_at_ms, c.expires_at_ms)
    )
    stored = {row[0]: LotGrant(*row[1:]) for row in rows}
    return [lot_id for lot_id, one in granted.items() if stored.get(lot_id) != one.grant]


def put_counts(connection: Connection, counted: Recount) -> None:
    """Sums and numbers of receipts as the events say, in place of what is there."""
    connection.execute(delete(tables.accumulator))
    connection.execute(update(tables.account).values(receipts_count=0))
    for (account_ref, programme_id, month), minor in counted.sums.items():
        accounts.add_to_sums(connection, account_ref, [MonthlySum(programme_id, month, minor)], receipts=0)
    for account_ref, count in counted.receipts.items():
        accounts.add_to_sums(connection, account_ref, (), receipts=count)


def put_lots(connection: Connection, lot_ids: Iterable[str], granted: dict[str, Granted]) -> tuple[str, ...]:
    """These lots as their events gave them and their entries left them; gives which could be put right.

    Left as they are: lots of which no event that is left says how they were given, and those whose entries cannot be right, because more
    was taken than given. One sum over the entries serves all of them.
    """
    left = _left_by_lot(connection)
    lots = [_lot_of(lot_id, granted[lot_id], left.get(lot_id, [])) for lot_id in lot_ids if lot_id in granted]
    right = [lot for lot in lots if 0 <= lot.remaining_units <= lot.granted_units]
    for lot in right:
        connection.execute(delete(tables.lot).where(tables.lot.c.lot_id == lot.lot_id))
    accounts.put_lots(connection, right)
    return tuple(lot.lot_id for lot in right)


def _left_by_lot(connection: Connection) -> dict[str, list[tuple[str, str, int]]]:
    """What the entries left of every lot, by account and kind."""
    rows = connection.execute(
        select(_entry.lot_id, _entry.account_ref, _entry.kind, func.sum(_entry.units))
        .where(_entry.lot_id != "", _entry.kind.in_(_IN_LOTS))
        .group_by(_entry.lot_id, _entry.account_ref, _entry.kind)
    )
    left: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for lot_id, *standing in rows:
        left[lot_id].append((standing[0], standing[1], standing[2]))
    return left


def _lot_of(lot_id: str, granted: Granted, standing: Sequence[tuple[str, str, int]]) -> Lot:
    grant = granted.grant
    left: Counter[str] = Counter()
    for account_ref, _kind, units in standing:
        left[account_ref] += units
    survivor_ref = granted.account_ref
    return Lot(
        lot_id=lot_id,
        account_ref=max(left, key=lambda ref: (left[ref], ref == survivor_ref), default=survivor_ref),
        issuer=grant.issuer,
        programme_id=grant.programme_id,
        starts_at_ms=grant.starts_at_ms,
        expires_at_ms=grant.expires_at_ms,
        granted_units=grant.units,
        remaining_units=left.total(),
        matured=any(kind == AccountKind.AVAILABLE for _account_ref, kind, _units in standing),
    )


def put_overdrafts(connection: Connection) -> None:
    """What every account owes as the entries say, in place of what is there."""
    owed = -func.sum(_entry.units)
    rows = connection.execute(
        select(_entry.account_ref, _entry.issuer, owed)
        .where(_entry.kind == AccountKind.OVERDRAFT.value)
        .group_by(_entry.account_ref, _entry.issuer)
        .having(owed > 0)
    ).all()
    connection.execute(delete(tables.overdraft))
    for account_ref, issuer, units in rows:
        connection.execute(insert(tables.overdraft).values(account_ref=account_ref, issuer=issuer, units=units))


def _counting_events(connection: Connection) -> Iterator[tuple[str, CountingEvent | None]]:
    """Oldest first; None for one whose body was pruned. What cannot be read is left out."""
    rows = connection.execute(
        select(_event.event_id, _event.body)
        .where(_event.kind.in_(_COUNTING))
        .order_by(_event.utc_ms, _event.incarnation, _event.seq)
    ).all()
    for event_id, body in rows:
        event = None if body is None else _decoded(body)
        if body is None or isinstance(event, CountingEvent):
            yield event_id, event


def _decoded(body: bytes) -> CountingEvent | None:
    try:
        event = decode_body(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return event if isinstance(event, CountingEvent) else None


def _family(connection: Connection, account_ref: str) -> tuple[str, ...]:
    """The account that counts today and all that were merged into it; an empty one for nobody, and for whom this till never knew."""
    c = tables.account.c.account_ref
    is_known = connection.execute(select(c).where(c == account_ref)).first() is not None
    return accounts.merged_with(connection, account_ref) if is_known else ("",)


def _grants(event: CountingEvent) -> list[tuple[str, LotGrant]]:
    return [(one.lot_id, one.grant) for one in _given(event)]


def _given(event: CountingEvent) -> tuple[GrantedLot, ...]:
    """The lots that an event gives, of points and of pools."""
    if isinstance(event, AdjustmentEvent):
        return () if event.granted is None else (event.granted,)
    if isinstance(event, ActEvent):
        return event.granted_lots
    if isinstance(event, SaleEvent):
        return event.granted_lots + event.pool_lots
    return event.restored_lots + event.restored_taken


def _count(sums: Counter[tuple[str, str, str]], account_ref: str, event: CountingEvent, months: dict[str, str]) -> None:
    """A return takes what it brings back out of the month in which it was counted."""
    if isinstance(event, AdjustmentEvent | ActEvent):
        return
    if isinstance(event, SaleEvent):
        sign, month = 1, months[event.event_id]
    else:
        sold = month_of(event.sale_business_date or event.moment.business_date)
        sign, month = -1, months.get(event.sale_event_id, sold)
    for programme_id, minor in event.counted.items():
        sums[account_ref, programme_id, month] += sign * minor


def _said_units(event: CountingEvent) -> dict[AccountKind, int]:
    """What an event says of its entries, by kind: only what does not depend on the balance of that moment."""
    given = sum(grant.units for _lot_id, grant in _grants(event))
    if isinstance(event, SaleEvent):
        return {
            AccountKind.ISSUED: -given,
            AccountKind.REDEEMED: event.burn_units + sum(one.units for one in event.taken),
        }
    if isinstance(event, ReturnEvent):
        return {AccountKind.REDEEMED: -given}
    if isinstance(event, ActEvent):
        return {AccountKind.ISSUED: -given}
    is_forgiven = event.reason is AdjustmentReason.FORGIVEN_OVERDRAFT
    return {AccountKind.WRITE_OFF if is_forgiven else AccountKind.ISSUED: -event.units}


def _moved(connection: Connection) -> dict[str, list[tuple[str, str, int]]]:
    """What the entries of every event moved, by account and kind."""
    rows = connection.execute(
        select(_entry.event_id, _entry.account_ref, _entry.kind, func.sum(_entry.units)).group_by(
            _entry.event_id, _entry.account_ref, _entry.kind
        )
    )
    moved: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for event_id, account_ref, kind, units in rows:
        moved[event_id].append((account_ref, kind, units))
    return moved


def _moved_units(
    moved: Iterable[tuple[str, str, int]], family: tuple[str, ...], kinds: Iterable[AccountKind]
) -> dict[AccountKind, int]:
    """What the entries of an event moved of these kinds, under the account that it names or one that was merged with it."""
    units_of = dict.fromkeys(kinds, 0)
    for account_ref, kind, units in moved:
        if account_ref in family and AccountKind(kind) in units_of:
            units_of[AccountKind(kind)] += units
    return units_of
