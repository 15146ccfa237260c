"""Contracts of members as rows: what was agreed, what was paid on it, and what goods that came back took off it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from pos_app.model.contracts import Contract, Part, contract_id_of
from pos_app.protocol.contracting import contract_after, contract_of, owed_by
from pos_app.protocol.events import ContractEvent, InstalmentEvent, ReturnEvent, decode_body
from storage import accounts, journal, tables
from storage.database import driver_connection
from storage.statements import Row, Statement, insert_of

ContractingEvent = ContractEvent | InstalmentEvent | ReturnEvent
_contract = tables.contract.c
_COLUMNS = tuple(_contract[name] for name in Contract.__struct_fields__)
_of_account = Statement(
    lambda: (
        select(*_COLUMNS)
        .where(_contract.account_ref == bindparam("account_ref"))
        .order_by(_contract.opened_on, _contract.number)
    )
)
_by_id = Statement(lambda: select(*_COLUMNS).where(_contract.contract_id == bindparam("contract_id")))
_put = Statement(lambda: insert_of(tables.contract))
_decode_parts = msgspec.json.Decoder(tuple[Part, ...]).decode


def row_of(account_ref: str, contract: Contract) -> Row:
    """A contract as a row, in the order of the table's columns."""
    values = {**{name: getattr(contract, name) for name in Contract.__struct_fields__}, "account_ref": account_ref}
    values["parts"] = msgspec.json.encode(contract.parts).decode()
    return tuple(values[column.name] for column in tables.contract.columns)


def contracts_of(connection: Connection, account_ref: str) -> tuple[Contract, ...]:
    """The contracts of one account that are known here, the earliest first."""
    return tuple(map(_contract_in, _of_account.all(driver_connection(connection), account_ref)))


def find_contract(connection: Connection, contract_id: str) -> Contract | None:
    """The contract of this id."""
    row = _by_id.first(driver_connection(connection), contract_id)
    return None if row is None else _contract_in(row)


def all_contracts(connection: Connection, *, number: str = "") -> list[tuple[str, Contract]]:
    """Every contract with its account, or those of one number, the earliest first."""
    query = select(_contract.account_ref, *_COLUMNS).order_by(_contract.opened_on, _contract.number)
    if number:
        query = query.where(_contract.number == number)
    return [(row[0], _contract_in(tuple(row[1:]))) for row in connection.execute(query)]


def put_contracts(connection: Connection, account_ref: str, contracts: Iterable[Contract]) -> None:
    """Store these in place of what the account had, wherever they stood before."""
    contracts = tuple(contracts)
    ids = [one.contract_id for one in contracts]
    is_replaced = (_contract.account_ref == account_ref) | _contract.contract_id.in_(ids)
    connection.execute(delete(tables.contract).where(is_replaced))
    _insert(connection, account_ref, contracts)


def note_event(connection: Connection, event: ContractingEvent) -> None:
    """Store what an event says; nothing of a contract that is not known here, or of an account that is not."""
    if isinstance(event, ContractEvent):
        account_ref = accounts.survivor_of(connection, event.account_ref)
        if find_contract(connection, event.contract_id) is None and _is_known(connection, account_ref):
            _insert(connection, account_ref, [contract_of(event)])
        return
    contract_id = contract_id_of(event.sale_event_id) if isinstance(event, ReturnEvent) else event.contract_id
    known = find_contract(connection, contract_id)
    if known is None:
        return
    after = contract_after(known, event)
    connection.execute(
        update(tables.contract)
        .where(_contract.contract_id == contract_id)
        .values(paid_minor=after.paid_minor, lowered_minor=after.lowered_minor)
    )


def move_contracts(connection: Connection, *, merged_ref: str, survivor_ref: str) -> None:
    """Two accounts are one: what the one that goes owes is the other's."""
    connection.execute(
        update(tables.contract).where(_contract.account_ref == merged_ref).values(account_ref=survivor_ref)
    )


def recounted(connection: Connection) -> dict[str, Contract]:
    """The contracts as the journal's events say, by their ids."""
    contracts: dict[str, Contract] = {}
    events = sorted(_contracting_events(connection), key=lambda event: event.moment.hlc)
    for event in events:
        if isinstance(event, ContractEvent):
            contracts[event.contract_id] = contract_of(event)
    for event in events:
        contract_id = contract_id_of(event.sale_event_id) if isinstance(event, ReturnEvent) else event.contract_id
        if contract_id in contracts:
            contracts[contract_id] = contract_after(contracts[contract_id], event)
    return contracts


def differences(connection: Connection) -> list[str]:
    """The numbers of contracts whose rows are lost, or say something else than the events."""
    stored = {contract.contract_id: contract for _ref, contract in all_contracts(connection)}
    counted = recounted(connection)
    return [
        (stored.get(contract_id) or counted[contract_id]).number
        for contract_id in sorted(stored.keys() | counted.keys())
        if stored.get(contract_id) != counted.get(contract_id)
    ]


def put_right(connection: Connection) -> list[str]:
    """Put every contract as the events say in place of what is there; gives the numbers of those that were changed."""
    changed = differences(connection)
    if changed:
        agreed = (event for event in _contracting_events(connection) if isinstance(event, ContractEvent))
        owners = {event.contract_id: event.account_ref for event in agreed}
        counted = recounted(connection)
        connection.execute(delete(tables.contract))
        for contract_id, contract in counted.items():
            account_ref = accounts.survivor_of(connection, owners[contract_id])
            if _is_known(connection, account_ref):
                _insert(connection, account_ref, [contract])
    return changed


def _insert(connection: Connection, account_ref: str, contracts: Iterable[Contract]) -> None:
    _put.run_many(driver_connection(connection), (row_of(account_ref, one) for one in contracts))


def _contract_in(row: Row) -> Contract:
    values = dict(zip(Contract.__struct_fields__, row, strict=True))
    return Contract(**{**values, "parts": _decode_parts(values["parts"])})


def _is_known(connection: Connection, account_ref: str) -> bool:
    account = tables.account.c.account_ref
    return connection.execute(select(account).where(account == account_ref)).first() is not None


def _contracting_events(connection: Connection) -> Iterator[ContractingEvent]:
    """What cannot be read is left to the chain's check."""
    for body in journal.bodies_of(connection, ("contract", "instalment", "return")):
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            event = decode_body(body)
            if isinstance(event, ContractEvent | InstalmentEvent) or (
                isinstance(event, ReturnEvent) and owed_by(event.payments)
            ):
                yield event
