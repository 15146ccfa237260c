"""When rules apply, and what is told to the cashier: each condition, held and not held."""

from datetime import date
from typing import Any

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.document import (
    Access,
    Birthday,
    Bought,
    Burning,
    Caps,
    Chosen,
    Dates,
    Holding,
    Hours,
    Multiply,
    Notice,
    Percent,
    ReceiptNumber,
    When,
)
from pos_app.loyalty.programme import programme_set
from pos_app.model.evaluation import Notice as Said
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, member, programme, refusal_codes, sold, why


@pytest.mark.parametrize(
    ("when", "of_member", "of_input"),
    [
        ({"hours": (Hours(begin="22:00", end="12:01"),)}, {}, {}),
        ({"hours": (Hours(begin="12:00", end="24:00"),)}, {}, {}),
        ({"weekdays": frozenset({"wed"})}, {}, {}),
        ({"dates": (Dates(begin=date(2026, 7, 1), end=date(2026, 7, 1)),)}, {}, {}),
        ({"holidays": frozenset({"07-01"})}, {}, {}),
        ({"stores": frozenset({"s1"})}, {}, {"store_id": "s1"}),
        ({"receipt_from_minor": 1000}, {}, {}),
        ({"receipt_number": ReceiptNumber(begin=6, end=6)}, {}, {}),
        ({"receipt_number": ReceiptNumber(begin=6)}, {}, {}),
        ({"card_classes": frozenset({"gold"})}, {"card_class": "gold"}, {}),
        ({"tiers": frozenset({"red"})}, {"tiers": {"p": "red"}}, {}),
        ({"segments": frozenset({"b"})}, {"segments": ("b",)}, {}),
        ({"verified": True}, {"verified": True}, {}),
        ({"birthday": Birthday()}, {"facts": ("p/rule:birthday",)}, {}),
        ({"bought": Bought(days=1, products=frozenset({"x"}))}, {"facts": ("p/rule:bought",)}, {}),
        ({"holds": Holding(pool="stamps", units=3)}, {"pools": {"shop#stamps": 3}}, {}),
        ({"holds": Holding(pool="points", units=3)}, {"spendable_units": 3}, {}),
        ({"chosen": Chosen()}, {"chosen": {"p/rule": ("p1",)}}, {}),
        ({"coupon": True}, {}, {"coupons": ("p/rule",)}),
    ],
    ids=str,
)
def test_that_a_rule_gives_where_its_condition_just_holds(
    when: dict[str, Any], of_member: dict[str, Any], of_input: dict[str, Any]
) -> None:
    programmes = programme_set([programme(Percent(id="rule", rate_bp=1000, when=When(**when)))])
    assert 100 == sold(programmes, line(), holder=member(**of_member), **of_input).earned_units


@pytest.mark.parametrize(
    ("when", "of_member", "code"),
    [
        ({"hours": (Hours(begin="22:00", end="12:00"),)}, {}, reasons.WHEN_HOURS),
        ({"hours": (Hours(begin="12:01", end="13:00"),)}, {}, reasons.WHEN_HOURS),
        ({"weekdays": frozenset({"thu"})}, {}, reasons.WHEN_WEEKDAY),
        ({"dates": (Dates(begin=date(2026, 7, 2), end=date(2026, 7, 3)),)}, {}, reasons.WHEN_DATES),
        ({"holidays": frozenset({"07-02"})}, {}, reasons.WHEN_HOLIDAYS),
        ({"stores": frozenset({"s1"})}, {}, reasons.WHEN_STORE),
        ({"receipt_from_minor": 1001}, {}, reasons.WHEN_RECEIPT_FROM),
        ({"receipt_number": ReceiptNumber(begin=7)}, {}, reasons.WHEN_RECEIPT_NUMBER),
        ({"receipt_number": ReceiptNumber(begin=1, end=5)}, {}, reasons.WHEN_RECEIPT_NUMBER),
        ({"card_classes": frozenset({"gold"})}, {}, reasons.WHEN_CARD_CLASS),
        ({"tiers": frozenset({"red"})}, {"tiers": {"q": "red"}}, reasons.WHEN_TIER),
        ({"segments": frozenset({"a"})}, {"segments": ("b",)}, reasons.WHEN_SEGMENT),
        ({"verified": True}, {}, reasons.WHEN_VERIFIED),
        ({"birthday": Birthday()}, {"birthday": True}, reasons.WHEN_BIRTHDAY),
        ({"bought": Bought(days=1, products=frozenset({"x"}))}, {}, reasons.WHEN_BOUGHT),
        ({"holds": Holding(pool="stamps", units=3)}, {"pools": {"shop#stamps": 2}}, reasons.WHEN_HOLDS),
        ({"holds": Holding(pool="points")}, {"spendable_units": -3}, reasons.WHEN_HOLDS),
        ({"chosen": Chosen()}, {"chosen": {"p/rule": ()}}, reasons.WHEN_CHOSEN),
        ({"coupon": True}, {}, reasons.WHEN_COUPON),
    ],
    ids=str,
)
def test_that_a_rule_says_which_condition_does_not_hold(
    when: dict[str, Any], of_member: dict[str, Any], code: str
) -> None:
    programmes = programme_set([programme(Percent(id="rule", rate_bp=1000, when=When(**when)))])
    result = sold(programmes, line(), holder=member(**of_member))
    assert (0, code) == (result.earned_units, why(result, "rule"))
    said = next(refusal.reason for refusal in result.refusals if refusal.rule_id == "rule")
    assert reasons.words(said).endswith(".")


