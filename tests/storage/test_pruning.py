"""What the till lets go of: bodies that HQ keeps, old receipts, names of people after a long time out of touch."""

import pytest

from pos_app.protocol.chain import Envelope
from pos_app.protocol.checkpoints import Checkpoint, sign_checkpoint
from pos_app.use_cases.checking import Verdict
from pos_app.use_cases.housekeeping import Housekeeping, chores_of
from pos_app.use_cases.joining import private_key
from storage import journal, pruning
from storage.database import Connection
from storage.journal import Terminal
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, NOON_MS, TEA, Shop

HQ = {"till": {"authority": "hq"}, "hq": {"url": "https://hq.example.org"}}
OTHER = "00000000-0000-0000-0000-00000000000b"
DAYS_35 = 35 * DAY_MS
pytestmark = pytest.mark.usefixtures("no_keystore")


@pytest.fixture
def till(open_shop: OpenShop) -> Shop:
    """A till that has joined; three enrolments stand in its journal."""
    shop = open_shop("fixed-card", **HQ)
    change(shop, hq_public_key=bytes(32), last_contact_ms=NOON_MS)
    return shop


def change(shop: Shop, **values: object) -> None:
    shop.till.database.write(lambda connection: journal.change_terminal(connection, **values))


def terminal(shop: Shop) -> Terminal:
    return shop.till.database.read(journal.read_terminal)


def sign(shop: Shop, envelope: Envelope, digest: bytes) -> Checkpoint:
    return sign_checkpoint(private_key(shop.till), envelope, digest)


def prune(shop: Shop, *, before_ms: int) -> int:
    def step(connection: Connection) -> int:
        name = (terminal(shop).terminal_id, terminal(shop).incarnation)
        return pruning.drop_bodies(connection, name, lambda place, at: sign(shop, place, at), before_ms=before_ms)

    return shop.till.database.write(step)


def pruned(shop: Shop) -> list[int]:
    return [row[0] for row in shop.query("SELECT seq FROM event WHERE body IS NULL ORDER BY seq")]


def test_that_old_bodies_that_hq_keeps_go_and_the_chain_still_verifies(till: Shop) -> None:
    till.wait(DAYS_35)
    till.sell(TEA)
    change(till, acked_seq=4, durable_seq=4)
    assert 3 == prune(till, before_ms=NOON_MS + 1)
    assert 0 == prune(till, before_ms=NOON_MS + 1)
    assert ([1, 2, 3], 3) == (pruned(till), terminal(till).pruned_seq)
    assert {} == {check: words for check, words in till.bad_findings().items() if check != "headquarters"}
    till.damage("UPDATE checkpoint SET signature = zeroblob(64)")
    assert "chain" in till.bad_findings()


@pytest.mark.parametrize(("durable_seq", "before_ms"), [(0, NOON_MS + 1), (3, NOON_MS)])
def test_that_what_hq_may_lose_and_what_is_young_stays(till: Shop, durable_seq: int, before_ms: int) -> None:
    change(till, acked_seq=3, durable_seq=durable_seq)
    assert 0 == prune(till, before_ms=before_ms)
    assert [] == pruned(till)


def test_that_pruning_goes_on_where_it_was(till: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "STEP_EVENTS", 2)
    change(till, acked_seq=3, durable_seq=3)
    assert [2, 1, 0] == [prune(till, before_ms=NOON_MS + 1) for _ in range(3)]
    assert "headquarters" not in till.bad_findings()


def test_that_a_till_that_is_enrolled_again_sends_what_is_not_safe_though_the_rest_is_pruned(till: Shop) -> None:
    sale = till.sell(TEA)
    change(till, acked_seq=3, durable_seq=3)
    prune(till, before_ms=NOON_MS + 1)
    till.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=OTHER, incarnation=1))
    assert [(sale.event_id, 1)] == till.query("SELECT event_id, seq FROM event WHERE terminal_id = ?", OTHER)
    assert 0 == terminal(till).pruned_seq
    assert {} == till.bad_findings()


def house(shop: Shop) -> None:
    """Keep house once, to the end."""
    Housekeeping(chores_of(shop.till, lambda: private_key(shop.till))).run()
    for _ in range(40):  # every step stands behind the one before it on the writer thread
        shop.till.database.write(lambda _connection: None)


def test_that_housekeeping_prunes_former_names_too(till: Shop) -> None:
    change(till, acked_seq=3, durable_seq=2)
    till.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=OTHER, incarnation=1))
    change(till, acked_seq=1, durable_seq=1, trusted_ms=NOON_MS + DAYS_35 + 1)
    house(till)
    assert [1, 1, 2] == sorted(pruned(till))
    assert {} == till.bad_findings()


