"""Backups of HQ that were read back before anybody relies on them, and the way back from one.

SQLite is copied by its own online backup into a file. PostgreSQL's tables are copied by COPY, in one snapshot, into a zip with a
manifest: it needs no program beside ours, of whatever version, and what reads it back is tested here. A chain of thousands of tills
will archive continuously instead (docs/how-to/run-hq.md); then nothing is called durable.

An event is *durable* once a backup that holds it was restored into a scratch database and every till's chain in that was
verified: only then may tills drop it.
"""

import functools
import hashlib
import os
import shutil
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
import psycopg
import pysqlite3.dbapi2
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, Table, case, func, make_url, select, text, update

from hq import partitions, tables
from hq.budgets import use_up
from hq.database import open_engine, prepare, read_headquarters, snapshot, transact
from hq.reports import totals
from hq.statements import change_number
from pos_app.errors import StorageError
from pos_app.protocol.chain import GENESIS, Envelope, chain_hashes

_MANIFEST = "manifest.json"
_OWNER_ONLY = 0o600
_CHUNK_BYTES = 1024 * 1024
_ROWS_AT_ONCE = 1_000
_FORMAT = 1
_SQLITE_SUFFIX, _POSTGRESQL_SUFFIX = ".sqlite3", ".zip"
_terminal = tables.terminal.c
_inbox = tables.inbox.c


class _Copied(msgspec.Struct, frozen=True):
    """One table in a backup of PostgreSQL: its columns in order, its rows, and the SHA-256 of its content."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


class _Manifest(msgspec.Struct, frozen=True):
    format: int
    revision: str
    taken_at_ms: int
    tables: tuple[_Copied, ...]


class Verified(msgspec.Struct, frozen=True):
    """What a backup holds, after every till's chain in it was computed again."""

    taken_at_ms: int
    tills: int
    events: int


