"""The till joins an HQ with a one-time code; what it has booked so far goes up with the rest."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos_app.errors import SyncError
from pos_app.protocol.messages import EnrolAnswer
from pos_app.protocol.signing import create_private_key
from pos_app.sync import enrolment
from pos_app.sync.client import HqClient
from storage import journal, key_store
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def join_hq(till: "Till", code: str, *, client_of: Callable[..., HqClient] = HqClient) -> EnrolAnswer:
    """Enrol this till at the HQ of its settings; raises ``SyncError`` with what to do. Asking again is harmless."""
    if not till.settings.hq.url:  # asked before a key is made
        raise SyncError(
            "sync.no_hq",
            what="The settings name no headquarters: hq.url is empty.",
            safe="Nothing was changed.",
            todo="Write its address into the settings file, as url under [hq], and join again.",
        )
    terminal = journal.read_terminal(till.database.reader())
    answer = enrolment.enrol(
        till.settings.hq.url,
        code=code,
        private_key=private_key(till),
        time_ms=till.clock.utc_ms(),
        number_wish=terminal.terminal_number,
        terminal_id=terminal.terminal_id,
        incarnation=terminal.incarnation,
        last_seq=terminal.last_seq,
        client_of=client_of,
    )
    till.database.write(lambda connection: _become(connection, answer))
    return answer


def private_key(till: "Till") -> bytes:
    """The key that signs what this till says, made the first time it is asked for."""
    return key_store.load_or_create(till.database.path.parent, create_private_key)


def _become(connection: Connection, answer: EnrolAnswer) -> None:
    terminal = journal.read_terminal(connection)
    if (answer.terminal_id, answer.incarnation) != (terminal.terminal_id, terminal.incarnation):
        journal.begin_incarnation(connection, terminal_id=answer.terminal_id, incarnation=answer.incarnation)
    journal.change_terminal(
        connection,
        terminal_number=answer.terminal_number,
        store_id=answer.store_id,
        hq_gen=answer.hq_gen,
        cursor="",
        snapshot_cursor="",
        policy=terminal.policy if answer.hq_public_key == terminal.hq_public_key else "",
        sync_state="ok",
        nps_url=answer.nps_url_base,
        nps_key=answer.nps_key,
        hq_public_key=answer.hq_public_key,
        last_contact_ms=answer.hq_time_ms or None,
    )
    # A restored HQ that takes the till in under its old name may have nothing of its journal.
    journal.offer_last_again(connection)
