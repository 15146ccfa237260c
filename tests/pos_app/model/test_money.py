"""Whole-number arithmetic, against fractions."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.model.money import (
    cash_rounding_minor,
    line_amount_minor,
    minor_from_text,
    returned_share,
    round_half_up,
    share_out,
    share_out_by,
    tax_included_minor,
    text_from_minor,
)

AMOUNTS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_that_rounding_is_to_the_nearest_and_halves_go_away_from_zero(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    distance = abs(Fraction(numerator, denominator) - rounded)
    assert distance <= Fraction(1, 2)
    if distance == Fraction(1, 2):
        assert abs(rounded) > abs(Fraction(numerator, denominator))


@given(AMOUNTS, st.integers(0, 10_000))
def test_that_included_tax_is_the_part_of_the_gross(amount_minor: int, rate_bp: int) -> None:
    exact = Fraction(amount_minor * rate_bp, 10_000 + rate_bp)
    assert abs(tax_included_minor(amount_minor=amount_minor, rate_bp=rate_bp) - exact) <= Fraction(1, 2)


@given(st.integers(0, 10**6), st.integers(1, 10**7))
def test_that_a_line_costs_price_times_quantity(unit_price_minor: int, quantity_milli: int) -> None:
    exact = Fraction(unit_price_minor * quantity_milli, 1000)
    amount = line_amount_minor(unit_price_minor=unit_price_minor, quantity_milli=quantity_milli)
    assert abs(amount - exact) <= Fraction(1, 2)


@given(AMOUNTS, st.sampled_from([1, 5, 10, 25, 100]))
def test_that_cash_rounding_ends_on_the_step_and_moves_half_a_step_at_most(amount_minor: int, step_minor: int) -> None:
    rounding = cash_rounding_minor(amount_minor=amount_minor, step_minor=step_minor)
    assert 0 == (amount_minor + rounding) % step_minor
    assert 2 * abs(rounding) <= step_minor


@given(AMOUNTS, st.integers(0, 3))
def test_that_an_amount_survives_being_written_down(amount_minor: int, exponent: int) -> None:
    text = text_from_minor(amount_minor, exponent=exponent)
    assert amount_minor == minor_from_text(text, exponent=exponent)
    assert -amount_minor == minor_from_text(f"-{text}", exponent=exponent)
    assert amount_minor == minor_from_text(f" {text.replace('.', ',')} ", exponent=exponent)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1,5.0", "1_000", "1e3", "1e1000000", "NaN", "Infinity", ".5", "5.", "١٢", "12 50", "1.000", "9" * 16],
)
def test_that_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount|more than 2 decimals"):
        minor_from_text(text, exponent=2)


def test_that_decimals_that_the_currency_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'1\.000' has more than 0 decimals"):
        minor_from_text("1.000", exponent=0)


@given(AMOUNTS, WEIGHTS)
def test_that_shares_sum_to_the_amount_and_each_is_within_one_of_its_exact_part(
    amount: int, weights: list[int]
) -> None:
    shares = share_out(amount, weights, range(len(weights)))
    assert amount == sum(shares)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 1


@given(AMOUNTS, WEIGHTS, st.randoms(use_true_random=False))
def test_that_the_order_of_the_lines_changes_no_share(amount: int, weights: list[int], shuffler: Random) -> None:
    lines = list(enumerate(weights))
    before = dict(zip((key for key, _ in lines), share_out(amount, weights, range(len(weights))), strict=True))
    shuffler.shuffle(lines)
    keys = [key for key, _ in lines]
    after = dict(zip(keys, share_out(amount, [weight for _, weight in lines], keys), strict=True))
    assert before == after


def test_that_equal_remainders_go_to_the_larger_weight_first_then_to_the_smaller_key() -> None:
    assert [1, 2] == share_out(3, [1, 3], ["a", "b"]), "0.75 and 2.25: the larger remainder"
    assert [0, 2] == share_out(2, [1, 3], ["a", "b"]), "0.5 and 1.5: the larger weight"
    assert [0, 1] == share_out(1, [1, 1], ["b", "a"]), "0.5 and 0.5: the smaller key"


def test_that_keys_are_made_only_where_claims_are_equal() -> None:
    asked: list[int] = []

    def tie_key(place: int) -> int:
        asked.append(place)
        return -place

    assert [1, 2] == share_out_by(3, [1, 3], tie_key)
    assert [] == asked
    assert [0, 0, 1] == share_out_by(1, [1, 1, 1], tie_key)
    assert [0, 1, 2] == asked


def test_that_nothing_can_be_shared_out_to_lines_without_weight_but_nothing() -> None:
    assert [0, 0] == share_out(0, [0, 0], ["a", "b"])
    with pytest.raises(AssertionError, match="needs a line"):
        share_out(1, [0, 0], ["a", "b"])


@given(AMOUNTS, st.integers(1, 50), st.data())
def test_that_any_sequence_of_partial_returns_gives_back_the_whole_share(
    share: int, units_sold: int, data: st.DataObject
) -> None:
    returned, taken = 0, 0
    while returned < units_sold:
        returned += data.draw(st.integers(1, units_sold - returned))
        back = returned_share(share=share, units_returned=returned, units_sold=units_sold, taken_before=taken)
        assert back >= 0
        taken += back
    assert share == taken
