"""The doctor: good on a good till, and every kind of damage found by its check."""

from pathlib import Path

import keyring
import pytest

from pos_app.protocol.checkpoints import sign_checkpoint
from pos_app.protocol.signing import create_private_key
from pos_app.use_cases.checking import Verdict
from storage import journal, key_store, print_jobs, pruning
from tests.conftest import OpenShop
from tests.pos_app.use_cases.test_explaining import overwrite_table
from tests.shop import BOB, BREAD, GOLD, TEA, Shop
from tests.storage.test_key_store import InMemory

GOOD = {
    "library": Verdict.GOOD,
    "file": Verdict.GOOD,
    "chain": Verdict.GOOD,
    "ledger": Verdict.GOOD,
    "balances": Verdict.GOOD,
    "counters": Verdict.GOOD,
    "receipts": Verdict.GOOD,
    "caps": Verdict.GOOD,
    "coupons": Verdict.GOOD,
    "contracts": Verdict.GOOD,
    "draws": Verdict.GOOD,
    "audit": Verdict.GOOD,
    "search": Verdict.GOOD,
    "printing": Verdict.GOOD,
    "mirror": Verdict.NOTE,
    "headquarters": Verdict.NOTE,
    "names": Verdict.GOOD,
    "key": Verdict.NOTE,
    "pins": Verdict.NOTE,
    "clock": Verdict.GOOD,
}


pytestmark = pytest.mark.usefixtures("no_keystore")


@pytest.fixture
def used(shop: Shop) -> Shop:
    """A till with sales, a burn, a return, points and an overdraft. Its last event is number 7."""
    first = shop.sell(TEA, BREAD, card=BOB)
    shop.sell(TEA, card=BOB, burn=35)
    shop.take_back(first, line_1=1, line_2=1)
    shop.sell(TEA, card=GOLD)
    assert shop.member(BOB).balance.overdraft_units
    return shop


def verdicts(shop: Shop) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in shop.examine()}


def words(shop: Shop, check: str) -> str:
    return next(finding.words for finding in shop.examine() if finding.check == check)


def test_that_a_good_till_is_good(used: Shop) -> None:
    assert verdicts(used) == GOOD
    assert "All 7 events verify" in words(used, "chain")


def test_that_an_empty_till_is_good(shop: Shop) -> None:
    assert verdicts(shop) == GOOD


@pytest.mark.parametrize(
    ("damage", "check", "said"),
    [
        ("DELETE FROM account WHERE account_ref NOT IN (SELECT account_ref FROM sale)", "file", "refers to nothing"),
        ("UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE seq = 5", "chain", "breaks at event 5"),
        ("UPDATE event SET hash = zeroblob(32) WHERE seq = 4", "chain", "breaks at event 4"),
        ("UPDATE event SET terminal_id = '0' WHERE seq = 4", "chain", "breaks at event 5 of incarnation 1: place"),
        ("DELETE FROM event WHERE seq = 2", "chain", "breaks at event 3 of incarnation 1: place"),
        ("DELETE FROM event WHERE seq = 7", "chain", "ends before its last event"),
        (
            "UPDATE entry SET units = units + 1 WHERE kind = 'available' AND units > 0 AND entry_no = 2",
            "ledger",
            "Keep",
        ),
        ("DELETE FROM entry WHERE kind = 'overdraft'", "ledger", "Keep the file and report it."),
        ("UPDATE lot SET remaining_units = granted_units", "balances", "entries 0"),
        ("DELETE FROM lot", "balances", "account account-2990000000033: "),
        ("UPDATE overdraft SET units = units + 1", "balances", "overdraft says"),
        ("DELETE FROM overdraft", "balances", "overdraft says 0, entries"),
        ("UPDATE payment SET amount_minor = amount_minor + 1 WHERE amount_minor = 1333", "receipts", "001-01-"),
        ("DELETE FROM payment", "receipts", "001-01-0000004; 001-01-0000005; 001-01-0000006; 001-01-0000007"),
        (
            "UPDATE sale_line SET amount_minor = 1, payable_minor = 1, tax_minor = 0 WHERE line_no = 2",
            "receipts",
            "0004",
        ),
        ("DELETE FROM sale WHERE receipt_number = '001-01-0000007'", "receipts", "event 7 has lost its receipt"),
    ],
)
def test_that_damage_is_found(used: Shop, damage: str, check: str, said: str) -> None:
    used.damage(damage)
    bad = used.bad_findings()
    assert check in bad
    assert said in bad[check]


@pytest.mark.parametrize(
    ("table", "check"), [("event", "chain"), ("entry", "ledger"), ("lot", "balances"), ("sale", "receipts")]
)
def test_that_pages_that_cannot_be_read_are_bad_news_and_no_crash(used: Shop, table: str, check: str) -> None:
    overwrite_table(used, table)
    bad = used.bad_findings()
    assert {"file", check} <= bad.keys()
    assert "is damaged" in bad[check]


def test_that_receipts_that_failed_to_print_are_noted_until_a_copy_came_out(shop: Shop) -> None:
    sale = shop.sell(TEA)
    shop.till.database.write(lambda c: print_jobs.finish_job(c, sale.print_job_id, problem="no paper"))
    assert Verdict.NOTE is verdicts(shop)["printing"]
    assert "1 receipts failed to print" in words(shop, "printing")
    copy = shop.till.database.write(lambda c: print_jobs.queue_copy(c, sale.event_id, utc_ms=1))
    assert Verdict.NOTE is verdicts(shop)["printing"]
    shop.till.database.write(lambda c: print_jobs.finish_job(c, copy, problem=""))
    assert Verdict.GOOD is verdicts(shop)["printing"]


