"""Opening the till's SQLite: the right library, the right pragmas, one instance, one thread that writes.

Reads happen on the caller's thread through a connection of its own; every write is a job for the writer thread and runs in
one ``BEGIN IMMEDIATE`` transaction. A connection never crosses threads.
"""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3.dbapi2
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from pos_app.errors import PosError, StorageError
from storage.high_water import HighWater, Mark

__all__ = ["Connection", "Database", "empty_database", "open_database"]

DATABASE_NAME = "till.sqlite3"
HEAD_REVISION = "0004"
KNOWN_REVISIONS = frozenset({"0001", "0002", "0003", HEAD_REVISION})
# The WAL-reset corruption bug is in 3.7.0 to 3.51.2.
SQLITE_VERSION_MIN = (3, 51, 3)
_BUSY_TIMEOUT_MS = 5_000
_HIGH_WATER = "high_water"
_LAST_EVENT = "last_event"
_SQLITE_ERRORS = (DatabaseError, pysqlite3.dbapi2.Error)
_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Connect = Callable[..., pysqlite3.dbapi2.Connection]


class Database:
    """The open database of one till. Thread-safe; ``close`` waits for the writes that are queued."""

    def __init__(self, engine: Engine, *, path: Path, lock: FileLock) -> None:
        self.path = path
        self._engine = engine
        self._lock = lock
        self._high_water = HighWater(path.parent)
        self._local = threading.local()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    def reader(self) -> Connection:
        """The calling thread's own connection for reading; stays open until the thread ends or ``close_reader``."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._engine.connect()
            connection.exec_driver_sql("PRAGMA query_only = ON")
            self._local.connection = connection
            self._local.only_reads = True
        return connection

    def read(self, job: Callable[[Connection], Result]) -> Result:
        """Run ``job`` on the calling thread's reading connection; raises ``StorageError`` for what disk and file do."""
        with self._said_to_people():
            return job(self.reader())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading that is closed at once: for threads that end before the till does. Errors as of ``read``.

        A thread that reads anyway uses the connection that it has.
        """
        if getattr(self._local, "only_reads", False) and self._local.connection is not None:
            with self._said_to_people():
                yield self._local.connection
            return
        with self._said_to_people(), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            yield connection

    def close_reader(self) -> None:
        """Close this thread's reading connection, if it has one."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def submit(self, job: Callable[[Connection], Result]) -> Future[Result]:
        """Run ``job`` in a transaction on the writer thread: all of it is committed, or nothing.

        The future raises ``StorageError`` for what disk and file do; an exception of the job's own rolls back and is raised.
        """
        return self._writer.submit(self._guarded, lambda connection: _within(connection, job))

    def submit_steps(self, job: Callable[[Connection], Result]) -> Future[Result]:
        """Run ``job`` on the writer thread without a transaction: it reads, works out, then opens ``transaction`` itself.

        Between reading and writing nothing changes, since only this thread writes. Errors are those of ``submit``.
        """
        return self._writer.submit(self._guarded, job)

    def write(self, job: Callable[[Connection], Result]) -> Result:
        """``submit`` and wait."""
        return self.submit(job).result()

    def _guarded(self, job: Callable[[Connection], Result]) -> Result:
        with self._said_to_people():
            connection: Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._engine.connect()
                connection.info[_HIGH_WATER] = self._high_water
                self._local.connection = connection
            return job(connection)

    @contextmanager
    def _said_to_people(self) -> Iterator[None]:
        try:
            yield
        except _SQLITE_ERRORS as error:
            # Never retried blindly: the connection is thrown away and the caller looks the event up.
            self.close_reader()
            raise storage_problem(error, self.path) from error

    def fold(self) -> bool:
        """Fold the WAL into the file and cut it to nothing, so that no erased byte is left in it.

        False where a reader is in the way longer than the time-out: what was erased is then out of reach and still on the disk.
        """
        return self.submit_fold().result()

    def submit_fold(self) -> "Future[bool]":
        """``fold``, without waiting."""
        return self.submit_steps(_fold)

    def close(self) -> None:
        """Finish the queued writes, fold the WAL into the file, close and unlock. Call it on the thread that opened.

        A WAL that cannot be folded now (a full disk) is kept beside the file and read at the next start.
        """
        self._writer.submit(self._checkpoint_and_close).result()
        self._writer.shutdown(wait=True)
        self.close_reader()
        self._engine.dispose()
        self._lock.release()

    def abandon(self) -> None:
        """Let go of everything and finish nothing, as a killed process does; what was committed is in the files."""
        self._writer.submit(self.close_reader).result()
        self._writer.shutdown(wait=True)
        self.close_reader()
        self._high_water.close()
        self._engine.dispose()
        self._lock.release()

    def _checkpoint_and_close(self) -> None:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            try:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            except DatabaseError as error:
                _log.warning("the WAL was not folded into %s: %s", self.path.name, error.orig)
        self.close_reader()
        self._high_water.close()


