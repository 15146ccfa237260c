import re
import sqlite3
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from hq import tables
from hq.apply import apply_inbox
from hq.backup import back_up, restore, verify
from hq.database import open_engine
from hq.operate import RunningHq, running
from hq.reports import totals
from pos_app.errors import StorageError
from pos_app.protocol.messages import BatchAnswer, PersonalRecord, VersionedField
from pos_app.sync.client import HqClient
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, accepted, enrolment, now_ms, refusal, sale
from tests.hq.ledgers import LATER_MS
from tests.hq.postgres import new_database


def filled(hq: RunningHq, journal: Journal) -> None:
    journal.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=12), sale(), b"rubbish")
    journal.send_personal(PersonalRecord("a", {"name": VersionedField("Ана \t\\ \n", 1, START_MS)}))
    apply_inbox(hq.engine, now_ms=LATER_MS)


@contextmanager
def another(hq: RunningHq, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of the same kind."""
    if hq.engine.dialect.name == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path}/restored.sqlite3")
        yield engine
        engine.dispose()
        return
    server = hq.engine.url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with new_database(server) as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


def durable(hq: RunningHq) -> list[int]:
    terminal = tables.terminal.c
    with hq.engine.connect() as connection:
        return list(connection.execute(select(terminal.durable_seq).order_by(terminal.terminal_number)).scalars())


def test_that_only_a_backup_that_was_read_back_makes_events_durable(
    hq: RunningHq, journal: Journal, enrol: Enrol, tmp_path: Path
) -> None:
    enrol()
    filled(hq, journal)
    path = back_up(hq.engine, tmp_path, now_ms=now_ms())
    before = durable(hq)
    journal.upload(sale())
    verified = verify(hq.engine, path, now_ms=now_ms())

    assert ([0, 0], [4, 0]) == (before, durable(hq))
    assert (2, 4) == (verified.tills, verified.events)
    assert 4 == accepted(journal.send(journal.batch()), BatchAnswer).durable_seq
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    with hq.engine.connect() as connection:
        assert [4] == connection.execute(select(tables.backup.c.events)).scalars().all()


def test_that_a_chain_with_dropped_bodies_still_verifies(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    filled(hq, journal)
    with hq.engine.begin() as connection:
        connection.execute(update(tables.inbox).where(tables.inbox.c.seq <= 2).values(body=None))

    assert 4 == verify(hq.engine, back_up(hq.engine, tmp_path, now_ms=now_ms()), now_ms=now_ms()).events


def break_chain(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(tables.inbox).where(tables.inbox.c.seq == 3).values(body=b"{}"))


def cut_chain(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(tables.inbox.delete().where(tables.inbox.c.seq == 4))


def unbalance(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(tables.balance).where(tables.balance.c.kind == "available").values(units=13))


@pytest.mark.parametrize("damage", [break_chain, cut_chain, unbalance])
def test_that_a_backup_that_is_not_sound_makes_nothing_durable(
    hq: RunningHq, journal: Journal, tmp_path: Path, damage: Callable[[Engine], None]
) -> None:
    filled(hq, journal)
    damage(hq.engine)
    path = back_up(hq.engine, tmp_path, now_ms=now_ms())

    with pytest.raises(StorageError):
        verify(hq.engine, path, now_ms=now_ms())
    assert [0] == durable(hq)


def test_that_a_damaged_file_is_refused(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    filled(hq, journal)
    path = back_up(hq.engine, tmp_path, now_ms=now_ms())
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes(byte ^ 1 for byte in content[middle : middle + 40]) + content[middle + 40 :]
    if path.suffix == ".sqlite3":
        # A body: the database's own check would not see it.
        flipped = content.replace(b'"kind":"sale"', b'"kind":"sole"')
    for damaged in (content[:middle], b"rubbish", flipped):
        path.write_bytes(damaged)
        with pytest.raises(StorageError):
            verify(hq.engine, path, now_ms=now_ms())
    assert [0] == durable(hq)


def test_that_a_backup_of_before_a_restore_makes_nothing_durable(
    hq: RunningHq, journal: Journal, tmp_path: Path
) -> None:
    filled(hq, journal)
    path = back_up(hq.engine, tmp_path, now_ms=now_ms())
    with hq.engine.begin() as connection:
        connection.execute(update(tables.headquarters).values(hq_gen=2))

    with pytest.raises(StorageError, match="another headquarters"):
        verify(hq.engine, path, now_ms=now_ms())


def test_that_yesterdays_backup_loses_nothing_in_the_end(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    filled(hq, journal)
    path = back_up(hq.engine, tmp_path, now_ms=now_ms())
    journal.upload(sale(account_ref="a", card="299", earned=30), sale())
    apply_inbox(hq.engine, now_ms=LATER_MS)
    before = totals(hq.engine)
    with another(hq, tmp_path) as engine:
        assert 2 == restore(engine, path)
        with running(engine, books=False) as serving:
            again = HqClient(serving.url, private_key=journal.private_key)
            journal.client.close()
            journal.client = again
            journal.append(sale())
            assert (409, "GAP") == refusal(journal.send(journal.batch(7)))
            answer = accepted(journal.send(journal.batch(5)), BatchAnswer)
            apply_inbox(engine, now_ms=LATER_MS)
            page = journal.snapshot()
            assert ["a"] == [state.account_ref for state in page.accounts]
            assert "Ана \t\\ \n" == page.personal[0].fields["name"].value
            assert journal.page("1.5.z.").restart
            journal.upload(sale(account_ref="a", card="299", earned=1))
            apply_inbox(engine, now_ms=LATER_MS)
            assert ["a"] == [state.account_ref for state in journal.page(page.changes_cursor).accounts]
        after = totals(engine)

    assert (7, 2) == (answer.acked_seq, answer.hq_gen)
    assert (before.sales + 2, before.ledger_units["available"] + 1) == (after.sales, after.ledger_units["available"])
    assert not after.stored_balances_differ


def test_that_nothing_is_restored_over_tills(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    filled(hq, journal)
    path = back_up(hq.engine, tmp_path, now_ms=now_ms())

    with pytest.raises(StorageError, match="tills in it"):
        restore(hq.engine, path)
    assert 2 == totals(hq.engine).sales


def test_that_a_backup_that_cannot_be_written_leaves_nothing_behind(hq: RunningHq, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError):
        back_up(hq.engine, tmp_path / "file" / "folder", now_ms=now_ms())


def test_that_a_backup_of_another_version_is_refused(postgres_hq: RunningHq, tmp_path: Path) -> None:
    path = back_up(postgres_hq.engine, tmp_path, now_ms=now_ms())
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in content.items():
            archive.writestr(name, re.sub(rb'"revision":"[0-9]+"', b'"revision":"9999"', body))

    with pytest.raises(StorageError, match="9999"):
        verify(postgres_hq.engine, path, now_ms=now_ms())


def test_that_an_sqlite_backup_opens_by_itself(sqlite_hq: RunningHq, tmp_path: Path) -> None:
    path = back_up(sqlite_hq.engine, tmp_path, now_ms=now_ms())

    with sqlite3.connect(path) as connection:
        assert ("ok",) == connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
