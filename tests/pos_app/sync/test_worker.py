import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos_app.sync.client import HqClient
from pos_app.sync.decisions import Problem
from pos_app.sync.rounds import SyncOptions, SyncReport
from pos_app.sync.worker import SyncWorker
from tests.pos_app.sync.servers import Script, Server, answer, raw, serving
from tests.pos_app.sync.test_rounds import KEY, NOTHING_CHANGED, acked, sequences
from tests.pos_app.sync.tills import Till, opened_till

WAIT_S = 10


class Working:
    """A worker at work, and the reports that it made."""

    def __init__(self, till: Till, server: Server, *, poll_ms: int) -> None:
        self.server = server
        self.reports: queue.Queue[SyncReport] = queue.Queue()
        self.worker = SyncWorker(
            till.outbox,
            HqClient(server.url, private_key=KEY),
            report=self.reports.put,
            options=SyncOptions(poll_ms=poll_ms),
            fraction=lambda: 0.999,
        )

    def next_report(self) -> SyncReport:
        return self.reports.get(timeout=WAIT_S)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with opened_till(tmp_path) as opened:
        opened.follow("1.1")
        yield opened


@contextmanager
def working(till: Till, *scripts: Script, poll_ms: int = 60_000) -> Iterator[Working]:
    with serving(*scripts) as server:
        at_work = Working(till, server, poll_ms=poll_ms)
        at_work.worker.start()
        try:
            yield at_work
        finally:
            assert at_work.worker.stop(timeout_s=WAIT_S)


def test_that_a_sale_wakes_the_worker(till: Till) -> None:
    with working(till, NOTHING_CHANGED, acked(1), NOTHING_CHANGED) as at_work:
        assert 0 == at_work.next_report().waiting_events
        till.write(b"1")
        at_work.worker.wake()
        report = at_work.next_report()

    assert (0, None) == (report.waiting_events, report.problem)
    assert [(1, 1)] == sequences(at_work.server)


def test_that_the_worker_looks_for_changes_by_itself(till: Till) -> None:
    with working(till, NOTHING_CHANGED, poll_ms=1) as at_work:
        reports = [at_work.next_report() for _ in range(3)]

    assert [None] * 3 == [report.problem for report in reports]


def test_that_a_sale_does_not_cut_a_back_off_short(till: Till) -> None:
    with working(till, raw(b"")) as at_work:
        assert Problem.UNREACHABLE == at_work.next_report().problem
        till.write(b"1")
        at_work.worker.wake()
        with pytest.raises(queue.Empty):
            at_work.reports.get(timeout=0.3)

    assert 1 == len(at_work.server.requests)


def test_that_stopping_does_not_wait_for_a_back_off(till: Till) -> None:
    with working(till, answer(503, b"", Retry_After="3000")) as at_work:
        assert 3_000_000 == at_work.next_report().wait_ms


def test_that_a_worker_that_hangs_in_a_call_says_so(till: Till) -> None:
    asked, released = threading.Event(), threading.Event()

    def hang(_connection: object) -> None:
        asked.set()
        released.wait(WAIT_S)

    with working(till, hang) as at_work:
        assert asked.wait(WAIT_S)
        assert not at_work.worker.stop(timeout_s=0.01)
        released.set()
