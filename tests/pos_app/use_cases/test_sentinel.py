"""The sentinel looks at a day of a till."""

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.products import Product
from pos_app.model.sentinel import FindingCode
from pos_app.protocol.events import AdjustmentReason, SaleEvent, decode_body
from pos_app.use_cases import account_acts
from pos_app.use_cases.sentinel import count_today, findings_of, look
from pos_app.use_cases.unseen_returning import UnseenGoods
from pos_app.use_cases.views import Basket, ClosedSale
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, ENOUGH, TEA, TENDER, Shop
from tests.staff import enter, hire

TODAY = "2026-07-01"
COAT = Product("coat", "Coat", 10_000, 0)


def came(shop: Shop, sale: ClosedSale) -> str:
    body = shop.query("SELECT body FROM event WHERE event_id = ?", sale.event_id)[0][0]
    event = decode_body(body)
    assert isinstance(event, SaleEvent)
    return event.card_came


def sell(shop: Shop, basket: Basket, **noted: int) -> ClosedSale:
    return shop.till.close_sale(msgspec.structs.replace(basket, **noted), ENOUGH).result()


def test_that_the_event_says_when_the_card_came(shop: Shop) -> None:
    for noted, expected in (
        ({}, ""),
        ({"card_after_lines": 1}, ""),
        ({"card_after_lines": 2}, "after_goods"),
        ({"card_after_lines": 2, "card_while_paying": True}, "while_paying"),
    ):
        assert expected == came(shop, sell(shop, shop.basket(TEA, TEA, card=BOB), **noted))
    assert "" == came(shop, sell(shop, shop.basket(TEA), card_after_lines=1))


def test_that_a_day_is_looked_at_from_the_tills_own_tables(shop: Shop) -> None:
    for _ in range(3):
        sell(shop, shop.basket(TEA, card=BOB), card_while_paying=True)
    shop.sell(TEA, card=ANA)
    goods = (UnseenGoods(TEA, 1000, 1000),)
    for _ in range(3):
        shop.till.return_unseen("009-01-0000001", goods).result()
    shop.till.book_act(account_acts.adjust, ANA, 50, reason=AdjustmentReason.GOODWILL).result()
    day, found = look(shop.till)
    assert TODAY == day
    assert [
        ("adjustments", f"account-{ANA}", 0),
        ("card_after_goods", f"account-{BOB}", 3),
        ("card_while_paying", "", 3),
        ("unseen_returns", "", 3),
    ] == [(one.code.value, one.account_ref, len(one.receipts)) for one in found]
    assert (TODAY, len(found)) == (day, count_today(shop.till))
    assert () == look(shop.till, "2026-06-30")[1]


def test_that_points_that_came_back_and_were_burned_again_are_found(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.put(COAT)
    shop.sell(COAT, card=BOB)
    shop.wait(DAY_MS)
    first = shop.sell(COAT, card=BOB, burn=20)
    back = shop.take_back(first, line_1=1)
    again = shop.sell(COAT, card=BOB, burn=20)
    found = [one for one in look(shop.till)[1] if one.code is FindingCode.BURN_RETURNED]
    assert [(first.receipt_number, back.receipt_number, again.receipt_number)] == [one.receipts for one in found]
    assert [{"returned_units": 20, "after_minutes": 0, "burned_again_units": 20}] == [one.values for one in found]


def test_that_of_pruned_and_damaged_events_the_tables_are_looked_at(shop: Shop) -> None:
    for _ in range(4):
        sell(shop, shop.basket(TEA, card=BOB), card_while_paying=True)
    shop.damage("UPDATE event SET body = NULL WHERE seq % 2 = 0 AND kind = 'sale'")
    shop.damage("UPDATE event SET body = x'ff' WHERE seq % 2 = 1 AND kind = 'sale'")
    found = shop.till.database.read(lambda connection: findings_of(connection, TODAY, shop.till.settings))
    assert ["card_again", "card_share"] == [one.code.value for one in found]


def test_that_the_sentinel_speaks_to_managers_and_auditors_alone(shop: Shop) -> None:
    hire(shop.till)
    for staff_ref, expected in (("ben", None), ("cid", None), ("anna", 0), ("dora", 0)):
        enter(shop.till, staff_ref)
        assert expected == count_today(shop.till)
    enter(shop.till, "ben")
    with pytest.raises(NotAllowedError):
        look(shop.till)


def test_that_a_day_that_is_none_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError, match="is not a day"):
        look(shop.till, "yesterday")
