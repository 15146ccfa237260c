"""A share of the margin, once a quarter: what counts, who takes part, and that nothing is paid out twice."""

from typing import Any

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.marks import SEGMENT, Mark
from pos_app.model.products import Product
from pos_app.programmes import preset_text
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts, giving
from pos_app.use_cases.profit_sharing import Quarter, share_profit
from storage import catalogue, marks
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, DAY_MS, ENOUGH, PILLS, TEA, Shop
from tests.staff import PINS, hire

ANAS, BOBS = f"account-{ANA}", f"account-{BOB}"
CHEAP = msgspec.structs.replace(TEA, code="cheap", price_minor=200)
PRESET = preset_text("profit-share")
FOR_ALL = PRESET.replace('segments = ["partners"]', "").replace("min_payout_points = 500", "min_payout_points = 0")


def opened(open_shop: OpenShop, programme: str = FOR_ALL, **sections: Any) -> Shop:
    shop = open_shop(programme, **sections)
    shop.put(CHEAP)
    costs = [("tea", 500), ("pills", 1), ("cheap", 300)]
    shop.till.database.write(lambda connection: catalogue.put_costs(connection, costs))
    return shop


def shared(shop: Shop, quarter: str = "2026-Q3", **options: Any) -> Quarter:
    return shop.till.book_act(share_profit, "profit-share", quarter, **options).result()


TEA_UNITS = (1000 - 167 - 500) // 10
"""A tenth of the margin of one piece: 10.00 with 20 % of tax, which costs 5.00."""


def to_october(shop: Shop) -> None:
    shop.wait(100 * DAY_MS)


