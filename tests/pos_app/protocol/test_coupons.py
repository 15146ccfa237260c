"""Codes of coupons: read back exactly, made by their batch only, and a mistyped one is told from a forged one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol import base32
from pos_app.protocol.coupons import (
    CODE_CHARACTERS,
    PREFIX,
    coupon_code,
    looks_like_coupon,
    read_coupon,
    spaced,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET = bytes(range(32))
CODE = coupon_code(SECRET, "7KQ2M", 42)
BODY = CODE[len(PREFIX) :]
batches = st.text(ALPHABET, min_size=5, max_size=5)
serials = st.integers(1, 1_000_000)


@given(batches, serials, st.binary(min_size=32, max_size=32))
def test_that_a_code_says_what_it_was_made_of(batch_id: str, serial: int, secret: bytes) -> None:
    code = coupon_code(secret, batch_id, serial)
    read = read_coupon(code)
    assert read is not None
    assert (batch_id, serial, True) == (read.batch_id, read.serial, read.is_genuine(secret))
    assert read == read_coupon(spaced(code).lower())
    assert CODE_CHARACTERS == len(code)


@given(st.integers(0, len(BODY) - 1), st.sampled_from(ALPHABET))
def test_that_one_wrong_character_is_a_mistake_and_no_forgery(place: int, character: str) -> None:
    typed = PREFIX + BODY[:place] + character + BODY[place + 1 :]
    assert (typed == CODE) == (read_coupon(typed) is not None)


@given(st.integers(0, len(BODY) - 1), st.integers(0, len(BODY) - 1))
def test_that_any_two_characters_that_changed_places_are_a_mistake(one: int, other: int) -> None:
    swapped = list(BODY)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    typed = PREFIX + "".join(swapped)
    assert (typed == CODE) == (read_coupon(typed) is not None)


def test_that_another_secret_batch_or_number_makes_another_code() -> None:
    read = read_coupon(CODE)
    assert read is not None
    assert not read.is_genuine(bytes(32))
    macs = {CODE[13:22], coupon_code(SECRET, "7KQ2M", 43)[13:22], coupon_code(SECRET, "7KQ2N", 42)[13:22]}
    assert 3 == len(macs)


def test_that_a_code_that_checks_out_can_still_be_forged() -> None:
    """The last character is no secret: whoever knows the scheme writes it, and the MAC is what they cannot."""
    forged = next(
        read
        for last in ALPHABET
        if (read := read_coupon(PREFIX + BODY[:9] + base32.encode(12_345, 9) + last)) is not None
    )
    assert ("7KQ2M-42", False) == (forged.coupon_id, forged.is_genuine(SECRET))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POSK",
        CODE[:-1],
        f"{CODE}0",
        f"{CODE[:-1]}U",
        CODE.replace("POSK", "POSC"),
        f"{CODE}\u00e9",
        CODE + " " * 99,
    ],
)
def test_that_what_is_no_code_is_read_as_none(text: str) -> None:
    assert read_coupon(text) is None


def test_that_a_code_is_known_by_how_it_begins() -> None:
    assert looks_like_coupon(f" {CODE.lower()}")
    assert not looks_like_coupon("POSC0")
