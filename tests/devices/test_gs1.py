"""GS1 element strings against biip, an independent reader of them."""

import re

import pytest
from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from devices.gs1 import _LENGTHS, GROUP_SEPARATOR, element_values, last_day, weight_grams

_TEXT = st.text("ABCabc0123456789-/._", min_size=1, max_size=20)
_DATE = st.tuples(st.integers(0, 75), st.integers(1, 12), st.integers(0, 28)).map(
    lambda d: "".join(f"{n:02d}" for n in d)
)


def _gtin14(payload: int) -> str:
    return f"{payload:013d}{ean.calc_check_digit(f'{payload:013d}')}"


_ELEMENTS = st.fixed_dictionaries(
    {"01": st.integers(0, 10**13 - 1).map(_gtin14)},
    optional={
        "10": _TEXT,
        "21": _TEXT,
        "17": _DATE,
        "15": _DATE,
        "3103": st.from_regex(r"[0-9]{6}", fullmatch=True),
        "37": st.from_regex(r"[0-9]{1,8}", fullmatch=True),
        "240": _TEXT,
        "8008": st.just("26113012"),
    },
).flatmap(lambda values: st.permutations(list(values.items())))


@given(_ELEMENTS)
def test_that_messages_are_read_as_biip_reads_them(elements: list[tuple[str, str]]) -> None:
    message = "".join(f"{ai}{value}{GROUP_SEPARATOR}" for ai, value in elements)
    theirs = GS1Message.parse(message.removesuffix(GROUP_SEPARATOR)).element_strings
    ours = element_values(message)
    assert ours is not None

    assert {e.ai.ai: e.value for e in theirs if e.ai.ai in {"01", "10", "17", "21", "3103"}} == ours
    dates = [e.date.isoformat() for e in theirs if e.ai.ai == "17" and e.date is not None]
    assert dates == [last_day(ours[ai]) for ai in ours if ai == "17"]
    kilograms = [e.decimal for e in theirs if e.ai.ai == "3103" and e.decimal is not None]
    assert [int(weight * 1000) for weight in kilograms] == [weight_grams(ours) for ai in ours if ai == "3103"]


def test_that_the_lengths_are_those_of_every_identifier_of_the_standard() -> None:
    for ai, entry in _GS1_APPLICATION_IDENTIFIERS.items():
        length = sum(int(digits) for digits in re.findall(r"[NX](\d+)", entry.format))
        assert _LENGTHS.get(ai[:2]) == (None if entry.separator_required else length), ai


@pytest.mark.parametrize("cut", ["1126", "410123", "3103001", "9", "10", "0012345678901234567A"])
def test_that_a_message_cut_short_is_not_read(cut: str) -> None:
    assert element_values("0105901234123457" + cut) is None


def test_that_fixed_lengths_need_no_separator() -> None:
    expected = {"01": "05901234123457", "17": "261130", "3103": "000500", "10": "A"}
    assert expected == element_values("010590123412345717261130310300050010A")


def test_that_unknown_identifiers_are_passed_over() -> None:
    expected = {"01": "05901234123457", "10": "A"}
    message = f"95any{GROUP_SEPARATOR}0105901234123457{GROUP_SEPARATOR}6999#!{GROUP_SEPARATOR}10A"
    assert expected == element_values(message)


def test_that_weights_round_half_up_to_grams() -> None:
    expected = [1_000, 100, 10, 1, 1, 0]
    assert expected == [
        weight_grams({f"310{n}": "000001"}) if n < 4 else weight_grams({f"310{n}": "000005"}) for n in range(6)
    ]
