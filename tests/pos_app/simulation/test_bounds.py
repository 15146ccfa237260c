"""The bounds of offline burning, as the simulation counts them."""

from pos_app.model.policy import Allowance, BurnPolicy
from pos_app.simulation.bounds import BurnWatch
from pos_app.simulation.promises import Households, Promise

POLICY = BurnPolicy(allowance=Allowance.FLOOR, card_day_units=100, till_budget_units=150)


def burned(
    units: int, *, shopper: int = 1, till: str = "till-1", basis: str = "floor", date: str = "2026-07-01"
) -> Promise:
    return Promise("id", "sale", shopper, till, redeemed_units={"shop": units}, basis=basis, business_date=date)


def problems(watch: BurnWatch, **overdraft: int) -> list[str]:
    return list(watch.problems(Households(), {int(who[1:]): units for who, units in overdraft.items()}))


def test_that_a_card_has_its_limit_each_day_and_till() -> None:
    watch = BurnWatch(POLICY)
    for promise in (burned(100), burned(30, date="2026-07-02"), burned(100, till="till-2")):
        watch.promised(promise, has_twin=False)
    assert [] == problems(watch)
    watch.promised(burned(1), has_twin=False)
    assert ["till-1 burned 101 units of one card on 2026-07-01"] == problems(watch)


def test_that_a_till_has_its_budget_until_headquarters_has_its_burns() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(100), has_twin=False)
    watch.heard("till-1")
    watch.promised(burned(100, shopper=2), has_twin=False)
    assert [] == problems(watch)
    watch.promised(burned(60, shopper=3), has_twin=False)
    assert ["till-1 burned 160 units without headquarters"] == problems(watch)


def test_that_floor_bounds_what_a_household_owes_by_what_it_burned_offline() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(40), has_twin=False)
    watch.returned(1, 5)
    assert ([], 1) == (problems(watch, _1=45), len(problems(watch, _1=46)))


def test_that_leases_leave_nothing_to_owe_but_by_a_copied_disk() -> None:
    watch = BurnWatch(BurnPolicy(allowance=Allowance.LEASE))
    watch.promised(burned(40, basis="lease"), has_twin=False)
    watch.promised(burned(10, basis="lease"), has_twin=True)
    assert ([], 1) == (problems(watch, _1=10), len(problems(watch, _1=11)))


def test_that_a_burn_by_another_right_than_the_policys_is_found() -> None:
    watch = BurnWatch(BurnPolicy(allowance=Allowance.NONE))
    watch.promised(burned(1, basis="hold"), has_twin=False)
    assert [] == problems(watch)
    watch.promised(burned(1, basis="lease"), has_twin=False)
    assert 1 == len(problems(watch))


def test_that_two_receipts_of_one_number_are_noticed() -> None:
    watch = BurnWatch(POLICY)
    for number in ("001-01-0000001", "001-01-0000002", "001-01-0000001"):
        watch.printed(number)
    assert {"001-01-0000001"} == watch.ambiguous_numbers
