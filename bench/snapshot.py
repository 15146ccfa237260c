"""A snapshot of a million accounts: from HQ on PostgreSQL, over HTTP, into a till; and what a sale feels of it meanwhile.

``load``: a till that knew nobody fetches everything: pages, signatures, JSON, rows, their indexes. Rows a second, where a row is one of
account, card, lot, personal field, and what is marked. The reference puts the same rows into the same tables from memory, with
executemany in one transaction per 50,000 rows.

``sale``: the till, which knows these accounts now, is given the first part of another snapshot while it sells. The reference is the
same till's sale before. Both medians are of as many sales.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pysqlite3.dbapi2
from sqlalchemy import Engine

from bench import shop
from bench.hq_inbox import hq_process
from hq.enrolment import create_enrolment_code
from pos_app.model.receipts import PaymentKind
from pos_app.settings import Settings
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds
from pos_app.use_cases.joining import join_hq, private_key
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till
from storage import journal
from storage.database import make_engine
from storage.outbox import SqliteOutbox
from storage.tables import metadata
from tests.hq.journals import now_ms
from tests.hq.postgres import new_database, opened, postgres_server

ACCOUNTS = int(os.environ.get("POS_APP_BENCH_ACCOUNTS", "1000000"))
SALES = 200
SALE_EVERY_S = 0.05
SALE_REACH = 1.2
_TABLES = ("account", "card", "lot", "personal_field", "accumulator")
_CASH = (Tender(PaymentKind.CASH, 10**9),)
_FILL = (
    (
        "INSERT INTO account (account_ref, card_class, provisional, receipts_count, regions)"
        " SELECT 'account-' || lpad(i::text, 8, '0'), 'gold', false, 3, 'main' FROM generate_series(1, {count}) i"
    ),
    (
        "INSERT INTO account_region (region, account_ref, change_no, since_no)"
        " SELECT 'main', 'account-' || lpad(i::text, 8, '0'), 1, 1 FROM generate_series(1, {count}) i"
    ),
    (
        "INSERT INTO card (number, account_ref)"
        " SELECT '2995' || lpad(i::text, 9, '0'), 'account-' || lpad(i::text, 8, '0') FROM generate_series(1, {count}) i"
    ),
    (
        "INSERT INTO lot (account_ref, lot_id, issuer, programme_id, starts_at_ms, expires_at_ms, granted_units,"
        " remaining_units, matured) SELECT 'account-' || lpad(i::text, 8, '0'), gen_random_uuid(), 'shop', 'fixed-card',"
        " 1, NULL, 500, 250 + mod(i, 250), true FROM generate_series(1, {count}) i"
    ),
    (
        "INSERT INTO personal_field (account_ref, field, value, version, changed_at_ms)"
        " SELECT 'account-' || lpad(i::text, 8, '0'), 'name', 'Ana Member ' || i, 1, 1 FROM generate_series(1, {count}) i"
    ),
    (
        "INSERT INTO accumulator (account_ref, programme_id, month, sum_minor)"
        " SELECT 'account-' || lpad(i::text, 8, '0'), 'progressive', '2026-11', 5000 FROM generate_series(1, {count}) i"
    ),
    "ANALYZE",
)


def measure() -> list[dict[str, Any]]:
    """Both figures."""
    with postgres_server(durable=False) as server_url, new_database(server_url) as database_url:
        with opened(database_url) as engine:
            _fill(engine)
            code = create_enrolment_code(engine, "store-1", now_ms=now_ms())
        with hq_process(database_url) as hq_url, tempfile.TemporaryDirectory() as folder, _till(folder, hq_url) as till:
            join_hq(till, code)
            load_s = _load(till)
            shop.fill(till, members=0)
            rows = _rows(till)
            raw_s = _raw(Path(folder) / "raw.sqlite3", rows)
            sale = _sale_figure(till)
    count = sum(len(of_table) for of_table in rows.values())
    return [_load_figure(count, load_s, raw_s), sale]


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        for statement in _FILL:
            connection.exec_driver_sql(statement.format(count=ACCOUNTS))


@contextmanager
def _till(folder: str, hq_url: str) -> Iterator[Till]:
    sections = {"hq": {"url": hq_url}, "till": {"authority": "hq"}}
    settings = msgspec.convert(msgspec.to_builtins(Settings()) | sections, Settings)
    with shop.opened(Path(folder) / "till", settings) as till:
        yield till


@contextmanager
def _rounds(till: Till, stop: threading.Event) -> Iterator[SyncRounds]:
    with HqClient(till.settings.hq.url, private_key=private_key(till)) as client:
        yield SyncRounds(
            SqliteOutbox(till.database),
            client,
            options=SyncOptions(),
            utc_ms=now_ms,
            fraction=lambda: 0.5,
            stopping=stop.is_set,
        )


def _load(till: Till) -> float:
    with _rounds(till, threading.Event()) as rounds:
        started_s = time.perf_counter()
        # A round brings some pages, so that sales go up in between.
        while not journal.read_terminal(till.database.reader()).cursor:
            report = rounds.run()
            assert report.problem is None, report
        seconds = time.perf_counter() - started_s
    known = till.database.reader().exec_driver_sql("SELECT count(*) FROM account WHERE account_ref LIKE 'account-%'")
    assert known.scalar_one() == ACCOUNTS
    return seconds


def _rows(till: Till) -> dict[str, list[tuple[Any, ...]]]:
    """What the snapshot put in."""
    reader = till.database.reader()
    return {name: [tuple(row) for row in reader.exec_driver_sql(f"SELECT * FROM {name}")] for name in _TABLES}


def _raw(path: Path, rows: dict[str, list[tuple[Any, ...]]]) -> float:
    engine = make_engine(path)
    metadata.create_all(engine)
    engine.dispose()
    connection = pysqlite3.dbapi2.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    started_s = time.perf_counter()
    for name, of_table in rows.items():
        marks = ", ".join("?" * len(of_table[0])) if of_table else ""
        for first in range(0, len(of_table), 50_000):
            connection.execute("BEGIN IMMEDIATE")
            part = of_table[first : first + 50_000]
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", part)
            connection.execute("COMMIT")
    seconds = time.perf_counter() - started_s
    connection.close()
    return seconds


def _load_figure(count: int, load_s: float, raw_s: float) -> dict[str, Any]:
    return {
        "name": f"snapshot of {ACCOUNTS} accounts into a till",
        "ours": round(count / load_s),
        "reference": round(count / raw_s),
        "unit": "rows/s",
        "ratio": round(raw_s / load_s, 3),
        "reach": "reported",
        "holds": True,
        "seconds": round(load_s, 1),
    }


def _sale_figure(till: Till) -> dict[str, Any]:
    idle_s = _sell(till)
    stop = threading.Event()
    reports: list[SyncReport] = []
    till.database.write(lambda connection: journal.change_terminal(connection, cursor="", snapshot_cursor=""))

    def load() -> None:
        with _rounds(till, stop) as rounds:
            while not stop.is_set():
                reports.append(rounds.run())
        till.database.close_reader()

    loader = threading.Thread(target=load)
    loader.start()
    time.sleep(1)  # the first page is on its way
    busy_s = _sell(till)
    is_loading = not journal.read_terminal(till.database.reader()).cursor
    stop.set()
    loader.join()
    assert is_loading, "the snapshot was over before the sales were"
    assert all(report.problem is None for report in reports)
    ratio = statistics.median(busy_s) / statistics.median(idle_s)
    return {
        "name": "sale while a snapshot is being loaded, median",
        "ours": round(statistics.median(busy_s) * 1000, 3),
        "reference": round(statistics.median(idle_s) * 1000, 3),
        "unit": "ms",
        "ratio": round(ratio, 3),
        "reach": f"<= {SALE_REACH}",
        "holds": ratio <= SALE_REACH,
        "p99_ours": round(sorted(busy_s)[-len(busy_s) // 100] * 1000, 3),
        "p99_reference": round(sorted(idle_s)[-len(idle_s) // 100] * 1000, 3),
    }


def _sell(till: Till) -> Sequence[float]:
    """Close real baskets without a card, one every now and then, as a counter does; from the closed basket to COMMIT."""
    seconds = []
    for real in shop.journey().baskets[:SALES]:
        basket = msgspec.structs.replace(shop.basket_of(till, real), member=None)
        started_s = time.perf_counter()
        till.close_sale(basket, _CASH).result()
        seconds.append(time.perf_counter() - started_s)
        time.sleep(SALE_EVERY_S)
    return seconds
