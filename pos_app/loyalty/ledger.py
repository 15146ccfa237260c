"""The arithmetic of the points ledger: double entry, append only, whole units. The till and HQ book with the same functions.

Every booking's entries sum to zero for each issuer. An account's books are its lots and its overdraft; a function takes the
books as they are and gives the entries to append and the books as they are then. No lot goes below zero.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from pos_app.model.accounts import BalanceView, Lot
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id


class AccountKind(StrEnum):
    """The accounts of the double entry. Each exists once per member's account and issuer."""

    ISSUED = "issued"
    AVAILABLE = "available"
    PENDING = "pending"
    LEASED = "leased"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    OVERDRAFT = "overdraft"
    WRITE_OFF = "write_off"


class Entry(msgspec.Struct, frozen=True):
    """One side of a booking. (``account_ref``, ``event_id``, ``entry_no``) is unique; ``lot_id`` is empty where no lot moves."""

    account_ref: str
    event_id: str
    entry_no: int
    kind: AccountKind
    issuer: str
    units: int
    lot_id: str = ""


class Books(msgspec.Struct, frozen=True):
    """The books of one account: its lots, and what it owes per issuer (units > 0)."""

    account_ref: str
    lots: tuple[Lot, ...] = ()
    overdraft_units: dict[str, int] = {}


class Booking(msgspec.Struct, frozen=True):
    """Entries to append, the lots that are new or changed, and the books afterwards."""

    entries: tuple[Entry, ...]
    changed_lots: tuple[Lot, ...]
    books: Books


class LotUnits(msgspec.Struct, frozen=True):
    """So many units of one lot."""

    lot_id: str
    units: int


class _Draft:
    """A booking being written: the books in a form that can be changed, and the entries so far."""

    def __init__(self, books: Books, event_id: str) -> None:
        self.account_ref = books.account_ref
        self.event_id = event_id
        self.lots = {lot.lot_id: lot for lot in books.lots}
        self.overdraft_units = dict(books.overdraft_units)
        self.entries: list[Entry] = []
        self.changed: dict[str, None] = {}
        self._numbers: dict[str, int] = {}

    def move(self, units: int, *, issuer: str, source: AccountKind, target: AccountKind, lot_id: str = "") -> None:
        """Book ``units`` from one account to another: two entries that sum to zero."""
        self._append(source, -units, issuer, lot_id)
        self._append(target, units, issuer, lot_id)

    def _append(self, kind: AccountKind, units: int, issuer: str, lot_id: str) -> None:
        number = self._numbers.get(self.event_id, 0) + 1
        self._numbers[self.event_id] = number
        self.entries.append(Entry(self.account_ref, self.event_id, number, kind, issuer, units, lot_id))

    def put(self, lot: Lot) -> None:
        self.lots[lot.lot_id] = lot
        self.changed[lot.lot_id] = None

    def take(self, lot: Lot, units: int) -> None:
        assert 0 < units <= lot.remaining_units, "a lot never goes below zero"
        self.put(msgspec.structs.replace(lot, remaining_units=lot.remaining_units - units))

    def owe(self, units: int, *, issuer: str, target: AccountKind) -> None:
        """Book what no lot can give as overdraft."""
        if units:
            self.overdraft_units[issuer] = self.overdraft_units.get(issuer, 0) + units
            self.move(units, issuer=issuer, source=AccountKind.OVERDRAFT, target=target)

    def cancel(self, lot: Lot, units: int) -> int:
        """Take back up to ``units`` as if they had not been issued; gives how many there were."""
        taken = min(units, lot.remaining_units)
        if taken:
            home = AccountKind.AVAILABLE if lot.matured else AccountKind.PENDING
            self.take(lot, taken)
            self.move(taken, issuer=lot.issuer, source=home, target=AccountKind.ISSUED, lot_id=lot.lot_id)
        return taken

    def credit(self, lot: Lot, *, source: AccountKind) -> None:
        """Add a lot; an overdraft of its issuer is repaid from it first."""
        home = AccountKind.AVAILABLE if lot.matured else AccountKind.PENDING
        self.put(lot)
        self.move(lot.granted_units, issuer=lot.issuer, source=source, target=home, lot_id=lot.lot_id)
        owed = self.overdraft_units.get(lot.issuer, 0)
        repaid = min(owed, lot.remaining_units)
        if repaid:
            self.overdraft_units[lot.issuer] = owed - repaid
            self.take(lot, repaid)
            self.move(repaid, issuer=lot.issuer, source=home, target=AccountKind.OVERDRAFT, lot_id=lot.lot_id)

    def done(self) -> Booking:
        books = Books(
            account_ref=self.account_ref,
            lots=tuple(self.lots.values()),
            overdraft_units={issuer: units for issuer, units in self.overdraft_units.items() if units},
        )
        return Booking(tuple(self.entries), tuple(self.lots[lot_id] for lot_id in self.changed), books)


def is_spendable(lot: Lot, *, at_ms: int) -> bool:
    """Whether the lot's points may be burned at this moment, by its dates."""
    return lot.starts_at_ms <= at_ms and not is_expired(lot, at_ms=at_ms) and lot.remaining_units > 0


def is_expired(lot: Lot, *, at_ms: int) -> bool:
    """Whether the lot's life is over at this moment."""
    return lot.expires_at_ms is not None and lot.expires_at_ms <= at_ms


def _soonest_expiring(lots: Iterable[Lot]) -> list[Lot]:
    return sorted(lots, key=lambda lot: (lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.lot_id))


