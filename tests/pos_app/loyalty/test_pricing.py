"""Discounts, their guard and their caps, by worked numbers."""

from typing import Any

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.document import (
    AmountOff,
    Caps,
    Chosen,
    Earning,
    FixedPrice,
    Guard,
    MemberPrice,
    Percent,
    Progressive,
    Step,
    When,
)
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import programme_set
from pos_app.model.evaluation import NextStep
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, member, prices, programme, receipt, refusal_codes, sold, why


def off(rule_id: str = "off", rate_bp: int = 1000, **more: Any) -> Percent:
    return Percent(id=rule_id, rate_bp=rate_bp, lane="price", **more)


def test_that_the_largest_discount_wins_and_the_others_say_so() -> None:
    programmes = programme_set([programme(off(), MemberPrice(id="second"), FixedPrice(id="offer", price_minor=950))])
    result = sold(programmes, line(1, member_minor=800), line(2), line(3, 500))
    assert [(1, "second", 200), (2, "off", 100), (3, "off", 50)] == prices(result)
    assert reasons.BEATEN == why(result, "off", 1)
    assert reasons.BEATEN == why(result, "offer", 3)


def test_that_a_discount_is_rounded_half_up_line_by_line() -> None:
    result = sold(programme_set([programme(off())]), line(1, 15), line(2, 14), line(3, 4))
    assert [(1, "off", 2), (2, "off", 1)] == prices(result)
    assert reasons.NOTHING_TO_GIVE == why(result, "off", 3)


def test_that_what_adds_takes_no_more_than_is_left() -> None:
    programmes = programme_set([programme(off(rate_bp=9000), AmountOff(id="z", off_minor=300, adds=True))])
    assert [(1, "off", 900), (1, "z", 100)] == prices(sold(programmes, line()))


def test_that_a_price_set_by_hand_stays_also_where_there_is_a_guard() -> None:
    programmes = programme_set([programme(off(), guard=Guard(margin_percent=50))])
    by_hand = line(1, fixed=True, margin_floor_percent=40)
    result = sold(programmes, by_hand, line(2, margin_floor_percent=40))
    assert [(2, "off", 100)] == prices(result)
    assert [reasons.PRICED_BY_HAND] == refusal_codes(result, 1)


def test_that_regulated_goods_are_never_cheaper() -> None:
    result = sold(programme_set([programme(off())]), line(product_class=ProductClass.REGULATED, member_minor=1))
    assert [] == prices(result)


def test_that_a_discount_for_anyone_needs_no_card_and_others_do() -> None:
    programmes = programme_set([programme(off("all", anyone=True), off("members", 2000))])
    result = evaluate(receipt(programmes, line(), holder=None), programmes)
    assert [(1, "all", 100)] == prices(result)
    assert [(1, "members", 200)] == prices(sold(programmes, line()))


def test_that_a_discount_is_of_the_price_with_its_tax() -> None:
    programmes = programme_set([programme(off(), earning=Earning(base="net"))])
    assert [(1, "off", 100)] == prices(sold(programmes, line(tax_rate_bp=2500)))


def test_that_points_go_by_what_is_left_to_pay_without_its_tax() -> None:
    earn = Percent(id="earn", rate_bp=1000)
    programmes = programme_set([programme(off(), earn, earning=Earning(base="net"))])
    (award,) = sold(programmes, line(tax_rate_bp=2000)).awards
    assert (75, 750) == (award.units, award.reason.values["base_minor"])


@pytest.mark.parametrize(
    ("caps", "used", "expected"),
    [
        (Caps(receipt=150), {}, [100, 50]),
        (Caps(day=200), {"p/off:day": 80}, [80, 40]),
        (Caps(line=60), {}, [60, 60]),
        (Caps(budget=500), {}, [40, 20]),
    ],
    ids=["receipt", "day", "line", "budget"],
)
def test_that_caps_lower_a_discount(caps: Caps, used: dict[str, int], expected: list[int]) -> None:
    programmes = programme_set([programme(off(caps=caps))])
    result = sold(programmes, line(1, 2000), line(2, 1000), holder=member(used=used), budgets={"p/off": 60})
    assert expected == [one.amount_minor for one in result.discounts]
    assert {"p/off": sum(expected)} == result.used
    assert "cap_minor" in result.discounts[0].reason.values


