"""Kill -9: whatever the moment, every acknowledged sale is there, whole, and no other is there in part."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos_app.protocol.events import SaleEvent, decode_body
from tests.shop import BOB, Shop

pytestmark = pytest.mark.unmeasured

REPOSITORY = Path(__file__).parents[3]
ROUNDS = 6
SALES_PER_ROUND_MAX = 25

# Every round is a process of its own, forked from one that has imported and compiled everything but has no till open.
WARM = """
import os, signal, sys
from pathlib import Path
from storage.database import driver_connection
from tests.shop import *

folder = Path(sys.argv[1])
warm = Shop(folder / "warm", "fixed-card")
warm.join(BOB, "silver")
warm.take_back(warm.sell(TEA, card=BOB), line_1=1)
assert {} == warm.bad_findings()
warm.close()
"""

SELLING = """
def sell():
    shop = Shop(folder / "till", "fixed-card")
    sold = []
    print(os.getpid(), flush=True)
    while True:
        sale = shop.sell(TEA, BREAD, BasketLine(RICE, 750), card=BOB, burn=min(20, shop.member(BOB).spendable_units))
        print(sale.receipt_number, sale.event_id, flush=True)
        if len(sold) % 5 == 4:
            shop.take_back(sold[-1], line_2=1)
        sold.append(sale)

for _ in sys.stdin:
    child = os.fork()
    if not child:
        sell()
    assert -signal.SIGKILL == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print("dead", flush=True)
"""

KILLED_AT_EACH_STATEMENT = """
def sell(statements_left):
    shop = Shop(folder / "till", "fixed-card")
    assert {} == shop.bad_findings(), shop.bad_findings()
    assert [(0,)] == shop.query("SELECT count(*) FROM sale")
    seen = []
    def count(statement):
        if seen or statement.startswith("BEGIN"):
            seen.append(statement)
        if len(seen) == statements_left:
            os.kill(os.getpid(), signal.SIGKILL)
    basket = shop.basket(TEA, BREAD, card=BOB)
    shop.till.database.submit_steps(lambda c: driver_connection(c).set_trace_callback(count)).result()
    shop.till.close_sale(basket, ENOUGH).result()
    print(*(statement.split()[0] for statement in seen), flush=True)
    os._exit(0)

for statements_left in range(1, 100):
    child = os.fork()
    if not child:
        sell(statements_left)
    if not os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        break
"""


@contextmanager
def program(script: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A program of its own, which is dead afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", WARM + script, str(folder)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def open_shop_in(folder: Path) -> Shop:
    return Shop(folder / "till", "fixed-card")


def test_that_a_kill_loses_no_acknowledged_sale_and_leaves_none_in_part(tmp_path: Path) -> None:
    shop = open_shop_in(tmp_path)
    shop.join(BOB, "silver")
    shop.close()
    chance = random.Random(17)
    acknowledged: dict[str, str] = {}
    with program(SELLING, tmp_path) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for round_number in range(1, ROUNDS + 1):
            print("go", file=running.stdin, flush=True)
            pid = int(running.stdout.readline())
            for _ in range(chance.randint(1, SALES_PER_ROUND_MAX)):
                number, event_id = running.stdout.readline().split()
                acknowledged[number] = event_id
            # The next sale is under way: this much of it happens.
            signal.sigtimedwait([], chance.uniform(0, 0.004))
            os.kill(pid, signal.SIGKILL)
            for line in iter(running.stdout.readline, "dead\n"):
                number, event_id = line.split()
                acknowledged[number] = event_id
            shop = open_shop_in(tmp_path)
            try:
                assert_whole(shop, acknowledged, kills=round_number)
            finally:
                shop.close()


def assert_whole(shop: Shop, acknowledged: dict[str, str], *, kills: int) -> None:
    """Every acknowledged sale with all its rows; at most one more a kill, whole as well; chain, sums and ledger agree."""
    assert {} == shop.bad_findings()
    sold = dict(shop.query("SELECT receipt_number, event_id FROM sale WHERE kind = 'sale'"))
    assert acknowledged.items() <= sold.items()
    assert len(sold) <= len(acknowledged) + kills
    for event_id in sold.values():
        event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", event_id)[0][0])
        assert isinstance(event, SaleEvent)
        rows = "SELECT (SELECT count(*) FROM {} WHERE event_id = ?)"
        stored = {
            table: shop.query(rows.format(table), event_id)[0][0]
            for table in ("sale_line", "payment", "award", "print_job", "entry")
        }
        lots_moved = len(event.granted_lots) + len(event.burned_lots)
        expected = {
            "sale_line": len(event.lines),
            "payment": len(event.payments),
            "award": len(event.awards),
            "print_job": 1,
            "entry": 2 * lots_moved,
        }
        assert stored == expected
    assert [(0,)] == shop.query("SELECT sum(units) FROM entry")


def test_that_a_kill_at_any_statement_of_a_sale_leaves_nothing_of_it(tmp_path: Path) -> None:
    shop = open_shop_in(tmp_path)
    shop.join(BOB, "silver")
    shop.close()
    with program(KILLED_AT_EACH_STATEMENT, tmp_path) as running:
        said, complained = running.communicate(timeout=100)
    assert (0, "") == (running.returncode, complained)
    statements = said.split()
    assert ["BEGIN", "COMMIT"] == [statements[0], statements[-1]]
    assert len(statements) > 12
    shop = open_shop_in(tmp_path)
    try:
        assert {} == shop.bad_findings()
        assert [(1,)] == shop.query("SELECT count(*) FROM sale")
    finally:
        shop.close()
