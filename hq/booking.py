"""From an event to the ledger: what each kind of event books. On a working set in memory; no database in here.

Each event is booked once, by its id, whatever till brings it how often: the first body counts, and another one is a task. What is
taken from the event and what HQ decides for itself is in docs/reference/sync-protocol.md.
"""

import hashlib

from hq import account_events, claims, contracts, coupons, leases, returns
from hq.budgets import uses_in
from hq.checks import check
from hq.due import book_and_repay, due_books, expired_since, lot_of
from hq.loading import touched_refs
from hq.received import Received, UnbookableError
from hq.rows import CAPTURED, CONCURRENT, RESTORED, VOIDED, Account, Booked, Hold
from hq.working_set import WorkingSet
from hq.writing_down import write_awards, write_discounts, write_down
from pos_app.loyalty.ledger import book_release, book_sale
from pos_app.model.calendar import month_of
from pos_app.model.evaluation import units_taken
from pos_app.model.identifiers import derived_id, is_derived
from pos_app.protocol.events import (
    AccountStatusEvent,
    ActEvent,
    AdjustmentEvent,
    AnyEvent,
    AuditEvent,
    CardEvent,
    ClaimEvent,
    ContractEvent,
    CouponVoidEvent,
    EnrolmentEvent,
    ErasureEvent,
    HoldVoidEvent,
    InstalmentEvent,
    LeaseReleaseEvent,
    MarkEvent,
    MergeEvent,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
)

__all__ = ["Received", "UnbookableError", "book_event", "touched_refs"]


def book_event(work: WorkingSet, received: Received, *, now_ms: int) -> None:
    """Book one event; raises ``UnbookableError`` before anything of it is booked."""
    event = received.event
    check(event)
    if isinstance(event, AuditEvent):
        # The inbox keeps it; there is nothing to book.
        return
    body_hash = hashlib.sha256(received.body).digest()
    known = work.booked.get(event.event_id)
    if known is not None:
        # Sent by another till too (a copied disk, a new name): once is enough, and two versions are a task.
        if known.body_hash != body_hash and not _happens_once(event):
            raise UnbookableError("event_id_taken")
        return
    _book(work, received, event, now_ms)
    work.add_booked(received, Booked(received.terminal_id, received.incarnation, received.seq, body_hash))


def _happens_once(event: AnyEvent) -> bool:
    """Whether tills that do not know of each other may book it under one id: the first one counts, and the other hears of it."""
    return isinstance(event, ActEvent | AdjustmentEvent) and is_derived(event.event_id)


def _book(work: WorkingSet, received: Received, event: AnyEvent, now_ms: int) -> None:  # noqa: C901, PLR0912 - one arm for each kind
    match event:
        case SaleEvent():
            _sell(work, received, event, now_ms=now_ms)
        case ReturnEvent():
            returns.take_back(work, received, event, now_ms=now_ms)
        case UnseenReturnEvent():
            returns.keep_unseen(work, received, event)
        case EnrolmentEvent():
            account_events.enrol(work, event, now_ms=now_ms)
        case CardEvent():
            account_events.change_card(work, event, now_ms=now_ms)
        case MergeEvent():
            account_events.merge(work, event, now_ms=now_ms)
        case AccountStatusEvent():
            account_events.set_status(work, event)
        case AdjustmentEvent():
            account_events.adjust(work, event, now_ms=now_ms)
        case MarkEvent():
            account_events.mark(work, event)
        case ActEvent():
            account_events.act(work, received, event, now_ms=now_ms)
            note_budget_uses(work, received, event)
        case ErasureEvent():
            account_events.erase(work, event, now_ms=now_ms)
        case HoldVoidEvent():
            _void_hold(work, received, event, now_ms=now_ms)
        case CouponVoidEvent():
            coupons.void(work, received, event, now_ms=now_ms)
        case LeaseReleaseEvent():
            _release(work, received, event, now_ms=now_ms)
        case ClaimEvent():
            claims.grant(work, event, now_ms=now_ms)
        case ContractEvent():
            contracts.agree(work, received, event, now_ms=now_ms)
        case InstalmentEvent():
            contracts.take_payment(work, received, event, now_ms=now_ms)
            write_down(work, received, event, earned_units=0, burned_units=0)


def _sell(work: WorkingSet, received: Received, event: SaleEvent, *, now_ms: int) -> None:
    for purpose, lots in (("lot", event.granted_lots), ("pool", event.pool_lots)):
        for number, granted in enumerate(lots, start=1):
            if granted.lot_id != derived_id(event.event_id, f"{purpose}-{number}"):
                raise UnbookableError("lot_id")
    if event.account_ref:
        account = _account_of_sale(work, event)
        _compare_views(work, received, account, event)
        overdrawn_units = _book_points(work, received, account, event, now_ms=now_ms)
        account.receipts_count += 1
        account.card_class = event.class_after or account.card_class
        for programme_id, counted_minor in event.counted.items():
            work.count(account, programme_id, month_of(event.moment.business_date), sum_minor=counted_minor)
        work.touch(account)
        _capture_hold(work, received, account, event, now_ms=now_ms)
        if overdrawn_units:
            _note_overdraft(work, received, account, now_ms=now_ms)
        leases.top_up(
            work,
            account,
            event_id=event.event_id,
            issuer=event.issuer,
            holder=received.terminal_id,
            at_ms=min(event.moment.utc_ms, now_ms),
            now_ms=now_ms,
        )
    coupons.use(work, received, event, now_ms=now_ms)
    note_budget_uses(work, received, event)
    earned_units = sum(granted.grant.units for granted in event.granted_lots)
    write_down(work, received, event, earned_units=earned_units, burned_units=event.burn_units)
    write_awards(work, event)
    write_discounts(work, event)


