"""Stamps, tickets and rewards at a till: what is collected, what is taken, and what comes back with goods."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos_app.errors import InputError
from pos_app.model.products import Product
from pos_app.protocol.events import (
    POOLS_VERSION,
    PROTOCOL_VERSION,
    AdjustmentReason,
    BurnedLot,
    ReturnEvent,
    SaleEvent,
    decode_body,
)
from pos_app.use_cases import account_acts
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.goods_back import goods_back
from pos_app.use_cases.pools_back import restored_of_rewards
from pos_app.use_cases.repairing import repair
from pos_app.use_cases.returning import ClosedReturn
from pos_app.use_cases.views import BasketLine, ClosedSale
from storage import journal
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, TEA, Shop

BURGER = Product("burger", "Burger", 500, 0, category="BURGER")
PIECE = 1000
STAMPS = """
schema = 1
id = "burgers"
version = 1
name = "The fifth burger is free"
point_worth_minor = 1

[[rules]]
kind = "collect"
id = "stamp"
pool = "burger"
only_categories = ["BURGER"]

[[rules]]
kind = "reward"
id = "free"
pool = "burger"
cost = 4
free_pieces = 1
take = "auto"
times = 2
only_categories = ["BURGER"]

[[rules]]
kind = "reward"
id = "mug"
pool = "burger"
cost = 3
gives = "a mug"

[[rules]]
kind = "fixed-card"
id = "two"
rates_bp = {}
other_rate_bp = 200

[[rules]]
kind = "reward"
id = "voucher"
cost = 20
off_minor = 100

