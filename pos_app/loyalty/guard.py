"""The guard: all rewards of a receipt together cost at most a share of the margin.

The margin is known by its published band alone, and the lower end of the band is what counts: the bound holds for the true margin,
and nobody who divides a reward by a price learns more than the band.
"""

from pos_app.loyalty.document import Guard
from pos_app.loyalty.lanes import Gift
from pos_app.loyalty.rating import Receipt, Scale
from pos_app.model.evaluation import EngineLine
from pos_app.model.money import share_out

_PERCENT = 100


class Guarding:
    """What the guard leaves, in ten-thousandths of a minor unit, for each line or for the receipt."""

    def __init__(self, guard: Guard, lines: list[EngineLine]) -> None:
        self._per_line = guard.per == "line"
        self._left = [_allowed(guard, line) for line in lines]
        self._keys = [(line.product_code, line.amount_minor) for line in lines]
        self._number_of = {line.line_no: number for number, line in enumerate(lines)}

    def lower_discounts(self, gifts: list[Gift], receipt: Receipt) -> None:
        """Lower the discounts of a lane to what is allowed; what they cost is taken off."""
        self._lower(gifts, receipt, cost=_PERCENT * _PERCENT)

    def lower_points(self, gifts: list[Gift], receipt: Receipt, scale: Scale, *, point_units: int) -> None:
        """Lower the units of a lane's gifts to what is allowed; what they are worth is taken off."""
        # A unit is worth a fraction of a minor unit: all is counted in that fraction.
        self._left = [left * point_units for left in self._left]
        self._lower(gifts, receipt, cost=scale.point_worth_minor * _PERCENT * _PERCENT)
        self._left = [left // point_units for left in self._left]

    def _lower(self, gifts: list[Gift], receipt: Receipt, *, cost: int) -> None:
        """Lower gifts of which a unit costs so much; the rule that won a line goes before those that raised it."""
        numbers = [self._number_of[line.line_no] for line in receipt.lines]
        wanted = [0] * len(self._keys)
        for gift in gifts:
            wanted[numbers[gift.index]] += gift.units
        allowed = self._allowed_of(wanted, cost)
        for gift in gifts:
            number = numbers[gift.index]
            units = min(gift.units, allowed[number])
            gift.guarded = units < gift.units
            gift.units = units
            allowed[number] -= units

    def _allowed_of(self, wanted: list[int], cost: int) -> list[int]:
        """What each line gets of what is wanted for it."""
        if self._per_line:
            given = [min(units, left // cost) for units, left in zip(wanted, self._left, strict=True)]
            self._left = [left - units * cost for left, units in zip(self._left, given, strict=True)]
            return given
        total_left = sum(self._left)
        total = min(sum(wanted), total_left // cost)
        self._left = [total_left - total * cost]
        return share_out(total, wanted, self._keys)


def _allowed(guard: Guard, line: EngineLine) -> int:
    """What rewards may cost on a line, in ten-thousandths of a minor unit."""
    if line.margin_floor_percent is None:
        return 0 if guard.unknown == "refuse" else line.amount_minor * _PERCENT * _PERCENT
    return line.amount_minor * line.margin_floor_percent * guard.margin_percent
