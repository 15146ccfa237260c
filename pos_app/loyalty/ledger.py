"""The arithmetic of the points ledger: double entry, append only, whole units. The till and HQ book with the same functions.

Every booking's entries sum to zero for each issuer. An account's books are its lots and its overdraft; a function takes the
books as they are and gives the entries to append and the books as they are then. No lot goes below zero.

An ``issuer`` is a unit of the ledger: whose points they are (``shop``), or a pool of that issuer's that is not points
(``shop#stamps``). Whatever is booked of one unit leaves every other alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec

from pos_app.model.accounts import BalanceView, Expiring, Lease, Lot
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id, is_points


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
    """The books of one account: its lots, what it owes per issuer (units > 0), and what of it is leased out.

    Leased units are not in a lot's ``remaining_units``; a lot that is leased out whole stands here with none. On a till
    ``leases`` are its own, and ``leased_elsewhere_units`` says by issuer what other tills hold; ``elsewhere_expiring`` when what of
    that is over, whether they have given it back by then or not.
    """

    account_ref: str
    lots: tuple[Lot, ...] = ()
    overdraft_units: dict[str, int] = {}
    leases: tuple[Lease, ...] = ()
    leased_elsewhere_units: dict[str, int] = {}
    elsewhere_expiring: dict[str, tuple[Expiring, ...]] = {}


class Booking(msgspec.Struct, frozen=True):
    """Entries to append, the lots and leases that are new or changed (a lease with no units is over), and the books afterwards."""

    entries: tuple[Entry, ...]
    changed_lots: tuple[Lot, ...]
    books: Books
    changed_leases: tuple[Lease, ...] = ()


class LotUnits(msgspec.Struct, frozen=True):
    """So many units of one lot. An empty ``issuer`` is that of the booking."""

    lot_id: str
    units: int
    issuer: str = ""


class _Draft:
    """A booking being written: the books in a form that can be changed, and the entries so far."""

    def __init__(self, books: Books, event_id: str) -> None:
        self.account_ref = books.account_ref
        self.event_id = event_id
        self.lots = {lot.lot_id: lot for lot in books.lots}
        self.overdraft_units = dict(books.overdraft_units)
        self.leases = {lease.lease_id: lease for lease in books.leases}
        self.entries: list[Entry] = []
        self.changed: dict[str, None] = {}
        self.changed_leases: dict[str, None] = {}
        self.elsewhere_units = books.leased_elsewhere_units
        self.elsewhere_expiring = books.elsewhere_expiring
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

    def put_lease(self, lease: Lease) -> None:
        assert lease.units >= 0, "a lease never goes below zero"
        self.leases[lease.lease_id] = lease
        self.changed_leases[lease.lease_id] = None

    def owe(self, units: int, *, issuer: str, target: AccountKind) -> None:
        """Book what no lot can give as overdraft."""
        if units:
            self.overdraft_units[issuer] = self.overdraft_units.get(issuer, 0) + units
            self.move(units, issuer=issuer, source=AccountKind.OVERDRAFT, target=target)

    def cancel(self, lot: Lot, units: int) -> int:
        """Take back up to ``units`` as if they had not been issued; gives how many there were."""
        taken = min(units, lot.remaining_units)
        if taken:
            self.take(lot, taken)
            self.move(taken, issuer=lot.issuer, source=_home(lot), target=AccountKind.ISSUED, lot_id=lot.lot_id)
        return taken

    def credit(self, lot: Lot, *, source: AccountKind) -> None:
        """Add a lot; an overdraft of its issuer is repaid from it first."""
        self.put(lot)
        if lot.remaining_units:
            self.move(lot.remaining_units, issuer=lot.issuer, source=source, target=_home(lot), lot_id=lot.lot_id)
        self.repay(lot)

    def repay(self, lot: Lot) -> None:
        """Repay the overdraft of the lot's issuer from it, as far as it goes."""
        owed = self.overdraft_units.get(lot.issuer, 0)
        repaid = min(owed, lot.remaining_units)
        if repaid:
            self.overdraft_units[lot.issuer] = owed - repaid
            self.take(lot, repaid)
            self.move(repaid, issuer=lot.issuer, source=_home(lot), target=AccountKind.OVERDRAFT, lot_id=lot.lot_id)

    def done(self) -> Booking:
        books = Books(
            account_ref=self.account_ref,
            lots=tuple(self.lots.values()),
            overdraft_units={issuer: units for issuer, units in self.overdraft_units.items() if units},
            leases=tuple(lease for lease in self.leases.values() if lease.units),
            leased_elsewhere_units=self.elsewhere_units,
            elsewhere_expiring=self.elsewhere_expiring,
        )
        return Booking(
            tuple(self.entries),
            tuple(self.lots[lot_id] for lot_id in self.changed),
            books,
            tuple(self.leases[lease_id] for lease_id in self.changed_leases),
        )


