"""What people do to accounts and cards: points given and taken by hand, cards added, replaced and blocked, accounts frozen and merged.

Each act is one transaction: its event, the entries of the ledger under the event's id, the rows, and an entry of the audit log. It
works the same where headquarters decides: the till books its own view, and headquarters books the event. All of it runs on the
writer thread and raises ``InputError`` or ``NotAllowedError``: nothing was booked then.

A *holder* is named by one of their cards or by the account's reference.
"""

import re
from typing import TYPE_CHECKING, Any

import msgspec

from devices.barcodes import card_check_is_right
from pos_app.errors import InputError
from pos_app.loyalty import ledger
from pos_app.loyalty.ledger import Booking, Books
from pos_app.model.accounts import AccountStatus, CardStatus, Lot, Member
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id
from pos_app.model.staff import Permission
from pos_app.protocol.events import (
    AccountStatusEvent,
    AdjustmentEvent,
    AdjustmentReason,
    CardAction,
    CardEvent,
    GrantedLot,
    MergeEvent,
)
from pos_app.use_cases import staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.card_ranges import find_card_range
from pos_app.use_cases.member_events import due_books, write_due
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.staffing import Approval
from storage import account_changes, accounts, journal
from storage.accounts import AccountFacts
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

UNITS_MAX = 10**9
"""The most units that one adjustment may move."""
_REFERENCE = re.compile(r"[A-Z0-9/-]{0,40}")
_GIVES = frozenset({AdjustmentReason.GOODWILL, AdjustmentReason.COMPENSATION, AdjustmentReason.FORGIVEN_OVERDRAFT})
_TAKES = frozenset({AdjustmentReason.FRAUD})
_OF_PROGRAMMES = frozenset(
    {AdjustmentReason.PROFIT_SHARE, AdjustmentReason.REFERRAL_RETURNED, AdjustmentReason.DRAW_PRIZE}
)
_MAY_OWE = frozenset({AdjustmentReason.PROFIT_SHARE, AdjustmentReason.REFERRAL_RETURNED})
"""What a programme takes back is owed where it is spent; by hand nobody takes more than there is."""


def find_holder(connection: Connection, holder: str) -> AccountFacts:
    """The account of a card or of a reference, blocked ones too; raises ``InputError`` where there is none."""
    facts = accounts.find_by_card(connection, holder) or accounts.find_by_ref(connection, holder)
    if facts is None:
        raise _refused("unknown", "There is no such card or account.", todo="Check the number, then do it again.")
    return facts


def adjust(
    till: "Till",
    connection: Connection,
    holder: str,
    units: int,
    *,
    reason: AdjustmentReason,
    reference: str = "",
    expires_at_ms: int | None = None,
    approval: Approval | None = None,
) -> Member:
    """Give points (``units`` > 0), take some away (< 0), or forgive that much of what the member owes.

    No more can be taken away than the member has, nor more forgiven than is owed. A gift may have an expiry (UTC ms), else it is
    for ever. ``reference`` is the number of the paper behind it. The approval's subject is the account.
    """
    facts = find_holder(connection, holder)
    now_ms = till.clock.utc_ms()
    _check_adjustment(units, reason, reference)
    if expires_at_ms is not None and (expires_at_ms <= now_ms or not _is_gift(units, reason)):
        raise _refused("expiry", "Only points that are given expire, and later than now.", todo="Correct the date.")
    wanted = Adjustment(units, reason, reference=reference, expires_at_ms=expires_at_ms)
    # What cannot be booked is said before a manager is called.
    _adjustment(
        till, due_books(till, connection, facts.account_ref, now_ms)[1].books, new_id(now_ms), "", wanted, now_ms
    )
    approver_ref = staffing.check(till, Permission.ADJUST_POINTS, approval, subject=facts.account_ref)
    event = book_adjustment(till, connection, facts.account_ref, wanted, approver_ref=approver_ref)
    values: dict[str, int | str] = {"units": units, "reason": reason.value, "reference": reference}
    _audit(till, connection, event, "adjust_points", **values)
    return _member(till, connection, facts.account_ref)


