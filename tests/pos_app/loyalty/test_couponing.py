"""Which rules want a coupon, whether one is good, what it gave, and whether a till may take it alone."""

from datetime import date

import msgspec
import pytest

from pos_app.loyalty.couponing import (
    AloneFacts,
    coupon_rules,
    points_minor,
    rule_runs,
    rules_that_gave,
    why_batch_rests,
    why_not_alone,
    worth_minor,
)
from pos_app.loyalty.document import Act, AmountOff, Dates, Notice, Percent, When
from pos_app.loyalty.programme import programme_set
from pos_app.model.coupons import CouponBatch, CouponRefusal
from pos_app.model.policy import Allowance, BurnPolicy
from tests.pos_app.loyalty.builders import line, presets, programme, sold

COUPON = When(coupon=True)
LONG_AGO = Dates(begin=date(2020, 1, 1), end=date(2020, 1, 2))
BATCH = CouponBatch(batch_id="7KQ2M", rule="coupon/five-off", codes=9, uses=1, secret=bytes(32))
ALONE = AloneFacts(
    policy=BurnPolicy(till_coupons=2),
    takes_our_word=True,
    believes_clock=True,
    word_age_ms=72 * 3_600_000,
    hours_max=72,
    taken_since_contact=1,
)


def replaced(**changes: object) -> CouponBatch:
    return msgspec.structs.replace(BATCH, **changes)


def test_that_only_rules_that_want_a_coupon_and_give_something_can_have_one() -> None:
    rules = programme_set(
        [
            programme(
                AmountOff(id="off", off_minor=5, when=COUPON),
                AmountOff(id="plain", off_minor=5),
                AmountOff(id="dated", off_minor=5, when=When(birthday=None)),
                Notice(id="say", text="Hello", when=COUPON),
                Act(id="act", act="survey", points=5, when=COUPON),
            )
        ]
    )
    assert ["p/off"] == list(coupon_rules(rules))
    assert ["coupon/five-off", "coupon/beauty"] == list(coupon_rules(presets("coupon")))


@pytest.mark.parametrize(
    ("key", "day", "runs"),
    [
        ("coupon/five-off", "2026-07-01", True),
        ("coupon/beauty", "2026-12-31", True),
        ("coupon/beauty", "2027-01-01", False),
        ("coupon/other", "2026-07-01", False),
    ],
)
def test_that_a_rule_runs_on_its_days(key: str, day: str, *, runs: bool) -> None:
    assert runs == rule_runs(presets("coupon"), key, business_date=day, store_id="")


def test_that_a_programme_that_rests_takes_no_coupons() -> None:
    rests = programme_set([programme(AmountOff(id="off", off_minor=5, when=COUPON), stores=frozenset({"north"}))])
    assert [True, False] == [
        rule_runs(rests, "p/off", business_date="2026-07-01", store_id=store) for store in ("north", "south")
    ]


@pytest.mark.parametrize(
    ("batch", "refusal"),
    [
        (BATCH, None),
        (replaced(withdrawn=True), CouponRefusal.WITHDRAWN),
        (replaced(first_date="2026-07-01", last_date="2026-07-01"), None),
        (replaced(first_date="2026-07-02"), CouponRefusal.NOT_YET),
        (replaced(last_date="2026-06-30"), CouponRefusal.OVER),
        (replaced(till_number=3), None),
        (replaced(till_number=4), CouponRefusal.OTHER_TILL),
        (replaced(account_ref="a"), None),
        (replaced(account_ref="b"), CouponRefusal.OTHER_MEMBER),
    ],
)
def test_that_a_batch_is_good_for_its_dates_till_and_member(batch: CouponBatch, refusal: CouponRefusal | None) -> None:
    assert refusal == why_batch_rests(batch, business_date="2026-07-01", till_number=3, account_ref="a")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"takes_our_word": False}, CouponRefusal.STOPPED),
        ({"policy": BurnPolicy(Allowance.NONE)}, CouponRefusal.NEEDS_HQ),
        ({"policy": BurnPolicy(Allowance.LEASE)}, CouponRefusal.NEEDS_HQ),
        ({"believes_clock": False}, CouponRefusal.CLOCK),
        ({"word_age_ms": None}, CouponRefusal.STALE),
        ({"word_age_ms": 72 * 3_600_000 + 1}, CouponRefusal.STALE),
        ({"taken_since_contact": 2}, CouponRefusal.LIMIT),
    ],
)
def test_that_a_till_takes_few_coupons_alone(changes: dict[str, object], refusal: CouponRefusal | None) -> None:
    assert refusal == why_not_alone(msgspec.structs.replace(ALONE, **changes))


def test_that_what_a_coupon_gave_is_known() -> None:
    rules = programme_set(
        [
            programme(
                AmountOff(id="off", off_minor=300, when=COUPON),
                Percent(id="points", rate_bp=1000, when=COUPON),
                Percent(id="none", lane="other", rate_bp=1000, when=When(coupon=True, dates=(LONG_AGO,))),
            )
        ]
    )
    keys = ("p/off", "p/points", "p/none")
    assert frozenset() == rules_that_gave(sold(rules, line()))
    result = sold(rules, line(), coupons=keys)
    gave = rules_that_gave(result)
    assert {"p/off"} <= gave
    assert "p/none" not in gave
    assert [300, 0] == [worth_minor(result, key, point_worth_minor=1, points_exponent=0) for key in ("p/off", "p/none")]
    units = sum(one.units for one in result.awards)
    assert units == worth_minor(result, "p/points", point_worth_minor=1, points_exponent=0)


def test_that_points_are_worth_whole_money() -> None:
    assert [25, 0] == [points_minor(units, point_worth_minor=1, points_exponent=2) for units in (2_599, 99)]
