"""Databases of older versions, as those versions wrote them, come up to date with all that is in them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, select, text

import hq
from hq import partitions, tables
from hq.database import open_engine, prepare
from hq.operate import running
from hq.reports import totals
from pos_app.protocol.messages import ChangesPage
from pos_app.sync.client import HqClient
from tests.hq.journals import DAY_MS, START_MS, accepted, now_ms, sale
from tests.hq.postgres import new_database
from tests.hq.tills import Till, book_all, rows, task_codes, units

DATA = Path(__file__).parent / "data"
CURSOR = "1.6.a.Yg"
"""How far the second till of the database of version 0002 had read its changes."""
TILL = "3b95469a-eea1-46eb-a6e3-361bb7292468"
TILL_KEY = bytes.fromhex("322807602aceb12cd91c3cd81853066bd683ef4995e8501b454ab66d86b6d994")


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The database of the first version, on each kind."""
    with _kept("0001", request, tmp_path) as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgresql"])
def second(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The database of the version before regions, on each kind."""
    with _kept("0002", request, tmp_path) as engine:
        yield engine


@contextmanager
def _kept(version: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    path = folder / "old.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript((DATA / f"hq-{version}.sql").read_text())
    connection.close()
    if request.param == "sqlite":
        with _opened(f"sqlite:///{path}") as engine:
            yield engine
    else:
        with new_database(request.getfixturevalue("postgres_url")) as url, _opened(url) as engine:
            _copy(path, engine, version)
            yield engine


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def _copy(path: Path, target: Engine, version: str) -> None:
    """The rows of the SQLite file in PostgreSQL's tables of the same version."""
    source = create_engine(f"sqlite:///{path}")
    with target.begin() as connection:
        _upgrade_to(version, connection)
        if version != "0001":
            partitions.make_ahead(connection, today=date(2026, 1, 1), of=("sale", "payment", "award"))
        with source.connect() as old:
            names = inspect(old).get_table_names()
            metadata = MetaData()
            metadata.reflect(connection, only=names)
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


def _upgrade_to(version: str, connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(hq.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


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


def changes_of_the_second_till(url: str, cursor: str) -> ChangesPage:
    client = HqClient(url, private_key=TILL_KEY)
    path = f"/v1/terminals/{TILL}/changes?cursor={cursor}"
    page = accepted(client.call("GET", path, terminal_id=TILL, time_ms=now_ms()), ChangesPage)
    client.close()
    return page


def test_that_a_till_goes_on_from_its_cursor_when_regions_came(second: Engine) -> None:
    prepare(second)

    with running(second, books=False) as serving:
        page = changes_of_the_second_till(serving.url, CURSOR)
        begun_anew = changes_of_the_second_till(serving.url, "")
        assert () == changes_of_the_second_till(serving.url, page.next_cursor).accounts
    states = {state.account_ref: state for state in page.accounts}
    assert (False, False, ["a", "c", "d"]) == (page.restart, page.more, sorted(states))
    assert ({"shop": 2}, 3) == (states["c"].held_units, states["a"].receipts_count)
    assert [("a", {"name", "phone"})] == [(record.account_ref, set(record.fields)) for record in page.personal]
    assert (("d",), ["a", "b", "c", "d"]) == (page.erased, sorted(state.account_ref for state in begun_anew.accounts))


def counted(engine: Engine) -> dict[str, int]:
    """How many rows those tables have that both versions know."""
    names = ["account", "card", "entry", "lot", "lease", "hold", "inbox", "sale", "award", "return_line", "task"]
    with engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one() for name in names}


def test_that_nothing_of_the_version_before_regions_is_lost(second: Engine) -> None:
    before = counted(second)
    prepare(second)

    figures = totals(second)
    assert (before, True) == (counted(second), all(before.values()))
    assert (0, False, {"available": 60, "issued": -115, "leased": 35, "redeemed": 20}, 4) == (
        figures.ledger_sum_units,
        figures.stored_balances_differ,
        figures.ledger_units,
        figures.accounts,
    )
    assert ["replay_set_missing"] * 4 + ["unreadable"] == sorted(task_codes(second))
    assert [("a", "main"), ("b", "main"), ("c", "main"), ("d", "main")] == rows(
        second, "account", "account_ref", "regions"
    )
    assert [("store-1", "main"), ("store-2", "main")] == rows(second, "store", "store_id", "region")


def test_that_it_books_on_when_regions_came(second: Engine) -> None:
    prepare(second)
    till = Till(second, 3)
    till.book(sale(account_ref="c", card="301", earned=7, utc_ms=START_MS + DAY_MS))
    book_all(second)

    owned = units(second, "c")
    assert (-12, 12) == (owned["issued"], owned["available"] + owned["leased"])


def test_that_the_other_sales_of_a_number_are_known_from_then_on(second: Engine) -> None:
    with second.begin() as connection:
        _upgrade_to("0003", connection)
        number, sold = connection.execute(
            text("SELECT receipt_number, event_id FROM sale WHERE kind = 'sale' LIMIT 1")
        ).one()
        columns = [column.name for column in tables.sale.columns if column.name not in {"event_id", "nps_code"}]
        listed = ", ".join(columns)
        connection.execute(
            text(f"INSERT INTO sale (event_id, {listed}) SELECT :other, {listed} FROM sale WHERE event_id = :sold"),
            {"other": f"{str(sold)[:-4]}0000", "sold": sold},
        )
    prepare(second)
    assert 2 == len(rows(second, "receipt", "event_id", receipt_number=number))