class Adjustment(msgspec.Struct, frozen=True):
    """What is given (``units`` > 0) or taken. ``event_id`` empty: a new one; a derived one happens once, whoever books it again.

    ``issuer``: a unit of the ledger, empty for the points that burn here. ``programme_id``: which programme gives it, if any.
    """

    units: int
    reason: AdjustmentReason
    reference: str = ""
    expires_at_ms: int | None = None
    event_id: str = ""
    issuer: str = ""
    programme_id: str = ""


def book_adjustment(
    till: "Till", connection: Connection, account_ref: str, wanted: Adjustment, *, approver_ref: str = ""
) -> AdjustmentEvent:
    """Book it on the writer thread, whoever decided it: the event, what is due on the account, and the entries.

    Raises ``InputError`` where there is less to take or to forgive than is wanted.
    """
    now_ms = till.clock.utc_ms()
    before, due = due_books(till, connection, account_ref, now_ms)
    event_id = wanted.event_id or new_id(now_ms)
    issuer = wanted.issuer or till.issuer_at(now_ms)
    booking, lot = _adjustment(till, due.books, event_id, issuer, wanted, now_ms)
    event = AdjustmentEvent(
        event_id=event_id,
        moment=moment_of(till, journal.read_terminal(connection), now_ms),
        account_ref=account_ref,
        units=wanted.units,
        reason=wanted.reason,
        issuer=issuer,
        reference=wanted.reference,
        granted=None if lot is None else _granted(lot),
        approved_by=approver_ref,
    )
    append(connection, event)
    write_due(till, connection, before, due, now_ms)
    accounts.write_booking(connection, booking, before=due.books, utc_ms=now_ms)
    return event


def merge(
    till: "Till", connection: Connection, survivor: str, merged: str, *, approval: Approval | None = None
) -> Member:
    """Two accounts are one person's: everything of ``merged`` goes to ``survivor``, and whatever names it later leads there.

    Both must be active: a frozen account is looked at first. The approval's subject is the surviving account.
    """
    taking, giving = find_holder(connection, survivor), find_holder(connection, merged)
    if taking.account_ref == giving.account_ref:
        raise _refused("same", "Both cards are of one account already.", todo="Nothing is to be done.")
    for facts in (taking, giving):
        if facts.account_status is not AccountStatus.ACTIVE:
            raise _refused("not_active", "One of the accounts is frozen or blocked.", todo="Settle that first.")
    now_ms = till.clock.utc_ms()
    approver_ref = staffing.check(till, Permission.CHANGE_ACCOUNT, approval, subject=taking.account_ref)
    terminal = journal.read_terminal(connection)
    event = MergeEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        account_ref=taking.account_ref,
        merged_ref=giving.account_ref,
        approved_by=approver_ref,
    )
    append(connection, event)
    _move_points(till, connection, event)
    account_changes.apply_act(connection, event)
    _audit(till, connection, event, "merge_accounts", merged=giving.account_ref)
    return _member(till, connection, taking.account_ref)


def add_card(
    till: "Till", connection: Connection, holder: str, card_number: str, *, approval: Approval | None = None
) -> Member:
    """One more card for an account, as for a family. The approval's subject is the new card."""
    facts = find_holder(connection, holder)
    _check_fresh(till, connection, card_number)
    _book_card(till, connection, facts, CardAction.ADD, card_number, approval=approval)
    return _member(till, connection, facts.account_ref, card_number)


def replace_card(
    till: "Till", connection: Connection, old_number: str, new_number: str, *, approval: Approval | None = None
) -> Member:
    """A new card in place of one that was lost, which still finds its member and earns, but may not burn.

    The approval's subject is the new card.
    """
    facts = _holder_of(connection, old_number)
    if facts.card_status is CardStatus.REPLACED:
        raise _refused("replaced", "That card was replaced before.", todo="Name the card that took its place.")
    _check_fresh(till, connection, new_number)
    _book_card(till, connection, facts, CardAction.REPLACE, new_number, replaces=old_number, approval=approval)
    return _member(till, connection, facts.account_ref, new_number)


