"""The outbox: what the sync worker reads of the journal and writes of HQ's answers. Implements ``pos_app.sync.ports.Outbox``.

Reads use the worker thread's own connection; every write is one job for the writer thread.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update

from pos_app.model.policy import BurnPolicy
from pos_app.protocol.messages import (
    AccountState,
    ChangesPage,
    Document,
    PersonalRecord,
    SnapshotPage,
    VersionedField,
)
from pos_app.protocol.queue import PendingBatch, QueueFigures, StopReason, TerminalIdentity
from storage import accounts, budgets, journal, personal, programmes, snapshots, tables
from storage.applying import counted_seq, put_states
from storage.database import Database, driver_connection, transaction
from storage.own_events import OwnEvents
from storage.statements import ZERO, Statement

Pause = Callable[[int], None]
"""Called between two steps with the milliseconds that the last one took; it waits as long as the sales should have for themselves."""
TakeDocuments = Callable[[Connection, Sequence[Document], bool], None]
STEP_ACCOUNTS = 25
STEP_ACCOUNTS_ALONE = 500
"""How many accounts one transaction replaces: a sale may have to wait for one such step. A till that knew nobody before takes more."""
_CONTACT_NOTED_MS = 600_000
_event = tables.event.c
_personal = tables.personal_field.c
_unconfirmed = _personal.version > _personal.confirmed_version

_oldest = Statement(
    lambda: select(func.min(_event.utc_ms)).where(
        _event.terminal_id == bindparam("terminal_id"),
        _event.incarnation == bindparam("incarnation"),
        _event.seq > bindparam("acked_seq"),
    )
)
_accounts_waiting = Statement(lambda: select(func.count(_personal.account_ref.distinct())).where(_unconfirmed))
_unconfirmed_accounts = Statement(
    lambda: (
        select(_personal.account_ref)
        .where(_unconfirmed)
        .group_by(_personal.account_ref)
        .order_by(func.min(_personal.changed_at_ms), _personal.account_ref)
        .limit(bindparam("accounts_max"))
        .offset(ZERO)
    )
)


def _without_rest(_step_ms: int) -> None:
    """Go on at once."""


class SqliteOutbox:
    """The outbox of one till. Each method is one transaction."""

    def __init__(self, database: Database, *, take_documents: TakeDocuments | None = None) -> None:
        """``take_documents`` gets what HQ publishes beside accounts, inside the transaction, and whether that is all there is."""
        self._database = database
        self._take_documents = take_documents or _no_documents
        self._own = OwnEvents()
        self._rests = True

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
            snapshot_cursor=terminal.snapshot_cursor,
            pruned_seq=terminal.pruned_seq,
            hq_public_key=terminal.hq_public_key or b"",
            hq_signs=bool(terminal.policy),
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
                trusted_ms=hq_time_ms,
            )
            if terminal.hq_gen not in {0, hq_gen}:
                # HQ was restored: where its changes went on no longer means anything.
                journal.change_terminal(connection, cursor="", snapshot_cursor="")

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

    def apply_changes(self, page: ChangesPage, pause: Pause = _without_rest) -> None:
        """Put HQ's accounts and personal records in place of ours, then remember the cursor and HQ's time.

        Done in steps of a few accounts, each a transaction of its own, so that a sale hardly waits; ``pause`` gets the milliseconds
        that each step took. The cursor moves with the last one: a page that was broken off is asked for again. A page without news is
        only written down as a contact, and that not more often than each ten minutes.
        """
        if self._is_no_news(page):
            return
        self._put(page.accounts, page.personal, pause)

        def job(connection: Connection) -> bool:
            self._take_documents(connection, page.documents, False)
            erased = accounts.erase_personal(connection, page.erased)
            journal.change_terminal(connection, cursor=page.next_cursor)
            journal.note_generation(connection, page.hq_gen)
            _note_policy(connection, page.policy)
            budgets.put_allotments(connection, page.allotments)
            if page.hq_time_ms and not page.more:
                _note_contact(connection, page.hq_time_ms)
            return bool(erased)

        if self._database.write(job):
            self._database.fold()

    def apply_snapshot(self, page: SnapshotPage, *, asked_cursor: str, pause: Pause) -> None:
        """Put one page of the snapshot in place; with the last one forget what HQ does not know, and go on with changes.

        A till that knew no account before has nobody to keep waiting, and loads without pauses.
        """
        if page.restart or not asked_cursor:
            self._database.write(lambda connection: snapshots.begin(connection, page))
            with self._database.reading() as connection:
                self._rests = snapshots.has_other_accounts(connection)
        self._put(page.accounts, page.personal, pause if self._rests else _without_rest)
        self._rests = self._rests or not page.more
        if page.more:
            self._database.write(lambda connection: snapshots.go_on(connection, page))
            return
        self._forget_unnamed(pause)

        def job(connection: Connection) -> None:
            self._take_documents(connection, page.documents, True)
            snapshots.finish(connection, page)
            _note_policy(connection, page.policy)
            if page.hq_time_ms:
                _note_contact(connection, page.hq_time_ms)

        self._database.write(job)

    def _put(self, states: Sequence[AccountState], records: Sequence[PersonalRecord], pause: Pause) -> None:
        """Accounts and then who holds them, a few at a time."""
        if states:
            with self._database.reading() as connection:
                self._read_on(connection, states)
        step = STEP_ACCOUNTS if self._rests else STEP_ACCOUNTS_ALONE
        for first in range(0, len(states), step):
            pause(self._timed(partial(self._put_states, states=states[first : first + step])))
        for first in range(0, len(records), step):
            pause(self._timed(partial(personal.put_records, records=records[first : first + step])))

    def _timed(self, job: Callable[[Connection], None]) -> int:
        """Do it in a transaction; gives how many milliseconds the writer was busy with it, rounded up."""

        def timed(connection: Connection) -> int:
            started_ns = time.perf_counter_ns()
            with transaction(connection):
                job(connection)
            return -(-(time.perf_counter_ns() - started_ns) // 1_000_000)

        return self._database.submit_steps(timed).result()

    def _read_on(self, connection: Connection, states: Sequence[AccountState]) -> None:
        terminal = journal.read_terminal(connection)
        self._own.read_on(connection, terminal, after_seq=min(counted_seq(terminal, state) for state in states))

    def _put_states(self, connection: Connection, states: Sequence[AccountState]) -> None:
        self._read_on(connection, states)  # what was booked since, up to this very transaction
        put_states(connection, states, self._own)

    def _forget_unnamed(self, pause: Pause) -> None:
        """Forget, a few at a time, the accounts that the snapshot did not name and that nothing of ours keeps here."""
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
            after_seq = snapshots.counted_by_all(connection, terminal)
            self._own.read_on(connection, terminal, after_seq=after_seq)
        last_ref: str | None = ""
        while last_ref is not None:
            with self._database.reading() as connection:
                refs = snapshots.unnamed(connection, after_ref=last_ref, limit=STEP_ACCOUNTS)
            last_ref = refs[-1] if refs else None

            def job(connection: Connection, refs: Sequence[str] = refs) -> None:
                self._own.read_on(connection, journal.read_terminal(connection), after_seq=after_seq)
                snapshots.forget(connection, [ref for ref in refs if not self._own.after((ref,), after_seq)])

            if refs:
                pause(self._timed(job))

    def forget_cursor(self) -> None:
        """What HQ sent so far no longer counts (it was restored): the till's view is to be fetched from the beginning."""
        self._database.write(lambda connection: journal.change_terminal(connection, cursor="", snapshot_cursor=""))

    def programme_set(self, set_hash: str) -> bytes | None:
        """The programme set with this hash, as the till keeps it."""
        with self._database.reading() as connection:
            return programmes.find_programme_set(connection, set_hash)

    def _is_no_news(self, page: ChangesPage) -> bool:
        if page.accounts or page.personal or page.documents or page.erased:
            return False
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
            if page.allotments and budgets.are_news(connection, page.allotments):
                return False
        is_known = (page.next_cursor, page.hq_gen) == (terminal.cursor, terminal.hq_gen)
        is_known = is_known and (page.policy is None or _policy_text(page.policy) == terminal.policy)
        return is_known and page.hq_time_ms - (terminal.last_contact_ms or 0) < _CONTACT_NOTED_MS

    def stop_burning(self, reason: StopReason) -> None:
        """HQ no longer takes our word: no offline burning until the till is enrolled again."""
        self._database.write(lambda connection: journal.change_terminal(connection, sync_state=reason.value))

    def queue_figures(self) -> QueueFigures:
        """The queue's length and age."""
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
            driver = driver_connection(connection)
            ((oldest,),) = _oldest.all(driver, terminal.terminal_id, terminal.incarnation, terminal.acked_seq)
            ((personal,),) = _accounts_waiting.all(driver)
        return QueueFigures(terminal.last_seq - terminal.acked_seq, oldest, personal)


