"""uvicorn's connections, with an end to what uvicorn waits for without one, and with a number of them.

It waits for the head of a request, and for an answer to be read. Each connection is an open file, and a process without files left
cannot reach its database either: so where there are too many, the one that has asked for nothing the longest makes room.
"""

import asyncio
import sys
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_READ_WITHIN_S = 60.0
_FILES_BESIDE = 256
"""What a process needs open beside its connections: its database, log, libraries."""


def timed_protocol(*, head_timeout_s: float, connections_max: int) -> "type[TimedProtocol]":
    """The protocol for one server's ``uvicorn.Config``: who does not say what he wants within this time is hung up on.

    Of more than ``connections_max`` connections of one server, one that waits for a request is closed, or the new one.
    """

    class Timed(TimedProtocol):
        HEAD_TIMEOUT_S = head_timeout_s
        CONNECTIONS_MAX = connections_max

    return Timed


def connections_possible(wanted: int) -> int:
    """How many of the wanted connections this process has files for, at least one; asks the system for as many as it may have."""
    if sys.platform == "win32":  # which has no such limit
        return wanted
    import resource

    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != allowed < wanted + _FILES_BESIDE:
        needed = wanted + _FILES_BESIDE
        allowed = needed if most == resource.RLIM_INFINITY else max(allowed, min(needed, most))
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return wanted if allowed == resource.RLIM_INFINITY else max(1, min(wanted, allowed - _FILES_BESIDE))


class TimedProtocol(H11Protocol):
    """One connection. Nobody holds it by saying nothing, by saying it slowly, or by not reading what was answered."""

    HEAD_TIMEOUT_S: float
    CONNECTIONS_MAX: int
    is_stopping = False
    """Whether the server ends: what it had just accepted would not hear of it, and hold it up."""
    _timer: asyncio.TimerHandle | None = None
    idle_since_s = 0.0

    def connection_made(self, transport: Any) -> None:
        """The clock runs from the first moment."""
        super().connection_made(transport)
        self.idle_since_s = self.loop.time()
        self._start()
        if self.is_stopping:
            transport.abort()
        elif len(self.connections) > self.CONNECTIONS_MAX:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """The clock stops when a request is there, and runs again for the next one, or for a body that nobody waits for any more."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._timer is None:
            self._start()

    def on_response_complete(self) -> None:
        """What was asked for is answered, and nothing more was asked for yet."""
        self.idle_since_s = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for in a while; what was answered last may not even be read."""
        super().timeout_keep_alive_handler()
        self._hang_up()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is lost with this connection: no request is there, and every answer was read."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and self.transport.get_write_buffer_size() == 0

    def _make_room(self) -> None:
        others = [one for one in self.connections if one is not self and isinstance(one, TimedProtocol)]
        idle = [one for one in others if one.is_idle]
        leaving = min(idle, key=lambda one: one.idle_since_s, default=self)
        # It counts no more from now on; its file is closed in a moment.
        self.connections.discard(leaving)
        leaving.transport.abort()

    def _start(self) -> None:
        self._timer = self.loop.call_later(self.HEAD_TIMEOUT_S, self._hang_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self.transport.close()
        self._timer = self.loop.call_later(_READ_WITHIN_S, self.transport.abort)
