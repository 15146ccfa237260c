"""Stamps, tickets and sums, by worked numbers."""

from typing import Any

import pytest

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Bonus, Burning, Caps, Collect, Earning, Life, Pending, When
from pos_app.loyalty.programme import programme_set
from pos_app.model.evaluation import EngineResult, LotGrant
from tests.pos_app.loyalty.builders import NOON_MS, line, member, programme, sold, units_by_line, why


def collect(**more: Any) -> Collect:
    return Collect(**{"id": "stamp", "pool": "stamps", **more})


def collected(result: EngineResult) -> dict[int, int]:
    return {one.line_no: one.units for one in result.collected}


def test_that_a_lot_has_the_dates_of_its_rule_or_else_of_its_programme() -> None:
    own = collect(units=2, pending=Pending(hours=1), life=Life(days=1))
    programmes = programme_set([programme(own, earning=Earning(life="end_of_year"))])
    (lot,) = sold(programmes, line(quantity_milli=2500)).pool_lots
    assert LotGrant("p", "shop#stamps", 4, NOON_MS + 3_600_000, NOON_MS + 36 * 3_600_000) == lot
    programmes = programme_set([programme(collect(), earning=Earning(pending=Pending(hours=2)), issuer="partner")])
    (lot,) = sold(programmes, line()).pool_lots
    assert LotGrant("p", "partner#stamps", 1, NOON_MS + 7_200_000, None) == lot


def test_that_a_receipt_and_amounts_are_shared_out_to_lines() -> None:
    lines = (line(1, 700), line(2, 350), line(3, 1000, category="MILK"))
    per_receipt = collect(per="receipt", units=3, exclude_categories=frozenset({"MILK"}))
    result = sold(programme_set([programme(per_receipt)]), *lines)
    assert {1: 2, 2: 1} == collected(result)
    assert reasons.EXCLUDED == why(result, "stamp", 3)
    per_amount = collect(per="amount", per_minor=500)
    assert {1: 1, 2: 1, 3: 2} == collected(sold(programme_set([programme(per_amount)]), *lines))


def test_that_a_share_of_nothing_says_so() -> None:
    result = sold(programme_set([programme(collect(per="receipt"))]), line(1, 700), line(2, 350))
    assert ({1: 1}, reasons.NOTHING_TO_GIVE) == (collected(result), why(result, "stamp", 2))


@pytest.mark.parametrize(
    ("caps", "expected"),
    [(Caps(line=2), {1: 2, 2: 1}), (Caps(receipt=2), {1: 2}), (Caps(day=5), {1: 2, 2: 1}), (Caps(day=9), {1: 3, 2: 1})],
    ids=str,
)
def test_that_caps_count_units_whatever_points_are_counted_in(caps: Caps, expected: dict[int, int]) -> None:
    programmes = programme_set([programme(collect(caps=caps), earning=Earning(receipt_max_points=0))])
    lines = (line(1, 900, quantity_milli=3000), line(2, 100))
    result = sold(programmes, *lines, holder=member(used={"p/stamp:day": 2}), points_exponent=2)
    assert (expected, {"p/stamp": sum(expected.values())}) == (collected(result), result.used)


@pytest.mark.parametrize(
    ("caps", "code"), [(Caps(line=0), reasons.LINE_MAX_ZERO), (Caps(ever=4), reasons.CAP_REACHED)], ids=["line", "ever"]
)
def test_that_a_used_up_cap_says_so(caps: Caps, code: str) -> None:
    result = sold(programme_set([programme(collect(caps=caps))]), line(), holder=member(used={"p/stamp:ever": 4}))
    assert ({}, code) == (collected(result), why(result, "stamp", 1))


def test_that_a_line_paid_by_points_collects_nothing() -> None:
    programmes = programme_set([programme(collect(), burning=Burning(only_categories=frozenset({"TEA"})))])
    lines = (line(1, 500), line(2, 500, category="MILK"))
    result = sold(programmes, *lines, holder=member(spendable_units=500), burn_units=500)
    assert ({2: 1}, reasons.NOTHING_PAID) == (collected(result), why(result, "stamp", 1))


def test_that_a_condition_that_does_not_hold_is_the_reason() -> None:
    result = sold(programme_set([programme(collect(when=When(verified=True)))]), line())
    assert ((), reasons.WHEN_VERIFIED) == (result.pool_lots, why(result, "stamp"))


def test_that_a_bonus_for_each_piece_is_for_whole_pieces_that_are_paid() -> None:
    programmes = programme_set([programme(Bonus(id="piece", points=5, per="piece"))])
    result = sold(programmes, line(1, quantity_milli=2000), line(2, quantity_milli=500), line(3, 0))
    assert {1: 10} == units_by_line(result)
    assert (reasons.NOTHING_TO_GIVE, reasons.NOTHING_PAID) == (why(result, "piece", 2), why(result, "piece", 3))


def test_that_a_membership_is_renewed_where_the_last_one_ends() -> None:
    year = collect(life=Life(months=12), begins="after_last")
    programmes = programme_set([programme(year)])
    ends_ms = NOON_MS + 10 * 86_400_000

    (first,) = sold(programmes, line()).pool_lots
    (late,) = sold(programmes, line(), holder=member(pool_ends_ms={"shop#stamps": NOON_MS - 1})).pool_lots
    (renewed,) = sold(programmes, line(), holder=member(pool_ends_ms={"shop#stamps": ends_ms})).pool_lots
    assert first.expires_at_ms is not None
    assert renewed.expires_at_ms is not None
    assert (NOON_MS, first, ends_ms) == (first.starts_at_ms, late, renewed.starts_at_ms)
    assert 10 * 86_400_000 == renewed.expires_at_ms - first.expires_at_ms
