"""Rules with a budget: how much they give to all members together."""

from collections.abc import Iterable

import msgspec

from pos_app.loyalty.document import Programme
from pos_app.loyalty.limits import gives_points
from pos_app.loyalty.rating import rule_key


class RuleBudget(msgspec.Struct, frozen=True):
    """The budget of a rule (``programme/rule``): ``counted`` in whole points, minor units or units of a pool, as its document counts."""

    rule: str
    counted: int
    in_points: bool

    def units(self, counted: int, *, points_exponent: int) -> int:
        """So much of the budget as the engine counts it: points in their smallest part, everything else as it is."""
        units: int = counted * 10**points_exponent if self.in_points else counted
        return units

    def counted_of(self, units: int, *, points_exponent: int) -> int:
        """What the engine gave, as the document counts it; part of a point is a point.

        >>> RuleBudget("p/r", 100, True).counted_of(250, points_exponent=2)
        3
        """
        return -(-units // self.units(1, points_exponent=points_exponent))


def budgets_of(programmes: Iterable[Programme]) -> tuple[RuleBudget, ...]:
    """The budgets of these programmes' rules."""
    return tuple(
        RuleBudget(rule_key(programme, rule), rule.caps.budget, gives_points(rule))
        for programme in programmes
        for rule in programme.rules
        if rule.caps is not None and rule.caps.budget is not None
    )
