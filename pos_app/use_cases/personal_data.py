"""Finding people, showing them everything that is held of them, and forgetting them."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty import ledger
from pos_app.model.accounts import BalanceView, Expiring, Member
from pos_app.model.contracts import Contract
from pos_app.model.marks import Mark
from pos_app.model.staff import Permission
from pos_app.protocol.events import ErasureEvent, ReturnedLine
from pos_app.use_cases import staffing
from pos_app.use_cases.account_acts import find_holder
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.contracts import owing
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.staffing import Approval
from storage import account_changes, accounts, contracts, journal, marks, people, sales
from storage.database import Connection
from storage.people import FoundMember, HeldOfPerson

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

FOUND_MAX = 50


class MemberView(msgspec.Struct, frozen=True):
    """A member with all their cards (number to status), what expires when, and what every till knows of them."""

    member: Member
    cards: dict[str, str]
    expiring: tuple[Expiring, ...]
    marks: tuple[Mark, ...] = ()


class Export(msgspec.Struct, frozen=True):
    """Everything that is held of a person. Money in minor units, points in units; ``balances`` by issuer, as of ``at_ms``."""

    at_ms: int
    held: HeldOfPerson
    balances: dict[str, BalanceView]
    returned: dict[str, tuple[ReturnedLine, ...]]
    """What came back with each return, by its event."""
    contracts: tuple[Contract, ...] = ()
    """Sales that are or were paid in parts, as far as this till knows them."""


class Erased(msgspec.Struct, frozen=True):
    """Somebody was forgotten: so many fields. ``is_folded``: no byte of them is left in the till's files either."""

    account_refs: tuple[str, ...]
    fields: int
    is_folded: bool


def find_members(till: "Till", words: str) -> list[FoundMember]:
    """Members of whose name or phone these words are parts, at most 50, by name; raises ``InputError`` for less than 3 letters."""
    staffing.check(till, Permission.SELL)
    wanted = words.split()
    long_enough = [word for word in wanted if len(word) >= people.WORD_LENGTH_MIN]
    if not long_enough:
        raise InputError(
            "member.too_short",
            what=f"A search needs {people.WORD_LENGTH_MIN} letters or digits that stand together.",
            safe="Nothing was changed.",
            todo="Type more of the name or the phone number.",
        )
    found = till.database.read(lambda connection: people.search_members(connection, long_enough, limit=FOUND_MAX))
    short = [word.casefold() for word in wanted if word not in long_enough]
    return [one for one in found if all(word in f"{one.name} {one.phone}".casefold() for word in short)]


def show_member(till: "Till", holder: str) -> MemberView:
    """Everything of a member that a screen shows, by card or account; raises ``InputError`` for one that is not known."""
    staffing.check(till, Permission.SELL)
    return till.database.read(lambda connection: _view(till, connection, holder))


def _view(till: "Till", connection: Connection, holder: str) -> MemberView:
    facts = find_holder(connection, holder)
    now_ms = till.clock.utc_ms()
    cards = account_changes.cards_of(connection, facts.account_ref)
    return MemberView(
        member=till.member_from(connection, facts),
        cards={number: status.value for number, status in cards.items()},
        expiring=ledger.forecast(facts.books, issuer=till.issuer_at(now_ms), at_ms=now_ms),
        marks=marks.marks_of(connection, facts.account_ref),
    )


def export(till: "Till", connection: Connection, holder: str, *, approval: Approval | None = None) -> Export:
    """Everything that this till holds of a person; the audit log notes that it was asked for. Runs on the writer thread.

    The approval is for ``Permission.CHANGE_ACCOUNT``, its subject the account.
    """
    account_ref = find_holder(connection, holder).account_ref
    approver_ref = staffing.check(till, Permission.CHANGE_ACCOUNT, approval, subject=account_ref)
    now_ms = till.clock.utc_ms()
    held = people.read_person(connection, account_ref)
    books = accounts.read_books(connection, account_ref)
    issuers = {lot.issuer for lot in held.lots} | set(books.overdraft_units) | {till.issuer_at(now_ms)}
    write_audit(till, connection, action="export_member", approver_ref=approver_ref, subject=account_ref)
    returns = [receipt.head.event_id for receipt in held.receipts if receipt.head.kind == "return"]
    return Export(
        at_ms=now_ms,
        held=held,
        balances={issuer: ledger.view(books, issuer=issuer, at_ms=now_ms) for issuer in sorted(issuers)},
        returned={event_id: sales.lines_of_return(connection, event_id) for event_id in returns},
        contracts=contracts.contracts_of(connection, account_ref),
    )


def erase_member(till: "Till", holder: str, *, approval: Approval | None = None) -> Erased:
    """Forget who holds an account, here and everywhere; points, sums and receipts stay. It cannot be undone.

    Waits for COMMIT, then for the WAL to be folded. The approval is for ``Permission.ERASE_MEMBER``, its subject the account.
    """
    refs, fields = till.book_act(_erase, holder, approval).result()
    return Erased(refs, fields, till.database.fold())


def _erase(till: "Till", connection: Connection, holder: str, approval: Approval | None) -> tuple[tuple[str, ...], int]:
    account_ref = find_holder(connection, holder).account_ref
    approver_ref = staffing.check(till, Permission.ERASE_MEMBER, approval, subject=account_ref)
    if owing(connection, [account_ref]):
        raise InputError(
            "member.owes",
            what="This member still owes on a contract, and a debt is a reason to know whose it is.",
            safe="Nothing was forgotten.",
            todo="Settle the contract first (`pos-app contract list`), then do it again.",
        )
    now_ms = till.clock.utc_ms()
    terminal = journal.read_terminal(connection)
    event = ErasureEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        account_ref=account_ref,
    )
    append(connection, event)
    fields = accounts.erase_personal(connection, [account_ref])
    write_audit(till, connection, action="erase_member", approver_ref=approver_ref, subject=account_ref)
    return accounts.merged_with(connection, account_ref), fields
