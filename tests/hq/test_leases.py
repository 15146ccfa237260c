import pytest
from sqlalchemy import update

from hq import tables
from hq.apply import book_what_is_due
from hq.leases import recall_all, write_off_lease
from hq.operate import RunningHq
from hq.policy import change_policy, read_policy
from hq.states import read_states, these
from hq.terminals import get_terminal
from pos_app.errors import InputError
from pos_app.model.accounts import Expiring
from pos_app.model.policy import Allowance, BurnPolicy
from pos_app.protocol.events import AccountStatusEvent, LeaseReleaseEvent, SaleEvent
from tests.hq.journals import DAY_MS, START_MS, moment, new_id, sale
from tests.hq.ledgers import LATER_MS, assert_sound
from tests.hq.tills import Till, rows, taken_back, task_codes, units

SOON_MS = START_MS + DAY_MS


def shop(**changes: object) -> SaleEvent:
    return sale(account_ref="a", card="299", **changes)  # type: ignore[arg-type]


def lease_out(hq: RunningHq, lease_units: int = 6) -> None:
    change_policy(hq.engine, {"allowance": Allowance.LEASE.value, "lease_units": lease_units})


def leases(hq: RunningHq) -> list[tuple[str, int, bool]]:
    return [one for one in rows(hq.engine, "lease", "holder", "units", "recalled") if one[1]]


def release(lease_id: str, released_units: int, *, utc_ms: int = SOON_MS) -> LeaseReleaseEvent:
    return LeaseReleaseEvent(
        event_id=new_id(), moment=moment(utc_ms), account_ref="a", lease_id=lease_id, units=released_units
    )


def lease_ids(hq: RunningHq) -> list[str]:
    return [name for (name,) in rows(hq.engine, "lease", "lease_id")]


def test_that_points_are_set_aside_where_the_member_shops_up_to_what_the_policy_says(hq: RunningHq) -> None:
    lease_out(hq)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(shop(earned=4), now_ms=SOON_MS)
    a_little = leases(hq)
    first.book(shop(earned=10), now_ms=SOON_MS)
    second.book(shop(), now_ms=SOON_MS)

    assert [(first.terminal_id, 4, False)] == a_little
    assert [(first.terminal_id, 2, False), (first.terminal_id, 4, False), (second.terminal_id, 6, False)] == leases(hq)
    assert {"issued": -14, "available": 2, "leased": 12} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_the_holder_burns_its_lease_first_and_it_is_filled_up_again(hq: RunningHq) -> None:
    lease_out(hq)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(shop(earned=10), now_ms=SOON_MS)
    second.book(shop(burned=4), now_ms=SOON_MS)
    first.book(shop(burned=5), now_ms=SOON_MS)

    assert {"issued": -10, "redeemed": 9, "leased": 1} == units(hq.engine, "a")
    assert [(first.terminal_id, 1, False)] == leases(hq)
    assert [] == rows(hq.engine, "overdraft_cause", "units")
    assert_sound(hq)


