"""The marks of members, as HQ books and keeps them: what a run of events changes of them, in the order of its events."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from hq import tables
from hq.statements import insert_rows
from pos_app.model import marks
from pos_app.model.marks import Mark
from pos_app.protocol.marking import MarkingEvent, marks_after

Change = tuple[str, MarkingEvent | str]
"""An account and an event of it, or whose marks come to it."""


def write_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Read the marks that these change, change them in order, and write what became of them. The accounts are locked already."""
    if not changes:
        return
    refs = {ref for ref, _ in changes} | {what for _, what in changes if isinstance(what, str)}
    before = read_marks(connection, refs)
    after = dict(before)
    for ref, what in changes:
        if isinstance(what, str):
            after[ref] = marks.merged(after[ref], after[what], refs=(ref, what))
            after[what] = ()
        else:
            after[ref] = marks_after(after[ref], what)
    _replace(connection, {ref: of_account for ref, of_account in after.items() if of_account != before[ref]})


def read_marks(connection: Connection, account_refs: set[str]) -> dict[str, tuple[Mark, ...]]:
    """The marks of each of these accounts, in order; none for most."""
    mark = tables.account_mark.c
    found = select(mark.account_ref, mark.name, mark.value, mark.since_date).where(
        mark.account_ref.in_(sorted(account_refs))
    )
    by_account: dict[str, list[Mark]] = {ref: [] for ref in account_refs}
    for ref, *values in connection.execute(found):
        by_account[ref].append(Mark(*values))
    return {ref: tuple(sorted(of_account)) for ref, of_account in by_account.items()}


def _replace(connection: Connection, changed: dict[str, tuple[Mark, ...]]) -> None:
    if changed:
        connection.execute(delete(tables.account_mark).where(tables.account_mark.c.account_ref.in_(sorted(changed))))
    rows = [
        {"account_ref": ref, "name": mark.name, "value": mark.value, "since_date": mark.since_date}
        for ref in sorted(changed)
        for mark in changed[ref]
    ]
    insert_rows(connection, tables.account_mark, rows)
