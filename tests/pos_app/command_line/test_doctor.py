"""``pos-app doctor --repair`` as people and programs use it."""

from pathlib import Path

import pysqlite3.dbapi2

from storage.database import DATABASE_NAME
from tests.pos_app.command_line.test_commands import RECEIPT, Ran, settings, used

__all__ = ["settings", "used"]


def damage(settings: Path, sql: str) -> None:
    connection = pysqlite3.dbapi2.connect(str(settings.parent / "till" / DATABASE_NAME), isolation_level=None)
    connection.execute(sql)
    connection.close()


def test_that_the_repair_says_what_it_has_changed(used: Path) -> None:
    nothing = Ran("doctor", "--repair", "--settings", used)
    assert (0, True) == (nothing.code, "Nothing was to be repaired." in nothing.out)
    damage(used, "DELETE FROM sale_line")
    found = Ran("doctor", "--settings", used)
    assert (1, True) == (found.code, "Run `pos-app doctor --repair`." in found.out)
    repaired = Ran("doctor", "--repair", "--settings", used)
    assert (0, True) == (repaired.code, f"Repaired receipts: {RECEIPT}." in repaired.out)
    assert 0 == Ran("doctor", "--settings", used).code


def test_that_programs_get_both_lists(used: Path) -> None:
    damage(used, "UPDATE account SET receipts_count = 9")
    ran = Ran("doctor", "--repair", "--json", "--settings", used)
    assert [("counters", 1)] == [(one["what"], len(one["names"])) for one in ran.json["repaired"]]
    assert {"good", "note"} == {one["verdict"] for one in ran.json["findings"]}


def test_that_what_cannot_be_derived_stays_bad(used: Path) -> None:
    damage(used, "UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE kind = 'enrolment'")
    assert 1 == Ran("doctor", "--repair", "--settings", used).code
