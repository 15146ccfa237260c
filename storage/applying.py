"""HQ's states of accounts in place of the till's own, with what the till did since on top: view = HQ's state + own later events."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, or_, select
from sqlalchemy.dialects.sqlite import Insert, insert

from pos_app.loyalty.ledger import AccountKind, Entry
from pos_app.model.accounts import AccountStatus, CardStatus, Expiring, Lease, Lot
from pos_app.model.calendar import month_of
from pos_app.model.contracts import Contract
from pos_app.model.marks import Mark
from pos_app.protocol.contracting import contracts_after
from pos_app.protocol.events import (
    AccountStatusEvent,
    AnyEvent,
    CardAction,
    CardEvent,
    LeaseReleaseEvent,
    MergeEvent,
    ReturnEvent,
    SaleEvent,
)
from pos_app.protocol.marking import MarkingEvent, marks_after
from pos_app.protocol.messages import AccountState, CardState
from storage import accounts, contracts, journal, marks, tables
from storage.accounts import MonthlySum
from storage.database import driver_connection
from storage.journal import Terminal
from storage.own_events import OwnEvents, read_events
from storage.statements import EMPTY, Row, Statement, insert_of

_account = tables.account.c
_STATUS_AFTER = {
    CardAction.ADD: CardStatus.ACTIVE,
    CardAction.REPLACE: CardStatus.ACTIVE,
    CardAction.BLOCK: CardStatus.BLOCKED,
    CardAction.UNBLOCK: CardStatus.ACTIVE,
}


class _Later(msgspec.Struct, frozen=True):
    """What our own events, that HQ's state of an account does not count yet, did to it."""

    events: tuple[AnyEvent, ...]
    entries: tuple[Entry, ...]


def put_states(connection: Connection, states: Sequence[AccountState], own: OwnEvents) -> None:
    """Put these states in place, inside the caller's transaction. ``own`` must have read on to the journal's end."""
    terminal = journal.read_terminal(connection)
    # Merged ones first: then their survivors know whose later events are theirs.
    in_order = sorted(states, key=lambda state: state.status != AccountStatus.MERGED)
    plain: list[AccountState] = []
    for state in in_order:
        later = _later(connection, terminal, state, own)
        if not later.events:
            plain.append(state)
            continue
        write_states(connection, plain, snapshot_no=terminal.snapshot_no)
        plain.clear()
        _put_with_own(connection, terminal, state, later)
    write_states(connection, plain, snapshot_no=terminal.snapshot_no)


def counted_seq(terminal: Terminal, state: AccountState) -> int:
    """Up to which event of the till's present name HQ's state counts."""
    return state.includes_seq if state.includes_incarnation == terminal.incarnation else 0


def _put_with_own(connection: Connection, terminal: Terminal, state: AccountState, later: _Later) -> None:
    if any(isinstance(event, MergeEvent) for event in later.events) or _is_known_as_merged(connection, state):
        # Our own view already has it; HQ sends both accounts anew when it has booked what we did.
        _mark.run(driver_connection(connection), terminal.snapshot_no, state.account_ref)
        return
    into = state.merged_into if state.status == AccountStatus.MERGED and _exists(connection, state.merged_into) else ""
    write_states(connection, (_with_later(connection, state, later),), snapshot_no=terminal.snapshot_no)
    if into:
        _carry_over(connection, later, into)


def _family(connection: Connection, account_ref: str) -> tuple[str, ...]:
    """The account and all that were merged into it, over however many steps."""
    driver = driver_connection(connection)
    family, asked = [account_ref], 0
    while asked < len(family):
        family += (row[0] for row in _merged_into.all(driver, family[asked]) if row[0] not in family)
        asked += 1
    return tuple(family)


def _later(connection: Connection, terminal: Terminal, state: AccountState, own: OwnEvents) -> _Later:
    after_seq = counted_seq(terminal, state)
    if not own.touches_something_after(after_seq):
        return _Later((), ())
    family = _family(connection, state.account_ref)
    events = read_events(connection, terminal, own.after(family, after_seq))
    entries = tuple(
        entry for event in events for ref in family for entry in accounts.entries_of(connection, ref, event.event_id)
    )
    return _Later(events, entries)


def _is_known_as_merged(connection: Connection, state: AccountState) -> bool:
    """Whether the account was merged here before, so that its later events are on top of its survivor already."""
    if state.status != AccountStatus.MERGED:
        return False
    known = connection.execute(select(_account.merged_into).where(_account.account_ref == state.account_ref)).scalar()
    return known == state.merged_into


def _exists(connection: Connection, account_ref: str) -> bool:
    return _known.first(driver_connection(connection), account_ref) is not None


