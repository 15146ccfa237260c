"""What only another program, another user or a real disk can show. Each test runs a program of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.database import DATABASE_NAME, Database, open_database

NOBODY = 65534
REPOSITORY = Path(__file__).parents[2]


def test_that_a_second_program_is_refused(database: Database) -> None:
    outcome = run_python("open_database(Path(sys.argv[1]))", database.path.parent)
    assert "storage.second_instance" == outcome


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become a user without rights")
@pytest.mark.parametrize("writable_folder", [False, True], ids=["folder", "file"])
def test_that_what_this_user_may_not_write_is_refused(tmp_path: Path, *, writable_folder: bool) -> None:
    folder = tmp_path / "till"
    open_database(folder).close()
    (folder / DATABASE_NAME).chmod(0o444)
    (folder / "till.lock").chmod(0o666)
    folder.chmod(0o777 if writable_folder else 0o555)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    before = (folder / DATABASE_NAME).read_bytes()
    outcome = run_python(
        """
database = open_database(Path(sys.argv[1]))
try:
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE t (a)"))
finally:
    database.close()
""",
        folder,
        user=NOBODY,
    )
    assert "storage.read_only" == outcome
    assert before == (folder / DATABASE_NAME).read_bytes()


def test_that_a_disk_that_is_really_full_is_survived(tmp_path: Path) -> None:
    """On a file system of half a megabyte, in a subprocess with mounts of its own."""
    script = """
database = open_database(Path(sys.argv[1]) / "small")
database.write(lambda c: c.exec_driver_sql("CREATE TABLE t (a)"))
written = 0
try:
    while True:
        database.write(lambda c: c.exec_driver_sql("INSERT INTO t VALUES (zeroblob(20000))"))
        written += 1
except StorageError as error:
    assert "storage.full" == error.code, error
assert written == database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM t").scalar_one())
database.close()
again = open_database(Path(sys.argv[1]) / "small")
assert written == again.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM t").scalar_one())
again.close()
print("survived", written > 3)
"""
    (tmp_path / "small").mkdir()
    mounted = "mount -t tmpfs -o size=1m none"
    in_namespace = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        f'{mounted} "$1/small" && shift && exec "$@"',
        "sh",
    ]
    try:
        subprocess.run([*in_namespace, str(tmp_path), "true"], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this system lets nobody mount a small disk ({error}); the limit in pages is tested above")
    assert "survived True" == run_python(script, tmp_path, before=[*in_namespace, str(tmp_path)])


def test_that_an_error_of_the_disk_is_said_and_the_next_start_finds_everything(tmp_path: Path) -> None:
    script = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
database = open_database(Path(sys.argv[1]))
database.write(lambda c: c.exec_driver_sql("CREATE TABLE t (a)"))
wal_bytes = database.path.with_name(database.path.name + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (max(wal_bytes, database.path.stat().st_size) + 50_000,) * 2)
written = 0
try:
    while True:
        database.write(lambda c: c.exec_driver_sql("INSERT INTO t VALUES (zeroblob(9000))"))
        written += 1
except StorageError as error:
    print(error.code, written, flush=True)
os._exit(0)
"""
    code, written = run_python(script, tmp_path).split()
    assert "storage.unavailable" == code
    database = open_database(tmp_path)
    assert int(written) == database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM t").scalar_one())
    database.close()


def run_python(script: str, *arguments: object, user: int | None = None, before: list[str] | None = None) -> str:
    """Run a script in a program of its own; gives what it printed, or the code of the error that it met."""
    whole = f"""
import os, sys
from pathlib import Path
from pos_app.errors import StorageError
from storage.database import open_database
user = {user!r}
if user is not None:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
try:
{_indented(script)}
except StorageError as error:
    print(error.code)
"""
    command = [*(before or []), sys.executable, "-c", whole, *map(str, arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


def _indented(script: str) -> str:
    return "\n".join(f"    {line}" for line in script.strip().splitlines())
