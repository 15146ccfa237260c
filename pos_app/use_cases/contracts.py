"""Money is paid on a contract, at any till of the chain: a receipt and an event of its own. And the contracts as people look at them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.model.contracts import Contract
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.model.staff import Permission
from pos_app.protocol.contracting import contract_after
from pos_app.protocol.events import InstalmentEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.booking import number_of
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.quoting import GIVEN_MAX_MINOR, Tender, in_cash
from storage import accounts, contracts, journal, sales
from storage.database import Connection
from storage.sales import SaleRow

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


class ContractView(msgspec.Struct, frozen=True):
    """A contract as of a day: what is still owed, what of it is overdue, and what is due now or next."""

    contract: Contract
    account_ref: str
    owed_minor: int
    overdue_minor: int
    due_minor: int
    next_due_on: str


class ClosedInstalment(msgspec.Struct, frozen=True):
    """A payment on a contract that is booked; ``contract`` is what is left of it."""

    event_id: str
    receipt_number: str
    paid_minor: int
    change_minor: int
    contract: Contract
    print_job_id: int


def view_of(contract: Contract, account_ref: str, *, today: str) -> ContractView:
    """The contract as of this business date."""
    left = contract.left
    return ContractView(
        contract=contract,
        account_ref=account_ref,
        owed_minor=contract.owed_minor,
        overdue_minor=contract.overdue_minor(today),
        due_minor=contract.due_minor(today),
        next_due_on=left[0].due_on if left else "",
    )


def list_contracts(till: "Till", *, only_overdue: bool = False) -> tuple[ContractView, ...]:
    """The contracts that still owe something, or those of them with an overdue part, the earliest due first."""
    staffing.check(till, Permission.SELL)
    today = till.business_date(till.clock.utc_ms())
    found = (view_of(one, ref, today=today) for ref, one in till.database.read(contracts.all_contracts))
    owing = [one for one in found if (one.overdue_minor if only_overdue else one.owed_minor)]
    return tuple(sorted(owing, key=lambda one: (one.next_due_on, one.contract.number)))


def find(connection: Connection, number: str) -> tuple[str, Contract]:
    """The account and the contract of this number or id; raises ``InputError`` where there is none, or several of one number."""
    found = contracts.all_contracts(connection, number=number)
    by_id = contracts.find_contract(connection, number)
    if by_id is not None:
        found = [(ref, one) for ref, one in contracts.all_contracts(connection, number=by_id.number) if one == by_id]
    if not found:
        raise _refused("unknown", f"There is no contract {number} here.", todo="Check the number on the receipt.")
    if len(found) > 1:
        raise _refused("several", f"There are {len(found)} contracts {number}.", todo="Name one by its id.")
    return found[0]


def show_contract(till: "Till", number: str) -> ContractView:
    """One contract, open or not; raises ``InputError`` for one that is not known."""
    staffing.check(till, Permission.SELL)
    ref, contract = till.database.read(lambda connection: find(connection, number))
    return view_of(contract, ref, today=till.business_date(till.clock.utc_ms()))


def pay(
    till: "Till", connection: Connection, number: str, amount_minor: int, tender: Tender, *, event_id: str = ""
) -> ClosedInstalment:
    """Take ``amount_minor`` on a contract; runs on the writer thread. Raises ``InputError``: nothing was booked then.

    ``event_id`` was minted when the panel opened: booking it again is refused. Never more is taken than is owed as this till knows it.
    Cash of which nothing is said (``given_minor`` 0) is exactly what is asked for.
    """
    staffing.check(till, Permission.SELL)
    now_ms = till.clock.utc_ms()
    event_id = event_id or new_id(now_ms)
    if journal.find_event(connection, event_id) is not None:
        raise _refused("already_booked", "This payment is already booked.", todo="Go on with the next customer.")
    account_ref, contract = find(connection, number)
    if not 0 < amount_minor <= contract.owed_minor:
        owed = till.money_text(contract.owed_minor)
        raise _refused(
            "amount", f"The contract owes {owed}.", todo="Type an amount that is more than 0 and not above that."
        )
    payments = _payments(till, amount_minor, tender)
    terminal = journal.read_terminal(connection)
    event = InstalmentEvent(
        event_id=event_id,
        moment=moment_of(till, terminal, now_ms),
        receipt_number=number_of(till, terminal),
        contract_id=contract.contract_id,
        account_ref=account_ref,
        payments=payments,
        total_minor=amount_minor,
    )
    append(connection, event)
    contracts.note_event(connection, event)
    after = contract_after(contract, event)
    job_id = sales.write_instalment(connection, _row(event, after), payments=payments)
    return ClosedInstalment(
        event_id=event_id,
        receipt_number=event.receipt_number,
        paid_minor=amount_minor,
        change_minor=max(0, tender.given_minor - sum(one.amount_minor for one in payments if one.given_minor)),
        contract=after,
        print_job_id=job_id,
    )


def owing(connection: Connection, account_refs: Iterable[str]) -> tuple[Contract, ...]:
    """What the holder of these accounts still owes on contracts."""
    refs = {accounts.survivor_of(connection, ref) for ref in account_refs}
    return tuple(one for ref in sorted(refs) for one in contracts.contracts_of(connection, ref) if one.owed_minor)


def _payments(till: "Till", amount_minor: int, tender: Tender) -> tuple[Payment, ...]:
    if tender.kind is PaymentKind.CARD:
        return (Payment(PaymentKind.CARD, amount_minor, amount_minor, tender.reference),)
    cash, *rounding = in_cash(amount_minor, till.terms.currency, given_minor=tender.given_minor)
    if tender.given_minor and not cash.amount_minor <= tender.given_minor <= GIVEN_MAX_MINOR:
        raise _refused("payment", "The cash is less than the amount.", todo="Take more cash, or type a smaller amount.")
    return (cash, *rounding)


def _row(event: InstalmentEvent, after: Contract) -> SaleRow:
    """The head of the payment's receipt; ``standing`` keeps what is left of the contract, for copies too."""
    return msgspec.structs.replace(sales.head_of(event), standing=msgspec.json.encode(after).decode())


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"contract.{code}", what=sentence, safe="Nothing was booked.", todo=todo)
