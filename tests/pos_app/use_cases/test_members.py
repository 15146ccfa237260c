"""From stored facts to the member that screens and the engine see."""

import pytest

from pos_app.use_cases.members import sums_in_period
from storage.accounts import MonthlySum
from tests.conftest import OpenShop
from tests.shop import BOB, HOUR_MS, NOON_MS, TEA, TENDER, Shop

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
