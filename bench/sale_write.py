"""Booking a sale against writing the same rows with raw sqlite3 calls: WAL, FULL, the same library, the same tables."""

import tempfile
import time
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2

from bench import shop
from bench.figures import Figure, median, p99
from pos_app.model.receipts import PaymentKind
from pos_app.use_cases import booking
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import Basket
from storage.database import Connection, make_engine, transaction
from storage.tables import metadata

_SALES = 1500
_WARM_UP = 100
_CASH = (Tender(PaymentKind.CASH, 10**9),)

# What one sale writes, in the order in which the till writes it.
_TABLES = ("event", "sale", "sale_line", "payment", "award", "print_job", "entry", "lot", "accumulator")
Rows = dict[str, list[tuple[Any, ...]]]


def measure() -> list[Figure]:
    """The write alone, and everything from the closed basket to COMMIT, both against the raw rows."""
    with tempfile.TemporaryDirectory() as folder:
        with shop.opened(Path(folder)) as till:
            shop.fill(till, members=0)
            # The receipts that a customer would wait for: real baskets, in the order of the year.
            baskets = [shop.basket_of(till, real) for real in shop.journey().baskets[: _SALES + _WARM_UP]]
            prepare_s, write_s, rows = _ours(till, baskets)
        raw_s = _raw(Path(folder) / "raw.sqlite3", rows)
    prepare_s, write_s, raw_s = prepare_s[_WARM_UP:], write_s[_WARM_UP:], raw_s[_WARM_UP:]
    whole_s = [prepared + written for prepared, written in zip(prepare_s, write_s, strict=True)]
    to_ms = 1000
    return [
        Figure(
            "write of a sale, BEGIN to COMMIT, median",
            median(write_s) * to_ms,
            median(raw_s) * to_ms,
            "ms",
            1.5,
            more={"p99_ours": p99(write_s) * to_ms, "p99_reference": p99(raw_s) * to_ms},
        ),
        Figure(
            "basket closed to COMMIT, everything in it, median",
            median(whole_s) * to_ms,
            median(raw_s) * to_ms,
            "ms",
            2.5,
            more={
                "p99_ours": p99(whole_s) * to_ms,
                "part_work_out_ms": median(prepare_s) * to_ms,
                "part_write_ms": median(write_s) * to_ms,
            },
        ),
    ]


def _ours(till: Till, baskets: list[Basket]) -> tuple[list[float], list[float], list[Rows]]:
    """Each sale's time to work out and to write, and the rows that it left."""
    prepare_s: list[float] = []
    write_s: list[float] = []

    def book(connection: Connection, basket: Basket) -> None:
        begin_s = time.perf_counter()
        prepared = booking.prepare_sale(till, connection, basket, _CASH, foreign_receipt="")
        prepared_s = time.perf_counter()
        with transaction(connection):
            booking.write_sale(connection, prepared)
        end_s = time.perf_counter()
        prepare_s.append(prepared_s - begin_s)
        write_s.append(end_s - prepared_s)

    for basket in baskets:
        till.database.submit_steps(lambda connection, basket=basket: book(connection, basket)).result()  # type: ignore[misc]
    return prepare_s, write_s, [_rows_of(till, basket) for basket in baskets]


def _rows_of(till: Till, basket: Basket) -> Rows:
    """The rows that a sale left, read back."""
    connection = till.database.reader()
    account_ref = basket.member.account_ref if basket.member else ""
    rows: Rows = {}
    for name in _TABLES:
        if name == "lot":
            where = "lot_id IN (SELECT lot_id FROM award WHERE event_id = ?)"
            key = basket.event_id
        elif name == "accumulator":
            where, key = "account_ref = ?", account_ref
        else:
            where, key = "event_id = ?", basket.event_id
        found = connection.exec_driver_sql(f"SELECT * FROM {name} WHERE {where}", (key,))
        rows[name] = [tuple(row) for row in found]
    rows["account"] = [(account_ref,)]
    return rows


def _raw(path: Path, sales: list[Rows]) -> list[float]:
    """The same rows by hand: plain SQL, one transaction a sale, nothing else."""
    engine = make_engine(path)
    metadata.create_all(engine)
    with engine.connect() as connection:
        refs = {rows["account"][0][0] for rows in sales}
        connection.exec_driver_sql("BEGIN")
        for ref in refs:
            connection.exec_driver_sql("INSERT INTO account (account_ref) VALUES (?)", (ref,))
        connection.exec_driver_sql(
            "INSERT INTO terminal (id, terminal_id, terminal_number, store_id, incarnation, last_hash) "
            "VALUES (1, 't', 1, 's', 1, zeroblob(32))"
        )
        connection.exec_driver_sql("COMMIT")
    engine.dispose()
    raw = pysqlite3.dbapi2.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")
    inserts = {name: _insert(raw, name) for name in _TABLES}
    inserts["accumulator"] += " ON CONFLICT DO UPDATE SET sum_minor = excluded.sum_minor"
    times_s = []
    for rows in sales:
        begin_s = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        for name in _TABLES:
            raw.executemany(inserts[name], rows[name])
        event = rows["event"][0]
        raw.execute("UPDATE terminal SET last_seq = ?, last_hash = ?, last_hlc = ?", (event[1], event[7], event[8]))
        raw.execute("UPDATE account SET receipts_count = receipts_count + 1 WHERE account_ref = ?", rows["account"][0])
        raw.execute("COMMIT")
        times_s.append(time.perf_counter() - begin_s)
    raw.close()
    return times_s


def _insert(raw: Any, table: str) -> str:
    columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
