"""The repair: what follows from events and entries is put right, from them alone, and they are never touched."""

import pytest

from pos_app.errors import NotAllowedError
from pos_app.model.staff import Permission
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts, repairing, staffing
from pos_app.use_cases.personal_data import find_members
from storage import audit
from tests.conftest import OpenShop
from tests.pos_app.use_cases.test_checking import used
from tests.shop import ANA, BOB, DAY_MS, HOUR_MS, NOON_MS, TEA, TENDER, Shop

__all__ = ["used"]

pytestmark = pytest.mark.usefixtures("no_keystore")
_HEAD = "event_id, kind, receipt_number, account_ref, card_ref, utc_ms, total_minor, burn_units, burn_as, earned_units"
DERIVED = {
    "sale": f"SELECT {_HEAD}, burn_worth_minor, asks_nps, mode, staff_ref, sale_event_id FROM sale",
    "counted": "SELECT account_ref, programme_id, month, sum_minor FROM accumulator WHERE sum_minor <> 0",
    "owed": "SELECT account_ref, issuer, units FROM overdraft WHERE units > 0",
    "receipts": "SELECT account_ref, receipts_count FROM account",
    **{
        name: f"SELECT * FROM {name}"
        for name in ("sale_line", "return_line", "payment", "award", "lot", "entry", "print_job", "personal_field")
    },
}


def repair(shop: Shop) -> dict[str, tuple[str, ...]]:
    return {one.what: one.names for one in shop.till.book_act(repairing.repair).result()}


def tables(shop: Shop) -> dict[str, list[str]]:
    return {name: sorted(map(str, shop.query(query))) for name, query in DERIVED.items()}


def events(shop: Shop) -> int:
    return int(shop.query("SELECT count(*) FROM event")[0][0])


def test_that_a_good_till_is_left_alone(used: Shop) -> None:
    before = (tables(used), events(used))
    assert {} == repair(used)
    assert before == (tables(used), events(used))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("DELETE FROM sale", "receipts"),
        ("DELETE FROM sale WHERE receipt_number LIKE '%7'", "receipts"),
        ("DELETE FROM sale_line", "receipts"),
        ("DELETE FROM return_line", "receipts"),
        ("DELETE FROM award", "receipts"),
        ("DELETE FROM payment", "receipts"),
        ("UPDATE sale_line SET name = 'Coffee'", "receipts"),
        ("UPDATE sale SET total_minor = 1", "receipts"),
        ("UPDATE payment SET amount_minor = amount_minor + 1", "receipts"),
        ("DELETE FROM lot", "lots"),
        ("UPDATE lot SET remaining_units = granted_units", "lots"),
        ("UPDATE lot SET granted_units = 10000", "lots"),
        ("UPDATE lot SET issuer = 'partner'", "lots"),
        ("UPDATE lot SET expires_at_ms = 5", "lots"),
        ("DELETE FROM overdraft", "overdrafts"),
        ("UPDATE overdraft SET units = units + 1", "overdrafts"),
        ("UPDATE account SET receipts_count = 9", "counters"),
    ],
)
def test_that_what_is_damaged_is_as_it_was(used: Shop, damage: str, what: str) -> None:
    before, events_before = tables(used), events(used)
    used.damage(damage)
    assert used.bad_findings()
    repaired = repair(used)
    assert {what} == repaired.keys()
    assert {} == used.bad_findings()
    assert before == tables(used)
    # Of the journal only the audit's entry is new.
    assert events_before + 1 == events(used)
    assert [("repair", f'{{"{what}":{len(repaired[what])}}}')] == used.query("SELECT action, details FROM audit")
    assert {} == repair(used)


