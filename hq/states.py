"""Accounts as tills see them: their rows in a few queries for many accounts at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, any_, func, literal, select
from sqlalchemy.dialects import postgresql

from hq import tables
from hq.contracts import contract_in
from hq.rows import ContractRow
from hq.terminals import Terminal
from pos_app.loyalty.ledger import AccountKind
from pos_app.model.accounts import Expiring, Lease, Lot
from pos_app.model.contracts import Contract
from pos_app.model.marks import Mark
from pos_app.protocol.messages import AccountState, CardState, PersonalRecord, VersionedField

Extent = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Which accounts: the condition on a column that names them."""
_Units = defaultdict[str, dict[str, int]]
_LOT_COLUMNS = [tables.lot.c[name] for name in Lot.__struct_fields__]
_LEASE_COLUMNS = [tables.lease.c[name] for name in Lease.__struct_fields__]


def these(connection: Connection, account_refs: Collection[str]) -> Extent:
    """The accounts of these references. On PostgreSQL they go as one array: thousands are as quick to say as one."""
    if connection.dialect.name != "postgresql":
        return lambda column: column.in_(account_refs)
    array = literal(list(account_refs), postgresql.ARRAY(Text))
    return lambda column: column == any_(array)


def read_states(connection: Connection, terminal: Terminal, extent: Extent) -> list[AccountState]:
    """The accounts of the extent in the order of their references, as the asking till is to see them."""
    account = tables.account.c
    found = select(
        account.account_ref,
        account.status,
        account.card_class,
        account.receipts_count,
        account.provisional,
        account.merged_into,
        account.offline_burning,
    )
    rows = connection.execute(found.where(extent(account.account_ref)).order_by(account.account_ref)).all()
    parts = _Parts(connection, terminal.terminal_id, extent)
    incarnation, seq = terminal.applied_incarnation, terminal.applied_seq
    return [
        AccountState(
            account_ref=ref,
            status=status,
            card_class=card_class,
            cards=tuple(parts.cards.get(ref, ())),
            lots=tuple(parts.lots.get(ref, ())),
            overdraft_units=parts.overdrafts.get(ref, {}),
            accumulators=parts.sums.get(ref, {}),
            receipts_count=receipts_count,
            includes_incarnation=incarnation,
            includes_seq=seq,
            provisional=provisional,
            merged_into=merged_into,
            leases=tuple(parts.leases.get(ref, ())),
            leased_elsewhere_units=parts.leased_elsewhere.get(ref, {}),
            held_units=parts.held.get(ref, {}),
            offline_burning=offline_burning,
            marks=tuple(parts.marks.get(ref, ())),
            contracts=tuple(parts.contracts.get(ref, ())),
            elsewhere_expiring={issuer: tuple(ends) for issuer, ends in parts.elsewhere_expiring.get(ref, {}).items()},
        )
        for ref, status, card_class, receipts_count, provisional, merged_into, offline_burning in rows
    ]


class _Parts:
    """What hangs on the accounts of an extent, by their references."""

    def __init__(self, connection: Connection, terminal_id: str, extent: Extent) -> None:
        self.cards = _cards(connection, extent)
        self.leases: defaultdict[str, list[Lease]] = defaultdict(list)
        self.leased_elsewhere: _Units = defaultdict(dict)
        self.elsewhere_expiring: defaultdict[str, dict[str, list[Expiring]]] = defaultdict(dict)
        self._read_leases(connection, terminal_id, extent)
        self.lots = _lots(connection, extent)
        self._add_lots_of_leases(connection)
        self.overdrafts = _overdrafts(connection, extent)
        self.sums = _sums(connection, extent)
        self.held = _held(connection, extent)
        self.marks = _marks(connection, extent)
        self.contracts = _contracts(connection, extent)

    def _read_leases(self, connection: Connection, terminal_id: str, extent: Extent) -> None:
        c = tables.lease.c
        found = select(c.account_ref, *_LEASE_COLUMNS).where(extent(c.account_ref), c.units > 0).order_by(c.lease_id)
        for ref, *values in connection.execute(found).all():
            lease = Lease(*values)
            if lease.holder == terminal_id:
                self.leases[ref].append(lease)
            else:
                of_account = self.leased_elsewhere[ref]
                of_account[lease.issuer] = of_account.get(lease.issuer, 0) + lease.units
                if lease.expires_at_ms is not None:
                    ends = self.elsewhere_expiring[ref].setdefault(lease.issuer, [])
                    ends.append(Expiring(lease.expires_at_ms, lease.units))

    def _add_lots_of_leases(self, connection: Connection) -> None:
        """The till books what it gives back into the lot, even where nothing else is left in that."""
        leased = {lease.lot_id: ref for ref, leases in self.leases.items() for lease in leases}
        for lots in self.lots.values():
            for lot in lots:
                leased.pop(lot.lot_id, None)
        if leased:
            c = tables.lot.c
            used_up = select(*_LOT_COLUMNS).where(c.account_ref.in_(set(leased.values())), c.lot_id.in_(leased))
            for row in connection.execute(used_up).all():
                self.lots[row.account_ref].append(Lot(*row))


