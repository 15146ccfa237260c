"""Bytes put together into codes."""

import itertools
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing import Framer
from pos_app.settings import Scanner

SETTINGS = Scanner(bounce_ms=150, partial_timeout_ms=200, code_bytes_max=20)
NO_SUFFIX = Scanner(suffix="", partial_timeout_ms=200, code_bytes_max=20)


def dropped(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_that_a_code_in_parts_is_put_together() -> None:
    framer = Framer(SETTINGS)
    codes = [framer.feed(part, now_ms) for now_ms, part in enumerate((b"59012", b"34123457\r", b"\n"))]
    assert codes == [[], [], ["5901234123457"]]


def test_that_two_codes_in_one_read_are_two() -> None:
    assert Framer(SETTINGS).feed(b"A1\r\nB2\r\n", 0) == ["A1", "B2"]


def test_that_what_follows_a_code_belongs_to_the_next_one() -> None:
    framer = Framer(SETTINGS)
    assert framer.feed(b"A1\r\nB", 0) == ["A1"]
    assert framer.feed(b"2\r\n", 5) == ["B2"]


def test_that_a_pause_between_reads_does_not_cut_a_code() -> None:
    framer = Framer(SETTINGS)
    framer.feed(b"59012", 0)
    assert framer.feed(b"34123457\r\n", 5_000) == ["5901234123457"]


def test_that_a_code_that_lost_its_suffix_is_dropped_and_spares_the_next(caplog: pytest.LogCaptureFixture) -> None:
    framer = Framer(SETTINGS)
    framer.feed(b"59012341", 0)
    assert framer.feed(b"", 199) == []
    assert dropped(caplog) == []
    assert framer.feed(b"", 200) == []
    assert framer.feed(b"A1\r\n", 210) == ["A1"]
    assert dropped(caplog) == ["Dropped 8 bytes from the scanner: the suffix did not come"]


def test_that_without_a_suffix_silence_ends_a_code() -> None:
    framer = Framer(NO_SUFFIX)
    assert framer.feed(b"59012", 0) == []
    assert framer.feed(b"34123457", 100) == []
    assert framer.feed(b"", 299) == []
    assert framer.feed(b"", 300) == ["5901234123457"]
    assert framer.feed(b"", 600) == []


def test_that_the_prefix_is_taken_off_and_required(caplog: pytest.LogCaptureFixture) -> None:
    framer = Framer(Scanner(prefix="\x02", suffix="\x03"))
    assert framer.feed(b"\x02A1\x03B2\x03\x02C3\x03", 0) == ["A1", "C3"]
    assert dropped(caplog) == ["Dropped 2 bytes from the scanner: the prefix is missing"]


@pytest.mark.parametrize("suffix", ["\r", "\n"])
def test_that_the_other_half_of_a_line_end_does_not_matter(suffix: str, caplog: pytest.LogCaptureFixture) -> None:
    framer = Framer(Scanner(suffix=suffix))
    assert framer.feed(b"\0A1\r\nB2\r\n", 0) == ["A1", "B2"]
    assert framer.feed(b"", 1_000) == []
    assert dropped(caplog) == []


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"12\x0734", "control characters"),
        (b"12\x7f34", "control characters"),
        (b"12\xc2\x8534", "control characters"),
        (b"12\xff\xfe34", "not UTF-8"),
        (b"x" * 21, "too long"),
    ],
)
def test_that_garbage_is_dropped_and_logged_by_its_length_alone(
    garbage: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert Framer(SETTINGS).feed(garbage + b"\r\nA1\r\n", 0) == ["A1"]
    assert dropped(caplog) == [f"Dropped {len(garbage)} bytes from the scanner: {reason}"]


def test_that_the_group_separator_of_gs1_is_no_garbage() -> None:
    assert Framer(SETTINGS).feed(b"10A\x1d21B\r\n", 0) == ["10A\x1d21B"]


def test_that_a_code_of_the_longest_length_passes() -> None:
    assert Framer(SETTINGS).feed(b"x" * 20 + b"\r\n", 0) == ["x" * 20]


@pytest.mark.parametrize("settings", [SETTINGS, NO_SUFFIX])
def test_that_endless_bytes_do_not_fill_the_memory(settings: Scanner, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    framer = Framer(settings)
    for now_ms in range(1_000):
        assert framer.feed(b"x" * 100, now_ms) == []
        assert len(framer._rest) < 100


def test_that_an_endless_code_is_one_drop_and_the_next_code_is_whole(caplog: pytest.LogCaptureFixture) -> None:
    framer = Framer(SETTINGS)
    for now_ms in range(10):
        framer.feed(b"x" * 100, now_ms)
    assert framer.feed(b"\r", 11) == []
    assert framer.feed(b"\nA1\r\n", 12) == ["A1"]
    assert dropped(caplog) == ["Dropped 1000 bytes from the scanner: too long"]


def test_that_silence_ends_an_endless_code(caplog: pytest.LogCaptureFixture) -> None:
    framer = Framer(NO_SUFFIX)
    framer.feed(b"x" * 100, 0)
    framer.feed(b"", 200)
    framer.feed(b"A1", 300)
    assert framer.feed(b"", 500) == ["A1"]
    assert dropped(caplog) == ["Dropped 100 bytes from the scanner: too long"]


def test_that_a_bounce_is_one_scan_and_the_same_item_later_is_two() -> None:
    framer = Framer(SETTINGS)
    codes = [framer.feed(b"A1\r\n", now_ms) for now_ms in (0, 149, 298, 448)]
    assert codes == [["A1"], [], [], ["A1"]]


def test_that_a_bounce_inside_one_read_is_one_scan() -> None:
    assert Framer(SETTINGS).feed(b"A1\r\nA1\r\n", 0) == ["A1"]


def test_that_two_different_codes_in_quick_succession_are_two() -> None:
    framer = Framer(SETTINGS)
    assert [framer.feed(b"A1\r\n", 0), framer.feed(b"B2\r\n", 1), framer.feed(b"A1\r\n", 2)] == [["A1"], ["B2"], ["A1"]]


def test_that_a_bounce_time_of_zero_counts_every_scan() -> None:
    assert Framer(Scanner(bounce_ms=0)).feed(b"A1\r\nA1\r\n", 0) == ["A1", "A1"]


@given(
    st.lists(st.text("ABC0123456789\x1dя", min_size=1, max_size=10), max_size=8),
    st.lists(st.integers(0, 120), max_size=10),
    st.sampled_from(["\r\n", "\r", "\x03", "END"]),
    st.sampled_from(["", "\x02", "~"]),
)
def test_that_however_the_bytes_are_split_the_codes_are_the_same(
    codes: list[str], cuts: list[int], suffix: str, prefix: str
) -> None:
    framer = Framer(Scanner(prefix=prefix, suffix=suffix, bounce_ms=0, code_bytes_max=20))
    stream = "".join(f"{prefix}{code}{suffix}" for code in codes).encode()
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    seen = [
        code for start, end in itertools.pairwise(edges) if start < end for code in framer.feed(stream[start:end], 0)
    ]
    assert codes == seen


@pytest.mark.expects_log("Dropped")
@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 400))), st.sampled_from(["", "\r", "\r\n"]))
def test_that_noise_never_raises_nor_gives_a_code_with_noise_in_it(reads: list[tuple[bytes, int]], suffix: str) -> None:
    framer = Framer(Scanner(suffix=suffix, code_bytes_max=20))
    now_ms = 0
    for data, pause_ms in reads:
        now_ms += pause_ms
        for code in framer.feed(data, now_ms):
            assert 1 <= len(code.encode()) <= 20
            assert not set(code) & set("\0\a\x7f\x85")
