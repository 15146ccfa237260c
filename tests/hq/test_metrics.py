import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from hq import tables
from hq.backup import begin_generation
from hq.metrics import read_figures, serve_metrics
from hq.operate import RunningHq
from tests.hq.journals import Journal, now_ms, sale
from tests.hq.ledgers import book


def figures(hq: RunningHq, *, at_ms: int | None = None) -> dict[str, float]:
    """Each sample by its name and labels."""
    with hq.engine.connect() as connection:
        found = list(read_figures(connection, now_ms=at_ms or now_ms()))
    return {
        "/".join([sample.name.removeprefix("pos_hq_"), *sample.labels.values()]): sample.value
        for metric in found
        for sample in metric.samples
    }


def test_that_the_figures_follow_the_events(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=5), sale(account_ref="a", card="299", burned=9), b"rubbish")
    waiting = figures(hq, at_ms=now_ms() + 60_000)
    book(hq)
    booked = figures(hq)

    assert (3, 3) == (waiting["events_received_total"], waiting["events_waiting"])
    assert 59 <= waiting["oldest_waiting_seconds"] <= 120
    assert (0, 0, 1) == (booked["events_waiting"], booked["oldest_waiting_seconds"], booked["open_tasks/unreadable"])
    assert (1, 0, 0) == (booked["tills/1h"], booked["clock_drift_tills"], booked["restoring_tills"])
    assert 4 == sum(value for name, value in booked.items() if name.startswith("overdraft_units/"))


def test_that_silent_tills_and_wrong_clocks_are_counted(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale())
    with hq.engine.begin() as connection:
        connection.execute(
            update(tables.terminal).values(clock_drift_ms=-300_001, last_contact_ms=now_ms() - 90_000_000)
        )
    begin_generation(hq.engine)

    counted = figures(hq)
    assert (1, 1, 1) == (counted["tills/72h"], counted["clock_drift_tills"], counted["restoring_tills"])


@pytest.fixture
def port(hq: RunningHq) -> Iterator[int]:
    server = serve_metrics(hq.engine, port=0)
    yield server.port
    server.stop()


def test_that_prometheus_can_ask(hq: RunningHq, journal: Journal, port: int) -> None:
    journal.upload(sale())
    assert 404 == httpx.get(hq.url + "/metrics").status_code, "not where tills and customers are served"
    text = _until_counted(port)

    families = {family.name: family for family in text_string_to_metric_families(text)}
    routes = {sample.labels["route"] for sample in families["pos_hq_http_requests"].samples}
    assert "/v1/terminals/{terminal_id}/batches" in routes
    assert "other" in routes
    assert {"pos_hq_http_seconds", "pos_hq_events", "pos_hq_events_waiting"} <= families.keys()
    assert journal.terminal_id not in text


def _until_counted(port: int) -> str:
    """A request is counted once its answer is out, which is a moment after it was read."""
    deadline_s = time.monotonic() + 10
    while 'status="404"' not in (text := httpx.get(f"http://127.0.0.1:{port}/metrics").text):
        assert time.monotonic() < deadline_s
    return text
