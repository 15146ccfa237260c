"""Loading every account of HQ into a till that sells: replaced in place in small steps, against shadow tables and a swap.

``python -m bench.snapshot_load --accounts 1000000`` prints rows a second, the longest wait of a sale, and the disk. It takes minutes, so
``make bench`` leaves it out.
"""

import argparse
import hashlib
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos_app.model.accounts import Lot
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.messages import AccountState, CardState, PersonalRecord, SnapshotPage, VersionedField
from pos_app.settings import Settings
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import BasketLine
from storage import applying, catalogue
from storage.database import Connection, driver_connection
from storage.outbox import SqliteOutbox
from tests.shop import TEA, programme

_PAGE_ACCOUNTS = 1_000
_SALE_EVERY_S = 0.05
_SWAPPED = ("account", "card", "lot", "accumulator")
_NAMES = ("Anna Kovač", "Марија Иванова", "Ivan Petrović", "Ольга Смирнова", "María Santos")


def _random(text: str) -> str:
    """An id as random as real ones."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + "0000"


def _state(ref: str, units: int) -> AccountState:
    number = int(ref[:10], 16)
    lots = tuple(
        Lot(_random(f"lot {ref} {part}"), ref, "shop", "fixed-card", 1, None, units, units, matured=True)
        for part in range(1 + number % 2)
    )
    return AccountState(
        ref,
        "active",
        "gold",
        (CardState(f"29{int(_random(ref)[:9], 16):011d}", "active"),),
        lots,
        {},
        {"p": {"2026-07": 5}},
        3,
        1,
        0,
    )


def _pages(accounts: int, *, units: int) -> Iterator[SnapshotPage]:
    refs = sorted(_random(str(number)) for number in range(accounts))
    for first in range(0, accounts, _PAGE_ACCOUNTS):
        some = refs[first : first + _PAGE_ACCOUNTS]
        yield SnapshotPage(
            accounts=tuple(_state(ref, units) for ref in some),
            personal=tuple(
                PersonalRecord(ref, {"name": VersionedField(_NAMES[number % 5], 1, 5)})
                for number, ref in enumerate(some)
            ),
            next_cursor=some[-1],
            changes_cursor="1.0",
            hq_gen=1,
            more=first + _PAGE_ACCOUNTS < accounts,
            hq_time_ms=1,
        )


class _Counter(threading.Thread):
    """Sells a cup of tea again and again, and writes down how long each sale took until COMMIT."""

    def __init__(self, till: Till) -> None:
        super().__init__(daemon=True)
        self.took_ms: list[float] = []
        self._till = till
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(_SALE_EVERY_S):
            basket = self._till.open_basket()
            basket = type(basket)(event_id=basket.event_id, lines=(BasketLine(TEA),))
            begun = time.perf_counter()
            self._till.close_sale(basket, (Tender(PaymentKind.CASH, 10**6),)).result()
            self.took_ms.append((time.perf_counter() - begun) * 1000)
        self._till.database.close_reader()

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    @property
    def figures(self) -> str:
        in_order = sorted(self.took_ms)
        return (
            f"{len(in_order)} sales, median {statistics.median(in_order):.1f} ms, "
            f"99 % {in_order[int(len(in_order) * 0.99)]:.1f} ms, longest {in_order[-1]:.1f} ms"
        )


@contextmanager
def _selling(till: Till) -> Iterator[_Counter]:
    counter = _Counter(till)
    counter.start()
    try:
        yield counter
    finally:
        counter.stop()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("till.sqlite3*")) / 1e6


def _load(
    till: Till, accounts: int, *, units: int, rest_for_each_busy: float, seconds_max: float = 1e9
) -> tuple[int, float]:
    """Load pages for at most so long; gives how many accounts came in how many seconds of loading (making them does not count)."""
    outbox = SqliteOutbox(till.database)
    cursor, loaded, spent_s = "", 0, 0.0
    for page in _pages(accounts, units=units):
        begun = time.perf_counter()
        outbox.apply_snapshot(
            page, asked_cursor=cursor, pause=lambda busy_ms: time.sleep(rest_for_each_busy * busy_ms / 1000)
        )
        spent_s += time.perf_counter() - begun
        cursor, loaded = page.next_cursor, loaded + len(page.accounts)
        if spent_s > seconds_max:
            break
    return loaded, spent_s


def _shadow(connection: Connection) -> None:
    driver = driver_connection(connection)
    for table in _SWAPPED:
        (sql,) = driver.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        driver.execute(re.sub(rf'CREATE TABLE "?{table}"?', f"CREATE TABLE {table}_next", sql))


def _fill_shadow(till: Till, accounts: int) -> float:
    """Put every account into the shadow tables, a step each; gives the seconds."""
    to_shadow = [(re.compile(rf"\b{table}\b(?=[ .(])"), f"{table}_next") for table in _SWAPPED]
    rows = {"account": applying._put_account, "card": applying._put_card, "accumulator": applying._put_balances[2]}  # noqa: SLF001
    texts = {}
    for name, statement in rows.items():
        text = statement.text
        for pattern, into in to_shadow:
            text = pattern.sub(into, text) if into.startswith(name) else text
        texts[name] = text
    spent_s = 0.0
    for page in _pages(accounts, units=8):
        for first in range(0, len(page.accounts), 25):
            states = page.accounts[first : first + 25]

            def step(connection: Connection, states: tuple[AccountState, ...] = states) -> None:
                driver = driver_connection(connection)
                driver.executemany(
                    texts["account"],
                    ((s.account_ref, s.card_class, s.receipts_count, 0, 1, 0, s.status, "", 1, 1) for s in states),
                )
                driver.executemany(
                    texts["card"], ((c.number, s.account_ref, c.status) for s in states for c in s.cards)
                )
                driver.executemany(
                    "INSERT INTO lot_next VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        (
                            lot.lot_id,
                            lot.account_ref,
                            lot.issuer,
                            lot.programme_id,
                            1,
                            None,
                            lot.granted_units,
                            lot.remaining_units,
                            1,
                        )
                        for s in states
                        for lot in s.lots
                    ),
                )
                driver.executemany(texts["accumulator"], ((s.account_ref, "p", "2026-07", 5) for s in states))

            begun = time.perf_counter()
            till.database.write(step)
            spent_s += time.perf_counter() - begun
    return spent_s


def _swap(connection: Connection) -> None:
    """Build what indexes there are, then let the new tables take the old ones' names, in one transaction."""
    driver = driver_connection(connection)
    driver.execute("PRAGMA foreign_keys = OFF")
    driver.execute("BEGIN IMMEDIATE")
    for table in _SWAPPED:
        driver.execute(f"DROP TABLE {table}")
        driver.execute(f"ALTER TABLE {table}_next RENAME TO {table}")
    driver.execute("COMMIT")
    driver.execute("PRAGMA foreign_keys = ON")