def _with_later(connection: Connection, state: AccountState, later: _Later) -> AccountState:
    """The state as it is when HQ has booked our later events, as far as we can tell."""
    entries = with_leases_there(state.leases, later.events, later.entries)
    own_lots = accounts.read_lots(connection, {entry.lot_id for entry in entries if entry.lot_id})
    return msgspec.structs.replace(
        state,
        lots=lots_with(state.lots, own_lots, entries),
        leases=leases_with(state.leases, later.events, later.entries),
        overdraft_units=overdraft_with(state.overdraft_units, entries),
        accumulators=_sums_with(state.accumulators, later.events),
        receipts_count=state.receipts_count + sum(isinstance(event, SaleEvent) for event in later.events),
        card_class=_class_with(state.card_class, later.events),
        cards=_cards_with(state.cards, later.events),
        status=_status_with(state.status, later.events),
        marks=_marks_with(state.marks, later.events),
        contracts=_contracts_with(state.contracts, later.events),
    )


def with_leases_there(
    hq_leases: Iterable[Lease], later: Iterable[AnyEvent], entries: Iterable[Entry]
) -> tuple[Entry, ...]:
    """Our later entries, those of releases lowered to what HQ still knows of the lease: what is not there gives nothing back to its lot."""
    left = {lease.lease_id: lease.units for lease in hq_leases}
    given: dict[str, int] = {}
    for event in later:
        if isinstance(event, LeaseReleaseEvent):
            given[event.event_id] = min(event.units, left.get(event.lease_id, 0))
            left[event.lease_id] = left.get(event.lease_id, 0) - given[event.event_id]
    return tuple(
        entry
        if (most := given.get(entry.event_id)) is None
        else msgspec.structs.replace(entry, units=max(-most, min(most, entry.units)))
        for entry in entries
    )


def lots_with(hq_lots: Iterable[Lot], own_lots: Iterable[Lot], later: Sequence[Entry]) -> tuple[Lot, ...]:
    """HQ's lots with our later entries on top: lots that we gave since, and what we took since.

    A lot that HQ knows it has booked the granting of, from a copy of our disk or under our former name: that is not added again.
    None goes below zero, nor above what was granted.
    """
    lots = {lot.lot_id: lot for lot in hq_lots}
    grants = {
        (entry.event_id, entry.lot_id)
        for entry in later
        if entry.kind in {AccountKind.ISSUED, AccountKind.REDEEMED} and entry.units < 0
    }
    moved: dict[str, int] = defaultdict(int)
    for entry in later:
        is_known = (entry.event_id, entry.lot_id) in grants and entry.lot_id in lots
        if entry.kind in {AccountKind.AVAILABLE, AccountKind.PENDING} and not is_known:
            moved[entry.lot_id] += entry.units
    granted = {lot_id for _, lot_id in grants}
    for lot in own_lots:
        if lot.lot_id in granted and lot.lot_id not in lots:
            lots[lot.lot_id] = msgspec.structs.replace(lot, remaining_units=0)
    return tuple(
        msgspec.structs.replace(
            lot, remaining_units=min(max(0, lot.remaining_units + moved[lot.lot_id]), lot.granted_units)
        )
        for lot in lots.values()
    )


def leases_with(hq_leases: Iterable[Lease], later: Iterable[AnyEvent], entries: Iterable[Entry]) -> tuple[Lease, ...]:
    """HQ's leases less what we released and burned of them since. A release names its lease; for a burn the leases of a lot are alike."""
    released = {event.event_id: event for event in later if isinstance(event, LeaseReleaseEvent)}
    given_back: dict[str, int] = defaultdict(int)
    for event in released.values():
        given_back[event.lease_id] += event.units
    burned: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.kind is AccountKind.LEASED and entry.event_id not in released:
            burned[entry.lot_id] -= entry.units
    left = []
    for lease in hq_leases:
        units = max(0, lease.units - given_back[lease.lease_id])
        part = min(max(0, burned[lease.lot_id]), units)
        burned[lease.lot_id] -= part
        left.append(msgspec.structs.replace(lease, units=units - part))
    return tuple(lease for lease in left if lease.units)


def overdraft_with(hq_units: dict[str, int], later: Iterable[Entry]) -> dict[str, int]:
    """What HQ says is owed by issuer, with what was owed, repaid and forgiven here since."""
    units: dict[str, int] = defaultdict(int, hq_units)
    for entry in later:
        if entry.kind is AccountKind.OVERDRAFT:
            units[entry.issuer] -= entry.units
    return {issuer: max(0, owed) for issuer, owed in units.items()}


