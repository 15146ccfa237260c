"""HQ's calls described as OpenAPI 3.1, made from the types of the messages, so that it says what the program does."""

import functools
import re
from typing import Any

import msgspec

from pos_app.protocol import messages
from pos_app.protocol.events import PROTOCOL_VERSION
from pos_app.protocol.messages import REQUEST_BYTES_MAX, ErrorAnswer
from pos_app.protocol.signing import (
    ANSWER_SIGNATURE_HEADER,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
)

PATH = "/v1/openapi.json"
_JSON = "application/json"
_HTML = "text/html"
_TERMINAL_ID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_REQUESTS = (
    messages.EnrolRequest,
    messages.PersonalUpload,
    messages.HoldRequest,
    messages.CouponRequest,
    messages.ProgrammeSetUpload,
)
_ANSWERS = (
    messages.EnrolAnswer,
    messages.BatchAnswer,
    messages.PersonalAnswer,
    messages.ChangesPage,
    messages.SnapshotPage,
    messages.HoldAnswer,
    messages.CouponAnswer,
    messages.ReceiptAnswer,
    messages.CardAnswer,
    messages.Done,
    ErrorAnswer,
)
_REFUSALS = {
    "400": "It is not the message it should be.",
    "401": "The signature is missing or another's, or the time is too far from headquarters' clock (`STALE`).",
    "403": "The till was shut out, or the enrolment code is refused.",
    "404": "There is no such thing.",
    "405": "The address does not know this method.",
    "408": "The body did not arrive in time.",
    "409": "The events do not continue the till's chain (`GAP`, `FORK`).",
    "410": "This incarnation is over (`FENCED`).",
    "413": "It is too large.",
    "426": "This version of the protocol is no longer spoken (`UPGRADE`).",
    "429": "Too much to do; come again after `Retry-After` seconds.",
    "503": "The database is away; come again after `Retry-After` seconds.",
}
_ALWAYS = ("400", "401", "403", "404", "405", "408", "413", "429", "503")
Part = dict[str, Any]


def document() -> bytes:
    """The description as JSON."""
    return msgspec.json.encode(description())


def description() -> Part:
    """The description."""
    _, components = msgspec.json.schema_components([*_REQUESTS, *_ANSWERS], ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "pos-app headquarters", "version": str(PROTOCOL_VERSION)},
        "paths": {**_public_paths(), **_till_paths(), **_customer_paths()},
        "components": {"schemas": components, "securitySchemes": {"signature": _signature()}},
    }


def methods_of(path: str) -> str:
    """What may be done at an address, for the header ``Allow``; empty for one that is not described."""
    for template, methods in _patterns():
        if template.fullmatch(path):
            return methods
    return ""


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), ", ".join(sorted(methods)).upper())
        for template, methods in description()["paths"].items()
    )


def _signature() -> Part:
    return {
        "type": "apiKey",
        "in": "header",
        "name": SIGNATURE_HEADER,
        "description": "An Ed25519 signature with the till's key, in hexadecimal; docs/reference/sync-protocol.md says of what.",
    }


def _public_paths() -> Part:
    alive = {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}
    return {
        "/v1/health": {"get": _call("Whether headquarters and its database are up", alive, refusals=("405", "503"))},
        PATH: {"get": _call("This description", {"type": "object"}, refusals=("405", "429"))},
        "/v1/enrolments": {
            "post": {
                **_call("A till joins with a one-time code", _of("EnrolAnswer"), refusals=_ALWAYS),
                "parameters": _signed_headers(with_terminal=False),
                "security": [{"signature": []}],
                "requestBody": _body("EnrolRequest"),
            }
        },
    }


