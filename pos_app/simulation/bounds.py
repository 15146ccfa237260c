"""What tills let be burned on their own, against what the policy lets them: counted from the promises, not from any books.

The tills' own counting is trusted in nothing. When a till burned without headquarters comes from the cashiers, whether its line was
in order then from the network, and when headquarters had the burn from its inbox.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from pos_app.model.policy import Allowance, BurnBasis, BurnPolicy
from pos_app.simulation.promises import Households, Promise

_OFFLINE = frozenset({BurnBasis.FLOOR.value, BurnBasis.LEASE.value})
_NEVER_MS = 2**62


class Owed(msgspec.Struct, frozen=True):
    """What booking one event made a household owe, by plain sums of HQ's entries; what the same booking repaid is off."""

    event_id: str
    household: int
    units: int


class Debts(msgspec.Struct, frozen=True):
    """What was owed, whether it was repaid since or not, and what still is.

    ``concurrent`` by sales that found nothing, while HQ was not restoring; ``left`` by household at the end, whatever the cause;
    ``died_units``: by household, points of acts that died with a disk. ``booked_ms``: when HQ booked each burn.
    """

    concurrent: tuple[Owed, ...]
    left: Mapping[int, int] = {}
    died_units: Mapping[int, int] = {}
    booked_ms: Mapping[str, int] = {}


class _Burn(msgspec.Struct, frozen=True):
    """A burn that a till decided about. ``heard_ms``: its last good round before; ``episode``: how often HQ had got burns of it."""

    event_id: str
    till: str
    shopper: int
    day: str
    units: int
    heard_ms: int
    episode: int


