"""The marks of members: what every till is to know of them."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from pos_app.model import marks
from pos_app.model.marks import Mark
from pos_app.protocol.events import MergeEvent, decode_body
from pos_app.protocol.marking import MarkingEvent, marks_after
from storage import accounts, journal, tables
from storage.database import driver_connection
from storage.statements import Statement, insert_of

_mark = tables.account_mark.c
_marks_of = Statement(
    lambda: (
        select(_mark.name, _mark.value, _mark.since_date)
        .where(_mark.account_ref == bindparam("account_ref"))
        .order_by(_mark.name, _mark.value)
    )
)
_forget = Statement(lambda: delete(tables.account_mark).where(_mark.account_ref == bindparam("account_ref")))
_put = Statement(lambda: insert_of(tables.account_mark))


def marks_of(connection: Connection, account_ref: str) -> tuple[Mark, ...]:
    """The marks of one account, in order."""
    return tuple(Mark(*row) for row in _marks_of.all(driver_connection(connection), account_ref))


def put_marks(connection: Connection, account_ref: str, of_account: Iterable[Mark]) -> None:
    """Store these marks in place of what the account had."""
    driver = driver_connection(connection)
    _forget.run(driver, account_ref)
    _put.run_many(driver, ((account_ref, mark.name, mark.value, mark.since_date) for mark in of_account))


def note_event(connection: Connection, event: MarkingEvent) -> None:
    """Store what an event says, under the account that counts today; nothing where this till does not know it."""
    account_ref = accounts.survivor_of(connection, event.account_ref)
    known = select(tables.account.c.account_ref).where(tables.account.c.account_ref == account_ref)
    if connection.execute(known).first() is not None:
        put_marks(connection, account_ref, marks_after(marks_of(connection, account_ref), event))


def move_marks(connection: Connection, *, merged_ref: str, survivor_ref: str) -> None:
    """Two accounts are one: the marks of the one that goes come to the other."""
    both = [marks_of(connection, ref) for ref in (survivor_ref, merged_ref)]
    put_marks(connection, survivor_ref, marks.merged(*both, refs=(survivor_ref, merged_ref)))
    put_marks(connection, merged_ref, ())


def recounted(connection: Connection) -> dict[str, tuple[Mark, ...]]:
    """The marks of every account that this till knows by the events of its journal; accounts without any are left out."""
    by_account: dict[str, tuple[Mark, ...]] = {}
    home: dict[str, str] = {}
    for event in sorted(_marking_events(connection), key=lambda event: event.moment.hlc):
        if isinstance(event, MergeEvent):
            refs = event.account_ref, event.merged_ref
            home[event.merged_ref] = event.account_ref
            by_account[event.account_ref] = marks.merged(*(by_account.pop(ref, ()) for ref in refs), refs=refs)
            continue
        ref = event.account_ref
        while ref in home:
            ref = home[ref]
        by_account[ref] = marks_after(by_account.get(ref, ()), event)
    known = set(connection.execute(select(tables.account.c.account_ref)).scalars())
    return {ref: of_account for ref, of_account in by_account.items() if of_account and ref in known}


def _marking_events(connection: Connection) -> Iterator[MergeEvent | MarkingEvent]:
    """What cannot be read is left to the chain's check."""
    for body in journal.bodies_of(connection, ("mark", "act", "merge")):
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            event = decode_body(body)
            if isinstance(event, MergeEvent | MarkingEvent):
                yield event


def stored(connection: Connection) -> dict[str, tuple[Mark, ...]]:
    """The marks of every account that has any."""
    by_account: dict[str, tuple[Mark, ...]] = {}
    columns = (_mark.account_ref, _mark.name, _mark.value, _mark.since_date)
    for ref, *values in connection.execute(select(*columns).order_by(_mark.account_ref, _mark.name, _mark.value)):
        by_account[ref] = (*by_account.get(ref, ()), Mark(*values))
    return by_account


def wrong_accounts(connection: Connection) -> list[str]:
    """The accounts whose stored marks are not those of the events, in order."""
    here, said = stored(connection), recounted(connection)
    return sorted(ref for ref in here.keys() | said.keys() if here.get(ref) != said.get(ref))


def put_right(connection: Connection, account_refs: Iterable[str]) -> None:
    """Store the marks of these accounts as the events say."""
    said = recounted(connection)
    for ref in account_refs:
        put_marks(connection, ref, said.get(ref, ()))
