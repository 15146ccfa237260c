"""Burning: what may be burned, what limits it, and how it is shared out."""

from typing import Any

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Burning
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.model.evaluation import BurnAs, BurnShare, EngineLine, EngineResult, Reason
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, member, presets, programme, receipt


def burned(
    burning: Burning,
    *lines: EngineLine,
    balance: int = 100_000,
    ask: int = 100_000,
    receipts_before: int = 5,
    point_worth_minor: int = 1,
    points_exponent: int = 0,
) -> EngineResult:
    programmes = programme_set([programme(burning=burning, point_worth_minor=point_worth_minor)])
    holder = member(spendable_units=balance, receipts_before=receipts_before)
    engine_input = receipt(programmes, *lines, holder=holder, burn_units=ask, points_exponent=points_exponent)
    return evaluate(engine_input, programmes)


@pytest.mark.parametrize(
    ("burning", "more", "units", "reason"),
    [
        (Burning(), {"balance": 300}, 300, Reason(reasons.BURN_BALANCE, {"balance_units": 300})),
        (Burning(), {}, 1000, Reason(reasons.BURN_CAP, {"cap_bp": 10_000, "cap_minor": 1000})),
        (Burning(cap_bp=2550), {}, 255, Reason(reasons.BURN_CAP, {"cap_bp": 2550, "cap_minor": 255})),
        (Burning(min_paid_minor=100), {}, 900, Reason(reasons.BURN_MIN_PAID, {"min_paid_minor": 100})),
        (Burning(min_paid_minor=1001), {}, 0, Reason(reasons.BURN_MIN_PAID, {"min_paid_minor": 1001})),
        (
            Burning(min_balance_points=500),
            {"balance": 499},
            0,
            Reason(reasons.BURN_MIN_BALANCE, {"minimum_units": 500, "balance_units": 499}),
        ),
        (
            Burning(from_receipt=3),
            {"receipts_before": 1},
            0,
            Reason(reasons.BURN_NOT_FROM_THIS_RECEIPT, {"from_receipt": 3, "receipt": 2}),
        ),
        (
            Burning(exclude_categories=frozenset({"TEA"})),
            {},
            0,
            Reason(reasons.BURN_NO_ELIGIBLE_GOODS, {}),
        ),
        (Burning(multiple_points=400), {}, 800, Reason(reasons.BURN_CAP, {"cap_bp": 10_000, "cap_minor": 1000})),
        (Burning(), {"balance": -20}, 0, Reason(reasons.BURN_BALANCE, {"balance_units": -20})),
    ],
)
def test_that_the_limit_of_a_burn_is_named(burning: Burning, more: dict[str, Any], units: int, reason: Reason) -> None:
    result = burned(burning, line(amount_minor=1000), **more)
    assert (units, units, reason) == (result.burnable_units, result.burn_units, result.burn_limit)


@pytest.mark.parametrize(
    "burning",
    [
        Burning(min_balance_points=500),
        Burning(from_receipt=6),
        Burning(exclude_departments=frozenset({"DRUG"})),
    ],
)
def test_that_a_condition_that_is_just_met_lets_points_burn(burning: Burning) -> None:
    assert 500 == burned(burning, line(amount_minor=1000), balance=500).burn_units


@pytest.mark.parametrize(("ask", "units"), [(-5, 0), (0, 0), (7, 7), (1000, 1000)])
def test_that_what_is_asked_for_burns(ask: int, units: int) -> None:
    result = burned(Burning(), line(amount_minor=1000), ask=ask)
    assert (units, units, 1000) == (result.burn_units, result.burn_worth_minor, result.burnable_units)


def test_that_points_asked_for_are_lowered_to_a_clean_multiple() -> None:
    assert 400 == burned(Burning(multiple_points=200), line(amount_minor=1000), ask=599).burn_units


def test_that_a_clean_multiple_is_of_whole_points() -> None:
    """Hundredths of a point: 7.00 of them are 700 units."""
    result = burned(Burning(multiple_points=7), line(amount_minor=1000), points_exponent=2, ask=2099)
    assert (1400, 14) == (result.burn_units, result.burn_worth_minor)


def test_that_a_line_of_nothing_accepts_no_points() -> None:
    assert reasons.BURN_NO_ELIGIBLE_GOODS == burned(Burning(), line(amount_minor=0)).burn_limit.code


def test_that_a_burn_is_worth_whole_minor_units() -> None:
    """Hundredths of a point that is worth 0.30: one hundredth is worth 0.3 minor units, ten are worth 3."""
    result = burned(Burning(), line(), ask=1234, point_worth_minor=30, points_exponent=2)
    assert (1230, 369) == (result.burn_units, result.burn_worth_minor)


def test_that_the_minimum_by_money_is_of_the_whole_receipt() -> None:
    lines = (line(1, 1000), line(2, 500, product_class=ProductClass.REGULATED))
    assert 1000 == burned(Burning(min_paid_minor=100), *lines).burn_units


def test_that_worth_goes_by_amount_and_units_by_worth() -> None:
    lines = (line(1, 100, code="b"), line(2, 100, code="a"), line(3, 100, code="c"))
    result = burned(Burning(), *lines, ask=5, point_worth_minor=20)
    assert (BurnShare(1, 2, 33), BurnShare(2, 2, 34), BurnShare(3, 1, 33)) == result.burn_shares


def test_that_units_follow_the_worth_that_a_line_took_and_not_its_amount() -> None:
    result = burned(Burning(), line(1, 2), line(2, 4), ask=2, point_worth_minor=2)
    assert (BurnShare(1, 0, 1), BurnShare(2, 2, 3)) == result.burn_shares


def test_that_excluded_and_regulated_goods_take_no_share() -> None:
    lines = (
        line(1, 1000),
        line(2, 1000, category="PERFUME"),
        line(3, 1000, product_class=ProductClass.REGULATED),
        line(4, 0),
    )
    result = burned(Burning(exclude_categories=frozenset({"PERFUME"})), *lines, ask=600)
    assert (BurnShare(1, 600, 600),) == result.burn_shares


def test_that_the_programme_says_how_points_burn() -> None:
    assert BurnAs.TENDER == burned(Burning(burn_as=BurnAs.TENDER), line()).burn_as
    assert BurnAs.PRICE_REDUCTION == burned(Burning(), line()).burn_as


def test_that_the_first_programme_with_a_burning_section_burns() -> None:
    programmes = programme_set(
        [
            programme(programme_id="a"),
            programme(programme_id="b", burning=Burning(cap_bp=1000)),
            programme(programme_id="c", burning=Burning(cap_bp=2000), priority=1),
        ]
    )
    assert 200 == burnable(programmes)


def test_that_the_pharmacy_sells_first_at_full_price() -> None:
    programmes = presets("pharmacy")
    holder = member(spendable_units=500, receipts_before=0)
    result = evaluate(receipt(programmes, line(), holder=holder, burn_units=500), programmes)
    assert (0, reasons.BURN_NOT_FROM_THIS_RECEIPT) == (result.burn_units, result.burn_limit.code)


def burnable(programmes: ProgrammeSet) -> int:
    holder = member(spendable_units=5000)
    return evaluate(receipt(programmes, line(amount_minor=1000), holder=holder), programmes).burnable_units
