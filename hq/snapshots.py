"""The snapshot: all accounts of a region in the order of their references, for a till that begins or whose cursor is void.

Pages are read by key, each in one moment of its own. ``changes_from`` is taken before the first page, so that what happens
meanwhile comes with the changes that the till reads afterwards: nothing is missed, and what comes twice is the same.
"""

import msgspec
from sqlalchemy import Connection, Engine, select, tuple_

from hq import tables
from hq.authentication import SignedCall, authenticate_fresh
from hq.changes import horizon
from hq.cursors import ACCOUNT, DOCUMENT, Position, SnapshotPosition, read_snapshot_position
from hq.database import snapshot
from hq.policy import read_policy
from hq.states import read_personal, read_states, these
from hq.terminals import Terminal, get_terminal
from pos_app.protocol.messages import Document, SnapshotPage, encode_message

PAGE_ACCOUNTS_MAX = 4_000
PAGE_BYTES_MAX = 4 * 1024 * 1024


def read_snapshot(engine: Engine, call: SignedCall, *, cursor: str, now_ms: int) -> bytes:
    """A page as JSON (``SnapshotPage``) of about 4 MiB at most; raises ``RefusedError``."""
    known = authenticate_fresh(engine, call, now_ms=now_ms)
    with snapshot(engine) as connection:
        terminal = get_terminal(connection, known.terminal_id)
        position = read_snapshot_position(cursor, terminal.hq_gen, terminal.region)
        reader = _Reader(connection, terminal, restart=cursor != "" and position is None, now_ms=now_ms)
        return reader.page_after(position or SnapshotPosition(horizon(connection) - 1))


class _Reader:
    """Makes one page in one moment of the database."""

    def __init__(self, connection: Connection, terminal: Terminal, *, restart: bool, now_ms: int) -> None:
        self._connection = connection
        self._terminal = terminal
        self._restart = restart
        self._now_ms = now_ms

    def page_after(self, position: SnapshotPosition) -> bytes:
        """The page behind the position, encoded; with fewer things in it where they would weigh too much."""
        items_max = PAGE_ACCOUNTS_MAX
        while True:
            page = (
                self._accounts(position, items_max)
                if position.kind == ACCOUNT
                else self._documents(position, items_max)
            )
            encoded = encode_message(page)
            if len(encoded) <= PAGE_BYTES_MAX or items_max == 1:
                return encoded
            # As many as should fit, by what these weighed.
            items_max = max(1, min(items_max - 1, items_max * PAGE_BYTES_MAX * 9 // (len(encoded) * 10)))

    def _accounts(self, position: SnapshotPosition, items_max: int) -> SnapshotPage:
        known = tables.account_region.c
        of_region = select(known.account_ref).where(known.region == self._terminal.region)
        behind = of_region.where(known.account_ref > position.key).order_by(known.account_ref).limit(items_max)
        refs = self._connection.execute(behind).scalars().all()
        if not refs:
            return self._end(position, items_max)
        extent = these(self._connection, refs)
        return self._page(
            msgspec.structs.replace(position, key=refs[-1]),
            accounts=tuple(read_states(self._connection, self._terminal, extent)),
            personal=read_personal(self._connection, extent),
        )

    def _end(self, position: SnapshotPosition, items_max: int) -> SnapshotPage:
        """After the accounts: all documents, or where they are too many, the first part of them."""
        c = tables.document.c
        published = select(c.kind, c.key, c.body).where(c.body.is_not(None)).order_by(c.kind, c.key)
        found = self._connection.execute(published.limit(PAGE_ACCOUNTS_MAX + 1)).all()
        page = self._page(position, documents=tuple(Document(*row) for row in found), more=False)
        if len(found) <= PAGE_ACCOUNTS_MAX and len(encode_message(page)) <= PAGE_BYTES_MAX:
            return page
        return self._documents(SnapshotPosition(position.changes_from, DOCUMENT), items_max)

    def _documents(self, position: SnapshotPosition, items_max: int) -> SnapshotPage:
        c = tables.document.c
        behind = select(c.kind, c.key, c.body).order_by(c.kind, c.key).limit(items_max)
        if position.key:
            kind, _, key = position.key.partition("/")
            behind = behind.where(tuple_(c.kind, c.key) > tuple_(kind, key))
        documents = tuple(Document(*row) for row in self._connection.execute(behind))
        if documents:
            last = documents[-1]
            position = msgspec.structs.replace(position, key=f"{last.kind}/{last.key}")
        return self._page(position, documents=documents, more=len(documents) == items_max, documents_whole=False)

    def _page(self, position: SnapshotPosition, *, more: bool = True, **content: object) -> SnapshotPage:
        hq_gen, region = self._terminal.hq_gen, self._terminal.region
        empty = SnapshotPage(
            accounts=(),
            personal=(),
            next_cursor=position.cursor(hq_gen, region),
            changes_cursor=Position(position.changes_from).cursor(hq_gen, region),
            hq_gen=hq_gen,
            more=more,
            restart=self._restart,
            hq_time_ms=self._now_ms,
            policy=None if more else read_policy(self._connection),
        )
        return msgspec.structs.replace(empty, **content)
