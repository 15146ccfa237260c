import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol import base32
from pos_app.protocol.nps import (
    CODE_LENGTH,
    NpsToken,
    check,
    nps_token,
    nps_url,
    one_time_code,
    parse_code,
    parse_token,
    terminal_nps_key,
)

EVENT = "01890a5d-ac96-774b-bcce-b302099a8057"
KEY = terminal_nps_key(b"master", "01890a5d-ac96-474b-bcce-b302099a8057")


@given(event=st.uuids(), number=st.integers(1, 999))
def test_that_a_link_says_what_it_was_made_of(event: uuid.UUID, number: int) -> None:
    token = nps_token(terminal_number=number, event_id=str(event), nps_key=KEY)

    assert NpsToken(number, str(event), one_time_code(KEY, str(event))) == parse_token(token)


def test_that_a_link_begins_with_the_base() -> None:
    token = nps_token(terminal_number=7, event_id=EVENT, nps_key=KEY)

    for base in ("https://hq.example/x", "https://hq.example/x/"):
        assert f"https://hq.example/x/n/{token}" == nps_url(base=base, terminal_number=7, event_id=EVENT, nps_key=KEY)


def test_that_a_code_has_fifty_bits() -> None:
    code = one_time_code(KEY, EVENT)

    assert CODE_LENGTH == len(code)
    assert 50 == 5 * len(code)


def test_that_a_code_belongs_to_one_event_and_one_till() -> None:
    code = one_time_code(KEY, EVENT)

    assert check(KEY, EVENT, code)
    assert not check(KEY, str(uuid.uuid4()), code)
    assert not check(terminal_nps_key(b"master", str(uuid.uuid4())), EVENT, code)
    assert not check(terminal_nps_key(b"other", "01890a5d-ac96-474b-bcce-b302099a8057"), EVENT, code)


def test_that_case_and_look_alikes_are_forgiven() -> None:
    token = nps_token(terminal_number=7, event_id=EVENT, nps_key=KEY)

    assert parse_token(token) == parse_token(token.lower().replace("0", "o").replace("1", "l"))


def test_that_a_typed_code_is_read_with_hyphens_and_spaces() -> None:
    assert "ABCDE01XYZ" == parse_code(" abcde-ol xyz ")


@pytest.mark.parametrize("typed", ["", "ABC", "ABCDE01XYZ2", "ABCDE01XY!", "ABCDE01XYU", "Ж" * 10])
def test_that_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert parse_code(typed) is None


TOKEN = nps_token(terminal_number=7, event_id=EVENT, nps_key=KEY)
EVENT_PART, CODE_PART = TOKEN.split("-")[1:]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "-",
        "--",
        f"0-{EVENT_PART}-{CODE_PART}",
        f"100000-{EVENT_PART}-{CODE_PART}",
        f"{'9' * 5000}-{EVENT_PART}-{CODE_PART}",
        f"x-{EVENT_PART}-{CODE_PART}",
        f"²-{EVENT_PART}-{CODE_PART}",
        f"7-{EVENT_PART[:-1]}-{CODE_PART}",
        f"7-{'Z' * 26}-{CODE_PART}",
        f"7-{'!' * 26}-{CODE_PART}",
        f"7-{EVENT_PART}-{CODE_PART[:-1]}",
        f"7-{EVENT_PART}-{CODE_PART}-1",
    ],
)
def test_that_what_is_no_link_is_none(token: str) -> None:
    assert parse_token(token) is None


@given(st.text(max_size=60))
def test_that_no_text_breaks_the_reading_of_a_link(text: str) -> None:
    parse_token(text)
    parse_code(text)


@given(st.integers(0, 2**130 - 1))
def test_that_base_32_gives_back_the_number(value: int) -> None:
    assert value == base32.decode(base32.encode(value, 26))


@pytest.mark.parametrize("text", ["", "U", "-", "a"])
def test_that_base_32_refuses_other_characters(text: str) -> None:
    with pytest.raises(ValueError, match=r"no number|base 32"):
        base32.decode(text)
