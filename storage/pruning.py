"""What the till lets go of with time: bodies of events that HQ keeps for good, old receipts, and, long out of touch, names.

Every function does one small step inside the caller's transaction and gives how much it did; 0 means that nothing is left to do.
"""

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, Connection, Integer, Text, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.protocol.chain import Envelope
from pos_app.protocol.checkpoints import Checkpoint
from storage import journal, tables
from storage.database import driver_connection
from storage.journal import Terminal
from storage.statements import ONE, ZERO, Statement

STEP_EVENTS = 100
STEP_SALES = 25
STEP_FIELDS = 100
_event = tables.event.c
_sale = tables.sale.c
_personal = tables.personal_field.c
_PARTS = (
    tables.award,
    tables.discount,
    tables.collected,
    tables.taken,
    tables.payment,
    tables.sale_line,
    tables.return_line,
    tables.unseen_line,
    tables.print_job,
    tables.sale,
)
_next_name = Statement(
    lambda: (
        select(_event.terminal_id, _event.incarnation)
        .where(
            tuple_(_event.terminal_id, _event.incarnation)
            > tuple_(bindparam("terminal_id", type_=Text), bindparam("incarnation", type_=Integer))
        )
        .order_by(_event.terminal_id, _event.incarnation)
        .limit(ONE)
        .offset(ZERO)
    )
)
_next_events = Statement(
    lambda: (
        select(_event.seq, _event.hash, _event.utc_ms)
        .where(
            _event.terminal_id == bindparam("terminal_id"),
            _event.incarnation == bindparam("incarnation"),
            _event.seq > bindparam("pruned_seq"),
            _event.seq <= bindparam("durable_seq"),
        )
        .order_by(_event.seq)
        .limit(bindparam("rows_max"))
        .offset(ZERO)
    )
)

Sign = Callable[[Envelope, bytes], Checkpoint]


def drop_bodies(connection: Connection, name: tuple[str, int], sign: Sign, *, before_ms: int) -> int:
    """Drop the next bodies of the chain of this name that HQ holds durably and that are older, and sign for what is gone.

    ``name`` is a terminal id and an incarnation; under a former one everything is durable, since the rest moved on. The rows stay, with
    their hashes.
    """
    terminal = journal.read_terminal(connection)
    checkpoint = journal.checkpoint_of(connection, name)
    vouched_seq = 0 if checkpoint is None else checkpoint.envelope.seq
    is_present = name == (terminal.terminal_id, terminal.incarnation)
    # Bodies that came back from a mirror stand below what the checkpoint vouches for.
    pruned_seq = min(vouched_seq, terminal.pruned_seq) if is_present else vouched_seq
    durable_seq = terminal.durable_seq if is_present else 2**62
    rows = _next_events.all(driver_connection(connection), *name, pruned_seq, durable_seq, STEP_EVENTS)
    young = next((number for number, (_seq, _hash, utc_ms) in enumerate(rows) if utc_ms >= before_ms), len(rows))
    if not young:
        return 0
    last_seq, last_hash, _utc_ms = rows[young - 1]
    connection.execute(
        update(tables.event).where(_is_in(name), _event.seq > pruned_seq, _event.seq <= last_seq).values(body=None)
    )
    if last_seq > vouched_seq:
        _keep_checkpoint(connection, sign(Envelope(*name, last_seq), last_hash), utc_ms=terminal.trusted_ms)
    if is_present:
        journal.change_terminal(connection, pruned_seq=last_seq)
    return young


def pruned_seqs(connection: Connection) -> dict[tuple[str, int], int]:
    """Up to which number the bodies of each name are gone."""
    terminal = journal.read_terminal(connection)
    points = ((name, journal.checkpoint_of(connection, name)) for name in names_in(connection))
    former = {name: point.envelope.seq for name, point in points if point is not None}
    return former | {(terminal.terminal_id, terminal.incarnation): terminal.pruned_seq}


def names_in(connection: Connection) -> Iterator[tuple[str, int]]:
    """Every name that the journal has events under; finding one takes a look into the index, however many events there are."""
    after: tuple[str, int] = ("", 0)
    while (row := _next_name.first(driver_connection(connection), *after)) is not None:
        after = (row[0], row[1])
        yield after


def _is_in(name: tuple[str, int]) -> ColumnElement[bool]:
    return (_event.terminal_id == name[0]) & (_event.incarnation == name[1])


def _keep_checkpoint(connection: Connection, checkpoint: Checkpoint, *, utc_ms: int) -> None:
    place = checkpoint.envelope
    row = insert(tables.checkpoint).values(
        terminal_id=place.terminal_id,
        incarnation=place.incarnation,
        seq=place.seq,
        hash=checkpoint.hash,
        signature=checkpoint.signature,
        created_at_ms=utc_ms,
    )
    replaced = ("seq", "hash", "signature", "created_at_ms")
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["terminal_id", "incarnation"], set_={name: row.excluded[name] for name in replaced}
        )
    )


def drop_sales(connection: Connection, *, before_ms: int) -> int:
    """Drop the rows of the next receipts that are older, whose events were pruned. Their events stay in the chain, and at HQ."""
    is_pruned = select(_event.event_id).where(_event.event_id == _sale.event_id, _event.body.is_(None)).exists()
    event_ids = list(
        connection.execute(
            select(_sale.event_id).where(_sale.utc_ms < before_ms, is_pruned).order_by(_sale.utc_ms).limit(STEP_SALES)
        ).scalars()
    )
    for table in _PARTS:
        connection.execute(delete(table).where(table.c.event_id.in_(event_ids)))
    return len(event_ids)


def out_of_touch_ms(terminal: Terminal) -> int:
    """For how long HQ has not confirmed what this till knows, by trusted time; 0 for a till that has none."""
    if terminal.hq_public_key is None or terminal.last_contact_ms is None:
        return 0
    return max(0, terminal.trusted_ms - terminal.last_contact_ms)


def confirmed_names(connection: Connection) -> int:
    """How many personal fields there are that HQ has too."""
    confirmed = select(func.count()).where(_personal.version <= _personal.confirmed_version)
    return connection.execute(confirmed).scalar_one()


def wipe_confirmed_names(connection: Connection, *, out_of_touch_ms_max: int) -> int:
    """Forget the next personal fields that HQ has, where the till was out of touch for longer; what HQ has not seen stays.

    HQ is asked for everything again when it is met the next time.
    """
    if out_of_touch_ms(journal.read_terminal(connection)) <= out_of_touch_ms_max:
        return 0
    ids = list(
        connection.execute(
            select(_personal.id).where(_personal.version <= _personal.confirmed_version).limit(STEP_FIELDS)
        ).scalars()
    )
    if ids:
        connection.execute(delete(tables.personal_field).where(_personal.id.in_(ids)))
        journal.change_terminal(connection, cursor="", snapshot_cursor="")
    return len(ids)
