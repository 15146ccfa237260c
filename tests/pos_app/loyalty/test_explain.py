"""Refusals: what was not given, and why."""

from datetime import date

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Burning, Earning, FixedCard, Pharmacy
from pos_app.loyalty.engine import evaluate, explain
from pos_app.loyalty.programme import programme_set
from pos_app.model.evaluation import Reason, Refusal
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import FIVE_PERCENT, line, member, presets, programme, receipt, refusal_codes


def test_that_evaluate_gives_no_refusals() -> None:
    programmes = presets("fixed-card")
    assert () == evaluate(receipt(programmes, line(), holder=member()), programmes).refusals


def test_that_a_regulated_line_is_refused_once_by_the_engine_itself() -> None:
    programmes = presets("fixed-card", "pharmacy", "progressive")
    regulated = line(7, product_class=ProductClass.REGULATED)
    result = explain(receipt(programmes, line(1), regulated, holder=member("gold")), programmes)
    assert [Refusal(7, "", "", Reason(reasons.REGULATED, {}))] == [r for r in result.refusals if r.line_no == 7]


def test_that_the_loser_of_a_lane_says_who_won() -> None:
    programmes = presets("fixed-card", "pharmacy")
    result = explain(receipt(programmes, line(), holder=member("platinum")), programmes)
    beaten = Reason(reasons.BEATEN, {"by_programme": "fixed-card", "by_rule": "card-class"})
    assert (Refusal(1, "pharmacy", "bonus", beaten),) == result.refusals


def test_that_a_rate_of_zero_refuses_the_whole_receipt() -> None:
    programmes = presets("fixed-card")
    result = explain(receipt(programmes, line(), holder=member()), programmes)
    assert (Refusal(0, "fixed-card", "card-class", Reason(reasons.RATE_ZERO, {})),) == result.refusals


def test_that_a_receipt_without_a_member_says_so() -> None:
    programmes = presets("fixed-card")
    result = explain(receipt(programmes, line(), holder=None), programmes)
    assert (Refusal(0, "", "", Reason(reasons.NO_MEMBER, {})),) == result.refusals


def test_that_a_programme_out_of_its_dates_says_so() -> None:
    programmes = programme_set([programme(FIVE_PERCENT, active_from=date(2027, 1, 1))])
    result = explain(receipt(programmes, line(), holder=member()), programmes)
    assert (Refusal(0, "p", "", Reason(reasons.NOT_ACTIVE, {"business_date": "2026-07-01"})),) == result.refusals


def test_that_excluded_goods_say_by_what() -> None:
    rule = FixedCard(
        id="five",
        rates_bp={},
        other_rate_bp=500,
        exclude_product_classes=frozenset({ProductClass.MEDICINE}),
        exclude_categories=frozenset({"MILK"}),
        exclude_departments=frozenset({"FUEL"}),
    )
    programmes = programme_set([programme(rule)])
    lines = (line(1, product_class=ProductClass.MEDICINE), line(2, category="MILK"), line(3, department="FUEL"))
    result = explain(receipt(programmes, *lines, holder=member()), programmes)
    assert [
        {"excluded_by": "product class", "excluded": "medicine"},
        {"excluded_by": "category", "excluded": "MILK"},
        {"excluded_by": "department", "excluded": "FUEL"},
    ] == [refusal.reason.values for refusal in result.refusals]


def test_that_every_kind_of_rule_excludes_goods() -> None:
    nothing_for_tea = Pharmacy(id="bonus", rate_bp=300, exclude_categories=frozenset({"TEA"}))
    programmes = programme_set([programme(nothing_for_tea)])
    result = explain(receipt(programmes, line(1), line(2, category="MILK"), holder=member()), programmes)
    assert [reasons.EXCLUDED] == refusal_codes(result, 1)
    assert [2] == [award.line_no for award in result.awards]


def test_that_a_line_that_could_earn_nothing_says_why() -> None:
    weightless = Pharmacy(id="bonus", rate_bp=300, class_percent={ProductClass.MEDICINE: 0})
    programmes = programme_set([programme(weightless)])
    lines = (line(1, product_class=ProductClass.MEDICINE), line(2, 0))
    result = explain(receipt(programmes, *lines, holder=member()), programmes)
    assert [reasons.WEIGHT_ZERO] == refusal_codes(result, 1)
    assert [reasons.NOTHING_PAID] == refusal_codes(result, 2)


def test_that_a_line_limit_of_zero_says_so() -> None:
    programmes = programme_set([programme(FIVE_PERCENT, earning=Earning(line_max_points=0))])
    result = explain(receipt(programmes, line(), holder=member()), programmes)
    assert [reasons.LINE_MAX_ZERO] == refusal_codes(result, 1)


def test_that_a_lowered_burn_says_by_what() -> None:
    programmes = presets("pharmacy")
    result = explain(receipt(programmes, line(), holder=member(spendable_units=200), burn_units=300), programmes)
    lowered = Reason(reasons.BURN_LOWERED, {"requested_units": 300, "burned_units": 200})
    assert (
        Refusal(0, "pharmacy", "", lowered),
        Refusal(0, "pharmacy", "", Reason(reasons.BURN_BALANCE, {"balance_units": 200})),
    ) == result.refusals


def test_that_a_burn_without_a_programme_says_so() -> None:
    programmes = programme_set([programme(FIVE_PERCENT)])
    result = explain(receipt(programmes, line(), holder=member(spendable_units=9), burn_units=9), programmes)
    assert [reasons.BURN_LOWERED, reasons.BURN_NO_PROGRAMME] == refusal_codes(result, 0)


def test_that_goods_which_accept_no_points_say_so_only_when_points_are_burned() -> None:
    burning = Burning(exclude_categories=frozenset({"MILK"}))
    programmes = programme_set([programme(FIVE_PERCENT, burning=burning)])
    lines = (line(1), line(2, category="MILK"))
    holder = member(spendable_units=500)
    assert () == explain(receipt(programmes, *lines, holder=holder), programmes).refusals
    result = explain(receipt(programmes, *lines, holder=holder, burn_units=100), programmes)
    excluded = Reason(reasons.EXCLUDED, {"excluded_by": "category", "excluded": "MILK"})
    assert (Refusal(2, "p", "", excluded),) == result.refusals
