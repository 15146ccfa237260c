"""What events make of a member's contracts. Pure; the till goes by it, with its own rows and on top of headquarters' state."""

import msgspec

from pos_app.model.contracts import Contract, contract_id_of
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.protocol.events import AnyEvent, ContractEvent, InstalmentEvent, ReturnEvent


def owed_by(payments: tuple[Payment, ...]) -> int:
    """What of these payments is no money: what a contract owes, or owes less where goods came back."""
    return sum(payment.amount_minor for payment in payments if payment.kind is PaymentKind.INSTALMENTS)


def contract_of(event: ContractEvent) -> Contract:
    """The contract as it was agreed."""
    return Contract(
        contract_id=event.contract_id,
        number=event.number,
        sale_event_id=event.sale_event_id,
        programme_id=event.programme_id,
        opened_on=event.moment.business_date,
        total_minor=event.total_minor,
        parts=event.parts,
    )


def contract_after(contract: Contract, event: AnyEvent) -> Contract:
    """A contract after an event: what was paid on it, or taken off it. Events about other things leave it as it is."""
    if isinstance(event, InstalmentEvent) and event.contract_id == contract.contract_id:
        return msgspec.structs.replace(contract, paid_minor=contract.paid_minor + event.total_minor)
    if isinstance(event, ReturnEvent) and contract_id_of(event.sale_event_id) == contract.contract_id:
        return msgspec.structs.replace(contract, lowered_minor=contract.lowered_minor + owed_by(event.payments))
    return contract


def contracts_after(contracts: tuple[Contract, ...], event: AnyEvent) -> tuple[Contract, ...]:
    """The contracts of a member after an event."""
    if isinstance(event, ContractEvent):
        is_known = any(one.contract_id == event.contract_id for one in contracts)
        return contracts if is_known else (*contracts, contract_of(event))
    return tuple(contract_after(one, event) for one in contracts)
