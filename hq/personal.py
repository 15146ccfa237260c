"""Personal records: who holds an account. Fields with versions of their own, apart from everything else, never logged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, delete, select

from hq import tables
from hq.authentication import SignedCall, authenticate_active
from hq.database import lock_headquarters
from hq.refusals import RefusedError
from hq.statements import take_change_numbers, upsert_rows
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
Fields = dict[str, VersionedField]


def receive_personal(engine: Engine, call: SignedCall, *, now_ms: int) -> PersonalAnswer:
    """Keep what is newer than what we have; raises ``RefusedError`` when nothing was kept."""
    try:
        upload = decode_message(call.request.body, PersonalUpload)
    except MalformedError as error:
        raise RefusedError(ErrorCode.MALFORMED) from error
    with engine.begin() as connection:
        terminal = authenticate_active(connection, call)
        lock_headquarters(connection)
        store_records(connection, upload.records)
    return PersonalAnswer(stored=len(upload.records), hq_gen=terminal.hq_gen, hq_time_ms=now_ms)


def store_records(connection: Connection, records: Iterable[PersonalRecord]) -> None:
    """Keep each field that wins over ours, under the account that the record's account was merged into."""
    offered: dict[str, Fields] = defaultdict(dict)
    records = tuple(records)
    homes = _homes(connection, [record.account_ref for record in records])
    for record in records:
        fields = offered[homes.get(record.account_ref, record.account_ref)]
        for name, field in record.fields.items():
            clean = _clean(field)
            fields[name] = max(fields.get(name, clean), clean, key=_rank)
    held = read_fields(connection, offered)
    won = {
        account_ref: {name: field for name, field in fields.items() if _wins(field, held[account_ref].get(name))}
        for account_ref, fields in offered.items()
    }
    _write(connection, {account_ref: fields for account_ref, fields in won.items() if fields})


def merge_records(connection: Connection, *, source_ref: str, target_ref: str) -> None:
    """The holder of one account turned out to be the holder of another."""
    fields = read_fields(connection, [source_ref])[source_ref]
    if fields:
        store_records(connection, [PersonalRecord(target_ref, fields)])
        connection.execute(delete(tables.personal_field).where(_field.account_ref == source_ref))
        change = tables.personal_change
        connection.execute(delete(change).where(change.c.account_ref == source_ref))


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
    _announce(connection, list(won))


def announce_records(connection: Connection, account_refs: Iterable[str]) -> None:
    """These accounts are new: what is known of their holders goes out again, since a till takes no record without an account."""
    change = tables.personal_change.c
    waiting = connection.execute(select(change.account_ref).where(change.account_ref.in_(list(account_refs))))
    _announce(connection, waiting.scalars().all())


def _announce(connection: Connection, account_refs: Sequence[str]) -> None:
    numbers = take_change_numbers(connection, len(account_refs))
    upsert_rows(
        connection,
        tables.personal_change,
        [{"account_ref": ref, "change_no": number} for ref, number in zip(account_refs, numbers, strict=True)],
        replace=("change_no",),
    )


def _homes(connection: Connection, account_refs: list[str]) -> dict[str, str]:
    """Where the merged ones of these accounts went."""
    account = tables.account.c
    rows = connection.execute(
        select(account.account_ref, account.merged_into).where(
            account.account_ref.in_(account_refs), account.status == "merged"
        )
    )
    return dict(rows.all())


def _rank(field: VersionedField) -> tuple[int, int, str]:
    return field.version, field.changed_at_ms, field.value


def _wins(field: VersionedField, held: VersionedField | None) -> bool:
    return held is None or _rank(field) > _rank(held)


def _clean(field: VersionedField) -> VersionedField:
    """PostgreSQL's text has no NUL; a record must not be lost for one."""
    return msgspec.structs.replace(field, value=field.value.replace("\0", ""))
