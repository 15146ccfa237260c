"""What people do to accounts and cards, as rows: cards added, replaced and blocked, accounts frozen, merged and marked.

Each takes the event that says it. Doing it again changes nothing, so it can be put on top of what HQ says of an account.
"""

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.protocol.events import AccountStatusEvent, CardAction, CardEvent, MarkEvent, MergeEvent
from storage import accounts, contracts, marks, tables
from storage.accounts import MonthlySum

AccountAct = CardEvent | MergeEvent | AccountStatusEvent | MarkEvent
_account = tables.account.c
_card = tables.card.c
_personal = tables.personal_field.c
_STATUS_AFTER = {CardAction.BLOCK: CardStatus.BLOCKED, CardAction.UNBLOCK: CardStatus.ACTIVE}


def apply_act(connection: Connection, event: AccountAct) -> None:
    """Change cards, status and what is counted as the event says. Points are not moved: those are entries of the ledger."""
    match event:
        case CardEvent():
            _apply_card(connection, event)
        case AccountStatusEvent():
            ref = accounts.survivor_of(connection, event.account_ref)
            _set_status(connection, ref, AccountStatus(event.status))
        case MergeEvent():
            _merge(connection, merged_ref=event.merged_ref, survivor_ref=event.account_ref)
        case MarkEvent():
            marks.note_event(connection, event)


def cards_of(connection: Connection, account_ref: str) -> dict[str, CardStatus]:
    """The cards of an account with their status, in the order of their numbers."""
    query = select(_card.number, _card.status).where(_card.account_ref == account_ref).order_by(_card.number)
    return {number: CardStatus(status) for number, status in connection.execute(query)}


def _apply_card(connection: Connection, event: CardEvent) -> None:
    if event.action in _STATUS_AFTER:
        accounts.set_card_status(connection, event.card_number, _STATUS_AFTER[event.action])
        return
    account_ref = accounts.survivor_of(connection, event.account_ref)
    row = insert(tables.card).values(number=event.card_number, account_ref=account_ref)
    connection.execute(
        row.on_conflict_do_update(index_elements=["number"], set_={"account_ref": row.excluded.account_ref})
    )
    if event.action is CardAction.REPLACE:
        accounts.set_card_status(connection, event.replaces, CardStatus.REPLACED)


def _set_status(connection: Connection, account_ref: str, status: AccountStatus) -> None:
    connection.execute(update(tables.account).where(_account.account_ref == account_ref).values(status=status.value))


def _merge(connection: Connection, *, merged_ref: str, survivor_ref: str) -> None:
    """Cards, sums, receipts, reserved points, marks and the holder's record go over; the merged account stays as a sign-post."""
    connection.execute(update(tables.card).where(_card.account_ref == merged_ref).values(account_ref=survivor_ref))
    _move_sums(connection, merged_ref, survivor_ref)
    _move_reserved(connection, merged_ref, survivor_ref)
    _move_holder(connection, merged_ref, survivor_ref)
    marks.move_marks(connection, merged_ref=merged_ref, survivor_ref=survivor_ref)
    contracts.move_contracts(connection, merged_ref=merged_ref, survivor_ref=survivor_ref)
    connection.execute(
        update(tables.account)
        .where(_account.account_ref == merged_ref)
        .values(status=AccountStatus.MERGED.value, merged_into=survivor_ref, receipts_count=0)
    )


def _move_sums(connection: Connection, merged_ref: str, survivor_ref: str) -> None:
    """What programmes counted adds up; a survivor without a class takes that of the other."""
    counted = tables.accumulator.c
    rows = connection.execute(
        select(counted.programme_id, counted.month, counted.sum_minor).where(counted.account_ref == merged_ref)
    ).all()
    merged = connection.execute(
        select(_account.receipts_count, _account.card_class).where(_account.account_ref == merged_ref)
    ).one()
    sums = [MonthlySum(*row) for row in rows]
    accounts.add_to_sums(connection, survivor_ref, sums, receipts=merged.receipts_count)
    connection.execute(delete(tables.accumulator).where(counted.account_ref == merged_ref))
    connection.execute(
        update(tables.account)
        .where(_account.account_ref == survivor_ref, _account.card_class == "")
        .values(card_class=merged.card_class)
    )


def _move_reserved(connection: Connection, merged_ref: str, survivor_ref: str) -> None:
    reserved = tables.reserved.c
    columns = (reserved.issuer, reserved.held_units, reserved.leased_elsewhere_units)
    for issuer, held_units, leased_units in connection.execute(
        select(*columns).where(reserved.account_ref == merged_ref)
    ).all():
        row = insert(tables.reserved).values(
            account_ref=survivor_ref, issuer=issuer, held_units=held_units, leased_elsewhere_units=leased_units
        )
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["account_ref", "issuer"],
                set_={
                    "held_units": reserved.held_units + row.excluded.held_units,
                    "leased_elsewhere_units": reserved.leased_elsewhere_units + row.excluded.leased_elsewhere_units,
                },
            )
        )
    connection.execute(delete(tables.reserved).where(reserved.account_ref == merged_ref))
    ends = tables.elsewhere_expiring.c
    for issuer, expires_at_ms, units in connection.execute(
        select(ends.issuer, ends.expires_at_ms, ends.units).where(ends.account_ref == merged_ref)
    ).all():
        moved = insert(tables.elsewhere_expiring).values(
            account_ref=survivor_ref, issuer=issuer, expires_at_ms=expires_at_ms, units=units
        )
        connection.execute(
            moved.on_conflict_do_update(
                index_elements=["account_ref", "issuer", "expires_at_ms"],
                set_={"units": ends.units + moved.excluded.units},
            )
        )
    connection.execute(delete(tables.elsewhere_expiring).where(ends.account_ref == merged_ref))


def _move_holder(connection: Connection, merged_ref: str, survivor_ref: str) -> None:
    """The merged account's record fills what the survivor's leaves open. Who is forgotten in one is forgotten in both."""
    if accounts.is_erased(connection, merged_ref) or accounts.is_erased(connection, survivor_ref):
        accounts.erase_personal(connection, [merged_ref, survivor_ref])
        return
    columns = (_personal.field, _personal.value, _personal.changed_at_ms)
    held = connection.execute(select(_personal.field).where(_personal.account_ref == survivor_ref)).scalars().all()
    rows = connection.execute(select(*columns).where(_personal.account_ref == merged_ref)).all()
    for field, value, changed_at_ms in rows:
        if field not in held:
            accounts.put_personal(connection, survivor_ref, {field: value}, utc_ms=changed_at_ms)
    connection.execute(delete(tables.personal_field).where(_personal.account_ref == merged_ref))
