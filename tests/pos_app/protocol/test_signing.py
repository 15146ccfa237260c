import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol.signing import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    RequestToSign,
    create_private_key,
    public_key_of,
    sign,
    signed_headers,
    verify,
)

PRIVATE = bytes(range(32))
REQUEST = RequestToSign("POST", "/v1/terminals/t/batches?x=1", "t", 1_000, "ab" * 16, b"body")


def test_that_what_was_signed_verifies() -> None:
    assert verify(public_key_of(PRIVATE), sign(PRIVATE, b"message"), b"message")


def test_that_another_message_does_not_verify() -> None:
    assert not verify(public_key_of(PRIVATE), sign(PRIVATE, b"message"), b"massage")


def test_that_another_key_does_not_verify() -> None:
    assert not verify(public_key_of(create_private_key()), sign(PRIVATE, b"message"), b"message")


@given(key=st.binary(max_size=70), signature=st.binary(max_size=70))
def test_that_rubbish_of_any_length_does_not_verify(key: bytes, signature: bytes) -> None:
    assert not verify(key, signature, b"message")


def test_that_no_two_keys_are_alike() -> None:
    assert create_private_key() != create_private_key()


@pytest.mark.parametrize(
    "other",
    [
        RequestToSign("GET", REQUEST.path, "t", 1_000, "ab" * 16, b"body"),
        RequestToSign("POST", "/v1/terminals/t/batches?x=2", "t", 1_000, "ab" * 16, b"body"),
        RequestToSign("POST", REQUEST.path, "u", 1_000, "ab" * 16, b"body"),
        RequestToSign("POST", REQUEST.path, "t", 1_001, "ab" * 16, b"body"),
        RequestToSign("POST", REQUEST.path, "t", 1_000, "ac" * 16, b"body"),
        RequestToSign("POST", REQUEST.path, "t", 1_000, "ab" * 16, b"bodies"),
    ],
)
def test_that_every_part_of_a_request_is_signed(other: RequestToSign) -> None:
    signature = sign(PRIVATE, REQUEST.canonical())

    assert verify(public_key_of(PRIVATE), signature, REQUEST.canonical())
    assert not verify(public_key_of(PRIVATE), signature, other.canonical())


def test_that_the_headers_carry_everything_but_the_body() -> None:
    assert {
        TERMINAL_HEADER: "t",
        TIME_HEADER: "1000",
        NONCE_HEADER: "ab" * 16,
        SIGNATURE_HEADER: sign(PRIVATE, REQUEST.canonical()).hex(),
    } == signed_headers(PRIVATE, REQUEST)
