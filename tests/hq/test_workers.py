import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from hq.config import HqConfig
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq, Serving, running, serve
from hq.reports import totals
from pos_app.errors import InputError
from pos_app.protocol.messages import BatchAnswer
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, accepted, now_ms, refusal, sale
from tests.hq.ledgers import book
from tests.hq.postgres import new_database, opened
from tests.hq.test_operate import free_port, wait_until

TILLS = 4
SALES = 60


@contextmanager
def serving(database_url: str, port: int, metrics_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """HQ as a program of several processes."""
    program = (
        "from hq.operate import Serving, serve\n"
        "if __name__ == '__main__':\n"
        f"    serve({database_url!r}, Serving(port={port}, workers=2, appliers=1, metrics_port={metrics_port}))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM")
def test_that_several_processes_serve_and_book_together(postgres_url: str) -> None:
    with new_database(postgres_url) as url, opened(url) as engine:
        port, metrics_port = free_port(), free_port()
        with serving(url, port, metrics_port) as process:
            base = f"http://127.0.0.1:{port}"
            wait_until(lambda: process.poll() is not None or is_healthy(base), "HQ never came up")
            codes = [create_enrolment_code(engine, "store-1", now_ms=now_ms()) for _ in range(TILLS)]
            tills = [Journal(base, code) for code in codes]
            with ThreadPoolExecutor(TILLS) as senders:
                assert [SALES] * TILLS == list(senders.map(sell, tills))
            wait_until(lambda: totals(engine).waiting_events == 0, "not everything was booked")
            figures = totals(engine)
            counted = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics").text
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
            for till in tills:
                till.close()

    assert (0, b"") == (process.returncode, errors)
    assert (TILLS * SALES, {"issued": -TILLS * SALES, "available": TILLS * SALES}) == (
        figures.sales,
        figures.ledger_units,
    )
    assert f'pos_hq_events_total{{outcome="accepted"}} {TILLS * SALES}.0' in counted


def sell(till: Journal) -> int:
    """Sales to the same few members as at the other tills, a few a batch."""
    till.append(*[sale(account_ref=f"a{number % 3}", card=f"29{number % 3}", earned=1) for number in range(SALES)])
    for first in range(1, SALES, 10):
        acked = accepted(till.send(till.batch(first, first + 9)), BatchAnswer).acked_seq
    return acked


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(url + "/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def test_that_sqlite_is_for_one_process() -> None:
    with pytest.raises(InputError, match="one program"):
        serve("sqlite:///nowhere.sqlite3", Serving(appliers=2))


def test_that_tills_come_later_while_too_much_waits(hq: RunningHq, enrol: Enrol) -> None:
    first = enrol()
    first.upload(sale(), sale(), sale())
    with running(hq.engine, config=HqConfig(public_url="", backlog_events_max=2), books=False) as small:
        second = Journal(small.url, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        second.append(sale())
        refused = second.send(second.batch())
        still_read = second.changes().status
        second.close()
    book(hq)
    with running(hq.engine, config=HqConfig(public_url="", backlog_events_max=2), books=False) as small:
        again = Journal(small.url, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        again.append(sale())
        taken = again.send(again.batch()).status
        again.close()

    assert ((429, "BUSY"), "30", 200, 200) == (refusal(refused), refused.retry_after, still_read, taken)