def test_that_lots_that_wait_are_rebuilt_as_waiting_and_matured_ones_as_matured(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    for _ in range(2):
        shop.sell(TEA, card=BOB)
        shop.wait(HOUR_MS)
        shop.till.book_due().result()
    shop.sell(TEA, card=BOB)
    shop.wait(11 * DAY_MS)
    shop.till.book_due().result()
    shop.sell(TEA, card=BOB)
    before = tables(shop)
    shop.damage("DELETE FROM lot")
    repair(shop)
    assert before == tables(shop)


def test_that_sums_after_a_merge_and_given_points_are_counted_again(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    sale = shop.sell(TEA, card=ANA)
    shop.sell(TEA, card=BOB)
    shop.till.book_act(account_acts.merge, BOB, ANA).result()
    shop.take_back(sale, line_1=1)
    for units, reason in (
        (50, AdjustmentReason.GOODWILL),
        (-30, AdjustmentReason.FRAUD),
    ):
        shop.till.book_act(account_acts.adjust, BOB, units, reason=reason).result()
    assert {} == shop.bad_findings()
    before = tables(shop)
    for damage in (
        "DELETE FROM accumulator",
        "UPDATE lot SET account_ref = 'account-2990000000033'",
        "DELETE FROM lot",
    ):
        shop.damage(damage)
    assert {"balances", "counters"} == shop.bad_findings().keys()
    assert {"counters", "lots"} == repair(shop).keys()
    assert before == tables(shop)
    assert {} == shop.bad_findings()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET units = 2 * units WHERE kind IN ('issued', 'available', 'redeemed')",
        "DELETE FROM entry WHERE event_id IN (SELECT event_id FROM event WHERE seq = 4)",
    ],
)
def test_that_entries_that_are_not_what_their_events_say_are_reported_and_left(used: Shop, damage: str) -> None:
    used.damage(damage)
    kept = used.query("SELECT * FROM entry")
    assert "are not what it says" in used.bad_findings()["balances"]
    repair(used)
    assert kept == used.query("SELECT * FROM entry")
    assert "are not what it says" in used.bad_findings()["balances"]


def test_that_a_forgiven_debt_is_what_its_event_says(used: Shop) -> None:
    used.till.book_act(account_acts.adjust, BOB, 5, reason=AdjustmentReason.FORGIVEN_OVERDRAFT).result()
    assert {} == used.bad_findings()
    used.damage("DELETE FROM entry WHERE kind = 'write_off'")
    assert "are not what it says" in used.bad_findings()["balances"]


def test_that_a_lot_is_left_whose_entries_cannot_be_right(used: Shop) -> None:
    used.damage(
        "INSERT INTO entry SELECT account_ref, 'x', row_number() OVER (), kind, issuer, 1000, lot_id, 1"
        " FROM entry WHERE kind = 'available'"
    )
    assert {"ledger", "balances"} == used.bad_findings().keys()
    assert {} == repair(used)


def test_that_lots_whose_event_is_damaged_are_left(used: Shop) -> None:
    used.damage("UPDATE event SET body = CAST('{' AS BLOB) WHERE seq = 7")
    used.damage("DELETE FROM lot WHERE account_ref = 'account-2990000000033'")
    assert {"chain", "balances", "counters"} <= used.bad_findings().keys()
    assert "lots" not in repair(used)
    assert "balances" in used.bad_findings()


def test_that_after_pruning_nothing_is_said_of_sums(used: Shop) -> None:
    used.damage("UPDATE event SET body = NULL WHERE seq = 4")
    (counters,) = (finding for finding in used.examine() if finding.check == "counters")
    assert ("note", True) == (counters.verdict, "cannot be counted again" in counters.words)
    used.damage("UPDATE account SET receipts_count = 9")
    assert "counters" not in repair(used)


