"""What keeps one caller, or all of them together, from filling HQ: sizes, times and a number of requests at once."""

import asyncio
from typing import Any

from fastapi import Request
from sqlalchemy import Engine
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from hq.refusals import RefusedError
from hq.terminals import waiting_events
from pos_app.protocol.messages import ErrorAnswer, ErrorCode, encode_message

_BACKLOG_RETRY_S = 30
_BACKLOG_READ_EVERY_MS = 1_000
HEALTH_PATH = "/v1/health"
_TOO_MANY = 429
_RETRY_AFTER_S = 1


async def read_body(request: Request, *, bytes_max: int, timeout_s: float) -> bytes:
    """The whole body; raises ``RefusedError``: 413 as soon as it is too large, 408 when the sender is too slow or has gone."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:12]) > bytes_max:
        raise RefusedError(ErrorCode.TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
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
    """Answers 429 at once when too many requests are being served; asking for health is always served."""

    def __init__(self, app: ASGIApp, *, requests_max: int) -> None:
        self._app = app
        self._requests_max = requests_max
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] == HEALTH_PATH:
            await self._app(scope, receive, send)
        elif self._in_flight >= self._requests_max:
            await _send_busy(send)
        else:
            self._in_flight += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._in_flight -= 1


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
