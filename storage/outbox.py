"""The outbox: what the sync worker reads of the journal and writes of HQ's answers. Implements ``pos_app.sync.ports.Outbox``.

Reads use the worker thread's own connection; every write is one job for the writer thread.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.loyalty.ledger import AccountKind, Entry
from pos_app.model.accounts import Lot
from pos_app.model.calendar import month_of
from pos_app.protocol.events import ReturnEvent, SaleEvent, decode_body
from pos_app.protocol.messages import AccountState, ChangesPage, PersonalRecord, VersionedField
from pos_app.protocol.queue import PendingBatch, QueueFigures, StopReason, TerminalIdentity
from storage import accounts, journal, tables
from storage.accounts import MonthlySum
from storage.database import Database

_CONTACT_NOTED_MS = 600_000
_event = tables.event.c
_personal = tables.personal_field.c
_unconfirmed = _personal.version > _personal.confirmed_version


class SqliteOutbox:
    """The outbox of one till. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def identity(self) -> TerminalIdentity:
        """Who we are and how far we got, read afresh."""
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
        return TerminalIdentity(
            terminal_id=terminal.terminal_id,
            incarnation=terminal.incarnation,
            acked_seq=terminal.acked_seq,
            last_seq=terminal.last_seq,
            hq_gen=terminal.hq_gen,
            cursor=terminal.cursor,
        )

    def next_batch(self, first_seq: int, *, events_max: int, bytes_max: int) -> PendingBatch | None:
        """Events from ``first_seq`` on, at most so many and so heavy, but at least one; None when there is none."""
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
            rows = journal.read_journal(connection, terminal, after_seq=first_seq - 1, limit=events_max)
        bodies: list[bytes] = []
        weight_bytes = 0
        for row in rows:
            assert row.body is not None, "an event that HQ wants was pruned"
            weight_bytes += len(row.body)
            if bodies and weight_bytes > bytes_max:
                break
            bodies.append(row.body)
        if not bodies:
            return None
        return PendingBatch(first_seq=first_seq, prev_hash=rows[0].prev_hash, bodies=tuple(bodies))

    def acknowledge(self, *, acked_seq: int, durable_seq: int, hq_gen: int, hq_time_ms: int) -> None:
        """HQ has everything up to ``acked_seq``; never lowers what is recorded, and never beyond what was written."""

        def job(connection: Connection) -> None:
            terminal = journal.read_terminal(connection)
            acked = max(terminal.acked_seq, min(acked_seq, terminal.last_seq))
            journal.change_terminal(
                connection,
                acked_seq=acked,
                durable_seq=max(terminal.durable_seq, min(durable_seq, acked)),
                hq_gen=hq_gen,
                last_contact_ms=hq_time_ms,
                trusted_ms=hq_time_ms,
            )

        self._database.write(job)

    def rewind(self, expected_seq: int) -> None:
        """HQ has less than it said (it was restored): send again from ``expected_seq`` on."""

        def job(connection: Connection) -> None:
            terminal = journal.read_terminal(connection)
            acked = min(terminal.acked_seq, expected_seq - 1)
            journal.change_terminal(connection, acked_seq=acked, durable_seq=min(terminal.durable_seq, acked))

        self._database.write(job)

    def pending_personal(self, limit: int) -> tuple[PersonalRecord, ...]:
        """Personal records with fields that HQ has not confirmed, oldest first; each with all its unconfirmed fields."""
        with self._database.reading() as connection:
            return _unconfirmed_records(connection, limit)

    def confirm_personal(self, records: tuple[PersonalRecord, ...]) -> None:
        """HQ holds these versions. A field that was changed since it was sent stays pending."""

        def job(connection: Connection) -> None:
            for record in records:
                for name, field in record.fields.items():
                    connection.execute(
                        update(tables.personal_field)
                        .where(
                            _personal.account_ref == record.account_ref,
                            _personal.field == name,
                            _personal.confirmed_version < field.version,
                        )
                        .values(confirmed_version=field.version)
                    )

        self._database.write(job)

    def apply_changes(self, page: ChangesPage) -> None:
        """Put HQ's accounts and personal records in place of ours, in one transaction, with the cursor and HQ's time.

        A page without news is only written down as a contact, and that not more often than each ten minutes.
        """
        if self._is_no_news(page):
            return

        def job(connection: Connection) -> None:
            for state in page.accounts:
                _apply_account(connection, state)
            for record in page.personal:
                _apply_personal(connection, record)
            journal.change_terminal(connection, cursor=page.next_cursor, hq_gen=page.hq_gen)
            if page.hq_time_ms:
                journal.change_terminal(connection, last_contact_ms=page.hq_time_ms, trusted_ms=page.hq_time_ms)

        self._database.write(job)

    def _is_no_news(self, page: ChangesPage) -> bool:
        if page.accounts or page.personal:
            return False
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
        is_known = (page.next_cursor, page.hq_gen) == (terminal.cursor, terminal.hq_gen)
        return is_known and page.hq_time_ms - (terminal.last_contact_ms or 0) < _CONTACT_NOTED_MS

    def stop_burning(self, reason: StopReason) -> None:
        """HQ no longer takes our word: no offline burning until the till is enrolled again."""
        self._database.write(lambda connection: journal.change_terminal(connection, sync_state=reason.value))

    def queue_figures(self) -> QueueFigures:
        """The queue's length and age."""
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
            waiting = journal.is_under(terminal) & (_event.seq > terminal.acked_seq)
            oldest = connection.execute(select(func.min(_event.utc_ms)).where(waiting)).scalar_one()
            accounts_waiting = func.count(_personal.account_ref.distinct())
            personal = connection.execute(select(accounts_waiting).where(_unconfirmed)).scalar_one()
        return QueueFigures(terminal.last_seq - terminal.acked_seq, oldest, personal)