def block_card(till: "Till", connection: Connection, card_number: str, *, approval: Approval | None = None) -> Member:
    """Nobody may use this card until it is free again; the account's other cards go on. The approval's subject is the card."""
    facts = _holder_of(connection, card_number)
    if facts.card_status is CardStatus.BLOCKED:
        raise _refused("blocked", "This card is blocked already.", todo="Nothing is to be done.")
    if facts.card_status is CardStatus.REPLACED:
        raise _refused("replaced", "This card was replaced: it burns no more.", todo="Freeze the account, if need be.")
    _book_card(till, connection, facts, CardAction.BLOCK, card_number, approval=approval)
    return _member(till, connection, facts.account_ref, card_number)


def unblock_card(till: "Till", connection: Connection, card_number: str, *, approval: Approval | None = None) -> Member:
    """A blocked card may be used again. The approval's subject is the card."""
    facts = _holder_of(connection, card_number)
    if facts.card_status is not CardStatus.BLOCKED:
        raise _refused("not_blocked", "This card is not blocked.", todo="Nothing is to be done.")
    _book_card(till, connection, facts, CardAction.UNBLOCK, card_number, approval=approval)
    return _member(till, connection, facts.account_ref, card_number)


def freeze(
    till: "Till", connection: Connection, holder: str, *, reason: str = "", approval: Approval | None = None
) -> Member:
    """The account earns and does not burn until it is freed. ``reason`` is a code or number; the approval's subject the account."""
    return _set_status(till, connection, holder, AccountStatus.FROZEN, reason=reason, approval=approval)


def unfreeze(
    till: "Till", connection: Connection, holder: str, *, reason: str = "", approval: Approval | None = None
) -> Member:
    """A frozen account burns again; arguments as of ``freeze``."""
    return _set_status(till, connection, holder, AccountStatus.ACTIVE, reason=reason, approval=approval)


def _check_adjustment(units: int, reason: AdjustmentReason, reference: str) -> None:
    if reason in _OF_PROGRAMMES:
        raise _refused(
            "reason", "Only a programme gives or takes points for this reason.", todo="Choose another reason."
        )
    if not 0 < abs(units) <= UNITS_MAX:
        raise _refused("units", "That is no number of points to give or take.", todo="Correct the points.")
    if (units < 0 and reason in _GIVES) or (units > 0 and reason in _TAKES):
        raise _refused("sign", "This reason is for the other direction.", todo="Correct the reason or the sign.")
    _check_reference(reference)


def _check_reference(reference: str) -> None:
    if _REFERENCE.fullmatch(reference) is None:
        raise _refused(
            "reference",
            "A reference has up to 40 capitals, digits, hyphens and slashes, and never a name.",
            todo="Write the number of the paper.",
        )


def _is_gift(units: int, reason: AdjustmentReason) -> bool:
    return units > 0 and reason is not AdjustmentReason.FORGIVEN_OVERDRAFT


def _adjustment(
    till: "Till", books: Books, event_id: str, issuer: str, wanted: Adjustment, now_ms: int
) -> tuple[Booking, Lot | None]:
    units, issuer = wanted.units, issuer or till.issuer_at(now_ms)
    if _is_gift(units, wanted.reason):
        lot = Lot(
            lot_id=derived_id(event_id, "lot-1"),
            account_ref=books.account_ref,
            issuer=issuer,
            programme_id=wanted.programme_id,
            starts_at_ms=now_ms,
            expires_at_ms=wanted.expires_at_ms,
            granted_units=units,
            remaining_units=units,
            matured=True,
        )
        return ledger.book_gift(books, event_id=event_id, lot=lot), lot
    if units > 0:
        owed = books.overdraft_units.get(issuer, 0)
        if owed < units:
            raise _refused("forgiven", f"The member owes {till.points_text(owed)} points.", todo="Forgive no more.")
        return ledger.book_forgiveness(books, event_id=event_id, units=units, issuer=issuer), None
    has = sum(lot.remaining_units for lot in books.lots if lot.issuer == issuer)
    if has < -units and wanted.reason not in _MAY_OWE:
        raise _refused("too_much", f"The member has {till.points_text(has)} points.", todo="Take no more away.")
    return ledger.book_removal(books, event_id=event_id, units=-units, issuer=issuer), None


def _granted(lot: Lot) -> GrantedLot:
    return GrantedLot(
        lot.lot_id, LotGrant(lot.programme_id, lot.issuer, lot.granted_units, lot.starts_at_ms, lot.expires_at_ms)
    )


