"""What tills call over HTTP.

Each answer that is no refusal, and HQ's word about the time, is signed with HQ's key, for the one request that it answers.
"""

from collections.abc import Callable

import msgspec
from fastapi import APIRouter, Request, Response
from sqlalchemy import Engine, select, text
from starlette.concurrency import run_in_threadpool

from hq import (
    cards,
    changes,
    coupons,
    enrolment,
    holds,
    inbox,
    openapi,
    personal,
    programme_sets,
    receipts,
    snapshots,
    tables,
)
from hq.authentication import SignedCall, read_signed_call
from hq.config import HqConfig
from hq.limits import HEALTH_PATH, Backlog, read_body
from hq.refusals import RefusedError
from hq.restoring import Report
from pos_app.protocol.messages import REQUEST_BYTES_MAX, ErrorCode, encode_message
from pos_app.protocol.signing import (
    ANSWER_SIGNATURE_HEADER,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    answer_to_sign,
    sign,
)

_JSON = "application/json"
_NUMBER_DIGITS_MAX = 18
_PRIVATE_KEY = select(tables.headquarters.c.private_key)
Serve = Callable[[SignedCall], msgspec.Struct | bytes]


def till_router(
    engine: Engine, config: HqConfig, *, received: Callable[[], None], utc_ms: Callable[[], int]
) -> APIRouter:
    """The addresses for tills. ``received`` is called after each batch, from a worker thread."""
    router = APIRouter()
    door = _Door(engine)
    backlog = Backlog(engine, events_max=config.backlog_events_max)
    _add_public(router, engine, door, config, utc_ms=utc_ms)
    _add_reading(router, engine, door, utc_ms=utc_ms)

    @router.post("/v1/terminals/{terminal_id}/batches")
    async def upload(request: Request, terminal_id: str) -> Response:
        def take(call: SignedCall) -> msgspec.Struct:
            backlog.check(now_ms=utc_ms())
            answer = inbox.receive_batch(engine, call, now_ms=utc_ms())
            received()
            return answer

        return await door.answer(request, terminal_id, take)

    @router.post("/v1/terminals/{terminal_id}/personal-records")
    async def upload_personal(request: Request, terminal_id: str) -> Response:
        return await door.answer(
            request, terminal_id, lambda call: personal.receive_personal(engine, call, now_ms=utc_ms())
        )

    @router.post("/v1/terminals/{terminal_id}/holds")
    async def hold(request: Request, terminal_id: str) -> Response:
        return await door.answer(request, terminal_id, lambda call: holds.receive_hold(engine, call, now_ms=utc_ms()))

    @router.post("/v1/terminals/{terminal_id}/coupons")
    async def reserve_coupon(request: Request, terminal_id: str) -> Response:
        return await door.answer(
            request, terminal_id, lambda call: coupons.receive_coupon(engine, call, now_ms=utc_ms())
        )

    @router.post("/v1/terminals/{terminal_id}/programme-sets")
    async def upload_set(request: Request, terminal_id: str) -> Response:
        return await door.answer(
            request, terminal_id, lambda call: programme_sets.receive_programme_set(engine, call, now_ms=utc_ms())
        )

    return router


def _add_public(
    router: APIRouter, engine: Engine, door: "_Door", config: HqConfig, *, utc_ms: Callable[[], int]
) -> None:
    described = openapi.document()

    @router.get(HEALTH_PATH)
    def health() -> Response:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return Response(b'{"status":"ok"}', media_type=_JSON)

    @router.get(openapi.PATH)
    def read_openapi() -> Response:
        return Response(described, media_type=_JSON)

    @router.post("/v1/enrolments")
    async def enrol(request: Request) -> Response:
        call = await door.signed_call(request)
        answer = await run_in_threadpool(
            enrolment.receive_enrolment, engine, call, now_ms=utc_ms(), public_url=config.public_url
        )
        return Response(encode_message(answer), media_type=_JSON)


