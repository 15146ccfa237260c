"""A member as a replay carries them along: lots, sums by month, caps, class, and what they bought lately."""

from collections.abc import Mapping

from pos_app.loyalty.document import Tiers
from pos_app.loyalty.tiers import tier_at, window_sum_minor
from pos_app.model.calendar import months_back
from pos_app.use_cases.what_if.figures import AccountTally
from pos_app.use_cases.what_if.purse import Purse

_ROLLING_MONTHS = 12


class Sums:
    """What one programme has counted for one member, by month, and what that comes to in its period."""

    __slots__ = ("_month", "_total_minor", "by_month")

    def __init__(self) -> None:
        self.by_month: dict[str, int] = {}
        self._month = ""
        self._total_minor = 0

    def add(self, month: str, minor: int) -> None:
        """Count so much more (or less) in a month."""
        self.by_month[month] = self.by_month.get(month, 0) + minor
        self._month = ""

    def in_period(self, period: str, month: str) -> int:
        """The sum that rules see in this month."""
        if self._month != month:
            self._month, self._total_minor = month, self._reckoned(period, month)
        return self._total_minor

    def _reckoned(self, period: str, month: str) -> int:
        if period == "for_ever":
            return sum(self.by_month.values())
        if period == "calendar_month":
            return self.by_month.get(month, 0)
        if period == "previous_month":
            return self.by_month.get(months_back(month, 1), 0)
        first = months_back(month, _ROLLING_MONTHS - 1)
        return sum([minor for counted, minor in self.by_month.items() if counted >= first])


class Standing:
    """One member. ``used`` maps a cap's counter to the time it counts for and its number; ``bought_on`` a rule to a date."""

    __slots__ = (
        "bought_on",
        "card_class",
        "month",
        "purses",
        "receipts",
        "sums",
        "tally",
        "used",
    )

    def __init__(self) -> None:
        self.card_class = ""
        self.receipts = 0
        self.purses: dict[str, Purse] = {}
        self.sums: dict[str, Sums] = {}
        self.used: dict[str, tuple[str, int]] = {}
        self.bought_on: dict[str, str] = {}
        self.month = ""
        self.tally = AccountTally()

    def purse(self, unit: str) -> Purse:
        """The member's lots of a unit of the ledger."""
        purse = self.purses.get(unit)
        if purse is None:
            purse = self.purses[unit] = Purse()
        return purse

    def accumulators(self, periods: Mapping[str, str], tiers: Mapping[str, Tiers], month: str) -> dict[str, int]:
        """What the engine is told of the sums: by programme, in its period or the window of its tiers."""
        sums = self.sums
        totals = {
            programme_id: sums[programme_id].in_period(period, month) if programme_id in sums else 0
            for programme_id, period in periods.items()
        }
        for programme_id, wanted in tiers.items():
            if programme_id in sums:
                totals[programme_id] = window_sum_minor(wanted, sums[programme_id].by_month, month=month)
        return totals

    def tiers(self, tiers: Mapping[str, Tiers], month: str) -> dict[str, str]:
        """The member's tier in each programme that has tiers; without an entry where there is none."""
        found = {}
        for programme_id, wanted in tiers.items():
            sums = self.sums.get(programme_id)
            if tier := tier_at(wanted, {} if sums is None else sums.by_month, month=month):
                found[programme_id] = tier
        return found

    def count(self, counted: Mapping[str, int], month: str) -> None:
        """Add what a receipt counted."""
        for programme_id, minor in counted.items():
            sums = self.sums.get(programme_id)
            if sums is None:
                sums = self.sums[programme_id] = Sums()
            sums.add(month, minor)

    def take_over(self, other: "Standing", *, at_ms: int) -> None:
        """Everything that another account had."""
        for unit, purse in other.purses.items():
            self.purse(unit).take_over(purse, at_ms=at_ms)
        for programme_id, sums in other.sums.items():
            for month, minor in sums.by_month.items():
                self.count({programme_id: minor}, month)
        for name, (time, number) in other.used.items():
            mine = self.used.get(name, (time, 0))
            self.used[name] = max(mine, (time, number)) if mine[0] != time else (time, mine[1] + number)
        for key, day in other.bought_on.items():
            self.bought_on[key] = max(day, self.bought_on.get(key, ""))
        self.receipts += other.receipts
        self.tally.units += other.tally.units
        self.tally.off_minor += other.tally.off_minor
        self.tally.burned_units += other.tally.burned_units
        self.card_class = self.card_class or other.card_class
