"""What keeps one caller, or all of them together, from filling HQ: sizes, times and a number of requests at once.

A request is either being served, or its body is still coming. Each has a limit of its own: senders that dawdle take no place from
requests that are there, and make room for each other, the slowest first. ``docs/explanation/hq-under-abuse.md`` says how it goes.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request
from sqlalchemy import Engine
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hq.refusals import RefusedError
from hq.terminals import waiting_events
from pos_app.protocol.messages import ErrorAnswer, ErrorCode, encode_message

_BACKLOG_RETRY_S = 30
_BACKLOG_READ_EVERY_MS = 1_000
HEALTH_PATH = "/v1/health"
_TOO_MANY = 429
_RETRY_AFTER_S = 1
_BEGIN_WITHIN_S = 5.0
_BYTES_PER_S_MIN = 1_000
"""Slower is no line that a shop has: after the first seconds a body must come at least so fast."""
_UNDISTURBED_S = 0.1
"""So long every body may come, however many others do: that of an honest till is mostly there at once."""


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """The whole body; raises ``RefusedError``: 413 as soon as it is too large, 408 when the sender is too slow or has gone.

    How long that takes at most is for ``InFlightLimit`` to say.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:12]) > bytes_max:
        raise RefusedError(ErrorCode.TOO_LARGE)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > bytes_max:
                raise RefusedError(ErrorCode.TOO_LARGE)
    except (TimeoutError, ClientDisconnect) as error:
        raise RefusedError(ErrorCode.SLOW) from error
    return bytes(body)


class Backlog:
    """Refuses more events while too many wait to be booked, so that the ledger is never far behind. Any thread may ask it.

    Each worker counts once a second at most; a batch more or less does not matter.
    """

    def __init__(self, engine: Engine, *, events_max: int) -> None:
        self._engine = engine
        self._events_max = events_max
        self._read_at_ms = 0
        self._events = 0

    def check(self, *, now_ms: int) -> None:
        """Raise ``RefusedError`` (429) while more events wait than the limit."""
        if abs(now_ms - self._read_at_ms) >= _BACKLOG_READ_EVERY_MS:
            self._read_at_ms = now_ms
            with self._engine.connect() as connection:
                self._events = waiting_events(connection)
        if self._events > self._events_max:
            raise RefusedError(ErrorCode.BUSY, status=_TOO_MANY, retry_after_s=_BACKLOG_RETRY_S)


class InFlightLimit:
    """Answers 429 at once when too many requests are being served; asking for health is always served.

    A request is not being served while its body is coming. Of those there may be ``bodies_max``: one more, and the slowest of
    them is given up (408), or where all of them have only begun, the new one has to be quick. None takes longer than
    ``body_timeout_s``. Used on one event loop.
    """

    def __init__(self, app: ASGIApp, *, requests_max: int, bodies_max: int, body_timeout_s: float) -> None:
        self._app = app
        self._requests_max = requests_max
        self._bodies_max = bodies_max
        self._body_timeout_s = body_timeout_s
        self._served = 0
        self._coming: set[_Body] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] == HEALTH_PATH:
            await self._app(scope, receive, send)
        elif self._is_full():
            await _send_busy(send)
        else:
            self._served += 1
            try:
                await self._app(scope, _Body(self, receive, timeout_s=self._body_timeout_s).receive, send)
            finally:
                self._served -= 1

    @contextmanager
    def waiting_for(self, body: "_Body") -> Iterator[None]:
        """In the block the request is not served, since its body is coming."""
        if body.is_new and len(self._coming) >= self._bodies_max:
            self._make_room_for(body)
        self._coming.add(body)
        self._served -= 1
        try:
            yield
        finally:
            self._served += 1
            self._coming.discard(body)

    def take_place(self) -> None:
        """The body is there; raises ``RefusedError`` (429) where too many others are being served meanwhile."""
        if self._served > self._requests_max:
            raise RefusedError(ErrorCode.BUSY, status=_TOO_MANY, retry_after_s=_RETRY_AFTER_S)

    def _is_full(self) -> bool:
        return self._served >= self._requests_max

    def _make_room_for(self, new: "_Body") -> None:
        now_s = asyncio.get_running_loop().time()
        disturbable = [body for body in self._coming if now_s - body.began_s >= _UNDISTURBED_S]
        if not disturbable:
            new.hurry()
            return
        slowest = min(disturbable, key=lambda body: body.bytes_per_s(now_s))
        self._coming.discard(slowest)
        slowest.give_up(now_s)


class _Body:
    """The body of one request on its way. It must come at a rate that any line has."""

    def __init__(self, limit: InFlightLimit, receive: Receive, *, timeout_s: float) -> None:
        self.began_s = asyncio.get_running_loop().time()
        self._limit = limit
        self._receive = receive
        self._timeout_s = timeout_s
        self._bytes = 0
        self._patience = asyncio.Timeout(None)

    async def receive(self) -> Message:
        """The next part; raises ``TimeoutError`` when it takes too long, ``RefusedError`` (429) when it is there and nobody serves it."""
        with self._limit.waiting_for(self):
            allowed_s = min(self._timeout_s, _BEGIN_WITHIN_S + self._bytes / _BYTES_PER_S_MIN)
            self._patience = asyncio.timeout_at(self.began_s + allowed_s)
            async with self._patience:
                message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._limit.take_place()
        return message

    @property
    def is_new(self) -> bool:
        """Whether nothing of it has come."""
        return self._bytes == 0

    def hurry(self) -> None:
        """Give it no more than the shortest time."""
        self._timeout_s = min(self._timeout_s, _UNDISTURBED_S)

    def bytes_per_s(self, now_s: float) -> float:
        """How fast it has come so far."""
        return self._bytes / (now_s - self.began_s)

    def give_up(self, now_s: float) -> None:
        """Wait no longer."""
        if not self._patience.expired():
            self._patience.reschedule(now_s)


async def _send_busy(send: Send) -> None:
    body = encode_message(ErrorAnswer(ErrorCode.BUSY.value))
    headers: list[Any] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(_RETRY_AFTER_S).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": _TOO_MANY, "headers": headers})
    await send({"type": "http.response.body", "body": body})
