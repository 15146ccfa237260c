"""Earning: rates, weights, lanes, limits and rounding, by worked numbers."""

from datetime import date

import pytest

from pos_app.errors import PosError
from pos_app.loyalty import reasons
from pos_app.loyalty.document import Earning, FixedCard, Pending, Pharmacy, Progressive, Step, When
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import programme_set
from pos_app.model.evaluation import Award, LotGrant, NextStep, Reason
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import (
    FIVE_PERCENT,
    NOON_MS,
    line,
    member,
    presets,
    programme,
    receipt,
    units_by_line,
)


@pytest.mark.parametrize(
    ("card_class", "units"), [("silver", 59), ("gold", 99), ("platinum", 139), ("staff", 0), ("", 0)]
)
def test_that_a_fixed_card_earns_by_its_class(card_class: str, units: int) -> None:
    programmes = presets("fixed-card")
    result = evaluate(receipt(programmes, line(amount_minor=1999), holder=member(card_class)), programmes)
    assert units == result.earned_units


def test_that_an_award_says_rate_base_and_class() -> None:
    programmes = presets("fixed-card")
    result = evaluate(receipt(programmes, line(amount_minor=1999), holder=member("gold")), programmes)
    reason = Reason(reasons.FIXED_CARD, {"rate_bp": 500, "base_minor": 1999, "card_class": "gold"})
    assert (Award(1, "fixed-card", "card-class", 99, reason),) == result.awards
    assert (LotGrant("fixed-card", "shop", 99, NOON_MS, None),) == result.lots


@pytest.mark.parametrize(("sum_minor", "units"), [(1999, 19), (2000, 40), (4999, 99), (5000, 150), (10_000, 500)])
def test_that_a_larger_receipt_reaches_a_higher_step(sum_minor: int, units: int) -> None:
    programmes = presets("progressive-receipt")
    result = evaluate(receipt(programmes, line(amount_minor=sum_minor), holder=member()), programmes)
    assert units == result.earned_units
    assert {} == result.counted


def test_that_the_next_step_of_a_receipt_raises_this_receipt() -> None:
    programmes = presets("progressive-receipt")
    result = evaluate(receipt(programmes, line(amount_minor=1999), holder=member()), programmes)
    assert NextStep("progressive-receipt", "receipt", 1, 200, "") == result.next_step


def test_that_a_sum_on_a_step_looks_at_the_one_after() -> None:
    programmes = presets("progressive-receipt")
    result = evaluate(receipt(programmes, line(amount_minor=2000), holder=member()), programmes)
    assert NextStep("progressive-receipt", "receipt", 3000, 300, "") == result.next_step


def test_that_the_next_step_is_that_of_the_first_programme_that_has_one() -> None:
    ladder = Progressive(
        id="sum", on="receipt", steps=(Step(from_minor=0, rate_bp=1), Step(from_minor=5000, rate_bp=2))
    )
    level = Progressive(id="sum", on="receipt", steps=(Step(from_minor=0, rate_bp=1),))
    programmes = programme_set(
        [programme(level, programme_id="a"), programme(ladder, programme_id="b"), programme(ladder, programme_id="c")]
    )
    next_step = evaluate(receipt(programmes, line(), holder=member()), programmes).next_step
    assert NextStep("b", "receipt", 4000, 2, "") == next_step


def test_that_a_ladder_whose_condition_does_not_hold_counts_nothing_and_promises_no_step() -> None:
    ladder = Progressive(
        id="sum",
        on="receipt",
        steps=(Step(from_minor=0, rate_bp=100), Step(from_minor=5000, rate_bp=200)),
        when=When(receipt_from_minor=1_000_000),
    )
    programmes = programme_set([programme(ladder)])
    result = evaluate(receipt(programmes, line(), holder=member()), programmes)
    assert (0, {}, None) == (result.earned_units, result.counted, result.next_step)


def test_that_an_accumulated_sum_rates_by_what_was_bought_before_and_moves_up_after() -> None:
    programmes = presets("progressive")
    lines = (
        line(1, 2000),
        line(2, 5000, product_class=ProductClass.MEDICINE),
        line(3, 7000, product_class=ProductClass.REGULATED),
    )
    holder = member("standard", accumulators={"progressive": 2_999_000})
    result = evaluate(receipt(programmes, *lines, holder=holder), programmes)
    assert {1: 10} == units_by_line(result)
    assert {"progressive": 2000} == result.counted
    assert ("standard", "plus") == (result.class_before, result.class_after)
    assert result.next_step is None