def test_that_a_till_under_hq_leaves_balances_to_it_and_says_what_waits(open_shop: OpenShop) -> None:
    shop = open_shop(till={"authority": "hq"}, hq={"url": "https://hq.example.org"})
    assert Verdict.NOTE is verdicts(shop)["balances"]
    assert "run `pos-app join CODE`" in shop.bad_findings()["headquarters"]
    shop.till.database.write(lambda c: journal.change_terminal(c, hq_public_key=b"k" * 32))
    assert "3 events wait" in words(shop, "headquarters")
    shop.till.database.write(lambda c: journal.change_terminal(c, acked_seq=2))
    assert "1 event waits" in words(shop, "headquarters")
    shop.till.database.write(lambda c: journal.change_terminal(c, sync_state="FENCED"))
    assert "(FENCED). It sells and earns. Enrol it again." in shop.bad_findings()["headquarters"]


def test_that_the_keys_place_is_named(shop: Shop) -> None:
    assert "no key yet" in words(shop, "key")
    key_store.load_or_create(shop.folder, lambda: bytes(32))
    assert "in a file (mode 0600): weaker" in words(shop, "key")
    (shop.folder / "terminal.key").write_text("?")
    assert "is not a key" in shop.bad_findings()["key"]


def test_that_a_key_in_the_keystore_is_good(shop: Shop) -> None:
    keyring.set_keyring(InMemory())
    key_store.load_or_create(shop.folder, lambda: bytes(32))
    assert Verdict.GOOD is verdicts(shop)["key"]


def test_that_a_long_journal_is_read_in_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos_app.use_cases.checking._PAGE_EVENTS", 2)
    for _ in range(4):
        shop.sell(TEA)
    assert "All 7 events verify" in words(shop, "chain")
    shop.damage("UPDATE event SET utc_ms = 0, prev_hash = zeroblob(32) WHERE seq = 6")
    assert "breaks at event 6" in shop.bad_findings()["chain"]


def prune(shop: Shop, key: bytes) -> None:
    """Drop the bodies of everything that is there, and sign for them."""
    terminal = shop.till.database.read(journal.read_terminal)
    seq = terminal.last_seq
    shop.till.database.write(lambda c: journal.change_terminal(c, acked_seq=seq, durable_seq=seq))
    name = (terminal.terminal_id, terminal.incarnation)
    pruned = shop.till.database.write(
        lambda c: pruning.drop_bodies(c, name, lambda *at: sign_checkpoint(key, *at), before_ms=2**60)
    )
    assert seq == pruned


def test_that_a_signed_checkpoint_vouches_for_what_was_pruned(used: Shop) -> None:
    key = key_store.load_or_create(used.folder, create_private_key)
    prune(used, key)
    used.sell(TEA)
    assert "All 8 events verify" in words(used, "chain")
    assert "the 7 that were pruned" in words(used, "chain")
    used.till.database.write(lambda c: pruning.drop_sales(c, before_ms=2**60))
    assert {} == used.bad_findings(), "receipts of pruned events are dropped with time"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE event SET hash = zeroblob(32) WHERE seq = 3", "breaks at event 4 of incarnation 1: prev_hash"),
        ("UPDATE event SET hash = zeroblob(32) WHERE seq = 7", "breaks at event 7 of incarnation 1: hash"),
        ("UPDATE event SET prev_hash = zeroblob(32) WHERE seq = 8", "breaks at event 8 of incarnation 1: prev_hash"),
        ("DELETE FROM event WHERE seq = 3", "breaks at event 3 of incarnation 1: place"),
        ("DELETE FROM event WHERE seq >= 3", "breaks at event 3 of incarnation 1: place"),
        ("UPDATE event SET body = NULL WHERE seq = 8", "breaks at event 8 of incarnation 1: hash"),
        ("UPDATE checkpoint SET signature = zeroblob(64)", "checkpoint of the pruned events is not this till's"),
        ("UPDATE checkpoint SET hash = zeroblob(32)", "checkpoint of the pruned events is not this till's"),
        ("UPDATE checkpoint SET seq = 6", "checkpoint of the pruned events is not this till's"),
    ],
)
def test_that_damage_to_a_pruned_chain_is_found(used: Shop, damage: str, said: str) -> None:
    prune(used, key_store.load_or_create(used.folder, create_private_key))
    used.sell(TEA)
    used.damage(damage)
    assert said in used.bad_findings()["chain"]


def test_that_a_checkpoint_without_the_tills_key_is_bad(used: Shop) -> None:
    prune(used, create_private_key())
    assert "is not this till's" in used.bad_findings()["chain"]


def test_that_the_chains_of_former_names_are_verified_too(used: Shop) -> None:
    used.till.database.write(lambda c: journal.change_terminal(c, acked_seq=4, durable_seq=4))
    terminal_id = used.till.database.read(journal.read_terminal).terminal_id
    used.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=terminal_id, incarnation=2))
    assert "All 7 events verify" in words(used, "chain")
    used.damage("UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE incarnation = 1 AND seq = 3")
    assert "breaks at event 3 of incarnation 1: hash" in used.bad_findings()["chain"]
    used.damage("UPDATE event SET terminal_id = 'x' WHERE incarnation = 1 AND seq = 1")
    assert "under a name that no till has" in used.bad_findings()["chain"]


def test_that_the_doctor_changes_nothing(used: Shop, tmp_path: Path) -> None:
    used.till.close()
    before = used.till.database.path.read_bytes()
    used.till = used._open()
    used.examine()
    used.till.close()
    after = used.till.database.path.read_bytes()
    used.till = used._open()
    assert before == after
