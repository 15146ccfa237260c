"""``make load``: a chain at work. Tills send, burn and ask over HTTP at a headquarters of several processes on a real PostgreSQL.

Each till sends small batches as it sells, asks for changes between them, and one of some sales holds points first. Reported are
answers a second and how long they took, how far the ledger was behind, and what that means for tills that sell at a shop's pace.
Everything runs on this machine: tills, HQ and PostgreSQL share its cores.

``python -m bench.hq_load --tills 10 --seconds 20 --workers 2 --appliers 1``; ``--snapshot 100000`` fills HQ with so many accounts
and reads them as a new till does; ``--chain 10000 --regions 200`` has so many tills (``bench.hq_chain`` says what they do).
"""

import argparse
import itertools
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from sqlalchemy import Engine

from bench.hq_chain import Chain, Shape, copied_per_s, needed_sales_per_s, times
from hq.enrolment import create_enrolment_code
from hq.reports import totals
from hq.statements import change_number
from pos_app.protocol.messages import (
    Batch,
    ChangesPage,
    HoldRequest,
    SnapshotPage,
    decode_message,
    encode_batch,
    encode_message,
)
from tests.hq.journals import Journal, accepted, new_id, now_ms, sale
from tests.hq.postgres import new_database, opened, postgres_server

_SALES_A_DAY = 300
_TILLS = 10_000
_BATCH_EVENTS = 20
_MEMBERS = 5_000
_HOLD_EVERY = 5
_START_TIMEOUT_S = 60.0


class _Till:
    """One till that sells, until it is told to stop; ``took_s`` by kind of call."""

    def __init__(self, url: str, code: str, number: int) -> None:
        self._journal = Journal(url, code)
        self._random = random.Random(number)
        self._cursor = ""
        self._seq, self._hash = 0, bytes(32)
        self.sent = 0
        self.took_s: defaultdict[str, list[float]] = defaultdict(list)

    def run(self, stop: threading.Event) -> None:
        """Send, hold and ask in turns."""
        while not stop.is_set():
            self._send()
            self._ask()

    def _send(self) -> None:
        bodies = []
        for _ in range(_BATCH_EVENTS):
            member = f"member-{self._random.randrange(_MEMBERS)}"
            event = sale(account_ref=member, card=member, amounts=(100, 250, 999), earned=9, utc_ms=now_ms())
            bodies.append(_encoded(event))
            if self._random.randrange(_HOLD_EVERY * _BATCH_EVENTS) == 0:
                self._hold(member)
        batch = Batch(self._journal.terminal_id, self._journal.incarnation, self._seq + 1, self._hash, tuple(bodies))
        with self._timed("batch"):
            answer = self._journal.post("/batches", encode_batch(batch))
        assert answer.status == 200, answer
        self._seq, self._hash = batch.last_seq, _end_of(batch)
        self.sent += len(bodies)

    def _hold(self, member: str) -> None:
        request = HoldRequest(new_id(now_ms()), member, "shop", 1)
        with self._timed("hold"):
            answer = self._journal.post("/holds", encode_message(request))
        assert answer.status == 200, answer

    def _ask(self) -> None:
        with self._timed("changes"):
            answer = self._journal.changes(self._cursor)
        self._cursor = accepted(answer, ChangesPage).next_cursor

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        started_s = time.perf_counter()
        yield
        self.took_s[kind].append(time.perf_counter() - started_s)


def _encoded(event: Any) -> bytes:
    from pos_app.protocol.events import encode_body

    return encode_body(event)


def _end_of(batch: Batch) -> bytes:
    from pos_app.protocol.chain import chain_hashes

    return list(chain_hashes(batch.prev_hash, batch.first, batch.bodies))[-1]