def test_that_the_receipt_after_the_step_earns_more() -> None:
    programmes = presets("progressive")
    holder = member("plus", accumulators={"progressive": 3_001_000})
    assert 20 == evaluate(receipt(programmes, line(amount_minor=2000), holder=holder), programmes).earned_units


def test_that_the_next_step_says_what_is_missing_after_this_receipt() -> None:
    programmes = presets("progressive")
    result = evaluate(receipt(programmes, line(amount_minor=2000), holder=member()), programmes)
    assert NextStep("progressive", "accumulated", 2_998_000, 100, "plus") == result.next_step
    assert ("", "standard") == (result.class_before, result.class_after)


@pytest.mark.parametrize("card_class", ["plus", "staff"])
def test_that_a_class_neither_falls_nor_replaces_one_that_the_programme_does_not_know(card_class: str) -> None:
    programmes = presets("progressive")
    result = evaluate(receipt(programmes, line(), holder=member(card_class)), programmes)
    assert card_class == result.class_after


def test_that_a_sum_below_zero_stands_on_the_first_step() -> None:
    programmes = presets("progressive")
    holder = member(accumulators={"progressive": -5000})
    result = evaluate(receipt(programmes, line(amount_minor=2000), holder=holder), programmes)
    assert 10 == result.earned_units
    assert "" == result.class_after


def test_that_pharmacy_weights_go_by_band_then_by_class_of_product() -> None:
    programmes = presets("pharmacy")
    lines = (
        line(1, product_class=ProductClass.MEDICINE),
        line(2, product_class=ProductClass.HIGH_MARGIN),
        line(3, product_class=ProductClass.HIGH_MARGIN, band="3"),
        line(4, product_class=ProductClass.REGULATED, band="3"),
    )
    result = evaluate(receipt(programmes, *lines, holder=member()), programmes)
    assert {1: 30, 2: 60, 3: 90} == units_by_line(result)
    weighted = {"rate_bp": 300, "base_minor": 1000, "card_class": "", "weight_percent": 300}
    assert weighted | {"product_class": "high_margin", "band": "3"} == result.awards[2].reason.values


def test_that_a_band_of_no_weight_goes_before_the_class_of_product() -> None:
    rule = Pharmacy(id="bonus", rate_bp=300, band_percent={"X": 0}, class_percent={ProductClass.HIGH_MARGIN: 200})
    programmes = programme_set([programme(rule)])
    lines = (line(1, product_class=ProductClass.HIGH_MARGIN, band="X"), line(2, product_class=ProductClass.HIGH_MARGIN))
    assert {2: 60} == units_by_line(evaluate(receipt(programmes, *lines, holder=member()), programmes))


def test_that_a_level_of_the_card_gives_the_pharmacy_rate() -> None:
    programmes = presets("pharmacy")
    assert 50 == evaluate(receipt(programmes, line(), holder=member("gold")), programmes).earned_units


def test_that_pharmacy_bonuses_wait_36_hours() -> None:
    programmes = presets("pharmacy")
    (lot,) = evaluate(receipt(programmes, line(), holder=member()), programmes).lots
    assert NOON_MS + 36 * 3_600_000 == lot.starts_at_ms


def test_that_nothing_is_earned_without_a_member() -> None:
    programmes = presets("fixed-card", "pharmacy", "progressive")
    result = evaluate(receipt(programmes, line(), holder=None, burn_units=10), programmes)
    assert ((), (), {}, 0) == (result.awards, result.lots, result.counted, result.burn_units)
    assert ("", "") == (result.class_before, result.class_after)
    assert reasons.BURN_NO_MEMBER == result.burn_limit.code


def test_that_an_empty_receipt_and_an_empty_set_give_nothing() -> None:
    programmes = presets("pharmacy")
    assert () == evaluate(receipt(programmes, holder=member()), programmes).awards
    none = programme_set([])
    result = evaluate(receipt(none, line(), holder=member("gold"), burn_units=1), none)
    assert ((), "gold", reasons.BURN_NO_PROGRAMME) == (result.awards, result.class_after, result.burn_limit.code)


def test_that_points_are_rounded_down_once_and_shared_by_the_largest_remainder() -> None:
    programmes = programme_set([programme(FIVE_PERCENT)])
    lines = (line(1, 30), line(2, 30), line(3, 39))
    result = evaluate(receipt(programmes, *lines, holder=member()), programmes)
    assert {1: 1, 2: 1, 3: 2} == units_by_line(result)
    assert 4 == result.earned_units


