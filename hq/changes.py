"""The changes feed of a region: its accounts with their holders, and documents, that changed after a cursor, in that order.

Every transaction that changes something puts its own number on the rows that it changes (``hq.statements.change_number``). On
PostgreSQL that is the transaction's id, so that many write at once and none waits for a counter. Ids are given out in order but
committed in any: a reader that has seen a number might still miss a smaller one that commits later. So a page only has numbers
below ``pg_snapshot_xmin(pg_current_snapshot())`` of its own snapshot, the oldest id that was still under way when the page
began. Every id below that has been committed, and then its rows are all in the snapshot, or rolled back, and then there never
will be any. No row with a number that a page was allowed to give can therefore appear, change, or leave behind a reader; a row that
changes again gets a larger number. Within a number, rows are ordered by kind and key, so a page may end in the middle of a
transaction.

**Invariant**: whoever has read up to a cursor has read every change up to it that will ever be there, and no lock was needed.

What this costs: a transaction that stays open after its first write holds the feed back until it ends, also one of another database
of the same server; our own may idle for at most a minute. A restored database may count transactions from elsewhere, so a
cursor is good only in the generation (``hq_gen``) that made it. SQLite has one writer, whose counter is committed in order.

A till hears of the accounts of its store's region (``hq.regions``). One that is new there is a change there, whenever it was made; a
till whose store goes to another region has a cursor of the former one, and begins anew.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Select, literal, or_, select, text, tuple_

from hq import tables
from hq.authentication import SignedCall, authenticate_fresh
from hq.budgets import allotments_of
from hq.cursors import ACCOUNT, DOCUMENT, Position, read_position
from hq.database import snapshot
from hq.policy import read_policy
from hq.restoring import Report, take_report
from hq.states import read_personal, read_states, these
from hq.terminals import Terminal, get_terminal
from pos_app.protocol.messages import ChangesPage, Document, encode_message

PAGE_ITEMS_MAX = 200
PAGE_BYTES_MAX = 4 * 1024 * 1024
_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def read_changes(engine: Engine, call: SignedCall, *, cursor: str, now_ms: int, report: Report | None = None) -> bytes:
    """A page as JSON (``ChangesPage``), at most 200 items and about 4 MiB; raises ``RefusedError``.

    ``report`` is how far the till says that its journal goes: whether it has reported to this generation of HQ.
    """
    known = authenticate_fresh(engine, call, now_ms=now_ms)
    if report is not None and read_position(cursor, known.hq_gen, known.region) is not None:
        take_report(engine, known, report)
    allotments = allotments_of(engine, known)
    with snapshot(engine) as connection:
        terminal = get_terminal(connection, known.terminal_id)
        items_max = PAGE_ITEMS_MAX
        while True:
            page = _page(connection, terminal, cursor, items_max=items_max, now_ms=now_ms)
            page = msgspec.structs.replace(page, allotments=allotments)
            encoded = encode_message(page)
            if len(encoded) <= PAGE_BYTES_MAX or items_max == 1:
                return encoded
            items_max = max(1, items_max // 4)


def horizon(connection: Connection) -> int:
    """Every change below this number that will ever be there can be read in this transaction."""
    if connection.dialect.name == "postgresql":
        oldest: int = connection.execute(_HORIZON).scalar_one()
        return oldest
    last: int = connection.execute(select(tables.headquarters.c.last_change_no)).scalar_one()
    return last + 1


def _page(connection: Connection, terminal: Terminal, cursor: str, *, items_max: int, now_ms: int) -> ChangesPage:
    known = read_position(cursor, terminal.hq_gen, terminal.region)
    after = known or Position()
    # Each kind comes in its order; the sort keeps that among changes of one number.
    changes = sorted(_changes(connection, terminal.region, after, limit=items_max + 1), key=lambda change: change[0:2])
    taken = changes[:items_max]
    account_refs = [key for _, kind, key in taken if kind == ACCOUNT]
    of_holders = _holders_changed(connection, terminal.region, account_refs, after)
    return ChangesPage(
        accounts=tuple(read_states(connection, terminal, these(connection, account_refs))) if account_refs else (),
        personal=read_personal(connection, these(connection, of_holders)) if of_holders else (),
        next_cursor=(Position(*taken[-1]) if taken else after).cursor(terminal.hq_gen, terminal.region),
        hq_gen=terminal.hq_gen,
        more=len(changes) > items_max,
        restart=cursor != "" and known is None,
        hq_time_ms=now_ms,
        documents=_documents(connection, [key for _, kind, key in taken if kind == DOCUMENT]),
        erased=_erased(connection, of_holders),
        policy=read_policy(connection),
    )


def _changes(connection: Connection, region: str, after: Position, *, limit: int) -> Iterator[tuple[int, str, str]]:
    end = horizon(connection)
    known, document = tables.account_region.c, tables.document.c
    of_region = select(known.change_no, known.account_ref).where(known.region == region)
    published = select(document.change_no, document.kind, document.key)
    for kind, of_kind in ((ACCOUNT, of_region), (DOCUMENT, published)):
        for row in connection.execute(_behind(of_kind, kind, after, end=end).limit(limit)):
            yield row[0], kind, "/".join(row[1:])


def _behind(changed: Select[Any], kind: str, after: Position, *, end: int) -> Select[Any]:
    """Those of a kind's changes (their number, then their key) that are behind the position, in the order of both."""
    number, *key = changed.selected_columns
    behind = number > after.change_no
    if kind > after.kind:
        behind = number >= after.change_no
    elif kind == after.kind:
        at = after.key.split("/", len(key) - 1)
        behind = or_(behind, (number == after.change_no) & (tuple_(*key) > tuple_(*map(literal, at))))
    return changed.where(number >= after.change_no, behind, number < end).order_by(number, *key)


def _holders_changed(connection: Connection, region: str, account_refs: Sequence[str], after: Position) -> list[str]:
    """Those whose holder a till of this region may not have yet: changed since, or the account is new there."""
    known, holder = tables.account_region.c, tables.personal_change.c
    found = (
        select(holder.account_ref)
        .join(tables.account_region, known.account_ref == holder.account_ref)
        .where(
            these(connection, account_refs)(holder.account_ref),
            known.region == region,
            or_(holder.change_no >= after.change_no, known.since_no >= after.change_no),
        )
    )
    return list(connection.execute(found.order_by(holder.account_ref)).scalars()) if account_refs else []


def _documents(connection: Connection, keys: Sequence[str]) -> tuple[Document, ...]:
    c = tables.document.c
    wanted = [tuple(key.split("/", 1)) for key in keys]
    if not wanted:
        return ()
    found = select(c.kind, c.key, c.body).where(tuple_(c.kind, c.key).in_(wanted)).order_by(c.kind, c.key)
    return tuple(Document(*row) for row in connection.execute(found))


def _erased(connection: Connection, account_refs: Sequence[str]) -> tuple[str, ...]:
    c = tables.personal_change.c
    forgotten = select(c.account_ref).where(c.account_ref.in_(account_refs), c.erased_at_ms.is_not(None))
    return tuple(connection.execute(forgotten.order_by(c.account_ref)).scalars())
