"""The migrations lead to the tables as the code knows them, in one step or not at all."""

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from storage.database import DATABASE_NAME, HEAD_REVISION, KNOWN_REVISIONS, current_revision, make_engine, open_database
from storage.migrations import alembic_config, upgrade
from storage.tables import metadata

REPOSITORY = Path(__file__).parents[2]


def schema(engine: Engine) -> dict[str, str]:
    """What SQLite keeps of each table and index, less Alembic's own and white space."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'alembic_version'"
            " AND name NOT LIKE 'personal_search%'"
        )
        return {name: _in_any_order(sql.replace('"', "")) for name, sql in rows}


def _in_any_order(sql: str) -> str:
    """The statement with its constraints sorted: their order means nothing."""
    head, brace, body = " ".join(sql.split()).partition("(")
    columns, constraint, constraints = body.partition(" CONSTRAINT ")
    closing = constraints.rfind(")")
    ordered = sorted(constraints[:closing].strip().split(", CONSTRAINT "))
    return f"{head}{brace}{columns}{constraint}{', CONSTRAINT '.join(ordered)}{constraints[closing:]}"


def test_that_the_migrations_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    migrated = make_engine(tmp_path / "migrated.sqlite3")
    upgrade(migrated)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_table_of_the_code})
        assert [] == compare_metadata(context, metadata)


def _is_table_of_the_code(name: str | None, _kind: str, _parents: object) -> bool:
    """The search index is the migrations' own: SQLAlchemy has no word for it."""
    return not (name or "").startswith("personal_search")


def test_that_strict_tables_checks_and_keys_are_the_same_to_the_letter(tmp_path: Path) -> None:
    migrated, created = make_engine(tmp_path / "migrated.sqlite3"), make_engine(tmp_path / "created.sqlite3")
    upgrade(migrated)
    metadata.create_all(created)
    assert schema(created) == schema(migrated)
    assert all("STRICT" in sql for sql in schema(migrated).values() if sql.startswith("CREATE TABLE"))


def test_that_the_revision_that_the_code_waits_for_is_the_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert HEAD_REVISION == scripts.get_current_head()
    assert {script.revision for script in scripts.walk_revisions()} == KNOWN_REVISIONS


def test_that_an_empty_file_has_no_revision_and_an_upgraded_one_the_newest(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "till.sqlite3")
    assert None is current_revision(engine)
    upgrade(engine)
    assert HEAD_REVISION == current_revision(engine)


def test_that_a_kill_in_the_middle_of_a_migration_leaves_the_old_version(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from storage.database import make_engine
from storage.migrations import upgrade

engine = make_engine(Path(sys.argv[1]))
left = 9

@event.listens_for(engine, "after_cursor_execute")
def kill(connection, cursor, statement, *_):
    global left
    left -= statement.lstrip().startswith("CREATE TABLE")
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade(engine)
"""
    file = tmp_path / DATABASE_NAME
    killed = subprocess.run([sys.executable, "-c", script, str(file)], cwd=REPOSITORY, timeout=60, check=False)
    assert -9 == killed.returncode
    engine = make_engine(file)
    assert None is current_revision(engine)
    assert {} == schema(engine)
    engine.dispose()
    open_database(tmp_path).close()
    assert HEAD_REVISION == current_revision(make_engine(file))
