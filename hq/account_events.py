"""Cards, merging, freezing, gifts, marks, acts and the like: what people decide about accounts, and do beside buying.

Tills decide such things offline, so they come in any order: an account that is not known yet is made, a merge that was done is done,
and whatever names a merged account means the one that took it over.
"""

from hq.due import book_and_repay, due_books, lot_of
from hq.received import Received, UnbookableError
from hq.rows import ADJUSTED, Account, Card
from hq.working_set import WorkingSet
from hq.writing_down import write_awards
from pos_app.loyalty.ledger import book_forgiveness, book_gift, book_merge, book_removal, book_sale
from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.model.identifiers import derived_id
from pos_app.model.marks import REFERRED_BY
from pos_app.protocol.events import (
    AccountStatusEvent,
    ActEvent,
    AdjustmentEvent,
    AdjustmentReason,
    CardAction,
    CardEvent,
    EnrolmentEvent,
    ErasureEvent,
    MarkEvent,
    MergeEvent,
)


def enrol(work: WorkingSet, event: EnrolmentEvent, *, now_ms: int) -> None:
    """A card was given to a member; points that an unknown card earned come along."""
    account = _add_card(work, event.account_ref, event.card_number, event=event, now_ms=now_ms)
    account.provisional = False
    account.card_class = event.card_class or account.card_class
    work.touch(account)


def change_card(work: WorkingSet, event: CardEvent, *, now_ms: int) -> None:
    """A card is added, takes another's place, is blocked, or may be used again."""
    if event.action in {CardAction.ADD, CardAction.REPLACE}:
        replaced_holder = work.holder_of(event.replaces)
        if replaced_holder is not None and replaced_holder is not work.home_of(event.account_ref):
            raise UnbookableError("card_taken")
        account = _add_card(work, event.account_ref, event.card_number, event=event, now_ms=now_ms)
        if event.replaces:
            _set_card(work, account, event.replaces, CardStatus.REPLACED)
        return
    status = CardStatus.BLOCKED if event.action is CardAction.BLOCK else CardStatus.ACTIVE
    _set_card(work, account_of(work, event.account_ref), event.card_number, status)


def merge(work: WorkingSet, event: MergeEvent, *, now_ms: int) -> None:
    """Everything of one account goes to another. Merging twice is once, and two that were merged stay so in either direction."""
    source = work.home_of(event.merged_ref)
    target = account_of(work, event.account_ref)
    if source is None:
        if event.merged_ref != event.account_ref:
            work.add_alias(event.merged_ref, target)
        return
    _merge(work, source, target, event, now_ms=now_ms)


def set_status(work: WorkingSet, event: AccountStatusEvent) -> None:
    """An account is frozen, or may be used again."""
    account = account_of(work, event.account_ref)
    account.status = event.status
    work.touch(account)


def adjust(work: WorkingSet, event: AdjustmentEvent, *, now_ms: int) -> None:
    """A person gives points, takes some away, or forgives what is owed."""
    granted = event.granted
    if granted is not None and granted.lot_id != derived_id(event.event_id, "lot-1"):
        raise UnbookableError("lot_id")
    account = account_of(work, event.account_ref)
    at_ms = min(event.moment.utc_ms, now_ms)
    books = due_books(work, account, at_ms=at_ms, now_ms=now_ms)
    if event.reason is AdjustmentReason.FORGIVEN_OVERDRAFT:
        booking = book_forgiveness(books, event_id=event.event_id, units=event.units, issuer=event.issuer)
    elif granted is not None:
        booking = book_gift(books, event_id=event.event_id, lot=lot_of(account, granted, at_ms=at_ms))
    else:
        booking = book_removal(books, event_id=event.event_id, units=-event.units, issuer=event.issuer)
    book_and_repay(work, account, booking, event_id=event.event_id, cause=ADJUSTED, now_ms=now_ms)
    work.touch(account)


def mark(work: WorkingSet, event: MarkEvent) -> None:
    """Something that every till is to know of a member, or no longer. Nobody brought themselves, under whatever name."""
    account = account_of(work, event.account_ref)
    if event.name != REFERRED_BY or work.home_of(event.value) is not account:
        work.mark_changes.append((account.account_ref, event))
    work.touch(account)


