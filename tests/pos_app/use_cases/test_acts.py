"""Acts at a real till: what they give, how often, what is refused, and that the doctor agrees."""

from typing import Any

import pytest

from pos_app.errors import InputError
from pos_app.protocol.events import ActEvent, decode_body
from pos_app.use_cases import account_acts, acts
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, NOBODY, TEA, Shop

ACTS = """
schema = 1
id = "acts"
version = 1
name = "Points for everything"
point_worth_minor = 1

[earning]
pending = { hours = 1 }
life = { months = 6 }

[[rules]]
kind = "act"
id = "registering"
act = "registration"
points = 100

[[rules]]
kind = "act"
id = "reviewing"
act = "review"
points = 20
caps = { receipts_month = 2, receipts_year = 5 }

[[rules]]
kind = "act"
id = "first-review"
act = "review"
points = 50
caps = { receipts_ever = 1 }

[[rules]]
kind = "act"
id = "survey"
act = "survey"
points = 10
caps = { month = 25 }

[[rules]]
kind = "act"
id = "summer"
act = "picnic"
points = 5
when = { dates = [{ from = 2026-08-01, until = 2026-08-31 }] }

[[rules]]
kind = "act"
id = "of-gold"
act = "visit"
points = 5
when = { segments = ["gold"] }
"""


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(ACTS)


def do(shop: Shop, act: str, card: str = ANA) -> int:
    """Book an act and give its points."""
    return shop.till.book_act(acts.book_act, card, act).result().units


def refusal(shop: Shop, act: str, card: str = ANA) -> tuple[str, str]:
    before = shop.query("SELECT count(*) FROM event")
    with pytest.raises(InputError) as refused:
        do(shop, act, card)
    assert before == shop.query("SELECT count(*) FROM event"), "a refusal books nothing"
    return refused.value.code, refused.value.what


def act_events(shop: Shop) -> list[ActEvent]:
    bodies = shop.query("SELECT body FROM event WHERE kind = 'act' ORDER BY seq")
    return [event for (body,) in bodies if isinstance(event := decode_body(body), ActEvent)]


def test_that_an_act_gives_its_points_with_the_dates_of_its_programme(shop: Shop) -> None:
    done = shop.till.book_act(acts.book_act, ANA, "survey").result()
    (event,) = act_events(shop)
    assert (10, 0, 10) == (done.units, done.member.balance.available_units, done.member.balance.pending_units)
    assert ("survey", f"account-{ANA}", {"acts/survey": 10}) == (event.act, event.account_ref, event.used)
    assert [(0, "acts", "survey", 10)] == [
        (award.line_no, award.programme_id, award.rule_id, award.units) for award in event.awards
    ]
    assert [("book_act", f"account-{ANA}")] == shop.query("SELECT action, subject FROM audit")
    assert {} == shop.bad_findings()


def test_that_of_the_rules_for_an_act_the_best_gives_alone_and_each_so_often(shop: Shop) -> None:
    assert [50, 20, 20] == [do(shop, "review") for _ in range(3)]
    full = "Points for it are given 1 time at most (ever), and were. Points for it are given 2 times at most (month), and were."
    assert ("act.refused", full) == refusal(shop, "review")
    assert 50 == do(shop, "review", BOB), "another member's acts are their own"
    shop.wait(31 * DAY_MS)
    assert [20, 20] == [do(shop, "review") for _ in range(2)]
    shop.wait(31 * DAY_MS)
    assert 20 == do(shop, "review")
    assert refusal(shop, "review")[1].endswith("Points for it are given 5 times at most (year), and were.")
    assert {} == shop.bad_findings()


def test_that_points_are_capped_and_an_act_that_may_happen_any_number_of_times_has_an_id_of_its_own(shop: Shop) -> None:
    assert [10, 10, 5] == [do(shop, "survey") for _ in range(3)]
    assert ("act.refused", "Its caps leave nothing.") == refusal(shop, "survey")
    assert [False] * 3 == [event.is_shared for event in act_events(shop)]


def test_that_registering_gives_points_by_itself(shop: Shop) -> None:
    member = shop.till.enrol(NOBODY).result()
    assert 100 == member.balance.pending_units
    assert ["registration"] == [event.act for event in act_events(shop)]
    assert {} == shop.bad_findings()


def test_that_registering_gives_nothing_where_no_rule_does(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card")
    assert 0 == shop.till.enrol(NOBODY).result().balance.pending_units
    assert ("act.refused", "No programme that runs gives anything for: review.") == refusal(shop, "review")
    assert [] == act_events(shop)


def test_that_what_cannot_be_booked_is_refused(shop: Shop) -> None:
    assert ("act.refused", "It does not apply on 2026-07-01.") == refusal(shop, "picnic")
    assert ("act.refused", "It is for other members.") == refusal(shop, "visit")
    assert "act.of_itself" == refusal(shop, "referral")[0]
    assert "account.unknown" == refusal(shop, "review", NOBODY)[0]
    shop.till.book_act(account_acts.block_card, ANA).result()
    assert "act.blocked" == refusal(shop, "review")[0]


def test_that_the_till_names_the_acts_that_can_be_booked(shop: Shop) -> None:
    assert ("registration", "review", "survey", "visit") == acts.acts_now(shop.till)


def test_that_an_act_is_not_booked_again_where_its_event_is_there(shop: Shop) -> None:
    do(shop, "review")
    shop.till.database.write(lambda c: c.exec_driver_sql("DELETE FROM rule_use"))
    shop.till.database.write(lambda c: c.exec_driver_sql("DELETE FROM account_mark"))
    assert "act.done" == refusal(shop, "review")[0]


def test_that_the_caps_of_two_accounts_that_are_one_add_up(shop: Shop) -> None:
    do(shop, "review", BOB)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert 20 == do(shop, "review")
    assert {} == shop.bad_findings()


def test_that_points_of_an_act_repay_what_is_owed(shop: Shop) -> None:
    any_: Any = shop.sell(TEA, card=ANA)
    assert any_.member is not None
    shop.till.database.write(
        lambda c: c.exec_driver_sql("INSERT INTO overdraft VALUES (?, 'shop', 4)", (f"account-{ANA}",))
    )
    do(shop, "survey")
    assert 6 == shop.member(ANA).balance.pending_units
