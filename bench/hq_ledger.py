"""How fast HQ's second step books what the inbox holds, and how long it takes to catch up a day of a thousand tills.

``applied``: events of eight tills go up over HTTP with nothing booking, which gives the inbox's rate of this run; then two appliers, each a
process of its own, book them, which gives ours. Every sale is booked whole: entries, lots, balances, sums, reporting copies.

``catch_up``: a thousand tills come back after a day without a network, 200 receipts each. HQ takes the batches in and books at the same
time, until nothing waits. The reference is a bare COPY of the same inbox rows.
"""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from sqlalchemy import func, select

from bench.hq_inbox import batches_of, copy_rate, enrolled, hq_process, made_bodies, rows_of_batch, upload_rate
from hq import tables
from hq.apply import apply_inbox
from hq.reports import totals
from pos_app.protocol.messages import Batch, BatchAnswer, encode_batch
from tests.hq.journals import Journal, accepted, now_ms
from tests.hq.postgres import new_database, opened, postgres_server

APPLIERS = 2
_TILLS = 8
_EVENTS_PER_TILL = 2_000
_MEMBERS = 20_000
CHAIN_TILLS = int(os.environ.get("POS_APP_BENCH_TILLS", "1000"))
RECEIPTS_PER_TILL = int(os.environ.get("POS_APP_BENCH_RECEIPTS", "200"))
_SENDERS = 16


def measure() -> list[dict[str, Any]]:
    """Both figures; they are reported, nothing is asked of them."""
    with postgres_server(durable=True) as server_url:
        return [_applied(server_url), _catch_up(server_url)]


def _applied(server_url: str) -> dict[str, Any]:
    with new_database(server_url) as database_url, hq_process(database_url) as hq_url:
        tills = enrolled(database_url, hq_url, count=_TILLS)
        for till in tills:
            till.bodies = made_bodies(_EVENTS_PER_TILL, members=_MEMBERS)
        inbox_rate = upload_rate(tills, [batches_of(till) for till in tills])
        started_s = time.perf_counter()
        _book_all(database_url)
        seconds = time.perf_counter() - started_s
        events = _TILLS * _EVENTS_PER_TILL
        _assert_booked(database_url, events)
    return _row("HQ ledger: inbox applied by 2 appliers", events / seconds, inbox_rate, "events/s")


def _catch_up(server_url: str) -> dict[str, Any]:
    events = CHAIN_TILLS * RECEIPTS_PER_TILL
    with new_database(server_url) as database_url, hq_process(database_url) as hq_url:
        tills = enrolled(database_url, hq_url, count=CHAIN_TILLS)
        bodies = made_bodies(events, members=10 * CHAIN_TILLS)
        for number, till in enumerate(tills):
            till.bodies = bodies[number * RECEIPTS_PER_TILL : (number + 1) * RECEIPTS_PER_TILL]
        batches = [batches_of(till) for till in tills]
        packed = [[encode_batch(batch) for batch in of_till] for of_till in batches]
        started_s = time.perf_counter()
        appliers = _start_appliers(database_url, events)
        with ThreadPoolExecutor(_SENDERS) as senders:
            list(senders.map(_send, tills, packed))
        uploaded_s = time.perf_counter() - started_s
        for applier in appliers:
            applier.join()
        seconds = time.perf_counter() - started_s
        _assert_booked(database_url, events)
        reference_s = events / copy_rate(database_url, _spread(batches))
    row = _row(f"HQ catches up a day of {CHAIN_TILLS} tills, {events} events", seconds, reference_s, "s")
    return {**row, "uploaded_s": round(uploaded_s, 1), "events_per_s": round(events / seconds)}


def _send(journal: Journal, packed: Sequence[bytes]) -> None:
    for content in packed:
        accepted(journal.post("/batches", content), BatchAnswer)
    journal.close()


def _spread(batches: Sequence[Sequence[Batch]]) -> list[list[list[tuple[Any, ...]]]]:
    """The rows of all batches, dealt out to as many connections as there are senders."""
    rows = [rows_of_batch(batch) for of_till in batches for batch in of_till]
    return [rows[number::_SENDERS] for number in range(_SENDERS)]


def _book_all(database_url: str) -> None:
    appliers = _start_appliers(database_url, _TILLS * _EVENTS_PER_TILL)
    for applier in appliers:
        applier.join()


def _start_appliers(database_url: str, events: int) -> list[Any]:
    context = multiprocessing.get_context("spawn")
    appliers = [context.Process(target=_apply_until, args=(database_url, events)) for _ in range(APPLIERS)]
    for applier in appliers:
        applier.start()
    return appliers


def _apply_until(database_url: str, events: int) -> None:
    """Book until so many events are in the ledger."""
    with opened(database_url) as engine:
        applied = select(func.sum(tables.terminal.c.applied_seq))
        while True:
            if apply_inbox(engine, now_ms=now_ms()):
                continue
            with engine.connect() as connection:
                if int(connection.execute(applied).scalar_one() or 0) >= events:
                    return
            time.sleep(0.05)


def _assert_booked(database_url: str, events: int) -> None:
    with opened(database_url) as engine:
        figures = totals(engine)
    assert (figures.waiting_events, figures.ledger_sum_units) == (0, 0)
    assert events == figures.sales, msgspec.json.encode(figures)


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours": round(ours, 1),
        "reference": round(reference, 1),
        "unit": unit,
        "ratio": round(ours / reference, 3),
        "reach": "reported",
        "holds": True,
    }
