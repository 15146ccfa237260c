import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import OperationalError
from uvicorn.server import ServerState

from hq import operate
from hq.apply import apply_inbox
from hq.booker import Booker
from hq.config import HqConfig
from hq.connections import timed_protocol
from hq.database import open_engine
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq, Serving, running
from hq.reports import totals
from hq.workers import uvicorn_config
from pos_app.errors import InputError, StorageError
from pos_app.protocol.events import encode_body
from pos_app.protocol.messages import BatchAnswer, PersonalRecord, VersionedField
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncReport
from pos_app.sync.worker import SyncWorker
from storage import accounts
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, accepted, enrolment, now_ms, refusal, sale
from tests.hq.postgres import new_database, opened
from tests.pos_app.sync.tills import opened_till


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_that_a_served_hq_books_by_itself(hq: RunningHq) -> None:
    with running(hq.engine) as serving:
        journal = Journal(serving.url, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        journal.upload(sale(account_ref="a", card="299", earned=5))
        wait_until(lambda: totals(hq.engine).sales == 1, "the sale never reached the ledger")
        journal.close()

    assert {"issued": -5, "available": 5} == totals(hq.engine).ledger_units


def test_that_the_totals_say_what_a_till_sold(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol(store_id="store-2")
    first.upload(sale(account_ref="a", card="299", earned=50), sale(amounts=(100,)))
    first.upload(sale(account_ref="a", card="299", burned=20, utc_ms=START_MS + 1))
    second.upload(sale(amounts=(7,)))
    waiting = totals(hq.engine)
    apply_inbox(hq.engine, now_ms=now_ms())
    booked = totals(hq.engine)

    assert (4, 0, 0) == (waiting.waiting_events, waiting.sales, waiting.sales_minor)
    assert [(1, "store-1", 3, 0, 3, 2600, 50, 20), (2, "store-2", 1, 0, 1, 7, 0, 0)] == [
        (
            till.terminal_number,
            till.store_id,
            till.received_events,
            till.waiting_events,
            till.sales,
            till.sales_minor,
            till.issued_units,
            till.burned_units,
        )
        for till in booked.terminals
    ]
    assert (4, 2607, 1, 0, 0, False) == (
        booked.sales,
        booked.sales_minor,
        booked.accounts,
        booked.open_tasks,
        booked.ledger_sum_units,
        booked.stored_balances_differ,
    )


@pytest.mark.expects_log("sync.no_programme_set")
def test_that_a_whole_shop_agrees(hq: RunningHq, tmp_path: Path) -> None:
    """A till's real database and its worker on one side, a second till on the other."""
    reports: list[SyncReport] = []
    with running(hq.engine) as serving, opened_till(tmp_path) as till:
        journal = Journal(serving.url, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        till.join(journal.enrolled)
        worker = SyncWorker(
            till.outbox,
            HqClient(serving.url, private_key=journal.private_key),
            report=reports.append,
            options=SyncOptions(batch_events_max=7, poll_ms=20),
        )
        second = Journal(serving.url, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        second.append(enrolment("a", "299"), sale(account_ref="a", card="299", earned=5))
        second.send(second.batch())
        second.send_personal(PersonalRecord("a", {"name": VersionedField("Ана", 1, 5)}))
        till.write(*[encode_body(sale()) for _ in range(20)])
        worker.start()
        wait_until(lambda: totals(hq.engine).sales == 21, "not every sale arrived")
        wait_until(lambda: till.outbox.identity().acked_seq == 20, "not every sale was acknowledged")
        find = accounts.find_by_card
        wait_until(lambda: find(till.database.reader(), "299") is not None, "the changes never came down")
        assert worker.stop()
        member = accounts.find_by_card(till.database.reader(), "299")
        journal.close()
        second.close()

    assert {None} == {report.problem for report in reports}
    assert 0 == reports[-1].waiting_events
    assert member is not None
    assert ("a", "Ана", "gold", 5) == (
        member.account_ref,
        member.name,
        member.card_class,
        sum(lot.remaining_units for lot in member.books.lots),
    )


def test_that_hq_runs_as_a_program_until_it_is_interrupted(tmp_path: Path) -> None:
    port, database_url = free_port(), f"sqlite:///{tmp_path}/hq.sqlite3"
    program = (
        f"from hq.operate import Serving, serve;serve({database_url!r}, Serving(port={port}, public_url='https://x/'))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is not None or _is_healthy(url), "HQ never came up")
        code = operate.create_enrolment_code(database_url, "store-1", store_name="Shop")
        journal = Journal(url, code)
        journal.upload(sale())
        journal.close()
        wait_until(lambda: operate.totals(database_url).sales == 1, "the sale never reached the ledger")
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)

    assert "https://x" == journal.enrolled.nps_url_base
    assert (0, b"") == (process.returncode, errors)
    operate.revoke(database_url, 1)
    with pytest.raises(InputError):
        operate.revoke(database_url, 2)


def test_that_a_restored_hq_gets_back_what_its_backup_lacks(tmp_path: Path) -> None:
    database_url, backup = f"sqlite:///{tmp_path}/hq.sqlite3", tmp_path / "backup.sqlite3"
    with opened(database_url) as engine:
        with running(engine) as serving:
            journal = Journal(serving.url, create_enrolment_code(engine, "store-1", now_ms=now_ms()))
            journal.upload(sale())
            with engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
            journal.upload(sale(), sale())
        journal.close()
    restored_url = f"sqlite:///{backup}"

    assert 2 == operate.declare_restored(restored_url)
    with opened(restored_url) as engine, running(engine) as serving:
        again = HqClient(serving.url, private_key=journal.private_key)
        journal.client = again
        journal.append(sale())
        assert (409, "GAP") == refusal(journal.send(journal.batch(4)))
        answer = accepted(journal.send(journal.batch(2)), BatchAnswer)
        again.close()
    assert (4, 2) == (answer.acked_seq, answer.hq_gen)


def test_that_hq_listens_on_ipv6(hq: RunningHq) -> None:
    with operate._listening("::1", 0) as listener:
        assert operate._url_of(listener).startswith("http://[::1]:")


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(url + "/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def test_that_a_connection_that_comes_as_headquarters_ends_does_not_hold_it_up() -> None:
    protocol = timed_protocol(head_timeout_s=60, connections_max=10)
    protocol.is_stopping = True
    config, state = uvicorn_config(lambda _scope, _receive, _send: None, HqConfig(public_url="")), ServerState()
    config.load()

    async def come() -> bytes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                return await asyncio.wait_for(reader.read(), 10)
            except ConnectionError:
                return b""
            finally:
                writer.close()

    assert (b"", set()) == (asyncio.run(come()), state.connections)


def test_that_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StorageError) as raised:
            operate.serve(f"sqlite:///{tmp_path}/hq.sqlite3", Serving(port=port))

    assert str(port) in raised.value.what


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("SELECT 1", None, Exception("gone")), "booker.database"),
        (RuntimeError("a defect of ours"), "booker.failed step=apply_inbox"),
    ],
)
def test_that_a_booker_outlives_a_database_that_is_away_and_a_defect(
    hq: RunningHq,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
) -> None:
    journal.upload(sale())
    connect = Engine.connect
    failures = iter([True, True])

    def sometimes(engine: Engine) -> Connection:
        if threading.current_thread().name == "booker" and next(failures, False):
            raise error
        return connect(engine)

    monkeypatch.setattr(Engine, "connect", sometimes)
    booker = Booker(hq.engine)
    booker.start()
    booker.wake()
    wait_until(lambda: totals(hq.engine).sales == 1, "the booker died")
    booker.stop()

    assert said in caplog.messages


def refused_database(database_url: str) -> StorageError:
    """What each of the commands says of this database: the same."""
    commands: list[Callable[[], object]] = [
        lambda: operate.totals(database_url),
        lambda: operate.create_enrolment_code(database_url, "store-1"),
        lambda: operate.serve(database_url, Serving(port=0)),
    ]
    said = []
    for command in commands:
        with pytest.raises(StorageError) as raised:
            command()
        said.append(raised.value)
    assert {"hq.database"} == {error.code for error in said}
    assert 1 == len({str(error) for error in said})
    return said[0]


def test_that_a_postgresql_that_is_down_is_said_in_words() -> None:
    error = refused_database(f"postgresql://pos@127.0.0.1:{free_port()}/pos")

    assert "refused" in error.what
    assert "\n" not in str(error)


def test_that_a_missing_folder_is_said_in_words(tmp_path: Path) -> None:
    error = refused_database(f"sqlite:///{tmp_path}/nowhere/hq.sqlite3")

    assert f"{tmp_path}/nowhere/hq.sqlite3" in error.what


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + b"x" * 5000])
def test_that_a_damaged_file_is_said_in_words_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "hq.sqlite3"
    path.write_bytes(damage)

    assert "not a database" in refused_database(f"sqlite:///{path}").what
    assert damage == path.read_bytes()


