"""Opening HQ's database and bringing it up to date."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pysqlite3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError

from hq import partitions, tables
from pos_app.errors import StorageError
from pos_app.protocol.signing import create_private_key

POOL_SIZE = 8
_POOL_WAIT_S = 5
_BUSY_WAIT_MS = 30_000
_ATTEMPTS_MAX = 5
_UNIQUE_VIOLATION = "23505"
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03"})
"""Could not be put in an order with others, deadlock, waited too long for a lock."""
_SESSION = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'"
_MASTER_KEY_BYTES = 32
_OWNER_ONLY = 0o600
# SQLite's own where a connection is being made, SQLAlchemy's from then on.
_DATABASE_ERRORS = (DatabaseError, InterfaceError, pysqlite3.dbapi2.Error)
_HEADQUARTERS = select(tables.headquarters)
_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


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
            engine = create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=POOL_SIZE,
                max_overflow=POOL_SIZE,
                pool_timeout=_POOL_WAIT_S,
                hide_parameters=True,
            )
            _limit_waits(engine)
            return engine
        case "sqlite":
            engine = create_engine(url, module=pysqlite3.dbapi2, hide_parameters=True)
            _configure_sqlite(engine)
            return engine
        case _:
            raise _refused()


def prepare(engine: Engine) -> None:
    """Create or upgrade the tables, and HQ's own keys on the first start.

    Raises ``StorageError`` for a database that is away, damaged, another program's, or of a newer HQ. A file is its user's alone.
    """
    from alembic.util import CommandError

    from hq.migrations import upgrade

    with said_to_people():
        _keep_private(engine)
        try:
            with engine.begin() as connection:
                _refuse_foreign(connection)
                upgrade(connection)
                found(connection)
                partitions.make_ahead(connection, today=datetime.now(tz=UTC).date())
        except CommandError as error:
            raise _problem(
                "It was written by a newer version of this program.", "Install the newer version."
            ) from error


@contextmanager
def said_to_people() -> Iterator[None]:
    """Turn what a database says in the block into a ``StorageError`` of code ``hq.database``."""
    try:
        yield
    except _DATABASE_ERRORS as error:
        original = error.orig if isinstance(error, DatabaseError | InterfaceError) else error
        # Later lines may name values of rows, some of which are personal.
        said = next(iter(str(original).splitlines()), type(original).__name__)
        raise _problem(
            f"It says: {said}.", "Check that it runs and that its address is right, then try again."
        ) from error


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database, however many queries it runs."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def read_headquarters(connection: Connection) -> Any:
    """HQ's own row: its generation, keys and policy."""
    return connection.execute(_HEADQUARTERS).one()


def lock_headquarters(connection: Connection) -> Any:
    """HQ's own row, locked until the transaction ends: enrolments give out numbers one after the other."""
    return connection.execute(select(tables.headquarters).with_for_update()).one()


def transact(engine: Engine, step: Callable[[Connection], Answer]) -> Answer:
    """What ``step`` gives, done in one transaction, and anew where another worker was in the way: at most five times.

    In the way are deadlocks, waits for a lock that were too long, and rows that both wanted to insert first. ``step`` begins from
    nothing each time, since nothing of the time before was kept. Raises what the database said the last time.
    """
    for _ in range(_ATTEMPTS_MAX - 1):
        try:
            with engine.begin() as connection:
                return step(connection)
        except (DBAPIError, psycopg.Error) as error:
            if not is_conflict(error):
                raise
    with engine.begin() as connection:
        return step(connection)


def is_conflict(error: BaseException) -> bool:
    """Whether another transaction was in the way, so that the same may succeed later."""
    return _sqlstate(error) in {*_TRANSIENT_STATES, _UNIQUE_VIOLATION}


def is_transient(error: BaseException) -> bool:
    """Whether it was only a matter of time: a deadlock or a lock that was not to be had."""
    return _sqlstate(error) in _TRANSIENT_STATES


def _sqlstate(error: BaseException) -> str | None:
    original = error.orig if isinstance(error, DBAPIError) else error
    return original.sqlstate if isinstance(original, psycopg.Error) else None


def found(connection: Connection) -> None:
    """Give a new HQ its row with its keys; does nothing where there is one."""
    if connection.execute(select(tables.headquarters.c.id)).first() is None:
        connection.execute(
            tables.headquarters.insert().values(
                id=1, private_key=create_private_key(), master_key=secrets.token_bytes(_MASTER_KEY_BYTES)
            )
        )


def _refuse_foreign(connection: Connection) -> None:
    """HQ makes its tables in an empty database only."""
    names = inspect(connection).get_table_names()
    if names and tables.headquarters.name not in names:
        raise _problem("It holds another program's tables.", "Give headquarters a database of its own.")


def _keep_private(engine: Engine) -> None:
    """HQ's keys and personal data are in it: only this user may read an SQLite file. Its WAL gets the file's rights."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return
    path = Path(name)
    try:
        # Before SQLite makes it, so that nobody can open it in between.
        path.touch(mode=_OWNER_ONLY)
        for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if file.exists():
                file.chmod(_OWNER_ONLY)
    except PermissionError:
        _log.warning("%s belongs to another user of this computer, who can read it", path.name)
    except OSError as error:
        raise _problem(
            f"The file {path} cannot be made ({error.strerror}).", "Make its folder, or give another file."
        ) from error


def _limit_waits(engine: Engine) -> None:
    """Nobody waits for a lock without end, and no transaction that was forgotten holds the changes back."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.execute(_SESSION)
        connection.commit()


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


def notice_statements(
    engine: Engine, notice: Callable[[], None], *, beginning: Callable[[], None] | None = None
) -> None:
    """Call ``notice`` before each statement and each commit, on the thread that runs it; what it raises keeps it from running.

    ``beginning`` is called with each connection that is taken, when it has no transaction yet. The simulation kills HQ so, between
    any two of its writes, and lets another applier in between any two of its transactions.
    """
    if beginning is not None:
        event.listen(engine, "engine_connect", lambda _: beginning())
    event.listen(engine, "before_cursor_execute", lambda *_: notice())
    event.listen(engine, "commit", lambda _: notice())


def _refused() -> StorageError:
    return StorageError(
        "hq.database_url",
        what="The address of the database cannot be used.",
        safe="Nothing was changed.",
        todo="Give postgresql://user@host/database, or sqlite:///file to try it out.",
    )


def _problem(reason: str, todo: str) -> StorageError:
    return StorageError(
        "hq.database",
        what=f"Headquarters' database cannot be used. {reason}",
        safe="What it has acknowledged is safe as long as the database is; tills keep what they could not send.",
        todo=todo,
    )