def back_up(engine: Engine, folder: Path, *, now_ms: int) -> Path:
    """Write a backup into the folder and give its file, which only its user may read: HQ's keys are in it.

    HQ goes on serving meanwhile. Raises ``StorageError`` if the file cannot be written; a part of one is removed.
    """
    suffix = _SQLITE_SUFFIX if engine.dialect.name == "sqlite" else _POSTGRESQL_SUFFIX
    moment = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    path = folder / f"hq-{moment:%Y%m%d-%H%M%S}-{now_ms % 1000:03}{suffix}"
    part = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.touch(mode=_OWNER_ONLY, exist_ok=False)
        if suffix == _SQLITE_SUFFIX:
            _copy_sqlite(engine, part)
        else:
            _copy_postgresql(engine, part, now_ms=now_ms)
        _keep(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise _problem(f"{path} cannot be written ({error.strerror}).", "Give a folder with room for it.") from error
    return path


def verify(engine: Engine, path: Path, *, scratch_url: str = "", now_ms: int) -> Verified:
    """Restore a backup into a scratch database, compute every till's chain in it, and call what it holds durable.

    ``scratch_url`` is an empty PostgreSQL database; without it one is made on HQ's own server and dropped again. Raises
    ``StorageError`` for a backup that is damaged, does not add up, or is another headquarters'; then nothing becomes durable.
    """
    if path.suffix == _POSTGRESQL_SUFFIX:
        _read_manifest(path)
    with _scratch(engine, path, scratch_url) as copy:
        verified, ends = _examined(copy, path)
        with copy.connect() as connection:
            theirs = read_headquarters(connection)
    with engine.connect() as connection:
        ours = read_headquarters(connection)
    if (ours.private_key, ours.hq_gen) != (theirs.private_key, theirs.hq_gen):
        raise _problem(
            "It is another headquarters', or of before this one was restored.", "Make a new backup and verify that."
        )
    for end in ends:
        transact(engine, functools.partial(_call_durable, end=end))
    with engine.begin() as connection:
        record = {"taken_at_ms": verified.taken_at_ms, "verified_at_ms": now_ms, "events": verified.events}
        connection.execute(tables.backup.insert().values(record))
    return verified


def restore(engine: Engine, path: Path) -> int:
    """Fill an empty database from a backup and begin a new generation, which this gives.

    Tills then fetch every account anew and send again what the backup lacks. Raises ``StorageError`` for a database that is not
    empty or a backup that cannot be read; then the database is as it was.
    """
    _refuse_filled(engine)
    prepare(engine)
    if engine.dialect.name == "sqlite":
        _refill_sqlite(engine, path)
    else:
        _refill_postgresql(engine, path)
    prepare(engine)
    return begin_generation(engine)


def begin_generation(engine: Engine) -> int:
    """Say that the database was restored: cursors of before mean nothing, tills are to report. Gives the new generation.

    Another PostgreSQL server may count transactions from lower on; changes beyond its count would be seen by nobody.
    """
    with engine.begin() as connection:
        number = change_number(connection)
        for column in (
            tables.account_region.c.change_no,
            tables.account_region.c.since_no,
            tables.personal_change.c.change_no,
            tables.document.c.change_no,
        ):
            connection.execute(update(column.table).where(column > number).values({column: number}))
        use_up(connection)
        generation = tables.headquarters.c.hq_gen
        grown: int = connection.execute(
            update(tables.headquarters).values(hq_gen=generation + 1).returning(generation)
        ).scalar_one()
        return grown


def _call_durable(connection: Connection, *, end: tuple[str, int, int]) -> None:
    """What the copy holds of a till's present chain; never less than before, never more than HQ has."""
    terminal_id, incarnation, last_seq = end
    held = case((_terminal.last_seq < last_seq, _terminal.last_seq), else_=last_seq)
    same = (_terminal.terminal_id == terminal_id, _terminal.incarnation == incarnation)
    connection.execute(update(tables.terminal).where(*same, _terminal.durable_seq < held).values(durable_seq=held))


def _copy_sqlite(engine: Engine, part: Path) -> None:
    source, target = pysqlite3.dbapi2.connect(str(engine.url.database)), pysqlite3.dbapi2.connect(str(part))
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()


def _copy_postgresql(engine: Engine, part: Path, *, now_ms: int) -> None:
    copied: list[_Copied] = []
    with snapshot(engine) as connection, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for table in tables.metadata.sorted_tables:
            with archive.open(table.name, "w", force_zip64=True) as member:
                copied.append(_copy_table(connection, table, member))
        revision = MigrationContext.configure(connection).get_current_revision()
        manifest = _Manifest(_FORMAT, str(revision), now_ms, tuple(copied))
        archive.writestr(_MANIFEST, msgspec.json.encode(manifest))


def _copy_table(connection: Connection, table: Table, member: IO[bytes]) -> _Copied:
    columns = tuple(str(column.name) for column in table.columns)
    digest, rows = hashlib.sha256(), 0
    listed = ", ".join(f'"{name}"' for name in columns)
    with _driver(connection).cursor() as cursor:
        with cursor.copy(f'COPY (SELECT {listed} FROM "{table.name}") TO STDOUT') as copy:  # noqa: S608 - names of ours
            for content in copy:
                digest.update(content)
                member.write(content)
        rows = cursor.rowcount
    return _Copied(str(table.name), columns, rows, digest.hexdigest())


def _keep(part: Path, path: Path) -> None:
    """The whole file under its name, also after a power cut."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.rename(path)


@contextmanager
def _scratch(engine: Engine, path: Path, scratch_url: str) -> Iterator[Engine]:
    """A database of its own with what the backup holds."""
    if engine.dialect.name == "sqlite":
        with (
            tempfile.TemporaryDirectory(prefix="pos-app-backup-") as folder,
            _opened(f"sqlite:///{folder}/copy.sqlite3") as copy,
        ):
            _load(copy, path)
            yield copy
    elif scratch_url:
        with _opened(scratch_url) as copy:
            _load(copy, path)
            yield copy
    else:
        with _new_database(engine) as url, _opened(url) as copy:
            _load(copy, path)
            yield copy


def _load(copy: Engine, path: Path) -> None:
    _refuse_filled(copy)
    prepare(copy)
    if copy.dialect.name == "sqlite":
        _refill_sqlite(copy, path)
        prepare(copy)
    else:
        _refill_postgresql(copy, path)


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _new_database(engine: Engine) -> Iterator[str]:
    """A database beside HQ's, for as long as the block runs."""
    name = f"hq_verify_{uuid.uuid4().hex}"
    server = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            connection.execute(f'CREATE DATABASE "{name}"')
        except psycopg.errors.InsufficientPrivilege as error:
            raise _problem(
                "HQ's user may not make a database to verify it in.", "Give an empty one with --scratch."
            ) from error
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _refuse_filled(engine: Engine) -> None:
    """Nothing is restored over tills that are there."""
    with engine.connect() as connection:
        if not _has_tables(connection):
            return
        if connection.execute(select(_terminal.terminal_id).limit(1)).first() is None:
            return
    raise _problem("The database to fill has tills in it.", "Give an empty database.")


def _has_tables(connection: Connection) -> bool:
    return connection.dialect.has_table(connection, tables.terminal.name)


def _refill_sqlite(engine: Engine, path: Path) -> None:
    engine.dispose()
    database = str(engine.url.database)
    with tempfile.TemporaryDirectory(prefix="pos-app-backup-") as folder:
        # A copy, since opening a file that lies in an archive must not change it.
        copy = Path(folder) / "backup.sqlite3"
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            raise _unreadable(path, error.strerror or "") from error
        source, target = pysqlite3.dbapi2.connect(str(copy)), pysqlite3.dbapi2.connect(database)
        try:
            (said,) = source.execute("PRAGMA integrity_check").fetchone()
            if said != "ok":
                raise _unreadable(path, said)
            source.backup(target)
        except pysqlite3.dbapi2.Error as error:
            raise _unreadable(path, str(error)) from error
        finally:
            source.close()
            target.close()


def _refill_postgresql(engine: Engine, path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive, engine.begin() as connection:
            manifest = _read_manifest(path)
            _refuse_revision(connection, manifest)
            connection.execute(tables.headquarters.delete())
            for copied in manifest.tables:
                _refill_table(connection, archive, copied)
            for table in (tables.task, tables.backup):
                _restart_numbers(connection, table)
            partitions.make_ahead(connection, today=datetime.now(tz=UTC).date())
    except (OSError, zipfile.BadZipFile, zlib.error, psycopg.DataError) as error:
        raise _unreadable(path, str(error)) from error


def _read_manifest(path: Path) -> _Manifest:
    try:
        with zipfile.ZipFile(path) as archive:
            return msgspec.json.decode(archive.read(_MANIFEST), type=_Manifest)
    except (OSError, zipfile.BadZipFile, KeyError, msgspec.MsgspecError) as error:
        raise _unreadable(path, str(error)) from error


def _refuse_revision(connection: Connection, manifest: _Manifest) -> None:
    ours = MigrationContext.configure(connection).get_current_revision()
    if (manifest.format, manifest.revision) != (_FORMAT, ours):
        raise _problem(
            f"It was made by a version with tables {manifest.revision}; these are {ours}.",
            "Restore it with the version that made it, then upgrade.",
        )


def _refill_table(connection: Connection, archive: zipfile.ZipFile, copied: _Copied) -> None:
    table = tables.metadata.tables[copied.table]
    listed = ", ".join(f'"{table.c[name].name}"' for name in copied.columns)
    digest = hashlib.sha256()
    with _driver(connection).cursor() as cursor, archive.open(copied.table) as member:
        with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
            while content := member.read(_CHUNK_BYTES):
                digest.update(content)
                copy.write(content)
        rows = cursor.rowcount
    if (digest.hexdigest(), rows) != (copied.sha256, copied.rows):
        raise zipfile.BadZipFile(f"the table {copied.table} is not what was written")


def _restart_numbers(connection: Connection, table: Table) -> None:
    (key,) = table.primary_key.columns
    last = select(func.coalesce(func.max(key), 0)).scalar_subquery()
    sequence = func.pg_get_serial_sequence(table.name, key.name)
    connection.execute(select(func.setval(sequence, last + 1, text("false"))))


def _examined(copy: Engine, path: Path) -> tuple[Verified, list[tuple[str, int, int]]]:
    """What is in the copy, and how far each till's chain goes in it."""
    with snapshot(copy) as connection:
        found = select(_terminal.terminal_id, _terminal.incarnation, _terminal.last_seq, _terminal.last_hash)
        ends = connection.execute(found).all()
        events = sum(_examine_chain(connection, *row) for row in ends)
    figures = totals(copy)
    if figures.ledger_sum_units or figures.stored_balances_differ:
        raise _unreadable(path, "its ledger does not balance")
    taken_at_ms = int(path.stat().st_mtime * 1000)
    return Verified(taken_at_ms, len(ends), events), [(row[0], row[1], row[2]) for row in ends]


def _examine_chain(connection: Connection, terminal_id: str, incarnation: int, last_seq: int, last_hash: bytes) -> int:
    """Compute every hash of a till's chains again and give how many events they have.

    An event whose body is past its retention proves itself by the hash that the next one builds on.
    """
    columns = (_inbox.incarnation, _inbox.seq, _inbox.hash, _inbox.body)
    found = select(*columns).where(_inbox.terminal_id == terminal_id).order_by(_inbox.incarnation, _inbox.seq)
    count, at, digest = 0, (0, 0), GENESIS
    with connection.execute(found, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
        for of_incarnation, seq, stored, body in rows:
            follows = (of_incarnation, at[1] + 1) if of_incarnation == at[0] else (of_incarnation, 1)
            before = digest if of_incarnation == at[0] else GENESIS
            if (of_incarnation, seq) != follows or not _is_next(before, terminal_id, follows, stored, body):
                raise _broken(terminal_id, of_incarnation, seq)
            count, at, digest = count + 1, follows, stored
    end = (at[1], digest) if at[0] == incarnation else (0, GENESIS)
    if end != (last_seq, last_hash):
        raise _broken(terminal_id, incarnation, last_seq)
    return count


def _is_next(before: bytes, terminal_id: str, place: tuple[int, int], stored: bytes, body: bytes | None) -> bool:
    if body is None:
        return True
    (computed,) = chain_hashes(before, Envelope(terminal_id, *place), [body])
    return computed == stored


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _broken(terminal_id: str, incarnation: int, seq: int) -> StorageError:
    return _problem(
        f"The chain of till {terminal_id} breaks at {incarnation}/{seq}.", "Keep it, and make another backup."
    )


def _unreadable(path: Path, said: str) -> StorageError:
    return _problem(f"{path.name} cannot be read ({said}).", "Keep it, and take another backup.")


def _problem(reason: str, todo: str) -> StorageError:
    return StorageError(
        "hq.backup",
        what=f"The backup cannot be used. {reason}",
        safe="Nothing was changed; tills keep whatever is not called durable.",
        todo=todo,
    )