def _fold(connection: Connection) -> bool:
    row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not row[0]


def _within(connection: Connection, job: Callable[[Connection], Result]) -> Result:
    with transaction(connection):
        return job(connection)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """``BEGIN IMMEDIATE`` ... ``COMMIT``, or ``ROLLBACK`` when the block raises."""
    driver = driver_connection(connection)
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        driver.execute("COMMIT")
    except BaseException:
        connection.info.pop(_LAST_EVENT, None)
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    mark = connection.info.pop(_LAST_EVENT, None)
    if mark is not None and _HIGH_WATER in connection.info:
        connection.info[_HIGH_WATER].note(mark)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Everything that the block reads is of one moment, whatever is written meanwhile."""
    driver = driver_connection(connection)
    driver.execute("BEGIN")
    try:
        yield
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")


def will_end_at(connection: Connection, mark: Mark) -> None:
    """Once this transaction is committed, the journal ends here."""
    connection.info[_LAST_EVENT] = mark


def driver_connection(connection: Connection) -> Any:
    """The DB-API connection below, for statements that are compiled once and run many times."""
    return connection.connection.driver_connection


def make_engine(path: Path, *, connect: Connect | None = None) -> Engine:
    """An engine whose connections have the till's pragmas and no transaction of the driver's own making.

    ``connect`` makes the driver's connections in place of its own class.
    """
    # Not from text: a folder may be called "shop?1".
    address = URL.create("sqlite", database=str(path))
    # Names and cards are among the parameters: no error says them, so no log does.
    engine = create_engine(
        address,
        module=pysqlite3.dbapi2,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={} if connect is None else {"factory": connect},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {_BUSY_TIMEOUT_MS}",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
            # What is erased is overwritten, and not only forgotten: FAST would leave it in pages that come free.
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def open_database(folder: Path, *, connect: Connect | None = None) -> Database:
    """Open the till's database in ``folder``, creating or upgrading it; raises ``StorageError`` with what to do.

    Refuses an SQLite with the WAL-reset bug, a second instance, a damaged file, and a file of a newer program. ``connect`` makes
    the driver's connections: the simulation's can be killed between two statements.
    """
    check_library()
    lock = _lock(folder)
    path = folder / DATABASE_NAME
    engine = make_engine(path, connect=connect)
    try:
        _bring_up_to_date(engine, path)
        _keep_private(path)
    except _SQLITE_ERRORS as error:
        lock.release()
        raise storage_problem(error, path) from error
    except UnicodeDecodeError as error:
        # A flipped bit in a table's own description.
        lock.release()
        raise _damaged(path.name) from error
    except BaseException:
        lock.release()
        raise
    return Database(engine, path=path, lock=lock)


@cache
def empty_database() -> bytes:
    """The file of a till that was never used, made once: for tills that live a moment, which all the migrations would hold up."""
    with tempfile.TemporaryDirectory(prefix="pos-app-empty-") as folder:
        open_database(Path(folder)).close()
        return (Path(folder) / DATABASE_NAME).read_bytes()


def check_library() -> None:
    """Raise ``StorageError`` when the SQLite library is older than the mend of the WAL-reset bug."""
    if pysqlite3.dbapi2.sqlite_version_info < SQLITE_VERSION_MIN:
        raise StorageError(
            "storage.library",
            what=f"The SQLite library {pysqlite3.dbapi2.sqlite_version} can damage a database and is refused.",
            safe="The database was not opened.",
            todo="Install the program again with its own libraries.",
        )


def current_revision(engine: Engine) -> str | None:
    """The migration that the file stands at; None for an empty file. Raises ``StorageError`` for another program's file."""
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars().all()
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise StorageError(
                "storage.foreign",
                what=f"The file {DATABASE_NAME} is another program's database.",
                safe="Nothing in it was changed.",
                todo="Move it away, or set storage.folder to another folder.",
            )
        revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if revision is None:
            raise _damaged(DATABASE_NAME)
        return revision


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    revision = current_revision(engine)
    if revision == HEAD_REVISION:
        return
    if revision is not None and revision not in KNOWN_REVISIONS:
        raise StorageError(
            "storage.newer",
            what=f"The database {path.name} was written by a newer version of this program.",
            safe="It was not touched.",
            todo="Install the newer version again.",
        )
    from storage.migrations import upgrade

    upgrade(engine)


