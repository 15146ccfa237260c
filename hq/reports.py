"""HQ's totals, to hold against the tills'."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Engine, Table, func, select, tuple_

from hq import tables
from hq.database import snapshot
from pos_app.model.identifiers import POOL_MARK


class TerminalTotals(msgspec.Struct, frozen=True):
    """One till's figures at HQ. Money in minor units; ``issued_units`` and ``burned_units`` are of sales, returns apart;
    what acts gave is issued too.
    """

    terminal_number: int
    store_id: str
    received_events: int
    waiting_events: int
    sales: int
    returns: int
    sales_minor: int
    returns_minor: int
    issued_units: int
    burned_units: int
    clock_drift_ms: int


class Totals(msgspec.Struct, frozen=True):
    """Everything at HQ. ``ledger_units`` is the sum of the points' entries by kind of account.

    ``ledger_sum_units`` is that of all entries, of other pools too, and always 0. ``stored_balances_differ`` says whether the balances
    stored beside the entries have drifted.
    """

    terminals: tuple[TerminalTotals, ...]
    ledger_units: dict[str, int]
    ledger_sum_units: int
    stored_balances_differ: bool
    accounts: int
    open_tasks: int

    @property
    def sales(self) -> int:
        """Sales of all tills."""
        return sum(terminal.sales for terminal in self.terminals)

    @property
    def sales_minor(self) -> int:
        """Their sum."""
        return sum(terminal.sales_minor for terminal in self.terminals)

    @property
    def waiting_events(self) -> int:
        """Events that came but are not in the ledger yet."""
        return sum(terminal.waiting_events for terminal in self.terminals)


def totals(engine: Engine, *, whole_ledger: bool = True) -> Totals:
    """The figures of one moment.

    Tills' figures come from sums by day and from each till's own row. ``whole_ledger`` adds up every entry and every balance, to see
    that they agree: in a large chain that takes a while. Without it the ledger's figures are empty.
    """
    with snapshot(engine) as connection:
        terminals = tuple(_terminals(connection))
        ledger = _sums(connection, tables.entry) if whole_ledger else {}
        stored = _sums(connection, tables.balance) if whole_ledger else {}
        of_points = {kind: units for (kind, is_pool), units in ledger.items() if not is_pool}
        return Totals(
            terminals=terminals,
            ledger_units=of_points,
            ledger_sum_units=sum(ledger.values()),
            stored_balances_differ=stored != ledger,
            accounts=_count(connection, tables.account) if whole_ledger else 0,
            open_tasks=_open_tasks(connection),
        )


def _terminals(connection: Connection) -> Iterator[TerminalTotals]:
    terminal, day = tables.terminal.c, tables.terminal_day.c
    names = ("sales", "returns", "sales_minor", "returns_minor", "issued_units", "burned_units")
    sums = (
        select(day.terminal_id, *(func.sum(day[name]).label(name) for name in names))
        .group_by(day.terminal_id)
        .subquery()
    )
    figures = (
        select(
            terminal.terminal_number,
            terminal.store_id,
            terminal.earlier_events + terminal.last_seq,
            terminal.last_seq - terminal.applied_seq,
            *(func.coalesce(sums.c[name], 0) for name in names),
            terminal.clock_drift_ms,
        )
        .outerjoin(sums, sums.c.terminal_id == terminal.terminal_id)
        .order_by(terminal.terminal_number)
    )
    between = _waiting_between_incarnations(connection)
    for row in connection.execute(figures):
        number, store_id, *counts = row
        if number in between:
            counts[1] = between[number]
        yield TerminalTotals(number, store_id, *map(int, counts))


def _waiting_between_incarnations(connection: Connection) -> dict[int, int]:
    """What waits of tills that were enrolled again and whose older events are not all booked: a few tills, and few events."""
    terminal, inbox = tables.terminal.c, tables.inbox.c
    waits = (inbox.terminal_id == terminal.terminal_id) & (
        tuple_(inbox.incarnation, inbox.seq) > tuple_(terminal.applied_incarnation, terminal.applied_seq)
    )
    counted = (
        select(terminal.terminal_number, func.count(inbox.seq))
        .select_from(tables.terminal.outerjoin(tables.inbox, waits))
        .where(terminal.applied_incarnation != terminal.incarnation)
        .group_by(terminal.terminal_number)
    )
    return dict(connection.execute(counted).all())


def _sums(connection: Connection, table: Table) -> dict[tuple[str, bool], int]:
    """Units by kind of account, those of pools other than points apart."""
    is_pool = table.c.issuer.contains(POOL_MARK, autoescape=True).label("is_pool")
    summed = connection.execute(select(table.c.kind, is_pool, func.sum(table.c.units)).group_by(table.c.kind, is_pool))
    return {(kind, bool(of_pool)): int(units) for kind, of_pool, units in summed}


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _open_tasks(connection: Connection) -> int:
    is_open = tables.task.c.done_at_ms.is_(None)
    return int(connection.execute(select(func.count()).select_from(tables.task).where(is_open)).scalar_one())