def _move_points(till: "Till", connection: Connection, event: MergeEvent) -> None:
    now_ms = event.moment.utc_ms
    source, source_due = due_books(till, connection, event.merged_ref, now_ms)
    target, target_due = due_books(till, connection, event.account_ref, now_ms)
    write_due(till, connection, source, source_due, now_ms)
    write_due(till, connection, target, target_due, now_ms)
    giving, taking = ledger.book_merge(source_due.books, target_due.books, event_id=event.event_id)
    accounts.write_booking(connection, giving, before=source_due.books, utc_ms=now_ms)
    accounts.write_booking(connection, taking, before=target_due.books, utc_ms=now_ms)


def _holder_of(connection: Connection, card_number: str) -> AccountFacts:
    facts = accounts.find_by_card(connection, card_number)
    if facts is None:
        raise _refused("unknown", "There is no such card.", todo="Check the number, then do it again.")
    return facts


def _check_fresh(till: "Till", connection: Connection, card_number: str) -> None:
    cards = find_card_range(till.settings, card_number)
    if cards is None:
        raise _refused("no_card", "The number is in none of this shop's card ranges.", todo="Take another card.")
    if not card_check_is_right(card_number, cards):
        raise _refused("check_digit", "The check digit of the card's number is wrong.", todo="Correct the number.")
    if accounts.find_by_card(connection, card_number) is not None:
        raise _refused("taken", "This card belongs to a member already.", todo="Take another card, or merge them.")


def _book_card(
    till: "Till",
    connection: Connection,
    facts: AccountFacts,
    action: CardAction,
    card_number: str,
    *,
    replaces: str = "",
    approval: Approval | None,
) -> None:
    now_ms = till.clock.utc_ms()
    approver_ref = staffing.check(till, Permission.CHANGE_CARD, approval, subject=card_number)
    terminal = journal.read_terminal(connection)
    event = CardEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        account_ref=facts.account_ref,
        card_number=card_number,
        action=action,
        replaces=replaces,
        approved_by=approver_ref,
    )
    append(connection, event)
    account_changes.apply_act(connection, event)
    _audit(till, connection, event, f"{action.value}_card", card=card_number)


def _set_status(
    till: "Till",
    connection: Connection,
    holder: str,
    status: AccountStatus,
    *,
    reason: str,
    approval: Approval | None,
) -> Member:
    facts = find_holder(connection, holder)
    _check_reference(reason)
    if facts.account_status is status:
        raise _refused("status", f"The account is {status.value} already.", todo="Nothing is to be done.")
    if facts.account_status not in {AccountStatus.ACTIVE, AccountStatus.FROZEN}:
        raise _refused("status", f"The account is {facts.account_status.value}.", todo="Ask headquarters.")
    now_ms = till.clock.utc_ms()
    approver_ref = staffing.check(till, Permission.CHANGE_ACCOUNT, approval, subject=facts.account_ref)
    terminal = journal.read_terminal(connection)
    event = AccountStatusEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        account_ref=facts.account_ref,
        status=status.value,
        reason=reason,
        approved_by=approver_ref,
    )
    append(connection, event)
    account_changes.apply_act(connection, event)
    _audit(till, connection, event, "freeze" if status is AccountStatus.FROZEN else "unfreeze", reason=reason)
    return _member(till, connection, facts.account_ref)


def _audit(
    till: "Till",
    connection: Connection,
    event: AdjustmentEvent | CardEvent | MergeEvent | AccountStatusEvent,
    action: str,
    **values: Any,
) -> None:
    """Who did it, to which account; values that say nothing are left out."""
    write_audit(
        till,
        connection,
        action=action,
        approver_ref=event.approved_by,
        subject=event.account_ref,
        values={name: value for name, value in values.items() if value != ""},
    )


def _member(till: "Till", connection: Connection, account_ref: str, card_number: str = "") -> Member:
    facts = accounts.find_by_card(connection, card_number) if card_number else None
    facts = facts or accounts.find_by_ref(connection, account_ref)
    assert facts is not None, "the account was just changed"
    return till.member_from(connection, facts)


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"account.{code}", what=sentence, safe="Nothing was changed.", todo=todo)
