"""Caps, limits, groups, lanes and multipliers of points, by worked numbers."""

from typing import Any

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.document import (
    AmountOff,
    Bonus,
    Caps,
    Chosen,
    Earning,
    Guard,
    Multiply,
    Percent,
    Pharmacy,
    Progressive,
    Step,
    Tier,
    Tiers,
    When,
)
from pos_app.loyalty.goods_kinds import KINDS_MAX
from pos_app.loyalty.lanes import _within
from pos_app.loyalty.plan import plan_for
from pos_app.loyalty.programme import programme_set
from pos_app.loyalty.rating import Rating, Scale
from pos_app.model.evaluation import EngineResult
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, member, prices, programme, sold, units_by_line, why


def earn(rule_id: str = "earn", rate_bp: int = 1000, **more: Any) -> Percent:
    return Percent(id=rule_id, rate_bp=rate_bp, **more)


def by_rule(result: EngineResult) -> dict[str, int]:
    units: dict[str, int] = {}
    for award in result.awards:
        units[award.rule_id] = units.get(award.rule_id, 0) + award.units
    return units


@pytest.mark.parametrize(
    ("caps", "used", "units"),
    [
        (Caps(receipt=7), 0, 700),
        (Caps(day=7), 250, 450),
        (Caps(month=7), 700, 0),
        (Caps(year=7, ever=2), 0, 200),
        (Caps(budget=9), 0, 333),
        (Caps(line=3), 0, 600),
    ],
    ids=str,
)
def test_that_caps_of_points_count_whole_points(caps: Caps, used: int, units: int) -> None:
    programmes = programme_set([programme(earn(caps=caps))])
    holder = member(used={f"p/earn:{period}": used for period in ("day", "month", "year", "ever")})
    result = sold(programmes, line(1), line(2), holder=holder, points_exponent=2, budgets={"p/earn": 333})
    assert (units, {"p/earn": units} if units else {}) == (result.earned_units, result.used)


def test_that_rules_with_caps_and_others_share_the_limit_of_their_programme() -> None:
    """100 points by one and 100 by the other, of which 60 are allowed: 30 each, and 20 of the first are its own cap."""
    capped = earn("capped", only_products=frozenset({"p1"}), caps=Caps(receipt=20))
    programmes = programme_set([programme(capped, earn(), earning=Earning(receipt_max_points=60))])
    lines = (line(1), line(2))
    result = sold(programmes, line(1), line(2), budgets={})
    assert 60 == result.earned_units
    assert by_rule(result)["earn"] >= 40
    wide = earn("capped", only_products=frozenset({"p1"}), caps=Caps(receipt=90), priority=1)
    programmes = programme_set([programme(wide, earn(), earning=Earning(receipt_max_points=60))])
    result = sold(programmes, *lines)
    assert (60, 60) == (result.earned_units, result.awards[0].reason.values["receipt_max_units"])


def test_that_a_limit_that_one_lane_has_used_up_leaves_nothing_to_the_next() -> None:
    capped = earn("capped", only_products=frozenset({"p1"}), caps=Caps(receipt=90), priority=1)
    bonus = Bonus(id="more", points=50)
    programmes = programme_set([programme(capped, earn(), bonus, earning=Earning(receipt_max_points=60))])
    assert {"capped": 30, "earn": 30, "more": 0} == by_rule(sold(programmes, line(1), line(2, 1100)))


