"""Every programme set that was ever used, so that a receipt can be explained years later under that day's rules."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from storage import tables


def keep_programme_set(connection: Connection, *, set_hash: str, body: bytes, utc_ms: int) -> None:
    """Store a set under its hash; a known one is left as it is."""
    row = insert(tables.programme_set).values(hash=set_hash, body=body, installed_at_ms=utc_ms)
    connection.execute(row.on_conflict_do_nothing())


def find_programme_set(connection: Connection, set_hash: str) -> bytes | None:
    """The canonical bytes of the set with this hash."""
    return connection.execute(
        select(tables.programme_set.c.body).where(tables.programme_set.c.hash == set_hash)
    ).scalar_one_or_none()