def test_that_equal_worth_is_shared_to_the_larger_amount_first() -> None:
    """2 % of 0.30, and of 0.15 with a weight of 200 %, are 0.6 points each: one point together."""
    rule = Pharmacy(id="bonus", rate_bp=200, band_percent={"2": 200})
    programmes = programme_set([programme(rule)])
    lines = (line(1, 15, code="a", band="2"), line(2, 30, code="b"))
    assert {1: 0, 2: 1} == units_by_line(evaluate(receipt(programmes, *lines, holder=member()), programmes))


def test_that_a_share_may_round_down_to_nothing_and_still_has_its_reason() -> None:
    programmes = programme_set([programme(FIVE_PERCENT)])
    result = evaluate(receipt(programmes, line(1, 20), line(2, 1), holder=member()), programmes)
    assert {1: 1, 2: 0} == units_by_line(result)
    assert 1 == result.awards[1].reason.values["base_minor"]


@pytest.mark.parametrize(("points_exponent", "units"), [(0, 1), (1, 19), (2, 199)])
def test_that_worth_becomes_points_of_the_exponent(points_exponent: int, units: int) -> None:
    programmes = programme_set([programme(FIVE_PERCENT, point_worth_minor=50)])
    engine_input = receipt(programmes, line(amount_minor=1999), holder=member(), points_exponent=points_exponent)
    assert units == evaluate(engine_input, programmes).earned_units


def test_that_the_best_rule_of_a_lane_wins_each_line() -> None:
    medicine = Pharmacy(id="medicine", rate_bp=100, class_percent={ProductClass.HIGH_MARGIN: 900})
    programmes = programme_set([programme(FIVE_PERCENT, programme_id="a"), programme(medicine, programme_id="b")])
    lines = (line(1), line(2, product_class=ProductClass.HIGH_MARGIN))
    result = evaluate(receipt(programmes, *lines, holder=member()), programmes)
    assert [(1, "a", 50), (2, "b", 90)] == [(a.line_no, a.programme_id, a.units) for a in result.awards]
    assert [("a", 50), ("b", 90)] == [(lot.programme_id, lot.units) for lot in result.lots]


def test_that_rules_of_other_lanes_and_rules_that_add_give_on_top() -> None:
    other_lane = FixedCard(id="other", lane="extra", rates_bp={}, other_rate_bp=100)
    adding = FixedCard(id="adding", adds=True, rates_bp={}, other_rate_bp=10)
    programmes = programme_set([programme(FIVE_PERCENT, other_lane, adding)])
    result = evaluate(receipt(programmes, line(), holder=member()), programmes)
    assert [("adding", 1), ("five", 50), ("other", 10)] == [(a.rule_id, a.units) for a in result.awards]
    assert 61 == result.lots[0].units


@pytest.mark.parametrize(("priority", "winner"), [(100, "a"), (99, "b")])
def test_that_equal_worth_goes_by_priority_then_programme(priority: int, winner: str) -> None:
    programmes = programme_set(
        [programme(FIVE_PERCENT, programme_id="a"), programme(FIVE_PERCENT, programme_id="b", priority=priority)]
    )
    result = evaluate(receipt(programmes, line(), holder=member()), programmes)
    assert winner == result.awards[0].programme_id


def test_that_equal_worth_in_a_programme_goes_by_rule_id() -> None:
    first = FixedCard(id="a-first", rates_bp={}, other_rate_bp=500)
    programmes = programme_set([programme(FIVE_PERCENT, first)])
    assert "a-first" == evaluate(receipt(programmes, line(), holder=member()), programmes).awards[0].rule_id


def test_that_a_lane_is_rounded_once_even_over_programmes() -> None:
    """5 % of 0.10 and 1 % x 900 of 0.06 are 0.5 and 0.54 points: one point together, none if each were rounded."""
    medicine = Pharmacy(id="medicine", rate_bp=100, class_percent={ProductClass.HIGH_MARGIN: 900})
    programmes = programme_set([programme(FIVE_PERCENT, programme_id="a"), programme(medicine, programme_id="b")])
    lines = (line(1, 10), line(2, 6, product_class=ProductClass.HIGH_MARGIN))
    result = evaluate(receipt(programmes, *lines, holder=member()), programmes)
    assert {1: 0, 2: 1} == units_by_line(result)
    assert ["b"] == [lot.programme_id for lot in result.lots]


def test_that_a_line_and_a_receipt_have_limits() -> None:
    earning = Earning(line_max_points=40, receipt_max_points=70)
    programmes = programme_set([programme(FIVE_PERCENT, earning=earning)])
    result = evaluate(receipt(programmes, line(1, 1000), line(2, 1000), holder=member()), programmes)
    assert {1: 35, 2: 35} == units_by_line(result)
    values = result.awards[0].reason.values
    assert (40, 70) == (values["line_max_points"], values["receipt_max_units"])


