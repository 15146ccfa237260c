"""Sales that are paid in parts, as all tills tell of them: agreed at one, paid at others, lowered by goods that come back anywhere.

Events come in any order: what is paid before the contract itself has come waits in its row, whose total is 0 until then.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec
from sqlalchemy import Engine, select

from hq import tables
from hq.account_events import account_of
from hq.rows import Account, ContractRow
from pos_app.model.contracts import Contract, Part, contract_id_of
from pos_app.protocol.contracting import owed_by
from pos_app.protocol.events import AnyEvent, ContractEvent, InstalmentEvent, ReturnEvent

if TYPE_CHECKING:
    from hq.received import Received
    from hq.working_set import WorkingSet

OVERPAID = "contract_overpaid"
Which = Literal["owing", "overdue", "overpaid"]
_contract = tables.contract.c
_decode_parts = msgspec.json.Decoder(tuple[Part, ...]).decode


class KnownContract(msgspec.Struct, frozen=True):
    """A contract at headquarters: where it was agreed, and how it stands on a day. Money in minor units."""

    contract: Contract
    account_ref: str
    store_id: str
    owed_minor: int
    overdue_minor: int
    next_due_on: str
    overpaid_minor: int = 0


class ContractTotals(msgspec.Struct, frozen=True):
    """Contracts on a day: how many still owe something, and how much; the same of those with an overdue part."""

    on_date: str
    contracts: int
    owed_minor: int
    overdue_contracts: int
    overdue_minor: int


def touches_contracts(event: AnyEvent) -> bool:
    """Whether booking an event looks at contracts."""
    if isinstance(event, ReturnEvent):
        return owed_by(event.payments) > 0
    return isinstance(event, ContractEvent | InstalmentEvent)


def agree(work: "WorkingSet", received: "Received", event: ContractEvent, *, now_ms: int) -> None:
    """A contract is there; it may have been paid on before."""
    account = account_of(work, event.account_ref)
    row = _row(work, account, event.contract_id)
    row.number, row.sale_event_id, row.programme_id = event.number, event.sale_event_id, event.programme_id
    row.opened_on, row.store_id = event.moment.business_date, event.moment.store_id
    row.total_minor, row.parts = event.total_minor, msgspec.json.encode(event.parts).decode()
    _put(work, received, account, row, before_minor=0, now_ms=now_ms)


def take_payment(work: "WorkingSet", received: "Received", event: InstalmentEvent, *, now_ms: int) -> None:
    """Money was paid on a contract, at whichever till."""
    account = account_of(work, event.account_ref)
    row = _row(work, account, event.contract_id)
    before_minor = row.over_minor
    row.paid_minor += event.total_minor
    _put(work, received, account, row, before_minor=before_minor, now_ms=now_ms)


def lower(work: "WorkingSet", received: "Received", event: ReturnEvent, *, now_ms: int) -> None:
    """Goods came back that were not paid yet: the contract owes less, as the till has told the customer."""
    lowered_minor = owed_by(event.payments)
    if lowered_minor <= 0:
        return
    account = account_of(work, event.account_ref)
    row = _row(work, account, contract_id_of(event.sale_event_id))
    before_minor = row.over_minor
    row.lowered_minor += lowered_minor
    _put(work, received, account, row, before_minor=before_minor, now_ms=now_ms)


def contract_in(row: ContractRow) -> Contract:
    """A row as the contract that everybody reckons with."""
    return Contract(
        contract_id=row.contract_id,
        number=row.number,
        sale_event_id=row.sale_event_id or "",
        programme_id=row.programme_id,
        opened_on=row.opened_on,
        total_minor=row.total_minor,
        parts=_decode_parts(row.parts),
        paid_minor=row.paid_minor,
        lowered_minor=row.lowered_minor,
    )


def list_contracts(engine: Engine, *, on_date: str, which: Which = "owing") -> tuple[KnownContract, ...]:
    """The contracts that still owe something, those of them with an overdue part, or those that got too much; the earliest due first."""
    got_minor = _contract.paid_minor + _contract.lowered_minor
    wanted = _contract.total_minor < got_minor if which == "overpaid" else _contract.total_minor > got_minor
    columns = [_contract[name] for name in ContractRow.__struct_fields__]
    with engine.connect() as connection:
        rows = [
            ContractRow(*row) for row in connection.execute(select(*columns).where(_contract.total_minor > 0, wanted))
        ]
    found = (_known(row, on_date) for row in rows)
    kept = (one for one in found if which != "overdue" or one.overdue_minor)
    return tuple(sorted(kept, key=lambda one: (one.next_due_on, one.contract.number)))


def totals_of(found: Iterable[KnownContract], *, on_date: str) -> ContractTotals:
    """What these come to."""
    owing = list(found)
    overdue = [one.overdue_minor for one in owing if one.overdue_minor]
    return ContractTotals(on_date, len(owing), sum(one.owed_minor for one in owing), len(overdue), sum(overdue))


def _known(row: ContractRow, on_date: str) -> KnownContract:
    contract = contract_in(row)
    return KnownContract(
        contract=contract,
        account_ref=row.account_ref,
        store_id=row.store_id,
        owed_minor=contract.owed_minor,
        overdue_minor=contract.overdue_minor(on_date),
        next_due_on=contract.left[0].due_on if contract.left else "",
        overpaid_minor=row.over_minor,
    )


def _row(work: "WorkingSet", account: Account, contract_id: str) -> ContractRow:
    known = work.contracts.get(contract_id)
    return ContractRow(account.account_ref, contract_id) if known is None else known


def _put(
    work: "WorkingSet", received: "Received", account: Account, row: ContractRow, *, before_minor: int, now_ms: int
) -> None:
    """Where two tills took the same money, somebody must give it back: once for each event that took too much."""
    if row.over_minor > before_minor:
        work.tasks.append(received.task(OVERPAID, now_ms=now_ms))
    work.put_contract(row)
    work.touch(account)