def test_that_a_lease_comes_back_from_its_holder_only_and_once(hq: RunningHq) -> None:
    lease_out(hq)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(shop(earned=10), now_ms=SOON_MS)
    (lease_id,) = lease_ids(hq)
    second.book(release(lease_id, 6), now_ms=SOON_MS)
    first.book(release(lease_id, 2), release(lease_id, 9), release(lease_id, 9), release(new_id(), 5), now_ms=SOON_MS)

    assert ["lease"] == task_codes(hq.engine)
    assert {"issued": -10, "available": 10} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_the_till_hears_of_a_release_that_gave_nothing(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(shop(earned=10), now_ms=SOON_MS)
    ((before,),) = rows(hq.engine, "account_region", "change_no")
    till.book(release(new_id(), 6), now_ms=SOON_MS)
    ((after,),) = rows(hq.engine, "account_region", "change_no")
    assert before < after


def test_that_what_has_expired_in_a_tills_hands_does_not_come_back(hq: RunningHq) -> None:
    lease_out(hq)
    till = Till(hq.engine)
    till.book(shop(earned=10, expires_ms=START_MS + 3 * DAY_MS), now_ms=SOON_MS)
    book_what_is_due(hq.engine, now_ms=START_MS + 4 * DAY_MS)
    (lease_id,) = lease_ids(hq)
    till.book(release(lease_id, 6, utc_ms=START_MS + 5 * DAY_MS))

    assert {"issued": -10, "expired": 10} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_what_was_given_back_in_time_and_heard_of_too_late_expires_once(hq: RunningHq) -> None:
    lease_out(hq)
    till = Till(hq.engine)
    till.book(shop(earned=10, expires_ms=START_MS + 3 * DAY_MS), now_ms=SOON_MS)
    late_ms = START_MS + 4 * DAY_MS
    book_what_is_due(hq.engine, now_ms=late_ms)
    (lease_id,) = lease_ids(hq)
    till.book(release(lease_id, 6, utc_ms=START_MS + 2 * DAY_MS), now_ms=late_ms)

    book_what_is_due(hq.engine, now_ms=late_ms)
    assert {"issued": -10, "expired": 10} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_a_release_repays_what_is_owed(hq: RunningHq) -> None:
    lease_out(hq, 10)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(shop(earned=10), now_ms=SOON_MS)
    second.book(shop(burned=4), now_ms=SOON_MS)
    owing = units(hq.engine, "a"), leases(hq)
    first.book(release(lease_ids(hq)[0], 10), now_ms=SOON_MS)

    assert ({"issued": -10, "leased": 10, "redeemed": 4, "overdraft": -4}, [(first.terminal_id, 10, True)]) == owing
    assert {"issued": -10, "available": 6, "redeemed": 4} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_what_is_taken_back_while_it_is_leased_is_asked_back(hq: RunningHq) -> None:
    lease_out(hq, 10)
    till = Till(hq.engine)
    sold = shop(earned=10, amounts=(1000,))
    till.book(sold, taken_back(sold, {1: 1000}), now_ms=SOON_MS + DAY_MS)

    assert {"leased": 10, "overdraft": -10} == units(hq.engine, "a")
    assert [(till.terminal_id, 10, True)] == leases(hq)


@pytest.mark.parametrize("why", ["floor", "frozen", "restoring", "owing"])
def test_that_nothing_is_set_aside_where_it_must_not_be(hq: RunningHq, why: str) -> None:
    till = Till(hq.engine)
    if why == "owing":
        till.book(shop(burned=5), shop(earned=5), now_ms=SOON_MS)
    if why != "floor":
        lease_out(hq)
    if why == "frozen":
        till.book(AccountStatusEvent(event_id=new_id(), moment=moment(), account_ref="a", status="frozen"))
    if why == "restoring":
        with hq.engine.begin() as connection:
            connection.execute(update(tables.headquarters).values(hq_gen=2))
    till.book(shop(earned=10), now_ms=SOON_MS)

    assert [] == leases(hq)


def test_that_an_overdrawn_account_asks_for_every_burn_and_a_second_time_is_a_task(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(shop(burned=5), now_ms=SOON_MS)
    once = rows(hq.engine, "account", "offline_burning"), task_codes(hq.engine)
    till.book(shop(burned=5), now_ms=SOON_MS)

    assert ([(False,)], []) == once
    assert ["overdraft_again"] == task_codes(hq.engine)
    assert [("concurrent", 10)] == rows(hq.engine, "overdraft_cause", "cause", "units")


def test_that_the_order_in_which_tills_report_leaves_no_debt_beside_points(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(shop(earned=10, utc_ms=START_MS + 2 * DAY_MS))
    second.book(shop(burned=4, utc_ms=START_MS + DAY_MS))

    assert {"issued": -10, "redeemed": 4, "available": 6} == units(hq.engine, "a")
    assert ([], [(True,)]) == (
        rows(hq.engine, "overdraft_cause", "units"),
        rows(hq.engine, "account", "offline_burning"),
    )
    assert_sound(hq)


def test_that_a_lease_of_a_lost_till_is_written_off_once(hq: RunningHq) -> None:
    lease_out(hq)
    till = Till(hq.engine)
    till.book(shop(earned=10), now_ms=SOON_MS)
    (lease_id,) = lease_ids(hq)

    assert 6 == write_off_lease(hq.engine, lease_id, now_ms=SOON_MS)
    assert {"issued": -10, "available": 10} == units(hq.engine, "a")
    with pytest.raises(InputError) as caught:
        write_off_lease(hq.engine, lease_id, now_ms=SOON_MS)
    assert "hq.no_lease" == caught.value.code
    # The till was not lost after all.
    till.book(release(lease_id, 6), now_ms=SOON_MS)
    assert {"issued": -10, "available": 10} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_another_policy_asks_for_all_leases_back(hq: RunningHq) -> None:
    lease_out(hq)
    till = Till(hq.engine)
    till.book(shop(earned=10), sale(account_ref="b", card="300", earned=10), now_ms=SOON_MS)
    changed = change_policy(hq.engine, {"allowance": "floor", "card_day_units": "7"})

    assert BurnPolicy(card_day_units=7, lease_units=6) == changed
    assert [True, True] == [recalled for _, _, recalled in leases(hq)]
    assert 0 == recall_all(hq.engine)
    with hq.engine.connect() as connection:
        assert changed == read_policy(connection)


def test_that_a_policy_that_cannot_be_changes_nothing(hq: RunningHq) -> None:
    with pytest.raises(InputError) as caught:
        change_policy(hq.engine, {"confirmed_hours_max": 0})
    assert "hq.policy" == caught.value.code
    with hq.engine.connect() as connection:
        assert BurnPolicy() == read_policy(connection)


def test_that_nobody_is_to_blame_for_a_burn_that_a_restored_hq_hears_of_before_the_earning(hq: RunningHq) -> None:
    till = Till(hq.engine)
    with hq.engine.begin() as connection:
        connection.execute(update(tables.headquarters).values(hq_gen=2))
    till.book(shop(burned=5), now_ms=SOON_MS)
    till.book(shop(burned=5), now_ms=SOON_MS)

    assert ([(True,)], []) == (rows(hq.engine, "account", "offline_burning"), task_codes(hq.engine))
    assert [("restored", 10)] == rows(hq.engine, "overdraft_cause", "cause", "units")


def test_that_a_till_hears_when_what_others_hold_is_over(hq: RunningHq) -> None:
    lease_out(hq)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(shop(earned=4, expires_ms=LATER_MS), shop(), now_ms=SOON_MS)
    second.book(shop(earned=3), now_ms=SOON_MS)

    with hq.engine.connect() as connection:
        of = [get_terminal(connection, till.terminal_id) for till in (first, second)]
        states = [read_states(connection, one, these(connection, ["a"]))[0] for one in of]
    assert [{"shop": 3}, {"shop": 4}] == [state.leased_elsewhere_units for state in states]
    assert [{}, {"shop": (Expiring(LATER_MS, 4),)}] == [state.elsewhere_expiring for state in states]
