import pytest

from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, HOUR_MS, TEA

PENDING = """
schema = 1
id = "points"
version = 1
name = "Points that wait an hour and live ten days"
point_worth_minor = 1

[earning]
pending = { hours = 1 }
life = { days = 10 }

[[rules]]
kind = "fixed-card"
id = "five"
other_rate_bp = 500
rates_bp = {}
"""


def entries(kind: str) -> str:
    return f"SELECT coalesce(sum(units), 0) FROM entry WHERE kind = '{kind}'"


def test_that_what_has_matured_is_booked_without_its_member(open_shop: OpenShop) -> None:
    shop = open_shop(PENDING)
    shop.sell(TEA, card=ANA)
    shop.sell(TEA, card=BOB)
    assert [(0,)] == shop.query(entries("available"))

    shop.wait(HOUR_MS)
    assert 2 == shop.till.book_due().result()

    assert [(100,)] == shop.query(entries("available"))
    assert [(0,)] == shop.query(entries("pending"))


def test_that_what_has_expired_is_booked_once(open_shop: OpenShop) -> None:
    shop = open_shop(PENDING)
    shop.sell(TEA, card=ANA)
    shop.wait(12 * DAY_MS)

    assert [1, 0] == [shop.till.book_due().result() for _ in range(2)]

    assert [(50,)] == shop.query(entries("expired"))
    assert {} == shop.bad_findings()


def test_that_a_till_under_headquarters_books_neither(open_shop: OpenShop) -> None:
    shop = open_shop(PENDING, till={"authority": "hq"}, hq={"url": "http://127.0.0.1:9"})
    shop.sell(TEA, card=ANA)
    shop.wait(12 * DAY_MS)
    assert 0 == shop.till.book_due().result()
    assert [(0,)] == shop.query(entries("expired"))


@pytest.mark.parametrize("hours", [0, 1])
def test_that_nothing_is_due_before_its_time(open_shop: OpenShop, hours: int) -> None:
    shop = open_shop(PENDING)
    shop.sell(TEA, card=ANA)
    shop.wait(hours * HOUR_MS)
    assert hours == shop.till.book_due().result()
