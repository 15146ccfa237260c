"""The naive model: what tills promised, added up. It knows nothing of lots, accounts or ledgers, only shoppers, receipts and points.

A promise is kept under its event's id from the moment the till said "done". Whatever the network and the disks did in between, in the
end headquarters must have issued and redeemed for each shopper exactly what the promises that reached it add up to. Goods that came
back are counted by piece: of k pieces of n, at whatever tills and in whatever order, the floor of k n-ths of each share of the line.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

NOBODY = -1
Purse = tuple[int, str]
"""A shopper (or the one who took their account over) and an issuer of points."""


class LineShares(msgspec.Struct, frozen=True):
    """What one line of a receipt was: its pieces, each award's issuer and units, and each part that was burned on it."""

    pieces: int
    awards: tuple[tuple[str, int], ...] = ()
    burned: tuple[tuple[str, int], ...] = ()


class PromisedLot(msgspec.Struct, frozen=True):
    """Points that a receipt gave, and from when to when they can be burned (UTC ms; None: for ever)."""

    lot_id: str
    issuer: str
    granted_units: int
    starts_at_ms: int
    expires_at_ms: int | None


class Promise(msgspec.Struct, frozen=True):
    """What one acknowledged act says: points issued and redeemed by issuer, in units; taken away is below 0.

    ``shopper`` is ``NOBODY`` for an anonymous sale. ``till`` is the memory of a machine. ``basis`` says by what right a burn was made.
    ``lines`` are those of a sale; a return names the ``sale`` by its event and the ``returned`` pieces by line. A merge names whom
    it joins. A claim names the ``sale`` whose points it asks for in the sale's place. ``number`` is what a sale's receipt says, and
    what somebody who cannot show it says; ``goods``: product code to line of that sale.
    """

    event_id: str
    kind: str
    shopper: int
    till: str
    issued_units: dict[str, int] = {}
    redeemed_units: dict[str, int] = {}
    basis: str = ""
    business_date: str = ""
    sale: str = ""
    lots: tuple[PromisedLot, ...] = ()
    lines: dict[int, LineShares] = {}
    returned: dict[int, int] = {}
    joins: int = NOBODY
    number: str = ""
    goods: dict[str, int] = {}


class Sums(msgspec.Struct, frozen=True):
    """What promises add up to, by purse, in units; and who belongs to whom."""

    issued_units: dict[Purse, int]
    redeemed_units: dict[Purse, int]
    households: "Households"


class Households:
    """Shoppers whose accounts were merged are one."""

    def __init__(self) -> None:
        self._became: dict[int, int] = {}

    def join(self, shopper: int, other: int) -> None:
        """These two are one household."""
        first, second = self.of(shopper), self.of(other)
        if first != second:
            self._became[max(first, second)] = min(first, second)

    def of(self, shopper: int) -> int:
        """The household of a shopper: the smallest of their numbers."""
        while shopper in self._became:
            shopper = self._became[shopper]
        return shopper


