"""The naive model: what tills promised, added up. It knows nothing of lots, accounts or ledgers, only shoppers and points.

A promise is kept under its event's id from the moment the till said "done". Whatever the network and the disks did in between, in the
end headquarters must have issued and redeemed for each shopper exactly what the promises that reached it add up to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

NOBODY = -1
Purse = tuple[int, str]
"""A shopper (or the one who took their account over) and an issuer of points."""


class Promise(msgspec.Struct, frozen=True):
    """What one acknowledged act says: points issued and redeemed by issuer, in units; taken back is below 0.

    ``shopper`` is ``NOBODY`` for an anonymous sale. ``till`` is the machine. ``basis`` says by what right a burn was made.
    """

    event_id: str
    kind: str
    shopper: int
    till: str
    issued_units: dict[str, int] = {}
    redeemed_units: dict[str, int] = {}
    basis: str = ""
    business_date: str = ""


class Sums(msgspec.Struct, frozen=True):
    """What promises add up to, by purse, in units."""

    issued_units: dict[Purse, int]
    redeemed_units: dict[Purse, int]


class Promises:
    """Everything that was promised, and what a disaster may have taken."""

    def __init__(self) -> None:
        self.made: dict[str, Promise] = {}
        self.at_risk: dict[str, str] = {}
        self._became: dict[int, int] = {}

    def record(self, promise: Promise) -> None:
        """A till has said "done"."""
        assert promise.event_id not in self.made, "an act is acknowledged once"
        self.made[promise.event_id] = promise

    def risk(self, event_ids: Iterable[str], reason: str) -> None:
        """The last copy of these is gone, as far as anybody knows; one may still be under way in the network."""
        for event_id in event_ids:
            if event_id in self.made:
                self.at_risk.setdefault(event_id, reason)

    def merge(self, shopper: int, into: int) -> None:
        """Two shoppers are one household from now on."""
        self._became[self.household(shopper)] = self.household(into)

    def household(self, shopper: int) -> int:
        """Who a shopper's points belong to."""
        while shopper in self._became:
            shopper = self._became[shopper]
        return shopper

    def sums(self, arrived: Iterable[str]) -> Sums:
        """What the promises that reached HQ add up to."""
        issued: dict[Purse, int] = defaultdict(int)
        redeemed: dict[Purse, int] = defaultdict(int)
        for event_id in arrived:
            promise = self.made[event_id]
            if promise.shopper == NOBODY:
                continue
            household = self.household(promise.shopper)
            _add(issued, household, promise.issued_units)
            _add(redeemed, household, promise.redeemed_units)
        return Sums(_without_zeros(issued), _without_zeros(redeemed))


def _add(sums: dict[Purse, int], household: int, units_by_issuer: Mapping[str, int]) -> None:
    for issuer, units in units_by_issuer.items():
        sums[household, issuer] += units


def _without_zeros(sums: Mapping[Purse, int]) -> dict[Purse, int]:
    return {purse: units for purse, units in sums.items() if units}
