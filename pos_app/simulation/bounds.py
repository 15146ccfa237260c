"""What tills let be burned on their own, against what the policy lets them: counted from the promises, not from the till's books."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from pos_app.model.policy import Allowance, BurnBasis, BurnPolicy
from pos_app.simulation.promises import Households, Promise

_OFFLINE = frozenset({BurnBasis.FLOOR.value, BurnBasis.LEASE.value})


class BurnWatch:
    """Sees every burn as it is promised. A disk that was replaced or copied counts as another till: its memory is another one."""

    def __init__(self, policy: BurnPolicy) -> None:
        self._policy = policy
        self._of_card_day: Counter[tuple[str, int, str]] = Counter()
        self._of_episode: Counter[str] = Counter()
        self._offline: Counter[int] = Counter()
        self._twice: Counter[int] = Counter()
        self._taken: Counter[int] = Counter()
        self._broken: list[str] = []
        self._numbers: set[str] = set()
        self.ambiguous_numbers: set[str] = set()
        """Numbers that two receipts have: a disk that took a lost one's place begins with the same ones until it is enrolled."""

    def promised(self, promise: Promise, *, has_twin: bool) -> None:
        """A till has said "done". ``has_twin``: its disk was copied or rolled back at some time, so that two may use one lease."""
        units = sum(promise.redeemed_units.values())
        self._taken[promise.shopper] -= sum(units for units in promise.issued_units.values() if units < 0)
        if units <= 0 or promise.basis not in _OFFLINE:
            return
        self._offline[promise.shopper] += units
        self._twice[promise.shopper] += units if has_twin else 0
        if promise.basis == BurnBasis.FLOOR:
            self._check_floor(promise, units)
        if promise.basis != self._policy.allowance:
            self._broken.append(f"{promise.till} burned by {promise.basis} under the policy {self._policy.allowance}")

    def returned(self, shopper: int, units: int) -> None:
        """Goods came back, and up to so many points with them."""
        self._taken[shopper] += units

    def printed(self, receipt_number: str) -> None:
        """A receipt has this number."""
        if receipt_number in self._numbers:
            self.ambiguous_numbers.add(receipt_number)
        self._numbers.add(receipt_number)

    def heard(self, till: str) -> None:
        """HQ has what this till burned: another episode begins."""
        self._of_episode[till] = 0

    def _check_floor(self, promise: Promise, units: int) -> None:
        key = promise.till, promise.shopper, promise.business_date
        self._of_card_day[key] += units
        self._of_episode[promise.till] += units
        if self._of_card_day[key] > self._policy.card_day_units:
            self._broken.append(
                f"{promise.till} burned {self._of_card_day[key]} units of one card on {promise.business_date}"
            )
        if self._of_episode[promise.till] > self._policy.till_budget_units:
            self._broken.append(f"{promise.till} burned {self._of_episode[promise.till]} units without headquarters")

    def problems(self, households: Households, overdraft_units: dict[int, int]) -> Iterator[str]:
        """What breaks the bounds. ``overdraft_units``: by household, what burning at two tills at once made them owe."""
        yield from sorted(set(self._broken))
        bounds = self._bounds(households)
        for household, units in sorted(overdraft_units.items()):
            if units > bounds[household]:
                yield (
                    f"Shopper {household} owes {units} units by concurrent burning, "
                    f"and the policy {self._policy.allowance} bounds it by {bounds[household]}"
                )

    def _bounds(self, households: Households) -> dict[int, int]:
        """FLOOR: what was burned offline. LEASE: only what copied or rolled-back tills did. What was taken away meanwhile on top."""
        bounds: dict[int, int] = defaultdict(int)
        burned = self._offline if self._policy.allowance is Allowance.FLOOR else self._twice
        for sums in (burned, self._taken):
            for shopper, units in sums.items():
                bounds[households.of(shopper)] += units
        return bounds
