"""The inbox: a batch goes in whole or not at all, each event once, whatever was sent how often.

The order of one upload: signature, limits, hashes and every body first, without a lock; then one transaction that locks the
till's row, finds the batch's place in its chain, inserts what is new, and commits. The answer comes after the commit.
"""

import hashlib
import logging
import uuid
from collections.abc import Sequence

import psycopg.errors
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from hq import tables
from hq.authentication import SignedCall, authenticate
from hq.intake import InboxRow, Outcome, rows_of, without_effect
from hq.refusals import RefusedError
from hq.terminals import Terminal, advance, lock_terminal, note_contact
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
    rows = rows_of(batch)
    drift_ms = call.request.time_ms - now_ms
    try:
        return _store(engine, batch, rows, now_ms=now_ms, drift_ms=drift_ms, careful=False)
    except (IntegrityError, psycopg.errors.UniqueViolation):
        # An event id is there already, under another number: look at each.
        return _store(engine, batch, rows, now_ms=now_ms, drift_ms=drift_ms, careful=True)


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


def _store(
    engine: Engine, batch: Batch, rows: list[InboxRow], *, now_ms: int, drift_ms: int, careful: bool
) -> BatchAnswer:
    """One transaction. ``careful``: check each event id against those that are there, instead of trusting that all are new."""
    with engine.begin() as connection:
        terminal = lock_terminal(connection, batch.terminal_id)
        new = rows[_place(connection, terminal, batch, rows) :]
        if new:
            if careful:
                new = _told_apart(connection, batch.terminal_id, new)
            _insert(connection, batch, new, now_ms=now_ms)
            advance(connection, batch.terminal_id, last_seq=new[-1].seq, last_hash=new[-1].hash)
        note_contact(connection, batch.terminal_id, now_ms=now_ms, clock_drift_ms=drift_ms)
        rejected = _rejected_again(connection, batch, terminal.last_seq)
    return BatchAnswer(
        acked_seq=max(terminal.last_seq, batch.last_seq),
        durable_seq=terminal.durable_seq,
        hq_gen=terminal.hq_gen,
        hq_time_ms=now_ms,
        rejected=(*rejected, *(Rejected(row.seq, row.reason) for row in new if row.outcome is Outcome.REJECTED)),
    )


def _place(connection: Connection, terminal: Terminal, batch: Batch, rows: Sequence[InboxRow]) -> int:
    """How many events of the batch are in the inbox already; raises ``RefusedError`` when it does not continue this chain."""
    if batch.incarnation != terminal.incarnation:
        raise RefusedError(ErrorCode.FENCED)
    if batch.first_seq > terminal.last_seq + 1:
        raise RefusedError(ErrorCode.GAP, expected_seq=terminal.last_seq + 1)
    known = min(batch.last_seq, terminal.last_seq) - batch.first_seq + 1
    # Each hash covers all before it, so comparing the last known one compares them all.
    ours = _hash_at(connection, terminal, batch.first_seq + known - 1)
    theirs = rows[known - 1].hash if known else batch.prev_hash
    if ours != theirs:
        _log.error("inbox.fork terminal=%s seq=%d", batch.terminal_id, batch.first_seq + known - 1)
        raise RefusedError(ErrorCode.FORK)
    return known


def _hash_at(connection: Connection, terminal: Terminal, seq: int) -> bytes:
    if seq == terminal.last_seq:
        return terminal.last_hash
    stored: bytes = connection.execute(
        select(_inbox.hash).where(
            _inbox.terminal_id == terminal.terminal_id, _inbox.incarnation == terminal.incarnation, _inbox.seq == seq
        )
    ).scalar_one()
    return stored


def _rejected_again(connection: Connection, batch: Batch, known_seq: int) -> list[Rejected]:
    """What of a repeated part of the batch was rejected when it came."""
    if batch.first_seq > known_seq:
        return []
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
    taken: dict[str, bytes] = dict(found.tuples().all())
    return [_told(row, taken) for row in rows]


def _told(row: InboxRow, taken: dict[str, bytes]) -> InboxRow:
    if row.event_id is None:
        return row
    event_id = str(row.event_id)
    if event_id not in taken:
        taken[event_id] = row.body
        return row
    if taken[event_id] == row.body:
        return without_effect(row, Outcome.REPEATED)
    return without_effect(row, Outcome.REJECTED, "event_id_taken")


def _insert(connection: Connection, batch: Batch, rows: Sequence[InboxRow], *, now_ms: int) -> None:
    if connection.dialect.name == "postgresql":
        _copy(connection, batch, rows, now_ms=now_ms)
    else:
        connection.execute(insert(tables.inbox), [_values(batch, row, now_ms=now_ms) for row in rows])
    tasks = [
        {
            "code": row.reason,
            "terminal_id": batch.terminal_id,
            "incarnation": batch.incarnation,
            "seq": row.seq,
            "created_at_ms": now_ms,
        }
        for row in rows
        if row.outcome is Outcome.REJECTED
    ]
    if tasks:
        connection.execute(insert(tables.task), tasks)


def _copy(connection: Connection, batch: Batch, rows: Sequence[InboxRow], *, now_ms: int) -> None:
    """PostgreSQL's fastest way in; the till's locked row and the chain say that nobody else writes these."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    terminal_id = uuid.UUID(batch.terminal_id)
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for row in rows:
            copy.write_row(
                (
                    terminal_id,
                    batch.incarnation,
                    row.seq,
                    row.event_id,
                    row.kind,
                    row.outcome.value,
                    row.hash,
                    row.body,
                    now_ms,
                )
            )


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
    digest = hashlib.sha256(content).digest()
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
