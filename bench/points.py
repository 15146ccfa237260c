"""The decision to burn offline, and rebuilding every balance from the entries.

``decision``: from a card to how many points may be burned without HQ: the account, its lots and leases, what is unsynced, every bound. The
reference is looking the same card up and nothing else.

``rebuild``: every lot's remainder is destroyed, and what the doctor's repair calls puts all lots, debts, sums and counts right: every event
is read, and compared with its entries, on the way. The reference is one SQL sum over the same entries. Afterwards the lots are what
they were.
"""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from bench import shop
from bench.figures import median
from pos_app.model.receipts import PaymentKind
from pos_app.settings import Settings
from pos_app.use_cases.burning import decide_offline
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till
from storage import accounts, recount
from storage.database import Connection

_SALES = 4_000
_DECISIONS = 2_000
_CASH = (Tender(PaymentKind.CASH, 10**9),)
_SUM = "SELECT account_ref, issuer, kind, sum(units) FROM entry GROUP BY account_ref, issuer, kind"
_LOTS = "SELECT lot_id, remaining_units FROM lot ORDER BY lot_id"
_SEED = 1


def measure() -> list[dict[str, Any]]:
    """Both figures; they are reported, nothing is asked of them."""
    with tempfile.TemporaryDirectory() as folder:
        with shop.opened(Path(folder) / "local") as till:
            _sell(till)
            rebuild = _rebuild(till)
        sections = {"hq": {"url": "http://127.0.0.1:9"}, "till": {"authority": "hq"}}
        settings = msgspec.convert(msgspec.to_builtins(Settings()) | sections, Settings)
        with shop.opened(Path(folder) / "hq", settings) as till:
            cards = _sell(till)
            return [_decision(till, cards), rebuild]


def _sell(till: Till) -> list[str]:
    """A part of the year's baskets, with their cards; gives the cards."""
    shop.fill(till, members=0)
    baskets = shop.journey().baskets[:_SALES]
    for real in baskets:
        till.close_sale(shop.basket_of(till, real), _CASH).result()
    return [real.card_number for real in baskets]


def _decision(till: Till, cards: list[str]) -> dict[str, Any]:
    chosen = random.Random(_SEED).sample(cards, _DECISIONS)

    def timed(connection: Connection) -> tuple[list[float], list[float]]:
        decided_s, found_s = [], []
        for card in chosen:
            begin_s = time.perf_counter()
            decide_offline(till, connection, card)
            middle_s = time.perf_counter()
            accounts.find_by_card(connection, card)
            decided_s.append(middle_s - begin_s)
            found_s.append(time.perf_counter() - middle_s)
        return decided_s, found_s

    decided_s, found_s = till.database.read(timed)
    return _row("the decision to burn offline, median", median(decided_s) * 1000, median(found_s) * 1000, "ms")


def _rebuild(till: Till) -> dict[str, Any]:
    before = till.database.reader().exec_driver_sql(_LOTS).all()
    started_s = time.perf_counter()
    sums = till.database.reader().exec_driver_sql(_SUM).all()
    sum_s = time.perf_counter() - started_s
    till.database.write(lambda c: c.exec_driver_sql("UPDATE lot SET remaining_units = 0"))
    started_s = time.perf_counter()
    till.database.write(_rebuild_all)
    seconds = time.perf_counter() - started_s
    assert before == till.database.reader().exec_driver_sql(_LOTS).all()
    row = _row(f"all balances rebuilt, {len(before)} lots", seconds * 1000, sum_s * 1000, "ms")
    return {**row, "sums": len(sums)}


def _rebuild_all(connection: Connection) -> None:
    counted = recount.recount(connection)
    assert counted.is_whole
    assert not counted.wrong_events
    recount.put_counts(connection, counted)
    recount.put_lots(connection, counted.granted, counted.granted)
    recount.put_overdrafts(connection)


def _row(name: str, ours: float, reference: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours": round(ours, 3),
        "reference": round(reference, 3),
        "unit": unit,
        "ratio": round(ours / reference, 3),
        "reach": "reported",
        "holds": True,
    }