def test_that_the_audit_log_and_the_search_are_made_anew(used: Shop) -> None:
    used.till.book_act(account_acts.freeze, ANA).result()
    used.till.book_act(account_acts.unfreeze, ANA).result()
    before = used.query("SELECT * FROM audit ORDER BY event_id")
    used.damage("UPDATE audit SET staff_ref = 'somebody'")
    used.damage("DELETE FROM audit WHERE action = 'freeze'")
    used.damage("INSERT INTO audit SELECT event_id, 1, 'x', '', 'x', 'done', '', '' FROM event WHERE seq = 4")
    used.damage("DELETE FROM personal_search_docsize")
    assert {"audit", "search"} == used.bad_findings().keys() - {"file"}
    repaired = repair(used)
    assert (3, 1) == (len(repaired["audit"]), len(repaired["search"]))
    assert before == used.query("SELECT * FROM audit WHERE action <> 'repair' ORDER BY event_id")
    assert ["Ana Čović"] == [one.name for one in find_members(used.till, "čović")]
    assert {} == used.bad_findings()


def test_that_an_audit_row_whose_event_cannot_be_read_goes(used: Shop) -> None:
    used.till.book_act(account_acts.freeze, ANA).result()
    for body in ("'{'", "body || ' '"):
        used.damage(f"UPDATE event SET body = CAST({body} AS BLOB) WHERE kind = 'audit'")
    used.till.database.write(repairing._audit)
    assert 0 == used.till.database.read(audit.count_rows)
    used.damage("UPDATE event SET body = NULL WHERE kind = 'audit'")
    used.till.database.write(repairing._audit)
    assert 0 == used.till.database.read(audit.count_rows)


def test_that_under_headquarters_balances_are_not_touched(open_shop: OpenShop) -> None:
    shop = open_shop(till={"authority": "hq"}, hq={"url": "https://hq.example.org"})
    shop.till.book_act(
        account_acts.adjust, BOB, 50, reason=AdjustmentReason.GOODWILL, expires_at_ms=NOON_MS + DAY_MS
    ).result()
    shop.damage("UPDATE lot SET remaining_units = 7")
    assert {} == repair(shop)
    assert 7 == shop.member(BOB).balance.available_units


def test_that_repairing_needs_the_right(used: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_till: object, permission: Permission, _approval: object) -> str:
        raise staffing.not_allowed(permission)

    monkeypatch.setattr("pos_app.use_cases.repairing.staffing.check", refuse)
    with pytest.raises(NotAllowedError, match="right to repair"):
        repair(used)


CAPPED = """
schema = 1
id = "once"
version = 1
name = "Once"
point_worth_minor = 1

[[rules]]
kind = "bonus"
id = "hello"
points = 20

[rules.caps]
month = 30
"""
USES = "SELECT event_id, rule, account_ref, business_date, units FROM rule_use ORDER BY event_id"


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM rule_use WHERE units = 10",
        "UPDATE rule_use SET units = 1",
        "UPDATE rule_use SET account_ref = 'somebody'",
        "UPDATE rule_use SET business_date = '2026-06-01'",
        "INSERT INTO rule_use SELECT 'made-up', rule, account_ref, business_date, units FROM rule_use LIMIT 1",
        "INSERT INTO rule_use SELECT event_id, 'once/other', account_ref, business_date, 5 FROM rule_use LIMIT 1",
    ],
)
def test_that_what_rules_with_caps_gave_is_put_right_from_the_events(open_shop: OpenShop, damage: str) -> None:
    shop = open_shop(CAPPED)
    for _ in range(3):
        shop.sell(TEA, card=BOB)
    shop.sell(TEA)
    before = shop.query(USES)
    assert [10, 20] == sorted(row[4] for row in before)
    assert {} == shop.bad_findings()
    shop.damage(damage)
    assert ["caps"] == list(shop.bad_findings())
    assert ["caps"] == list(repair(shop))
    assert (before, {}) == (shop.query(USES), shop.bad_findings())


def test_that_what_rules_gave_on_receipts_whose_details_are_gone_is_left(open_shop: OpenShop) -> None:
    shop = open_shop(CAPPED)
    shop.sell(TEA, card=BOB)
    shop.damage("UPDATE event SET body = NULL")
    before = shop.query(USES)
    repair(shop)
    assert (1, before) == (len(before), shop.query(USES))
