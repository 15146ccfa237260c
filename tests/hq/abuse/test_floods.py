"""More than HQ can do at once."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from hq.config import HqConfig
from hq.operate import RunningHq, running
from pos_app.sync.client import HqClient
from tests.hq.abuse.digests import without_effect
from tests.hq.abuse.senders import until
from tests.hq.journals import Journal, sale
from tests.hq.test_nps import token_of

_AT_ONCE = 4


@pytest.fixture
def narrow(hq: RunningHq) -> Iterator[RunningHq]:
    """HQ that serves four requests at once."""
    config = HqConfig(public_url="", requests_max=_AT_ONCE)
    with running(hq.engine, config=config, books=False) as serving:
        yield serving


@contextmanager
def database_held(hq: RunningHq) -> Iterator[None]:
    """Whoever wants to read a till waits until the block ends."""
    with hq.engine.begin() as connection:
        if hq.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE terminal IN ACCESS EXCLUSIVE MODE")
        yield


def _is_served(answer: httpx.Response) -> bool:
    return answer.status_code != 429


def test_that_a_flood_is_refused_at_once_and_the_rest_is_served(narrow: RunningHq, journal: Journal) -> None:
    path = f"{narrow.url}/n/{token_of(journal)}"
    with ThreadPoolExecutor(_AT_ONCE) as crowd, database_held(narrow):
        served = [crowd.submit(until, lambda: httpx.get(path, timeout=30), _is_served) for _ in range(_AT_ONCE)]
        with httpx.Client() as client:
            refused = until(lambda: client.get(narrow.url + "/n"), lambda answer: answer.status_code == 429)
            began_s = time.monotonic()
            flood = [client.post(path, data={"score": "1"}) for _ in range(20)]
            took_s = time.monotonic() - began_s
    assert [200] * _AT_ONCE == [answer.result().status_code for answer in served]
    assert ({429}, "1", "BUSY") == (
        {answer.status_code for answer in flood},
        refused.headers["retry-after"],
        json.loads(refused.content)["code"],
    )
    assert took_s < 5
    assert [200] * 8 == [httpx.get(path).status_code for _ in range(8)]


def test_that_tills_get_through_a_flood_by_coming_again(narrow: RunningHq, journal: Journal) -> None:
    journal.append(sale())
    over = threading.Event()

    def flood() -> set[int]:
        with httpx.Client(base_url=narrow.url, timeout=30) as client:
            return {client.get(f"/n/{token_of(journal)}").status_code for _ in iter(over.is_set, True)}

    with ThreadPoolExecutor(6) as crowd, HqClient(narrow.url, private_key=journal.private_key) as client:
        kept, journal.client = journal.client, client
        floods = [crowd.submit(flood) for _ in range(6)]
        answers = [until(lambda: journal.send(journal.batch()).status, lambda status: status == 200) for _ in range(5)]
        over.set()
        journal.client = kept

    assert [200] * 5 == answers
    assert {200, 429} >= set().union(*(one.result() for one in floods))


def test_that_a_long_queue_is_left_to_be_booked_first(hq: RunningHq, journal: Journal) -> None:
    config = HqConfig(public_url="", backlog_events_max=2)
    journal.upload(sale(), sale(), sale())
    journal.append(sale())
    with (
        running(hq.engine, config=config, books=False) as full,
        HqClient(full.url, private_key=journal.private_key) as client,
        without_effect(hq.engine),
    ):
        kept, journal.client = journal.client, client
        answers = [journal.send(journal.batch()) for _ in range(3)]
        journal.client = kept

    assert {(429, "30")} == {(answer.status, answer.retry_after) for answer in answers}
