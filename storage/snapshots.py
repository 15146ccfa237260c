"""A snapshot on its way in: where it stands, and what is to be forgotten at its end. Its accounts are marked with its number."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, func, select, update

from pos_app.protocol.messages import SnapshotPage
from storage import journal, tables
from storage.journal import Terminal

_account = tables.account.c
_personal = tables.personal_field.c
_FORGOTTEN = (
    tables.personal_field,
    tables.card,
    tables.lot,
    tables.overdraft,
    tables.accumulator,
    tables.lease,
    tables.reserved,
    tables.elsewhere_expiring,
    tables.account_mark,
    tables.contract,
)


def begin(connection: Connection, first_page: SnapshotPage) -> None:
    """A new snapshot: its number marks the accounts that its pages name, and its changes go on from before its first page."""
    terminal = journal.read_terminal(connection)
    journal.change_terminal(
        connection,
        snapshot_no=terminal.snapshot_no + 1,
        snapshot_cursor="",
        snapshot_changes_cursor=first_page.changes_cursor,
        cursor="",
    )
    journal.note_generation(connection, first_page.hq_gen)


def has_other_accounts(connection: Connection) -> bool:
    """Whether the till knows accounts that the snapshot under way has not brought."""
    current = journal.read_terminal(connection).snapshot_no
    return (
        connection.execute(select(_account.account_ref).where(_account.snapshot_no != current).limit(1)).first()
        is not None
    )


def go_on(connection: Connection, page: SnapshotPage) -> None:
    """The page is in place: the next one is asked for behind it, after a break too."""
    journal.change_terminal(connection, snapshot_cursor=page.next_cursor)


def finish(connection: Connection, last_page: SnapshotPage) -> None:
    """The snapshot is whole: from here on changes are fetched."""
    terminal = journal.read_terminal(connection)
    journal.change_terminal(
        connection,
        cursor=terminal.snapshot_changes_cursor,
        snapshot_cursor="",
        snapshot_changes_cursor="",
    )
    journal.note_generation(connection, last_page.hq_gen)


def counted_by_all(connection: Connection, terminal: Terminal) -> int:
    """Up to which of our events every account of the snapshot counts; 0 where that is not known. Reads every account."""
    counted = select(func.min(_account.includes_seq), func.min(_account.includes_incarnation)).where(
        _account.snapshot_no == terminal.snapshot_no
    )
    seq, incarnation = connection.execute(counted).one()
    return seq if incarnation == terminal.incarnation else 0


def unnamed(connection: Connection, *, after_ref: str, limit: int) -> list[str]:
    """The next accounts, by their references, that no page of the snapshot named and whose data HQ has in full."""
    current = journal.read_terminal(connection).snapshot_no
    is_unsent = exists().where(
        _personal.account_ref == _account.account_ref, _personal.version > _personal.confirmed_version
    )
    query = select(_account.account_ref).where(
        _account.account_ref > after_ref, _account.snapshot_no != current, ~is_unsent
    )
    return list(connection.execute(query.order_by(_account.account_ref).limit(limit)).scalars())


def forget(connection: Connection, account_refs: Sequence[str]) -> None:
    """Forget these accounts: cards, balances, names. Where the till has booked for one, its entries stay, and an empty account."""
    for table in _FORGOTTEN:
        connection.execute(delete(table).where(table.c.account_ref.in_(account_refs)))
    has_entries = exists().where(tables.entry.c.account_ref == _account.account_ref)
    connection.execute(delete(tables.account).where(_account.account_ref.in_(account_refs), ~has_entries))
    connection.execute(
        update(tables.account)
        .where(_account.account_ref.in_(account_refs))
        .values(receipts_count=0, card_class="", includes_incarnation=0, includes_seq=0)
    )
