"""A basket is paid in parts: what is agreed, by which programme, and what is booked with the sale.

The first part is paid at once; the rest stands in the sale as a payment that is no money, and in a contract, an event of its own in the
chain, in the sale's transaction. So neither can be without the other, and nobody can change either unseen.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.conditions import runs_for
from pos_app.loyalty.document import Instalments, Programme
from pos_app.loyalty.plan import plan_for
from pos_app.model.accounts import Member
from pos_app.model.contracts import Contract, Part, contract_id_of, in_parts
from pos_app.model.receipts import PaymentKind
from pos_app.model.staff import Permission
from pos_app.protocol.contracting import owed_by
from pos_app.protocol.events import ContractEvent, SaleEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.moments import append, moment_of
from pos_app.use_cases.quoting import Tender, member_context
from pos_app.use_cases.views import Basket
from storage import accounts, contracts, journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


class Agreement(msgspec.Struct, frozen=True):
    """What would be agreed: ``first`` is paid at once, ``rest`` are the contract's parts.

    ``approval_subject`` wants ``Permission.LEND``, empty where nobody has to allow it.
    """

    programme_id: str
    first: Part
    rest: tuple[Part, ...]
    approval_subject: str = ""
    approved_by: str = ""

    @property
    def rest_minor(self) -> int:
        """What the contract owes."""
        return sum(part.amount_minor for part in self.rest)

    @property
    def tender(self) -> Tender:
        """The rest as a payment of the sale."""
        return Tender(PaymentKind.INSTALMENTS, self.rest_minor)


def agreement_on(till: "Till", connection: Connection, basket: Basket, to_pay_minor: int) -> Agreement:
    """What can be agreed on this basket; raises ``InputError`` that says why nothing can."""
    member = basket.member
    if member is None or member.provisional:
        raise _refused("member", "Only a member who is enrolled can pay in parts.", todo="Scan the member's card.")
    if till.settings.till.mode == "beside":
        raise _refused("beside", "The fiscal till beside this one takes the money.", todo="Take the payment there.")
    today = till.business_date(till.clock.utc_ms())
    programme, terms = _programme_for(till, member, today)
    _check_total(till, terms, to_pay_minor)
    _check_open(contracts.contracts_of(connection, accounts.survivor_of(connection, member.account_ref)), terms, today)
    first, *rest = in_parts(to_pay_minor, parts=terms.parts, every_days=terms.every_days, today=today)
    wants_approval = terms.approval_from_minor is not None and to_pay_minor >= terms.approval_from_minor
    return Agreement(
        programme_id=programme.id,
        first=first,
        rest=tuple(part for part in rest if part.amount_minor),
        approval_subject=f"{basket.event_id} {to_pay_minor}" if wants_approval else "",
    )


def agreed(
    till: "Till", connection: Connection, basket: Basket, tenders: Iterable[Tender], to_pay_minor: int
) -> Agreement | None:
    """The agreement that these payments want, None where they are all money. Raises ``InputError`` or ``NotAllowedError``."""
    lent_minor = sum(tender.given_minor for tender in tenders if tender.kind is PaymentKind.INSTALMENTS)
    if not lent_minor:
        return None
    agreement = agreement_on(till, connection, basket, to_pay_minor)
    if lent_minor != agreement.rest_minor:
        raise _refused("changed", "The total has changed since the parts were agreed.", todo="Agree on them again.")
    if not agreement.approval_subject:
        return agreement
    approver_ref = staffing.check(till, Permission.LEND, subject=agreement.approval_subject)
    return msgspec.structs.replace(agreement, approved_by=approver_ref)


def open_contract(till: "Till", connection: Connection, sale: SaleEvent, agreement: Agreement) -> None:
    """Write the contract behind its sale, in the sale's transaction."""
    terminal = journal.read_terminal(connection)
    contract_id = contract_id_of(sale.event_id)
    event = ContractEvent(
        event_id=contract_id,
        moment=moment_of(till, terminal, sale.moment.utc_ms),
        contract_id=contract_id,
        number=sale.receipt_number,
        account_ref=sale.account_ref,
        sale_event_id=sale.event_id,
        programme_id=agreement.programme_id,
        total_minor=owed_by(sale.payments),
        parts=agreement.rest,
        approved_by=agreement.approved_by,
    )
    append(connection, event)
    contracts.note_event(connection, event)
    if agreement.approved_by:
        write_audit(
            till,
            connection,
            action="lend",
            approver_ref=agreement.approved_by,
            subject=sale.receipt_number,
            values={"total_minor": event.total_minor},
        )


def lowered_minor(connection: Connection, sale: SaleEvent, refund_minor: int, *, back_before_minor: int) -> int:
    """What of a refund is not paid out, because the sale's contract still owes it.

    Of a member whom this till does not know nobody here knows what was paid: then nothing was, as far as it goes.
    """
    lent_minor = owed_by(sale.payments)
    if not lent_minor:
        return 0
    known = contracts.find_contract(connection, contract_id_of(sale.event_id))
    if known is not None:
        return min(refund_minor, known.owed_minor)
    if accounts.find_by_ref(connection, sale.account_ref) is not None:
        # Where the account is known and its contract is not, the contract is paid.
        return 0
    return min(refund_minor, max(0, lent_minor - back_before_minor))


def _programme_for(till: "Till", member: Member, today: str) -> tuple[Programme, Instalments]:
    context = member_context(member, utc_ms=till.clock.utc_ms(), zone=till.terms.zone)
    for programme in plan_for(till.terms.programmes, today, till.terms.store_id).programmes:
        if programme.instalments is not None and runs_for(programme, context):
            return programme, programme.instalments
    raise _refused("programme", "No programme lets this member pay in parts today.", todo="Take cash or a card.")


def _check_total(till: "Till", terms: Instalments, to_pay_minor: int) -> None:
    if to_pay_minor < max(terms.min_total_minor, terms.parts):
        least = till.money_text(max(terms.min_total_minor, terms.parts))
        raise _refused("total", f"Parts begin at a total of {least}.", todo="Take cash or a card.")
    if terms.max_total_minor is not None and to_pay_minor > terms.max_total_minor:
        most = till.money_text(terms.max_total_minor)
        raise _refused("total", f"At most {most} can be paid in parts.", todo="Take cash or a card.")


def _check_open(known: Iterable[Contract], terms: Instalments, today: str) -> None:
    owing = [contract for contract in known if contract.owed_minor]
    if any(contract.overdue_minor(today) for contract in owing):
        raise _refused("overdue", "A part of another contract is overdue.", todo="Take that payment first.")
    if len(owing) >= terms.max_open_contracts:
        raise _refused("open", f"The member has {len(owing)} open contracts already.", todo="Take cash or a card.")


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"contract.{code}", what=sentence, safe="Nothing was booked.", todo=todo)
