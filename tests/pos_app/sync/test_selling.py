"""Ten thousand accounts come in while the till sells: no sale fails, none is lost, and the view counts each once."""

import threading

import msgspec
import pytest

from pos_app.model.accounts import Lot
from pos_app.protocol.messages import CardState
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncRounds
from storage import journal
from storage.outbox import SqliteOutbox
from tests.conftest import OpenShop
from tests.pos_app.sync.servers import serving
from tests.pos_app.sync.small_hq import NOW_MS, SmallHq, account
from tests.shop import BOB, NOON_MS, TEA, Shop

ACCOUNTS = 10_000
BOB_REF = f"account-{BOB}"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    made = open_shop("fixed-card", till={"authority": "hq"}, hq={"url": "http://hq.example"})
    joined = {"hq_public_key": SmallHq.public_key, "hq_gen": 1}
    made.till.database.write(lambda connection: journal.change_terminal(connection, **joined))
    return made


def chain() -> SmallHq:
    """An HQ with Bob, who has 500 points there, among many."""
    lots = (Lot("lot-bob", BOB_REF, "shop", "fixed-card", NOON_MS - 10**9, None, 500, 500, matured=True),)
    bob = msgspec.structs.replace(
        account(1), account_ref=BOB_REF, card_class="silver", cards=(CardState(BOB, "active"),), lots=lots
    )
    return SmallHq(bob, *(account(number) for number in range(ACCOUNTS)), page_accounts=1_000)


def test_that_a_till_sells_while_ten_thousand_accounts_come_in(shop: Shop) -> None:
    hq, done, sold = chain(), threading.Event(), []

    def sell() -> None:
        while not done.wait(0.1):
            sold.append(shop.sell(TEA, card=BOB))
        shop.till.database.close_reader()

    counter = threading.Thread(target=sell)
    with serving(hq.reply) as server, HqClient(server.url, private_key=bytes(32)) as client:
        rounds = SyncRounds(
            SqliteOutbox(shop.till.database),
            client,
            options=SyncOptions(),
            utc_ms=lambda: NOW_MS,
            fraction=lambda: 0.5,
            stopping=lambda: False,
            pause_s=lambda _seconds: None,
        )
        counter.start()
        reports = [rounds.run()]
        while reports[-1].snapshot_accounts is not None:
            reports.append(rounds.run())
        done.set()
        counter.join()

    assert {None} == {report.problem for report in reports}
    assert [(ACCOUNTS + 1,)] == shop.query("SELECT count(*) FROM account WHERE snapshot_no = 1")
    assert sold
    assert [(len(sold),)] == shop.query("SELECT count(*) FROM sale")
    assert 500 + 30 * len(sold) == shop.member(BOB).balance.available_units