class BurnWatch:
    """Sees every burn as it is promised. A disk that was replaced or copied counts as another till: its memory is another one."""

    def __init__(self, policy: BurnPolicy, *, utc_ms: Callable[[], int] = lambda: 0) -> None:
        self._policy = policy
        self._utc_ms = utc_ms
        self._of_card_day: Counter[tuple[str, int, str]] = Counter()
        self._waiting: dict[str, tuple[str, int]] = {}
        self._episodes: Counter[str] = Counter()
        self._heard_ms: dict[str, int] = {}
        self._burns: list[_Burn] = []
        self._alone: Counter[int] = Counter()
        self._twice: Counter[int] = Counter()
        self._taken: Counter[int] = Counter()
        self._broken: list[str] = []

    def promised(self, promise: Promise, *, has_twin: bool, was_alone: bool = True) -> None:
        """A till has said "done".

        ``has_twin``: its disk was copied or rolled back at some time, so that two may use one lease. ``was_alone``: something on its
        line, or headquarters itself, kept it from asking.
        """
        units = sum(promise.redeemed_units.values())
        self._taken[promise.shopper] -= sum(units for units in promise.issued_units.values() if units < 0)
        if units <= 0 or promise.basis not in _OFFLINE:
            return
        self._alone[promise.shopper] += units
        self._twice[promise.shopper] += units if has_twin else 0
        if promise.basis != self._policy.allowance:
            self._broken.append(f"{promise.till} burned by {promise.basis} under the policy {self._policy.allowance}")
        if not was_alone:
            self._broken.append(f"{promise.till} burned by itself, and nothing had kept it from asking headquarters")
        if promise.basis == BurnBasis.FLOOR:
            self._check_floor(promise, units)

    def returned(self, shopper: int, units: int) -> None:
        """Goods came back, and up to so many points with them."""
        self._taken[shopper] += units

    def heard(self, till: str) -> None:
        """The till had a round without a problem: it knows what HQ knows."""
        self._heard_ms[till] = self._utc_ms()

    def found(self, sentence: str) -> None:
        """Something is wrong that somebody saw while it happened."""
        self._broken.append(sentence)

    @property
    def waiting_ids(self) -> tuple[str, ...]:
        """Burns that HQ does not have yet, as far as was looked."""
        return tuple(self._waiting)

    def arrived(self, event_ids: Iterable[str]) -> None:
        """HQ has these burns: for the tills that made them another episode begins."""
        tills = {self._waiting.pop(event_id)[0] for event_id in event_ids if event_id in self._waiting}
        self._episodes.update(sorted(tills))

    def _check_floor(self, promise: Promise, units: int) -> None:
        till, key = promise.till, (promise.till, promise.shopper, promise.business_date)
        self._of_card_day[key] += units
        self._waiting[promise.event_id] = till, units
        heard_ms = self._heard_ms.get(till, 0)
        self._burns.append(
            _Burn(promise.event_id, till, promise.shopper, key[2], units, heard_ms, self._episodes[till])
        )
        unheard_units = sum(units for other, units in self._waiting.values() if other == till)
        if self._of_card_day[key] > self._policy.card_day_units:
            self._broken.append(f"{till} burned {self._of_card_day[key]} units of one card on {promise.business_date}")
        if unheard_units > self._policy.till_budget_units:
            self._broken.append(f"{till} burned {unheard_units} units without headquarters")

    def problems(self, households: Households, debts: Debts) -> Iterator[str]:
        """What breaks the bounds."""
        yield from sorted(set(self._broken))
        if self._policy.allowance is Allowance.FLOOR:
            yield from self._floor_problems(households, debts)
        bounds = self._bounds(households)
        sums: Counter[int] = Counter()
        for owed in debts.concurrent:
            sums[owed.household] += owed.units
        for household, units in sorted(sums.items()):
            if units > bounds[household]:
                yield (
                    f"Shopper {household} owes {units} units by concurrent burning, "
                    f"and the policy {self._policy.allowance} bounds it by {bounds[household]}"
                )
        for household, units in sorted(debts.left.items()):
            bound = bounds[household] + debts.died_units.get(household, 0)
            if units > bound:
                yield f"Shopper {household} still owes {units} units, and nothing explains more than {bound}"

    def _floor_problems(self, households: Households, debts: Debts) -> Iterator[str]:
        """Each card and day: (tills offline together) times the limit. All cards: the sum of these tills' budgets."""
        owed_units = {owed.event_id: owed.units for owed in debts.concurrent}
        by_card: dict[tuple[int, str], list[_Burn]] = defaultdict(list)
        for burn in self._burns:
            by_card[households.of(burn.shopper), burn.day].append(burn)
        for (household, day), burns in sorted(by_card.items()):
            for group in _together(burns, debts.booked_ms):
                tills = len({(burn.till, burn.shopper) for burn in group})
                units = sum(owed_units.get(burn.event_id, 0) for burn in group)
                if units > tills * self._policy.card_day_units:
                    yield (
                        f"Shopper {household} owes {units} units of {day}, "
                        f"and {tills} tills offline together allow {tills * self._policy.card_day_units}"
                    )
        for group in _together(self._burns, debts.booked_ms):
            budgets = len({(burn.till, burn.episode) for burn in group})
            units = sum(owed_units.get(burn.event_id, 0) for burn in group)
            if units > budgets * self._policy.till_budget_units:
                yield f"{units} units are owed, and the budgets of tills offline together allow {budgets} times theirs"

    def _bounds(self, households: Households) -> dict[int, int]:
        """FLOOR: what was burned offline. LEASE: only what copied or rolled-back tills did. What was taken away meanwhile on top."""
        bounds: dict[int, int] = defaultdict(int)
        burned = self._alone if self._policy.allowance is Allowance.FLOOR else self._twice
        for sums in (burned, self._taken):
            for shopper, units in sums.items():
                bounds[households.of(shopper)] += units
        return bounds


def _together(burns: Iterable[_Burn], booked_ms: Mapping[str, int]) -> Iterator[list[_Burn]]:
    """Burns whose tills were offline together: from what each till last heard to when HQ booked its burn they overlap."""
    group: list[_Burn] = []
    until_ms = -1
    for burn in sorted(burns, key=lambda one: (one.heard_ms, one.event_id)):
        if group and burn.heard_ms > until_ms:
            yield group
            group, until_ms = [], -1
        group.append(burn)
        until_ms = max(until_ms, booked_ms.get(burn.event_id, _NEVER_MS))
    if group:
        yield group
