"""Personal records: who holds an account. Fields with versions of their own, apart from everything else, never logged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, delete, select

from hq import tables
from hq.authentication import SignedCall, authenticate_active
from hq.database import transact
from hq.erasure import forget_holders
from hq.refusals import RefusedError
from hq.regions import announce, lock_accounts
from hq.statements import change_number, upsert_rows
from pos_app.protocol.messages import (
    ErrorCode,
    MalformedError,
    PersonalAnswer,
    PersonalRecord,
    PersonalUpload,
    VersionedField,
    decode_message,
)

_field = tables.personal_field.c
_change = tables.personal_change.c
Fields = dict[str, VersionedField]


def receive_personal(engine: Engine, call: SignedCall, *, now_ms: int) -> PersonalAnswer:
    """Keep what is newer than what we have; raises ``RefusedError`` when nothing was kept."""

    def store(connection: Connection) -> PersonalAnswer:
        terminal = authenticate_active(connection, call)
        try:
            upload = decode_message(call.request.body, PersonalUpload)
        except MalformedError as error:
            raise RefusedError(ErrorCode.MALFORMED) from error
        store_records(connection, upload.records)
        return PersonalAnswer(stored=len(upload.records), hq_gen=terminal.hq_gen, hq_time_ms=now_ms)

    return transact(engine, store)


def store_records(connection: Connection, records: Iterable[PersonalRecord]) -> None:
    """Keep each field that wins over ours, under the account that the record's account was merged into.

    Of a holder who is forgotten nothing is kept. Two workers with the same holder wait for each other at the holder's row of
    ``personal_change``; so does a merge, wherever it comes in between.
    """
    records = [record for record in records if record.fields]
    refs = {record.account_ref for record in records}
    # First the accounts, as booking does: a till gets a record with the change of its account, so that none comes in between.
    locked = lock_accounts(connection, refs)
    _lock(connection, refs)
    homes = _homes(refs, locked)
    _lock(connection, set(homes.values()) - refs)
    erased = set(_erased_at_ms(connection, refs | set(homes.values())))
    won = _winners(connection, [record for record in records if record.account_ref not in erased], homes, erased)
    # The accounts first: whoever has read them up to their number must not have passed the holders' by.
    announce(connection, {ref: locked[ref][1] for ref in won if ref in locked})
    _write(connection, won)
    _forget_empty(connection, refs)


def _winners(
    connection: Connection, records: Sequence[PersonalRecord], homes: dict[str, str], erased: set[str]
) -> dict[str, Fields]:
    """The fields that win, by account."""
    offered: dict[str, Fields] = defaultdict(dict)
    for record in records:
        if homes.get(record.account_ref) in erased:
            continue
        fields = offered[homes.get(record.account_ref, record.account_ref)]
        for name, field in record.fields.items():
            clean = _clean(field)
            fields[name] = max(fields.get(name, clean), clean, key=_rank)
    held = read_fields(connection, offered)
    won = {
        account_ref: {name: field for name, field in fields.items() if _wins(field, held[account_ref].get(name))}
        for account_ref, fields in offered.items()
    }
    return {account_ref: fields for account_ref, fields in won.items() if fields}


def merge_records(connection: Connection, *, source_ref: str, target_ref: str) -> None:
    """The holder of one account turned out to be the holder of another. Who is forgotten in one is forgotten in both."""
    refs = {source_ref, target_ref}
    _lock(connection, refs)
    erased_at_ms = _erased_at_ms(connection, refs)
    if erased_at_ms:
        forget_holders(connection, dict.fromkeys(refs, max(erased_at_ms.values())) | erased_at_ms)
        return
    fields = read_fields(connection, [source_ref])[source_ref]
    if fields:
        store_records(connection, [PersonalRecord(target_ref, fields)])
        connection.execute(delete(tables.personal_field).where(_field.account_ref == source_ref))
    _forget_empty(connection, refs)


def read_fields(connection: Connection, account_refs: Iterable[str]) -> defaultdict[str, Fields]:
    """The fields that we hold for these accounts."""
    held: defaultdict[str, Fields] = defaultdict(dict)
    rows = connection.execute(select(tables.personal_field).where(_field.account_ref.in_(list(account_refs))))
    for row in rows:
        held[row.account_ref][row.field] = VersionedField(row.value, row.version, row.changed_at_ms)
    return held


def _write(connection: Connection, won: dict[str, Fields]) -> None:
    upsert_rows(
        connection,
        tables.personal_field,
        [
            {"account_ref": account_ref, "field": name, **msgspec.structs.asdict(field)}
            for account_ref, fields in won.items()
            for name, field in fields.items()
        ],
        replace=("value", "version", "changed_at_ms"),
    )
    if won:
        number = change_number(connection)
        changed = [{"account_ref": ref, "change_no": number} for ref in sorted(won)]
        upsert_rows(connection, tables.personal_change, changed, replace=("change_no",))


def _lock(connection: Connection, account_refs: set[str]) -> None:
    """One worker at a time for each of these holders, until the transaction ends; makes the rows that are locked."""
    if account_refs:
        number = change_number(connection)
        rows = [{"account_ref": ref, "change_no": number} for ref in sorted(account_refs)]
        upsert_rows(connection, tables.personal_change, rows)
        found = select(_change.account_ref).where(_change.account_ref.in_(account_refs)).order_by(_change.account_ref)
        connection.execute(found.with_for_update())


def _forget_empty(connection: Connection, account_refs: set[str]) -> None:
    """Rows that were only made to be locked, and those of accounts whose fields went elsewhere."""
    held = select(_field.account_ref).where(_field.account_ref == _change.account_ref).exists()
    empty = delete(tables.personal_change).where(
        _change.account_ref.in_(account_refs), _change.erased_at_ms.is_(None), ~held
    )
    connection.execute(empty)


def _erased_at_ms(connection: Connection, account_refs: set[str]) -> dict[str, int]:
    """Those of these accounts whose holders are forgotten, and since when."""
    forgotten = select(_change.account_ref, _change.erased_at_ms).where(
        _change.account_ref.in_(account_refs), _change.erased_at_ms.is_not(None)
    )
    return {row.account_ref: row.erased_at_ms for row in connection.execute(forgotten)}


def _homes(account_refs: Iterable[str], locked: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Where the merged ones of these accounts went."""
    homes = {}
    for ref in account_refs:
        home = ref
        while home in locked and locked[home][0]:
            home = locked[home][0]
        if home != ref:
            homes[ref] = home
    return homes


def _rank(field: VersionedField) -> tuple[int, int, str]:
    return field.version, field.changed_at_ms, field.value


def _wins(field: VersionedField, held: VersionedField | None) -> bool:
    return held is None or _rank(field) > _rank(held)


def _clean(field: VersionedField) -> VersionedField:
    """PostgreSQL's text has no NUL; a record must not be lost for one."""
    return msgspec.structs.replace(field, value=field.value.replace("\0", ""))