def test_that_damage_inside_the_file_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "hq.sqlite3"
    with opened(f"sqlite:///{path}"):
        pass
    pages = path.read_bytes()
    path.write_bytes(pages[:4096] + bytes(len(pages) - 4096))

    assert "malformed" in refused_database(f"sqlite:///{path}").what


def test_that_a_database_of_another_program_is_left_alone(tmp_path: Path, postgres_url: str) -> None:
    with opened_till(tmp_path) as till:
        till.found()
    with new_database(postgres_url) as theirs:
        engine = open_engine(theirs)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE theirs (id integer)")
        errors = [refused_database(f"sqlite:///{tmp_path}/till.sqlite3"), refused_database(theirs)]
        with engine.connect() as connection:
            assert ["theirs"] == inspect(connection).get_table_names()
        engine.dispose()

    assert ["another program" in error.what for error in errors] == [True, True]


def test_that_a_database_of_a_newer_hq_is_left_alone(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path}/hq.sqlite3"
    with opened(database_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert "newer" in refused_database(database_url).what


def test_that_tables_that_only_look_like_hqs_are_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "hq.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE headquarters (id integer)")
    engine.dispose()

    assert "already exists" in refused_database(f"sqlite:///{path}").what


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the data folder of a user to that user")
def test_that_only_its_user_may_read_hqs_file(tmp_path: Path) -> None:
    path = tmp_path / "hq.sqlite3"
    path.touch(mode=0o644)
    with opened(f"sqlite:///{path}"):
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}

    assert {"hq.sqlite3": 0o600, "hq.sqlite3-wal": 0o600, "hq.sqlite3-shm": 0o600} == files


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", ""])
def test_that_every_address_at_once_wants_a_public_one_for_receipts(tmp_path: Path, host: str) -> None:
    path = tmp_path / "hq.sqlite3"
    with pytest.raises(InputError) as raised:
        operate.serve(f"sqlite:///{path}", Serving(host=host, port=0))

    assert "--public-url" in raised.value.todo
    assert not path.exists()


def test_that_every_address_at_once_serves_with_a_public_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = []
    monkeypatch.setattr(operate, "_serve_on", lambda _engine, _listener, config: served.append(config.public_url))
    operate.serve(
        f"sqlite:///{tmp_path}/hq.sqlite3", Serving(host="0.0.0.0", port=0, public_url="http://192.168.1.10:8765")
    )

    assert ["http://192.168.1.10:8765"] == served


def test_that_a_host_that_cannot_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as raised:
        operate.serve(f"sqlite:///{tmp_path}/hq.sqlite3", Serving(host="256.1.1.1.", port=0))

    assert "256.1.1.1." in raised.value.what