def _till_paths() -> Part:
    root = "/v1/terminals/{terminal_id}"
    cursor = _query("cursor", {"type": "string"}, "What the page before said (`next_cursor`); empty at the beginning")
    number = {"type": "integer", "minimum": 0, "maximum": 2**53}
    report = [
        _query("incarnation", number, "The incarnation of the till's journal"),
        _query("last_seq", number, "The number of the last event in it"),
    ]
    batch = {
        "content": {"application/octet-stream": {"schema": {"type": "string", "contentMediaType": "application/zlib"}}},
        "description": f"A `Batch`: MessagePack, compressed with zlib, at most {REQUEST_BYTES_MAX} bytes",
        "required": True,
    }
    return {
        f"{root}/batches": {"post": _signed("Events go up", "BatchAnswer", batch, ("409", "410", "426"))},
        f"{root}/personal-records": {
            "post": _signed("Personal records go up", "PersonalAnswer", _body("PersonalUpload"))
        },
        f"{root}/holds": {"post": _signed("Hold points for a sale", "HoldAnswer", _body("HoldRequest"))},
        f"{root}/coupons": {"post": _signed("Reserve a coupon for a basket", "CouponAnswer", _body("CouponRequest"))},
        f"{root}/programme-sets": {"post": _signed("A programme set goes up", "Done", _body("ProgrammeSetUpload"))},
        f"{root}/changes": {"get": _signed("What changed after a cursor", "ChangesPage", more=[cursor, *report])},
        f"{root}/snapshot": {"get": _signed("All accounts, page by page", "SnapshotPage", more=[cursor])},
        f"{root}/cards/{{number}}": {
            "get": _signed(
                "The account of a card that the till does not know",
                "CardAnswer",
                more=[_in_path("number", {"type": "string"})],
            )
        },
        f"{root}/receipts/{{receipt_number}}": {
            "get": _signed(
                "A receipt of any till", "ReceiptAnswer", more=[_in_path("receipt_number", {"type": "string"})]
            )
        },
    }


def _customer_paths() -> Part:
    token = [_in_path("token", {"type": "string"})]
    form = {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
    return {
        "/n": {
            "get": _page("Asks for the code below a receipt's QR code"),
            "post": {**_page("Takes the code"), "requestBody": form},
        },
        "/n/{token}": {
            "get": {**_page("Asks how likely the customer is to recommend the shop"), "parameters": token},
            "post": {**_page("Takes the answer"), "parameters": token, "requestBody": form},
        },
    }


def _signed(
    summary: str,
    answer: str,
    body: Part | None = None,
    refusals: tuple[str, ...] = (),
    *,
    more: list[Part] | None = None,
) -> Part:
    called = _call(summary, _of(answer), refusals=(*_ALWAYS, *refusals))
    signed = {"schema": {"type": "string"}, "description": "HQ's signature of this answer to this request"}
    called["responses"]["200"]["headers"] = {ANSWER_SIGNATURE_HEADER: signed}
    terminal = _in_path("terminal_id", {"type": "string", "pattern": _TERMINAL_ID})
    parameters = [terminal, *(more or []), *_signed_headers(with_terminal=True)]
    called |= {"parameters": parameters, "security": [{"signature": []}]}
    return called if body is None else called | {"requestBody": body}


def _call(summary: str, answer: Part, *, refusals: tuple[str, ...]) -> Part:
    refused = {status: _answer(_REFUSALS[status], _of("ErrorAnswer")) for status in sorted(refusals)}
    return {"summary": summary, "responses": {"200": _answer("Done", answer), **refused}}


def _page(summary: str) -> Part:
    page = {"content": {_HTML: {"schema": {"type": "string"}}}}
    refused = {status: _answer(_REFUSALS[status], _of("ErrorAnswer")) for status in ("405", "408", "413", "429", "503")}
    responses = {
        "200": {"description": "The page", **page},
        "303": {"description": "See the page at `Location`"},
        "404": {"description": "No such code", "content": {**page["content"], _JSON: {"schema": _of("ErrorAnswer")}}},
        **refused,
    }
    return {"summary": summary, "responses": responses}


def _answer(said: str, schema: Part) -> Part:
    return {"description": said, "content": {_JSON: {"schema": schema}}}


def _body(name: str) -> Part:
    return {"content": {_JSON: {"schema": _of(name)}}, "required": True}


def _of(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, schema: Part, said: str) -> Part:
    return {"name": name, "in": "query", "schema": schema, "description": said, "required": False}


def _in_path(name: str, schema: Part) -> Part:
    return {"name": name, "in": "path", "schema": schema, "required": True}


def _signed_headers(*, with_terminal: bool) -> list[Part]:
    headers = {
        TIME_HEADER: {"type": "string", "pattern": "^[0-9]{1,16}$"},
        NONCE_HEADER: {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
    if with_terminal:
        headers[TERMINAL_HEADER] = {"type": "string", "pattern": _TERMINAL_ID}
    return [{"name": name, "in": "header", "schema": schema, "required": True} for name, schema in headers.items()]
