"""Senders that take their time, one and many."""

import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from hq.config import HqConfig
from hq.operate import RunningHq, running
from pos_app.sync.client import HqClient
from tests.hq.abuse.digests import without_effect
from tests.hq.abuse.senders import connect, dawdling, head, status_of, until
from tests.hq.journals import Journal, sale


@pytest.fixture
def short(hq: RunningHq) -> Iterator[RunningHq]:
    """HQ with little patience and room for eight bodies."""
    config = HqConfig(public_url="", requests_max=8, bodies_max=8, body_timeout_s=1.0, head_timeout_s=0.5)
    with running(hq.engine, config=config, books=False) as serving:
        yield serving


def test_that_a_body_byte_by_byte_ends_by_the_deadline(short: RunningHq) -> None:
    with connect(short) as sender, without_effect(short.engine):
        began_s = time.monotonic()
        sender.sendall(head(10_000))
        while not select.select([sender], [], [], 0.05)[0]:
            sender.sendall(b"x")
        assert 408 == status_of(sender)
        assert 0.7 < time.monotonic() - began_s < 6


def test_that_a_head_byte_by_byte_is_hung_up_on(short: RunningHq) -> None:
    with connect(short) as silent, connect(short) as sender:
        began_s = time.monotonic()
        with suppress(ConnectionError):
            for byte in b"POST /n HTTP/1.1\r\nX: " + b"x" * 1_000:
                sender.sendall(bytes([byte]))
                if select.select([sender], [], [], 0.05)[0]:
                    break
        with suppress(ConnectionError):
            assert 0 == status_of(sender)
        assert 0 == status_of(silent)
        assert time.monotonic() - began_s < 6


def test_that_a_body_that_nobody_waits_for_is_hung_up_on(short: RunningHq) -> None:
    with connect(short) as sender:
        sender.sendall(head(3_000_000))
        assert 413 == status_of(sender)
        answered = b"?"
        with suppress(ConnectionError):
            while answered:
                sender.sendall(b"x")
                if select.select([sender], [], [], 0.05)[0]:
                    answered = sender.recv(65536)


def test_that_many_slow_senders_keep_no_honest_till_out(short: RunningHq, journal: Journal) -> None:
    journal.append(sale())
    with HqClient(short.url, private_key=journal.private_key) as client, dawdling(short, 8) as senders:
        journal.client, kept = client, journal.client
        until(lambda: httpx.post(short.url + "/n", content=b"code=x").status_code, lambda status: status == 404)
        began_s = time.monotonic()
        statuses = [journal.send(journal.batch()).status for _ in range(8)]
        took_s = time.monotonic() - began_s
        journal.client = kept
        given_up = [status_of(sender) for sender in senders]

    assert ([200] * 8, [408] * 8) == (statuses, given_up)
    assert took_s < 2


@pytest.fixture
def crowded(hq: RunningHq) -> Iterator[RunningHq]:
    """HQ with room for three connections."""
    with running(hq.engine, config=HqConfig(public_url="", connections_max=3), books=False) as serving:
        yield serving


def ask_health(connection: socket.socket) -> int:
    """The status of an answer on a connection that stays."""
    connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
    said = b""
    while not said.endswith(b"}"):
        part = connection.recv(65536)
        if not part:
            return 0
        said += part
    return int(said.split(b" ")[1])


def test_that_whoever_has_asked_nothing_the_longest_makes_room_for_a_connection(crowded: RunningHq) -> None:
    with connect(crowded) as first, connect(crowded) as second, connect(crowded) as third:
        assert [200] * 3 == [ask_health(one) for one in (second, third, first)]
        with connect(crowded) as fourth, connect(crowded) as fifth:
            assert [200, 200] == [ask_health(fourth), ask_health(fifth)]
            for gone in (second, third):
                with suppress(ConnectionError):
                    assert 0 == ask_health(gone)
            assert 200 == ask_health(first)


def test_that_no_request_on_its_way_is_cut_off_for_another_connection(crowded: RunningHq) -> None:
    with connect(crowded) as first, connect(crowded) as second, connect(crowded) as third:
        for sender in (first, second, third):
            sender.sendall(b"POST /n HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n")
            assert 100 == status_of(sender)
        assert 0 == knocked(crowded)
        for sender in (first, second, third):
            sender.sendall(b"code=x")
            assert 404 == status_of(sender)
        assert 200 == until(lambda: knocked(crowded), bool)


def knocked(hq: RunningHq) -> int:
    """What a new connection is answered, 0 where it is hung up on."""
    try:
        with connect(hq) as connection:
            return ask_health(connection)
    except ConnectionError:
        return 0


def test_that_a_process_asks_for_the_files_that_its_connections_need() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    asked = (
        "import resource; from hq.connections import connections_possible as possible;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 1_000));"
        "print(possible(10), possible(100), possible(5_000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=60).stdout
    assert "10 100 744 1000" == told.strip()
    assert before == resource.getrlimit(resource.RLIMIT_NOFILE)


def test_that_who_reads_no_body_is_served_whoever_dawdles(short: RunningHq) -> None:
    with dawdling(short, 40):
        assert [200] * 3 == [httpx.get(short.url + "/n").status_code for _ in range(3)]


def test_that_the_slowest_makes_room(short: RunningHq) -> None:
    with dawdling(short, 7), connect(short) as honest:
        honest.sendall(head(10_000) + b"x" * 9_000)
        statuses = until(
            lambda: httpx.post(short.url + "/n", content=b"code=x").status_code, lambda status: status == 404
        )
        honest.sendall(b"x" * 1_000)
        assert (404, 404) == (statuses, status_of(honest))