def note_budget_uses(work: WorkingSet, received: Received, event: SaleEvent | ActEvent) -> None:
    """Count what the event gave of budgets, for when its till gets more of them."""
    for rule, used in uses_in(event).items():
        work.budget_uses[received.terminal_id, received.incarnation, rule] += used


def _book_points(work: WorkingSet, received: Received, account: Account, event: SaleEvent, *, now_ms: int) -> int:
    """Burn, then earn; gives what the member owes more than before.

    What was claimed before is booked already: only other issuers' points, pools and rewards are new then.
    """
    at_ms = min(event.moment.utc_ms, now_ms)
    claimed = work.claims.get(event.event_id)
    granted = [lot_of(account, one, at_ms=at_ms) for one in (*event.granted_lots, *event.pool_lots)]
    if claimed is not None:
        granted = [lot for lot in granted if lot.issuer != event.issuer]
        of_issuer = sum(one.grant.units for one in event.granted_lots if one.grant.issuer == event.issuer)
        if claimed.units != of_issuer - event.burn_units:
            work.tasks.append(received.task("claim_differs", now_ms=now_ms))
    booking = book_sale(
        due_books(work, account, at_ms=at_ms, now_ms=now_ms),
        event_id=event.event_id if claimed is None else derived_id(event.event_id, "late"),
        at_ms=at_ms,
        burn_units=event.burn_units if claimed is None else 0,
        burn_issuer=event.issuer,
        granted=granted,
        holder=received.terminal_id,
        taken_units=units_taken(event.taken),
        expired_units=expired_since(
            work, account, (part.lot_id for part in event.burned_lots), issuer=event.issuer, at_ms=at_ms
        ),
    )
    return book_and_repay(work, account, booking, event_id=event.event_id, cause=_cause(work), now_ms=now_ms)


def _cause(work: WorkingSet) -> str:
    """Why a burn that finds nothing is owed. A restored HQ may hear of it before the till that has the points sends them again."""
    return RESTORED if work.is_restoring else CONCURRENT


def _account_of_sale(work: WorkingSet, event: SaleEvent) -> Account:
    """The account that the points go to; one for a card that was never seen, until somebody enrols it."""
    account, holder = work.home_of(event.account_ref), work.holder_of(event.card_ref)
    if account is None and holder is not None:
        # Another till met this card first and gave it another account.
        work.add_alias(event.account_ref, holder)
        return holder
    if account is None:
        account = work.add_account(Account(event.account_ref))
    if event.card_ref and holder is None:
        account_events.give_card(work, event.card_ref, account)
    return account


def _compare_views(work: WorkingSet, received: Received, account: Account, event: SaleEvent) -> None:
    """Count a sale that was rated on an outdated view of its member. What was promised is honoured all the same."""
    member = event.engine_input.member
    if member is not None and (member.receipts_before, member.card_class) != (
        account.receipts_count,
        account.card_class,
    ):
        work.stale_views[received.terminal_id] += 1


def _capture_hold(work: WorkingSet, received: Received, account: Account, event: SaleEvent, *, now_ms: int) -> None:
    """The sale ends the hold that it names, whatever it burned of it. One that was asked for later finds it ended."""
    if event.auth_id:
        _end_hold(work, received, account, event.auth_id, CAPTURED, units=event.redeemed_units, now_ms=now_ms)


def _void_hold(work: WorkingSet, received: Received, event: HoldVoidEvent, *, now_ms: int) -> None:
    account = work.home_of(event.account_ref)
    if account is not None:
        _end_hold(work, received, account, event.auth_id, VOIDED, units=0, now_ms=now_ms)


def _end_hold(
    work: WorkingSet, received: Received, account: Account, auth_id: str, state: str, *, units: int, now_ms: int
) -> None:
    hold = work.holds.get(auth_id)
    if hold is None:
        hold = Hold(account.account_ref, auth_id, received.terminal_id, "", units, state, now_ms)
    elif hold.state != CAPTURED:
        hold.state = state
    work.put_hold(hold)
    work.touch(account)


def _note_overdraft(work: WorkingSet, received: Received, account: Account, *, now_ms: int) -> None:
    """Burned at two tills at once: from now on HQ wants to be asked for every burn. A second time a person looks.

    Nobody is to blame while HQ still waits for what its backup lacks.
    """
    if work.is_restoring:
        return
    if account.account_ref in work.overdrawn:
        work.tasks.append(received.task("overdraft_again", now_ms=now_ms))
    work.overdrawn.add(account.account_ref)
    account.offline_burning = False
    work.recall(account)


def _release(work: WorkingSet, received: Received, event: LeaseReleaseEvent, *, now_ms: int) -> None:
    """The holder gives a lease back; one that was written off gives nothing. What another till says of it does not count.

    What is over by now does not come back, whenever the holder gave it back: its lot's expiry may be booked, and is booked once.
    """
    account = work.home_of(event.account_ref)
    if account is None:
        raise UnbookableError("unknown_account")
    at_ms = min(event.moment.utc_ms, now_ms)
    held = [lease for lease in work.books_of(account).leases if lease.lease_id == event.lease_id]
    if any(lease.holder != received.terminal_id for lease in held):
        raise UnbookableError("lease")
    books = due_books(work, account, at_ms=at_ms, now_ms=now_ms)
    booking = book_release(books, event_id=event.event_id, lease_id=event.lease_id, units=event.units, at_ms=now_ms)
    work.book(booking, now_ms=now_ms)
    # Where nothing is booked, the till has put points back in its own view that are not there.
    work.touch(account)
