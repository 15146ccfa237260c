"""A till's real memory for the sync worker: SQLite in a folder, and events that stand for sales."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos_app.protocol.messages import EnrolAnswer, PersonalRecord
from storage import journal, programmes, tables
from storage.database import Connection, Database, open_database
from storage.outbox import SqliteOutbox
from tests.shop import put_empty_database

TERMINAL = "01890a5d-ac96-474b-bcce-b302099a8057"


class Till:
    """A founded till: its outbox, and a way to write into its journal."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.outbox = SqliteOutbox(database)

    def found(self, terminal_id: str = TERMINAL) -> None:
        """Give the till its name."""
        self.database.write(
            lambda connection: journal.found_terminal(
                connection, terminal_id=terminal_id, terminal_number=1, store_id="store-1"
            )
        )

    def join(self, answer: EnrolAnswer) -> None:
        """Found the till under the name that HQ gave."""
        self.found(answer.terminal_id)
        known = {"hq_gen": answer.hq_gen, "hq_public_key": answer.hq_public_key}
        self.database.write(lambda connection: journal.change_terminal(connection, **known))

    def change(self, **values: object) -> None:
        """Set what the till knows of itself."""
        self.database.write(lambda connection: journal.change_terminal(connection, **values))

    def follow(self, cursor: str, *, hq_public_key: bytes = b"") -> None:
        """Found the till as one that has HQ's accounts up to this cursor."""
        self.found()
        self.change(cursor=cursor, hq_gen=1, hq_public_key=hq_public_key)

    def write(self, *bodies: bytes) -> None:
        """Append events to the journal."""
        for body in bodies:
            self.database.write(lambda connection, body=body: _append(connection, body))  # type: ignore[misc]

    def know(self, record: PersonalRecord) -> None:
        """Write a personal record as the till's own, not confirmed by HQ."""
        self.database.write(lambda connection: _know(connection, record))

    def know_account(self, account_ref: str) -> None:
        """An account with nothing in it."""
        self.database.write(
            lambda connection: connection.execute(tables.account.insert().values(account_ref=account_ref))
        )

    def keep_programme_set(self, set_hash: str, body: bytes) -> None:
        """Put a programme set under a hash."""
        self.database.write(
            lambda connection: programmes.keep_programme_set(connection, set_hash=set_hash, body=body, utc_ms=1)
        )

    def begin_incarnation(self, terminal_id: str, incarnation: int) -> None:
        """Go on under another name, as after enrolling again."""
        self.database.write(
            lambda connection: journal.begin_incarnation(connection, terminal_id=terminal_id, incarnation=incarnation)
        )
        self.change(sync_state="ok")

    def event_ids(self) -> list[str]:
        """The ids of all events in the order in which they were written."""
        rows = self.database.reader().exec_driver_sql("SELECT event_id FROM event ORDER BY incarnation, seq")
        return [str(row[0]) for row in rows]

    @property
    def terminal(self) -> journal.Terminal:
        """What the till knows of itself."""
        return journal.read_terminal(self.database.reader())

    @property
    def sync_state(self) -> str:
        """What HQ thinks of this till, as stored."""
        return journal.read_terminal(self.database.reader()).sync_state


@contextmanager
def opened_till(folder: Path) -> Iterator[Till]:
    """A till in this folder; it must still be founded or join."""
    put_empty_database(folder)
    database = open_database(folder)
    try:
        yield Till(database)
    finally:
        database.close()


def _append(connection: Connection, body: bytes) -> None:
    terminal = journal.read_terminal(connection)
    journal.append_event(
        connection,
        terminal,
        event_id=str(uuid.uuid4()),
        kind="sale",
        body=body,
        utc_ms=1_767_268_800_000,
        hlc=journal.next_hlc(terminal.last_hlc, 1_767_268_800_000),
    )


def _know(connection: Connection, record: PersonalRecord) -> None:
    connection.execute(tables.account.insert().values(account_ref=record.account_ref))
    for name, field in record.fields.items():
        connection.execute(
            tables.personal_field.insert().values(
                account_ref=record.account_ref,
                field=name,
                value=field.value,
                version=field.version,
                changed_at_ms=field.changed_at_ms,
            )
        )