def test_that_a_rule_gives_on_so_many_receipts() -> None:
    rule = Percent(id="rule", rate_bp=1000, caps=Caps(receipts_month=2))
    programmes = programme_set([programme(rule)])
    assert {"p/rule": 100} == sold(programmes, line(), holder=member(used={"p/rule:receipts_month": 1})).used
    result = sold(programmes, line(), holder=member(used={"p/rule:receipts_month": 2}))
    assert ({}, reasons.CAP_RECEIPTS) == (result.used, why(result, "rule"))


def test_that_a_programme_runs_in_its_stores() -> None:
    programmes = programme_set([programme(Percent(id="rule", rate_bp=1000), stores=frozenset({"s1"}))])
    assert 100 == sold(programmes, line(), store_id="s1").earned_units
    result = sold(programmes, line(), store_id="s2")
    assert (0, reasons.WHEN_STORE) == (result.earned_units, why(result, ""))


def test_that_points_burn_by_a_programme_that_is_for_the_member() -> None:
    staff = programme(programme_id="a", segments=frozenset({"staff"}), burning=Burning(cap_bp=1000))
    other = programme(programme_id="b", issuer="partner", burning=Burning(cap_bp=3000))
    programmes = programme_set([staff, programme(programme_id="c", burning=Burning(cap_bp=2000)), other])
    assert 200 == sold(programmes, line(), holder=member(spendable_units=900)).burnable_units
    assert 100 == sold(programmes, line(), holder=member(spendable_units=900, segments=("staff",))).burnable_units
    alone = sold(programme_set([staff, other]), line(), holder=member(spendable_units=900), burn_units=9)
    assert [reasons.BURN_LOWERED, reasons.BURN_NO_PROGRAMME] == refusal_codes(alone, 0)


def test_that_a_notice_is_said_to_whom_it_concerns() -> None:
    vip = Notice(id="vip", text="Serve first", when=When(card_classes=frozenset({"vip"})))
    wine = Notice(id="wine", text="Offer a tasting", only_categories=frozenset({"WINE"}))
    programmes = programme_set([programme(vip, wine)])
    assert (Said("p", "vip", "Serve first"),) == sold(programmes, line(), holder=member("vip")).notices
    assert (Said("p", "wine", "Offer a tasting"),) == sold(programmes, line(category="WINE")).notices


def test_that_goods_for_some_are_locked_for_others() -> None:
    club = Access(id="club", only_products=frozenset({"p1"}), when=When(tiers=frozenset({"gold"})))
    staff = Access(id="staff", only_products=frozenset({"p1"}), when=When(segments=frozenset({"staff"})))
    programmes = programme_set([programme(club, staff)])
    (lock,) = sold(programmes, line(1), line(2)).locks
    assert (1, "club", reasons.WHEN_TIER) == (lock.line_no, lock.rule_id, lock.reason.code)
    assert () == sold(programmes, line(1), holder=member(segments=("staff",))).locks


def test_that_access_to_a_chosen_product_is_to_that_one_alone() -> None:
    club = Access(id="club", only_categories=frozenset({"TEA"}), when=When(chosen=Chosen()))
    programmes = programme_set([programme(club)])
    locks = sold(programmes, line(1, code="a"), line(2, code="b"), holder=member(chosen={"p/club": ("a",)})).locks
    assert [(2, reasons.WHEN_CHOSEN)] == [(lock.line_no, lock.reason.code) for lock in locks]


def test_that_a_lane_of_multipliers_alone_and_a_receipt_of_regulated_goods_give_nothing() -> None:
    programmes = programme_set([programme(Multiply(id="m", percent=200), Percent(id="x", rate_bp=1, lane="price"))])
    result = sold(programmes, line(1), line(2, product_class=ProductClass.REGULATED))
    assert ((), reasons.NOTHING_TO_MULTIPLY) == (result.awards, why(result, "m", 1))
    assert () == sold(programmes, line(product_class=ProductClass.REGULATED)).discounts