def _unconfirmed_records(connection: Connection, limit: int) -> tuple[PersonalRecord, ...]:
    by_account = select(_personal.account_ref).where(_unconfirmed).group_by(_personal.account_ref)
    oldest_first = by_account.order_by(func.min(_personal.changed_at_ms), _personal.account_ref).limit(limit)
    refs = connection.execute(oldest_first).scalars().all()
    rows = connection.execute(
        select(
            _personal.account_ref, _personal.field, _personal.value, _personal.version, _personal.changed_at_ms
        ).where(_unconfirmed, _personal.account_ref.in_(refs))
    )
    fields: dict[str, dict[str, VersionedField]] = defaultdict(dict)
    for account_ref, field, value, version, changed_at_ms in rows:
        fields[account_ref][field] = VersionedField(value, version, changed_at_ms)
    return tuple(PersonalRecord(account_ref, fields[account_ref]) for account_ref in refs)


class _OwnLater(msgspec.Struct, frozen=True):
    """What our own events add to an account that HQ's state does not count yet."""

    entries: tuple[Entry, ...]
    sums: tuple[MonthlySum, ...]
    receipts: int


def _apply_account(connection: Connection, state: AccountState) -> None:
    """HQ's state of an account, plus our own events that it does not count yet."""
    later = _own_later(connection, state)
    known = accounts.read_lots(connection, {entry.lot_id for entry in later.entries if entry.lot_id})
    row = insert(tables.account).values(
        account_ref=state.account_ref,
        card_class=state.card_class,
        receipts_count=state.receipts_count + later.receipts,
        provisional=int(state.provisional),
        includes_incarnation=state.includes_incarnation,
        includes_seq=state.includes_seq,
    )
    replaced = ("card_class", "receipts_count", "provisional", "includes_incarnation", "includes_seq")
    connection.execute(
        row.on_conflict_do_update(index_elements=["account_ref"], set_={name: row.excluded[name] for name in replaced})
    )
    for card in state.cards:
        card_row = insert(tables.card).values(number=card.number, account_ref=state.account_ref, status=card.status)
        connection.execute(
            card_row.on_conflict_do_update(
                index_elements=["number"],
                set_={"account_ref": card_row.excluded.account_ref, "status": card_row.excluded.status},
            )
        )
    accounts.forget_lots(connection, state.account_ref)
    accounts.put_lots(connection, lots_with(state.lots, known, later.entries))
    accounts.put_overdraft(
        connection, state.account_ref, _overdraft_with(state.overdraft_units, later.entries), before={}
    )
    hq_sums = (
        MonthlySum(programme_id, month, sum_minor)
        for programme_id, months in state.accumulators.items()
        for month, sum_minor in months.items()
    )
    accounts.add_to_sums(connection, state.account_ref, (*hq_sums, *later.sums), receipts=0)


