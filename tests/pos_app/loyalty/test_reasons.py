"""Reasons in English."""

import pytest

from pos_app.loyalty import reasons
from pos_app.model.evaluation import Reason


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            Reason(reasons.FIXED_CARD, {"rate_bp": 50, "base_minor": 5, "card_class": ""}),
            "0.5 % of 0.05: card class none.",
        ),
        (
            Reason(
                reasons.PROGRESSIVE_RECEIPT, {"rate_bp": 300, "base_minor": 100, "sum_minor": 5100, "from_minor": 5000}
            ),
            "3 % of 1.00: this receipt's 51.00 reach the step from 50.00.",
        ),
        (
            Reason(
                reasons.PROGRESSIVE_ACCUMULATED,
                {"rate_bp": 1000, "base_minor": 100, "sum_minor": -100, "from_minor": 0, "receipt_max_units": 7},
            ),
            "10 % of 1.00: the -1.00 bought before reach the step from 0.00, at most 7 points of this programme left for the receipt.",
        ),
        (
            Reason(
                reasons.PHARMACY,
                {"rate_bp": 300, "base_minor": 1000, "card_class": "gold", "weight_percent": 200, "line_max_points": 5},
            ),
            "3 % x 200 % of 10.00: bonus for card class gold, at most 5 points a line.",
        ),
        (
            Reason(reasons.BURN_CAP, {"cap_bp": 10_000, "cap_minor": 1234}),
            "Points pay at most 100 % of the goods that accept them, 12.34.",
        ),
        (Reason("of_a_later_version", {"a": 1}), "of_a_later_version {'a': 1}"),
    ],
)
def test_that_a_reason_is_said_in_words(reason: Reason, sentence: str) -> None:
    assert sentence == reasons.words(reason)


def test_that_amounts_and_points_follow_their_exponents() -> None:
    balance = Reason(reasons.BURN_BALANCE, {"balance_units": 1234})
    assert "The balance is 12.34." == reasons.words(balance, points_exponent=2)
    paid = Reason(reasons.BURN_MIN_PAID, {"min_paid_minor": 1234})
    assert "At least 1234 is paid by money." == reasons.words(paid, currency_exponent=0)
    assert "At least 1.234 is paid by money." == reasons.words(paid, currency_exponent=3)
