"""What the lint says: codes and values. Words are made where they are shown."""

from collections.abc import Mapping
from typing import Final

import msgspec

from pos_app.loyalty.checks import Path
from pos_app.loyalty.document import AnyRule, Programme

NEVER_DATES: Final = "never.dates"
"""No day is in the dates of both the rule and its programme."""
NEVER_DAYS: Final = "never.days"
"""Weekdays, holidays and dates have no day together."""
NEVER_HOURS: Final = "never.hours"
"""The hours have no minute."""
NEVER_STORES: Final = "never.stores"
"""All stores of the rule are outside the programme's."""
NEVER_FIRST_RECEIPT: Final = "never.first_receipt"
"""The rule is for the first receipt, and asks for what only an earlier one gives."""
NEVER_GOODS: Final = "never.goods"
"""All goods are excluded."""
NEVER_REGULATED: Final = "never.regulated"
"""Only regulated goods are named."""
NEVER_NOTHING: Final = "never.nothing"
"""The rule gives nothing: its rates, or what they are multiplied by, are 0."""
NEVER_CAP: Final = "never.cap"
"""A cap or limit of 0."""
NEVER_POOL: Final = "never.pool"
"""Nothing collects into the pool."""
NEVER_REACH: Final = "never.reach"
"""Caps and life keep a member from ever having so much in the pool."""
NEVER_BEATEN: Final = "never.beaten"
"""Another rule of the lane or group always gives as much or more."""
TIE: Final = "tie"
"""Two rules give the same, with the same priority: their names decide."""
MULTIPLY_NOTHING: Final = "multiply.nothing"
"""A multiplier in whose lane nothing gives points when it applies."""
STORES_OUTSIDE: Final = "stores.outside"
"""Some stores of the rule are outside the programme's."""
DATES_OUTSIDE: Final = "dates.outside"
"""A window is outside the programme's dates."""
DATES_OVERLAP: Final = "dates.overlap"
DATES_GAP: Final = "dates.gap"
"""A single day between two windows."""
HOURS_OVERLAP: Final = "hours.overlap"
HOURS_GAP: Final = "hours.gap"
"""A single minute between two windows."""
HOLIDAY_NONE: Final = "holiday.none"
"""A day that no year has."""
PROGRAMMES_OVERLAP: Final = "programmes.overlap"
PROGRAMMES_GAP: Final = "programmes.gap"
"""A single day between two programmes that follow each other."""
STEP_SAME: Final = "step.same"
"""A step that changes neither rate nor class."""
TIER_UNUSED: Final = "tier.unused"
"""A tier without benefits that no rule names."""
MARGIN_BETWEEN: Final = "margin.between"
"""A margin that begins within a published band: the next band is the first that reaches it."""
MARGIN_BEYOND: Final = "margin.beyond"
"""A margin above the highest published band: no goods reach it."""
COST_MARGIN: Final = "cost.margin"
"""Without a guard the rule costs more than the margin in half of the published bands or more."""
COST_TOGETHER: Final = "cost.together"
"""The same of all rules together that always apply."""
GUARD_LOWERS: Final = "guard.lowers"
"""The guard lowers the rule for all goods, whatever their margin."""
POINTS_TOO_LATE: Final = "points.too_late"
"""What is collected can be used only after the last day on which anything takes it."""

CODES: tuple[str, ...] = tuple(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
)


class Finding(msgspec.Struct, frozen=True):
    """Something odd about a programme: the key (``path``) that it is about, and the values that words need. It refuses nothing."""

    code: str
    programme_id: str
    path: Path
    values: Mapping[str, int | str] = {}


class Ruled(msgspec.Struct, frozen=True):
    """A rule with its programme and its number there, from 0."""

    programme: Programme
    number: int
    rule: AnyRule

    def finding(self, code: str, *path: str | int, **values: int | str) -> Finding:
        """A finding about this rule, or about a key in it."""
        return Finding(code, self.programme.id, ("rules", self.number, *path), {"rule": self.rule.id, **values})