def test_that_no_purse_gets_more_than_its_claim_rounded_up() -> None:
    """Claims of 5 (a cap) and 0.4 points share 6: the largest remainder alone would give the cap 6."""
    worth = Scale(factor=1, point_worth_minor=1).point_worth
    assert [5, 1] == _within(6, [5 * worth, 4 * worth // 10], Scale(factor=1, point_worth_minor=1), ["a", "b"])


def test_that_of_a_group_the_best_of_the_whole_receipt_applies_alone() -> None:
    rules = (earn("tea", 2000, only_categories=frozenset({"TEA"}), group="g"), earn("all", 1100, group="g"))
    programmes = programme_set([programme(*rules)])
    milk = line(2, category="MILK")
    result = sold(programmes, line(1), milk)
    assert ({1: 110, 2: 110}, reasons.GROUP_BEATEN) == (units_by_line(result), why(result, "tea"))
    result = sold(programmes, line(1))
    assert ({1: 200}, reasons.GROUP_BEATEN) == (units_by_line(result), why(result, "all"))


def test_that_discounts_and_points_of_a_group_are_compared_before_discounts() -> None:
    off = AmountOff(id="off", off_minor=90, group="g")
    both = programme_set([programme(off, earn(group="g"), Percent(id="all", rate_bp=5000, lane="price"))])
    result = sold(both, line())
    assert ([(1, "all", 500)], {"earn": 50}) == (prices(result), by_rule(result))
    assert reasons.GROUP_BEATEN == why(result, "off")
    equal = programme_set([programme(AmountOff(id="off", off_minor=100, group="g"), earn(group="g"))])
    assert {} == by_rule(sold(equal, line()))


def test_that_where_no_rule_of_a_group_gives_anything_none_is_beaten() -> None:
    rules = (earn("a", 0, group="g"), earn("b", 0, group="g"))
    result = sold(programme_set([programme(*rules)]), line())
    assert [reasons.RATE_ZERO, reasons.RATE_ZERO] == [why(result, name) for name in "ab"]


def test_that_a_ladder_counts_also_where_its_group_has_another_best() -> None:
    steps = (Step(from_minor=0, rate_bp=100),)
    ladder = Progressive(id="sum", on="accumulated", period="for_ever", steps=steps, group="g")
    result = sold(programme_set([programme(ladder, earn(group="g"))]), line())
    assert ({"earn": 100}, {"p": 1000}) == (by_rule(result), result.counted)


def test_that_the_best_multiplier_raises_and_those_that_add_come_on_top() -> None:
    rules = (
        earn(),
        Multiply(id="double", percent=200),
        Multiply(id="half", percent=150),
        Multiply(id="quarter", percent=125, adds=True),
        Multiply(id="none", percent=100),
    )
    result = sold(programme_set([programme(*rules)]), line())
    assert {"earn": 100, "double": 100, "quarter": 25} == by_rule(result)
    assert (reasons.NOTHING_TO_MULTIPLY, reasons.MULTIPLY) == (why(result, "half", 1), why(result, "none"))
    (nothing,) = (one.reason for one in result.refusals if one.rule_id == "none")
    assert "Raised to 100 %, which adds nothing." == reasons.words(nothing)


def test_that_multipliers_raise_the_goods_that_they_mean() -> None:
    medicine = frozenset({ProductClass.MEDICINE})
    rules = (
        earn(exclude_categories=frozenset({"MILK"})),
        Multiply(id="m", percent=300, exclude_product_classes=medicine, when=When(chosen=Chosen())),
    )
    lines = (line(1, code="a"), line(2, code="b"), line(3, code="a", product_class=ProductClass.MEDICINE))
    holder = member(chosen={"p/m": ("a", "d")})
    result = sold(programme_set([programme(*rules)]), *lines, line(4, code="d", category="MILK"), holder=holder)
    assert {1: 300, 2: 100, 3: 100} == units_by_line(result)
    assert [reasons.WHEN_CHOSEN, reasons.EXCLUDED, reasons.NOTHING_TO_MULTIPLY] == [
        why(result, "m", line_no) for line_no in (2, 3, 4)
    ]


def test_that_a_line_limit_holds_for_multipliers_and_bonuses_and_says_so() -> None:
    rules = (earn(), Multiply(id="m", percent=300, caps=Caps(line=150)), Bonus(id="b", points=500))
    result = sold(programme_set([programme(*rules, earning=Earning(line_max_points=400))]), line())
    assert {"earn": 100, "m": 150, "b": 400} == by_rule(result)
    lowered = {award.rule_id: award.reason.values.get("line_max_points") for award in result.awards}
    assert {"earn": None, "m": 150, "b": 400} == lowered


def test_that_a_guard_for_the_receipt_lowers_points_to_what_is_left() -> None:
    guard = Guard(margin_percent=10, per="receipt")
    result = sold(programme_set([programme(earn(), guard=guard)]), line(1, margin_floor_percent=50), line(2))
    assert {1: 25, 2: 25} == units_by_line(result)
    assert "guard" == result.awards[0].reason.values["lowered_by"]


LEVELS = Tiers(
    window_months=1,
    kept_months=0,
    steps=(Tier(id="red", from_minor=0), Tier(id="gold", from_minor=1500)),
    exclude_categories=frozenset({"MILK"}),
)


def test_that_tiers_count_what_is_paid_for_their_goods_and_say_what_is_missing() -> None:
    programmes = programme_set([programme(tiers=LEVELS)])
    result = sold(programmes, line(1, 400), line(2, category="MILK"), holder=member(accumulators={"p": 100}))
    assert {"p": 400} == result.counted
    assert result.next_step is not None
    assert ("tier", "gold", 1000) == (result.next_step.on, result.next_step.card_class, result.next_step.missing_minor)
    assert sold(programmes, line(1, 1500)).next_step is None
    assert {} == sold(programmes, line(1, 500, category="MILK")).counted


def test_that_a_programme_for_a_segment_counts_for_its_members_alone() -> None:
    programmes = programme_set([programme(earn(), tiers=LEVELS, segments=frozenset({"staff"}))])
    result = sold(programmes, line())
    assert ({}, reasons.WHEN_SEGMENT) == (result.counted, why(result, "earn"))
    assert {"p": 1000} == sold(programmes, line(), holder=member(segments=("staff",))).counted


def test_that_a_shop_of_very_many_kinds_of_goods_is_still_reckoned_rightly() -> None:
    """What rules and lanes remember has an end; then they begin anew."""
    programmes = programme_set([programme(earn(exclude_categories=frozenset({"MILK"})))])
    lines = [line(number, 10, category=f"c{number}") for number in range(1, KINDS_MAX + 3)]
    assert KINDS_MAX + 2 == sold(programmes, *lines).earned_units


def test_that_very_many_rates_are_still_reckoned_rightly() -> None:
    steps = (Step(from_minor=0, rate_bp=100), Step(from_minor=100, rate_bp=200))
    programmes = programme_set([programme(Progressive(id="sum", on="receipt", steps=steps))])
    (lane,) = plan_for(programmes, "2026-07-01").point_lanes
    for rate in range(1_100):
        assert {} == lane.decisions([Rating("", rate, {})], frozenset(), has_member=True)
    assert (0, 3) == tuple(sold(programmes, line(amount_minor=minor)).earned_units for minor in (99, 150))


def test_that_a_margin_weighs_by_the_highest_that_the_goods_surely_have() -> None:
    rule = Pharmacy(
        id="m", rate_bp=1000, margin_percent={"07": 50, "30": 200}, class_percent={ProductClass.GENERAL: 10}
    )
    lines = [line(number, margin_floor_percent=floor) for number, floor in enumerate((None, 5, 20, 40), start=1)]
    assert {1: 10, 2: 10, 3: 50, 4: 200} == units_by_line(sold(programme_set([programme(rule)]), *lines))


def test_that_goods_excluded_by_their_code_say_so() -> None:
    result = sold(programme_set([programme(earn(exclude_products=frozenset({"p1"})))]), line())
    said = next(refusal.reason.values for refusal in result.refusals if refusal.rule_id == "earn")
    assert {"excluded_by": "product", "excluded": "p1"} == said
