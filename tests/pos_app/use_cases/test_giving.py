"""Money for a cause at a till: what rounds a total up, what the receipt says, what comes back, and what is added up."""

import msgspec
import pytest

from pos_app.errors import InputError
from pos_app.loyalty.donating import Cause
from pos_app.model.causes import CauseTotals
from pos_app.model.products import Product
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import PROGRAMMES_VERSION, ReturnEvent, SaleEvent, decode_body
from pos_app.use_cases import giving
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.repairing import repair
from pos_app.use_cases.unseen_returning import unseen_goods
from pos_app.use_cases.views import Basket, BasketLine, ClosedSale
from receipts.layout import lay_out
from receipts.text import render_text
from storage import donations, rebuild
from storage.donations import CauseSum
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, DAY_MS, ENOUGH, TEA, Shop

GIFT = Product("DONATION", "A tree", 0, 2000)
CAUSE = "Planting trees"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop("charity", "fixed-card")


@pytest.fixture
def cause(shop: Shop) -> Cause:
    (cause,) = giving.causes_now(shop.till).values()
    return cause


def rounded(shop: Shop, cause: Cause, basket: Basket) -> Basket:
    missing = giving.missing_minor(shop.till.quote(basket), basket, cause)
    return giving.with_gift(basket, giving.product_of(shop.till, cause), missing, rounds_up=True)


def sell(shop: Shop, basket: Basket) -> ClosedSale:
    closed = shop.till.close_sale(basket, ENOUGH).result()
    shop.wait(1_000)
    return closed


def test_that_what_is_missing_makes_the_total_whole(shop: Shop, cause: Cause) -> None:
    basket = rounded(shop, cause, shop.basket(BREAD, card=ANA))
    assert (67, 400) == (basket.lines[-1].product.price_minor, shop.till.quote(basket).to_pay_minor)
    assert basket is giving.followed(basket, shop.till.quote(basket), giving.causes_now(shop.till))


def test_that_the_rounding_follows_the_basket_and_leaves_it(shop: Shop, cause: Cause) -> None:
    causes = giving.causes_now(shop.till)
    basket = rounded(shop, cause, shop.basket(BREAD))
    more = msgspec.structs.replace(basket, lines=(*basket.lines, BasketLine(BREAD, 2000)))
    following = giving.followed(more, shop.till.quote(more), causes)
    assert [333, 1, 666] == [line.payable_minor for line in shop.till.quote(following).lines]
    whole = msgspec.structs.replace(basket, lines=(*basket.lines[1:], BasketLine(TEA)))
    assert [TEA] == [line.product for line in giving.followed(whole, shop.till.quote(whole), causes).lines]


def test_that_a_rounding_that_somebody_changed_is_made_right(shop: Shop, cause: Cause) -> None:
    basket = rounded(shop, cause, shop.basket(BREAD))
    twice = msgspec.structs.replace(
        basket, lines=(basket.lines[0], msgspec.structs.replace(basket.lines[1], quantity_milli=2000))
    )
    following = giving.followed(twice, shop.till.quote(twice), giving.causes_now(shop.till))
    assert basket.lines == following.lines


def test_that_the_product_of_the_shop_lends_its_name_and_tax(shop: Shop, cause: Cause) -> None:
    assert Product("DONATION", CAUSE, 0, 0) == giving.product_of(shop.till, cause)
    shop.put(GIFT)
    assert GIFT == giving.product_of(shop.till, cause)


def test_that_beside_a_fiscal_till_nobody_can_give(open_shop: OpenShop) -> None:
    beside = open_shop("charity", till={"mode": "beside"})
    assert {} == giving.causes_now(beside.till)


def paper(shop: Shop, event_id: str) -> str:
    facts = shop.till.database.read(lambda connection: receipt_facts(shop.till, connection, event_id, is_copy=False))
    return " ".join(render_text(lay_out(facts), 42).split())


def test_that_the_receipt_says_how_much_so_far(shop: Shop, cause: Cause) -> None:
    first = sell(shop, rounded(shop, cause, shop.basket(TEA, BREAD, card=ANA)))
    second = sell(shop, giving.with_gift(shop.basket(TEA, card=BOB), giving.product_of(shop.till, cause), 200))
    anybody = sell(shop, rounded(shop, cause, shop.basket(BREAD)))
    assert (
        "For: Planting trees You gave 0.67 We gave for your purchase 0.13 You and we so far €0.80 "
        "All customers and we so far €0.80"
    ) in paper(shop, first.event_id)
    assert "You gave 2.00 We gave for your purchase 0.10 You and we so far €2.10" in paper(shop, second.event_id)
    assert "You gave 0.67 All customers and we so far €3.57" in paper(shop, anybody.event_id)
    assert "trees 80" not in paper(shop, first.event_id)


def test_that_a_sale_without_a_gift_says_nothing_of_causes(shop: Shop) -> None:
    sale = shop.sell(BREAD)
    assert "Planting" not in paper(shop, sale.event_id)


