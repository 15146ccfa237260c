"""What a receipt tells its member of stamps and memberships: how many, and until when."""

import pytest

from pos_app.model.products import Product
from pos_app.use_cases.receipt_facts import receipt_facts
from receipts.layout import lay_out
from receipts.text import render_text
from tests.conftest import OpenShop
from tests.shop import ANA, DAY_MS, TEA, Shop

FEE = Product("CLUBYEAR", "Club, one year", 9900, 0)
STAMPS = """
schema = 1
id = "stamps"
version = 1
name = "Stamps"
point_worth_minor = 1

[[rules]]
kind = "collect"
id = "stamp"
pool = "stamps"
life = { days = 30 }

[[rules]]
kind = "collect"
id = "token"
pool = "tokens"
"""


def paper(shop: Shop, event_id: str) -> str:
    facts = shop.till.database.read(lambda connection: receipt_facts(shop.till, connection, event_id, is_copy=False))
    return " ".join(render_text(lay_out(facts), 42).replace("│", " ").split())


def test_that_paper_says_until_when_a_membership_is_paid(open_shop: OpenShop) -> None:
    shop = open_shop("paid-club")
    shop.put(FEE)
    bought = shop.sell(FEE, card=ANA)
    assert "membership 1 Valid until 1 Jul 2027" in paper(shop, bought.event_id)
    shop.clock.now_ms += 300 * DAY_MS
    renewed = shop.sell(FEE, card=ANA)
    assert "membership 1 Valid until 2 Jul 2028" in paper(shop, renewed.event_id)
    assert "membership 1 Valid until 1 Jul 2027" in paper(shop, bought.event_id)


def test_that_paper_says_how_many_stamps_end_first(open_shop: OpenShop) -> None:
    shop = open_shop(STAMPS)
    assert "stamps 1 Valid until 31 Jul 2026 tokens 1 " in paper(shop, shop.sell(TEA, card=ANA).event_id)
    shop.clock.now_ms += 10 * DAY_MS
    assert "stamps 2 Valid until 31 Jul 2026 1 tokens 2 " in paper(shop, shop.sell(TEA, card=ANA).event_id)


def test_that_a_return_says_until_when_what_is_left_holds(open_shop: OpenShop) -> None:
    shop = open_shop("paid-club")
    shop.put(FEE)
    shop.sell(FEE, card=ANA)
    back = shop.take_back(shop.sell(TEA, card=ANA), line_1=1)
    assert "membership 1 Valid until 1 Jul 2027" in paper(shop, back.event_id)


@pytest.mark.parametrize(("language", "words"), [("ru", "Действует до"), ("hr", "Vrijedi do")])
def test_that_until_when_is_said_in_the_language_of_the_receipt(open_shop: OpenShop, language: str, words: str) -> None:
    shop = open_shop("paid-club", shop={"language": language})
    shop.put(FEE)
    assert words in paper(shop, shop.sell(FEE, card=ANA).event_id)
