"""Which accounts the till's own events touch: what HQ does not count yet must stay on top of what it sends."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Integer, bindparam, literal_column, select

from pos_app.protocol.events import AnyEvent, decode_body
from storage import tables
from storage.database import driver_connection
from storage.journal import Terminal
from storage.statements import ZERO, Statement

_PAGE_EVENTS = 1_000
_event = tables.event.c
_bodies = Statement(
    lambda: (
        select(_event.seq, _event.body)
        .where(
            _event.terminal_id == bindparam("terminal_id"),
            _event.incarnation == bindparam("incarnation"),
            _event.seq > bindparam("after_seq"),
        )
        .order_by(_event.seq)
        .limit(literal_column(str(_PAGE_EVENTS), Integer))
        .offset(ZERO)
    )
)
_one = Statement(
    lambda: select(_event.body).where(
        _event.terminal_id == bindparam("terminal_id"),
        _event.incarnation == bindparam("incarnation"),
        _event.seq == bindparam("seq"),
    )
)


class _Accounts(msgspec.Struct):
    """The accounts that a body of any kind names; reading no more of it is what makes this quick."""

    account_ref: str = ""
    merged_ref: str = ""


_accounts_in = msgspec.json.Decoder(_Accounts).decode


class OwnEvents:
    """An index over the journal's end, in memory: account to the numbers of the events that touch it. Not for two threads at once.

    It reads every body once, from where somebody asked first, and forgets everything when the till gets another name. Bodies that
    were pruned touch nothing any more: HQ has counted them.
    """

    def __init__(self) -> None:
        self._name: tuple[str, int] | None = None
        self._from_seq = self._upto_seq = 0
        self._seqs: dict[str, list[int]] = {}

    def read_on(self, connection: Connection, terminal: Terminal, *, after_seq: int) -> None:
        """Take in everything that was written since, beginning behind ``after_seq`` at the latest."""
        name = (terminal.terminal_id, terminal.incarnation)
        if name != self._name or after_seq < self._from_seq or terminal.last_seq < self._upto_seq:
            self._name, self._from_seq, self._upto_seq = name, after_seq, after_seq
            self._seqs = defaultdict(list)
        driver = driver_connection(connection)
        while self._upto_seq < terminal.last_seq:
            rows = _bodies.all(driver, *name, self._upto_seq)
            for seq, body in rows:
                for account_ref in _touched(body):
                    self._seqs[account_ref].append(seq)
            self._upto_seq = rows[-1][0] if rows else terminal.last_seq

    def after(self, account_refs: Sequence[str], seq: int) -> list[int]:
        """The numbers, ascending, of events behind ``seq`` that touch one of these accounts."""
        found = {one for ref in account_refs for one in self._seqs.get(ref, ()) if one > seq}
        return sorted(found)

    def touches_something_after(self, seq: int) -> bool:
        """Whether there is any such event for any account."""
        return self._upto_seq > seq and bool(self._seqs)

    def touched_after(self, seq: int) -> frozenset[str]:
        """Every account that an event behind ``seq`` touches."""
        return frozenset(ref for ref, seqs in self._seqs.items() if seqs[-1] > seq)


def _touched(body: bytes | None) -> set[str]:
    """The accounts in a body; none in one that is damaged, which the doctor finds by its hash."""
    if body is None:
        return set()
    try:
        named = _accounts_in(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return set()
    return {ref for ref in (named.account_ref, named.merged_ref) if ref}


def read_events(connection: Connection, terminal: Terminal, seqs: Sequence[int]) -> tuple[AnyEvent, ...]:
    """These events of the till's present name."""
    driver = driver_connection(connection)
    rows = (_one.first(driver, terminal.terminal_id, terminal.incarnation, seq) for seq in seqs)
    return tuple(decode_body(row[0]) for row in rows if row is not None and row[0] is not None)
