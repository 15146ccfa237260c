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
            "10 % of 1.00: the -1.00 bought before reach the step from 0.00. A limit left 7 points.",
        ),
        (
            Reason(
                reasons.PHARMACY,
                {"rate_bp": 300, "base_minor": 1000, "card_class": "gold", "weight_percent": 200, "line_max_points": 5},
            ),
            "3 % x 200 % of 10.00: bonus for card class gold. At most 5 points a line.",
        ),
        (
            Reason(reasons.BURN_CAP, {"cap_bp": 10_000, "cap_minor": 1234}),
            "Points pay at most 100 % of the goods that accept them, 12.34.",
        ),
        (Reason(reasons.PERCENT, {"rate_bp": 1000, "price_minor_before": 650}), "10 % of 6.50."),
        (Reason(reasons.PERCENT, {"rate_bp": 700, "base_minor": 650}), "7 % of 6.50."),
        (
            Reason(reasons.POINTS, {"points": 1, "per_minor": 100, "base_minor": 5000, "receipt_max_units": 1}),
            "1 point for each 1.00 of 50.00. A limit left 1 point.",
        ),
        (Reason(reasons.BONUS, {"points": 21, "receipt_max_units": 0}), "A bonus of 21 points. A limit left 0 points."),
        (
            Reason(reasons.CAP_RECEIPTS, {"receipts": 1, "period": "day"}),
            "The rule gives on at most 1 receipt (day).",
        ),
        (
            Reason(reasons.WHEN_RECEIPT_NUMBER, {"receipt": 5, "from_receipt": 1, "until_receipt": 1}),
            "It applies from receipt 1 to 1, this is receipt 5.",
        ),
        (
            Reason(reasons.WHEN_RECEIPT_NUMBER, {"receipt": 1, "from_receipt": 2}),
            "It applies from receipt 2 on, this is receipt 1.",
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
