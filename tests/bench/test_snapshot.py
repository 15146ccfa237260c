"""The benchmark of snapshots reads what a till has."""

from bench import snapshot
from storage.tables import metadata


def test_that_what_is_compared_with_a_raw_insert_are_tables_of_a_till() -> None:
    assert set() == set(snapshot._TABLES) - metadata.tables.keys()
