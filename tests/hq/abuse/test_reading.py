"""Addresses, headers and cursors that no program of ours sends."""

import base64
import socket
from contextlib import suppress
from itertools import product
from urllib.parse import quote

import httpx
import pytest

from hq.operate import RunningHq
from pos_app.protocol.messages import ErrorAnswer, decode_message
from tests.hq.abuse.digests import without_effect
from tests.hq.abuse.senders import connect, status_of
from tests.hq.abuse.wire import assert_alive, prepared
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, refusal


def packed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def test_that_any_cursor_begins_anew_or_goes_on(hq: RunningHq, journal: Journal) -> None:
    prepared(hq, journal)
    keys = ["", packed("a"), packed("a/b/c"), packed("\x01"), "_" * 350, packed("product/"), packed("/"), "____", "-"]
    numbers = ["0", "1", str(2**63 - 1), str(2**63), "9" * 19, "٣"]
    kinds = ("a", "d", "p", "z", "sa", "sd")
    cursors = [f"1.0.{kind}.{key}" for kind in kinds for key in keys] + [
        f"1.{n}.{k}.YQ" for n in numbers for k in kinds
    ]
    calls = [("snapshot" if ".s" in cursor else "changes", cursor) for cursor in cursors]
    others = ("", "x", "1", "1.1", "." * 400, "9" * 400, "\0", "-1.0.a.", "1.0.a.\n", "2.0.a.", "1.0.d.YQ", "1.0.sd.YQ")

    with without_effect(hq.engine):
        for path, cursor in (*calls, *product(("changes", "snapshot"), others)):
            assert 200 == journal.get(f"/{path}?cursor={quote(cursor)}").status, (path, cursor)


def test_that_a_report_of_any_number_is_read(hq: RunningHq, journal: Journal) -> None:
    cursor = journal.page().next_cursor
    for said in ("-1", "0", "9" * 18, "9" * 30, "x", "", "1.5", "\0", "٣"):
        for name in ("incarnation", "last_seq"):
            both = {"incarnation": "1", "last_seq": "0"} | {name: quote(said)}
            query = "&".join(f"{key}={value}" for key, value in both.items())
            assert 200 == journal.get(f"/changes?cursor={cursor}&{query}&{query}").status, query


def test_that_a_receipt_of_any_number_is_not_found(hq: RunningHq, journal: Journal) -> None:
    with without_effect(hq.engine):
        for number in ("%00", "a%00b", "%ff%fe", "%ed%a0%80", "..", "x" * 5_000, "%0d%0aX:1", "' OR 1=1", "🙈"):
            answer = journal.get(f"/receipts/{quote(number, safe='%')}")
            assert (404, "NOT_FOUND") == refusal(answer), number


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")
PATHS = (
    "/",
    "/v1",
    "/v1/enrolments",
    "/v1/terminals/x/batches",
    "/v1/terminals/x/holds/",
    "/n/x/y",
    "//n",
    "/n/",
    "/metrics",
)


def test_that_wrong_methods_and_paths_are_refused(hq: RunningHq, enrol: Enrol) -> None:
    with httpx.Client(base_url=hq.url) as client, without_effect(hq.engine):
        for method in METHODS:
            for path in PATHS:
                answer = client.request(method, path, content=b"x")
                assert answer.status_code in {400, 401, 404, 405}, (method, path, answer)
                if answer.content:
                    assert decode_message(answer.content, ErrorAnswer).code in {
                        "NOT_FOUND",
                        "UNAUTHENTICATED",
                        "MALFORMED",
                    }
    assert_alive(hq, enrol())


def test_that_the_type_of_a_body_opens_nothing(hq: RunningHq) -> None:
    types = ("", "text/plain", "multipart/form-data; boundary=x", "a" * 5_000, "application/x-tar")
    calls = (("/v1/enrolments", 401), ("/n", 404))
    with httpx.Client(base_url=hq.url) as client, without_effect(hq.engine):
        for (path, status), content_type, encoding in product(calls, types, ("gzip", "br", "identity", "x" * 500)):
            headers = {"Content-Type": content_type, "Content-Encoding": encoding}
            assert status == client.post(path, content=b"\x1f\x8b\x08", headers=headers).status_code, headers


HEADERS = (
    b"X: " + b"x" * 1_000_000,
    b"X: x\r\n" * 100_000,
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999999",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
    b"X\0: x",
    b"X: \xff\xfe\r\nAccept-Language: \xff\xfe",
    b"Accept-Language: " + b"en;q=0.1," * 5_000,
    b"X-Pos-Terminal: \xc2\xb2\r\nX-Pos-Time: \xb2",
    b"Connection: upgrade\r\nUpgrade: websocket",
    b"Expect: 100-continue\r\nContent-Length: 0",
)


@pytest.mark.expects_log("Invalid HTTP request", "Unsupported upgrade", "No supported WebSocket")
def test_that_hostile_headers_end_in_an_answer_or_nothing(hq: RunningHq) -> None:
    with httpx.Client(base_url=hq.url) as honest, without_effect(hq.engine):
        for lines in HEADERS:
            # Who is refused while still sending may see the connection break.
            with connect(hq) as connection, suppress(OSError):
                connection.sendall(b"POST /n HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                assert status_of(connection) in {0, 100, 400, 404, 408, 413, 431, 501}, lines[:80]
            assert 200 == honest.get("/n").status_code, lines[:80]
