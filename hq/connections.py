"""uvicorn's connections, with an end to what uvicorn waits for without one: the head of a request, and an answer being read."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_READ_WITHIN_S = 60.0


def timed_protocol(head_timeout_s: float) -> type[asyncio.Protocol]:
    """The protocol for ``uvicorn.Config``: who does not say what he wants within this time is hung up on."""

    class Timed(TimedProtocol):
        HEAD_TIMEOUT_S = head_timeout_s

    return Timed


class TimedProtocol(H11Protocol):
    """One connection. Nobody holds it by saying nothing, by saying it slowly, or by not reading what was answered."""

    HEAD_TIMEOUT_S: float
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """The clock runs from the first moment."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """The clock stops when a request is there, and runs again for the next one, or for a body that nobody waits for any more."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._timer is None:
            self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for in a while; what was answered last may not even be read."""
        super().timeout_keep_alive_handler()
        self._hang_up()

    def _start(self) -> None:
        self._timer = self.loop.call_later(self.HEAD_TIMEOUT_S, self._hang_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self.transport.close()
        self._timer = self.loop.call_later(_READ_WITHIN_S, self.transport.abort)