def read_personal(connection: Connection, extent: Extent) -> tuple[PersonalRecord, ...]:
    """What is known of the holders of these accounts."""
    c = tables.personal_field.c
    columns = (c.account_ref, c.field, c.value, c.version, c.changed_at_ms)
    held: defaultdict[str, dict[str, VersionedField]] = defaultdict(dict)
    for ref, field, *values in connection.execute(
        select(*columns).where(extent(c.account_ref)).order_by(c.account_ref)
    ).all():
        held[ref][field] = VersionedField(*values)
    return tuple(PersonalRecord(ref, fields) for ref, fields in held.items())


def _cards(connection: Connection, extent: Extent) -> dict[str, list[CardState]]:
    c = tables.card.c
    cards: defaultdict[str, list[CardState]] = defaultdict(list)
    found = select(c.account_ref, c.number, c.status).where(extent(c.account_ref)).order_by(c.number)
    for ref, number, status in connection.execute(found).all():
        cards[ref].append(CardState(number, status))
    return cards


def _contracts(connection: Connection, extent: Extent) -> dict[str, list[Contract]]:
    """Those that still owe something."""
    c = tables.contract.c
    contracts: defaultdict[str, list[Contract]] = defaultdict(list)
    found = select(*(c[name] for name in ContractRow.__struct_fields__)).where(
        extent(c.account_ref), c.total_minor > c.paid_minor + c.lowered_minor
    )
    for row in connection.execute(found.order_by(c.account_ref, c.opened_on, c.number)).all():
        contracts[row.account_ref].append(contract_in(ContractRow(*row)))
    return contracts


def _marks(connection: Connection, extent: Extent) -> dict[str, list[Mark]]:
    c = tables.account_mark.c
    marks: defaultdict[str, list[Mark]] = defaultdict(list)
    found = select(c.account_ref, c.name, c.value, c.since_date).where(extent(c.account_ref))
    for ref, *values in connection.execute(found.order_by(c.account_ref, c.name, c.value)).all():
        marks[ref].append(Mark(*values))
    return marks


def _lots(connection: Connection, extent: Extent) -> defaultdict[str, list[Lot]]:
    c = tables.lot.c
    lots: defaultdict[str, list[Lot]] = defaultdict(list)
    found = select(*_LOT_COLUMNS).where(extent(c.account_ref), c.remaining_units > 0)
    for row in connection.execute(found.order_by(c.account_ref, c.lot_id)).all():
        lots[row[1]].append(Lot(*row))
    return lots


def _overdrafts(connection: Connection, extent: Extent) -> _Units:
    c = tables.balance.c
    owed = select(c.account_ref, c.issuer, -c.units).where(
        extent(c.account_ref), c.kind == AccountKind.OVERDRAFT.value, c.units < 0
    )
    return _by_issuer(connection.execute(owed).all())


def _held(connection: Connection, extent: Extent) -> _Units:
    c = tables.hold.c
    sums = select(c.account_ref, c.issuer, func.sum(c.units)).where(extent(c.account_ref), c.state == "held")
    return _by_issuer(connection.execute(sums.group_by(c.account_ref, c.issuer)).all())


def _by_issuer(rows: Any) -> _Units:
    units: _Units = defaultdict(dict)
    for ref, issuer, of_issuer in rows:
        units[ref][issuer] = int(of_issuer)
    return units


def _sums(connection: Connection, extent: Extent) -> Mapping[str, dict[str, dict[str, int]]]:
    c = tables.accumulator.c
    sums: defaultdict[str, defaultdict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    found = select(c.account_ref, c.programme_id, c.month, c.sum_minor).where(extent(c.account_ref))
    for ref, programme_id, month, sum_minor in connection.execute(found).all():
        sums[ref][programme_id][month] = sum_minor
    return sums
