"""Claim codes: what a receipt says is read back exactly, and only the till's key makes it."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol import base32
from pos_app.protocol.claims import (
    CODE_CHARACTERS_MAX,
    PREFIX,
    Claim,
    account_check,
    claim_code,
    looks_like_claim,
    read_claim,
)

EVENT = "01890a5d-ac96-774b-bcce-b302099a8057"
KEY = bytes(32)
claims = st.builds(
    Claim,
    terminal_number=st.integers(1, 999),
    incarnation=st.integers(1, 2**31 - 1),
    seq=st.integers(1, 2**62),
    event_id=st.uuids().map(str),
    account_check=st.binary(min_size=5, max_size=5),
    earned_units=st.integers(0, 10**12),
    burned_units=st.integers(0, 10**12),
    issuer=st.just("shop") | st.text(st.characters(codec="utf-8"), min_size=1, max_size=16),
)


def usual(**changes: object) -> Claim:
    made = Claim(
        terminal_number=7,
        incarnation=1,
        seq=123_456,
        event_id=EVENT,
        account_check=account_check(EVENT, "account-1"),
        earned_units=250,
        burned_units=1_000,
    )
    return msgspec.structs.replace(made, **changes)


def code_of(raw: bytes) -> str:
    """The code of any bytes."""
    length = -(-len(raw) * 8 // 5)
    return PREFIX + base32.encode(int.from_bytes(raw) << length * 5 - len(raw) * 8, length)


def raw_of(code: str) -> bytes:
    """The bytes of a code."""
    text = code.removeprefix(PREFIX)
    count = len(text) * 5 // 8
    return (base32.decode(text) >> len(text) * 5 - count * 8).to_bytes(count)


@given(claims, st.binary(min_size=32, max_size=32))
def test_that_a_code_is_read_back_and_known_by_its_key_alone(claim: Claim, key: bytes) -> None:
    code = claim_code(claim, key)
    read = read_claim(code)
    assert read is not None
    assert claim == read.claim
    assert (True, False) == (
        read.is_authentic(key),
        read.is_authentic(bytes(31) + b"x" if key != bytes(31) + b"x" else KEY),
    )
    assert len(code) <= CODE_CHARACTERS_MAX
    assert code_of(raw_of(code)) == code


def test_that_a_usual_code_fits_a_small_qr_code_of_capitals_and_digits() -> None:
    code = claim_code(usual(), KEY)
    assert len(code) <= 90
    assert code.isalnum()
    assert code == code.upper()


def test_that_a_code_says_whose_it_is_only_to_who_has_the_account() -> None:
    claim = usual()
    assert (True, False) == (claim.is_account("account-1"), claim.is_account("account-2"))
    assert account_check(EVENT, "account-1") != account_check(str(uuid.uuid4()), "account-1")


@given(st.integers(0, 10_000), st.integers(1, 31))
def test_that_a_changed_character_is_never_authentic(place: int, by: int) -> None:
    code = claim_code(usual(), KEY)
    at = len(PREFIX) + place % (len(code) - len(PREFIX))
    changed = base32.encode((base32.decode(code[at]) + by) % 32, 1)
    read = read_claim(code[:at] + changed + code[at + 1 :])
    assert read is None or not read.is_authentic(KEY)


def test_that_case_spaces_and_look_alikes_are_forgiven() -> None:
    code = claim_code(usual(), KEY)
    typed = " ".join(code[start : start + 4] for start in range(0, len(code), 4)).lower().replace("0", "o")
    # The prefix has an O of its own.
    read = read_claim(PREFIX.lower() + typed[4:])
    assert read is not None
    assert read.is_authentic(KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5901234123457",
        PREFIX,
        PREFIX + "U" * 60,
        PREFIX + "0" * CODE_CHARACTERS_MAX,
        PREFIX + "Ж",
        claim_code(usual(), KEY) + "0",
        claim_code(usual(), KEY)[:-1],
        code_of(raw_of(claim_code(usual(), KEY)) + b"\0"),
        code_of(b"\0" + raw_of(claim_code(usual(), KEY))[1:]),
        code_of(b"\2" + raw_of(claim_code(usual(), KEY))[1:]),
        code_of(b"\x01\0" + raw_of(claim_code(usual(), KEY))[2:]),
        code_of(b"\1\x7f\xff\xff\xff\xff\xff\xff" + bytes(60)),
        claim_code(usual(), KEY)[:-1] + "1",
    ],
)
def test_that_rubbish_is_no_code(text: str) -> None:
    assert None is read_claim(text)


@given(st.binary(max_size=80))
def test_that_no_bytes_whatever_raise_or_pass(raw: bytes) -> None:
    read = read_claim(code_of(raw)) if raw else None
    assert read is None or not read.is_authentic(KEY)


def test_that_a_code_is_told_from_anything_else_by_its_beginning() -> None:
    assert (True, False) == (looks_like_claim(" posc0123"), looks_like_claim("007-01-0000123"))
