"""The inbox: a batch goes in whole or not at all, each event once, whatever was sent how often.

The order of one upload: the signature and the limits first, without a lock; then one transaction that locks the till's row, finds
the batch's place in its chain, decodes, hashes and inserts what is new, and commits. The answer comes after the commit.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec
import psycopg.errors
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import IntegrityError

from hq import tables
from hq.authentication import SignedCall, authenticate
from hq.intake import InboxRow, Outcome, rows_of, without_effect
from hq.metrics import EVENTS
from hq.programme_sets import wanted
from hq.refusals import RefusedError
from hq.statements import insert_rows
from hq.terminals import Terminal, advance, lock_terminal
from pos_app.protocol.events import PROTOCOL_VERSION
from pos_app.protocol.messages import (
    Batch,
    BatchAnswer,
    ErrorCode,
    MalformedError,
    Rejected,
    TooLargeError,
    decode_batch,
)

_log = logging.getLogger(__name__)
_VERSIONS_BACK = 2
_QUARANTINE_MAX = 1_000
_inbox = tables.inbox.c
_COPY = (
    "COPY inbox (terminal_id, incarnation, seq, event_id, kind, outcome, hash, body, received_at_ms)"
    " FROM STDIN (FORMAT BINARY)"
)
_COPY_TYPES = ("uuid", "int4", "int8", "uuid", "text", "text", "bytea", "bytea", "int8")


def receive_batch(engine: Engine, call: SignedCall, *, now_ms: int) -> BatchAnswer:
    """Take a batch in; raises ``RefusedError`` when it is not taken, and then nothing has changed."""
    with engine.connect() as connection:
        caller = authenticate(connection, call)
    if caller.revoked:
        _put_in_quarantine(engine, call, now_ms=now_ms)
        raise RefusedError(ErrorCode.REVOKED)
    batch = _opened(call)
    drift_ms = call.request.time_ms - now_ms
    try:
        return _store(engine, batch, now_ms=now_ms, drift_ms=drift_ms, careful=False)
    except (IntegrityError, psycopg.errors.UniqueViolation):
        # An event id is there already, under another number: look at each.
        return _store(engine, batch, now_ms=now_ms, drift_ms=drift_ms, careful=True)


def _opened(call: SignedCall) -> Batch:
    try:
        batch = decode_batch(call.request.body)
    except TooLargeError as error:
        raise RefusedError(ErrorCode.TOO_LARGE) from error
    except MalformedError as error:
        raise RefusedError(ErrorCode.MALFORMED) from error
    if batch.terminal_id != call.request.terminal_id:
        raise RefusedError(ErrorCode.MALFORMED)
    if batch.protocol < PROTOCOL_VERSION - _VERSIONS_BACK:
        raise RefusedError(ErrorCode.UPGRADE)
    return batch


def _store(engine: Engine, batch: Batch, *, now_ms: int, drift_ms: int, careful: bool) -> BatchAnswer:
    """One transaction. ``careful``: check each event id against those that are there, instead of trusting that all are new."""
    with engine.begin() as connection:
        terminal = lock_terminal(connection, batch.terminal_id)
        set_hashes: set[str] = set()
        rows = _noting(rows_of(batch), set_hashes)
        rejected = _pass_known(connection, terminal, batch, rows)
        end = terminal.last_seq, terminal.last_hash
        if batch.last_seq > terminal.last_seq:
            new = _told_apart(connection, batch.terminal_id, list(rows)) if careful else rows
            inserted = _insert(connection, batch, new, now_ms=now_ms)
            rejected += [Rejected(row.seq, row.reason) for row in inserted.rejected]
            end = batch.last_seq, inserted.last_hash
        advance(
            connection, batch.terminal_id, last_seq=end[0], last_hash=end[1], now_ms=now_ms, clock_drift_ms=drift_ms
        )
        wanted_sets = wanted(connection, set_hashes)
    EVENTS.labels("accepted").inc(end[0] - terminal.last_seq)
    EVENTS.labels("rejected").inc(len(rejected))
    return BatchAnswer(
        acked_seq=end[0],
        durable_seq=terminal.durable_seq,
        hq_gen=terminal.hq_gen,
        hq_time_ms=now_ms,
        rejected=tuple(rejected),
        wanted_sets=wanted_sets,
    )


def _noting(rows: Iterator[InboxRow], set_hashes: set[str]) -> Iterator[InboxRow]:
    """The rows as they pass, with a note of the programme sets that they name."""
    for row in rows:
        if row.programme_set_hash:
            set_hashes.add(row.programme_set_hash)
        yield row


def _pass_known(connection: Connection, terminal: Terminal, batch: Batch, rows: Iterator[InboxRow]) -> list[Rejected]:
    """Consume the rows that are in the inbox already, and give those that were rejected then.

    Raises ``RefusedError`` when the batch does not continue this chain.
    """
    if batch.incarnation != terminal.incarnation:
        raise RefusedError(ErrorCode.FENCED)
    if batch.first_seq > terminal.last_seq + 1:
        raise RefusedError(ErrorCode.GAP, expected_seq=terminal.last_seq + 1)
    known = min(batch.last_seq, terminal.last_seq) - batch.first_seq + 1
    # Each hash covers all before it, so comparing the last known one compares them all.
    ours = _hash_at(connection, terminal, batch.first_seq + known - 1)
    theirs = [batch.prev_hash, *(row.hash for row in islice(rows, known))][-1]
    if ours != theirs:
        _log.error("inbox.fork terminal=%s seq=%d", batch.terminal_id, batch.first_seq + known - 1)
        raise RefusedError(ErrorCode.FORK)
    return _rejected_before(connection, batch, terminal.last_seq) if known else []


def _hash_at(connection: Connection, terminal: Terminal, seq: int) -> bytes:
    if seq == terminal.last_seq:
        return terminal.last_hash
    stored: bytes = connection.execute(
        select(_inbox.hash).where(
            _inbox.terminal_id == terminal.terminal_id, _inbox.incarnation == terminal.incarnation, _inbox.seq == seq
        )
    ).scalar_one()
    return stored


def _rejected_before(connection: Connection, batch: Batch, known_seq: int) -> list[Rejected]:
    task = tables.task.c
    at_the_door = (
        (_inbox.terminal_id == task.terminal_id) & (_inbox.incarnation == task.incarnation) & (_inbox.seq == task.seq)
    )
    found = connection.execute(
        select(task.seq, task.code)
        .join(tables.inbox, at_the_door)
        .where(
            task.terminal_id == batch.terminal_id,
            task.incarnation == batch.incarnation,
            task.seq.between(batch.first_seq, min(batch.last_seq, known_seq)),
            _inbox.outcome == Outcome.REJECTED.value,
        )
    )
    return [Rejected(row.seq, row.code) for row in found]


def _told_apart(connection: Connection, terminal_id: str, rows: Sequence[InboxRow]) -> list[InboxRow]:
    """The rows, where an event id that is taken has no effect: the same body is a repetition, another one is rejected."""
    ids = [str(row.event_id) for row in rows if row.event_id is not None]
    found = connection.execute(
        select(_inbox.event_id, _inbox.body).where(_inbox.terminal_id == terminal_id, _inbox.event_id.in_(ids))
    )
    bodies: dict[str, bytes | None] = dict(found.all())
    taken = {event_id: _digest(body) for event_id, body in bodies.items() if body is not None}
    taken |= _digests_booked(connection, [event_id for event_id, body in bodies.items() if body is None])
    return [_told(row, taken) for row in rows]


def _digests_booked(connection: Connection, event_ids: Sequence[str]) -> dict[str, bytes]:
    """Of events whose bodies are past their retention: what they were is still known."""
    booked = tables.booked_event.c
    found = select(booked.event_id, booked.body_hash).where(booked.event_id.in_(event_ids))
    known: dict[str, bytes] = dict(connection.execute(found).all()) if event_ids else {}
    return known


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def _told(row: InboxRow, taken: dict[str, bytes]) -> InboxRow:
    if row.event_id is None:
        return row
    event_id = str(row.event_id)
    if event_id not in taken:
        taken[event_id] = _digest(row.body)
        return row
    if taken[event_id] == _digest(row.body):
        return without_effect(row, Outcome.REPEATED)
    return without_effect(row, Outcome.REJECTED, "event_id_taken")


class _Inserted(msgspec.Struct, frozen=True):
    """What went in: the rejected rows of it, and the hash at its end."""

    rejected: list[InboxRow]
    last_hash: bytes


def _insert(connection: Connection, batch: Batch, rows: Iterable[InboxRow], *, now_ms: int) -> _Inserted:
    store = _copy if connection.dialect.name == "postgresql" else _insert_each
    inserted = store(connection, batch, rows, now_ms)
    tasks = [
        {
            "code": row.reason,
            "terminal_id": batch.terminal_id,
            "incarnation": batch.incarnation,
            "seq": row.seq,
            "created_at_ms": now_ms,
        }
        for row in inserted.rejected
    ]
    insert_rows(connection, tables.task, tasks)
    return inserted


def _copy(connection: Connection, batch: Batch, rows: Iterable[InboxRow], now_ms: int) -> _Inserted:
    """PostgreSQL's fastest way in; the till's locked row and the chain say that nobody else writes these.

    PostgreSQL stores the first rows while the next are still being decoded.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    terminal_id = uuid.UUID(batch.terminal_id)
    incarnation = batch.incarnation
    rejected: list[InboxRow] = []
    last_hash = b""
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for row in rows:
            place = (terminal_id, incarnation, row.seq, row.event_id)
            copy.write_row((*place, row.kind, row.outcome.value, row.hash, row.body, now_ms))
            last_hash = row.hash
            if row.outcome is Outcome.REJECTED:
                rejected.append(row)
    return _Inserted(rejected, last_hash)


