"""The changes feed: accounts and personal records that changed after a cursor, in the order of their change.

**Invariant**: numbers are taken under a lock that is held until the commit, so a reader who has seen number n has seen every
smaller one that will ever be there.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Table, select

from hq import tables
from hq.authentication import Freshness, SignedCall, authenticate_active
from hq.database import snapshot
from hq.personal import read_fields
from hq.terminals import Terminal
from pos_app.loyalty.ledger import AccountKind
from pos_app.model.accounts import Lot
from pos_app.protocol.messages import (
    AccountState,
    CardState,
    ChangesPage,
    PersonalRecord,
    encode_message,
)

PAGE_ITEMS_MAX = 200
PAGE_BYTES_MAX = 4 * 1024 * 1024
_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,18})")
_LOT_COLUMNS = [tables.lot.c[name] for name in Lot.__struct_fields__]


def read_changes(engine: Engine, call: SignedCall, *, cursor: str, freshness: Freshness, now_ms: int) -> bytes:
    """A page as JSON (``ChangesPage``), at most 200 items and about 4 MiB; raises ``RefusedError``."""
    with snapshot(engine) as connection:
        terminal = authenticate_active(connection, call)
        freshness.check(call, now_ms=now_ms)
        items_max = PAGE_ITEMS_MAX
        while True:
            page = _page(connection, terminal, cursor, items_max=items_max, now_ms=now_ms)
            encoded = encode_message(page)
            if len(encoded) <= PAGE_BYTES_MAX or items_max == 1:
                return encoded
            items_max = max(1, items_max // 4)


def _page(connection: Connection, terminal: Terminal, cursor: str, *, items_max: int, now_ms: int) -> ChangesPage:
    after = _position(cursor, terminal.hq_gen)
    changes = sorted(
        (change_no, table.name, account_ref)
        for table in (tables.account, tables.personal_change)
        for change_no, account_ref in _changed(connection, table, after or 0, limit=items_max + 1)
    )
    taken = changes[:items_max]
    last_no = taken[-1][0] if taken else after or 0
    personal_refs = [ref for _, table_name, ref in taken if table_name == tables.personal_change.name]
    account_refs = [ref for _, table_name, ref in taken if table_name == tables.account.name]
    # A till takes no record without its account, whose own change may come pages later: so the account comes along.
    states = _states(connection, terminal, list(dict.fromkeys([*account_refs, *personal_refs])))
    known = {state.account_ref for state in states}
    return ChangesPage(
        accounts=states,
        personal=_personal(connection, [ref for ref in personal_refs if ref in known]),
        next_cursor=f"{terminal.hq_gen}.{last_no}",
        hq_gen=terminal.hq_gen,
        more=len(changes) > items_max,
        restart=cursor != "" and after is None,
        hq_time_ms=now_ms,
    )


def _position(cursor: str, hq_gen: int) -> int | None:
    """The number in a cursor of this generation; None for any other text."""
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) != hq_gen:
        return None
    return int(match[2])


def _changed(connection: Connection, table: Table, after: int, *, limit: int) -> Sequence[tuple[int, str]]:
    c = table.c
    rows = connection.execute(
        select(c.change_no, c.account_ref).where(c.change_no > after).order_by(c.change_no).limit(limit)
    )
    return [(change_no, account_ref) for change_no, account_ref in rows]


def _personal(connection: Connection, account_refs: Sequence[str]) -> tuple[PersonalRecord, ...]:
    held = read_fields(connection, account_refs)
    return tuple(PersonalRecord(ref, held[ref]) for ref in account_refs)


def _states(connection: Connection, terminal: Terminal, account_refs: Sequence[str]) -> tuple[AccountState, ...]:
    account = tables.account
    rows = {
        row.account_ref: row
        for row in connection.execute(select(account).where(account.c.account_ref.in_(account_refs)))
    }
    cards = _cards(connection, account_refs)
    lots = _lots(connection, account_refs)
    overdrafts = _overdrafts(connection, account_refs)
    sums = _sums(connection, account_refs)
    return tuple(
        AccountState(
            account_ref=ref,
            status=rows[ref].status,
            card_class=rows[ref].card_class,
            cards=tuple(cards[ref]),
            lots=tuple(lots[ref]),
            overdraft_units=overdrafts[ref],
            accumulators=sums[ref],
            receipts_count=rows[ref].receipts_count,
            includes_incarnation=terminal.applied_incarnation,
            includes_seq=terminal.applied_seq,
            provisional=rows[ref].provisional,
            merged_into=rows[ref].merged_into,
        )
        for ref in account_refs
        if ref in rows
    )


def _cards(connection: Connection, account_refs: Sequence[str]) -> dict[str, list[CardState]]:
    c = tables.card.c
    cards: dict[str, list[CardState]] = defaultdict(list)
    for row in connection.execute(select(tables.card).where(c.account_ref.in_(account_refs)).order_by(c.number)):
        cards[row.account_ref].append(CardState(row.number, row.status))
    return cards


def _lots(connection: Connection, account_refs: Sequence[str]) -> dict[str, list[Lot]]:
    c = tables.lot.c
    lots: dict[str, list[Lot]] = defaultdict(list)
    found = select(*_LOT_COLUMNS).where(c.account_ref.in_(account_refs), c.remaining_units > 0).order_by(c.lot_id)
    for row in connection.execute(found):
        lots[row.account_ref].append(Lot(*row))
    return lots


def _overdrafts(connection: Connection, account_refs: Sequence[str]) -> dict[str, dict[str, int]]:
    c = tables.balance.c
    overdrafts: dict[str, dict[str, int]] = defaultdict(dict)
    owed = select(c.account_ref, c.issuer, c.units).where(
        c.account_ref.in_(account_refs), c.kind == AccountKind.OVERDRAFT.value, c.units < 0
    )
    for account_ref, issuer, units in connection.execute(owed):
        overdrafts[account_ref][issuer] = -units
    return overdrafts


def _sums(connection: Connection, account_refs: Sequence[str]) -> dict[str, dict[str, dict[str, int]]]:
    c = tables.accumulator.c
    sums: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in connection.execute(select(tables.accumulator).where(c.account_ref.in_(account_refs))):
        sums[row.account_ref][row.programme_id][row.month] = row.sum_minor
    return sums