def test_that_a_share_of_the_margin_is_paid_out_once(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    shop.sell(*[TEA] * 20, card=ANA)
    to_october(shop)
    before = shop.member(ANA).balance.available_units
    preview = shared(shop)
    units = 20 * (1000 - 167 - 500) // 10

    assert [(ANAS, units, False)] == [(one.account_ref, one.units, one.is_booked) for one in preview.shares]
    assert before == shop.member(ANA).balance.available_units
    for _ in range(2):
        (share,) = shared(shop, is_booked=True).shares
        assert (units, True) == (share.units, share.is_booked)
        assert before + units == shop.member(ANA).balance.available_units
    assert {} == shop.bad_findings()


def test_that_regulated_goods_and_those_of_unknown_cost_do_not_count(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    shop.sell(PILLS, BREAD, card=ANA)
    to_october(shop)
    found = shared(shop)
    assert ((), ("bread",)) == (found.shares, found.unknown_cost)


def test_that_what_was_given_to_a_cause_does_not_count(open_shop: OpenShop) -> None:
    shop = open_shop(FOR_ALL, "charity")
    shop.put(Product("DONATION", "A tree", 0, 0))
    costs = [("tea", 500), ("DONATION", 1)]
    shop.till.database.write(lambda connection: catalogue.put_costs(connection, costs[:1]))
    (cause,) = giving.causes_now(shop.till).values()
    basket = giving.with_gift(shop.basket(TEA, card=ANA), giving.product_of(shop.till, cause), 5000)
    sale = shop.till.close_sale(basket, ENOUGH).result()
    to_october(shop)
    found = shared(shop)
    assert (TEA_UNITS, ()) == (sum(one.units for one in found.shares), found.unknown_cost)
    shop.till.database.write(lambda connection: catalogue.put_costs(connection, costs))
    assert found == shared(shop)
    shop.till.return_goods(sale.receipt_number, {2: 1000}).result()
    assert () == shared(shop, "2026-Q4").shares


def test_that_a_segment_says_who_takes_part(open_shop: OpenShop) -> None:
    shop = opened(open_shop, PRESET.replace("= 500", "= 0"))
    shop.till.database.write(
        lambda connection: marks.put_marks(connection, BOBS, [Mark(SEGMENT, "partners", "2026-07-01")])
    )
    for card in (ANA, BOB):
        shop.sell(TEA, card=card)
    shop.sell(TEA)
    to_october(shop)
    assert [BOBS] == [share.account_ref for share in shared(shop).shares]


def test_that_goods_that_come_back_take_back_what_was_paid_out_for_them(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    sold = shop.sell(*[TEA] * 10, card=ANA)
    to_october(shop)
    shared(shop, is_booked=True)
    paid = shop.member(ANA).balance.available_units
    shop.take_back(sold, **{f"line_{number}": 1 for number in range(1, 11)})
    shop.wait(100 * DAY_MS)
    (share,) = shared(shop, "2026-Q4", is_booked=True).shares

    assert (-paid, 0) == (share.units, shop.member(ANA).balance.available_units)
    assert {} == shop.bad_findings()


def test_that_no_more_is_taken_back_than_was_ever_paid_out(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    sold = shop.sell(*[TEA] * 10, card=ANA)
    to_october(shop)
    shop.take_back(sold, line_1=1)
    shop.wait(100 * DAY_MS)
    (share,) = shared(shop, "2026-Q4").shares
    assert (0, True) == (share.units, share.margin_minor < 0)


def test_that_what_was_spent_is_owed(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    sold = shop.sell(*[TEA] * 10, card=ANA)
    to_october(shop)
    shared(shop, is_booked=True)
    spent = shop.member(ANA).balance.available_units
    shop.sell(TEA, TEA, card=ANA, burn=spent)
    shop.take_back(sold, **{f"line_{number}": 1 for number in range(1, 11)})
    shop.wait(100 * DAY_MS)
    shared(shop, "2026-Q4", is_booked=True)
    assert 0 < shop.member(ANA).balance.overdraft_units <= spent
    assert {} == shop.bad_findings()


def test_that_small_shares_are_not_paid_out(open_shop: OpenShop) -> None:
    shop = opened(open_shop, FOR_ALL.replace("min_payout_points = 0", f"min_payout_points = {TEA_UNITS + 1}"))
    shop.sell(TEA, card=ANA)
    to_october(shop)
    assert [0] == [share.units for share in shared(shop, is_booked=True).shares]


def test_that_a_loss_is_no_debt(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    shop.sell(CHEAP, card=ANA)
    to_october(shop)
    assert [0] == [share.units for share in shared(shop, is_booked=True).shares]


def test_that_members_who_are_one_by_now_have_one_share(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    for card in (ANA, BOB):
        shop.sell(*[TEA] * 5, card=card)
    to_october(shop)
    apart = shared(shop, is_booked=True).shares
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    (together,) = shared(shop, is_booked=True).shares

    assert (2, ANAS, True) == (len(apart), together.account_ref, together.is_booked)
    assert sum(share.units for share in apart) == shop.member(ANA).balance.available_units


@pytest.mark.parametrize(
    ("programme_id", "quarter", "code"),
    [("profit-share", "2026-3", "quarter"), ("profit-share", "2026-Q3", "early"), ("other", "2026-Q2", "programme")],
)
def test_that_what_cannot_be_paid_out_is_refused_with_the_reason(
    open_shop: OpenShop, programme_id: str, quarter: str, code: str
) -> None:
    shop = opened(open_shop)
    with pytest.raises(InputError) as refused:
        shop.till.book_act(share_profit, programme_id, quarter, is_booked=True).result()
    assert f"profit_share.{code}" == refused.value.code


def test_that_a_quarter_whose_receipts_were_dropped_is_not_reckoned(open_shop: OpenShop) -> None:
    shop = opened(open_shop, storage={"keep_sales_days": 60})
    shop.sell(TEA, card=ANA)
    with pytest.raises(InputError, match="are not kept here any more"):
        shared(shop, "2026-Q2")


def test_that_it_is_for_managers(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    hire(shop.till)
    shop.till.sign_in("ben", PINS["ben"]).result()
    with pytest.raises(NotAllowedError):
        shared(shop, "2026-Q2")


def test_that_points_of_this_reason_are_not_given_by_hand(open_shop: OpenShop) -> None:
    shop = opened(open_shop)
    with pytest.raises(InputError, match="Only a programme"):
        shop.till.book_act(account_acts.adjust, ANA, 5, reason=AdjustmentReason.PROFIT_SHARE).result()
