"""Budgets at tills: one that decides has the whole, the others what headquarters allotted to them."""

import pytest

from pos_app.loyalty import reasons
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases.budgets import left_now
from pos_app.use_cases.explaining import explain_receipt
from storage import budgets, journal, member_history
from tests.conftest import OpenShop
from tests.shop import ANA, TEA, Shop


def gift(budget: int, rule: str = 'kind = "amount-off"\noff_minor = 300\nanyone = true') -> str:
    return f"""
schema = 1
id = "gift"
version = 1
name = "While it lasts"
point_worth_minor = 1

[[rules]]
{rule}
id = "gift"
caps = {{ budget = {budget} }}
"""


POINTS = 'kind = "bonus"\npoints = 4'


def left(shop: Shop) -> dict[str, int]:
    return shop.till.database.read(lambda connection: left_now(shop.till, connection))


def allot(shop: Shop, most: int, rule: str = "gift/gift") -> None:
    shop.till.database.write(lambda connection: budgets.put_allotments(connection, {rule: most}))


def test_that_a_till_gives_the_rest_of_its_budget_and_then_nothing(open_shop: OpenShop) -> None:
    shop = open_shop(gift(700))
    basket = shop.basket(TEA)
    assert 300 == shop.till.quote(basket).result.discount_minor
    given = [shop.sell(TEA, card=card).quote.result.discount_minor for card in ("", ANA, "", ANA)]
    assert ([300, 300, 100, 0], {"gift/gift": 0}) == (given, left(shop))
    last = explain_receipt(shop.till, shop.sell(TEA).receipt_number)
    assert (True, reasons.CAP_REACHED) == (last.agrees, last.result.refusals[0].reason.code)


def test_that_what_comes_back_gives_nothing_back_to_a_budget(open_shop: OpenShop) -> None:
    shop = open_shop(gift(700))
    shop.take_back(shop.sell(TEA, card=ANA), line_1=1)
    assert {"gift/gift": 400} == left(shop)


def test_that_points_are_counted_whole_in_the_file_and_in_parts_here(open_shop: OpenShop) -> None:
    shop = open_shop(gift(10, POINTS), points={"exponent": 2})
    given = [shop.sell(TEA, card=ANA).quote.result.earned_units for _ in range(4)]
    assert [400, 400, 200, 0] == given


def test_that_a_sale_is_counted_once_however_often_it_is_noted(open_shop: OpenShop) -> None:
    shop = open_shop(gift(700))
    sale = shop.sell(TEA)
    row = shop.till.database.read(lambda connection: journal.find_event(connection, sale.event_id))
    assert row is not None
    event = decode_body(row.body or b"")
    assert isinstance(event, SaleEvent)
    shop.till.database.write(lambda connection: member_history.note_uses(connection, event))
    assert {"gift/gift": 400} == left(shop)


@pytest.mark.parametrize("name", ["another incarnation"])
def test_that_a_till_that_decides_counts_what_it_gave_under_other_names(open_shop: OpenShop, name: str) -> None:
    shop = open_shop(gift(700))
    shop.sell(TEA)
    shop.till.database.write(lambda connection: journal.change_terminal(connection, incarnation=2))
    assert {"gift/gift": 400} == left(shop)


def test_that_beneath_headquarters_a_till_gives_what_it_was_allotted(open_shop: OpenShop) -> None:
    shop = open_shop(gift(700), till={"authority": "hq"}, hq={"url": "http://127.0.0.1:1"})
    assert 0 == shop.sell(TEA).quote.result.discount_minor
    allot(shop, 400)
    assert [300, 100, 0] == [shop.sell(TEA).quote.result.discount_minor for _ in range(3)]
    allot(shop, 300)
    assert {"gift/gift": 0} == left(shop)
    allot(shop, 450)
    assert {"gift/gift": 50} == left(shop)
    allot(shop, 9_000)
    assert {"gift/gift": 300} == left(shop)


def test_that_a_till_under_a_new_name_begins_with_nothing(open_shop: OpenShop) -> None:
    shop = open_shop(gift(700), till={"authority": "hq"}, hq={"url": "http://127.0.0.1:1"})
    allot(shop, 400)
    shop.till.database.write(lambda connection: journal.change_terminal(connection, incarnation=2))
    assert {"gift/gift": 0} == left(shop)
    allot(shop, 100)
    assert {"gift/gift": 100} == left(shop)


def test_that_programmes_without_a_budget_ask_nothing(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card")
    assert {} == left(shop)
    assert shop.till.terms == shop.till.database.read(shop.till.terms_now)
