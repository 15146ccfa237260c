"""A naive headquarters in memory: what each event does to members' points, written from the promises and not from the code.

It imports no ledger. Accounts are plain lists of lots; an event is taken as its till wrote it, in the order in which headquarters
books it, and whatever headquarters works out for itself is worked out again here. Times are UTC milliseconds, points are units.
"""

import copy
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pos_app.protocol.events import (
    AccountStatusEvent,
    AdjustmentEvent,
    AnyEvent,
    CardEvent,
    EnrolmentEvent,
    HoldVoidEvent,
    LeaseReleaseEvent,
    MergeEvent,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
)

NEVER = float("inf")
GRACE_MS = 14 * 86_400_000
_MILLI = 1_000
Pieces = dict[int, int]
"""Line number to pieces."""


@dataclass
class Lot:
    """Points of one origin: what is left of them, and when they begin and end."""

    lot_id: str
    units: int
    starts_at_ms: int
    expires_at_ms: float

    def is_over(self, at_ms: int) -> bool:
        return self.expires_at_ms <= at_ms

    def is_spendable(self, at_ms: int) -> bool:
        return self.starts_at_ms <= at_ms < self.expires_at_ms


@dataclass
class Lease:
    """Points of a lot set aside for one till."""

    lease_id: str
    holder: str
    lot: Lot
    units: int
    is_recalled: bool = False


@dataclass
class Hold:
    """Points held for a sale under way."""

    account_ref: str
    units: int
    is_open: bool
    is_captured: bool = False


@dataclass
class Account:
    """What one member has."""

    lots: dict[str, Lot] = field(default_factory=dict)
    leases: list[Lease] = field(default_factory=list)
    owed: int = 0
    receipts: int = 0
    status: str = "active"
    may_burn_offline: bool = True

    def soonest(self) -> list[Lot]:
        return sorted(self.lots.values(), key=lambda lot: (lot.expires_at_ms, lot.lot_id))

    def spendable(self, at_ms: int) -> int:
        return sum(lot.units for lot in self.lots.values() if lot.is_spendable(at_ms))

    def leased(self, at_ms: int, holder: str = "") -> int:
        """What is set aside and not over, for one till or for all."""
        return sum(
            lease.units
            for lease in self.leases
            if not lease.lot.is_over(at_ms) and (not holder or lease.holder == holder)
        )

    def view(self, at_ms: int) -> tuple[int, int, int]:
        """Available, pending and owed at a moment, at headquarters and at every till; what is set aside counts until it is over."""
        pending = sum(lot.units for lot in self.lots.values() if lot.starts_at_ms > at_ms)
        return self.spendable(at_ms) + self.leased(at_ms), pending, self.owed


