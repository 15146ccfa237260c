"""How fast HQ takes batches in, against a bare COPY of the same rows into the same kind of table, with 1, 4 and 16 senders.

Ours is the whole way: HTTP over loopback, uvicorn in a process of its own, signature, hash chain, every body decoded, one
transaction a batch, the acknowledgement read back before the till's next batch goes. The reference copies rows that lie ready, by
psycopg's COPY in the binary format (about twice as quick as text), one transaction a batch, over as many connections as there are
senders, into a table with the same keys and constraints. One PostgreSQL with fsync on; the senders' threads share the machine's
cores with HQ and PostgreSQL in both cases.

The step that moves the inbox into the ledger is not running: it has its own figure in ``hq_ledger``.
"""

import json
import multiprocessing
import random
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any

import psycopg

from hq.enrolment import create_enrolment_code
from hq.intake import rows_of
from hq.operate import running
from pos_app.protocol.events import encode_body
from pos_app.protocol.messages import Batch, BatchAnswer, encode_batch
from tests.hq.journals import Journal, accepted, now_ms, sale
from tests.hq.postgres import new_database, opened, postgres_server

EVENTS_PER_BATCH = 500
BATCHES_BY_SENDERS = {1: 8, 4: 4, 16: 2}
"""Batches a sender sends, by how many send at once."""
ROUNDS = 3
REACH = 0.5
_SEED = 20_260_101
_COPY = (
    "COPY inbox_copied (terminal_id, incarnation, seq, event_id, kind, outcome, hash, body, received_at_ms)"
    " FROM STDIN (FORMAT BINARY)"
)
_TYPES = ("uuid", "int4", "int8", "uuid", "text", "text", "bytea", "bytea", "int8")

Rows = list[tuple[Any, ...]]


def measure(*, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """For each number of senders the events per second, ours and the reference's, as the median of ``rounds`` in turns.

    ``ratio`` is the median of the rounds' ratios.
    """
    with postgres_server(durable=True) as server_url:
        return [_figure(server_url, senders, rounds) for senders in BATCHES_BY_SENDERS]


def _figure(server_url: str, senders: int, rounds: int) -> dict[str, Any]:
    measured = [_round(server_url, senders) for _ in range(rounds)]
    ours, reference = (statistics.median(column) for column in zip(*measured, strict=True))
    ratio = statistics.median(mine / bare for mine, bare in measured)
    return {
        "name": f"HQ inbox, {senders} {'sender' if senders == 1 else 'senders'}, batches of {EVENTS_PER_BATCH}",
        "ours": round(ours),
        "reference": round(reference),
        "unit": "events/s",
        "ratio": round(ratio, 3),
        "reach": f">= {REACH}" if senders == 1 else "reported",
        "holds": ratio >= REACH or senders > 1,
    }


def _round(server_url: str, senders: int) -> tuple[float, float]:
    """Ours and the reference's rate, in events per second."""
    with new_database(server_url) as database_url, hq_process(database_url) as hq_url:
        tills = enrolled(database_url, hq_url, count=senders + 1)
        events = BATCHES_BY_SENDERS[senders] * EVENTS_PER_BATCH
        for till in tills:
            till.bodies = made_bodies(events)
        batches = [batches_of(till) for till in tills]
        upload_rate(tills[:1], batches[:1])  # warm: connections, caches, the interpreter
        ours = upload_rate(tills[1:], batches[1:])
        rows = [[rows_of_batch(batch) for batch in of_till] for of_till in batches[1:]]
        return ours, copy_rate(database_url, rows)


def enrolled(database_url: str, hq_url: str, *, count: int) -> list[Journal]:
    """So many tills that HQ knows."""
    with opened(database_url) as engine:
        codes = [create_enrolment_code(engine, "store-1", now_ms=now_ms()) for _ in range(count)]
    return [Journal(hq_url, code) for code in codes]


def made_bodies(count: int, *, members: int = 2000) -> list[bytes]:
    """Sales of one to eight lines, two of three with the card of one of the members; each call makes other events."""
    randomness = random.Random(_SEED)
    return [_body(randomness, members) for _ in range(count)]


def _body(randomness: random.Random, members: int) -> bytes:
    amounts = tuple(randomness.randrange(50, 5000) for _ in range(randomness.randrange(1, 9)))
    member = f"member-{randomness.randrange(members)}" if randomness.random() < 2 / 3 else ""
    return encode_body(sale(account_ref=member, card=member, amounts=amounts, earned=len(amounts) if member else 0))


def batches_of(journal: Journal) -> list[Batch]:
    """The journal in batches, chained."""
    whole = journal.batch()
    hashes = [row.hash for row in rows_of(whole)]
    return [
        Batch(
            terminal_id=whole.terminal_id,
            incarnation=whole.incarnation,
            first_seq=start + 1,
            prev_hash=hashes[start - 1] if start else whole.prev_hash,
            bodies=whole.bodies[start : start + EVENTS_PER_BATCH],
        )
        for start in range(0, len(whole.bodies), EVENTS_PER_BATCH)
    ]


def upload_rate(journals: Sequence[Journal], batches: Sequence[Sequence[Batch]]) -> float:
    """All tills at once, each its batches in order. Packing is the till's work and done before."""
    packed = [[encode_batch(batch) for batch in of_till] for of_till in batches]
    with ThreadPoolExecutor(len(journals)) as tills:
        started_s = time.perf_counter()
        acknowledged = sum(tills.map(_upload, journals, packed))
        seconds = time.perf_counter() - started_s
    assert acknowledged == sum(len(batch.bodies) for of_till in batches for batch in of_till)
    return acknowledged / seconds


def _upload(journal: Journal, packed: Sequence[bytes]) -> int:
    acked_seq = 0
    for content in packed:
        acked_seq = accepted(journal.post("/batches", content), BatchAnswer).acked_seq
    return acked_seq


def rows_of_batch(batch: Batch) -> Rows:
    """The inbox rows of a batch, ready to be copied."""
    place = (uuid.UUID(batch.terminal_id), batch.incarnation)
    return [
        (*place, row.seq, row.event_id, row.kind, row.outcome.value, row.hash, row.body, 1_767_268_800_000)
        for row in rows_of(batch)
    ]


def copy_rate(database_url: str, batches: Sequence[Sequence[Rows]]) -> float:
    """Events per second by bare COPY: all connections at once, each its batches in order."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE inbox_copied (LIKE inbox INCLUDING ALL)")
    connections = [psycopg.connect(database_url) for _ in batches]
    try:
        with ThreadPoolExecutor(len(batches)) as senders:
            started_s = time.perf_counter()
            list(senders.map(_copy, connections, batches))
            seconds = time.perf_counter() - started_s
    finally:
        for connection in connections:
            connection.close()
    return sum(len(rows) for of_sender in batches for rows in of_sender) / seconds


def _copy(connection: psycopg.Connection, batches: Sequence[Rows]) -> None:
    for rows in batches:
        with connection.cursor().copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)
        connection.commit()


@contextmanager
def hq_process(database_url: str) -> Iterator[str]:
    """HQ in a process of its own, without the step that books: the inbox alone is measured."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run_hq, args=(database_url, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _run_hq(database_url: str, pipe: Pipe) -> None:
    with opened(database_url) as engine, running(engine, books=False) as hq:
        pipe.send(hq.url)
        pipe.recv()


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
