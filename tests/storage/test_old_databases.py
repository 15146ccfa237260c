"""Databases that older versions of the program wrote are kept here, migrated, and hold what they held.

``data/till_0001.sql`` is the dump of a till that the first version wrote: three sales with a card, one of them with points burned and
a line taken back, and one sale without. ``data/till_0002.sql`` is what the second version made of it, with one sale more and its return,
``data/till_0003.sql`` the same from the third.
"""

import os
from pathlib import Path

import pysqlite3.dbapi2
import pytest

from storage.database import DATABASE_NAME, HEAD_REVISION, current_revision, make_engine, open_database
from tests.shop import BOB, GOLD, Shop
from tests.storage.faulty_disk import faulty_disk

DUMPS = sorted((Path(__file__).parent / "data").glob("till_*.sql"))
TOTALS = (
    "SELECT kind, count(*), sum(total_minor), sum(earned_units), sum(burn_units) FROM sale GROUP BY kind ORDER BY kind"
)
LOTS = "SELECT account_ref, granted_units, remaining_units FROM lot ORDER BY lot_id"
NAMES = "SELECT account_ref, field, value, version FROM personal_field ORDER BY account_ref, field"


def old_till(folder: Path, dump: Path) -> None:
    folder.mkdir()
    connection = pysqlite3.dbapi2.connect(str(folder / DATABASE_NAME), isolation_level=None)
    connection.executescript(dump.read_text())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    connection = pysqlite3.dbapi2.connect(str(folder / DATABASE_NAME))
    found: list[tuple[object, ...]] = connection.execute(sql).fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_that_an_old_till_is_migrated_with_everything_in_it_and_goes_on(tmp_path: Path, dump: Path) -> None:
    folder = tmp_path / "till"
    old_till(folder, dump)
    before = [rows(folder, sql) for sql in (TOTALS, LOTS, NAMES)]
    shop = Shop(folder, "fixed-card")
    assert before == [shop.query(sql) for sql in (TOTALS, LOTS, NAMES)]
    assert {} == shop.bad_findings()
    assert (59, 66) == tuple(shop.member(card).balance.available_units for card in (BOB, GOLD))
    sales = shop.query("SELECT count(*) FROM sale")
    shop.sell(shop.product("tea"), card=BOB, burn=30)
    assert sales[0][0] + 1 == shop.query("SELECT count(*) FROM sale")[0][0]
    assert {} == shop.bad_findings()
    shop.close()


def test_that_every_older_version_is_kept_here() -> None:
    assert [f"till_{number:04d}" for number in range(1, int(HEAD_REVISION))] == [dump.stem for dump in DUMPS]


@pytest.mark.unmeasured
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a kill at an exact write needs fork")
@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_that_a_kill_at_any_write_of_a_migration_leaves_the_old_version_or_the_new_one(
    tmp_path: Path, dump: Path
) -> None:
    template = tmp_path / "template"
    old_till(template, dump)
    before = [rows(template, sql) for sql in (TOTALS, LOTS, NAMES)]
    revisions, kill_at, was_killed = set(), -7, True
    while was_killed:
        kill_at += 8
        folder = tmp_path / f"till-{kill_at}"
        old_till(folder, dump)
        was_killed = _migrate_and_die(folder, kill_at)
        engine = make_engine(folder / DATABASE_NAME)
        revisions.add(current_revision(engine))
        engine.dispose()
        open_database(folder).close()
        assert before == [rows(folder, sql) for sql in (TOTALS, LOTS, NAMES)]
    assert {dump.stem.removeprefix("till_"), HEAD_REVISION} == revisions


def _migrate_and_die(folder: Path, kill_at: int) -> bool:
    """Open the till in a process that dies at this write or sync; gives whether it died."""
    child = os.fork()
    if child == 0:
        with faulty_disk() as disk:
            disk.arm(kill_at=kill_at)
            open_database(folder).close()
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
