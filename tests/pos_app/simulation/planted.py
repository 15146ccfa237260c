"""Defects to plant in the product for the length of a block: the simulation must find each of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from hq import apply, inbox, leases
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import SaleEvent
from pos_app.simulation import headquarters
from pos_app.use_cases import authorising
from storage import journal, pruning
from storage.outbox import SqliteOutbox


@contextmanager
def planted(owner: object, name: str, bug_of: Callable[[Any], Any]) -> Iterator[None]:
    """Within the block ``owner.name`` is what ``bug_of`` makes of it."""
    sound = getattr(owner, name)
    setattr(owner, name, bug_of(sound))
    try:
        yield
    finally:
        setattr(owner, name, sound)


def acknowledgement_that_deletes() -> Any:
    """HQ's answer about some events is taken for one about all: the bodies of those that were not sent are gone."""

    def bug_of(acknowledge: Any) -> Any:
        def bug(self: Any, **values: Any) -> None:
            acknowledge(self, **values)
            unsent = "UPDATE event SET body = NULL WHERE seq > (SELECT acked_seq FROM terminal)"
            self._database.write(lambda connection: connection.exec_driver_sql(unsent))

        return bug

    return planted(SqliteOutbox, "acknowledge", bug_of)


def missing_unique_key() -> Any:
    """What HQ knows already, under another till's name or number, is booked once more."""

    def bug_of(book_event: Any) -> Any:
        def bug(work: Any, received: Any, *, now_ms: int) -> None:
            event = received.event
            if isinstance(event, SaleEvent) and event.event_id in work.booked:
                event_id = derived_id(event.event_id, "again")
                lots = tuple(
                    msgspec.structs.replace(lot, lot_id=derived_id(event_id, f"lot-{number}"))
                    for number, lot in enumerate(event.granted_lots, start=1)
                )
                again = msgspec.structs.replace(event, event_id=event_id, granted_lots=lots)
                received = msgspec.structs.replace(received, event=again)
            book_event(work, received, now_ms=now_ms)

        return bug

    return planted(apply, "book_event", bug_of)


def skipped_hash_check() -> Any:
    """HQ takes the place of an event for the event: another one at the same place passes for known."""

    def bug_of(pass_known: Any) -> Any:
        def bug(connection: Any, terminal: Any, batch: Any, rows: Any) -> Any:
            known = min(batch.last_seq, terminal.last_seq) - batch.first_seq + 1
            if batch.incarnation != terminal.incarnation or known < 0:
                return pass_known(connection, terminal, batch, rows)
            for _ in range(known):
                next(rows)
            return []

        return bug

    return planted(inbox, "_pass_known", bug_of)


def forgotten_cursor() -> Any:
    """The second step books, and does not write down how far it got."""
    return planted(apply, "_move_on", lambda _sound: lambda *_arguments: None)


def new_id_after_a_lost_answer() -> Any:
    """A hold whose answer was lost is taken for one that failed: the till goes on under another id."""

    def bug_of(decide: Any) -> Any:
        def bug(self: Any, wish: Any, auth_id: str, known: Any, approval: Any) -> Any:
            answer = decide(self, wish, auth_id, known, approval)
            if answer.authorisation is None:
                return answer
            other = msgspec.structs.replace(answer.authorisation, auth_id=derived_id(auth_id, "again"))
            forget = "UPDATE authorisation SET state = 'captured' WHERE auth_id = ?"
            self._till.database.write(lambda connection: connection.exec_driver_sql(forget, (auth_id,)))
            return msgspec.structs.replace(answer, authorisation=other)

        return bug

    return planted(authorising.Authoriser, "_decide_offline", bug_of)


def pruned_too_early() -> Any:
    """Bodies go as soon as HQ has acknowledged them, in no backup yet."""

    def bug_of(drop_bodies: Any) -> Any:
        def bug(connection: Any, name: Any, sign: Any, *, before_ms: int) -> int:
            terminal = journal.read_terminal(connection)
            journal.change_terminal(connection, durable_seq=terminal.acked_seq)
            return int(drop_bodies(connection, name, sign, before_ms=2**60))

        return bug

    return planted(pruning, "drop_bodies", bug_of)


def lease_returned_by_the_clock() -> Any:
    """HQ gives leases back to their accounts every hour, whatever their holder does with them."""

    def lapse(engine: Any, *, now_ms: int) -> int:
        with engine.connect() as connection:
            old = connection.exec_driver_sql("SELECT lease_id FROM lease WHERE units > 0").scalars()
            lease_ids = [str(derived) for derived in map(headquarters.dashed, old)]
        return sum(leases.write_off_lease(engine, lease_id, now_ms=now_ms) for lease_id in lease_ids)

    return planted(headquarters, "_NOW_AND_THEN", lambda steps: (*steps, lapse))