class ChainModel:
    """All accounts, and what was ever issued, redeemed, expired and written off."""

    def __init__(self, *, lease_units: int) -> None:
        self.accounts: dict[str, Account] = {}
        self.cards: dict[str, tuple[str, str]] = {}
        """Number to account and status."""
        self.holds: dict[str, Hold] = {}
        self.totals: Counter[str] = Counter()
        self.changes = 0
        """Grows with whatever tills would hear of."""
        self.surprises: list[str] = []
        """What a till could not know when it wrote its event."""
        self._lease_units = lease_units
        self._into: dict[str, str] = {}
        self._sales: dict[str, SaleEvent] = {}
        self._receipts: dict[str, SaleEvent] = {}
        self._back: defaultdict[str, Pieces] = defaultdict(dict)
        self._expired: Counter[str] = Counter()
        self._early: list[tuple[ReturnEvent, int]] = []
        self._unseen: list[tuple[UnseenReturnEvent, int]] = []

    # What is there.

    def home(self, ref: str) -> str:
        """The account that a reference leads to."""
        while ref in self._into:
            ref = self._into[ref]
        return ref

    def find(self, ref: str) -> Account | None:
        return self.accounts.get(self.home(ref))

    def of_card(self, number: str) -> Account | None:
        known = self.cards.get(number)
        return None if known is None else self.find(known[0])

    def free(self, ref: str, at_ms: int, holder: str = "") -> int:
        """What can be held for a sale at this till, or (without a holder) set aside."""
        account = self.accounts[self.home(ref)]
        held = sum(
            hold.units for hold in self.holds.values() if hold.is_open and self.home(hold.account_ref) == self.home(ref)
        )
        own = account.leased(at_ms, holder) if holder else 0
        return max(0, account.spendable(at_ms) + own - held)

    def lots(self) -> dict[str, tuple[str, int]]:
        """Every lot with something left: its account and units."""
        return {
            lot.lot_id: (ref, lot.units)
            for ref, account in self.accounts.items()
            for lot in account.lots.values()
            if lot.units
        }

    def copy(self) -> "ChainModel":
        """Another one that goes its own way, as a till does: what headquarters will set aside it cannot foresee."""
        other = copy.copy(self)
        other._lease_units = 0
        other.accounts, other.holds = copy.deepcopy((self.accounts, self.holds))
        other.cards, other._into, other._expired = dict(self.cards), dict(self._into), self._expired.copy()
        other._sales, other._receipts = dict(self._sales), dict(self._receipts)
        other._back, other.totals, other.surprises = self._back.copy(), self.totals.copy(), []
        other._early, other._unseen = list(self._early), list(self._unseen)
        return other

    # What happens.

    def hold(self, auth_id: str, ref: str, units: int) -> None:
        self.holds[auth_id] = Hold(ref, units, is_open=True)

    def refuse_hold(self, ref: str, units: int, at_ms: int, holder: str) -> None:
        """Nothing is held; where other tills have what is missing, they are asked for it."""
        account = self.find(ref)
        leased = 0 if account is None else account.leased(at_ms) - account.leased(at_ms, holder)
        if account is not None and leased and self.free(ref, at_ms, holder) + leased >= units:
            self._recall(account)
            self.changes += 1

    def apply(self, event: AnyEvent, holder: str, now_ms: int) -> None:  # noqa: C901 - one arm for each kind
        """Book one event of the till ``holder``; what is due is booked by the event's own time."""
        at_ms = min(event.moment.utc_ms, now_ms)
        self.changes += 1
        match event:
            case SaleEvent():
                self._sell(event, holder, at_ms)
            case ReturnEvent():
                self._early.append((event, at_ms))
                self._settle_seen()
            case UnseenReturnEvent():
                self._unseen.append((event, at_ms))
            case EnrolmentEvent():
                self._give_card(event.account_ref, event.card_number, at_ms)
            case CardEvent():
                self._change_card(event, at_ms)
            case MergeEvent():
                self._account(event.account_ref)
                self._account(event.merged_ref)
                self._merge(event.merged_ref, event.account_ref, at_ms)
            case AccountStatusEvent():
                self._account(event.account_ref).status = event.status
            case AdjustmentEvent():
                self._adjust(event, at_ms)
            case HoldVoidEvent():
                self._end_hold(event.auth_id, event.account_ref, is_captured=False)
            case LeaseReleaseEvent():
                self._release(event, at_ms, now_ms)

    def settle(self) -> None:
        """Settle the goods that came back unseen and whose receipt is here by now."""
        for event, at_ms in sorted(self._unseen, key=lambda one: one[0].event_id):
            sale = self._receipts.get(event.sale_receipt_number)
            if sale is not None:
                self._unseen.remove((event, at_ms))
                if self._has_left(sale, event):
                    self._take_back(sale, _scanned(sale, event), event.event_id, at_ms)
                    self.changes += 1

    def let_all_expire(self, at_ms: int) -> None:
        for account in self.accounts.values():
            self._expire(account, at_ms)
        self.changes += 1

    def _has_left(self, sale: SaleEvent, event: UnseenReturnEvent) -> bool:
        """Whether all that was scanned is on the receipt and not back yet; else nothing moves, and a person is asked."""
        scanned, back = _scanned(sale, event), self._back[sale.event_id]
        all_there = {line.product_code for line in event.lines} <= {line.product_code for line in sale.lines}
        return all_there and all(
            pieces + back.get(line_no, 0) <= _sold(sale, line_no) for line_no, pieces in scanned.items()
        )

    def _account(self, ref: str) -> Account:
        return self.accounts.setdefault(self.home(ref), Account())

    def _expire(self, account: Account, at_ms: int) -> None:
        for lot in account.lots.values():
            if lot.is_over(at_ms):
                self._lapse(lot, lot.units)
                lot.units = 0

    def _lapse(self, lot: Lot, units: int) -> None:
        self._expired[lot.lot_id] += units
        self.totals["expired"] += units

    def _credit(self, account: Account, lot: Lot) -> None:
        account.lots[lot.lot_id] = lot
        self._repay(account, [lot])

    def _repay(self, account: Account, lots: Iterable[Lot]) -> None:
        account.owed -= _take(account.owed, lots)

    def _sell(self, event: SaleEvent, holder: str, at_ms: int) -> None:
        self._sales[event.event_id] = self._receipts[event.receipt_number] = event
        account = self._account(event.account_ref)
        self._expire(account, at_ms)
        before = account.owed
        account.owed += self._burn(account, event, holder, at_ms)
        for granted in event.granted_lots:
            grant = granted.grant
            self.totals["issued"] += grant.units
            self._credit(account, Lot(granted.lot_id, grant.units, grant.starts_at_ms, grant.expires_at_ms or NEVER))
        self._repay(account, account.soonest())
        account.receipts += 1
        if event.auth_id:
            self._end_hold(event.auth_id, event.account_ref, is_captured=True)
        if account.owed > before:
            self.surprises.append("burned twice")
            account.may_burn_offline = False
            self._recall(account)
        self._set_aside(event, account, holder, at_ms)

    def _burn(self, account: Account, event: SaleEvent, holder: str, at_ms: int) -> int:
        """Leases of the till first, then what has expired since, then lots; gives what was not there."""
        units = event.burn_units
        self.totals["redeemed"] += units
        for lease in sorted(account.leases, key=lambda one: (one.lot.expires_at_ms, one.lease_id)):
            if lease.holder == holder and not lease.lot.is_over(at_ms):
                part = min(units, lease.units)
                lease.units -= part
                units -= part
        account.leases = [lease for lease in account.leases if lease.units]
        units -= self._burn_lapsed(account, event, units, at_ms)
        return units - _take(units, [lot for lot in account.soonest() if lot.is_spendable(at_ms)])

    def _burn_lapsed(self, account: Account, event: SaleEvent, units: int, at_ms: int) -> int:
        """What was burned in time and has expired before headquarters heard of it; gives how much that was."""
        burned = 0
        proposed = {part.lot_id for part in event.burned_lots}
        for lot in account.soonest():
            is_good = lot.lot_id in proposed and lot.is_spendable(at_ms)
            lapsed = min(units - burned, self._expired[lot.lot_id]) if is_good else 0
            self._expired[lot.lot_id] -= lapsed
            burned += lapsed
        if burned:
            self.surprises.append("burned in time, and over when it was heard of")
        self.totals["expired"] -= burned
        return burned

    def _set_aside(self, event: SaleEvent, account: Account, holder: str, at_ms: int) -> None:
        """Fill up what the till may burn of this member on its own."""
        may = account.may_burn_offline and account.status == "active" and not account.owed
        if not may or any(lease.is_recalled for lease in account.leases):
            return
        units = min(self._lease_units - account.leased(at_ms, holder), self.free(event.account_ref, at_ms))
        number = 0
        for lot in account.soonest():
            part = min(units, lot.units) if lot.is_spendable(at_ms) else 0
            if part > 0:
                number += 1
                lot.units -= part
                units -= part
                lease_id = _named(_named(event.event_id, "lease"), f"lease-{number}")
                account.leases.append(Lease(lease_id, holder, lot, part))

    def _settle_seen(self) -> None:
        for event, at_ms in list(self._early):
            if event.sale_event_id in self._sales:
                self._early.remove((event, at_ms))
                pieces = {line.line_no: line.quantity_milli // _MILLI for line in event.lines}
                self._take_back(self._sales[event.sale_event_id], pieces, event.event_id, at_ms)

    def _take_back(self, sale: SaleEvent, wanted: Pieces, event_id: str, at_ms: int) -> None:
        """Never more than was sold; burned points come back, earned ones go: floor(share x back / sold), cumulative."""
        before = self._back[sale.event_id]
        after = {
            line.line_no: min(_sold(sale, line.line_no), before.get(line.line_no, 0) + wanted.get(line.line_no, 0))
            for line in sale.lines
        }
        if any(after[line_no] < before.get(line_no, 0) + pieces for line_no, pieces in wanted.items()):
            self.surprises.append("came back before")
        if all(after[line_no] == before.get(line_no, 0) for line_no in after):
            return
        self._back[sale.event_id] = after
        account = self._account(sale.account_ref)
        self._expire(account, at_ms)
        owed = account.owed
        burned = [(share.line_no, share.units) for share in sale.burn_shares]
        self._give_back(
            account, sale, event_id, at_ms, begin=_share(sale, burned, before), end=_share(sale, burned, after)
        )
        earned = [(award.line_no, award.units) for award in sale.awards]
        self._claw_back(account, sale, _share(sale, earned, after) - _share(sale, earned, before))
        if account.owed > owed:
            self._recall(account)

    def _give_back(self, account: Account, sale: SaleEvent, event_id: str, at_ms: int, *, begin: int, end: int) -> None:
        """The burned points from one place to the other in the order in which they were burned, with days of grace."""
        self.totals["redeemed"] -= end - begin
        position = 0
        for number, part in enumerate(sale.burned_lots, start=1):
            units = min(end, position + part.units) - max(begin, position)
            position += part.units
            if units > 0:
                expires = max(part.expires_at_ms or NEVER, at_ms + GRACE_MS)
                self._credit(account, Lot(_named(event_id, f"restored-{number}"), units, at_ms, expires))

    def _claw_back(self, account: Account, sale: SaleEvent, units: int) -> None:
        """From the sale's own lot, then from what has expired of it, then from any other, else it is owed."""
        self.totals["issued"] -= units
        own_id = _named(sale.event_id, "lot-1")
        own = [account.lots[own_id]] if own_id in account.lots else []
        if units and self._expired[own_id]:
            self.surprises.append("came back when its points were over")
        units -= _take(units, own)
        lapsed = min(units, self._expired[own_id])
        self._expired[own_id] -= lapsed
        self.totals["expired"] -= lapsed
        units -= lapsed
        units -= _take(units, account.soonest())
        account.owed += units

    def _recall(self, account: Account) -> None:
        for lease in account.leases:
            lease.is_recalled = True

    def _give_card(self, ref: str, number: str, at_ms: int) -> bool:
        """Whether the card is the account's now; the first who has it keeps it."""
        holder = self.cards.get(number)
        if holder is None:
            self._account(ref)
            self.cards[number] = (ref, "active")
        elif self.home(ref) not in self.accounts:
            self._into[ref] = self.home(holder[0])
            self.surprises.append("card given twice")
        elif self.home(holder[0]) != self.home(ref):
            self.surprises.append("card taken")
            return False
        return True

    def _change_card(self, event: CardEvent, at_ms: int) -> None:
        self._account(event.account_ref)
        if event.action.value in {"block", "unblock"}:
            ref, status = self.cards[event.card_number]
            if status != "replaced" and self.home(ref) == self.home(event.account_ref):
                self.cards[event.card_number] = (ref, "blocked" if event.action.value == "block" else "active")
            return
        replaced = self.cards.get(event.replaces)
        if replaced is not None and self.home(replaced[0]) != self.home(event.account_ref):
            self.surprises.append("card taken")
        elif self._give_card(event.account_ref, event.card_number, at_ms) and replaced is not None:
            self.cards[event.replaces] = (replaced[0], "replaced")

    def _merge(self, source_ref: str, target_ref: str, at_ms: int) -> None:
        source_ref, target_ref = self.home(source_ref), self.home(target_ref)
        if source_ref == target_ref:
            return
        source, target = self.accounts.pop(source_ref), self.accounts[target_ref]
        self._into[source_ref] = target_ref
        self._expire(source, at_ms)
        self._expire(target, at_ms)
        target.lots |= source.lots
        target.leases += source.leases
        target.owed += source.owed
        target.receipts += source.receipts
        target.may_burn_offline = target.may_burn_offline and source.may_burn_offline
        if "frozen" in {source.status, target.status}:
            target.status = "frozen"
        self._repay(target, target.soonest())

    def _adjust(self, event: AdjustmentEvent, at_ms: int) -> None:
        account = self._account(event.account_ref)
        self._expire(account, at_ms)
        if event.reason.value == "forgiven_overdraft":
            forgiven = min(event.units, account.owed)
            account.owed -= forgiven
            self.totals["write_off"] -= forgiven
            return
        self.totals["issued"] += event.units
        if event.granted is not None:
            grant = event.granted.grant
            self._credit(
                account, Lot(event.granted.lot_id, grant.units, grant.starts_at_ms, grant.expires_at_ms or NEVER)
            )
            return
        missing = -event.units - _take(-event.units, account.soonest())
        if missing:
            self.surprises.append("taken away after it was spent")
        account.owed += missing

    def _end_hold(self, auth_id: str, ref: str, *, is_captured: bool) -> None:
        hold = self.holds.setdefault(auth_id, Hold(ref, 0, is_open=False))
        hold.is_open = False
        hold.is_captured = hold.is_captured or is_captured

    def _release(self, event: LeaseReleaseEvent, at_ms: int, now_ms: int) -> None:
        """Give a lease back to its lot, and what is over by now to nobody."""
        account = self._account(event.account_ref)
        self._expire(account, at_ms)
        for lease in account.leases:
            if lease.lease_id == event.lease_id:
                released = min(event.units, lease.units)
                lease.units -= released
                if lease.lot.is_over(now_ms):
                    self._lapse(lease.lot, released)
                else:
                    lease.lot.units += released
                    self._repay(account, [lease.lot])
        account.leases = [lease for lease in account.leases if lease.units]


def _take(units: int, lots: Iterable[Lot]) -> int:
    """Take from lots in this order; gives how many there were."""
    taken = 0
    for lot in lots:
        part = min(units - taken, lot.units)
        lot.units -= part
        taken += part
    return taken


def _sold(sale: SaleEvent, line_no: int) -> int:
    return sale.lines[line_no - 1].quantity_milli // _MILLI


def _share(sale: SaleEvent, shares: Iterable[tuple[int, int]], back: Pieces) -> int:
    return sum(units * back.get(line_no, 0) // _sold(sale, line_no) for line_no, units in shares)


def _scanned(sale: SaleEvent, event: UnseenReturnEvent) -> Pieces:
    """The lines of the sale that were scanned; each product is on one line, or on none."""
    scanned = {line.product_code: line.quantity_milli // _MILLI for line in event.lines}
    return {line.line_no: scanned.get(line.product_code, 0) for line in sale.lines}


def _named(event_id: str, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(event_id), name))
