"""Personal records that HQ sends, in place of ours: fields with versions of their own."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, bindparam, or_
from sqlalchemy.dialects.sqlite import Insert, insert

from pos_app.protocol.messages import PersonalRecord
from storage import accounts, tables
from storage.database import driver_connection
from storage.statements import Statement

_personal = tables.personal_field.c
_REPLACED = ("value", "version", "changed_at_ms", "confirmed_version")


@cache
def _row() -> Insert:
    return insert(tables.personal_field).values(
        account_ref=bindparam("account_ref"),
        field=bindparam("field"),
        value=bindparam("value"),
        version=bindparam("version"),
        changed_at_ms=bindparam("changed_at_ms"),
        confirmed_version=bindparam("confirmed_version"),
    )


_put = Statement(
    lambda: _row().on_conflict_do_update(
        index_elements=["account_ref", "field"],
        set_={column: _row().excluded[column] for column in _REPLACED},
        where=((_personal.version <= _personal.confirmed_version) | (_personal.version < _row().excluded.version))
        # What is the same is not written again: the search index over names costs more than everything else.
        & or_(*(_personal[name] != _row().excluded[name] for name in _REPLACED)),
    )
)


def put_records(connection: Connection, records: Sequence[PersonalRecord]) -> None:
    """HQ's fields, but for those that were changed here since and are not confirmed, under the account that survives.

    Nothing is taken for whoever asked to be forgotten.
    """
    driver = driver_connection(connection)
    for record in records:
        account_ref = accounts.survivor_of(connection, record.account_ref)
        if accounts.is_erased(connection, account_ref):
            continue
        _put.run_many(
            driver,
            (
                (account_ref, name, field.value, field.version, field.changed_at_ms, field.version)
                for name, field in record.fields.items()
            ),
        )
