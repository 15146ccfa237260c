"""How fast HQ takes batches in, against a bare COPY of the same rows into the same kind of table in the same run.

Ours is the whole way of one till: HTTP over loopback, uvicorn in a process of its own, signature, hash chain, every body decoded,
one transaction a batch, the acknowledgement read back before the next batch goes. The reference copies rows that lie ready,
by psycopg's COPY in the binary format (about twice as quick as text), one transaction a batch, into a table with the same
keys and constraints. One connection each, one PostgreSQL with fsync on. ``four_tills`` is the rate of four tills at once.

The step that moves the inbox into the ledger is not running: it has its own time.
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
BATCHES = 8
ROUNDS = 5
REACH = 0.5
_TILLS_AT_ONCE = 4
_SEED = 20_260_101
_COPY = (
    "COPY inbox_copied (terminal_id, incarnation, seq, event_id, kind, outcome, hash, body, received_at_ms)"
    " FROM STDIN (FORMAT BINARY)"
)
_TYPES = ("uuid", "int4", "int8", "uuid", "text", "text", "bytea", "bytea", "int8")

Rows = list[tuple[Any, ...]]


def measure(*, rounds: int = ROUNDS) -> dict[str, Any]:
    """Events per second, ours and the reference's, each the median of ``rounds`` in turns; ``ratio`` is the median of theirs."""
    bodies = _bodies(BATCHES * EVENTS_PER_BATCH)
    with postgres_server(durable=True) as server_url:
        measured = [_round(server_url, bodies) for _ in range(rounds)]
    ours, reference, four_tills = (statistics.median(column) for column in zip(*measured, strict=True))
    ratio = statistics.median(mine / bare for mine, bare, _ in measured)
    return {
        "name": "HQ inbox, batches of 500, verified and acknowledged",
        "ours": round(ours),
        "reference": round(reference),
        "unit": "events/s",
        "ratio": round(ratio, 3),
        "reach": f">= {REACH}",
        "holds": ratio >= REACH,
        "four_tills": round(four_tills),
    }


def _round(server_url: str, bodies: list[bytes]) -> tuple[float, float, float]:
    """Ours with one till, the reference, ours with four tills; in events per second."""
    with new_database(server_url) as database_url, _hq_process(database_url) as hq_url:
        tills = _tills(database_url, hq_url, bodies)
        batches = [_batches(till) for till in tills]
        _upload_rate(tills[:1], batches[:1])  # warm: connections, caches, the interpreter
        ours = _upload_rate(tills[1:2], batches[1:2])
        reference = _copy_rate(database_url, [_rows(batch) for batch in batches[1]])
        return ours, reference, _upload_rate(tills[2:], batches[2:])


def _tills(database_url: str, hq_url: str, bodies: list[bytes]) -> list[Journal]:
    with opened(database_url) as engine:
        codes = [create_enrolment_code(engine, "store-1", now_ms=now_ms()) for _ in range(2 + _TILLS_AT_ONCE)]
    tills = [Journal(hq_url, code) for code in codes]
    for till in tills:
        till.bodies = bodies
    return tills


def _bodies(count: int) -> list[bytes]:
    """Sales of one to eight lines, two of three with a card."""
    randomness = random.Random(_SEED)
    return [_body(randomness) for _ in range(count)]


def _body(randomness: random.Random) -> bytes:
    amounts = tuple(randomness.randrange(50, 5000) for _ in range(randomness.randrange(1, 9)))
    member = f"member-{randomness.randrange(2000)}" if randomness.random() < 2 / 3 else ""
    return encode_body(sale(account_ref=member, card=member, amounts=amounts, earned=len(amounts) if member else 0))


def _batches(journal: Journal) -> list[Batch]:
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


def _upload_rate(journals: Sequence[Journal], batches: Sequence[Sequence[Batch]]) -> float:
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


def _rows(batch: Batch) -> Rows:
    place = (uuid.UUID(batch.terminal_id), batch.incarnation)
    return [
        (*place, row.seq, row.event_id, row.kind, row.outcome.value, row.hash, row.body, 1_767_268_800_000)
        for row in rows_of(batch)
    ]


def _copy_rate(database_url: str, batches: Sequence[Rows]) -> float:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE inbox_copied (LIKE inbox INCLUDING ALL)")
        connection.commit()
        started_s = time.perf_counter()
        for rows in batches:
            with connection.cursor().copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in rows:
                    copy.write_row(row)
            connection.commit()
        return sum(map(len, batches)) / (time.perf_counter() - started_s)


@contextmanager
def _hq_process(database_url: str) -> Iterator[str]:
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
