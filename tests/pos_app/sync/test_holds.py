"""Asking for a hold: one id, two tries, one deadline, whatever the network does."""

import threading
import time

import msgspec
import pytest

from pos_app.protocol.messages import (
    AccountState,
    CardAnswer,
    CardState,
    ErrorAnswer,
    ErrorCode,
    HoldAnswer,
    HoldRequest,
)
from pos_app.protocol.signing import NONCE_HEADER, TIME_HEADER, public_key_of
from pos_app.sync.breaker import OPEN_MS
from pos_app.sync.client import HqClient
from pos_app.sync.decisions import Stop
from pos_app.sync.holds import Asking, HoldDesk
from pos_app.sync.ports import StopReason
from tests.pos_app.sync.servers import Script, answer, serving, signed
from tests.pos_app.sync.tills import TERMINAL

HQ_KEY = bytes(range(32))
ASKED = HoldRequest("00000000-0000-4000-8000-000000000001", "account-1", "shop", 10)
HELD = HoldAnswer(ASKED.auth_id, 10, 90)
WHO = Asking(TERMINAL, public_key_of(HQ_KEY), 1)


CARD = "29 9/1"
CARDS = (CardState("298", "active"), CardState(CARD, "active"))
OF_CARD = AccountState("account-1", "active", "", CARDS, (), {}, {}, 0, 1, 0)


