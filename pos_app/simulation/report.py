"""What a run gives: figures, what did not hold, and a hash by which two runs of one seed are compared."""

import hashlib

import msgspec

_UNITS_OF_HASH = 16


class SimulationReport(msgspec.Struct, frozen=True):
    """A run's outcome. Points in units; ``lost`` are acknowledged acts that died with a disk before HQ had them, with the reason.

    ``overdraft_units`` by cause. ``rounds_to_peace`` is None where tills and HQ never agreed. ``result_hash`` covers everything but
    times: equal for equal options.
    """

    command: str
    tills: int
    days: int
    seed: int
    allowance: str
    counts: dict[str, int]
    faults: dict[str, int]
    overdraft_units: dict[str, int]
    redeemed_units: int
    issued_units: int
    lost: dict[str, str]
    tasks: dict[str, int]
    rounds_to_peace: int | None
    problems: tuple[str, ...]
    result_hash: str
    elapsed_ms: int

    @property
    def holds(self) -> bool:
        """Whether everything held."""
        return not self.problems

    @property
    def overdraft_percent(self) -> float:
        """How much of what was burned nobody had: burned at two tills at once, or clawed back after it was spent."""
        return 100 * sum(self.overdraft_units.values()) / max(1, self.redeemed_units)

    @property
    def offline_served_percent(self) -> float | None:
        """How much of what members wanted to burn, and had, at tills that were offline, they could; None where nobody asked."""
        asked_units = self.counts.get("units asked offline", 0)
        return 100 * self.counts.get("units served offline", 0) / asked_units if asked_units else None

    @property
    def sales_per_second(self) -> int:
        """How many sales of the run a second of this machine saw, HQ's work included."""
        return self.counts.get("sales", 0) * 1000 // max(1, self.elapsed_ms)


def result_hash(*parts: object) -> str:
    """A short hash of these results."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:_UNITS_OF_HASH]