def _insert_each(connection: Connection, batch: Batch, rows: Iterable[InboxRow], now_ms: int) -> _Inserted:
    kept = list(rows)
    insert_rows(connection, tables.inbox, [_values(batch, row, now_ms=now_ms) for row in kept])
    return _Inserted([row for row in kept if row.outcome is Outcome.REJECTED], kept[-1].hash)


def _values(batch: Batch, row: InboxRow, *, now_ms: int) -> dict[str, object]:
    return {
        "terminal_id": batch.terminal_id,
        "incarnation": batch.incarnation,
        "seq": row.seq,
        "event_id": None if row.event_id is None else str(row.event_id),
        "kind": row.kind,
        "outcome": row.outcome.value,
        "hash": row.hash,
        "body": row.body,
        "received_at_ms": now_ms,
    }


def _put_in_quarantine(engine: Engine, call: SignedCall, *, now_ms: int) -> None:
    """Keep what a till sent that was shut out: each content once, and not without end."""
    content = call.request.body
    digest = _digest(content)
    rows = tables.quarantine
    mine = rows.c.terminal_id == call.request.terminal_id
    with engine.begin() as connection:
        lock_terminal(connection, call.request.terminal_id)
        count = connection.execute(select(func.count()).select_from(rows).where(mine)).scalar_one()
        known = connection.execute(select(rows.c.content_hash).where(mine, rows.c.content_hash == digest)).first()
        if known is None and count < _QUARANTINE_MAX:
            connection.execute(
                rows.insert().values(
                    terminal_id=call.request.terminal_id, content_hash=digest, content=content, received_at_ms=now_ms
                )
            )
