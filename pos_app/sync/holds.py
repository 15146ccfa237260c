"""Asking HQ to hold points for a sale, within a time that a customer can wait.

A lost reply is asked for once more under the same id: HQ gives the same answer, and holds once. The time is kept by a clock on
the wall, whatever the network does: a name server that does not answer holds up a thread of its own, not the caller.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

import msgspec

from pos_app.protocol.messages import HoldAnswer, HoldRequest, encode_message
from pos_app.sync.breaker import Breaker
from pos_app.sync.client import CallFailedError, HqClient
from pos_app.sync.decisions import Stop, decide_signed

TRIES = 2
_log = logging.getLogger(__name__)


class Asking(msgspec.Struct, frozen=True):
    """Who asks, and whose signature the answer must have. ``time_ms`` is the time to sign by."""

    terminal_id: str
    hq_public_key: bytes
    time_ms: int


class HoldDesk:
    """Asks for holds, one at a time. ``ask`` is called from one thread; ``is_open`` from any.

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
        self._running: Future[HoldAnswer | Stop | None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether asking has a chance: HQ did not fail of late."""
        return self._breaker.allows(now_ms=self._monotonic_ms())

    def ask(self, request: HoldRequest, asking: Asking) -> HoldAnswer | Stop | None:
        """HQ's answer; None where none came in time, or where HQ was not asked because it failed of late.

        None says nothing about whether HQ holds the points: whoever goes on without an answer keeps the id.
        """
        if not self.is_open:
            return None
        if self._running is not None and not self._running.done():
            self._fail()
            return None
        self._running = self._start(request, asking)
        try:
            answer = self._running.result(timeout=self._timeout_ms / 1000)
        except FutureTimeoutError:
            for _ in range(TRIES):
                self._fail()
            return None
        if answer is not None:
            self._breaker = self._breaker.succeeded()
        return answer

    def close(self) -> None:
        """Close the connection, unless a call still hangs in it: that ends with the program."""
        if self._running is None or self._running.done():
            self._client.close()

    def _start(self, request: HoldRequest, asking: Asking) -> "Future[HoldAnswer | Stop | None]":
        future: Future[HoldAnswer | Stop | None] = Future()

        def run() -> None:
            try:
                future.set_result(self._try(request, asking))
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                future.set_exception(error)

        threading.Thread(target=run, name="hold", daemon=True).start()
        return future

    def _try(self, request: HoldRequest, asking: Asking) -> HoldAnswer | Stop | None:
        for _ in range(TRIES):
            answer = self._once(request, asking)
            if answer is not None:
                return answer
            self._fail()
        return None

    def _once(self, request: HoldRequest, asking: Asking) -> HoldAnswer | Stop | None:
        try:
            answer = self._client.call(
                "POST",
                f"/v1/terminals/{asking.terminal_id}/holds",
                terminal_id=asking.terminal_id,
                time_ms=asking.time_ms,
                body=encode_message(request),
            )
        except CallFailedError as error:
            _log.info("HQ gave no answer about a hold: %s", error.problem.value)
            return None
        decision = decide_signed(answer, HoldAnswer, terminal_id=asking.terminal_id, hq_public_key=asking.hq_public_key)
        if isinstance(decision, HoldAnswer):
            return decision if _fits(decision, request) else None
        return decision if isinstance(decision, Stop) else None

    def _fail(self) -> None:
        self._breaker = self._breaker.failed(now_ms=self._monotonic_ms())


def _fits(answer: HoldAnswer, request: HoldRequest) -> bool:
    """Whether this is an answer to the question: all that was asked for is held, or nothing with a reason."""
    is_whole = answer.held_units == request.units if not answer.refusal else answer.held_units == 0
    return answer.auth_id == request.auth_id and is_whole
