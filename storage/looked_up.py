"""One account that headquarters answered with, because a card was scanned that the till did not know."""

from sqlalchemy import Connection

from pos_app.protocol.messages import AccountState
from storage import accounts, journal
from storage.applying import counted_seq, put_states
from storage.database import Database
from storage.own_events import OwnEvents


def put_looked_up(database: Database, state: AccountState, *, card_number: str) -> None:
    """Put the account in place as if it had come with the changes; may wait for the writer, so not for the screen's thread.

    Where the till has heard of the card meanwhile, that is newer than this answer, and stays. Our own events are read before the
    writer is asked, which then reads only what was booked since.
    """
    own = OwnEvents()

    def read_on(connection: Connection) -> None:
        terminal = journal.read_terminal(connection)
        own.read_on(connection, terminal, after_seq=counted_seq(terminal, state))

    def job(connection: Connection) -> None:
        if accounts.find_by_card(connection, card_number) is None:
            read_on(connection)
            put_states(connection, [state], own)

    with database.reading() as connection:
        read_on(connection)
    database.write(job)
