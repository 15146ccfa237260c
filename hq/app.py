"""HQ's HTTP: what tills call, and the pages that customers open. Every refusal is an answer, never a stack trace."""

import logging
import time
from collections.abc import Callable
from importlib.resources import files
from urllib.parse import parse_qs

import psycopg
from fastapi import FastAPI, Request, Response
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from hq import nps, openapi, pages
from hq.config import HqConfig
from hq.limits import InFlightLimit, read_body
from hq.metrics import HttpMetrics
from hq.refusals import RefusedError
from hq.till_calls import till_router
from hq.words import Words, words_for
from pos_app.protocol.messages import ErrorCode
from pos_app.protocol.nps import parse_code

_log = logging.getLogger(__name__)
_FORM_BYTES_MAX = 16 * 1024
_JSON = "application/json"
_RETRY_AFTER_S = 5
_NOT_ALLOWED = 405


def create_app(
    engine: Engine,
    config: HqConfig,
    *,
    received: Callable[[], None] = lambda: None,
    utc_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> FastAPI:
    """The application over a database that ``hq.database.prepare`` has prepared.

    ``received`` is called after each batch, from a worker thread, to wake whatever books; ``utc_ms`` is HQ's clock.
    """
    app = FastAPI(title="pos-app HQ", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_middleware(
        InFlightLimit,
        requests_max=config.requests_max,
        bodies_max=config.bodies_max,
        body_timeout_s=config.body_timeout_s,
    )
    app.add_middleware(HttpMetrics)
    _handle_errors(app)
    app.include_router(till_router(engine, config, received=received, utc_ms=utc_ms))
    _serve_customers(app, engine, utc_ms=utc_ms)
    return app


def _serve_customers(app: FastAPI, engine: Engine, *, utc_ms: Callable[[], int]) -> None:
    style = files("hq").joinpath("static/nps.css").read_bytes()

    @app.get(pages.STYLE_PATH)
    def read_style() -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    @app.get("/n")
    def ask_code(request: Request) -> Response:
        return _page(pages.code_page(_words(request)))

    @app.post("/n")
    async def take_code(request: Request) -> Response:
        typed = (await _form(request)).get("code", "")
        token = await run_in_threadpool(nps.find_token, engine, typed)
        if token is None:
            return _page(pages.code_page(_words(request), typed=parse_code(typed) or "", unknown=True), status=404)
        return _see(token)

    @app.get("/n/{token}")
    async def ask(request: Request, token: str) -> Response:
        question = await run_in_threadpool(nps.find_question, engine, token)
        if question is None:
            return _page(pages.broken_page(_words(request)), status=404)
        return _page(pages.question_page(question, token=token, words=_words(request)))

    @app.post("/n/{token}")
    async def take_answer(request: Request, token: str) -> Response:
        form = await _form(request)
        score = form.get("score", "")
        words = _words(request)
        if score in _SCORES:
            question = await run_in_threadpool(
                nps.give_score, engine, token, _SCORES[score], language=words.language, now_ms=utc_ms()
            )
        elif "comment" in form or "skip" in form:
            comment = "" if "skip" in form else form["comment"]
            question = await run_in_threadpool(nps.give_comment, engine, token, comment)
        else:
            question = await run_in_threadpool(nps.find_question, engine, token)
        return _see(token) if question else _page(pages.broken_page(words), status=404)


_SCORES = {str(score): score for score in range(nps.SCORE_MAX + 1)}


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> Response:
        return Response(error.body, status_code=error.status, headers=error.headers, media_type=_JSON)

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: HTTPException) -> Response:
        answer = await refused(request, RefusedError(ErrorCode.NOT_FOUND, status=error.status_code))
        allowed = openapi.methods_of(request.url.path)
        if error.status_code == _NOT_ALLOWED and allowed:
            # The framework names the methods of the first route only.
            answer.headers["Allow"] = allowed
        return answer

    @app.exception_handler(PoolTimeoutError)
    @app.exception_handler(DBAPIError)
    @app.exception_handler(psycopg.Error)
    async def database_away(request: Request, error: Exception) -> Response:
        _log.error("hq.database kind=%s", type(error).__name__)
        return await refused(request, RefusedError(ErrorCode.BUSY, retry_after_s=_RETRY_AFTER_S))


async def _form(request: Request) -> dict[str, str]:
    """The fields of an HTML form, the first of each name; a body that is none has no fields."""
    body = await read_body(request, bytes_max=_FORM_BYTES_MAX)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _words(request: Request) -> Words:
    return words_for(request.headers.get("accept-language", ""))


def _page(html: str, *, status: int = 200) -> Response:
    return Response(html, status_code=status, media_type="text/html", headers=pages.PAGE_HEADERS)


def _see(token: str) -> Response:
    """Show the page anew, so that reloading it sends nothing twice. The token is one that we have checked."""
    return Response(status_code=303, headers={"Location": f"/n/{token}", **pages.PAGE_HEADERS})
