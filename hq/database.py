"""Opening HQ's database and bringing it up to date."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError

from hq import tables
from pos_app.errors import StorageError
from pos_app.protocol.signing import create_private_key

POOL_SIZE = 8
_POOL_WAIT_S = 5
_BUSY_WAIT_MS = 30_000
_MASTER_KEY_BYTES = 32


def open_engine(database_url: str) -> Engine:
    """An engine for ``postgresql://…`` or ``sqlite:///…``; raises ``StorageError`` for any other address.

    Parameters never appear in an error's text, since some of them are personal.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise _refused() from error
    match url.get_backend_name():
        case "postgresql":
            return create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=POOL_SIZE,
                max_overflow=POOL_SIZE,
                pool_timeout=_POOL_WAIT_S,
                hide_parameters=True,
            )
        case "sqlite":
            engine = create_engine(url, module=pysqlite3.dbapi2, hide_parameters=True)
            _configure_sqlite(engine)
            return engine
        case _:
            raise _refused()


def prepare(engine: Engine) -> None:
    """Create or upgrade the tables, and HQ's own keys on the first start."""
    from hq.migrations import upgrade

    with engine.begin() as connection:
        upgrade(connection)
        found(connection)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database, however many queries it runs."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def lock_headquarters(connection: Connection) -> Any:
    """HQ's own row, locked until the transaction ends: one writer of accounts at a time."""
    return connection.execute(select(tables.headquarters).with_for_update()).one()


def found(connection: Connection) -> None:
    """Give a new HQ its row with its keys; does nothing where there is one."""
    if connection.execute(select(tables.headquarters.c.id)).first() is None:
        connection.execute(
            tables.headquarters.insert().values(
                id=1, private_key=create_private_key(), master_key=secrets.token_bytes(_MASTER_KEY_BYTES)
            )
        )


def _configure_sqlite(engine: Engine) -> None:
    """One writer at a time, and the writer's lock from the beginning: a transaction that reads first never has to fail."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_WAIT_MS}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refused() -> StorageError:
    return StorageError(
        "hq.database_url",
        what="The address of the database cannot be used.",
        safe="Nothing was changed.",
        todo="Give postgresql://user@host/database, or sqlite:///file to try it out.",
    )