def _home(lot: Lot) -> AccountKind:
    """Where a lot's points stand."""
    return AccountKind.AVAILABLE if lot.matured else AccountKind.PENDING


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


def lots_granted(
    grants: Sequence[LotGrant], *, account_ref: str, event_id: str, at_ms: int, purpose: str = "lot"
) -> tuple[Lot, ...]:
    """The lots that an event gives, with ids derived from it and from their ``purpose``: ``lot`` for points, ``pool`` for pools."""
    return tuple(
        Lot(
            lot_id=derived_id(event_id, f"{purpose}-{number}"),
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
            draft.move(
                lot.remaining_units, issuer=lot.issuer, source=_home(lot), target=AccountKind.EXPIRED, lot_id=lot.lot_id
            )
            draft.take(lot, lot.remaining_units)
    return draft.done()


def book_sale(
    books: Books,
    *,
    event_id: str,
    at_ms: int,
    burn_units: int,
    burn_issuer: str,
    granted: Sequence[Lot],
    holder: str = "",
    taken_units: Mapping[str, int] = MappingProxyType({}),
    expired_units: Mapping[str, int] = MappingProxyType({}),
) -> Booking:
    """Burn, then earn. What no lot can give becomes overdraft: an authentic burn is always booked.

    ``holder`` is the till that burned: what is leased to it goes first. ``taken_units``: what rewards take besides, by unit.
    ``expired_units``: by lot, what has been booked as expired of the burned points' lots that were good when the till burned from
    them, the soonest expiring first: they go before any lot, as they would have gone in time.
    """
    draft = _Draft(books, event_id)
    units_of = {burn_issuer: burn_units + taken_units.get(burn_issuer, 0)}
    for issuer, units in (units_of | {one: n for one, n in taken_units.items() if one != burn_issuer}).items():
        owed = units - _burn_leased(draft, units=units, issuer=issuer, holder=holder, at_ms=at_ms)
        if issuer == burn_issuer:
            owed -= _burn_expired(draft, units=owed, issuer=issuer, expired_units=expired_units)
        owed -= _burn_lots(draft, units=owed, issuer=issuer, at_ms=at_ms)
        draft.owe(owed, issuer=issuer, target=AccountKind.REDEEMED)
    for lot in granted:
        draft.credit(lot, source=AccountKind.ISSUED)
    return draft.done()


def _burn_lots(draft: _Draft, *, units: int, issuer: str, at_ms: int) -> int:
    """Burn from lots; gives how much that was."""
    burned = 0
    for part in allocate_burn(draft.lots.values(), units=units, issuer=issuer, at_ms=at_ms):
        draft.take(draft.lots[part.lot_id], part.units)
        draft.move(
            part.units,
            issuer=issuer,
            source=AccountKind.AVAILABLE,
            target=AccountKind.REDEEMED,
            lot_id=part.lot_id,
        )
        burned += part.units
    return burned


def own_leases(leases: Iterable[Lease], *, holder: str, issuer: str, at_ms: int) -> tuple[Lease, ...]:
    """What a till may burn of an issuer without asking anybody: its leases whose points have not expired."""
    return tuple(
        lease
        for lease in leases
        if lease.holder == holder
        and lease.issuer == issuer
        and (lease.expires_at_ms is None or lease.expires_at_ms > at_ms)
    )


def _burn_leased(draft: _Draft, *, units: int, issuer: str, holder: str, at_ms: int) -> int:
    """Burn what the holder has leased and what has not expired, the soonest expiring first; gives how much that was."""
    burned = 0
    leases = own_leases(draft.leases.values(), holder=holder, issuer=issuer, at_ms=at_ms)
    for lease in sorted(leases, key=lambda one: (one.expires_at_ms is None, one.expires_at_ms or 0, one.lease_id)):
        part = min(units - burned, lease.units)
        if part:
            draft.put_lease(msgspec.structs.replace(lease, units=lease.units - part))
            draft.move(part, issuer=issuer, source=AccountKind.LEASED, target=AccountKind.REDEEMED, lot_id=lease.lot_id)
            burned += part
    return burned


def _burn_expired(draft: _Draft, *, units: int, issuer: str, expired_units: Mapping[str, int]) -> int:
    """Burn what was good at the sale and was booked as expired before anybody heard of it; gives how much that was."""
    burned = 0
    for lot_id, lapsed_units in expired_units.items():
        part = min(units - burned, lapsed_units)
        if part:
            draft.move(part, issuer=issuer, source=AccountKind.EXPIRED, target=AccountKind.REDEEMED, lot_id=lot_id)
            burned += part
    return burned


def book_return(
    books: Books,
    *,
    event_id: str,
    claw_back: Sequence[LotUnits],
    issuer: str,
    restored: Sequence[Lot],
    expired_units: Mapping[str, int] = MappingProxyType({}),
    clamps: bool = False,
    clamped_pools: Collection[str] = (),
    forgiven_units: Mapping[str, int] = MappingProxyType({}),
) -> Booking:
    """Give burned points back, then take earned ones back, for each issuer apart.

    They are taken from the lots that the sale gave, then from what has expired of them (``expired_units``, by lot, as the entries
    say), then from other lots of the issuer, else as overdraft; or, where the programme ``clamps``, what is spent is forgiven:
    points by ``clamps``, other pools where they are among ``clamped_pools``.

    ``forgiven_units``: by issuer, what earlier returns of the same sale forgave. What this one gives back pays for it, and nothing
    else does; so it does not matter in how many parts, and in which order, goods come back.
    """
    draft = _Draft(books, event_id)
    for lot in restored:
        draft.credit(lot, source=AccountKind.REDEEMED)
    owed: dict[str, int] = {}
    for part in claw_back:
        part_issuer = part.issuer or issuer
        own_lot = draft.lots.get(part.lot_id)
        left = part.units - (0 if own_lot is None else draft.cancel(own_lot, part.units))
        lapsed = min(left, expired_units.get(part.lot_id, 0))
        if lapsed:
            draft.move(
                lapsed,
                issuer=part_issuer,
                source=AccountKind.EXPIRED,
                target=AccountKind.ISSUED,
                lot_id=part.lot_id,
            )
        owed[part_issuer] = owed.get(part_issuer, 0) + left - lapsed
    for owing_issuer, units in owed.items():
        left = units - _cancel_from_any(draft, units=units, issuer=owing_issuer)
        if not _forgives(owing_issuer, clamps=clamps, clamped_pools=clamped_pools):
            draft.owe(left, issuer=owing_issuer, target=AccountKind.ISSUED)
    for forgiven_issuer, units in forgiven_units.items():
        if _forgives(forgiven_issuer, clamps=clamps, clamped_pools=clamped_pools):
            _cancel_from(draft, [lot for lot in restored if lot.issuer == forgiven_issuer], units=units)
    return draft.done()


def _forgives(issuer: str, *, clamps: bool, clamped_pools: Collection[str]) -> bool:
    return clamps if is_points(issuer) else issuer in clamped_pools


def _cancel_from_any(draft: _Draft, *, units: int, issuer: str) -> int:
    """Take back up to ``units`` from the issuer's lots, the soonest expiring first; gives how many there were."""
    return _cancel_from(draft, [lot for lot in draft.lots.values() if lot.issuer == issuer], units=units)


def _cancel_from(draft: _Draft, lots: Iterable[Lot], *, units: int) -> int:
    """Take back up to ``units`` of what is left in these lots, the soonest expiring first; gives how many there were."""
    taken = 0
    for lot in _soonest_expiring(lots):
        taken += draft.cancel(draft.lots[lot.lot_id], units - taken)
    return taken


def book_gift(books: Books, *, event_id: str, lot: Lot) -> Booking:
    """A person gives points; an overdraft is repaid from them first."""
    draft = _Draft(books, event_id)
    draft.credit(lot, source=AccountKind.ISSUED)
    return draft.done()


def book_removal(books: Books, *, event_id: str, units: int, issuer: str) -> Booking:
    """A person takes points away, the soonest expiring first; what is not there becomes overdraft."""
    draft = _Draft(books, event_id)
    draft.owe(units - _cancel_from_any(draft, units=units, issuer=issuer), issuer=issuer, target=AccountKind.ISSUED)
    return draft.done()


def book_forgiveness(books: Books, *, event_id: str, units: int, issuer: str) -> Booking:
    """A person forgives up to ``units`` of what the member owes: it is written off."""
    draft = _Draft(books, event_id)
    owed = draft.overdraft_units.get(issuer, 0)
    forgiven = min(units, owed)
    if forgiven:
        draft.overdraft_units[issuer] = owed - forgiven
        draft.move(forgiven, issuer=issuer, source=AccountKind.WRITE_OFF, target=AccountKind.OVERDRAFT)
    return draft.done()


def book_repayment(books: Books, *, event_id: str) -> Booking:
    """Repay what is owed from the lots that are there, the soonest expiring first, pending ones too.

    An event that comes late burns by its own time, before which a lot of later events had not begun: the order in which events
    come must not leave a debt beside points.
    """
    draft = _Draft(books, event_id)
    for lot in _soonest_expiring(books.lots):
        draft.repay(lot)
    return draft.done()


def book_merge(source: Books, target: Books, *, event_id: str) -> tuple[Booking, Booking]:
    """Everything of ``source`` goes to ``target``: the bookings of each. Lots and leases keep their ids, dates and issuers.

    Each account's entries sum to zero by themselves: the points are taken back as if not issued, and issued to the other.
    """
    giving, taking = _Draft(source, event_id), _Draft(target, event_id)
    for lot in source.lots:
        if lot.remaining_units:
            giving.cancel(lot, lot.remaining_units)
    for lot in source.lots:
        is_leased = any(lease.lot_id == lot.lot_id for lease in source.leases)
        if lot.remaining_units or is_leased:
            moved = msgspec.structs.replace(lot, account_ref=target.account_ref)
            taking.put(moved)
            if lot.remaining_units:
                taking.move(
                    lot.remaining_units,
                    issuer=lot.issuer,
                    source=AccountKind.ISSUED,
                    target=_home(lot),
                    lot_id=lot.lot_id,
                )
    for lease in source.leases:
        giving.put_lease(msgspec.structs.replace(lease, units=0))
        giving.move(
            lease.units,
            issuer=lease.issuer,
            source=AccountKind.LEASED,
            target=AccountKind.ISSUED,
            lot_id=lease.lot_id,
        )
        taking.put_lease(lease)
        taking.move(
            lease.units,
            issuer=lease.issuer,
            source=AccountKind.ISSUED,
            target=AccountKind.LEASED,
            lot_id=lease.lot_id,
        )
    giving.elsewhere_units, giving.elsewhere_expiring = {}, {}
    taking.elsewhere_units = {
        issuer: source.leased_elsewhere_units.get(issuer, 0) + target.leased_elsewhere_units.get(issuer, 0)
        for issuer in source.leased_elsewhere_units | target.leased_elsewhere_units
    }
    taking.elsewhere_expiring = {
        issuer: (*source.elsewhere_expiring.get(issuer, ()), *target.elsewhere_expiring.get(issuer, ()))
        for issuer in source.elsewhere_expiring | target.elsewhere_expiring
    }
    for issuer, units in source.overdraft_units.items():
        giving.overdraft_units[issuer] = 0
        giving.move(units, issuer=issuer, source=AccountKind.ISSUED, target=AccountKind.OVERDRAFT)
        taking.owe(units, issuer=issuer, target=AccountKind.ISSUED)
    for lot in _soonest_expiring(taking.lots.values()):
        taking.repay(lot)
    return giving.done(), taking.done()


def book_lease(books: Books, *, event_id: str, holder: str, issuer: str, units: int, at_ms: int) -> Booking:
    """Set up to ``units`` aside for one till, the soonest expiring first: a lease for each lot, with an id derived from the event."""
    draft = _Draft(books, event_id)
    parts = allocate_burn(books.lots, units=units, issuer=issuer, at_ms=at_ms)
    for number, part in enumerate(parts, start=1):
        lot = draft.lots[part.lot_id]
        draft.take(lot, part.units)
        draft.move(
            part.units,
            issuer=issuer,
            source=AccountKind.AVAILABLE,
            target=AccountKind.LEASED,
            lot_id=part.lot_id,
        )
        lease_id = derived_id(event_id, f"lease-{number}")
        draft.put_lease(Lease(lease_id, holder, issuer, part.lot_id, part.units, lot.expires_at_ms))
    return draft.done()


def book_release(books: Books, *, event_id: str, lease_id: str, units: int, at_ms: int | None = None) -> Booking:
    """Give up to ``units`` of a lease back to its lot; a lease that is not there gives nothing. An overdraft is repaid first.

    What has expired by ``at_ms`` does not come back: its lot's expiry was booked without it.
    """
    draft = _Draft(books, event_id)
    lease = draft.leases.get(lease_id)
    released = 0 if lease is None else min(units, lease.units)
    if lease is None or not released:
        return draft.done()
    draft.put_lease(msgspec.structs.replace(lease, units=lease.units - released))
    lot = draft.lots[lease.lot_id]
    lapsed = at_ms is not None and is_expired(lot, at_ms=at_ms)
    draft.move(
        released,
        issuer=lease.issuer,
        source=AccountKind.LEASED,
        target=AccountKind.EXPIRED if lapsed else AccountKind.AVAILABLE,
        lot_id=lease.lot_id,
    )
    if not lapsed:
        lot = msgspec.structs.replace(lot, remaining_units=lot.remaining_units + released)
        draft.put(lot)
        draft.repay(lot)
    return draft.done()


def view(books: Books, *, issuer: str, at_ms: int) -> BalanceView:
    """The balance at one moment, computed from the lots' dates whether or not maturing and expiry are booked yet."""
    lots = [
        lot
        for lot in books.lots
        if lot.issuer == issuer and lot.remaining_units > 0 and not is_expired(lot, at_ms=at_ms)
    ]
    leased = [
        lease
        for lease in books.leases
        if lease.issuer == issuer and (lease.expires_at_ms is None or lease.expires_at_ms > at_ms)
    ]
    pending = [lot for lot in lots if lot.starts_at_ms > at_ms]
    pending_units = sum(lot.remaining_units for lot in pending)
    here_units = sum(lot.remaining_units for lot in lots) + sum(lease.units for lease in leased)
    over = (one for one in books.elsewhere_expiring.get(issuer, ()) if one.expires_at_ms <= at_ms)
    elsewhere_units = books.leased_elsewhere_units.get(issuer, 0) - sum(one.units for one in over)
    expiring = forecast(books, issuer=issuer, at_ms=at_ms)
    return BalanceView(
        available_units=here_units - pending_units + elsewhere_units,
        pending_units=pending_units,
        overdraft_units=books.overdraft_units.get(issuer, 0),
        next_expiry_ms=expiring[0].expires_at_ms if expiring else None,
        next_expiry_units=expiring[0].units if expiring else 0,
        next_start_ms=min((lot.starts_at_ms for lot in pending), default=None),
    )


def pool_views(books: Books, *, at_ms: int) -> dict[str, BalanceView]:
    """The balance of each pool that is not points, by its unit; those in which nothing is left and nothing owed are left out."""
    units = {lot.issuer for lot in books.lots} | books.overdraft_units.keys()
    views = {unit: view(books, issuer=unit, at_ms=at_ms) for unit in sorted(units) if not is_points(unit)}
    return {unit: one for unit, one in views.items() if one.available_units or one.pending_units or one.overdraft_units}


def forecast(books: Books, *, issuer: str, at_ms: int) -> tuple[Expiring, ...]:
    """What will expire when, soonest first, if nothing is burned: of lots and leases, pending ones too."""
    lots = [(lot.expires_at_ms, lot.remaining_units) for lot in books.lots if lot.issuer == issuer]
    leases = [(lease.expires_at_ms, lease.units) for lease in books.leases if lease.issuer == issuer]
    units_at: dict[int, int] = {}
    for expires_at_ms, units in (*lots, *leases):
        if expires_at_ms is not None and expires_at_ms > at_ms and units:
            units_at[expires_at_ms] = units_at.get(expires_at_ms, 0) + units
    return tuple(Expiring(moment_ms, units_at[moment_ms]) for moment_ms in sorted(units_at))
