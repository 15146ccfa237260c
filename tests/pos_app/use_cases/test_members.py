"""From stored facts to the member that screens and the engine see."""

import pytest

from pos_app.loyalty.rules.progressive import THIS_MONTH
from pos_app.programmes import preset_text as programme_text
from pos_app.use_cases.members import sums_in_period
from storage.accounts import MonthlySum
from tests.conftest import OpenShop
from tests.shop import BOB, DAY_MS, HOUR_MS, NOBODY, NOON_MS, TEA, TENDER, Shop

SUMS = (
    MonthlySum("p", "2025-07", 1),
    MonthlySum("p", "2025-08", 10),
    MonthlySum("p", "2026-06", 100),
    MonthlySum("p", "2026-07", 1000),
    MonthlySum("q", "2026-07", 5),
)


@pytest.mark.parametrize(
    ("period", "expected"), [("calendar_month", 1000), ("rolling_12_months", 1110), ("for_ever", 1111)]
)
def test_that_a_programme_counts_over_its_period(period: str, expected: int) -> None:
    """A rolling period is this month and the eleven before it."""
    assert {"p": expected} == sums_in_period(SUMS, periods={"p": period}, business_date="2026-07-01")


def test_that_a_programme_by_the_month_before_hears_of_this_month_too() -> None:
    expected = {"p": 100, "p" + THIS_MONTH: 1000, "q": 0, "q" + THIS_MONTH: 5}
    periods = {"p": "previous_month", "q": "previous_month"}
    assert expected == sums_in_period(SUMS, periods=periods, business_date="2026-07-01")


def test_that_a_programme_that_counted_nothing_yet_is_at_zero() -> None:
    assert {"r": 0} == sums_in_period(SUMS, periods={"r": "for_ever"}, business_date="2026-07-01")


def test_that_a_member_is_shown_as_of_now(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.sell(TEA, card=BOB)
    assert (0, 5, 0, NOON_MS + HOUR_MS) == _standing(shop)
    shop.wait(HOUR_MS)
    assert (5, 0, 5, None) == _standing(shop)


def _standing(shop: Shop) -> tuple[int, int, int, int | None]:
    bob = shop.member(BOB)
    return bob.balance.available_units, bob.balance.pending_units, bob.spendable_units, bob.balance.next_start_ms


def test_that_only_points_of_the_programme_that_burns_are_shown_and_spendable(open_shop: OpenShop) -> None:
    earned_elsewhere = TENDER.replace('"points"', '"partner"').replace("\nname", '\nissuer = "partner"\nname')
    earned_elsewhere = earned_elsewhere.replace('[burning]\nburn_as = "tender"\n', "").replace(
        '"five"', '"five"\nlane = "more"'
    )
    shop = open_shop(TENDER, earned_elsewhere)
    shop.sell(TEA, card=BOB)
    assert [("partner", 5), ("shop", 5)] == shop.query("SELECT issuer, granted_units FROM lot ORDER BY 1")
    shop.wait(HOUR_MS)
    assert (5, 0, 5, None) == _standing(shop)


def test_that_a_card_that_was_never_seen_has_no_member(shop: Shop) -> None:
    assert None is shop.till.find_member("2999999999994")


CAPPED = """
schema = 1
id = "capped"
version = 1
name = "Capped"
point_worth_minor = 1
active_from = 2026-07-02

[[rules]]
kind = "bonus"
id = "tea"
points = 20

[rules.when]
bought = { days = 2, products = ["tea"] }

[rules.caps]
day = 30
receipts_month = 3

[[rules]]
kind = "bonus"
id = "old"
points = 1
lane = "old"

[rules.when]
bought = { days = 1, products = ["tea"] }
birthday = { after_days = 1 }
"""


def test_that_what_a_rule_asks_for_is_looked_up_while_its_programme_runs(open_shop: OpenShop) -> None:
    shop = open_shop(CAPPED)
    shop.join(NOBODY, birthday="07-02")
    sold = [shop.sell(TEA, card=NOBODY)]
    assert () == shop.member(NOBODY).facts, "the programme begins tomorrow"
    shop.wait(DAY_MS)
    facts = ("capped/old:birthday", "capped/tea:bought", "capped/old:bought")
    assert facts == shop.member(NOBODY).facts
    sold += [shop.sell(TEA, card=NOBODY) for _ in range(3)]
    assert [0, 21, 11, 1] == [one.quote.result.earned_units for one in sold]
    today = {"capped/tea:day": 30, "capped/tea:receipts_month": 2}
    assert today == shop.member(NOBODY).used
    shop.wait(DAY_MS)
    assert {"capped/tea:receipts_month": 2} == shop.member(NOBODY).used
    shop.wait(DAY_MS)
    assert ("capped/tea:bought",) == shop.member(NOBODY).facts
    assert () == shop.member(BOB).facts


def test_that_a_tier_and_what_is_counted_for_it_come_with_the_member(open_shop: OpenShop) -> None:
    shop = open_shop("tiers")
    assert ({"tiers": 0}, {"tiers": "red"}) == (shop.member(BOB).accumulators, shop.member(BOB).tiers)
    shop.sell(*[TEA] * 100, card=BOB)
    bob = shop.member(BOB)
    assert ({"tiers": 100_000}, {"tiers": "silver"}) == (bob.accumulators, bob.tiers)


def test_that_nobody_has_a_tier_that_nobody_has_reached(open_shop: OpenShop) -> None:
    shop = open_shop(programme_text("tiers").replace("from_minor = 0", "from_minor = 1"))
    assert {} == shop.member(BOB).tiers


def test_that_nothing_is_read_that_no_rule_asks_for(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a scan asked for what no rule wants")

    shop = open_shop("fixed-card")
    shop.sell(TEA, card=BOB)
    monkeypatch.setattr("storage.member_history.goods_bought", never)
    monkeypatch.setattr("storage.member_history.rule_uses", never)
    assert ((), {}) == (shop.member(BOB).facts, shop.member(BOB).used)