def allocate_burn(lots: Iterable[Lot], *, units: int, issuer: str, at_ms: int) -> tuple[LotUnits, ...]:
    """Which lots a burn takes: the soonest expiring first, never-expiring ones last. May give less than asked."""
    taken: list[LotUnits] = []
    for lot in _soonest_expiring(lot for lot in lots if lot.issuer == issuer and is_spendable(lot, at_ms=at_ms)):
        if units == 0:
            break
        part = min(units, lot.remaining_units)
        taken.append(LotUnits(lot.lot_id, part))
        units -= part
    return tuple(taken)


def lots_granted(grants: Sequence[LotGrant], *, account_ref: str, event_id: str, at_ms: int) -> tuple[Lot, ...]:
    """The lots that an event gives, with ids derived from it."""
    return tuple(
        Lot(
            lot_id=derived_id(event_id, f"lot-{number}"),
            account_ref=account_ref,
            issuer=grant.issuer,
            programme_id=grant.programme_id,
            starts_at_ms=grant.starts_at_ms,
            expires_at_ms=grant.expires_at_ms,
            granted_units=grant.units,
            remaining_units=grant.units,
            matured=grant.starts_at_ms <= at_ms,
        )
        for number, grant in enumerate(grants, start=1)
    )


def book_due(books: Books, *, at_ms: int) -> Booking:
    """Maturing and expiry that are due at ``at_ms``; only the authority of the account books them.

    Their event ids derive from the lot, so booking them twice, or on two machines, is the same booking.
    """
    draft = _Draft(books, "")
    for lot in books.lots:
        if not lot.matured and lot.starts_at_ms <= at_ms:
            draft.event_id = derived_id(lot.lot_id, "mature")
            draft.put(msgspec.structs.replace(lot, matured=True))
            if lot.remaining_units:
                draft.move(
                    lot.remaining_units,
                    issuer=lot.issuer,
                    source=AccountKind.PENDING,
                    target=AccountKind.AVAILABLE,
                    lot_id=lot.lot_id,
                )
        lot = draft.lots[lot.lot_id]  # noqa: PLW2901 - the lot as it is after maturing
        if lot.remaining_units and is_expired(lot, at_ms=at_ms):
            draft.event_id = derived_id(lot.lot_id, "expire")
            home = AccountKind.AVAILABLE if lot.matured else AccountKind.PENDING
            draft.move(
                lot.remaining_units, issuer=lot.issuer, source=home, target=AccountKind.EXPIRED, lot_id=lot.lot_id
            )
            draft.take(lot, lot.remaining_units)
    return draft.done()


def book_sale(
    books: Books, *, event_id: str, at_ms: int, burn_units: int, burn_issuer: str, granted: Sequence[Lot]
) -> Booking:
    """Burn, then earn. What no lot can give becomes overdraft: an authentic burn is always booked."""
    draft = _Draft(books, event_id)
    owed = burn_units
    for part in allocate_burn(books.lots, units=burn_units, issuer=burn_issuer, at_ms=at_ms):
        draft.take(draft.lots[part.lot_id], part.units)
        draft.move(
            part.units,
            issuer=burn_issuer,
            source=AccountKind.AVAILABLE,
            target=AccountKind.REDEEMED,
            lot_id=part.lot_id,
        )
        owed -= part.units
    draft.owe(owed, issuer=burn_issuer, target=AccountKind.REDEEMED)
    for lot in granted:
        draft.credit(lot, source=AccountKind.ISSUED)
    return draft.done()


def book_return(
    books: Books, *, event_id: str, claw_back: Sequence[LotUnits], issuer: str, restored: Sequence[Lot]
) -> Booking:
    """Give burned points back, then take earned ones back: from the lots that the sale gave, else from others, else as overdraft."""
    draft = _Draft(books, event_id)
    for lot in restored:
        draft.credit(lot, source=AccountKind.REDEEMED)
    owed = 0
    for part in claw_back:
        own_lot = draft.lots.get(part.lot_id)
        owed += part.units - (0 if own_lot is None else draft.cancel(own_lot, part.units))
    for lot in _soonest_expiring(lot for lot in draft.lots.values() if lot.issuer == issuer):
        owed -= draft.cancel(lot, owed)
    draft.owe(owed, issuer=issuer, target=AccountKind.ISSUED)
    return draft.done()


def view(books: Books, *, issuer: str, at_ms: int) -> BalanceView:
    """The balance at one moment, computed from the lots' dates whether or not maturing and expiry are booked yet."""
    lots = [
        lot
        for lot in books.lots
        if lot.issuer == issuer and lot.remaining_units > 0 and not is_expired(lot, at_ms=at_ms)
    ]
    available = [lot for lot in lots if lot.starts_at_ms <= at_ms]
    pending = [lot for lot in lots if lot.starts_at_ms > at_ms]
    next_expiry_ms = min((lot.expires_at_ms for lot in lots if lot.expires_at_ms is not None), default=None)
    return BalanceView(
        available_units=sum(lot.remaining_units for lot in available),
        pending_units=sum(lot.remaining_units for lot in pending),
        overdraft_units=books.overdraft_units.get(issuer, 0),
        next_expiry_ms=next_expiry_ms,
        next_expiry_units=sum(lot.remaining_units for lot in lots if lot.expires_at_ms == next_expiry_ms)
        if next_expiry_ms is not None
        else 0,
        next_start_ms=min((lot.starts_at_ms for lot in pending), default=None),
    )