def test_that_receipts_stay_unless_the_settings_let_them_go(open_shop: OpenShop) -> None:
    for days, left in ((0, 3), (60, 1)):
        shop = open_shop("fixed-card", **HQ, storage={"keep_sales_days": days})
        sale = shop.sell(TEA, card=BOB)
        shop.take_back(sale, line_1=1)
        shop.wait(70 * DAY_MS)
        shop.sell(TEA)
        seq = terminal(shop).last_seq
        now_ms = shop.clock.now_ms
        change(shop, hq_public_key=bytes(32), trusted_ms=now_ms, last_contact_ms=now_ms, acked_seq=seq, durable_seq=seq)
        house(shop)
        assert [(left,)] == shop.query("SELECT count(*) FROM sale")
        assert {} == shop.bad_findings()


EVERYTHING = """
schema = 1
id = "all"
version = 1
name = "Discounts, stamps and gifts"
point_worth_minor = 1

[[rules]]
kind = "percent"
id = "off"
lane = "price"
rate_bp = 1_000

[rules.caps]
ever = 1_000

[[rules]]
kind = "collect"
id = "stamp"
pool = "stamps"

[[rules]]
kind = "reward"
id = "gift"
pool = "stamps"
cost = 1
gives = "A cup"
take = "auto"
"""


def test_that_an_old_receipt_goes_whole_and_what_its_rules_with_caps_gave_stays(open_shop: OpenShop) -> None:
    shop = open_shop(EVERYTHING)
    shop.sell(TEA, card=BOB)
    shop.sell(TEA, card=BOB)
    shop.reopen(**HQ, storage={"keep_sales_days": 60})
    parts = ("discount", "collected", "taken")
    assert [2, 2, 1] == [shop.query(f"SELECT count(*) FROM {part}")[0][0] for part in parts]
    shop.wait(70 * DAY_MS)
    seq, now_ms = terminal(shop).last_seq, shop.clock.now_ms
    change(shop, hq_public_key=bytes(32), trusted_ms=now_ms, last_contact_ms=now_ms, acked_seq=seq, durable_seq=seq)
    house(shop)
    assert [0, 0, 0, 0] == [shop.query(f"SELECT count(*) FROM {part}")[0][0] for part in (*parts, "sale")]
    assert {"all/off:ever": 200} == shop.member(BOB).used


def names(shop: Shop) -> list[tuple[str, str]]:
    return [
        (row[0], row[1]) for row in shop.query("SELECT account_ref, value FROM personal_field ORDER BY account_ref")
    ]


def confirm(shop: Shop, card: str) -> None:
    shop.till.database.write(
        lambda c: c.exec_driver_sql(
            "UPDATE personal_field SET confirmed_version = version WHERE account_ref = ?", (f"account-{card}",)
        )
    )


@pytest.mark.parametrize(("days", "left"), [(30, 2), (31, 1)])
def test_that_a_till_long_out_of_touch_forgets_the_names_that_hq_has(till: Shop, days: int, left: int) -> None:
    confirm(till, ANA)
    change(till, cursor="1.9", trusted_ms=NOON_MS + days * DAY_MS)
    house(till)
    assert left == len(names(till))
    assert (f"account-{BOB}", "Боб") in names(till), "HQ has not seen it yet"
    assert ("1.9" if left == 2 else "") == terminal(till).cursor
    assert b"ovi" not in till.till.database.path.with_name("till.sqlite3-wal").read_bytes() or left == 2


def test_that_the_doctor_says_what_became_of_the_names(till: Shop) -> None:
    def said() -> tuple[Verdict, str]:
        return next((one.verdict, one.words) for one in till.examine() if one.check == "names")

    confirm(till, ANA)
    change(till, trusted_ms=NOON_MS + 30 * DAY_MS)
    assert Verdict.GOOD is said()[0]
    change(till, trusted_ms=NOON_MS + 31 * DAY_MS)
    assert (Verdict.BAD, True) == (said()[0], said()[1].startswith("1 names and numbers should be forgotten"))
    house(till)
    assert (Verdict.NOTE, True) == (said()[0], "not met for 31 days" in said()[1])


@pytest.mark.parametrize("values", [{"hq_public_key": None}, {"last_contact_ms": None}])
def test_that_a_till_without_an_hq_never_forgets_a_name(till: Shop, values: dict[str, object]) -> None:
    confirm(till, ANA)
    change(till, trusted_ms=NOON_MS + 99 * DAY_MS, **values)
    house(till)
    assert 2 == len(names(till))


@pytest.mark.expects_log("housekeeping.failed")
def test_that_a_chore_that_fails_does_not_keep_the_others_from_their_work(till: Shop) -> None:
    done: list[str] = []

    def fails(_connection: Connection) -> int:
        raise ZeroDivisionError

    def works(_connection: Connection) -> int:
        done.append("works")
        return int(len(done) < 3)

    submit = till.till.database.submit
    keeping = Housekeeping([lambda: submit(fails), lambda: submit(works)])
    for _ in range(2):
        keeping.run()
        keeping.run()
        for _ in range(10):
            till.till.database.write(lambda _connection: None)
    assert ["works"] * 4 == done, "three times until nothing was left, and once in a run of its own"
