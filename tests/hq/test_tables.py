import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select

from hq import tables
from hq.database import open_engine, prepare
from hq.operate import RunningHq
from pos_app.errors import StorageError
from tests.hq.postgres import new_database, opened


def test_that_the_migrations_make_the_tables_of_the_program(hq: RunningHq) -> None:
    with hq.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_no_partition})
        assert [] == compare_metadata(context, tables.metadata)


def is_no_partition(name: str | None, kind: str, _parents: object) -> bool:
    """The partitions are made as time goes on; only the tables that they are of are the program's."""
    return kind != "table" or re.fullmatch(r"(sale|payment|award|discount)_(default|\d{4}_\d{2})", name or "") is None


def shape(engine: Engine, name: str) -> object:
    """What autogenerate does not compare: checks, keys, and indexes with their conditions."""
    inspector = inspect(engine)
    return (
        sorted((check["name"], check["sqltext"]) for check in inspector.get_check_constraints(name)),
        inspector.get_pk_constraint(name)["constrained_columns"],
        sorted((unique["name"], tuple(unique["column_names"])) for unique in inspector.get_unique_constraints(name)),
        sorted(
            (index["name"], tuple(index["column_names"]), str(index.get("dialect_options", {})))
            for index in inspector.get_indexes(name)
        ),
        sorted((column["name"], str(column["default"]), column["nullable"]) for column in inspector.get_columns(name)),
    )


def test_that_the_migrations_make_the_same_constraints_as_the_program(postgres_url: str) -> None:
    with (
        new_database(postgres_url) as by_migrations,
        new_database(postgres_url) as by_program,
        opened(by_migrations) as migrated,
    ):
        direct = open_engine(by_program)
        tables.metadata.create_all(direct)
        for name in tables.metadata.tables:
            assert shape(direct, name) == shape(migrated, name), name
        direct.dispose()


def test_that_preparing_again_keeps_hqs_keys(hq: RunningHq) -> None:
    with hq.engine.connect() as connection:
        before = connection.execute(select(tables.headquarters)).one()
    prepare(hq.engine)

    with hq.engine.connect() as connection:
        assert before == connection.execute(select(tables.headquarters)).one()


def test_that_two_hqs_have_different_keys(tmp_path: Path) -> None:
    keys = []
    for name in ("a", "b"):
        with opened(f"sqlite:///{tmp_path}/{name}.sqlite3") as engine, engine.connect() as connection:
            keys.append(connection.execute(select(tables.headquarters.c.master_key)).scalar_one())

    assert 2 == len(set(keys))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://localhost/x", "postgresql"])
def test_that_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(StorageError) as raised:
        open_engine(url)

    assert "postgresql://" in raised.value.todo


def test_that_errors_do_not_show_parameters(hq: RunningHq) -> None:
    assert hq.engine.hide_parameters
