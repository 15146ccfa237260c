"""Opening, reading and writing: one instance, one writer, everything or nothing, and a sentence for what goes wrong."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pysqlite3.dbapi2
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from pos_app.errors import PosError, StorageError
from storage.database import DATABASE_NAME, Database, check_library, driver_connection, open_database

NOBODY = 65534
REPOSITORY = Path(__file__).parents[2]


def open_shift(connection: Connection, shift_id: str = "s-1") -> None:
    connection.exec_driver_sql(
        "INSERT INTO shift (shift_id, staff_ref, business_date, opened_at_ms) VALUES (?, 'c-1', '2026-07-01', 1)",
        (shift_id,),
    )


def shifts(database: Database) -> list[str]:
    return database.read(lambda c: list(c.exec_driver_sql("SELECT shift_id FROM shift ORDER BY 1").scalars()))


def test_that_a_new_till_gets_a_folder_and_a_file_that_only_its_user_may_read(tmp_path: Path) -> None:
    database = open_database(tmp_path / "new" / "till")
    database.write(open_shift)
    files = [path for path in database.path.parent.iterdir() if path.name.startswith(DATABASE_NAME)]
    assert {DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"} == {path.name for path in files}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}
    database.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0), ("busy_timeout", 5000)],
)
def test_that_every_connection_is_set_as_the_till_needs_it(database: Database, pragma: str, value: object) -> None:
    def ask(connection: Connection) -> object:
        return connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()

    assert (value, value) == (database.write(ask), database.read(ask))


@pytest.mark.parametrize("name", ["shop?mode=ro", "shop #1", "50 %20", "Апотека «Čaj»"])
def test_that_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    database = open_database(tmp_path / name)
    database.write(open_shift)
    database.close()
    assert {DATABASE_NAME, "till.lock"} == {path.name for path in (tmp_path / name).iterdir()}


def test_that_what_is_written_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    database.write(open_shift)
    database.close()
    again = open_database(tmp_path)
    assert ["s-1"] == shifts(again)
    again.close()


def test_that_a_write_that_fails_leaves_nothing_behind(database: Database) -> None:
    def job(connection: Connection) -> None:
        open_shift(connection)
        raise KeyError("our own")

    with pytest.raises(KeyError, match="our own"):
        database.write(job)
    assert [] == shifts(database)
    database.write(open_shift)
    assert ["s-1"] == shifts(database)


def test_that_a_write_that_the_tables_refuse_leaves_nothing_and_says_so(database: Database) -> None:
    def job(connection: Connection) -> None:
        open_shift(connection)
        connection.exec_driver_sql("INSERT INTO account (account_ref, receipts_count) VALUES ('a', -1)")

    with pytest.raises(StorageError, match="ck_account_receipts_count_range") as refused:
        database.write(job)
    assert "storage.refused" == refused.value.code
    assert [] == shifts(database)


def test_that_writes_are_done_one_after_the_other_on_one_thread(database: Database) -> None:
    seen: list[tuple[str, str]] = []

    def job(connection: Connection, shift_id: str) -> None:
        seen.append((threading.current_thread().name, shift_id))
        open_shift(connection, shift_id)

    names = [f"s-{number:02d}" for number in range(20)]
    for writing in [database.submit(partial(job, shift_id=name)) for name in names]:
        writing.result()
    assert names == shifts(database)
    assert names == [shift_id for _, shift_id in seen]
    assert 1 == len({thread for thread, _ in seen})


def test_that_readers_cannot_write(database: Database) -> None:
    def through_read() -> None:
        database.read(open_shift)

    def through_reading() -> None:
        with database.reading() as connection:
            open_shift(connection)

    for write in (through_read, through_reading):
        with pytest.raises(StorageError) as refused:
            write()
        assert "storage.read_only" == refused.value.code
    assert [] == shifts(database)


def test_that_every_thread_reads_through_a_connection_of_its_own(database: Database) -> None:
    mine = driver_connection(database.reader())
    assert mine is driver_connection(database.reader())

    def in_a_thread() -> tuple[int, list[str]]:
        try:
            return id(driver_connection(database.reader())), shifts(database)
        finally:
            database.close_reader()

    database.write(open_shift)
    with ThreadPoolExecutor(max_workers=1) as pool:
        other, seen = pool.submit(in_a_thread).result()
    assert id(mine) != other
    assert ["s-1"] == seen
    database.close_reader()
    database.close_reader()
    assert mine is not driver_connection(database.reader())


def test_that_a_reader_sees_a_sale_as_soon_as_it_is_committed_and_not_before(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def job(connection: Connection) -> None:
        open_shift(connection)
        begun.set()
        assert go_on.wait(10)

    writing = database.submit(job)
    assert begun.wait(10)
    assert [] == shifts(database)
    go_on.set()
    writing.result()
    assert ["s-1"] == shifts(database)


def test_that_a_second_instance_is_refused_and_the_first_goes_on(database: Database) -> None:
    with pytest.raises(StorageError) as refused:
        open_database(database.path.parent)
    assert "storage.second_instance" == refused.value.code
    database.write(open_shift)


def test_that_the_folder_is_free_again_after_closing(tmp_path: Path) -> None:
    for _ in range(2):
        open_database(tmp_path).close()


def test_that_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "till").write_text("a file")
    with pytest.raises(StorageError, match=r"till cannot be written \(File exists\)") as refused:
        open_database(tmp_path / "till")
    assert "storage.read_only" == refused.value.code


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to have a header " * 50, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_that_what_is_no_database_is_refused_untouched_and_the_folder_stays_free(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / DATABASE_NAME
    file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(StorageError) as refused:
            open_database(tmp_path)
        assert "storage.damaged" == refused.value.code
    assert content == file.read_bytes()


def test_that_a_page_that_was_overwritten_is_found_by_whoever_reads_it(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    root_page = database.read(
        lambda c: c.exec_driver_sql("SELECT rootpage FROM sqlite_schema WHERE name='shift'").scalar_one()
    )
    page_bytes = database.read(lambda c: c.exec_driver_sql("PRAGMA page_size").scalar_one())
    database.close()
    with database.path.open("r+b") as file:
        file.seek((root_page - 1) * page_bytes)
        file.write(b"\xaa" * page_bytes)
    damaged = open_database(tmp_path)
    with pytest.raises(StorageError) as refused:
        shifts(damaged)
    assert "storage.damaged" == refused.value.code
    with pytest.raises(StorageError) as refused:
        damaged.write(open_shift)
    assert "storage.damaged" == refused.value.code
    damaged.close()


def test_that_another_programs_database_is_refused(tmp_path: Path) -> None:
    other = pysqlite3.dbapi2.connect(str(tmp_path / DATABASE_NAME))
    other.execute("CREATE TABLE song (title TEXT)")
    other.commit()
    other.close()
    with pytest.raises(StorageError) as refused:
        open_database(tmp_path)
    assert "storage.foreign" == refused.value.code


def test_that_a_newer_database_is_refused_and_untouched(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = database.path.read_bytes()
    with pytest.raises(StorageError) as refused:
        open_database(tmp_path)
    assert "storage.newer" == refused.value.code
    assert before == database.path.read_bytes()


def test_that_a_full_disk_loses_only_what_was_not_finished(database: Database) -> None:
    database.write(open_shift)
    database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1").scalar_one())
    with pytest.raises(StorageError) as refused:
        database.write(lambda c: open_shift(c, "x" * 100_000))
    assert "storage.full" == refused.value.code
    assert ["s-1"] == shifts(database)
    # The connection was thrown away, and with it the limit: there is room again.
    database.write(lambda c: open_shift(c, "s-2"))
    assert ["s-1", "s-2"] == shifts(database)


def test_that_a_database_that_another_program_holds_is_said_to_be_unavailable(database: Database) -> None:
    other = pysqlite3.dbapi2.connect(str(database.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database.submit_steps(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 0").scalar_one()).result()
    with pytest.raises(StorageError, match="database is locked") as refused:
        database.write(open_shift)
    assert "storage.unavailable" == refused.value.code
    other.close()
    database.write(open_shift)


def test_that_an_old_library_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check_library()
    monkeypatch.setattr(pysqlite3.dbapi2, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(StorageError) as refused:
        open_database(tmp_path / "till")
    assert "storage.library" == refused.value.code
    assert not (tmp_path / "till").exists()


def test_that_steps_read_first_and_open_their_transaction_themselves(database: Database) -> None:
    from storage.database import transaction

    def steps(connection: Connection) -> bool:
        was_open = bool(driver_connection(connection).in_transaction)
        with transaction(connection):
            open_shift(connection)
        return was_open

    assert not database.submit_steps(steps).result()
    assert ["s-1"] == shifts(database)


def test_that_a_commit_that_fails_is_rolled_back(database: Database) -> None:
    """A deferred foreign key is looked at by COMMIT only."""

    def job(connection: Connection) -> None:
        open_shift(connection)
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("INSERT INTO card (number, account_ref) VALUES ('1', 'nobody')")

    with pytest.raises(StorageError) as refused:
        database.write(job)
    assert "storage.refused" == refused.value.code
    assert [] == shifts(database)


def test_that_an_error_has_its_sentences() -> None:
    from storage.database import storage_problem

    locked = storage_problem(
        OperationalError("", {}, pysqlite3.dbapi2.OperationalError("disk I/O error")), Path("t.sqlite3")
    )
    assert isinstance(locked, PosError)
    assert "The database t.sqlite3 could not be used (disk I/O error)." == locked.what
