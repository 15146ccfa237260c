"""The terminal's identity and its journal: a gapless, hash-chained row an event, body bytes kept verbatim."""

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.errors import StorageError
from pos_app.model.calendar import clock_is_believed
from pos_app.protocol.chain import GENESIS, Envelope, event_hash
from pos_app.protocol.checkpoints import Checkpoint
from storage import tables
from storage.database import driver_connection, will_end_at
from storage.high_water import Mark
from storage.statements import ONE, ZERO, Statement, insert_of

_LOGICAL_BITS = 16
_PAGE_EVENTS = 1_000
_terminal = tables.terminal.c
_event = tables.event.c


class Terminal(msgspec.Struct, frozen=True):
    """Who this till is, and where its journal stands."""

    terminal_id: str
    terminal_number: int
    store_id: str
    incarnation: int
    last_seq: int
    last_hash: bytes
    last_hlc: int
    trusted_ms: int
    acked_seq: int
    durable_seq: int
    hq_gen: int
    cursor: str
    last_contact_ms: int | None
    sync_state: str
    nps_url: str
    nps_key: bytes | None
    hq_public_key: bytes | None
    policy: str
    snapshot_cursor: str
    snapshot_changes_cursor: str
    snapshot_no: int
    pruned_seq: int


class JournalRow(msgspec.Struct, frozen=True):
    """One event as it stands in the journal; ``body`` is None once it was pruned."""

    incarnation: int
    seq: int
    terminal_id: str
    event_id: str
    kind: str
    body: bytes | None
    prev_hash: bytes
    hash: bytes


_read_terminal = Statement(
    lambda: select(*(tables.terminal.c[name] for name in Terminal.__struct_fields__)).where(_terminal.id == ONE)
)
_advance = Statement(
    lambda: update(tables.terminal).values(
        last_seq=bindparam("seq"),
        last_hash=bindparam("hash"),
        last_hlc=bindparam("hlc"),
        trusted_ms=bindparam("trusted_ms"),
    )
)
_append = Statement(
    lambda: insert_of(
        tables.event, "incarnation", "seq", "terminal_id", "event_id", "kind", "body", "prev_hash", "hash", "utc_ms"
    )
)
_row_columns = tuple(tables.event.c[name] for name in JournalRow.__struct_fields__)
_by_event_id = Statement(lambda: select(*_row_columns).where(_event.event_id == bindparam("event_id")))
_next_rows = Statement(
    lambda: (
        select(*_row_columns)
        .where(
            _event.terminal_id == bindparam("terminal_id"),
            _event.incarnation == bindparam("incarnation"),
            _event.seq > bindparam("after_seq"),
        )
        .order_by(_event.seq)
        .limit(bindparam("rows_max"))
        .offset(ZERO)
    )
)

_checkpoint = Statement(
    lambda: select(*(tables.checkpoint.c[name] for name in ("seq", "hash", "signature"))).where(
        tables.checkpoint.c.terminal_id == bindparam("terminal_id"),
        tables.checkpoint.c.incarnation == bindparam("incarnation"),
    )
)


def read_terminal(connection: Connection) -> Terminal:
    """The till's identity; it must have been founded."""
    row = _read_terminal.first(driver_connection(connection))
    assert row is not None, "the till was not founded"
    return Terminal(*row)


def found_terminal(connection: Connection, *, terminal_id: str, terminal_number: int, store_id: str) -> None:
    """Give a new database its identity, once; does nothing where there is one.

    Raises ``StorageError`` where the identity was lost and events were not: a new name would forget them all.
    """
    if _read_terminal.first(driver_connection(connection)) is None and connection.execute(select(_event.seq)).first():
        raise StorageError(
            "storage.identity_lost",
            what="The database has lost the till's identity.",
            safe="Its events are still there and were not touched.",
            todo="Keep the file and restore a backup.",
        )
    row = insert(tables.terminal).values(
        id=1,
        terminal_id=terminal_id,
        terminal_number=terminal_number,
        store_id=store_id,
        incarnation=1,
        last_hash=GENESIS,
    )
    connection.execute(row.on_conflict_do_nothing())


def change_terminal(connection: Connection, **values: object) -> None:
    """Set columns of the terminal's row."""
    names = tuple(column.name for column in _terminal if column.name in values)
    assert len(names) == len(values), "the terminal's row has no such column"
    _change_of(names).run(driver_connection(connection), *(values[name] for name in names))