def _own_later(connection: Connection, state: AccountState) -> _OwnLater:
    terminal = journal.read_terminal(connection)
    after_seq = state.includes_seq if state.includes_incarnation == terminal.incarnation else 0
    sale = tables.sale.c
    rows = connection.execute(
        select(_event.event_id, _event.body)
        .join(tables.sale, sale.event_id == _event.event_id)
        .where(journal.is_under(terminal), _event.seq > after_seq, sale.account_ref == state.account_ref)
        .order_by(_event.seq)
    ).all()
    entries: list[Entry] = []
    sums: list[MonthlySum] = []
    receipts = 0
    for event_id, body in rows:
        entries += accounts.entries_of(connection, state.account_ref, event_id)
        event = decode_body(body)
        assert isinstance(event, SaleEvent | ReturnEvent), "only sales and returns are in the sale table"
        month = month_of(event.moment.business_date)
        sign = 1 if isinstance(event, SaleEvent) else -1
        sums += (MonthlySum(programme_id, month, sign * minor) for programme_id, minor in event.counted.items())
        receipts += isinstance(event, SaleEvent)
    return _OwnLater(tuple(entries), tuple(sums), receipts)


def lots_with(hq_lots: Iterable[Lot], own_lots: Iterable[Lot], later: Iterable[Entry]) -> tuple[Lot, ...]:
    """HQ's lots with our later entries on top: lots that we gave since, and what we took since.

    None goes below zero, nor above what was granted: HQ may count an event already that it has under our former name.
    """
    moved: dict[str, int] = defaultdict(int)
    granted: set[str] = set()
    for entry in later:
        if entry.kind in {AccountKind.AVAILABLE, AccountKind.PENDING}:
            moved[entry.lot_id] += entry.units
        elif entry.kind in {AccountKind.ISSUED, AccountKind.REDEEMED} and entry.units < 0:
            granted.add(entry.lot_id)
    lots = {lot.lot_id: lot for lot in hq_lots}
    for lot in own_lots:
        if lot.lot_id in granted and lot.lot_id not in lots:
            lots[lot.lot_id] = msgspec.structs.replace(lot, remaining_units=0)
    return tuple(
        msgspec.structs.replace(
            lot, remaining_units=min(max(0, lot.remaining_units + moved[lot.lot_id]), lot.granted_units)
        )
        for lot in lots.values()
    )


def _overdraft_with(hq_units: dict[str, int], later: Iterable[Entry]) -> dict[str, int]:
    units: dict[str, int] = defaultdict(int, hq_units)
    for entry in later:
        if entry.kind is AccountKind.OVERDRAFT:
            units[entry.issuer] -= entry.units
    return {issuer: max(0, owed) for issuer, owed in units.items()}


def _apply_personal(connection: Connection, record: PersonalRecord) -> None:
    """HQ's fields, but for those that were changed here since and are not confirmed."""
    for name, field in record.fields.items():
        row = insert(tables.personal_field).values(
            account_ref=record.account_ref,
            field=name,
            value=field.value,
            version=field.version,
            changed_at_ms=field.changed_at_ms,
            confirmed_version=field.version,
        )
        replaced = ("value", "version", "changed_at_ms", "confirmed_version")
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["account_ref", "field"],
                set_={column: row.excluded[column] for column in replaced},
                where=(_personal.version <= _personal.confirmed_version) | (_personal.version < field.version),
            )
        )
