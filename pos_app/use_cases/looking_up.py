"""A card that this till does not know: headquarters is asked for its account, beside the screen and within the time of a hold.

A till hears of the members of its region. One of another region comes to the counter with a card that looks like a new one; so
before a card is taken for new, HQ is asked. Its answer is put in place as if it had come with the changes, and from then on it does.
Without an answer the card is new here: what it earns HQ joins with what it has, once it hears of it.
"""

from concurrent.futures import Future
from typing import TYPE_CHECKING

from pos_app.protocol.messages import CardAnswer
from pos_app.sync.decisions import Stop
from pos_app.sync.holds import Asking, HoldDesk
from storage import journal
from storage.looked_up import put_looked_up

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def can_look_up(till: "Till") -> bool:
    """Whether HQ would be asked now: it decides about points, the till has joined, and HQ did not fail of late."""
    if till.settings.till.authority == "local":
        return False
    return till.authoriser.can_ask(till.database.read(journal.read_terminal))


def look_up(till: "Till", card_number: str) -> Future[bool]:
    """Ask for the account of a card; whether the till knows the card now. Ends within the time of a hold, 0.8 seconds.

    The future may raise ``StorageError`` where the answer could not be kept.
    """
    return till.authoriser.with_desk(lambda desk: desk is not None and _ask(till, desk, card_number))


def _ask(till: "Till", desk: HoldDesk, card_number: str) -> bool:
    with till.database.reading() as connection:
        terminal = journal.read_terminal(connection)
    asking = Asking(terminal.terminal_id, terminal.hq_public_key or b"", till.clock.utc_ms())
    match desk.look_up(card_number, asking):
        case Stop(reason):
            till.database.write(lambda connection: journal.change_terminal(connection, sync_state=reason.value))
            return False
        case CardAnswer(account=account) if account is not None:
            put_looked_up(till.database, account, card_number=card_number)
            return True
        case _:
            return False
