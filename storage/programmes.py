"""Every programme set that was ever used, so that a receipt can be explained years later under that day's rules; and what HQ published."""

from sqlalchemy import Connection, delete, select
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


def put_published(connection: Connection, programme_id: str, body: str | None) -> None:
    """Keep a programme document that HQ published, or forget one that it withdrew (None)."""
    c = tables.published_programme.c
    if body is None:
        connection.execute(delete(tables.published_programme).where(c.programme_id == programme_id))
        return
    row = insert(tables.published_programme).values(programme_id=programme_id, body=body)
    connection.execute(row.on_conflict_do_update(index_elements=["programme_id"], set_={"body": row.excluded.body}))


def published(connection: Connection) -> dict[str, str]:
    """The documents that HQ published, by programme id."""
    c = tables.published_programme.c
    rows = connection.execute(select(c.programme_id, c.body).order_by(c.programme_id))
    return {row[0]: row[1] for row in rows}
