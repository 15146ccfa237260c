"""Members who bring members at a real till: when both get points, and when those go again."""

from typing import Any

import pytest

from pos_app.protocol.events import ActEvent, AdjustmentEvent, SaleEvent, decode_body
from pos_app.use_cases import account_acts, acts, marking
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, ENOUGH, GOLD, TEA, Shop

REFERRAL = """
schema = 1
id = "friends"
version = 1
name = "Bring a friend"
point_worth_minor = 10

[burning]
burn_as = "tender"

[[rules]]
kind = "act"
id = "welcome"
act = "referred"
points = 100

[[rules]]
kind = "act"
id = "thanks"
act = "referral"
points = 200
caps = { receipts_month = 1 }

[[rules]]
kind = "act"
id = "review"
act = "review"
points = 100
"""


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop(REFERRAL)
    opened.till.book_act(marking.refer, BOB, ANA).result()
    return opened


def available(shop: Shop, *cards: str) -> list[int]:
    balances = [shop.member(card).balance for card in cards]
    return [balance.available_units - balance.overdraft_units for balance in balances]


def events(shop: Shop, kind: str) -> list[Any]:
    return [decode_body(body) for (body,) in shop.query("SELECT body FROM event WHERE kind = ? ORDER BY seq", kind)]


def test_that_the_first_paid_receipt_of_a_new_member_gives_points_to_both(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    assert [100, 200] == available(shop, BOB, ANA)
    referred, referral = events(shop, "act")
    assert isinstance(referred, ActEvent)
    assert [("referred", sale.event_id), ("referral", sale.event_id)] == [
        (one.act, one.cause) for one in (referred, referral)
    ]
    (sold,) = events(shop, "sale")
    assert isinstance(sold, SaleEvent)
    assert [(referred.event_id, 100), (referral.event_id, 200)] == [(one.event_id, one.units) for one in sold.caused]
    shop.sell(TEA, card=BOB)
    assert [100, 200] == available(shop, BOB, ANA)
    assert {} == shop.bad_findings()


def test_that_nothing_follows_without_somebody_who_brought_them(shop: Shop) -> None:
    shop.sell(TEA)
    shop.sell(TEA, card=ANA)
    assert [0] == available(shop, ANA)
    assert [] == events(shop, "act")


def test_that_a_receipt_that_points_alone_paid_is_not_the_first_paid_one(shop: Shop) -> None:
    shop.till.book_act(acts.book_act, BOB, "review").result()
    shop.sell(TEA, card=BOB, burn=100)
    assert [0, 0] == available(shop, BOB, ANA)
    shop.sell(BREAD, card=BOB)
    assert [100, 200] == available(shop, BOB, ANA)
    assert {} == shop.bad_findings()


def test_that_what_a_cap_leaves_to_the_one_who_brought_is_not_the_new_members_matter(shop: Shop) -> None:
    shop.till.book_act(marking.refer, GOLD, ANA).result()
    shop.sell(TEA, card=BOB)
    shop.sell(TEA, card=GOLD)
    assert [100, 200, 100] == available(shop, BOB, ANA, GOLD)


def test_that_all_goods_back_take_both_acts_back_and_what_is_spent_is_owed(shop: Shop) -> None:
    sale = shop.sell(TEA, BREAD, card=BOB)
    shop.sell(TEA, card=ANA, burn=100)
    shop.take_back(sale, line_1=1)
    assert [100, 100] == available(shop, BOB, ANA)
    shop.take_back(sale, line_2=1)
    assert [0, -100] == available(shop, BOB, ANA)
    taken = events(shop, "adjustment")
    assert [("referral_returned", -100), ("referral_returned", -200)] == [
        (one.reason.value, one.units) for one in taken if isinstance(one, AdjustmentEvent)
    ]
    assert {} == shop.bad_findings()


def test_that_nothing_is_taken_back_with_a_later_receipt(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    later = shop.sell(TEA, card=BOB)
    shop.take_back(later, line_1=1)
    assert [100, 200] == available(shop, BOB, ANA)


def test_that_who_brought_a_member_may_be_unknown_to_this_till(open_shop: OpenShop) -> None:
    shop = open_shop(REFERRAL)
    shop.till.database.write(
        lambda c: c.exec_driver_sql(
            "INSERT INTO account_mark VALUES (?, 'referred_by', 'somebody', '2026-07-01')", (f"account-{BOB}",)
        )
    )
    sale = shop.sell(TEA, card=BOB)
    assert ["account-" + BOB, "somebody"] == [one.account_ref for one in events(shop, "act")]
    shop.take_back(sale, line_1=1)
    assert ["account-" + BOB, "somebody"] == [one.account_ref for one in events(shop, "adjustment")]
    assert [0] == available(shop, BOB)
    assert "balances" not in shop.bad_findings()


def test_that_an_act_that_is_booked_here_already_does_not_follow_again(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE account SET receipts_count = 0"))
    shop.sell(TEA, card=BOB)
    assert 2 == len(events(shop, "act"))
    shop.take_back(sale, line_1=1)
    assert 2 == len(events(shop, "adjustment"))
    assert ENOUGH


def test_that_two_accounts_that_are_one_brought_nobody(shop: Shop) -> None:
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    shop.sell(TEA, card=BOB)
    assert [] == events(shop, "act")


def test_that_a_return_whose_acts_were_taken_back_before_takes_nothing(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.take_back(sale, line_1=1)
    adjusted = events(shop, "adjustment")
    shop.till.database.write(lambda c: c.exec_driver_sql("DELETE FROM return_line"))
    shop.take_back(sale, line_1=1)
    assert adjusted == events(shop, "adjustment")
