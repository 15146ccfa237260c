"""The bounds of offline burning, as the simulation counts them."""

from pos_app.model.policy import Allowance, BurnPolicy
from pos_app.simulation.bounds import BurnWatch, Debts, Owed
from pos_app.simulation.promises import Households, Promise

POLICY = BurnPolicy(allowance=Allowance.FLOOR, card_day_units=100, till_budget_units=150)
NOTHING = Debts(())


def burned(
    units: int,
    *,
    shopper: int = 1,
    till: str = "till-1",
    basis: str = "floor",
    date: str = "2026-07-01",
    event_id: str = "id",
) -> Promise:
    return Promise(event_id, "sale", shopper, till, redeemed_units={"shop": units}, basis=basis, business_date=date)


def problems(watch: BurnWatch, debts: Debts = NOTHING) -> list[str]:
    return list(watch.problems(Households(), debts))


def owing(units: int, *, by: str = "id") -> Debts:
    return Debts((Owed(by, 1, units),))


def test_that_a_card_has_its_limit_each_day_and_till() -> None:
    watch = BurnWatch(POLICY)
    burns = burned(100), burned(30, date="2026-07-02", event_id="2"), burned(100, till="till-2", event_id="3")
    for promise in burns:
        watch.promised(promise, has_twin=False)
    assert [] == problems(watch)
    watch.arrived(["id", "2", "3"])
    watch.promised(burned(1), has_twin=False)
    assert ["till-1 burned 101 units of one card on 2026-07-01"] == problems(watch)


def test_that_a_till_has_its_budget_until_headquarters_has_its_burns() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(100), has_twin=False)
    watch.arrived(watch.waiting_ids)
    watch.promised(burned(100, shopper=2, event_id="2"), has_twin=False)
    assert [] == problems(watch)
    watch.promised(burned(60, shopper=3, event_id="3"), has_twin=False)
    assert ["till-1 burned 160 units without headquarters"] == problems(watch)


def test_that_floor_bounds_what_a_card_owes_by_the_tills_that_were_offline_together() -> None:
    policy = BurnPolicy(allowance=Allowance.FLOOR, card_day_units=100, till_budget_units=1_000)
    watch = BurnWatch(policy)
    watch.promised(burned(100), has_twin=False)
    watch.promised(burned(100, till="till-2", event_id="2"), has_twin=False)
    assert [] == problems(watch, Debts((Owed("id", 1, 100), Owed("2", 1, 100))))
    assert ["Shopper 1 owes 201 units of 2026-07-01, and 2 tills offline together allow 200"] == problems(
        watch, Debts((Owed("id", 1, 101), Owed("2", 1, 100)))
    )[:1]


def test_that_tills_that_were_offline_one_after_the_other_count_each_for_itself() -> None:
    now_ms = 0
    watch = BurnWatch(POLICY, utc_ms=lambda: now_ms)
    watch.promised(burned(90), has_twin=False)
    now_ms = 10
    watch.heard("till-2")
    watch.promised(burned(90, till="till-2", event_id="2"), has_twin=False)
    debts = Debts((Owed("id", 1, 101),), booked_ms={"id": 9, "2": 20})
    assert "and 1 tills offline together allow 100" in problems(watch, debts)[0]


def test_that_all_cards_together_owe_no_more_than_the_budgets() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(70), has_twin=False)
    watch.promised(burned(70, shopper=2, event_id="2"), has_twin=False)
    debts = Debts((Owed("id", 1, 80), Owed("2", 2, 80)))
    assert "160 units are owed, and the budgets of tills offline together allow 1 times theirs" in problems(
        watch, debts
    )


def test_that_floor_bounds_what_a_household_owes_by_what_it_burned_offline() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(40), has_twin=False)
    watch.returned(1, 5)
    assert ([], 1) == (problems(watch, owing(45, by="online")), len(problems(watch, owing(46, by="online"))))


def test_that_what_is_left_to_owe_has_a_reason_whatever_its_cause() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(40), has_twin=False)
    assert [] == problems(watch, Debts((), left={1: 50}, died_units={1: 10}))
    assert ["Shopper 1 still owes 51 units, and nothing explains more than 50"] == problems(
        watch, Debts((), left={1: 51}, died_units={1: 10})
    )


def test_that_leases_leave_nothing_to_owe_but_by_a_copied_disk() -> None:
    watch = BurnWatch(BurnPolicy(allowance=Allowance.LEASE))
    watch.promised(burned(40, basis="lease"), has_twin=False)
    watch.promised(burned(10, basis="lease"), has_twin=True)
    assert ([], 1) == (problems(watch, owing(10)), len(problems(watch, owing(11))))


def test_that_a_burn_by_another_right_than_the_policys_is_found() -> None:
    watch = BurnWatch(BurnPolicy(allowance=Allowance.NONE))
    watch.promised(burned(1, basis="hold"), has_twin=False)
    assert [] == problems(watch)
    watch.promised(burned(1, basis="lease"), has_twin=False)
    assert 1 == len(problems(watch))


def test_that_a_till_that_could_have_asked_is_found() -> None:
    watch = BurnWatch(POLICY)
    watch.promised(burned(1), has_twin=False, was_alone=False)
    assert ["till-1 burned by itself, and nothing had kept it from asking headquarters"] == problems(watch)