def main() -> None:
    """Measure both ways, one after the other, in one database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--paced-seconds", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        till = open_till(Settings(), folder, programmes_in_force=[programme("fixed-card")])
        till.database.write(lambda connection: catalogue.put_products(connection, [TEA]))
        with _selling(till) as alone:
            time.sleep(10)
        _say(f"no loading:            {alone.figures}")
        loaded, spent_s = _load(till, options.accounts, units=5, rest_for_each_busy=0)
        _say(
            f"first load, alone:     {loaded} accounts in {spent_s:.0f} s, {loaded / spent_s:.0f}/s, {_size_mb(folder):.0f} MB"
        )
        for rest, units, words in (
            (2, 5, "as it was, 1/3 of the time"),
            (2, 6, "all new, 1/3 of the time"),
            (0, 7, "all new, all the time"),
        ):
            with _selling(till) as counter:
                loaded, spent_s = _load(
                    till, options.accounts, units=units, rest_for_each_busy=rest, seconds_max=options.paced_seconds
                )
            _say(f"in place, {words}: {loaded / spent_s:.0f} accounts/s, {counter.figures}")
        _say(f"                       {_size_mb(folder):.0f} MB")
        till.database.write(_shadow)
        with _selling(till) as counter:
            spent_s = _fill_shadow(till, options.accounts)
        _say(
            f"shadow tables, filling: {options.accounts / spent_s:.0f} accounts/s (no names), {counter.figures}, {_size_mb(folder):.0f} MB"
        )
        with _selling(till) as counter:
            time.sleep(1)
            begun = time.perf_counter()
            till.database.submit_steps(_swap).result()
            swap_s = time.perf_counter() - begun
            time.sleep(1)
        _say(
            f"shadow tables, swap:    {swap_s * 1000:.0f} ms in one transaction, {counter.figures}, {_size_mb(folder):.0f} MB"
        )
        till.close()


if __name__ == "__main__":
    main()
