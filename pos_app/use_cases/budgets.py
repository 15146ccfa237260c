"""What is left here of the budgets of rules.

A till that decides about points has the whole budget. Beneath headquarters it has what it was allotted of it, so that all tills
together never give more, however long they are cut off. What comes back gives nothing back to a budget: it was promised, and
a budget that grows again would be open for whoever returns goods.
"""

from collections import Counter
from typing import TYPE_CHECKING

from storage import budgets, journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def left_now(till: "Till", connection: Connection) -> dict[str, int]:
    """What each rule with a budget may still give here, in units; nothing is read where no rule has one."""
    if not till.budgets:
        return {}
    rows = budgets.all_rows(connection)
    holder = budgets.holder_of(journal.read_terminal(connection))
    given_units: Counter[str] = Counter()
    given_here: Counter[str] = Counter()
    allotted: dict[str, int] = {}
    for row in rows:
        given_units[row.rule] += row.given_units
        if row.holder == holder:
            given_here[row.rule] = row.given_units
            allotted[row.rule] = row.allotted
    exponent = till.terms.points_exponent
    left = {}
    for budget in till.budgets:
        whole = budget.units(budget.counted, points_exponent=exponent) - given_units[budget.rule]
        part = budget.units(allotted.get(budget.rule, 0), points_exponent=exponent) - given_here[budget.rule]
        left[budget.rule] = max(0, whole if till.settings.till.authority == "local" else min(whole, part))
    return left