def measure_load(*, tills: int, seconds: float, workers: int, appliers: int) -> dict[str, Any]:
    """Rates and times of so many tills for so long."""
    with postgres_server(durable=True) as server, new_database(server) as url, opened(url) as engine:
        with serving(url, workers=workers, appliers=appliers) as base:
            senders = [
                _Till(base, create_enrolment_code(engine, "store-1", now_ms=now_ms()), number)
                for number in range(tills)
            ]
            lag, took_s = _run(engine, senders, seconds)
            drained_s = _drain(engine)
        booked = totals(engine)
        assert not booked.stored_balances_differ
    sent = sum(till.sent for till in senders)
    return {
        "tills": tills,
        "workers": workers,
        "appliers": appliers,
        "events_per_s": round(sent / took_s),
        "booked_per_s": round(sent / (took_s + drained_s)),
        "waiting_at_most": max(lag, default=0),
        "drained_s": round(drained_s, 1),
        **_times(senders, took_s),
        f"needed_for_{_TILLS}_tills_events_per_s": round(_TILLS * _SALES_A_DAY / (10 * 3600)),
    }


def measure_chain(shape: Shape, *, workers: int, appliers: int) -> dict[str, Any]:
    """What a chain of this shape gets from HQ on this machine, and how many of its tills that would be enough for."""
    with postgres_server(durable=True) as server, new_database(server) as url, opened(url) as engine:
        chain = Chain(engine, shape)
        with serving(url, workers=workers, appliers=appliers) as base:
            stop = threading.Event()
            parts = [threading.Thread(target=chain.run, args=(base, part, stop)) for part in range(shape.threads)]
            waiting, took_s = _watch(engine, parts, stop, shape.seconds)
            drained_s = _drain(engine)
        copied = copied_per_s(url)
        figures = totals(engine)
        assert not figures.stored_balances_differ
    needed = needed_sales_per_s(shape.tills)
    pages = chain.took_s["accounts_a_page"]
    return {
        **msgspec.structs.asdict(shape),
        "workers": workers,
        "appliers": appliers,
        "load_average": round(os.getloadavg()[0], 1),
        "sales_per_s": round(chain.sales / took_s, 1),
        "booked_per_s": round(chain.sales / (took_s + drained_s), 1),
        "waiting_at_most": max(waiting, default=0),
        "drained_s": round(drained_s, 1),
        **times(chain.took_s, took_s),
        "accounts_a_page": round(statistics.mean(pages), 2) if pages else 0,
        "open_tasks": figures.open_tasks,
        "needed_sales_per_s": round(needed, 1),
        "carried_percent": round(100 * chain.sales / took_s / needed),
        "copied_per_s": round(copied),
    }


def _run(engine: Engine, senders: list[_Till], seconds: float) -> tuple[list[int], float]:
    stop = threading.Event()
    return _watch(engine, [threading.Thread(target=till.run, args=(stop,)) for till in senders], stop, seconds)


def _watch(
    engine: Engine, threads: list[threading.Thread], stop: threading.Event, seconds: float
) -> tuple[list[int], float]:
    """Let these threads work for so long; gives how much waited to be booked at each second, and how long it was."""
    started_s, lag = time.perf_counter(), []
    for thread in threads:
        thread.start()
    while time.perf_counter() - started_s < seconds:
        time.sleep(1)
        lag.append(_waiting(engine))
    stop.set()
    for thread in threads:
        thread.join()
    return lag, time.perf_counter() - started_s


def _drain(engine: Engine) -> float:
    started_s = time.perf_counter()
    while _waiting(engine):
        time.sleep(0.2)
    return time.perf_counter() - started_s


def _waiting(engine: Engine) -> int:
    from hq.terminals import waiting_events

    with engine.connect() as connection:
        return waiting_events(connection)