def _keep_private(path: Path) -> None:
    """Personal data is in it: only this user may read it. SQLite gives its WAL the same rights."""
    try:
        path.chmod(0o600)
    except PermissionError:
        _log.warning("%s belongs to another user of this computer, who can read it", path.name)


def _lock(folder: Path) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not bound to a thread: the till may close from another one than it opened in.
        lock = FileLock(folder / "till.lock", timeout=0, thread_local=False)
        lock.acquire()
    except Timeout as error:
        raise StorageError(
            "storage.second_instance",
            what="This till is already open in another window.",
            safe="Nothing was changed.",
            todo="Use the open window, or close it first.",
        ) from error
    except OSError as error:
        raise StorageError(
            "storage.read_only",
            what=f"The folder {folder} cannot be written ({error.strerror}).",
            safe="Nothing was changed.",
            todo="Give this user the right to write there, or set storage.folder to another folder.",
        ) from error
    return lock


def _damaged(name: str) -> StorageError:
    return StorageError(
        "storage.damaged",
        what=f"The database {name} is damaged.",
        safe="It was not changed; what HQ has acknowledged is safe there.",
        todo="Keep the file, run `pos-app doctor`, and restore a backup.",
    )


def storage_problem(error: Exception, path: Path) -> PosError:
    """What SQLite said, as a sentence for the person at the till."""
    original = error.orig if isinstance(error, DatabaseError) else error
    name = str(getattr(original, "sqlite_errorname", "") or "")
    text = str(original).lower()
    if name.startswith("SQLITE_FULL") or "disk is full" in text:
        return StorageError(
            "storage.full",
            what="The disk is full: this could not be saved.",
            safe="Everything that was finished before is safe; this sale is not booked.",
            todo="Free some space, then finish the sale again.",
        )
    if name.startswith("SQLITE_READONLY") or "readonly" in text:
        return StorageError(
            "storage.read_only",
            what=f"The database {path.name} cannot be written.",
            safe="Everything that was finished before is safe; this sale is not booked.",
            todo="Give this user the right to write to the file and its folder.",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in text or "not a database" in text:
        return _damaged(path.name)
    if isinstance(error, OperationalError | pysqlite3.dbapi2.OperationalError):
        return StorageError(
            "storage.unavailable",
            what=f"The database {path.name} could not be used ({original}).",
            safe="Everything that was finished before is safe; this sale is not booked.",
            todo="Check the disk, then try again.",
        )
    return StorageError(
        "storage.refused",
        what=f"The database refused what was to be saved ({original}).",
        safe="Nothing of it was booked.",
        todo="Run `pos-app doctor` and report what it says.",
    )