def act(work: WorkingSet, received: Received, event: ActEvent, *, now_ms: int) -> None:
    """A member did something: its points, and, where it counts once, that every till knows it."""
    for number, granted in enumerate(event.granted_lots, start=1):
        if granted.lot_id != derived_id(event.event_id, f"lot-{number}"):
            raise UnbookableError("lot_id")
    account = account_of(work, event.account_ref)
    at_ms = min(event.moment.utc_ms, now_ms)
    booking = book_sale(
        due_books(work, account, at_ms=at_ms, now_ms=now_ms),
        event_id=event.event_id,
        at_ms=at_ms,
        burn_units=0,
        burn_issuer="",
        granted=[lot_of(account, one, at_ms=at_ms) for one in event.granted_lots],
    )
    book_and_repay(work, account, booking, event_id=event.event_id, cause=ADJUSTED, now_ms=now_ms)
    if event.is_shared:
        work.mark_changes.append((account.account_ref, event))
    units = sum(one.grant.units for one in event.granted_lots)
    work.issued_units[received.terminal_id, event.moment.business_date] += units
    write_awards(work, event)
    work.touch(account)


def erase(work: WorkingSet, event: ErasureEvent, *, now_ms: int) -> None:
    """The holder is forgotten, under every name that the account had here."""
    account = account_of(work, event.account_ref)
    for ref in sorted({event.account_ref, account.account_ref}):
        work.erasures.append((ref, now_ms))
        work.touch(work.accounts[ref])


def give_card(work: WorkingSet, number: str, account: Account) -> None:
    """A card that was never seen now leads to this account."""
    work.put_card(Card(number, account.account_ref))


def account_of(work: WorkingSet, account_ref: str) -> Account:
    """The account of this reference, made where it was never seen: the till that enrolled it may still be offline."""
    return work.home_of(account_ref) or work.add_account(Account(account_ref))


def _add_card(
    work: WorkingSet, account_ref: str, number: str, *, event: EnrolmentEvent | CardEvent, now_ms: int
) -> Account:
    """The account, with this card. Raises ``UnbookableError`` for a card that is somebody else's."""
    account, holder = work.home_of(account_ref), work.holder_of(number)
    if holder is None:
        account = account or work.add_account(Account(account_ref))
        give_card(work, number, account)
        return account
    if account is None:
        work.add_alias(account_ref, holder)
        return holder
    if holder is not account:
        if not holder.provisional:
            raise UnbookableError("card_taken")
        # The card earned at tills that did not know whose it is.
        _merge(work, holder, account, event, now_ms=now_ms)
    return account


def _set_card(work: WorkingSet, account: Account, number: str, status: CardStatus) -> None:
    """A card has this status from now on. One that was replaced stays so, and one that is somebody else's is left alone."""
    card = work.cards.get(number)
    if card is None:
        work.put_card(Card(number, account.account_ref, status.value))
        return
    if work.home_of(card.account_ref) is not account:
        raise UnbookableError("card_taken")
    if card.status != CardStatus.REPLACED:
        card.status = status.value
        work.put_card(card)


def _merge(
    work: WorkingSet, source: Account, target: Account, event: EnrolmentEvent | CardEvent | MergeEvent, *, now_ms: int
) -> None:
    if source is target:
        return
    # Points that are over repay nothing, whether or not somebody has booked so yet.
    at_ms = min(event.moment.utc_ms, now_ms)
    given, taken = (due_books(work, one, at_ms=at_ms, now_ms=now_ms) for one in (source, target))
    giving, taking = book_merge(given, taken, event_id=event.event_id)
    work.book(giving, now_ms=now_ms)
    work.book(taking, now_ms=now_ms)
    if AccountStatus.FROZEN.value in {source.status, target.status}:
        target.status = AccountStatus.FROZEN.value
    target.provisional = target.provisional and source.provisional
    target.card_class = target.card_class or source.card_class
    target.offline_burning = target.offline_burning and source.offline_burning
    target.receipts_count += source.receipts_count
    source.receipts_count = 0
    work.empty_into(source, target)