class Time:
    """A clock that stands until it is moved."""

    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def desk_at(url: str, clock: Time, *, timeout_ms: int = 300) -> HoldDesk:
    client = HqClient(url, private_key=bytes(32), connect_timeout_ms=timeout_ms // 2, call_timeout_ms=timeout_ms // 2)
    return HoldDesk(client, timeout_ms=timeout_ms, monotonic_ms=clock)


def hang_up(_connection: object) -> None:
    """No answer."""


def silent(over: threading.Event) -> Script:
    """The connection stays open, and nothing comes."""
    return lambda _connection: (over.wait(5), None)[1]


def test_that_an_answer_that_headquarters_signed_is_given() -> None:
    with serving(signed(HELD, HQ_KEY)) as server:
        desk = desk_at(server.url, Time())
        assert HELD == desk.ask(ASKED, WHO)
        assert f"/v1/terminals/{TERMINAL}/holds" == server.requests[0].path
        desk.close()


def test_that_a_refusal_is_an_answer_and_keeps_the_desk_open() -> None:
    refused = HoldAnswer(ASKED.auth_id, 0, 5, "balance")
    with serving(hang_up, signed(refused, HQ_KEY)) as server:
        desk = desk_at(server.url, Time())
        assert (refused, True) == (desk.ask(ASKED, WHO), desk.is_open)


@pytest.mark.parametrize(
    "wrong",
    [
        HoldAnswer(ASKED.auth_id, 9, 90),
        HoldAnswer("00000000-0000-4000-8000-000000000002", 10, 90),
        HoldAnswer(ASKED.auth_id, 10, 90, "balance"),
    ],
)
def test_that_an_answer_to_another_question_is_none(wrong: HoldAnswer) -> None:
    with serving(signed(wrong, HQ_KEY)) as server:
        assert None is desk_at(server.url, Time()).ask(ASKED, WHO)


@pytest.mark.parametrize("known", [CardAnswer(CARD, OF_CARD), CardAnswer(CARD)])
def test_that_a_card_is_looked_up_whether_headquarters_knows_it_or_not(known: CardAnswer) -> None:
    with serving(signed(known, HQ_KEY)) as server:
        assert known == desk_at(server.url, Time()).look_up(CARD, WHO)
    assert [("GET", f"/v1/terminals/{TERMINAL}/cards/29%209%2F1")] == [
        (one.method, one.path) for one in server.requests
    ]


@pytest.mark.parametrize(
    "wrong", [CardAnswer("298", OF_CARD), CardAnswer(CARD, msgspec.structs.replace(OF_CARD, cards=CARDS[:1]))]
)
def test_that_an_answer_about_another_card_is_none(wrong: CardAnswer) -> None:
    with serving(signed(wrong, HQ_KEY)) as server:
        assert None is desk_at(server.url, Time()).look_up(CARD, WHO)


def test_that_an_older_headquarters_knows_no_card_from_elsewhere() -> None:
    with serving(answer(404, ErrorAnswer(ErrorCode.MALFORMED))) as server:
        desk = desk_at(server.url, Time())
        assert (CardAnswer(CARD), True) == (desk.look_up(CARD, WHO), desk.is_open)
        assert (None, False) == (desk.ask(ASKED, WHO), desk.is_open), "it has holds, so there is no such answer"


def test_that_a_till_that_was_shut_out_is_told() -> None:
    with serving(answer(410, ErrorAnswer(ErrorCode.FENCED))) as server:
        assert Stop(StopReason.FENCED) == desk_at(server.url, Time()).ask(ASKED, WHO)


def test_that_a_till_whose_clock_is_far_off_signs_the_same_question_by_headquarters_clock() -> None:
    stale = signed(ErrorAnswer(ErrorCode.STALE, hq_time_ms=10**12), HQ_KEY, status=401)
    with serving(stale, signed(HELD, HQ_KEY)) as server:
        desk = desk_at(server.url, Time())
        assert (HELD, True) == (desk.ask(ASKED, WHO), desk.is_open)
    first, second = server.requests
    assert [str(WHO.time_ms), str(10**12)] == [one.headers[TIME_HEADER.lower()] for one in server.requests]
    assert (first.body, first.path) == (second.body, second.path)
    assert first.headers[NONCE_HEADER.lower()] != second.headers[NONCE_HEADER.lower()]


@pytest.mark.parametrize("key", [None, bytes(32)])
def test_that_nobody_else_gets_a_question_signed_for_a_time_to_come(key: bytes | None) -> None:
    stale = ErrorAnswer(ErrorCode.STALE, hq_time_ms=10**15)
    with serving(answer(401, stale) if key is None else signed(stale, key, status=401)) as server:
        desk = desk_at(server.url, Time())
        assert (None, False) == (desk.ask(ASKED, WHO), desk.is_open)
    assert {str(WHO.time_ms)} == {one.headers[TIME_HEADER.lower()] for one in server.requests}


def test_that_headquarters_that_finds_its_own_time_stale_gives_no_answer() -> None:
    stale = signed(ErrorAnswer(ErrorCode.STALE, hq_time_ms=10**12), HQ_KEY, status=401)
    with serving(stale) as server:
        assert None is desk_at(server.url, Time()).ask(ASKED, WHO)
    assert 4 == len(server.requests)


def test_that_the_second_failure_closes_the_desk_for_half_a_minute() -> None:
    clock = Time()
    with serving(hang_up) as server:
        desk = desk_at(server.url, clock)
        assert (None, False) == (desk.ask(ASKED, WHO), desk.is_open)
        assert (None, 2) == (desk.ask(ASKED, WHO), len(server.requests))
        clock.now_ms = OPEN_MS
        assert (True, None, False) == (desk.is_open, desk.ask(ASKED, WHO), desk.is_open)


def test_that_silence_ends_with_the_time_and_both_tries_ask_for_the_same() -> None:
    over = threading.Event()
    with serving(silent(over)) as server:
        desk = desk_at(server.url, Time())
        began = time.monotonic()
        assert None is desk.ask(ASKED, WHO)
        assert 0.25 < time.monotonic() - began < 0.6
        assert not desk.is_open
        over.set()


class Stuck(HqClient):
    """A name server that does not answer: no deadline of a socket ends this."""

    def __init__(self) -> None:
        super().__init__("http://hq", private_key=bytes(32))
        self.free = threading.Event()
        self.is_closed = False

    def call(self, *_args: object, **_named: object) -> object:  # type: ignore[override]
        """Hang until somebody lets go."""
        self.free.wait(5)
        raise OSError("the name server is back and knows nothing")

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def test_that_a_call_that_hangs_holds_up_neither_this_question_nor_the_next() -> None:
    stuck, clock = Stuck(), Time()
    desk = HoldDesk(stuck, timeout_ms=50, monotonic_ms=clock)
    assert (None, False) == (desk.ask(ASKED, WHO), desk.is_open)
    clock.now_ms = OPEN_MS
    assert (True, None, False) == (desk.is_open, desk.ask(ASKED, WHO), desk.is_open)
    desk.close()
    assert not stuck.is_closed
    stuck.free.set()


def test_that_a_bug_in_the_call_is_not_taken_for_silence() -> None:
    stuck = Stuck()
    stuck.free.set()
    desk = HoldDesk(stuck, timeout_ms=500)
    with pytest.raises(OSError, match="knows nothing"):
        desk.ask(ASKED, WHO)
    desk.close()
    assert stuck.is_closed
