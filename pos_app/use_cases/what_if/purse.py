"""A member's units of one kind (points of an issuer, or a pool) in lots, kept small and quick: what the ledger would say.

``pos_app.loyalty.ledger`` is the rule; a property test holds both to the same lots, debts and sums. Nothing is written here, so a
lot is one object that changes, and what can be used now is a number that is kept.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count

from pos_app.model.accounts import Lot as LedgerLot
from pos_app.model.identifiers import derived_id

NEVER = 1 << 62
"""The expiry of what never expires."""


class Lot:
    """Units that came together. Its id follows from the receipt; it is worked out only where it decides."""

    __slots__ = (
        "_lot_id",
        "expired_units",
        "expires_at_ms",
        "is_usable",
        "number",
        "receipt_id",
        "remaining_units",
        "starts_at_ms",
    )

    def __init__(
        self, units: int, *, starts_at_ms: int, expires_at_ms: int | None, lot_id: str = "", receipt_id: str = ""
    ) -> None:
        self.remaining_units = units
        self.starts_at_ms = starts_at_ms
        self.expires_at_ms = NEVER if expires_at_ms is None else expires_at_ms
        self.expired_units = 0
        self.is_usable = False
        self.receipt_id = receipt_id
        self.number = "lot-1"
        self._lot_id = lot_id

    @property
    def lot_id(self) -> str:
        """The id that the ledger gives this lot."""
        if not self._lot_id:
            self._lot_id = derived_id(self.receipt_id, self.number)
        return self._lot_id


def restored_lot(lot: LedgerLot) -> Lot:
    """A lot that comes back with goods."""
    return Lot(lot.granted_units, starts_at_ms=lot.starts_at_ms, expires_at_ms=lot.expires_at_ms, lot_id=lot.lot_id)


Part = tuple[Lot, int]
_order = count()


class Purse:
    """The lots of one kind that one member has. ``available_units`` can be used now; call ``pass_time`` before you look.

    ``_usable`` is a heap by expiry, ``_pending`` one by start; what is spent stays in them until its turn comes.
    """

    __slots__ = ("_pending", "_usable", "available_units", "overdraft_units")

    def __init__(self) -> None:
        self.available_units = 0
        self.overdraft_units = 0
        self._usable: list[tuple[int, int, Lot]] = []
        self._pending: list[tuple[int, int, Lot]] = []

    def pass_time(self, at_ms: int) -> list[tuple[int, int]]:
        """Let lots begin and expire up to this moment; gives what expired, as moment and units."""
        pending, usable = self._pending, self._usable
        while pending and pending[0][0] <= at_ms:
            lot = heappop(pending)[2]
            if lot.remaining_units:
                self._put_usable(lot)
        if not usable or usable[0][0] > at_ms:
            return []
        expired = []
        while usable and usable[0][0] <= at_ms:
            lot = heappop(usable)[2]
            if lot.remaining_units:
                expired.append((lot.expires_at_ms, lot.remaining_units))
                self.available_units -= lot.remaining_units
                lot.expired_units, lot.remaining_units = lot.remaining_units, 0
        return expired

    def credit(self, lot: Lot, *, at_ms: int) -> None:
        """Add a lot; a debt is repaid from it first."""
        if self.overdraft_units:
            repaid = min(self.overdraft_units, lot.remaining_units)
            self.overdraft_units -= repaid
            lot.remaining_units -= repaid
        if not lot.remaining_units:
            return
        self._put(lot, at_ms)

    def burn(self, units: int) -> list[Part]:
        """Take what can be used, the soonest expiring first; what is not there becomes a debt."""
        parts: list[Part] = []
        while units and self._usable:
            for lot in self._soonest(units):
                part = min(units, lot.remaining_units)
                if part:
                    lot.remaining_units -= part
                    self.available_units -= part
                    parts.append((lot, part))
                    units -= part
                if lot.remaining_units:
                    heappush(self._usable, (lot.expires_at_ms, next(_order), lot))
        self.overdraft_units += units
        return parts

    def cancel(self, lot: Lot, units: int) -> int:
        """Take back up to ``units`` of one lot, pending or not; gives how many there were."""
        taken = min(units, lot.remaining_units)
        lot.remaining_units -= taken
        if lot.is_usable:
            self.available_units -= taken
        return taken

    def cancel_from_any(self, units: int) -> int:
        """Take back up to ``units`` of all lots, the soonest expiring first; gives how many there were."""
        return self.cancel_from(self.lots(), units)

    def cancel_from(self, lots: Iterable[Lot], units: int) -> int:
        """Take back up to ``units`` of these lots, the soonest expiring first; gives how many there were."""
        taken = 0
        for lot in sorted(lots, key=lambda lot: (lot.expires_at_ms, lot.lot_id)):
            if taken == units:
                break
            taken += self.cancel(lot, units - taken)
        return taken

    def lots(self) -> list[Lot]:
        """The lots in which something is left."""
        return [one[2] for one in (*self._usable, *self._pending) if one[2].remaining_units]

    @property
    def owed_units(self) -> int:
        """What the shop owes the member, pending units too."""
        return self.available_units + sum(one[2].remaining_units for one in self._pending)

    def take_over(self, other: "Purse", *, at_ms: int) -> None:
        """Everything of another purse comes here; the debts of both are repaid from what is there, the soonest expiring first."""
        for lot in other.lots():
            self._put(lot, at_ms)
        owed_units = self.overdraft_units + other.overdraft_units
        self.overdraft_units = owed_units - self.cancel_from_any(owed_units)

    def _put(self, lot: Lot, at_ms: int) -> None:
        if lot.is_usable or lot.starts_at_ms <= at_ms:
            self._put_usable(lot)
        else:
            heappush(self._pending, (lot.starts_at_ms, next(_order), lot))

    def _put_usable(self, lot: Lot) -> None:
        lot.is_usable = True
        self.available_units += lot.remaining_units
        heappush(self._usable, (lot.expires_at_ms, next(_order), lot))

    def _soonest(self, units: int) -> list[Lot]:
        """The lots that expire first, out of the heap. Where they are more than is wanted their ids decide, as in the ledger."""
        expires_at_ms = self._usable[0][0]
        lots = []
        while self._usable and self._usable[0][0] == expires_at_ms:
            lots.append(heappop(self._usable)[2])
        if len(lots) > 1 and sum(lot.remaining_units for lot in lots) > units:
            lots.sort(key=lambda lot: lot.lot_id)
        return lots
