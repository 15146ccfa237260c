"""After HQ was restored from a backup: which tills have reported since, so that HQ knows again what was burned and leased.

A till has reported when it asks for changes with a cursor of this generation, so that it goes by what HQ knows now, and HQ has
everything that its journal holds at that moment, in the ledger too: what is only in the inbox nobody can reckon with. Until every till
has, or was written off, HQ issues no lease and holds nothing.
"""

import msgspec
from sqlalchemy import Connection, Engine, select, update

from hq import tables
from hq.database import transact
from hq.terminals import Terminal
from pos_app.errors import InputError

_terminal = tables.terminal.c
_WAITED_FOR = (
    select(_terminal.terminal_id)
    .join(tables.headquarters, tables.headquarters.c.id == 1)
    .where(_terminal.reported_gen < tables.headquarters.c.hq_gen, ~_terminal.revoked)
    .limit(1)
)


class Report(msgspec.Struct, frozen=True):
    """How far a till says that its journal goes."""

    incarnation: int
    last_seq: int


def is_restoring(connection: Connection) -> bool:
    """Whether HQ still waits for a till that is not shut out."""
    return connection.execute(_WAITED_FOR).first() is not None


def waiting_for(connection: Connection) -> list[int]:
    """The numbers of the tills that HQ waits for."""
    waits = select(_terminal.terminal_number).join(tables.headquarters, tables.headquarters.c.id == 1)
    behind = waits.where(_terminal.reported_gen < tables.headquarters.c.hq_gen, ~_terminal.revoked)
    return list(connection.execute(behind.order_by(_terminal.terminal_number)).scalars())


def take_report(engine: Engine, terminal: Terminal, report: Report) -> None:
    """The till goes by this generation: it has reported if HQ has booked all that it has."""
    has_all = (
        report.incarnation == terminal.incarnation == terminal.applied_incarnation
        and report.last_seq <= terminal.applied_seq
    )
    if has_all and terminal.reported_gen < terminal.hq_gen:
        reported = update(tables.terminal).where(_terminal.terminal_id == terminal.terminal_id)
        transact(engine, lambda connection: connection.execute(reported.values(reported_gen=terminal.hq_gen)))


def write_off(engine: Engine, terminal_number: int) -> None:
    """A till will not report any more: HQ goes on without it. Raises ``InputError`` if there is none of that number."""
    generation = select(tables.headquarters.c.hq_gen).scalar_subquery()
    with engine.begin() as connection:
        result = connection.execute(
            update(tables.terminal).where(_terminal.terminal_number == terminal_number).values(reported_gen=generation)
        )
    if not result.rowcount:
        raise InputError(
            "hq.no_terminal",
            what=f"There is no till number {terminal_number}.",
            safe="Nothing was changed.",
            todo="`pos-app hq totals` lists the tills.",
        )