def _times(senders: list[_Till], seconds: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("batch", "hold", "changes"):
        took_s = sorted(itertools.chain.from_iterable(till.took_s[kind] for till in senders))
        if took_s:
            found[kind] = {
                "per_s": round(len(took_s) / seconds, 1),
                "median_ms": round(statistics.median(took_s) * 1000, 1),
                "p99_ms": round(took_s[int(len(took_s) * 0.99)] * 1000, 1),
            }
    return found


def measure_snapshot(*, accounts: int) -> dict[str, Any]:
    """How long a new till reads so many accounts, a card and a lot each."""
    with postgres_server(durable=False) as server, new_database(server) as url, opened(url) as engine:
        _fill(engine, accounts)
        with serving(url, workers=1, appliers=1) as base:
            journal = Journal(base, create_enrolment_code(engine, "store-1", now_ms=now_ms()))
            cursor, pages, read, weighed, started_s = "", 0, 0, 0, time.perf_counter()
            while True:
                answer = journal.get(f"/snapshot?cursor={cursor}")
                page = decode_message(answer.body, SnapshotPage)
                pages, read, weighed, cursor = (
                    pages + 1,
                    read + len(page.accounts),
                    weighed + len(answer.body),
                    page.next_cursor,
                )
                if not page.more:
                    break
            seconds = time.perf_counter() - started_s
            journal.close()
    assert accounts == read
    return {
        "accounts": read,
        "pages": pages,
        "megabytes": round(weighed / 1e6, 1),
        "seconds": round(seconds, 1),
        "accounts_per_s": round(read / seconds),
    }


_REF = "'account-' || lpad(n::text, 9, '0')"
_ROWS = {
    "account (account_ref, provisional, regions, receipts_count)": f"{_REF}, false, 'main', 5",
    "account_region (region, account_ref, change_no, since_no)": f"'main', {_REF}, :number, :number",
    "card (number, account_ref)": f"'29' || lpad(n::text, 11, '0'), {_REF}",
    "lot (account_ref, lot_id, issuer, programme_id, starts_at_ms, granted_units, remaining_units, matured)": (
        f"{_REF}, gen_random_uuid(), 'shop', 'points', 0, 100, 50, true"
    ),
    "accumulator (account_ref, programme_id, month, sum_minor)": f"{_REF}, 'progressive', '2026-11', 12345",
    "personal_field (account_ref, field, value, version, changed_at_ms)": f"{_REF}, 'name', 'Member ' || n, 1, 0",
}


def _fill(engine: Engine, accounts: int) -> None:
    """Accounts as they are after some shopping, straight into the tables."""
    with engine.begin() as connection:
        number = change_number(connection)
        for table, values in _ROWS.items():
            made = values.replace(":number", str(number))
            statement = f"INSERT INTO {table} SELECT {made} FROM generate_series(1, {accounts}) n"
            connection.exec_driver_sql(statement)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


@contextmanager
def serving(database_url: str, *, workers: int, appliers: int) -> Iterator[str]:
    """HQ as a program of its own on a free port; gives its address."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    program = (
        "from hq.operate import Serving, serve\n"
        "if __name__ == '__main__':\n"
        f"    serve({database_url!r}, Serving(port={port}, workers={workers}, appliers={appliers}, backlog_events_max=10**9))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ})
    base, deadline_s = f"http://127.0.0.1:{port}", time.monotonic() + _START_TIMEOUT_S
    try:
        while not _is_healthy(base):
            assert process.poll() is None, "HQ ended"
            assert time.monotonic() < deadline_s, "HQ did not start"
            time.sleep(0.1)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _is_healthy(base: str) -> bool:
    try:
        return httpx.get(base + "/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def main() -> None:
    """Measure and print as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--appliers", type=int, default=1)
    parser.add_argument("--snapshot", type=int, default=0)
    parser.add_argument("--chain", type=int, default=0)
    parser.add_argument("--regions", type=int, default=200)
    parser.add_argument("--poll", type=float, default=60)
    parser.add_argument("--pace", type=float, default=0)
    parser.add_argument("--threads", type=int, default=16)
    asked = parser.parse_args()
    if asked.chain:
        shape = Shape(asked.chain, asked.regions, asked.poll, asked.threads, asked.seconds, asked.pace)
        figures = measure_chain(shape, workers=asked.workers, appliers=asked.appliers)
    elif asked.snapshot:
        figures = measure_snapshot(accounts=asked.snapshot)
    else:
        figures = measure_load(tills=asked.tills, seconds=asked.seconds, workers=asked.workers, appliers=asked.appliers)
    print(msgspec.json.format(msgspec.json.encode(figures)).decode())


if __name__ == "__main__":
    main()
