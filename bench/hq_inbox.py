"""How fast HQ takes batches in, against a bare COPY of the same rows into the same table in the same run.

Ours is the whole way: a till's HTTP over loopback, uvicorn in a process of its own, signature, hash chain, every body decoded, one
transaction a batch, the acknowledgement read back. The reference only copies rows that lie ready, by psycopg's COPY in its
quicker format, one transaction a batch, into a table with the same keys and constraints. Both use one PostgreSQL with fsync on.
"""

import json
import multiprocessing
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from hq.enrolment import create_enrolment_code
from hq.intake import InboxRow, rows_of
from hq.operate import running
from pos_app.protocol.events import encode_body
from pos_app.protocol.messages import Batch, BatchAnswer, encode_batch
from tests.hq.journals import Journal, accepted, enrolment, now_ms, sale
from tests.hq.postgres import new_database, opened, postgres_server

EVENTS_PER_BATCH = 500
BATCHES_PER_TILL = 8
TILLS = 4
ROUNDS = 3
_SEED = 20_260_101
_COLUMNS = "terminal_id, incarnation, seq, event_id, kind, outcome, hash, body, received_at_ms"
_TYPES = ("uuid", "int4", "int8", "uuid", "text", "text", "bytea", "bytea", "int8")


def measure(*, tills: int = TILLS, batches_per_till: int = BATCHES_PER_TILL, rounds: int = ROUNDS) -> dict[str, Any]:
    """Events per second, ours and the reference's: the median of ``rounds``, taken in turns."""
    ours: list[float] = []
    reference: list[float] = []
    with tempfile.TemporaryDirectory() as folder, postgres_server(Path(folder) / "pg", durable=True) as server_url:
        for _ in range(rounds):
            with new_database(server_url) as database_url, _hq_process(database_url) as hq_url:
                journals = _journals(database_url, hq_url, tills=tills, events=batches_per_till * EVENTS_PER_BATCH)
                batches = [_batches(journal) for journal in journals]
                ours.append(_upload_rate(journals, batches))
                rows = [_rows(batch) for of_till in batches for batch in of_till]
                reference.append(max(_copy_rate(database_url, rows, binary=binary) for binary in (True, False)))
    ratio = statistics.median(ours) / statistics.median(reference)
    return {
        "name": "HQ inbox, batches of 500, verified and acknowledged",
        "ours": round(statistics.median(ours)),
        "reference": round(statistics.median(reference)),
        "unit": "events/s",
        "ratio": round(ratio, 3),
        "reach": ">= 0.5",
        "holds": ratio >= 0.5,
    }


def _journals(database_url: str, hq_url: str, *, tills: int, events: int) -> list[Journal]:
    randomness = random.Random(_SEED)
    journals = []
    with opened(database_url) as engine:
        for number in range(tills):
            journal = Journal(hq_url, create_enrolment_code(engine, "store-1", now_ms=now_ms()))
            journal.bodies = [_body(randomness, number) for _ in range(events)]
            journals.append(journal)
    return journals


def _body(randomness: random.Random, till: int) -> bytes:
    """A sale of one to eight lines, two of three with a card."""
    amounts = tuple(randomness.randrange(50, 5000) for _ in range(randomness.randrange(1, 9)))
    member = f"{till}-{randomness.randrange(2000)}" if randomness.random() < 2 / 3 else ""
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


def _rows(batch: Batch) -> list[tuple[Any, ...]]:
    terminal_id = uuid.UUID(batch.terminal_id)
    return [_row(batch, terminal_id, row) for row in rows_of(batch)]


def _row(batch: Batch, terminal_id: uuid.UUID, row: InboxRow) -> tuple[Any, ...]:
    place = (terminal_id, batch.incarnation, row.seq, row.event_id)
    return (*place, row.kind, row.outcome.value, row.hash, row.body, 1_767_268_800_000)


def _copy_rate(database_url: str, batches: Sequence[Sequence[tuple[Any, ...]]], *, binary: bool) -> float:
    with psycopg.connect(make_url(database_url).render_as_string(hide_password=False)) as connection:
        connection.execute("CREATE TABLE inbox_copied (LIKE inbox INCLUDING ALL)")
        connection.commit()
        command = f"COPY inbox_copied ({_COLUMNS}) FROM STDIN" + (" (FORMAT BINARY)" if binary else "")
        started_s = time.perf_counter()
        for rows in batches:
            with connection.cursor().copy(command) as copy:
                if binary:
                    copy.set_types(_TYPES)
                for row in rows:
                    copy.write_row(row)
            connection.commit()
        seconds = time.perf_counter() - started_s
        connection.execute("DROP TABLE inbox_copied")
        connection.commit()
    return sum(map(len, batches)) / seconds


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
