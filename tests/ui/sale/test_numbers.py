import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.sale.numbers import cash_max_minor, parse_quantity, parse_scaled, typed_form


@given(st.integers(0, 10**12), st.integers(0, 3))
def test_that_a_suggested_number_is_understood_again(value: int, exponent: int) -> None:
    assert value == parse_scaled(typed_form(value, exponent), exponent)


@given(st.text(max_size=12), st.integers(0, 3))
def test_that_any_text_is_a_number_in_range_or_none(text: str, exponent: int) -> None:
    value = parse_scaled(text, exponent)
    assert value is None or 0 <= value <= 10**12


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "+1", "1e3", "1,2,3", "1.2.3", ".", ".5", "5.", "1_000", "٣", "0x1", "1 .x"]
)
def test_that_what_is_no_plain_number_is_refused(text: str) -> None:
    assert parse_scaled(text, 2) is None


@pytest.mark.parametrize(
    ("text", "minor"), [("12.50", 1250), ("12,5", 1250), ("1 234", 123_400), ("1\u00a0234,5", 123_450)]
)
def test_that_amounts_are_read_as_people_type_them(text: str, minor: int) -> None:
    assert minor == parse_scaled(text, 2)


def test_that_zeros_behind_the_last_decimal_do_no_harm() -> None:
    assert parse_scaled("5.00", 0) == 5
    assert parse_scaled("5.50", 0) is None


def test_that_a_quantity_is_more_than_nothing() -> None:
    assert parse_quantity("0.000") is None
    assert parse_quantity("0.001") == 1


def test_that_a_scanned_code_is_never_believed_to_be_cash() -> None:
    ean_8_minor = 73_513_537_00
    assert ean_8_minor > cash_max_minor(due_minor=50_000, exponent=2)
    assert cash_max_minor(due_minor=100, exponent=2) >= 500_00