def test_that_a_used_up_cap_says_so() -> None:
    programmes = programme_set([programme(off(caps=Caps(ever=100)))])
    result = sold(programmes, line(), holder=member(used={"p/off:ever": 130}))
    assert ([], reasons.CAP_REACHED, {}) == (prices(result), why(result, "off", 1), result.used)


def test_that_a_chosen_product_alone_is_cheaper() -> None:
    programmes = programme_set([programme(off(when=When(chosen=Chosen())))])
    result = sold(programmes, line(1, code="tea"), line(2, code="milk"), holder=member(chosen={"p/off": ("tea",)}))
    assert [(1, "off", 100)] == prices(result)
    assert reasons.WHEN_CHOSEN == why(result, "off", 2)
    assert reasons.WHEN_CHOSEN == why(sold(programmes, line()), "off")


LADDER = (Step(from_minor=0, rate_bp=1000), Step(from_minor=5000, rate_bp=2000))


def test_that_a_ladder_by_the_receipt_looks_at_prices_before_discounts() -> None:
    """49.90: 0.10 are missing to 20 %, however much is paid in the end."""
    programmes = programme_set([programme(Progressive(id="sum", on="receipt", steps=LADDER, lane="price"))])
    result = sold(programmes, line(amount_minor=4990))
    assert ([(1, "sum", 499)], NextStep("p", "receipt", 10, 2000, "")) == (prices(result), result.next_step)


def test_that_a_ladder_of_discounts_counts_what_was_paid_in_the_end() -> None:
    ladder = Progressive(id="sum", on="accumulated", period="for_ever", steps=LADDER, lane="price")
    programmes = programme_set([programme(ladder)])
    result = sold(programmes, line(amount_minor=1000), line(2, 500, fixed=True), holder=member(accumulators={"p": 100}))
    assert {"p": 1400} == result.counted
    assert result.next_step is not None
    assert 3500 == result.next_step.missing_minor


def test_that_the_guard_holds_for_discounts_and_points_together() -> None:
    """A margin of at least 40 % of 10.00, and a guard of 50 %: 2.00, of which the discount takes 1.00."""
    rules = (off(), Percent(id="earn", rate_bp=5000))
    programmes = programme_set([programme(*rules, guard=Guard(margin_percent=50))])
    result = sold(programmes, line(margin_floor_percent=40))
    (award,) = result.awards
    assert ([(1, "off", 100)], 100, "guard") == (prices(result), award.units, award.reason.values["lowered_by"])


def test_that_a_guard_for_the_receipt_lets_one_line_pay_for_another() -> None:
    programmes = programme_set([programme(off(rate_bp=3000), guard=Guard(margin_percent=50, per="receipt"))])
    result = sold(programmes, line(1, margin_floor_percent=80), line(2))
    assert [(1, "off", 200), (2, "off", 200)] == prices(result)
    assert "guard" == result.discounts[0].reason.values["lowered_by"]


@pytest.mark.parametrize(("unknown", "expected"), [("refuse", []), ("allow", [(1, "off", 100)])])
def test_that_a_guard_says_what_goods_of_unknown_margin_get(unknown: Any, expected: list[Any]) -> None:
    programmes = programme_set([programme(off(), guard=Guard(margin_percent=50, unknown=unknown))])
    result = sold(programmes, line())
    assert expected == prices(result)
    assert expected or reasons.GUARD == why(result, "off", 1)


def test_that_of_several_guards_the_strictest_holds() -> None:
    strict = Guard(margin_percent=10, unknown="allow", per="receipt")
    programmes = programme_set(
        [programme(off(), programme_id="a", guard=Guard(margin_percent=50)), programme(programme_id="b", guard=strict)]
    )
    result = sold(programmes, line(1, margin_floor_percent=50), line(2))
    assert [(1, "off", 50)] == prices(result)
