"""A till as HQ knows it."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, bindparam, case, func, select, update

from hq import tables

_terminal = tables.terminal.c
_CONTACT_EVERY_MS = 60_000
DEFAULT_REGION = "main"
"""The region of a store that nobody put into another: small chains have only this one."""


class Terminal(msgspec.Struct, frozen=True):
    """A till's row, with HQ's generation. ``last_seq`` and ``last_hash`` end the chain of ``incarnation`` as received;
    (``applied_incarnation``, ``applied_seq``) is the last event that the ledger counts. ``region`` is its store's.
    """

    terminal_id: str
    terminal_number: int
    store_id: str
    public_key: bytes
    incarnation: int
    revoked: bool
    last_seq: int
    last_hash: bytes
    durable_seq: int
    applied_incarnation: int
    applied_seq: int
    reported_gen: int
    hq_gen: int
    region: str


_region = func.coalesce(tables.store.c.region, DEFAULT_REGION)
_not_its_own = {"hq_gen": tables.headquarters.c.hq_gen, "region": _region}
_columns = [
    _not_its_own[name] if name in _not_its_own else tables.terminal.c[name] for name in Terminal.__struct_fields__
]
_of_its_store = tables.terminal.outerjoin(tables.store, tables.store.c.store_id == _terminal.store_id)
_read = select(*_columns).select_from(_of_its_store.join(tables.headquarters, tables.headquarters.c.id == 1))
_by_id = _read.where(_terminal.terminal_id == bindparam("terminal_id"))
# Not the key: the ledger's references to a till need not wait for its upload.
_by_id_locked = _by_id.with_for_update(of=tables.terminal, key_share=True)
_by_number = _read.where(_terminal.terminal_number == bindparam("terminal_number"))


def find_terminal(connection: Connection, terminal_id: str) -> Terminal | None:
    """The till of that id."""
    row = connection.execute(_by_id, {"terminal_id": terminal_id}).one_or_none()
    return None if row is None else Terminal(*row)


def get_terminal(connection: Connection, terminal_id: str) -> Terminal:
    """The till, which must exist."""
    return Terminal(*connection.execute(_by_id, {"terminal_id": terminal_id}).one())


def regions_of(connection: Connection, terminal_ids: Collection[str]) -> dict[str, str]:
    """The regions of these tills' stores, by the tills."""
    found = select(_terminal.terminal_id, _region).select_from(_of_its_store)
    rows = connection.execute(found.where(_terminal.terminal_id.in_(terminal_ids)))
    return {row[0]: row[1] for row in rows}


def find_by_number(connection: Connection, terminal_number: int) -> Terminal | None:
    """The till of that number."""
    row = connection.execute(_by_number, {"terminal_number": terminal_number}).one_or_none()
    return None if row is None else Terminal(*row)


def lock_terminal(connection: Connection, terminal_id: str) -> Terminal:
    """The till, which must exist, with its row locked until the transaction ends."""
    return Terminal(*connection.execute(_by_id_locked, {"terminal_id": terminal_id}).one())


_advance = (
    update(tables.terminal)
    .where(_terminal.terminal_id == bindparam("id"))
    .values(
        last_seq=bindparam("seq"),
        last_hash=bindparam("hash"),
        last_contact_ms=bindparam("now_ms"),
        clock_drift_ms=bindparam("drift_ms"),
    )
)


def advance(
    connection: Connection, terminal_id: str, *, last_seq: int, last_hash: bytes, now_ms: int, clock_drift_ms: int
) -> None:
    """The chain as received ends here; the till's clock was so far before ours (negative: behind)."""
    values = {"seq": last_seq, "hash": last_hash, "now_ms": now_ms, "drift_ms": clock_drift_ms}
    connection.execute(_advance, {"id": terminal_id, **values})


def note_contact(connection: Connection, terminal: Terminal, *, now_ms: int, clock_drift_ms: int) -> None:
    """The till was heard, once a minute at most; not now where somebody else has its row, since nobody shall wait for this."""
    free = select(_terminal.terminal_id).where(
        _terminal.terminal_id == terminal.terminal_id,
        func.coalesce(_terminal.last_contact_ms, 0) < now_ms - _CONTACT_EVERY_MS,
    )
    if connection.execute(free.with_for_update(skip_locked=True)).first() is not None:
        connection.execute(
            update(tables.terminal)
            .where(_terminal.terminal_id == terminal.terminal_id)
            .values(last_contact_ms=now_ms, clock_drift_ms=clock_drift_ms)
        )


_applied = case((_terminal.applied_incarnation == _terminal.incarnation, _terminal.applied_seq), else_=0)
_waiting = select(func.sum(_terminal.last_seq - _applied))


def waiting_events(connection: Connection) -> int:
    """How many events of all tills are not in the ledger yet; of a till that was enrolled again, those of its last incarnation."""
    return int(connection.execute(_waiting).scalar_one() or 0)


def revoke_terminal(connection: Connection, terminal_number: int) -> bool:
    """Shut a till out; False if there is none of that number."""
    result = connection.execute(
        update(tables.terminal).where(_terminal.terminal_number == terminal_number).values(revoked=True)
    )
    return bool(result.rowcount)
