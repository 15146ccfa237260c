"""Acts on accounts and cards at a real till: what they book, what they refuse, and that everything that comes later follows."""

import uuid
from typing import Any

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.accounts import AccountStatus, CardStatus, Lot
from pos_app.model.staff import Permission
from pos_app.protocol.events import (
    AccountStatusEvent,
    AdjustmentEvent,
    AdjustmentReason,
    CardEvent,
    MergeEvent,
    decode_body,
)
from pos_app.protocol.messages import AccountState, CardState, ChangesPage
from pos_app.use_cases import account_acts
from storage import accounts
from storage.accounts import MonthlySum
from storage.outbox import SqliteOutbox
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, ENOUGH, GOLD, HOUR_MS, NOBODY, NOON_MS, TEA, TENDER, Shop
from tests.staff import ANNA, BEN, PINS, enter, hire

GOODWILL, FRAUD, FORGIVEN = AdjustmentReason.GOODWILL, AdjustmentReason.FRAUD, AdjustmentReason.FORGIVEN_OVERDRAFT
CORRECTION = AdjustmentReason.CORRECTION
AT_HQ: dict[str, Any] = {"till": {"authority": "hq"}, "hq": {"url": "https://hq.example.org"}}


def adjust(shop: Shop, card: str, units: int, reason: AdjustmentReason = CORRECTION, **more: Any) -> int:
    """Adjust and give what is available then."""
    member = shop.till.book_act(account_acts.adjust, card, units, reason=reason, **more).result()
    return member.balance.available_units


def last_events(shop: Shop, count: int) -> list[Any]:
    rows = shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT ?", count)
    return [decode_body(body) for (body,) in reversed(rows)]


