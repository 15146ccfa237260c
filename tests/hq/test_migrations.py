"""A database of the first version, as that version wrote it, comes up to date with all that is in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, select, text

import hq
from hq import tables
from hq.database import open_engine, prepare
from hq.operate import running
from hq.reports import totals
from tests.hq.journals import now_ms
from tests.hq.postgres import new_database

DUMP = Path(__file__).parent / "data" / "hq-0001.sql"


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The old database, on each kind."""
    path = tmp_path / "old.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(DUMP.read_text())
    connection.close()
    if request.param == "sqlite":
        with _opened(f"sqlite:///{path}") as engine:
            yield engine
    else:
        with new_database(request.getfixturevalue("postgres_url")) as url, _opened(url) as engine:
            _copy(path, engine)
            yield engine


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def _copy(path: Path, target: Engine) -> None:
    """The rows of the SQLite file in PostgreSQL's tables of the same version."""
    source = create_engine(f"sqlite:///{path}")
    with target.begin() as connection:
        _upgrade_to_first(connection)
        metadata = MetaData()
        metadata.reflect(connection)
        with source.connect() as old:
            for table in metadata.sorted_tables:
                columns = ", ".join(column.name for column in table.columns)
                rows = old.execute(text(f"SELECT {columns} FROM {table.name}")).mappings().all()
                if rows and table.name != "alembic_version":
                    connection.execute(table.insert(), [_as_typed(dict(row), table) for row in rows])
        connection.execute(text("SELECT setval('task_task_id_seq', 100)"))
    source.dispose()


def _as_typed(row: dict[str, object], table: object) -> dict[str, object]:
    return {
        name: bool(value) if str(table.c[name].type) == "BOOLEAN" else value  # type: ignore[attr-defined]
        for name, value in row.items()
    }


def _upgrade_to_first(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(hq.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


def test_that_everything_is_kept(old: Engine) -> None:
    prepare(old)

    figures = totals(old)
    assert [(1, 6, 3, 1, 3200, 500, 150, 20), (2, 3, 2, 0, 2500, 0, 12, 0)] == [
        (
            till.terminal_number,
            till.received_events,
            till.sales,
            till.returns,
            till.sales_minor,
            till.returns_minor,
            till.issued_units,
            till.burned_units,
        )
        for till in figures.terminals
    ]
    assert (0, False, {"available": 82, "issued": -102, "redeemed": 20}, 3, 1) == (
        figures.ledger_sum_units,
        figures.stored_balances_differ,
        figures.ledger_units,
        figures.accounts,
        figures.open_tasks,
    )


def test_that_the_new_tables_know_of_the_old_events(old: Engine) -> None:
    prepare(old)

    with old.connect() as connection:
        receipts = connection.execute(select(tables.receipt.c.receipt_number)).scalars().all()
        lines = connection.execute(select(tables.return_line)).all()
        booked = connection.execute(select(tables.booked_event)).all()
        reported = connection.execute(select(tables.terminal.c.reported_gen)).scalars().all()
        earlier = connection.execute(
            select(tables.terminal.c.earlier_events).order_by(tables.terminal.c.terminal_number)
        )
        assert [0, 2] == earlier.scalars().all()
    assert ["001-01-0000001", "001-01-0000002", "001-01-0000003", "001-01-0000004"] == sorted(
        number for number in receipts if number.startswith("001")
    )
    assert [(1, 500, 500, 83, 60, 0)] == [tuple(line)[2:] for line in lines]
    assert (7, {32}, [1, 1]) == (len(booked), {len(row.body_hash) for row in booked}, reported)


def test_that_changes_are_numbered_by_transactions_from_then_on(old: Engine) -> None:
    prepare(old)

    with old.connect() as connection:
        numbers = set(connection.execute(select(tables.account_region.c.change_no)).scalars())
    assert (old.dialect.name == "postgresql") == (len(numbers) == 1)


def test_that_what_was_one_chain_is_one_region(old: Engine) -> None:
    prepare(old)

    account, known = tables.account.c, tables.account_region.c
    with old.connect() as connection:
        accounts = connection.execute(select(account.account_ref, account.regions).order_by(account.account_ref)).all()
        rows = connection.execute(select(known.account_ref, known.region).order_by(known.account_ref)).all()
        stores = set(connection.execute(select(tables.store.c.region)).scalars())
    assert 3 <= len(accounts)
    assert (accounts, {"main"}, {"main"}) == (rows, {row.region for row in rows}, stores)


def test_that_it_serves_again(old: Engine) -> None:
    prepare(old)
    with running(old, books=False) as serving, old.connect() as connection:
        assert serving.url
        assert now_ms() > connection.execute(select(tables.terminal.c.enrolled_at_ms).limit(1)).scalar_one()
