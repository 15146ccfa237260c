"""What rules take off prices, from the catalogue to the booked sale, its return and its explanation."""

import msgspec
import pytest

from pos_app.errors import InputError
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import ReturnedLine, SaleEvent, decode_body
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.goods_back import goods_back, summed
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.views import BasketLine
from storage import sales
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, PILLS, RICE, TEA, Shop

CHEAP_TEA = msgspec.structs.replace(TEA, member_price_minor=850)
CHEAP_RICE = msgspec.structs.replace(RICE, member_price_minor=199)
CHEAP_PILLS = msgspec.structs.replace(PILLS, member_price_minor=1)
TENTH = """
schema = 1
id = "tenth"
version = 1
name = "A tenth off"
point_worth_minor = 1

[[rules]]
kind = "percent"
id = "off"
lane = "price"
rate_bp = 1_000
anyone = true

[[rules]]
kind = "percent"
id = "points"
rate_bp = 1_000

[returns]
method = "re-evaluate"
"""
CLUB = """
schema = 1
id = "club"
version = 1
name = "Club"
point_worth_minor = 1
card_classes = ["gold"]

[[rules]]
kind = "access"
id = "tea"
only_products = ["tea"]
when = { card_classes = ["gold"] }

[[rules]]
kind = "notice"
id = "hello"
text = "Say hello"
when = { card_classes = ["gold"] }
"""
GUARDED = TENTH.replace("[returns]", "[guard]\nmargin_percent = 20\n\n[returns]")


@pytest.fixture
def members(open_shop: OpenShop) -> Shop:
    """A shop with prices for members."""
    shop = open_shop("member-price")
    shop.put(CHEAP_TEA, CHEAP_RICE, CHEAP_PILLS)
    return shop


def sale_event(shop: Shop, event_id: str) -> SaleEvent:
    event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", event_id)[0][0])
    assert isinstance(event, SaleEvent)
    return event


def test_that_a_member_pays_the_second_price_and_tax_follows(members: Shop) -> None:
    sale = members.sell(BasketLine(CHEAP_TEA, 2000), BasketLine(CHEAP_RICE, 1234), card=BOB)
    tea, rice = sale.quote.lines
    assert (2000, 1700, 283) == (tea.list_minor, tea.amount_minor, tea.tax_minor)
    assert (309, 246) == (rice.list_minor, rice.amount_minor), "1.234 kg at 1.99 is 2.46, rounded half up"
    assert (2309, 363, 1946) == (sale.quote.gross_minor, sale.quote.discount_minor, sale.quote.total_minor)
    assert 19 == sale.quote.result.earned_units, "1 % of what is paid"


def test_that_without_a_card_prices_are_the_catalogues(members: Shop) -> None:
    assert 1000 == members.sell(CHEAP_TEA).quote.total_minor


def test_that_regulated_goods_and_prices_by_hand_stay_as_they_are(members: Shop) -> None:
    by_hand, on_label = BasketLine(CHEAP_TEA, 1000, 990), BasketLine(CHEAP_RICE, 1000, 500, price_on_label=True)
    sale = members.sell(CHEAP_PILLS, by_hand, on_label, card=BOB)
    assert [2000, 990, 500] == [line.amount_minor for line in sale.quote.lines]
    assert () == sale.quote.result.discounts


def test_that_a_guard_goes_by_the_band_of_the_margin(open_shop: OpenShop) -> None:
    shop = open_shop(GUARDED)
    shop.put(msgspec.structs.replace(TEA, margin_floor_percent=30), BREAD)
    sale = shop.sell(shop.product("tea"), BREAD, card=BOB)
    assert [940, 333] == [line.amount_minor for line in sale.quote.lines], "a fifth of 30 % of 10.00; bread has no band"


def test_that_points_burn_on_the_price_that_is_left(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH.replace("[returns]", "[burning]\n\n[returns]"), currency={"cash_step_minor": 5})
    shop.sell(BasketLine(TEA, 9000), card=BOB)
    sale = shop.sell(TEA, card=BOB, burn=233, paid=(Tender(PaymentKind.CASH, 1000),))
    assert (900, 667, 665) == (sale.quote.lines[0].amount_minor, sale.quote.total_minor, sale.quote.cash_to_pay_minor)


def test_that_a_discount_is_booked_in_event_rows_and_explanation(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH)
    sale = shop.sell(BasketLine(TEA, 2000), BREAD, card=BOB)
    event = sale_event(shop, sale.event_id)
    assert [("tenth", "off", 200), ("tenth", "off", 33)] == [
        (one.programme_id, one.rule_id, one.amount_minor) for one in event.discounts
    ]
    with shop.till.database.reading() as connection:
        stored = sales.find_sale(connection, receipt_number=sale.receipt_number)
        day = event.moment.business_date
        assert {("tenth", "off"): 233} == sales.discounts_by_rule(connection, from_date=day, to_date=day)
        assert {} == sales.discounts_by_rule(connection, from_date="2000-01-01", to_date="2000-12-31")
    assert stored is not None
    assert event.discounts == stored.discounts == sale.quote.result.discounts
    assert explain_receipt(shop.till, sale.receipt_number).agrees
    assert {} == shop.bad_findings()