def audit(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query("SELECT action, subject, details FROM audit ORDER BY rowid")


def refusal(shop: Shop, act: Any, *arguments: Any, **named: Any) -> str:
    before = shop.query("SELECT count(*) FROM event")
    with pytest.raises(InputError) as refused:
        shop.till.book_act(act, *arguments, **named).result()
    assert before == shop.query("SELECT count(*) FROM event"), "a refusal books nothing"
    return refused.value.code


def test_that_points_are_given_and_taken_away_with_event_entries_and_audit(shop: Shop) -> None:
    assert 50 == adjust(shop, BOB, 50, GOODWILL, reference="CASE-7/26")
    given, audited = last_events(shop, 2)
    assert isinstance(given, AdjustmentEvent)
    assert (50, GOODWILL, "CASE-7/26", "") == (given.units, given.reason, given.reference, given.approved_by)
    assert given.granted is not None
    assert (50, None) == (given.granted.grant.units, given.granted.grant.expires_at_ms)
    assert ("adjust_points", f"account-{BOB}") == (audited.action, audited.subject)
    entries = shop.till.database.read(lambda c: accounts.entries_of(c, f"account-{BOB}", given.event_id))
    assert [("issued", -50), ("available", 50)] == [(entry.kind.value, entry.units) for entry in entries]
    assert 38 == adjust(shop, BOB, -12, FRAUD)
    assert {} == shop.bad_findings()


def test_that_given_points_may_expire(shop: Shop) -> None:
    adjust(shop, BOB, 50, GOODWILL, expires_at_ms=NOON_MS + DAY_MS)
    shop.wait(DAY_MS)
    assert 0 == shop.member(BOB).balance.available_units
    assert "account.too_much" == refusal(shop, account_acts.adjust, BOB, -1, reason=CORRECTION)
    assert 5 == adjust(shop, BOB, 5)
    assert {"issued": -55, "available": 5, "expired": 50} == dict(
        shop.query("SELECT kind, sum(units) FROM entry GROUP BY kind")
    )
    assert {} == shop.bad_findings()


def owing(shop: Shop) -> None:
    """Bob owes 20: he got 30 points for tea, burned 20 of them, and brought the tea back."""
    sale = shop.sell(TEA, card=BOB)
    shop.sell(TEA, card=BOB, burn=20)
    adjust(shop, BOB, -39)
    shop.take_back(sale, line_1=1)
    assert (0, 30) == (shop.member(BOB).balance.available_units, shop.member(BOB).balance.overdraft_units)


def test_that_a_debt_is_forgiven_as_far_as_it_goes(shop: Shop) -> None:
    owing(shop)
    assert "account.forgiven" == refusal(shop, account_acts.adjust, BOB, 31, reason=FORGIVEN)
    adjust(shop, BOB, 20, FORGIVEN)
    assert 10 == shop.member(BOB).balance.overdraft_units
    assert 5 == adjust(shop, BOB, 15, GOODWILL)
    assert 0 == shop.member(BOB).balance.overdraft_units
    assert {} == shop.bad_findings()


@pytest.mark.parametrize(
    ("units", "reason", "more", "code"),
    [
        (0, CORRECTION, {}, "account.units"),
        (10**9 + 1, CORRECTION, {}, "account.units"),
        (-5, GOODWILL, {}, "account.sign"),
        (5, FRAUD, {}, "account.sign"),
        (-1, CORRECTION, {}, "account.too_much"),
        (5, CORRECTION, {"reference": "Ana"}, "account.reference"),
        (5, CORRECTION, {"expires_at_ms": NOON_MS}, "account.expiry"),
        (5, FORGIVEN, {"expires_at_ms": NOON_MS + 1}, "account.expiry"),
    ],
)
def test_that_an_adjustment_that_makes_no_sense_is_refused(
    shop: Shop, units: int, reason: AdjustmentReason, more: dict[str, Any], code: str
) -> None:
    assert code == refusal(shop, account_acts.adjust, BOB, units, reason=reason, **more)


def test_that_nobody_is_refused(shop: Shop) -> None:
    assert "account.unknown" == refusal(shop, account_acts.adjust, NOBODY, 5, reason=CORRECTION)
    assert "account.unknown" == refusal(shop, account_acts.block_card, NOBODY)


def test_that_a_merge_brings_points_cards_sums_receipts_and_the_holder_together(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    for card in (ANA, BOB, BOB):
        shop.sell(TEA, card=card)
    sums = {card: shop.member(card).accumulators for card in (ANA, BOB)}
    points = {card: shop.member(card).balance.available_units for card in (ANA, BOB)}
    merged = shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert [(ANA,), (BOB,)] == shop.query("SELECT number FROM card WHERE account_ref = ?", merged.account_ref)
    assert points[ANA] + points[BOB] == merged.balance.available_units
    assert {name: sums[ANA][name] + sums[BOB][name] for name in sums[ANA]} == merged.accumulators
    assert (3, "Ana Čović") == (merged.receipts_before, merged.name)
    assert merged.account_ref == shop.member(BOB).account_ref
    event = last_events(shop, 2)[0]
    assert isinstance(event, MergeEvent)
    assert (f"account-{ANA}", f"account-{BOB}") == (event.account_ref, event.merged_ref)
    assert {} == shop.bad_findings()


def test_that_what_names_a_merged_account_later_leads_to_its_survivor(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert 30 == shop.member(ANA).balance.available_units
    shop.take_back(sale, line_1=1)
    assert 0 == shop.member(ANA).balance.available_units
    shop.till.book_act(account_acts.merge, GOLD, ANA).result()
    facts = shop.till.database.read(lambda c: accounts.find_by_ref(c, f"account-{BOB}"))
    assert facts is not None
    assert (f"account-{GOLD}", AccountStatus.ACTIVE) == (facts.account_ref, facts.account_status)
    assert "account.same" == refusal(shop, account_acts.merge, BOB, ANA)
    assert {} == shop.bad_findings()


def test_that_a_basket_that_was_open_while_its_account_was_merged_asks_for_the_card_again(shop: Shop) -> None:
    basket = shop.basket(TEA, card=BOB)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    with pytest.raises(InputError, match="Scan the card again"):
        shop.till.close_sale(basket, ENOUGH).result()


def test_that_a_debt_and_points_of_merged_accounts_meet(shop: Shop) -> None:
    owing(shop)
    adjust(shop, GOLD, 100)
    merged = shop.till.book_act(account_acts.merge, GOLD, BOB).result()
    assert (70, 0) == (merged.balance.available_units, merged.balance.overdraft_units)
    assert {} == shop.bad_findings()


def test_that_a_family_has_several_cards_on_one_account(shop: Shop) -> None:
    member = shop.till.book_act(account_acts.add_card, BOB, NOBODY).result()
    assert (NOBODY, f"account-{BOB}") == (member.card_number, member.account_ref)
    shop.sell(TEA, card=NOBODY)
    assert 30 == shop.member(BOB).balance.available_units
    assert "account.taken" == refusal(shop, account_acts.add_card, BOB, ANA)
    assert "account.no_card" == refusal(shop, account_acts.add_card, BOB, "123")
    assert "account.check_digit" == refusal(shop, account_acts.add_card, BOB, NOBODY[:-1] + "1")


def test_that_a_replaced_card_still_finds_its_member(shop: Shop) -> None:
    member = shop.till.book_act(account_acts.replace_card, BOB, NOBODY).result()
    assert (NOBODY, CardStatus.ACTIVE) == (member.card_number, member.card_status)
    old = shop.member(BOB)
    assert (f"account-{BOB}", CardStatus.REPLACED) == (old.account_ref, old.card_status)
    event = last_events(shop, 2)[0]
    assert isinstance(event, CardEvent)
    assert (NOBODY, BOB) == (event.card_number, event.replaces)
    assert "account.replaced" == refusal(shop, account_acts.replace_card, BOB, "2990000000057")
    assert "account.replaced" == refusal(shop, account_acts.block_card, BOB)


def test_that_a_card_is_blocked_and_free_again(shop: Shop) -> None:
    assert "account.not_blocked" == refusal(shop, account_acts.unblock_card, BOB)
    assert CardStatus.BLOCKED is shop.till.book_act(account_acts.block_card, BOB).result().card_status
    with pytest.raises(InputError, match="blocked"):
        shop.till.find_member(BOB)
    assert "account.blocked" == refusal(shop, account_acts.block_card, BOB)
    shop.till.book_act(account_acts.unblock_card, BOB).result()
    assert CardStatus.ACTIVE is shop.member(BOB).card_status
    assert ["block_card", "unblock_card"] == [event.action for event in last_events(shop, 4)[1::2]]


def test_that_an_account_is_frozen_and_free_again(shop: Shop) -> None:
    frozen = shop.till.book_act(account_acts.freeze, BOB, reason="CASE-1").result()
    assert AccountStatus.FROZEN is frozen.account_status
    event = last_events(shop, 2)[0]
    assert isinstance(event, AccountStatusEvent)
    assert ("frozen", "CASE-1") == (event.status, event.reason)
    assert "account.status" == refusal(shop, account_acts.freeze, BOB)
    assert "account.not_active" == refusal(shop, account_acts.merge, ANA, BOB)
    assert AccountStatus.ACTIVE is shop.till.book_act(account_acts.unfreeze, BOB).result().account_status
    shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE account SET status = 'blocked'"))
    assert "account.status" == refusal(shop, account_acts.unfreeze, BOB)


def test_that_under_headquarters_the_till_books_its_own_view_and_leaves_what_is_due(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER, **AT_HQ)
    shop.sell(TEA, card=BOB)
    shop.wait(HOUR_MS)
    assert 9 == adjust(shop, BOB, 4, GOODWILL)
    shop.wait(11 * DAY_MS)
    assert 4 == shop.member(BOB).balance.available_units
    assert "account.too_much" == refusal(shop, account_acts.adjust, BOB, -5, reason=CORRECTION)
    assert 1 == adjust(shop, BOB, -3)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert 1 == shop.member(ANA).balance.available_units
    assert [] == shop.query("SELECT 1 FROM entry WHERE kind = 'expired'")
    assert {} == {check: said for check, said in shop.bad_findings().items() if check != "headquarters"}


def test_that_on_a_clock_that_is_not_believed_nothing_expires_by_an_act(shop: Shop) -> None:
    adjust(shop, BOB, 50, GOODWILL, expires_at_ms=NOON_MS + DAY_MS)
    shop.clock.is_trusted = False
    shop.wait(100 * DAY_MS)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert [] == shop.query("SELECT 1 FROM entry WHERE kind = 'expired'")


def test_that_the_rows_of_a_merge_can_be_put_in_place_again(shop: Shop) -> None:
    from storage.account_changes import apply_act

    shop.sell(TEA, card=BOB)
    shop.till.database.write(
        lambda c: accounts.add_to_sums(c, f"account-{BOB}", [MonthlySum("p", "2026-07", 5)], receipts=0)
    )
    shop.till.database.write(
        lambda c: c.exec_driver_sql(f"INSERT INTO reserved VALUES ('account-{BOB}', 'shop', 1, 2)").rowcount
    )
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    event = last_events(shop, 2)[0]
    tables = ("card", "account", "accumulator", "reserved", "personal_field", "lot")
    before = [shop.query(f"SELECT * FROM {table}") for table in tables]
    assert [(f"account-{ANA}", "shop", 1, 2)] == before[3]
    shop.till.database.write(lambda c: apply_act(c, event))
    assert before == [shop.query(f"SELECT * FROM {table}") for table in tables]


def hq_state(shop: Shop, card: str, **figures: Any) -> AccountState:
    """The account as headquarters had it before any of the acts: with 100 points."""
    ref = f"account-{card}"
    lot = Lot(str(uuid.uuid4()), ref, "shop", "p", 0, None, 100, 100, matured=True)
    made = AccountState(ref, "active", "", (CardState(card, "active"),), (lot,), {}, {}, 1, 1, 3)
    return msgspec.structs.replace(made, **figures)


def test_that_what_headquarters_does_not_count_yet_stays_on_top_of_what_it_sends(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", **AT_HQ)
    adjust(shop, BOB, 50, GOODWILL)
    adjust(shop, BOB, -20, FRAUD)
    shop.till.book_act(account_acts.replace_card, BOB, NOBODY).result()
    shop.till.book_act(account_acts.freeze, BOB).result()
    outbox = SqliteOutbox(shop.till.database)
    outbox.apply_changes(ChangesPage((hq_state(shop, BOB),), (), "c-1", hq_gen=1, more=False))
    bob = shop.member(BOB)
    assert 130 == bob.balance.available_units
    assert (AccountStatus.FROZEN, CardStatus.REPLACED) == (bob.account_status, bob.card_status)
    assert CardStatus.ACTIVE is shop.member(NOBODY).card_status


def test_that_a_merge_that_headquarters_does_not_count_yet_stays_merged(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", **AT_HQ)
    outbox = SqliteOutbox(shop.till.database)
    states = (hq_state(shop, ANA), hq_state(shop, BOB))
    outbox.apply_changes(ChangesPage(states, (), "c-1", hq_gen=1, more=False))
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert 200 == shop.member(BOB).balance.available_units
    outbox.apply_changes(ChangesPage(states, (), "c-2", hq_gen=1, more=False))
    assert 200 == shop.member(BOB).balance.available_units
    assert shop.member(ANA).account_ref == shop.member(BOB).account_ref


def test_that_leases_go_over_with_a_merge(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", **AT_HQ)
    adjust(shop, BOB, 10)
    shop.till.database.write(
        lambda c: (
            c.exec_driver_sql(
                f"INSERT INTO lease SELECT 'lease-1', 'account-{BOB}', 'shop', lot_id, 7, NULL, 0 FROM lot"
            ).rowcount
        )
    )
    assert 17 == shop.member(BOB).balance.available_units
    merged = shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert 17 == merged.balance.available_units
    assert [(f"account-{ANA}", 7)] == shop.query("SELECT account_ref, units FROM lease")


@pytest.mark.usefixtures("no_keystore")
def test_that_a_cashier_needs_a_manager_for_an_act_and_an_approval_is_for_one(shop: Shop) -> None:
    hire(shop.till)
    enter(shop.till, BEN.staff_ref)
    events = shop.query("SELECT count(*) FROM event")
    with pytest.raises(NotAllowedError, match="right to adjust points"):
        adjust(shop, BOB, 50)
    assert events == shop.query("SELECT count(*) FROM event")
    approval = shop.till.approve(
        Permission.ADJUST_POINTS, staff_ref=ANNA.staff_ref, pin=PINS[ANNA.staff_ref], subject=f"account-{BOB}"
    ).result()
    assert 50 == adjust(shop, BOB, 50, approval=approval)
    given, audited = last_events(shop, 2)
    assert (ANNA.staff_ref, BEN.staff_ref) == (given.approved_by, given.moment.staff_ref)
    assert ANNA.staff_ref == audited.approver_ref
    with pytest.raises(NotAllowedError, match="used up"):
        adjust(shop, BOB, 50, approval=approval)


def test_that_every_act_says_which_right_it_needs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Permission, str]] = []

    def note(_till: Any, permission: Permission, _approval: Any, *, subject: str) -> str:
        asked.append((permission, subject))
        return "boss"

    monkeypatch.setattr("pos_app.use_cases.account_acts.staffing.check", note)
    adjust(shop, BOB, 5)
    for act, *arguments in (
        (account_acts.add_card, BOB, NOBODY),
        (account_acts.replace_card, ANA, "2990000000057"),
        (account_acts.block_card, BOB),
        (account_acts.unblock_card, BOB),
        (account_acts.freeze, BOB),
        (account_acts.unfreeze, BOB),
        (account_acts.merge, GOLD, BOB),
    ):
        shop.till.book_act(act, *arguments).result()  # type: ignore[arg-type]
    bob, gold = f"account-{BOB}", f"account-{GOLD}"
    assert [
        (Permission.ADJUST_POINTS, bob),
        (Permission.CHANGE_CARD, NOBODY),
        (Permission.CHANGE_CARD, "2990000000057"),
        (Permission.CHANGE_CARD, BOB),
        (Permission.CHANGE_CARD, BOB),
        (Permission.CHANGE_ACCOUNT, bob),
        (Permission.CHANGE_ACCOUNT, bob),
        (Permission.CHANGE_ACCOUNT, gold),
    ] == asked
    approved = [event.approved_by for event in last_events(shop, 16)[::2]]
    assert {"boss"} == set(approved)
    assert [("boss",)] == shop.query("SELECT DISTINCT approver_ref FROM audit")
