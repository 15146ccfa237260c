"""What matures and expires is booked, whether or not its member comes by."""

import pytest

from pos_app.use_cases import maturing
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, GOLD, HOUR_MS, TEA, TENDER, Shop


def kinds(shop: Shop) -> dict[str, int]:
    return dict(shop.query("SELECT kind, sum(units) FROM entry GROUP BY kind"))


def test_that_what_is_due_is_booked_without_its_member(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    for card in (ANA, BOB):
        shop.sell(TEA, card=card)
    assert 0 == shop.till.book_due().result()
    shop.wait(HOUR_MS)
    assert (2, 0) == (shop.till.book_due().result(), shop.till.book_due().result())
    assert {"issued": -10, "pending": 0, "available": 10} == kinds(shop)
    shop.wait(11 * DAY_MS)
    assert (2, 0) == (shop.till.book_due().result(), shop.till.book_due().result())
    assert {"issued": -10, "pending": 0, "available": 0, "expired": 10} == kinds(shop)
    assert {} == shop.bad_findings()


def test_that_it_goes_in_steps(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maturing, "ACCOUNTS_MAX", 2)
    shop = open_shop(TENDER)
    for card in (ANA, BOB, GOLD):
        shop.sell(TEA, card=card)
    shop.wait(HOUR_MS)
    assert [2, 1, 0] == [shop.till.book_due().result() for _ in range(3)]


def test_that_under_hq_the_till_books_nothing_that_is_due(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER, till={"authority": "hq"}, hq={"url": "https://hq.example.org"})
    shop.sell(TEA, card=BOB)
    shop.wait(HOUR_MS)
    assert 0 == shop.till.book_due().result()
    assert {"issued": -5, "pending": 5} == kinds(shop)