@cache
def _change_of(names: tuple[str, ...]) -> Statement:
    """Sets these columns, which stand in the table's order."""
    return Statement(lambda: update(tables.terminal).values({name: bindparam(f"new_{name}") for name in names}))


def refuse_missing_end(terminal: Terminal, mark: Mark | None) -> None:
    """Raise ``StorageError`` where more events were committed under this name than the journal has.

    To go on would give their numbers out a second time.
    """
    if mark is None:
        return
    # Another name: the database is an empty one, or one of before this till joined its HQ.
    is_same = mark.terminal_id == terminal.terminal_id
    if is_same and (mark.incarnation, mark.seq) <= (terminal.incarnation, terminal.last_seq):
        return
    raise StorageError(
        "storage.events_missing",
        what=f"The newest events are missing: the journal ends at {terminal.last_seq}, but {mark.seq} were finished.",
        safe="Nothing was written. What headquarters and the mirror hold is safe there.",
        todo="Put till.sqlite3-wal or the newest copy of the folder back. If it is lost: `pos-app accept-loss`.",
    )


def note_generation(connection: Connection, hq_gen: int) -> None:
    """Remember HQ's generation. Another one than before: HQ was restored, and may lack what it had acknowledged."""
    before = read_terminal(connection).hq_gen
    change_terminal(connection, hq_gen=hq_gen)
    if before not in {0, hq_gen}:
        offer_last_again(connection)


def offer_last_again(connection: Connection) -> None:
    """Count our last event as not acknowledged: sent once more, HQ has it, or says from where on it lacks ours.

    Without this a till that sells nothing would never learn that a restored HQ has less than before.
    """
    terminal = read_terminal(connection)
    acked_seq = max(terminal.pruned_seq, min(terminal.acked_seq, terminal.last_seq - 1))
    change_terminal(connection, acked_seq=acked_seq, durable_seq=min(terminal.durable_seq, acked_seq))


def next_hlc(last_hlc: int, utc_ms: int) -> int:
    """The hybrid logical clock's next value: the wall clock where it went on, else one more than the last.

    >>> next_hlc(5 << 16, 6) == 6 << 16, next_hlc(5 << 16, 4) == (5 << 16) + 1
    (True, True)
    """
    return max(last_hlc + 1, utc_ms << _LOGICAL_BITS)


def believed_ms(terminal: Terminal, now_ms: int) -> int:
    """The last moment that is believed, now that the wall clock says ``now_ms``."""
    is_believed = clock_is_believed(trusted_ms=terminal.trusted_ms, now_ms=now_ms)
    return max(terminal.trusted_ms, now_ms) if is_believed else terminal.trusted_ms


def append_event(
    connection: Connection, terminal: Terminal, *, event_id: str, kind: str, body: bytes, utc_ms: int, hlc: int
) -> None:
    """Append the event after the terminal's last one; inside the transaction that books what it says."""
    seq = terminal.last_seq + 1
    envelope = Envelope(terminal.terminal_id, terminal.incarnation, seq)
    digest = event_hash(terminal.last_hash, envelope, body)
    driver = driver_connection(connection)
    _append.run(
        driver,
        terminal.incarnation,
        seq,
        terminal.terminal_id,
        event_id,
        kind,
        body,
        terminal.last_hash,
        digest,
        utc_ms,
    )
    _advance.run(driver, seq, digest, hlc, believed_ms(terminal, utc_ms))
    will_end_at(connection, Mark(terminal.terminal_id, terminal.incarnation, seq))


def begin_incarnation(connection: Connection, *, terminal_id: str, incarnation: int) -> None:
    """Put every event that HQ does not hold durably under a new name: same bodies and event ids, a new chain from number 1.

    Until HQ sends the accounts anew, none of them counts any of these events.
    """
    terminal = read_terminal(connection)
    moving = connection.execute(
        select(_event.event_id, _event.body)
        .where(is_under(terminal), _event.seq > terminal.durable_seq)
        .order_by(_event.seq)
    ).all()
    last_hash = GENESIS
    for seq, (event_id, body) in enumerate(moving, start=1):
        digest = event_hash(last_hash, Envelope(terminal_id, incarnation, seq), body)
        connection.execute(
            update(tables.event)
            .where(_event.event_id == event_id)
            .values(incarnation=incarnation, seq=seq, terminal_id=terminal_id, prev_hash=last_hash, hash=digest)
        )
        last_hash = digest
    if terminal_id != terminal.terminal_id:
        # What HQ has set aside for the former name another till may hold: a copy of this disk, or the one that it was.
        connection.execute(delete(tables.lease))
    authorisation = tables.authorisation.c
    number = select(_event.seq).where(
        _event.event_id == authorisation.event_id,
        _event.terminal_id == terminal_id,
        _event.incarnation == incarnation,
    )
    connection.execute(
        update(tables.authorisation)
        .where(authorisation.event_id != "")
        .values(event_seq=func.coalesce(number.scalar_subquery(), 0))
    )
    connection.execute(
        update(tables.account)
        .where(tables.account.c.includes_incarnation != 0)
        .values(includes_incarnation=0, includes_seq=0)
    )
    change_terminal(
        connection,
        terminal_id=terminal_id,
        incarnation=incarnation,
        last_seq=len(moving),
        last_hash=last_hash,
        acked_seq=0,
        durable_seq=0,
        pruned_seq=0,
    )
    will_end_at(connection, Mark(terminal_id, incarnation, len(moving)))


