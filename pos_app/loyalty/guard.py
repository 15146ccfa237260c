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
        self.lowered: set[int] = set()

    def lower_discounts(self, discounts_minor: list[int]) -> list[int]:
        """The discounts of the lines, lowered to what is allowed; what they cost is taken off."""
        return self._lower(discounts_minor, _PERCENT * _PERCENT)

    def lower_points(self, gifts: list[Gift], receipt: Receipt, scale: Scale, *, point_units: int) -> None:
        """Lower the units of a lane's gifts to what is allowed; what they are worth is taken off."""
        by_line = [0] * len(receipt.lines)
        for gift in gifts:
            by_line[gift.index] += gift.units
        # A unit is worth a fraction of a minor unit: all is counted in that fraction.
        self._left = [left * point_units for left in self._left]
        allowed = self._lower(by_line, scale.point_worth_minor * _PERCENT * _PERCENT)
        self._left = [left // point_units for left in self._left]
        for gift in gifts:
            gift.units = min(gift.units, allowed[gift.index])
            allowed[gift.index] -= gift.units

    def _lower(self, wanted: list[int], cost: int) -> list[int]:
        """Lower what is wanted for each line, of which one costs so much."""
        if self._per_line:
            given = [min(units, left // cost) for units, left in zip(wanted, self._left, strict=True)]
            self._left = [left - units * cost for left, units in zip(self._left, given, strict=True)]
        else:
            total_left = sum(self._left)
            total = min(sum(wanted), total_left // cost)
            given = share_out(total, wanted, self._keys) if any(wanted) else wanted
            self._left = [total_left - total * cost] + [0] * (len(self._left) - 1) if self._left else []
        self.lowered |= {index for index, units in enumerate(given) if units < wanted[index]}
        return given


def _allowed(guard: Guard, line: EngineLine) -> int:
    """What rewards may cost on a line, in ten-thousandths of a minor unit."""
    if line.margin_floor_percent is None:
        return 0 if guard.unknown == "refuse" else line.amount_minor * _PERCENT * _PERCENT
    return line.amount_minor * line.margin_floor_percent * guard.margin_percent