def _sums_of(events: Iterable[AnyEvent]) -> tuple[MonthlySum, ...]:
    sums: list[MonthlySum] = []
    for event in events:
        if isinstance(event, SaleEvent):
            month = month_of(event.moment.business_date)
            sums += (MonthlySum(programme_id, month, minor) for programme_id, minor in event.counted.items())
        elif isinstance(event, ReturnEvent):
            month = month_of(event.sale_business_date or event.moment.business_date)
            sums += (MonthlySum(programme_id, month, -minor) for programme_id, minor in event.counted.items())
    return tuple(sums)


def _sums_with(hq_sums: dict[str, dict[str, int]], events: Iterable[AnyEvent]) -> dict[str, dict[str, int]]:
    sums = {programme_id: dict(months) for programme_id, months in hq_sums.items()}
    for one in _sums_of(events):
        months = sums.setdefault(one.programme_id, {})
        months[one.month] = months.get(one.month, 0) + one.sum_minor
    return sums


def _class_with(card_class: str, events: Iterable[AnyEvent]) -> str:
    """The class, unless a later sale of ours has raised it."""
    for event in events:
        if isinstance(event, SaleEvent) and event.engine_input.member is not None:
            before = event.engine_input.member.card_class
            card_class = event.class_after if event.class_after != before else card_class
    return card_class


def _cards_with(cards: Iterable[CardState], events: Iterable[AnyEvent]) -> tuple[CardState, ...]:
    statuses = {card.number: card.status for card in cards}
    for event in events:
        if isinstance(event, CardEvent):
            statuses[event.card_number] = _STATUS_AFTER[event.action].value
            if event.replaces:
                statuses[event.replaces] = CardStatus.REPLACED.value
    return tuple(CardState(number, status) for number, status in statuses.items())


def _status_with(status: str, events: Iterable[AnyEvent]) -> str:
    """Frozen or active as we said last; what HQ has merged or blocked stays so."""
    for event in events:
        if isinstance(event, AccountStatusEvent) and status in {AccountStatus.ACTIVE, AccountStatus.FROZEN}:
            status = event.status
    return status


def _marks_with(of_account: tuple[Mark, ...], events: Iterable[AnyEvent]) -> tuple[Mark, ...]:
    for event in events:
        if isinstance(event, MarkingEvent):
            of_account = marks_after(of_account, event)
    return of_account


def _contracts_with(of_account: tuple[Contract, ...], events: Iterable[AnyEvent]) -> tuple[Contract, ...]:
    """HQ's open contracts with what we agreed since, and what was paid and came back here since."""
    for event in events:
        of_account = contracts_after(of_account, event)
    return of_account


def _carry_over(connection: Connection, later: _Later, into: str) -> None:
    """HQ has merged an account, and what we did to it since belongs to the survivor, which we know already."""
    before = accounts.read_books(connection, into)
    lot_ids = {entry.lot_id for entry in later.entries if entry.lot_id}
    known = accounts.read_lots(connection, lot_ids)
    here = (lot for lot in (*before.lots, *known) if lot.account_ref == into)
    lots = lots_with({lot.lot_id: lot for lot in here}.values(), known, later.entries)
    accounts.put_lots(connection, (msgspec.structs.replace(lot, account_ref=into) for lot in lots))
    accounts.put_overdraft(
        connection, into, overdraft_with(before.overdraft_units, later.entries), before=before.overdraft_units
    )
    receipts = sum(isinstance(event, SaleEvent) for event in later.events)
    accounts.add_to_sums(connection, into, _sums_of(later.events), receipts=receipts)
    marks.put_marks(connection, into, _marks_with(marks.marks_of(connection, into), later.events))
    contracts.put_contracts(connection, into, _contracts_with(contracts.contracts_of(connection, into), later.events))


_ACCOUNT_COLUMNS = (
    "account_ref",
    "card_class",
    "receipts_count",
    "provisional",
    "includes_incarnation",
    "includes_seq",
    "status",
    "merged_into",
    "offline_burning",
    "snapshot_no",
)


def _upsert(table: Table, columns: Sequence[str], key: str, *, if_changed: bool = False) -> Insert:
    row = insert(table).values({name: bindparam(name) for name in columns})
    others = [name for name in columns if name != key]
    is_changed = or_(*(table.c[name] != row.excluded[name] for name in others)) if if_changed else None
    return row.on_conflict_do_update(
        index_elements=[key], set_={name: row.excluded[name] for name in others}, where=is_changed
    )


_put_account = Statement(lambda: _upsert(tables.account, _ACCOUNT_COLUMNS, "account_ref"))
_put_card = Statement(lambda: _upsert(tables.card, ("number", "account_ref", "status"), "number", if_changed=True))
_BALANCES = (
    tables.lot,
    tables.overdraft,
    tables.accumulator,
    tables.lease,
    tables.reserved,
    tables.account_mark,
    tables.elsewhere_expiring,
    tables.contract,
)