def refill_body(connection: Connection, event_id: str, body: bytes) -> bool:
    """Put a pruned body back, whose hash the caller has compared; False for an event under a former name, which nobody asks for."""
    pruned = update(tables.event).where(_event.event_id == event_id, _event.body.is_(None))
    return bool(connection.execute(pruned.where(is_under(read_terminal(connection))).values(body=body)).rowcount)


def note_pruned(connection: Connection) -> None:
    """Write down anew up to where the bodies of the present name are gone. The checkpoint goes on vouching for what it did.

    HQ may have lost what came back: it says anew what it keeps. What stands before a body that is gone goes again, since HQ takes
    events in their order.
    """
    terminal = read_terminal(connection)
    pruned = select(func.coalesce(func.max(_event.seq), 0)).where(is_under(terminal), _event.body.is_(None))
    pruned_seq = connection.execute(pruned).scalar_one()
    of_no_use = is_under(terminal) & (_event.seq < pruned_seq) & _event.body.is_not(None)
    connection.execute(update(tables.event).where(of_no_use).values(body=None))
    if pruned_seq < terminal.pruned_seq:
        change_terminal(connection, pruned_seq=pruned_seq, durable_seq=min(terminal.durable_seq, pruned_seq))


def find_event(connection: Connection, event_id: str) -> JournalRow | None:
    """The event of this id, or None: the way to learn whether a sale was booked after an I/O error."""
    row = _by_event_id.first(driver_connection(connection), event_id)
    return None if row is None else JournalRow(*row)


def is_under(terminal: Terminal) -> ColumnElement[bool]:
    """Of an event: whether it stands under the till's present name, and not under one that it had before."""
    return (_event.terminal_id == terminal.terminal_id) & (_event.incarnation == terminal.incarnation)


def read_journal(connection: Connection, terminal: Terminal, *, after_seq: int, limit: int) -> list[JournalRow]:
    """The next rows of the journal under the till's present name."""
    name = (terminal.terminal_id, terminal.incarnation)
    rows = _next_rows.all(driver_connection(connection), *name, after_seq, limit)
    return [JournalRow(*row) for row in rows]


def names(connection: Connection) -> list[tuple[str, int]]:
    """Every name under which the journal holds events, as terminal id and incarnation; the present one first, also without any."""
    terminal = read_terminal(connection)
    present = (terminal.terminal_id, terminal.incarnation)
    rows = connection.execute(
        select(_event.terminal_id, _event.incarnation).distinct().order_by(_event.terminal_id, _event.incarnation)
    )
    return [present, *(name for row in rows if (name := (row[0], row[1])) != present)]


def checkpoint_of(connection: Connection, name: tuple[str, int]) -> Checkpoint | None:
    """What vouches for the pruned beginning of the chain of this name (terminal id, incarnation); None where nothing was pruned."""
    row = _checkpoint.first(driver_connection(connection), *name)
    return None if row is None else Checkpoint(Envelope(*name, row[0]), *row[1:])


def count_events(connection: Connection) -> int:
    """How many events there are, under every name."""
    return connection.execute(select(func.count()).select_from(tables.event)).scalar_one()


def bodies_of(connection: Connection, kinds: Sequence[str]) -> Iterator[bytes]:
    """The bodies of all events of these kinds, whatever name they stand under, but for pruned ones; page by page."""
    after = ""
    while True:
        rows = connection.execute(
            select(_event.event_id, _event.body)
            .where(_event.event_id > after, _event.kind.in_(kinds))
            .order_by(_event.event_id)
            .limit(_PAGE_EVENTS)
        ).all()
        if not rows:
            return
        yield from (row.body for row in rows if row.body is not None)
        after = rows[-1].event_id
