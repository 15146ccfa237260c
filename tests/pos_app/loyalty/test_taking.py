"""Rewards for units of a pool, by worked numbers."""

from typing import Any

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Burning, Caps, Collect, Percent, Reward
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import programme_set
from pos_app.model.evaluation import EngineResult
from tests.pos_app.loyalty.builders import line, member, prices, programme, receipt, sold, why


def free(rule_id: str = "free", cost: int = 10, **more: Any) -> Reward:
    return Reward(**{"id": rule_id, "cost": cost, "pool": "stamps", "take": "auto", "free_pieces": 1, **more})


def stamps(units: int, **more: Any) -> Any:
    return member(pools={"shop#stamps": units}, **more)


def taken(result: EngineResult) -> list[tuple[str, str, int, int]]:
    return [(one.rule_id, one.unit, one.units, one.times) for one in result.taken]


def test_that_the_cheapest_pieces_are_free_whichever_line_they_are_on() -> None:
    programmes = programme_set([programme(free(times=3))])
    lines = (line(1, 900, quantity_milli=3000), line(2, 250), line(3, 500, quantity_milli=500))
    result = sold(programmes, *lines, holder=stamps(25))
    assert [(1, "free", 300), (2, "free", 250)] == prices(result)
    assert [("free", "shop#stamps", 20, 2)] == taken(result)


def test_that_lines_of_one_price_a_piece_are_free_in_no_order_of_theirs() -> None:
    programmes = programme_set([programme(free())])
    one, other = line(1, 300, code="a", quantity_milli=3000), line(2, 200, code="a", quantity_milli=2000)
    for lines in ((one, other), (other, one)):
        assert [(2, "free", 100)] == prices(sold(programmes, *lines, holder=stamps(10)))


def test_that_a_second_reward_frees_another_whole_piece() -> None:
    programmes = programme_set([programme(free("a"), free("b"))])
    result = sold(programmes, line(1, 300, quantity_milli=3000), holder=stamps(20))
    assert [(1, "a", 100), (1, "b", 100)] == prices(result)


def test_that_free_pieces_collect_nothing() -> None:
    programmes = programme_set([programme(free(), Collect(id="stamp", pool="stamps"))])
    result = sold(programmes, line(1, 300, quantity_milli=3000), line(2, 50, code="b"), holder=stamps(20))
    assert [(2, "free", 50)] == prices(result)
    assert [(1, 3)] == [(one.line_no, one.units) for one in result.collected]
    assert reasons.NOTHING_PAID == why(result, "stamp", 2)
    assert [(1, 2)] == [
        (one.line_no, one.units)
        for one in sold(programmes, line(1, 300, quantity_milli=3000), holder=stamps(20)).collected
    ]


def test_that_money_off_is_no_more_than_the_goods_cost() -> None:
    programmes = programme_set([programme(free(free_pieces=None, off_minor=400, times=5))])
    result = sold(programmes, line(1, 600), line(2, 400), line(3, 100, fixed=True), holder=stamps(100))
    assert [(1, "free", 600), (2, "free", 400)] == prices(result)
    assert [("free", "shop#stamps", 30, 3)] == taken(result)


@pytest.mark.parametrize(
    ("rule", "units", "code"),
    [
        (free(), 9, reasons.REWARD_POOL),
        (free(take="ask"), 10, reasons.REWARD_NOT_ASKED),
        (free(take="ask"), 9, reasons.REWARD_POOL),
        (free(only_categories=frozenset({"CAKE"})), 10, reasons.REWARD_NO_GOODS),
        (free(free_pieces=None, off_minor=5, only_categories=frozenset({"CAKE"})), 10, reasons.REWARD_NO_GOODS),
        (free(free_pieces=None, gives="A mug", only_categories=frozenset({"CAKE"})), 10, reasons.REWARD_NO_GOODS),
        (free(free_pieces=2), 10, reasons.REWARD_NO_GOODS),
        (free(caps=Caps(receipts_day=1)), 10, reasons.CAP_RECEIPTS),
    ],
)
def test_that_a_reward_that_is_not_taken_says_why(rule: Reward, units: int, code: str) -> None:
    result = sold(programme_set([programme(rule)]), line(), holder=stamps(units, used={"p/free:receipts_day": 1}))
    assert ([], code) == (taken(result), why(result, "free"))


def test_that_a_capped_reward_counts_how_often_it_was_taken() -> None:
    rule = free(free_pieces=None, gives="A mug", take="ask", times=2, caps=Caps(receipts_day=1))
    result = sold(programme_set([programme(rule)]), line(), holder=stamps(30), takes=("p/free",))
    assert ([("free", "shop#stamps", 20, 2)], {"p/free": 2}) == (taken(result), result.used)
    assert "A mug" == result.taken[0].gives


def test_that_points_which_a_reward_takes_cannot_be_burned_again() -> None:
    rule = free(pool="points", cost=3, free_pieces=None, gives="A mug")
    programmes = programme_set([programme(rule, burning=Burning())])
    result = sold(programmes, line(), holder=member(spendable_units=450), points_exponent=2, burn_units=450)
    assert [("free", "shop", 300, 1)] == taken(result)
    assert (100, 100) == (result.burn_units, result.burnable_units)


def test_that_two_issuers_do_not_take_the_same_points() -> None:
    rule = free(pool="points", cost=60, free_pieces=None, gives="A mug")
    programmes = programme_set([programme(rule), programme(rule, programme_id="q", issuer="partner")])
    result = sold(programmes, line(), holder=member(spendable_units=100))
    assert [("free", "shop", 60, 1)] == taken(result)
    apart = sold(programmes, line(), holder=member(spendable_units=100, pools={"partner": 70}))
    assert [("free", "shop", 60, 1), ("free", "partner", 60, 1)] == taken(apart)


def test_that_what_another_issuer_owes_leaves_the_points_that_burn() -> None:
    rule = free(pool="points", cost=60, free_pieces=None, gives="A mug")
    programmes = programme_set([programme(burning=Burning()), programme(rule, programme_id="q", issuer="partner")])
    holder = member(spendable_units=100, pools={"partner": 70})
    assert 100 == sold(programmes, line(), holder=holder, burn_units=100).burn_units


def test_that_nobody_takes_anything_without_a_card() -> None:
    programmes = programme_set([programme(free(), Percent(id="all", rate_bp=100, lane="price", anyone=True))])
    assert () == evaluate(receipt(programmes, line(), holder=None), programmes).taken