class Promises:
    """Everything that was promised, and what a disaster may have taken."""

    def __init__(self) -> None:
        self.made: dict[str, Promise] = {}
        self.at_risk: dict[str, str] = {}

    def record(self, promise: Promise) -> None:
        """A till has said "done"."""
        assert promise.event_id not in self.made, "an act is acknowledged once"
        self.made[promise.event_id] = promise

    def risk(self, event_ids: Iterable[str], reason: str) -> None:
        """The last copy of these is gone, as far as anybody knows; one may still be under way in the network."""
        for event_id in event_ids:
            if event_id in self.made:
                self.at_risk.setdefault(event_id, reason)

    def sums(self, arrived: Iterable[str], unseen: Mapping[str, str] = MappingProxyType({})) -> Sums:
        """What the promises that reached HQ add up to. ``unseen``: to which sale goods without a receipt went back, empty for none."""
        kept = self._kept(arrived, unseen)
        households = Households()
        for promise in kept:
            if promise.joins != NOBODY:
                households.join(promise.shopper, promise.joins)
        issued, redeemed = Counter[Purse](), Counter[Purse]()
        known = {promise.event_id for promise in kept}
        for promise in kept:
            if promise.kind == "claim":
                if promise.sale in known:
                    # The sale came after all, or somebody claimed it before: once is enough.
                    continue
                known.add(promise.sale)
            if promise.shopper != NOBODY:
                household = households.of(promise.shopper)
                _add(issued, household, promise.issued_units)
                _add(redeemed, household, promise.redeemed_units)
        _take_back(kept, households, issued, redeemed)
        return Sums(_without_zeros(issued), _without_zeros(redeemed), households)

    def misplaced(
        self, arrived: Iterable[str], unseen: Mapping[str, str], receipts: Mapping[str, Iterable[str]]
    ) -> Iterator[str]:
        """Goods without a receipt that went back to a sale that they cannot be of, or to none though the only one has them all.

        ``receipts``: the sales of each printed number, as HQ knows them. More than is known of each sale cannot be asked: of two that
        had the goods one may have been unknown then, or may have given them back since.
        """
        kept = self._kept(arrived, unseen)
        back = _pieces_back(kept)
        for event_id in sorted(promise.event_id for promise in kept if promise.kind == "unseen_return"):
            promise = self.made[event_id]
            goods = _pieces_by_code(promise)
            found = self.made.get(unseen.get(event_id, ""))
            known = [self.made[one] for one in receipts.get(promise.number, ()) if one in self.made]
            if found is not None and (found not in known or not goods.keys() <= found.goods.keys()):
                yield f"{event_id} went back to {found.event_id}"
            if found is None and len(known) == 1 and _has_left(known[0], goods, back[known[0].event_id]):
                yield f"{event_id} did not go back to {known[0].event_id}"

    def _kept(self, arrived: Iterable[str], unseen: Mapping[str, str]) -> list[Promise]:
        """What arrived, each with the sale that it is of."""
        made = [self.made[event_id] for event_id in arrived if event_id in self.made]
        return [self._as_settled(one, unseen) if one.kind == "unseen_return" else one for one in made]

    def _as_settled(self, promise: Promise, unseen: Mapping[str, str]) -> Promise:
        """Goods without a receipt, as they went back: to a sale that has them, perhaps another's where a disk was put back."""
        found = self.made.get(unseen.get(promise.event_id, ""))
        if found is None:
            return msgspec.structs.replace(promise, sale="", returned={})
        goods = _pieces_by_code(promise)
        returned = {found.goods[code]: pieces for code, pieces in goods.items() if code in found.goods}
        return msgspec.structs.replace(promise, sale=found.event_id, returned=returned)


def _pieces_by_code(promise: Promise) -> dict[str, int]:
    code_of = {line_no: code for code, line_no in promise.goods.items()}
    return {code_of[line_no]: pieces for line_no, pieces in promise.returned.items()}


def _pieces_back(kept: Iterable[Promise]) -> defaultdict[str, Counter[int]]:
    """What was brought back of each sale, by line."""
    pieces: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for promise in kept:
        pieces[promise.sale].update(promise.returned)
    return pieces


def _has_left(sale: Promise, goods: Mapping[str, int], back: Mapping[int, int]) -> bool:
    """Whether these goods could all come back of a sale, after what came back of it."""
    lines = {code: sale.goods.get(code, 0) for code in goods}
    return all(
        line_no in sale.lines and back.get(line_no, 0) + goods[code] <= sale.lines[line_no].pieces
        for code, line_no in lines.items()
    )


def _take_back(kept: list[Promise], households: Households, issued: Counter[Purse], redeemed: Counter[Purse]) -> None:
    """What goes back with goods, of those receipts that are known; never more pieces than were bought."""
    pieces = _pieces_back(kept)
    for sale in kept:
        if sale.shopper == NOBODY or not sale.lines or sale.sale not in pieces:
            continue
        household = households.of(sale.shopper)
        for line_no, line in sale.lines.items():
            back = min(pieces[sale.sale][line_no], line.pieces)
            for issuer, units in line.awards:
                issued[household, issuer] -= units * back // line.pieces
            for issuer, units in line.burned:
                redeemed[household, issuer] -= units * back // line.pieces


def _add(sums: Counter[Purse], household: int, units_by_issuer: Mapping[str, int]) -> None:
    for issuer, units in units_by_issuer.items():
        sums[household, issuer] += units


def _without_zeros(sums: Mapping[Purse, int]) -> dict[Purse, int]:
    return {purse: units for purse, units in sums.items() if units}
