"""Senders that take their time, one and many."""

import select
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
