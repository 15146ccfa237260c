"""Budgets: what they count, and the rest that a rule gives before it ends."""

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.budgets import RuleBudget, budgets_of
from pos_app.loyalty.document import AmountOff, Caps, Collect, FixedCard, Percent
from pos_app.loyalty.programme import programme_set
from tests.pos_app.loyalty.builders import line, prices, programme, sold, units_by_line, why

CAPS = Caps(budget=10)
POINTS = FixedCard(id="five", rates_bp={}, other_rate_bp=500, caps=CAPS)
OFF = AmountOff(id="off", off_minor=30, caps=CAPS)
STAMP = Collect(id="stamp", pool="stamps", caps=CAPS)


def test_that_a_budget_counts_points_minor_units_or_units_of_a_pool() -> None:
    found = budgets_of([programme(POINTS, OFF, STAMP, Percent(id="free", rate_bp=1))])
    expected = (RuleBudget("p/five", 10, True), RuleBudget("p/off", 10, False), RuleBudget("p/stamp", 10, False))
    assert expected == found
    assert [1000, 10, 10] == [one.units(one.counted, points_exponent=2) for one in found]
    assert [1, 100, 100] == [one.counted_of(100, points_exponent=2) for one in found]


@pytest.mark.parametrize(("left", "given"), [(50, 50), (20, 20), (0, 0)])
def test_that_the_rest_of_a_budget_is_given_and_then_nothing(left: int, given: int) -> None:
    result = sold(programme_set([programme(POINTS)]), line(), budgets={"p/five": left})
    assert ({1: given} if given else {1: 0}) == units_by_line(result)
    assert ({"p/five": given} if given else {}) == result.used


def test_that_a_budget_that_is_used_up_is_the_reason() -> None:
    result = sold(programme_set([programme(STAMP)]), line(), budgets={"p/stamp": 0})
    assert ((), reasons.CAP_REACHED) == (result.collected, why(result, "stamp", 1))


def test_that_a_discount_for_anyone_uses_its_budget() -> None:
    programmes = programme_set([programme(AmountOff(id="off", off_minor=30, anyone=True, caps=CAPS))])
    result = sold(programmes, line(), budgets={"p/off": 10})
    assert ([(1, "off", 10)], {"p/off": 10}) == (prices(result), result.used)