def test_that_gifts_and_the_shops_share_come_back_with_their_lines(shop: Shop, cause: Cause) -> None:
    sale = sell(shop, rounded(shop, cause, shop.basket(BasketLine(TEA, 2000), BREAD, card=ANA)))
    first = shop.take_back(sale, line_1=1)
    second = shop.take_back(sale, line_1=1, line_2=1, line_3=1)
    assert "We gave for your purchase −0.10 You and we so far €0.80" in paper(shop, first.event_id)
    assert "You gave −0.67 We gave for your purchase −0.13 You and we so far €0.00" in paper(shop, second.event_id)
    assert "shop#trees" not in shop.member(ANA).pool_balances
    with pytest.raises(InputError, match="more would come back"):
        shop.take_back(sale, line_3=1)


def totals(shop: Shop, from_date: str = "2026-07-01", until_date: str = "2026-07-01") -> tuple[CauseTotals, ...]:
    return shop.till.database.read(
        lambda connection: donations.totals_by_cause(connection, from_date=from_date, until_date=until_date)
    )


def test_that_the_till_adds_up_what_came_in(shop: Shop, cause: Cause) -> None:
    sale = sell(shop, rounded(shop, cause, shop.basket(TEA, BREAD, card=ANA)))
    sell(shop, rounded(shop, cause, shop.basket(BREAD)))
    shop.take_back(sale, line_1=1, line_3=1)
    assert (CauseTotals(CAUSE, 134, 13, 77),) == totals(shop)
    assert 70 == totals(shop)[0].total_minor
    shop.wait(DAY_MS)
    sell(shop, rounded(shop, cause, shop.basket(BREAD)))
    assert [67] == [one.by_customers_minor for one in totals(shop, "2026-07-02", "2026-07-02")]
    assert [201] == [one.by_customers_minor for one in totals(shop, "2026-01-01", "2026-12-31")]


def events(shop: Shop) -> list[object]:
    bodies = shop.query("SELECT body FROM event WHERE kind IN ('sale', 'return') ORDER BY seq")
    return [decode_body(body) for (body,) in bodies]


def test_that_the_event_says_what_was_given_and_explains_itself(shop: Shop, cause: Cause) -> None:
    sale = sell(shop, rounded(shop, cause, shop.basket(BREAD, card=ANA)))
    shop.take_back(sale, line_2=1)
    sold, back = events(shop)
    assert isinstance(sold, SaleEvent)
    assert isinstance(back, ReturnEvent)
    assert (PROGRAMMES_VERSION, PROGRAMMES_VERSION) == (sold.version, back.version)
    assert [(67, False), (3, True)] == [(one.amount_minor, one.by_shop) for one in sold.donated]
    assert [(67, False)] == [(one.amount_minor, one.by_shop) for one in back.donated_back]
    assert explain_receipt(shop.till, sale.receipt_number).agrees


@pytest.fixture
def given(shop: Shop, cause: Cause) -> tuple[Shop, str, str]:
    sale = sell(shop, rounded(shop, cause, shop.basket(BREAD, card=ANA)))
    back = shop.take_back(sale, line_2=1)
    return shop, sale.event_id, back.event_id


@pytest.mark.usefixtures("no_keystore")
def test_that_the_doctor_sees_and_mends_what_was_given(given: tuple[Shop, str, str]) -> None:
    shop, sale_id, back_id = given
    assert {} == shop.bad_findings()
    before = totals(shop)
    shop.damage("UPDATE donation SET by_customer_minor = 6 WHERE event_id = ?", sale_id)
    assert {"receipts"} == set(shop.bad_findings())
    shop.damage("DELETE FROM donation WHERE event_id = ?", back_id)
    shop.till.book_act(repair).result()
    assert {} == shop.bad_findings()
    assert before == totals(shop)


def test_that_rows_are_restored_from_their_events(given: tuple[Shop, str, str]) -> None:
    shop, sale_id, back_id = given
    sale, back = events(shop)
    assert isinstance(sale, SaleEvent)
    assert isinstance(back, ReturnEvent)
    shop.till.database.write(lambda connection: rebuild.rewrite_sale_rows(connection, sale))
    shop.till.database.write(lambda connection: rebuild.rewrite_sale_rows(connection, back))
    rows = shop.till.database.read(lambda c: [donations.donations_of(c, one) for one in (sale_id, back_id)])
    assert [(CauseSum(CAUSE, 67, 3),), (CauseSum(CAUSE, -67, 0),)] == rows


def test_that_a_gift_comes_back_with_its_receipt_only(shop: Shop, cause: Cause) -> None:
    goods = (unseen_goods(msgspec.structs.replace(GIFT, price_minor=100)),)
    with pytest.raises(InputError) as refused:
        shop.till.return_unseen("001-01-0000099", goods).result()
    assert "return.gift" == refused.value.code


def test_that_a_gift_is_paid_like_goods(shop: Shop, cause: Cause) -> None:
    basket = rounded(shop, cause, shop.basket(BREAD))
    with pytest.raises(InputError, match="less than the total"):
        shop.till.close_sale(basket, (Tender(PaymentKind.CASH, 399),)).result()
    assert 400 == shop.till.close_sale(basket, (Tender(PaymentKind.CASH, 400),)).result().quote.total_minor