def test_that_a_limit_which_lowers_nothing_is_not_a_reason() -> None:
    earning = Earning(line_max_points=50, receipt_max_points=50)
    programmes = programme_set([programme(FIVE_PERCENT, earning=earning)])
    result = evaluate(receipt(programmes, line(), holder=member()), programmes)
    assert {"rate_bp", "base_minor", "card_class"} == set(result.awards[0].reason.values)


def test_that_the_guard_limits_a_receipt_to_a_share_of_what_is_paid() -> None:
    guarded = programme(FIVE_PERCENT, earning=Earning(receipt_max_bp=200))
    assert (
        20
        == evaluate(receipt(programme_set([guarded]), line(), holder=member()), programme_set([guarded])).earned_units
    )
    both = programme(FIVE_PERCENT, earning=Earning(receipt_max_bp=200, receipt_max_points=15))
    assert 15 == evaluate(receipt(programme_set([both]), line(), holder=member()), programme_set([both])).earned_units


def test_that_the_lanes_of_a_programme_share_its_limit() -> None:
    adding = FixedCard(id="adding", adds=True, rates_bp={}, other_rate_bp=300)
    programmes = programme_set([programme(FIVE_PERCENT, adding, earning=Earning(receipt_max_points=60))])
    result = evaluate(receipt(programmes, line(), holder=member()), programmes)
    assert [("adding", 30), ("five", 30)] == [(a.rule_id, a.units) for a in result.awards]


def test_that_earning_is_on_what_is_paid_by_money() -> None:
    programmes = presets("pharmacy")
    holder = member(spendable_units=400)
    result = evaluate(receipt(programmes, line(1, 600), line(2, 400), holder=holder, burn_units=400), programmes)
    assert [360, 240] == [award.reason.values["base_minor"] for award in result.awards]
    assert 18 == result.earned_units


def test_that_what_is_paid_by_money_counts() -> None:
    programmes = presets("progressive")
    holder = member(spendable_units=400)
    result = evaluate(receipt(programmes, line(amount_minor=1000), holder=holder, burn_units=400), programmes)
    assert {"progressive": 600} == result.counted


def test_that_a_sum_is_kept_under_its_own_programme() -> None:
    steps = (Step(from_minor=0, rate_bp=0), Step(from_minor=500, rate_bp=1000))
    ladder = Progressive(id="sum", on="accumulated", period="for_ever", steps=steps)
    programmes = programme_set([programme(ladder, programme_id="a"), programme(ladder, programme_id="b")])
    holder = member(accumulators={"b": 500})
    result = evaluate(receipt(programmes, line(), holder=holder), programmes)
    assert {"b"} == {award.programme_id for award in result.awards}
    assert {"a": 1000, "b": 1000} == result.counted


@pytest.mark.parametrize(
    ("business_date", "units"), [("2026-06-30", 0), ("2026-07-01", 50), ("2026-07-31", 50), ("2026-08-01", 0)]
)
def test_that_a_programme_runs_from_its_first_to_its_last_day(business_date: str, units: int) -> None:
    programmes = programme_set([programme(FIVE_PERCENT, active_from=date(2026, 7, 1), active_until=date(2026, 7, 31))])
    engine_input = receipt(programmes, line(), holder=member(), business_date=business_date)
    assert units == evaluate(engine_input, programmes).earned_units


def test_that_each_programme_gives_one_lot_with_its_own_issuer_and_dates() -> None:
    later = programme(
        FixedCard(id="more", adds=True, rates_bp={}, other_rate_bp=100),
        programme_id="b",
        issuer="partner",
        earning=Earning(pending=Pending(hours=1)),
    )
    programmes = programme_set([programme(FIVE_PERCENT, programme_id="a"), later])
    result = evaluate(receipt(programmes, line(1), line(2), holder=member()), programmes)
    assert (
        LotGrant("a", "shop", 100, NOON_MS, None),
        LotGrant("b", "partner", 20, NOON_MS + 3_600_000, None),
    ) == result.lots


def test_that_unknown_semantics_are_refused() -> None:
    programmes = presets("pharmacy")
    with pytest.raises(PosError) as caught:
        evaluate(receipt(programmes, holder=None, semantics=3), programmes)
    assert "engine.semantics" == caught.value.code


def test_that_another_programme_set_is_refused() -> None:
    with pytest.raises(PosError) as caught:
        evaluate(receipt(presets("pharmacy"), holder=None), presets("fixed-card"))
    assert "engine.programme_set" == caught.value.code
