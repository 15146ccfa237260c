import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from sqlalchemy import Engine

from hq.config import HqConfig
from hq.operate import RunningHq, running
from pos_app.protocol.messages import REQUEST_BYTES_MAX
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal
from tests.hq.postgres import empty


@pytest.fixture
def small(hq: RunningHq) -> Iterator[RunningHq]:
    """The same HQ behind tight limits."""
    config = HqConfig(public_url="", requests_max=2, bodies_max=2, body_timeout_s=0.9)
    with running(hq.engine, config=config, books=False) as serving:
        yield serving


def connect(hq: RunningHq) -> socket.socket:
    host, port = hq.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def head(length: int) -> bytes:
    return b"POST /n HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(65536).split(b" ")[1])


def test_that_health_is_told(hq: RunningHq) -> None:
    answer = httpx.get(hq.url + "/v1/health")

    assert (200, {"status": "ok"}) == (answer.status_code, answer.json())


def test_that_a_sender_that_dawdles_is_hung_up_on(small: RunningHq) -> None:
    with connect(small) as connection:
        connection.sendall(head(100) + b"code=")
        assert 408 == status_of(connection)


def test_that_a_sender_that_hangs_up_leaves_no_trace(small: RunningHq, caplog: pytest.LogCaptureFixture) -> None:
    with connect(small) as connection:
        connection.sendall(head(100) + b"code=")
    while httpx.get(small.url + "/n").status_code != 200:
        pass

    assert "Traceback" not in caplog.text


def test_that_senders_that_dawdle_keep_nobody_out(small: RunningHq) -> None:
    with connect(small) as first, connect(small) as second:
        for connection in (first, second):
            connection.sendall(head(100) + b"code=")
        answers = [httpx.post(small.url + "/n", data={"code": "x"}).status_code for _ in range(4)]
        assert [408, 408] == [status_of(first), status_of(second)]

    assert [404] * 4 == answers


@pytest.mark.parametrize("declared", [True, False])
def test_that_a_request_is_refused_at_its_limit(hq: RunningHq, declared: bool) -> None:
    body = b"x" * (REQUEST_BYTES_MAX + 1)
    parts = iter([body[:1000], body[1000:]])

    answer = httpx.post(hq.url + "/v1/enrolments", content=body if declared else parts)

    assert 413 == answer.status_code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/v1/terminals//changes", 404),
        ("PUT", "/n", 405),
        ("GET", "/v1/enrolments", 405),
        ("GET", "/static/../hq/app.py", 404),
    ],
)
def test_that_other_addresses_are_not_found(hq: RunningHq, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, hq.url + path)

    assert (status, "NOT_FOUND") == (answer.status_code, answer.json()["code"])


@pytest.mark.expects_log("Invalid HTTP request")
def test_that_a_request_that_is_no_http_is_dropped(hq: RunningHq) -> None:
    for content in (b"\0\1\2\3\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /n HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with connect(hq) as connection:
            connection.sendall(content)
            assert status_of(connection) in {400, 404}
    assert 200 == httpx.get(hq.url + "/v1/health").status_code


def test_that_a_crowd_of_tills_is_served_in_the_end(hq: RunningHq, enrol: Enrol) -> None:
    journals: list[Journal] = [enrol() for _ in range(12)]
    started = threading.Barrier(12)

    def ask(journal: Journal) -> int:
        started.wait(10)
        return journal.changes().status

    with ThreadPoolExecutor(12) as crowd:
        assert {200} == set(crowd.map(ask, journals))


def test_that_a_database_that_is_away_is_said_to_be_busy(
    hq: RunningHq, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_engine: Engine) -> None:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("SELECT 1", None, Exception("the server closed the connection"))

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "connect", away)
        answer = httpx.get(hq.url + "/v1/health")

    assert (503, "5", "BUSY") == (answer.status_code, answer.headers["retry-after"], answer.json()["code"])
    assert ["hq.database kind=OperationalError"] == [r.message for r in caplog.records if r.name == "hq.app"]


@pytest.mark.expects_log("hq.database")
def test_that_hq_recovers_when_its_database_comes_back(postgres_hq: RunningHq) -> None:
    empty(postgres_hq.engine)
    assert 200 == httpx.get(postgres_hq.url + "/v1/health").status_code
    name = postgres_hq.engine.url.database
    with psycopg.connect(
        postgres_hq.engine.url.set(database="postgres", drivername="postgresql").render_as_string(False)
    ) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))

    statuses = [httpx.get(postgres_hq.url + "/v1/health").status_code for _ in range(20)]
    assert 503 in statuses
    assert 200 == statuses[-1]
    assert {200, 503} == set(statuses)