[burning]
"""
"""A stamp for each burger; four give a free one by itself, three a mug for who asks; 2 % points, of which 20 give 1.00 off."""
FORGIVING = STAMPS + '\n[returns]\nspent = "clamp"\n'


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop(STAMPS)
    opened.put(BURGER)
    return opened


def burgers(pieces: int) -> BasketLine:
    return BasketLine(BURGER, pieces * PIECE)


def stamps(shop: Shop, card: str = ANA) -> int:
    return shop.member(card).pools.get("shop#burger", 0)


def owed_stamps(shop: Shop, card: str = ANA) -> int:
    view = shop.member(card).pool_balances.get("shop#burger")
    return 0 if view is None else view.overdraft_units


def event_of(shop: Shop, event_id: str) -> SaleEvent | ReturnEvent:
    row = shop.till.database.read(lambda connection: journal.find_event(connection, event_id))
    assert row is not None
    assert row.body is not None
    event = decode_body(row.body)
    assert isinstance(event, SaleEvent | ReturnEvent)
    return event


def give_back(shop: Shop, sale: ClosedSale, line_no: int, pieces: int) -> ClosedReturn:
    return shop.till.return_goods(sale.receipt_number, {line_no: pieces * PIECE}).result()


def assert_sound(shop: Shop) -> None:
    assert {} == shop.bad_findings()
    assert [] == shop.query("SELECT event_id FROM entry GROUP BY event_id, issuer HAVING SUM(units) <> 0")


def test_that_burgers_give_stamps_and_no_stamp_is_a_point(shop: Shop) -> None:
    closed = shop.sell(burgers(3), card=ANA)
    member = shop.member(ANA)

    assert (3, {"shop#burger": 3}) == (stamps(shop), closed.pools_after)
    assert (30, 30) == (member.balance.available_units, closed.quote.result.earned_units)
    assert [("shop", 30), ("shop#burger", 3)] == sorted(shop.query("SELECT issuer, remaining_units FROM lot"))
    assert_sound(shop)


def test_that_stamps_buy_a_free_burger_once(shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    free = shop.sell(burgers(2), card=ANA)
    after = shop.sell(burgers(1), card=ANA)

    assert (500, 500) == (free.quote.total_minor, after.quote.total_minor)
    assert [("burgers", "free", 4, 1)] == [
        (one.programme_id, one.rule_id, one.units, one.times) for one in free.quote.result.taken
    ]
    assert_sound(shop)


def test_that_a_reward_is_taken_as_often_as_it_may_be(shop: Shop) -> None:
    shop.sell(burgers(9), card=ANA)
    assert 500 == shop.sell(burgers(3), card=ANA).quote.total_minor


def test_that_what_is_asked_for_is_handed_over_in_words(shop: Shop) -> None:
    shop.sell(burgers(3), card=ANA)
    closed = shop.sell(TEA, card=ANA, takes=("burgers/mug",))

    assert ["a mug"] == [one.gives for one in closed.quote.result.taken]
    assert (1000, 0) == (closed.quote.total_minor, stamps(shop))
    assert_sound(shop)


def test_that_points_pay_for_a_reward_beside_what_is_burned(shop: Shop) -> None:
    shop.sell(TEA, TEA, card=ANA)
    closed = shop.sell(BasketLine(TEA, 5000), card=ANA, burn=15, takes=("burgers/voucher",))

    # 40 points: 20 are taken for 1.00 off, 15 burn 0.15 off; 2 % of the 48.85 that are paid by money.
    assert (4885, 40 - 20 - 15 + 97) == (closed.quote.total_minor, shop.member(ANA).balance.available_units)
    event = event_of(shop, closed.event_id)
    assert isinstance(event, SaleEvent)
    assert (35, 15, 20) == (
        event.redeemed_units,
        sum(part.units for part in event.burned_lots),
        sum(part.units for part in event.taken_lots),
    )
    assert_sound(shop)


def test_that_an_event_with_pools_is_of_a_version_that_older_headquarters_keep(shop: Shop) -> None:
    with_stamps = shop.sell(burgers(2), card=ANA)
    without = shop.sell(TEA, card=ANA)
    back = [shop.take_back(one, line_1=1).event_id for one in (with_stamps, without)]

    versions = [event_of(shop, event_id).version for event_id in (with_stamps.event_id, without.event_id, *back)]
    assert [POOLS_VERSION, PROTOCOL_VERSION, POOLS_VERSION, PROTOCOL_VERSION] == versions


def test_that_a_receipt_with_rewards_comes_out_the_same_again(shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    free = shop.sell(burgers(2), card=ANA)
    explained = explain_receipt(shop.till, free.receipt_number)
    event = event_of(shop, free.event_id)
    assert isinstance(event, SaleEvent)

    assert (event.collected, event.taken) == (explained.result.collected, explained.result.taken)
    assert tuple(lot.grant for lot in event.pool_lots) == explained.result.pool_lots


def test_that_the_tables_say_of_pools_what_the_event_says_and_are_built_again_from_it(shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    free = shop.sell(burgers(2), card=ANA)
    before = [shop.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("collected", "taken", "lot")]
    shop.damage("UPDATE collected SET units = 7")
    shop.damage("DELETE FROM taken")
    shop.damage("DELETE FROM lot WHERE issuer = 'shop#burger'")
    assert shop.bad_findings()
    shop.till.book_act(repair).result()

    assert before == [shop.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("collected", "taken", "lot")]
    assert free.event_id in {row[0] for row in before[1]}
    assert_sound(shop)


def test_that_goods_take_their_stamps_back(shop: Shop) -> None:
    sale = shop.sell(burgers(3), TEA, card=ANA)
    shop.take_back(sale, line_1=2, line_2=1)

    assert (1, 10) == (stamps(shop), shop.member(ANA).balance.available_units)
    assert_sound(shop)


def test_that_spent_stamps_are_owed_and_the_next_ones_repay_them(shop: Shop) -> None:
    first = shop.sell(burgers(4), card=ANA)
    shop.sell(burgers(2), card=ANA)  # one of them free: 1 new stamp for what was paid, or as the rule counts
    had = stamps(shop)
    back = shop.take_back(first, line_1=4)

    assert (0, 4 - had) == (stamps(shop), owed_stamps(shop))
    assert 0 == back.overdraft_units, "stamps are no points"
    shop.sell(burgers(3), card=ANA)
    assert 3 - (4 - had) == stamps(shop) - owed_stamps(shop)
    assert_sound(shop)


def test_that_spent_stamps_are_forgiven_where_the_programme_says_so(open_shop: OpenShop) -> None:
    shop = open_shop(FORGIVING)
    shop.put(BURGER)
    first = shop.sell(burgers(4), card=ANA)
    shop.sell(burgers(1), card=ANA)
    back = shop.take_back(first, line_1=4)

    event = event_of(shop, back.event_id)
    assert isinstance(event, ReturnEvent)
    assert (("shop#burger",), 0) == (event.clamped_pools, owed_stamps(shop))
    assert_sound(shop)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_that_stamps_that_come_back_pay_for_those_that_were_forgiven(
    open_shop: OpenShop, order: tuple[int, int]
) -> None:
    """The burgers gave 2, which were spent, and the mug took 3. Whichever line comes back first, 1 is left, and no points."""
    shop = open_shop(FORGIVING)
    shop.put(BURGER)
    shop.sell(burgers(3), card=ANA)
    sale = shop.sell(burgers(2), TEA, card=ANA, takes=("burgers/mug",))
    shop.sell(burgers(1), card=ANA)
    shop.sell(TEA, card=ANA, takes=("burgers/mug",))
    assert 0 == stamps(shop)
    for line_no in order:
        give_back(shop, sale, line_no, 2 if line_no == 1 else 1)

    assert (1, 0) == (stamps(shop), owed_stamps(shop))
    assert_sound(shop)


def test_that_a_free_burger_that_comes_back_gives_its_stamps_back_by_its_share(shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    free = shop.sell(burgers(2), card=ANA)
    given = sum(one.units for one in free.quote.result.collected)
    give_back(shop, free, 1, 1)
    half = stamps(shop)
    give_back(shop, free, 1, 1)

    # Half of the line carries half of the four stamps that it cost, less half of those that it gave.
    assert (given + 2 - given // 2, 4) == (half, stamps(shop))
    assert_sound(shop)


def test_that_a_reward_in_words_comes_back_with_the_whole_receipt_only(shop: Shop) -> None:
    shop.sell(burgers(3), card=ANA)
    mug = shop.sell(TEA, TEA, card=ANA, takes=("burgers/mug",))
    shop.take_back(mug, line_1=1)
    assert 0 == stamps(shop)
    shop.take_back(mug, line_2=1)
    assert 3 == stamps(shop)
    assert_sound(shop)


def test_that_points_of_a_reward_come_back_as_points(shop: Shop) -> None:
    shop.sell(TEA, TEA, card=ANA)
    voucher = shop.sell(TEA, card=ANA, takes=("burgers/voucher",))
    back = shop.take_back(voucher, line_1=1)

    assert (900, 20, 18) == (back.refund_minor, back.restored_units, back.clawed_back_units)
    assert 40 == shop.member(ANA).balance.available_units
    assert_sound(shop)


def test_that_stamps_that_lapse_are_not_owed(open_shop: OpenShop) -> None:
    shop = open_shop(STAMPS.replace('id = "stamp"', 'id = "stamp"\nlife = { days = 2 }'))
    shop.put(BURGER)
    sale = shop.sell(burgers(2), card=ANA)
    assert 2 == stamps(shop)
    shop.wait(5 * DAY_MS)
    assert 0 == stamps(shop)
    shop.take_back(sale, line_1=2)
    assert (0, 0) == (stamps(shop), owed_stamps(shop))
    assert_sound(shop)


def test_that_stamps_go_with_a_merged_account(shop: Shop) -> None:
    sale = shop.sell(burgers(3), card=BOB)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert 3 == stamps(shop)
    shop.take_back(sale, line_1=1)
    assert 2 == stamps(shop)
    assert_sound(shop)


def test_that_taking_points_away_leaves_stamps_alone(shop: Shop) -> None:
    shop.sell(burgers(3), card=ANA)
    shop.till.book_act(account_acts.adjust, ANA, -30, reason=AdjustmentReason.CORRECTION).result()

    assert (3, 0) == (stamps(shop), shop.member(ANA).balance.available_units)


def test_that_a_frozen_account_takes_no_reward(shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    shop.till.book_act(account_acts.freeze, ANA).result()
    assert 1000 == shop.sell(burgers(2), card=ANA).quote.total_minor


def test_that_stamps_that_another_till_window_used_meanwhile_are_not_used_again(shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    left_open = shop.basket(burgers(1), card=ANA)
    shop.sell(burgers(1), card=ANA)
    with pytest.raises(InputError) as refused:
        shop.till.close_sale(left_open, ()).result()
    assert "sale.balance" == refused.value.code


def test_that_the_receipt_keeps_how_many_stamps_were_left(shop: Shop) -> None:
    closed = shop.sell(burgers(3), card=ANA)
    ((standing,),) = shop.query("SELECT standing FROM sale WHERE event_id = ?", closed.event_id)
    assert {"shop#burger": 3} == msgspec.json.decode(standing)["pools"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([1, 1, 1, 2, 2, 3]), is_asked=st.booleans())
def test_that_any_sequence_of_partial_returns_ends_where_one_full_return_ends(
    open_shop: OpenShop, order: list[int], is_asked: bool
) -> None:
    takes = ("burgers/mug", "burgers/voucher") if is_asked else ()

    def standing(by_steps: bool) -> tuple[object, ...]:
        shop = open_shop(STAMPS)
        shop.put(BURGER)
        shop.sell(burgers(9), card=ANA)
        sale = shop.sell(burgers(3), BasketLine(TEA, 2 * PIECE), TEA, card=ANA, takes=takes)
        if by_steps:
            for line_no in order:
                give_back(shop, sale, line_no, 1)
        else:
            shop.take_back(sale, line_1=3, line_2=2, line_3=1)
        assert_sound(shop)
        member = shop.member(ANA)
        return member.pools, member.balance.available_units, member.balance.overdraft_units, owed_stamps(shop)

    assert standing(by_steps=False) == standing(by_steps=True)


def test_that_rewards_find_their_lots_where_one_part_serves_two_of_them(shop: Shop) -> None:
    shop.sell(burgers(9), card=ANA)
    closed = shop.sell(burgers(1), card=ANA, takes=("burgers/mug",))
    sale = event_of(shop, closed.event_id)
    assert isinstance(sale, SaleEvent)
    assert [4, 3] == [one.units for one in sale.taken]
    (whole,) = {part.lot_id for part in sale.taken_lots}
    joined = msgspec.structs.replace(sale, taken_lots=(BurnedLot(whole, 7, None),))
    back = goods_back(joined, None, before={}, quantities_milli={1: PIECE})
    lots = restored_of_rewards(joined, back.pools, event_id=closed.event_id, at_ms=closed.utc_ms)
    assert [4, 3] == [lot.granted_units for lot in lots]
