"""The till's newest events are gone for good, and a person says so: it goes on under a new incarnation."""

from typing import TYPE_CHECKING

from pos_app.protocol.queue import StopReason
from storage import journal
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def accept_loss(till: "Till") -> int:
    """Go on without what is missing; gives the new incarnation.

    The lost numbers are never given out again: what is left and not durable at HQ begins a new chain, under the same event ids. A
    till that has joined an HQ must be enrolled again before it sends; until then it sells, earns and does not burn.
    """

    def job(connection: Connection) -> int:
        terminal = journal.read_terminal(connection)
        incarnation = terminal.incarnation + 1
        journal.begin_incarnation(connection, terminal_id=terminal.terminal_id, incarnation=incarnation)
        if terminal.hq_public_key is not None:
            journal.change_terminal(connection, sync_state=StopReason.FENCED.value)
        return incarnation

    return till.database.write(job)