def _unconfirmed_records(connection: Connection, limit: int) -> tuple[PersonalRecord, ...]:
    refs = [row[0] for row in _unconfirmed_accounts.all(driver_connection(connection), limit)]
    if not refs:
        return ()
    rows = connection.execute(
        select(
            _personal.account_ref, _personal.field, _personal.value, _personal.version, _personal.changed_at_ms
        ).where(_unconfirmed, _personal.account_ref.in_(refs))
    )
    fields: dict[str, dict[str, VersionedField]] = defaultdict(dict)
    for account_ref, field, value, version, changed_at_ms in rows:
        fields[account_ref][field] = VersionedField(value, version, changed_at_ms)
    return tuple(PersonalRecord(account_ref, fields[account_ref]) for account_ref in refs)


def _no_documents(_connection: Connection, _documents: Sequence[Document], _is_all: bool, /) -> None:  # noqa: FBT001
    """Take nothing but accounts from HQ."""


def _policy_text(policy: BurnPolicy) -> str:
    return msgspec.json.encode(policy).decode()


def _note_policy(connection: Connection, policy: BurnPolicy | None) -> None:
    if policy is not None:
        journal.change_terminal(connection, policy=_policy_text(policy))


def _note_contact(connection: Connection, hq_time_ms: int) -> None:
    """HQ has told us everything that it knew at this moment."""
    journal.change_terminal(connection, last_contact_ms=hq_time_ms, trusted_ms=hq_time_ms)