def _putting(table: Table) -> Statement:
    """Write the whole row. A lot or a lease that was another account's moves: HQ joins accounts."""
    columns = [column.name for column in table.columns]
    keyed = table in {tables.lot, tables.lease, tables.contract}
    return Statement(lambda: _upsert(table, columns, columns[0]) if keyed else insert_of(table))


def _reading(table: Table) -> Statement:
    return Statement(lambda: select(*table.columns).where(table.c.account_ref == bindparam("ref")))


_put_balances = tuple(_putting(table) for table in _BALANCES)
_balances = tuple(_reading(table) for table in _BALANCES)


def _forgetting(table: Table) -> Statement:
    return Statement(lambda: delete(table).where(table.c.account_ref == bindparam("ref")))


_forget = tuple(_forgetting(table) for table in _BALANCES)
_known = Statement(lambda: select(_account.account_ref).where(_account.account_ref == bindparam("account_ref")))
_merged_into = Statement(
    lambda: select(_account.account_ref).where(
        _account.merged_into == bindparam("merged_into"), _account.merged_into != EMPTY
    )
)
_mark = Statement(
    lambda: (
        tables.account.update()
        .where(_account.account_ref == bindparam("ref"))
        .values(snapshot_no=bindparam("snapshot_no"))
    )
)


def write_states(connection: Connection, states: Sequence[AccountState], *, snapshot_no: int) -> None:
    """Write these states as they are, whatever was there; many at once cost little more than their rows.

    Balances that are as they were are left alone: after a restore of HQ most are, and reading is cheaper than writing.
    """
    driver = driver_connection(connection)
    known = [state for state in states if _known.first(driver, state.account_ref) is not None]
    _put_account.run_many(
        driver,
        (
            (
                s.account_ref,
                s.card_class,
                s.receipts_count,
                int(s.provisional),
                s.includes_incarnation,
                s.includes_seq,
                s.status,
                s.merged_into,
                int(s.offline_burning),
                snapshot_no,
            )
            for s in states
        ),
    )
    _put_card.run_many(driver, ((card.number, s.account_ref, card.status) for s in states for card in s.cards))
    same = {state.account_ref for state in known if _balances_of(driver, state.account_ref) == _balances_in(state)}
    for statement in _forget:
        statement.run_many(driver, ((state.account_ref,) for state in known if state.account_ref not in same))
    _write_balances(connection, [state for state in states if state.account_ref not in same])


Balances = tuple[set[Row], ...]
"""The rows of an account's balances, as the tables have them: lots, overdraft, sums, leases, what is reserved; its marks and contracts."""


def _balances_of(driver: Any, account_ref: str) -> Balances:
    return tuple(set(statement.all(driver, account_ref)) for statement in _balances)


def _balances_in(state: AccountState) -> Balances:
    ref = state.account_ref
    return (
        {
            (
                lot.lot_id,
                ref,
                lot.issuer,
                lot.programme_id,
                lot.starts_at_ms,
                lot.expires_at_ms,
                lot.granted_units,
                lot.remaining_units,
                int(lot.matured),
            )
            for lot in state.lots
        },
        {(ref, issuer, units) for issuer, units in state.overdraft_units.items()},
        {
            (ref, programme_id, month, minor)
            for programme_id, months in state.accumulators.items()
            for month, minor in months.items()
        },
        {
            (one.lease_id, ref, one.issuer, one.lot_id, one.units, one.expires_at_ms, int(one.recalled))
            for one in state.leases
        },
        {
            (ref, issuer, state.held_units.get(issuer, 0), state.leased_elsewhere_units.get(issuer, 0))
            for issuer in state.held_units.keys() | state.leased_elsewhere_units.keys()
        },
        {(ref, mark.name, mark.value, mark.since_date) for mark in state.marks},
        {
            (ref, issuer, expires_at_ms, units)
            for issuer, ends in state.elsewhere_expiring.items()
            for expires_at_ms, units in _by_end(ends).items()
        },
        {contracts.row_of(ref, one) for one in state.contracts},
    )


def _by_end(ends: Iterable[Expiring]) -> dict[int, int]:
    """Units by the moment at which they are over."""
    units: dict[int, int] = {}
    for one in ends:
        units[one.expires_at_ms] = units.get(one.expires_at_ms, 0) + one.units
    return units


def _write_balances(connection: Connection, states: Sequence[AccountState]) -> None:
    driver = driver_connection(connection)
    rows = [_balances_in(state) for state in states]
    for number, statement in enumerate(_put_balances):
        statement.run_many(driver, (row for balances in rows for row in balances[number]))