@pytest.mark.parametrize("tampering", ["UPDATE discount SET amount_minor = 1", "DELETE FROM discount"])
def test_that_a_changed_discount_is_noticed(open_shop: OpenShop, tampering: str) -> None:
    shop = open_shop(TENTH)
    sale = shop.sell(TEA)
    shop.damage(tampering)
    assert not explain_receipt(shop.till, sale.receipt_number).agrees
    assert {"receipts"} == set(shop.bad_findings())


def test_that_rules_of_another_store_rest(open_shop: OpenShop) -> None:
    programme = TENTH.replace("point_worth_minor = 1\n", 'point_worth_minor = 1\nstores = ["store-2"]\n')
    assert 1000 == open_shop(programme).sell(TEA).quote.total_minor
    assert 900 == open_shop(programme, shop={"store_id": "store-2"}).sell(TEA).quote.total_minor


# Goods that this customer may not buy, and what the cashier is told.


def test_that_locked_goods_keep_the_sale_open(open_shop: OpenShop) -> None:
    shop = open_shop(CLUB)
    shop.join("2990000000057", "gold")
    for card in ("", BOB):
        with pytest.raises(InputError, match="may not buy: Tea") as refused:
            shop.sell(TEA, BREAD, card=card)
        assert "sale.locked" == refused.value.code
    assert [] == shop.query("SELECT 1 FROM sale")
    sale = shop.sell(TEA, card="2990000000057")
    assert ["Say hello"] == [notice.text for notice in sale.quote.result.notices]


# Beside a fiscal till.


def test_that_beside_a_till_the_cashier_keys_the_discount_there(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH.replace("[returns]", "[burning]\n\n[returns]"), till={"mode": "beside"})
    shop.sell(BasketLine(TEA, 9000), card=BOB, foreign="F-1")
    sale = shop.sell(TEA, card=BOB, burn=100, foreign="F-2")
    assert (200, 800) == (sale.quote.deduct_minor, sale.quote.to_pay_minor)
    assert [(PaymentKind.FOREIGN, 800)] == [(one.kind, one.amount_minor) for one in sale.payments]


# Goods that come back.


def test_that_a_refund_is_the_share_that_was_paid(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH)
    sale = shop.sell(BasketLine(BREAD, 3000), card=BOB)
    assert 899 == sale.quote.total_minor, "9.99 less 1.00"
    refunds = [shop.take_back(sale, line_1=1).refund_minor for _ in range(3)]
    assert [299, 300, 300] == refunds
    assert 0 == shop.member(BOB).balance.available_units


def test_that_what_stays_is_not_priced_again(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH)
    sale = shop.sell(BasketLine(TEA, 2000), BREAD, card=BOB)
    assert 210 == sale.quote.result.earned_units, "a tenth of 18.00 and 3.00, rounded down once"
    back = shop.take_back(sale, line_1=1)
    assert (900, 90) == (back.refund_minor, back.clawed_back_units), "what stays earns on 12.00 that was paid for it"


@pytest.mark.parametrize("steps", [(7,), (1,) * 7, (2, 2, 3), (3, 1), (5, 2), ()])
def test_that_any_returns_end_where_one_full_return_ends(open_shop: OpenShop, steps: tuple[int, ...]) -> None:
    shop = open_shop(TENTH)
    sale = sale_event(shop, shop.sell(BasketLine(BREAD, 7000), TEA, card=BOB).event_id)
    programmes = shop.till.terms.programmes
    whole = goods_back(sale, programmes, before={}, quantities_milli={1: 7000, 2: 1000})
    rest = 7000 - 1000 * sum(steps)
    before: dict[int, ReturnedLine] = {}
    refunds_minor, points = 0, 0
    for quantities in (*({1: 1000 * step} for step in steps), {2: 1000} | ({1: rest} if rest else {})):
        back = goods_back(sale, programmes, before=before, quantities_milli=quantities)
        assert back.total_minor > 0
        before = summed([*before.values(), *back.lines])
        refunds_minor, points = refunds_minor + back.total_minor, points + back.clawed_back_units
    assert (whole.total_minor, whole.clawed_back_units) == (refunds_minor, points)
    assert sale.total_minor == refunds_minor


# What the paper is made of.


def test_that_paper_names_the_programme_that_took_something_off(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH)
    sale = shop.sell(TEA, BREAD, card=ANA)
    back = shop.take_back(sale, line_1=1)
    shop.reopen("fixed-card")
    with shop.till.database.reading() as connection:
        facts = receipt_facts(shop.till, connection, sale.event_id, is_copy=True)
        returned = receipt_facts(shop.till, connection, back.event_id, is_copy=False)
    assert [(1, "A tenth off", 100), (2, "A tenth off", 33)] == [
        (one.line_no, one.name, one.amount_minor) for one in facts.discounts
    ]
    assert () == returned.discounts
    assert [900] == [line.amount_minor for line in returned.lines]


def test_that_a_receipt_whose_details_are_gone_says_discount_all_the_same(open_shop: OpenShop) -> None:
    shop = open_shop(TENTH)
    sale = shop.sell(TEA)
    shop.damage("UPDATE event SET body = NULL")
    shop.reopen("fixed-card")
    with shop.till.database.reading() as connection:
        facts = receipt_facts(shop.till, connection, sale.event_id, is_copy=True)
    assert [(1, "", 100)] == [(one.line_no, one.name, one.amount_minor) for one in facts.discounts]
