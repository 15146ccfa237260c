"""Identifiers."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.model.identifiers import derived_id, receipt_number, uuid7

MOMENTS = st.integers(0, 2**48 - 1)
RANDOM_BYTES = st.binary(min_size=10, max_size=10)


@given(MOMENTS, RANDOM_BYTES)
def test_that_an_event_id_is_a_uuid_of_version_seven_that_holds_its_moment(utc_ms: int, random_bytes: bytes) -> None:
    made = uuid7(utc_ms=utc_ms, random_bytes=random_bytes)
    assert (uuid.RFC_4122, 7) == (made.variant, made.version)
    assert utc_ms == made.int >> 80


def test_that_the_example_of_the_standard_comes_out() -> None:
    """RFC 9562, appendix A.6."""
    random_bytes = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    made = uuid7(utc_ms=0x017F22E279B0, random_bytes=random_bytes)
    assert "017f22e2-79b0-7cc3-98c4-dc0c0c07398f" == str(made)


@given(MOMENTS, MOMENTS, RANDOM_BYTES, RANDOM_BYTES)
def test_that_a_later_event_id_sorts_later(first_ms: int, second_ms: int, one: bytes, other: bytes) -> None:
    if first_ms < second_ms:
        earlier, later = uuid7(utc_ms=first_ms, random_bytes=one), uuid7(utc_ms=second_ms, random_bytes=other)
        assert str(earlier) < str(later)


def test_that_an_event_id_needs_its_ten_random_bytes() -> None:
    with pytest.raises(AssertionError):
        uuid7(utc_ms=0, random_bytes=bytes(9))


def test_that_derived_ids_are_the_same_everywhere_and_differ_by_purpose() -> None:
    """The literal is part of the protocol: another one would book maturing and expiry twice after an upgrade."""
    parent = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert "14ee1f53-5b4b-5105-b040-4f3932c0b6b7" == derived_id(parent, "lot-1")
    assert derived_id(parent, "lot-1") != derived_id(parent, "lot-2")


def test_that_a_receipt_number_names_terminal_incarnation_and_place() -> None:
    assert "999-12-12345678" == receipt_number(terminal_number=999, incarnation=12, seq=12_345_678)
