import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol.messages import BatchAnswer, ErrorAnswer, Rejected, encode_message
from pos_app.protocol.queue import StopReason
from pos_app.sync.decisions import (
    BACK_OFF_MAX_MS,
    WORDS,
    Advance,
    BackOff,
    Decision,
    Halve,
    HttpAnswer,
    Problem,
    Rewind,
    SignAgain,
    Stop,
    WaitFor,
    back_off_ms,
    decide_message,
    decide_upload,
)

TAKEN = BatchAnswer(acked_seq=5, durable_seq=3, hq_gen=1, hq_time_ms=1000, rejected=(Rejected(4, "invalid"),))


def upload(status: int, body: msgspec.Struct | bytes = b"", retry_after: str = "") -> Decision:
    """The decision for a batch that began at 3, on a till that has 10 events."""
    content = body if isinstance(body, bytes) else encode_message(body)
    return decide_upload(HttpAnswer(status, content, retry_after), first_seq=3, own_last_seq=10)


def test_that_an_acknowledgement_advances() -> None:
    assert Advance(TAKEN) == upload(200, TAKEN)


@pytest.mark.parametrize(
    "answer",
    [
        msgspec.structs.replace(TAKEN, acked_seq=2),
        msgspec.structs.replace(TAKEN, durable_seq=6),
    ],
)
def test_that_an_acknowledgement_that_cannot_be_backs_off(answer: BatchAnswer) -> None:
    assert BackOff(Problem.RUBBISH) == upload(200, answer)


def test_that_an_hq_that_knows_more_than_the_till_shows_a_rolled_back_disk() -> None:
    assert Advance(msgspec.structs.replace(TAKEN, acked_seq=10)) == upload(
        200, msgspec.structs.replace(TAKEN, acked_seq=10)
    )
    assert Stop(StopReason.FORK) == upload(200, msgspec.structs.replace(TAKEN, acked_seq=11))


def test_that_a_gap_rewinds() -> None:
    assert Rewind(2) == upload(409, ErrorAnswer("GAP", expected_seq=2))


@pytest.mark.parametrize("expected_seq", [None, 3, 4])
def test_that_a_gap_that_leads_nowhere_backs_off(expected_seq: int | None) -> None:
    assert BackOff(Problem.RUBBISH) == upload(409, ErrorAnswer("GAP", expected_seq=expected_seq))


@pytest.mark.parametrize(
    ("status", "code", "decision"),
    [
        (409, "FORK", Stop(StopReason.FORK)),
        (410, "FENCED", Stop(StopReason.FENCED)),
        (403, "REVOKED", Stop(StopReason.REVOKED)),
        (401, "UNAUTHENTICATED", BackOff(Problem.UNKNOWN_TILL)),
        (413, "TOO_LARGE", Halve()),
        (426, "UPGRADE", WaitFor(BACK_OFF_MAX_MS, Problem.UPGRADE)),
        (503, "BUSY", BackOff(Problem.BUSY)),
        (400, "MALFORMED", BackOff(Problem.RUBBISH)),
        (408, "SLOW", BackOff(Problem.RUBBISH)),
        (500, "?", BackOff(Problem.HQ_ERROR)),
    ],
)
def test_that_each_refusal_has_its_meaning(status: int, code: str, decision: Decision) -> None:
    assert decision == upload(status, ErrorAnswer(code))


@pytest.mark.parametrize("status", [403, 409, 410])
def test_that_only_hq_itself_stops_a_till(status: int) -> None:
    assert BackOff(Problem.RUBBISH) == upload(status, b"<html>Please log in to the hotel's network</html>")


def test_that_a_login_page_with_status_200_is_no_acknowledgement() -> None:
    assert BackOff(Problem.RUBBISH) == upload(200, b"<html>Please log in</html>")


def test_that_a_wrong_clock_is_signed_again_by_hqs() -> None:
    assert SignAgain(1234) == upload(401, ErrorAnswer("STALE", hq_time_ms=1234))


@pytest.mark.parametrize(
    ("retry_after", "decision"),
    [
        ("7", WaitFor(7_000, Problem.BUSY)),
        ("0", WaitFor(1_000, Problem.BUSY)),
        ("99999", WaitFor(3_600_000, Problem.BUSY)),
        ("999999999999", BackOff(Problem.BUSY)),
        ("-1", BackOff(Problem.BUSY)),
        ("²", BackOff(Problem.BUSY)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", BackOff(Problem.BUSY)),
        ("", BackOff(Problem.BUSY)),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_that_a_busy_hq_names_the_time_within_bounds(status: int, retry_after: str, decision: Decision) -> None:
    assert decision == upload(status, b"busy", retry_after)


def test_that_another_message_is_read_or_backs_off() -> None:
    assert decide_message(HttpAnswer(200, encode_message(TAKEN)), BatchAnswer) == TAKEN
    assert BackOff(Problem.RUBBISH) == decide_message(HttpAnswer(200, b"{}"), BatchAnswer)
    assert BackOff(Problem.HQ_ERROR) == decide_message(HttpAnswer(502, b""), BatchAnswer)


@given(status=st.integers(100, 599), body=st.binary(max_size=100), retry_after=st.text(max_size=10))
def test_that_no_rubbish_moves_or_stops_the_queue(status: int, body: bytes, retry_after: str) -> None:
    assert not isinstance(upload(status, body, retry_after), Advance | Rewind | Stop)


@given(failures=st.integers(1, 10_000), fraction=st.floats(0, 1, exclude_max=True))
def test_that_a_back_off_stays_between_one_second_and_five_minutes(failures: int, fraction: float) -> None:
    wait_ms = back_off_ms(failures, fraction=fraction)

    assert 1_000 <= wait_ms <= min(300_000, 1_000 * 2 ** min(failures, 30))


def test_that_a_back_off_doubles_its_reach() -> None:
    assert [1_800, 3_600, 7_200, 14_400] == [back_off_ms(failures, fraction=0.9) for failures in (1, 2, 3, 4)]


def test_that_every_problem_has_words_that_say_the_sales_are_kept() -> None:
    assert set(Problem) == set(WORDS)
    assert all("kept here" in words for words in WORDS.values())
