"""Budgets of rules, shared out to the tills in parts, so that together they never give more, however long they are cut off.

A till may give what was allotted to it in all; it is told that sum with every page of changes, and it never shrinks. As it uses its
part up it gets more, as long as there is more: each time a share of what is left, so that the parts become smaller towards the end.
What a till does not use stays with it. A till that was enrolled again begins with nothing: nobody knows what its disk had given.

**Invariant**: what is allotted to all tills of a rule's budget sums to its row in ``budget``, and is never more than the budget.
"""

import functools
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Engine, and_, bindparam, func, select, update

from hq import tables
from hq.database import transact
from hq.statements import Values, upsert_rows
from hq.terminals import Terminal
from pos_app.loyalty.budgets import budgets_of
from pos_app.loyalty.document import Programme
from pos_app.protocol.events import ActEvent, SaleEvent

PARTS_A_TILL = 4
"""A till's part is what is left of the budget, divided by the tills and by this."""
_budget = tables.budget.c
_allotment = tables.allotment.c
_terminal = tables.terminal.c
_OF_TILL = and_(
    _allotment.rule == _budget.rule,
    _allotment.terminal_id == bindparam("till"),
    _allotment.incarnation == bindparam("till_incarnation"),
)
_STANDING = select(
    _budget.rule,
    _budget.counted,
    _budget.allotted,
    func.coalesce(_allotment.allotted, 0),
    func.coalesce(_allotment.used, 0),
).select_from(tables.budget.outerjoin(tables.allotment, _OF_TILL))
_TILLS = select(func.count()).select_from(tables.terminal).where(~_terminal.revoked)


class BudgetFigures(msgspec.Struct, frozen=True):
    """One budget: how much it is, how much of it tills may give, and how much of that they are known to have given."""

    rule: str
    counted: int
    allotted: int
    used: int


class _Standing(msgspec.Struct, frozen=True):
    """How one till stands with one budget."""

    rule: str
    counted: int
    allotted_to_all: int
    allotted: int
    used: int

    def lacks(self, tills: int) -> int:
        """How much more the till should get now."""
        rest = max(0, self.counted - self.allotted_to_all)
        part = max(1, rest // (PARTS_A_TILL * max(1, tills)))
        return min(rest, max(0, part - max(0, self.allotted - self.used)))


def set_budgets(connection: Connection, programme: Programme) -> None:
    """A programme is published: its budgets count from now on. What was allotted of them before stays allotted."""
    rows = [{"rule": one.rule, "counted": one.counted, "allotted": 0} for one in budgets_of([programme])]
    upsert_rows(connection, tables.budget, sorted(rows, key=lambda row: str(row["rule"])), replace=("counted",))


def allotments_of(engine: Engine, terminal: Terminal) -> dict[str, int]:
    """What this till may give of each budget in all, topped up where it has little left; nothing is written where it has enough."""
    with engine.connect() as connection:
        standing = _standing(connection, terminal)
        tills: int = connection.execute(_TILLS).scalar_one() if standing else 0
    lacking = [one.rule for one in standing if one.lacks(tills)]
    if lacking:
        standing = transact(engine, functools.partial(_top_up, terminal=terminal, rules=lacking, tills=tills))
    return {one.rule: one.allotted for one in standing if one.allotted}


def list_budgets(engine: Engine) -> tuple[BudgetFigures, ...]:
    """Every budget, by its rule."""
    used = func.coalesce(func.sum(_allotment.used), 0)
    found = (
        select(_budget.rule, _budget.counted, _budget.allotted, used)
        .select_from(tables.budget.outerjoin(tables.allotment, _allotment.rule == _budget.rule))
        .group_by(_budget.rule, _budget.counted, _budget.allotted)
        .order_by(_budget.rule)
    )
    with engine.connect() as connection:
        return tuple(
            BudgetFigures(rule, counted, allotted, int(sums))
            for rule, counted, allotted, sums in connection.execute(found)
        )


def use_up(connection: Connection) -> None:
    """HQ was restored and no longer knows what it has allotted since its backup: it allots nothing more of these budgets."""
    connection.execute(update(tables.budget).where(_budget.allotted < _budget.counted).values(allotted=_budget.counted))


def uses_in(event: SaleEvent | ActEvent) -> dict[str, int]:
    """What the rules with a budget gave, as their documents count it: part of a point is a point."""
    seen = event.engine_input
    in_points = {f"{one.programme_id}/{one.rule_id}" for one in event.awards}
    return {
        rule: -(-units // 10**seen.points_exponent) if rule in in_points else units
        for rule, units in event.used.items()
        if rule in seen.budgets
    }


def write_uses(connection: Connection, uses: Mapping[tuple[str, int, str], int]) -> None:
    """What tills (id, incarnation) have given by a rule counts for when they get more."""
    rows: list[Values] = [
        {"terminal_id": terminal_id, "incarnation": incarnation, "rule": rule, "allotted": 0, "used": used}
        for (terminal_id, incarnation, rule), used in sorted(uses.items())
    ]
    upsert_rows(connection, tables.allotment, rows, add=("used",))


def _standing(connection: Connection, terminal: Terminal) -> list[_Standing]:
    of_till = {"till": terminal.terminal_id, "till_incarnation": terminal.incarnation}
    return [_Standing(*row) for row in connection.execute(_STANDING, of_till)]


def _top_up(connection: Connection, *, terminal: Terminal, rules: Sequence[str], tills: int) -> list[_Standing]:
    """More for a till; the budgets that it takes from are locked, in their order, until that is written."""
    locked = select(_budget.rule).where(_budget.rule.in_(rules)).order_by(_budget.rule)
    connection.execute(locked.with_for_update()).all()
    for one in _standing(connection, terminal):
        more = one.lacks(tills) if one.rule in rules else 0
        if more:
            taken = update(tables.budget).where(_budget.rule == one.rule)
            connection.execute(taken.values(allotted=_budget.allotted + more))
            row = {
                "terminal_id": terminal.terminal_id,
                "incarnation": terminal.incarnation,
                "rule": one.rule,
                "allotted": more,
                "used": 0,
            }
            upsert_rows(connection, tables.allotment, [row], add=("allotted",))
    return _standing(connection, terminal)
