"""HQ's totals, to hold against the tills'."""

import msgspec
from sqlalchemy import Engine, case, func, select

from hq import tables
from hq.database import snapshot


class TerminalTotals(msgspec.Struct, frozen=True):
    """One till's figures at HQ. Money in minor units; ``issued_units`` and ``burned_units`` are of sales, returns apart."""

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
    """Everything at HQ. ``ledger_units`` is the sum of the entries by kind of account; all of them together are 0.

    ``ledger_sum_units`` is that sum, ``stored_balances_differ`` says whether the balances stored beside the entries have drifted.
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


def totals(engine: Engine) -> Totals:
    """The figures of one moment."""
    terminal, sale, inbox = tables.terminal.c, tables.sale.c, tables.inbox.c
    is_sale = sale.kind == "sale"
    by_terminal = (
        select(
            sale.terminal_id,
            func.sum(case((is_sale, 1), else_=0)).label("sales"),
            func.sum(case((is_sale, 0), else_=1)).label("returns"),
            func.sum(case((is_sale, sale.total_minor), else_=0)).label("sales_minor"),
            func.sum(case((is_sale, 0), else_=sale.total_minor)).label("returns_minor"),
            func.sum(case((is_sale, sale.earned_units), else_=0)).label("issued_units"),
            func.sum(case((is_sale, sale.burned_units), else_=0)).label("burned_units"),
        )
        .group_by(sale.terminal_id)
        .subquery()
    )
    applied = (inbox.incarnation < terminal.applied_incarnation) | (
        (inbox.incarnation == terminal.applied_incarnation) & (inbox.seq <= terminal.applied_seq)
    )
    received = (
        select(
            inbox.terminal_id,
            func.count().label("received"),
            func.sum(case((applied, 0), else_=1)).label("waiting"),
        )
        .join(tables.terminal, terminal.terminal_id == inbox.terminal_id)
        .group_by(inbox.terminal_id)
        .subquery()
    )
    figures = (
        select(
            terminal.terminal_number,
            terminal.store_id,
            received.c.received,
            received.c.waiting,
            *(by_terminal.c[name] for name in TerminalTotals.__struct_fields__[4:10]),
            terminal.clock_drift_ms,
        )
        .outerjoin(by_terminal, by_terminal.c.terminal_id == terminal.terminal_id)
        .outerjoin(received, received.c.terminal_id == terminal.terminal_id)
        .order_by(terminal.terminal_number)
    )
    entry, balance = tables.entry.c, tables.balance.c
    with snapshot(engine) as connection:
        rows = connection.execute(figures).all()
        kinds = connection.execute(select(entry.kind, func.sum(entry.units)).group_by(entry.kind))
        ledger_units = {kind: int(units) for kind, units in kinds}
        stored = connection.execute(select(balance.kind, func.sum(balance.units)).group_by(balance.kind))
        stored_units = {kind: int(units) for kind, units in stored}
        accounts = connection.execute(select(func.count()).select_from(tables.account)).scalar_one()
        open_tasks = connection.execute(
            select(func.count()).select_from(tables.task).where(tables.task.c.done_at_ms.is_(None))
        ).scalar_one()
    return Totals(
        terminals=tuple(TerminalTotals(row[0], row[1], *(int(figure or 0) for figure in row[2:])) for row in rows),
        ledger_units=ledger_units,
        ledger_sum_units=sum(ledger_units.values()),
        stored_balances_differ=stored_units != ledger_units,
        accounts=accounts,
        open_tasks=open_tasks,
    )
