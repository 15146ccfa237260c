"""Asking HQ while a customer waits: to hold points or a coupon for a sale, and about a card that the till does not know.

A lost reply is asked for once more, a hold under the same id: HQ gives the same answer, and holds once. The time is kept by a clock on
the wall, whatever the network does: a name server that does not answer holds up a thread of its own, not the caller.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from pos_app.protocol.messages import (
    CardAnswer,
    CouponAnswer,
    CouponRequest,
    HoldAnswer,
    HoldRequest,
    encode_message,
)
from pos_app.sync.breaker import Breaker
from pos_app.sync.client import CallFailedError, HqClient
from pos_app.sync.decisions import SignAgain, Stop, decide_signed, sign_again

TRIES = 2
_NOT_FOUND = 404
_Answer = TypeVar("_Answer", bound=msgspec.Struct)
_log = logging.getLogger(__name__)


class Asking(msgspec.Struct, frozen=True):
    """Who asks, and whose signature the answer must have. ``time_ms`` is the time to sign by."""

    terminal_id: str
    hq_public_key: bytes
    time_ms: int


class _Question(msgspec.Struct, Generic[_Answer], frozen=True):
    """What is asked at which address of the till, and which answer ``fits`` it. ``not_found`` is what an HQ means by 404, if anything."""

    method: str
    path: str
    kind: type[_Answer]
    fits: Callable[[_Answer], bool]
    body: bytes = b""
    not_found: _Answer | None = None


class HoldDesk:
    """Asks one question at a time. ``ask`` and ``look_up`` are called from one thread; ``is_open`` from any.

    ``client`` makes calls that each end after half of ``timeout_ms``; the desk closes it. ``monotonic_ms`` is for tests.
    """

    def __init__(
        self,
        client: HqClient,
        *,
        timeout_ms: int,
        monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._client = client
        self._timeout_ms = timeout_ms
        self._monotonic_ms = monotonic_ms
        self._breaker = Breaker()
        self._is_hanging: Callable[[], bool] = lambda: False

    @property
    def is_open(self) -> bool:
        """Whether asking has a chance: HQ did not fail of late."""
        return self._breaker.allows(now_ms=self._monotonic_ms())

    def ask(self, request: HoldRequest, asking: Asking) -> HoldAnswer | Stop | None:
        """HQ's answer; None where none came in time, or where HQ was not asked because it failed of late.

        None says nothing about whether HQ holds the points: whoever goes on without an answer keeps the id.
        """
        return self._answer(
            _Question("POST", "/holds", HoldAnswer, lambda answer: _fits(answer, request), encode_message(request)),
            asking,
        )

    def reserve(self, request: CouponRequest, asking: Asking) -> CouponAnswer | Stop | None:
        """HQ's answer about a coupon, in the same time and behind the same breaker; None as of ``ask``."""

        def fits(answer: CouponAnswer) -> bool:
            return answer.auth_id == request.auth_id

        return self._answer(_Question("POST", "/coupons", CouponAnswer, fits, encode_message(request)), asking)

    def look_up(self, number: str, asking: Asking) -> CardAnswer | Stop | None:
        """The account of a card as HQ knows it, in the same time and behind the same breaker; None as of ``ask``.

        An HQ of an older version knows no such question: that is answered as a card that it does not know.
        """
        path = f"/cards/{quote(number, safe='')}"
        unknown = CardAnswer(number)
        return self._answer(
            _Question("GET", path, CardAnswer, lambda answer: _is_of(answer, number), not_found=unknown), asking
        )

    def _answer(self, question: _Question[_Answer], asking: Asking) -> _Answer | Stop | None:
        if not self.is_open:
            return None
        if self._is_hanging():
            self._fail()
            return None
        running = self._start(question, asking)
        self._is_hanging = lambda: not running.done()
        try:
            answer = running.result(timeout=self._timeout_ms / 1000)
        except FutureTimeoutError:
            for _ in range(TRIES):
                self._fail()
            return None
        if answer is not None:
            self._breaker = self._breaker.succeeded()
        return answer

    def close(self) -> None:
        """Close the connection, unless a call still hangs in it: that ends with the program."""
        if not self._is_hanging():
            self._client.close()

    def _start(self, question: _Question[_Answer], asking: Asking) -> "Future[_Answer | Stop | None]":
        future: Future[_Answer | Stop | None] = Future()

        def run() -> None:
            try:
                answer = self._try(question, asking)
                future.set_result(answer)
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                future.set_exception(error)

        threading.Thread(target=run, name="hold", daemon=True).start()
        return future

    def _try(self, question: _Question[_Answer], asking: Asking) -> _Answer | Stop | None:
        for _ in range(TRIES):
            answer = self._once(question, asking)
            if isinstance(answer, SignAgain):
                # HQ answers nobody who signs by a clock that is far off: the same question, signed by HQ's.
                asking = msgspec.structs.replace(asking, time_ms=answer.hq_time_ms)
                answer = self._once(question, asking)
            if answer is not None and not isinstance(answer, SignAgain):
                return answer
            self._fail()
        return None

    def _once(self, question: _Question[_Answer], asking: Asking) -> _Answer | Stop | SignAgain | None:
        try:
            answer = self._client.call(
                question.method,
                f"/v1/terminals/{asking.terminal_id}{question.path}",
                terminal_id=asking.terminal_id,
                time_ms=asking.time_ms,
                body=question.body,
            )
        except CallFailedError as error:
            _log.info("HQ gave no answer of kind %s: %s", question.kind.__name__, error.problem.value)
            return None
        if answer.status == _NOT_FOUND and question.not_found is not None:
            return question.not_found
        decision = decide_signed(
            answer, question.kind, terminal_id=asking.terminal_id, hq_public_key=asking.hq_public_key
        )
        match decision:
            case question.kind():
                return decision if question.fits(decision) else None
            case SignAgain():
                return sign_again(answer, terminal_id=asking.terminal_id, hq_public_key=asking.hq_public_key)
            case _:
                return decision if isinstance(decision, Stop) else None

    def _fail(self) -> None:
        self._breaker = self._breaker.failed(now_ms=self._monotonic_ms())


def _fits(answer: HoldAnswer, request: HoldRequest) -> bool:
    """Whether this is an answer to the question: all that was asked for is held, or nothing with a reason."""
    is_whole = answer.held_units == request.units if not answer.refusal else answer.held_units == 0
    return answer.auth_id == request.auth_id and is_whole


def _is_of(answer: CardAnswer, number: str) -> bool:
    """Whether this is about the card that was asked for."""
    account = answer.account
    return answer.number == number and (account is None or any(card.number == number for card in account.cards))