def _add_reading(router: APIRouter, engine: Engine, door: "_Door", *, utc_ms: Callable[[], int]) -> None:
    @router.get("/v1/terminals/{terminal_id}/changes")
    async def read_changes(request: Request, terminal_id: str) -> Response:
        cursor, report = request.query_params.get("cursor", ""), _report(request)
        return await door.answer(
            request,
            terminal_id,
            lambda call: changes.read_changes(engine, call, cursor=cursor, report=report, now_ms=utc_ms()),
        )

    @router.get("/v1/terminals/{terminal_id}/snapshot")
    async def read_snapshot(request: Request, terminal_id: str) -> Response:
        cursor = request.query_params.get("cursor", "")
        return await door.answer(
            request,
            terminal_id,
            lambda call: snapshots.read_snapshot(engine, call, cursor=cursor, now_ms=utc_ms()),
        )

    @router.get("/v1/terminals/{terminal_id}/receipts/{receipt_number}")
    async def read_receipt(request: Request, terminal_id: str, receipt_number: str) -> Response:
        return await door.answer(
            request,
            terminal_id,
            lambda call: receipts.read_receipt(engine, call, receipt_number=receipt_number, now_ms=utc_ms()),
        )

    @router.get("/v1/terminals/{terminal_id}/cards/{number}")
    async def look_up_card(request: Request, terminal_id: str, number: str) -> Response:
        return await door.answer(
            request, terminal_id, lambda call: cards.look_up(engine, call, number=number, now_ms=utc_ms())
        )


class _Door:
    """Reads signed calls and signs what they are answered."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def answer(self, request: Request, terminal_id: str, serve: Serve) -> Response:
        """Serve a call of the till that the path names, in a worker thread."""
        call = await self.signed_call(request)
        if call.request.terminal_id != terminal_id:
            raise RefusedError(ErrorCode.UNAUTHENTICATED)
        return await run_in_threadpool(self._served, call, serve)

    def _served(self, call: SignedCall, serve: Serve) -> Response:
        try:
            answer = serve(call)
        except RefusedError as refusal:
            if refusal.code is not ErrorCode.STALE:
                raise
            # The till will sign by this time: one that somebody else names could be a time to come.
            return self._signed(call, refusal.body, status=refusal.status)
        return self._signed(call, answer if isinstance(answer, bytes) else encode_message(answer))

    def _signed(self, call: SignedCall, body: bytes, *, status: int = 200) -> Response:
        with self._engine.connect() as connection:
            private_key = connection.execute(_PRIVATE_KEY).scalar_one()
        asked = call.request
        to_sign = answer_to_sign(terminal_id=asked.terminal_id, nonce=asked.nonce, body=body)
        headers = {ANSWER_SIGNATURE_HEADER: sign(private_key, to_sign).hex()}
        return Response(body, status_code=status, media_type=_JSON, headers=headers)

    async def signed_call(self, request: Request) -> SignedCall:
        """The whole request with the signature that it claims; raises ``RefusedError``."""
        body = await read_body(request, bytes_max=REQUEST_BYTES_MAX)
        path = bytes(request.scope["raw_path"]).decode("latin-1")
        query = bytes(request.scope["query_string"]).decode("latin-1")
        return read_signed_call(
            method=request.method,
            path=f"{path}?{query}" if query else path,
            body=body,
            terminal_id=request.headers.get(TERMINAL_HEADER, ""),
            time_ms=request.headers.get(TIME_HEADER, ""),
            nonce=request.headers.get(NONCE_HEADER, ""),
            signature=request.headers.get(SIGNATURE_HEADER, ""),
        )


def _report(request: Request) -> Report | None:
    """How far the till says that its journal goes, if it does."""
    said = [request.query_params.get(name, "") for name in ("incarnation", "last_seq")]
    if not all(number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS_MAX for number in said):
        return None
    incarnation, last_seq = map(int, said)
    return Report(incarnation, last_seq)
