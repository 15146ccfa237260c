"""A till whose disk was lost comes back: what its mirror holds goes into the journal of the till that took its place."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.model.staff import Permission
from pos_app.protocol.chain import Envelope
from pos_app.protocol.events import KINDS, ActEvent, AnyEvent, AuditEvent, decode_body
from pos_app.protocol.marking import MarkingEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.auditing import write_audit
from storage import audit, contracts, journal, marks, member_history, rebuild
from storage.contracts import ContractingEvent
from storage.database import Connection
from storage.mirror import Durable, MirroredEvent, doubled_places, read_mirror
from storage.rebuild import ReceiptEvent

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_STEP_EVENTS = 100


class Restored(msgspec.Struct, frozen=True):
    """What became of a mirror's events: put into the journal, here already, or kept by HQ for good; and records that are damaged.

    ``refilled`` are events of this very journal whose pruned bodies came back.
    """

    restored: int = 0
    known: int = 0
    kept_by_hq: int = 0
    damaged: int = 0
    refilled: int = 0

    def __add__(self, other: "Restored") -> "Restored":
        return Restored(*(mine + its for mine, its in zip(_counts(self), _counts(other), strict=True)))


def _counts(one: Restored) -> tuple[int, ...]:
    return tuple(getattr(one, name) for name in one.__struct_fields__)


def restore(till: "Till", mirror: Path, *, everything: bool = False) -> Restored:
    """Put every mirrored event that HQ does not keep for good into the journal, under the till's present name.

    The events keep their ids, so HQ books none twice, and asking again is harmless. ``everything`` takes those too that HQ had
    called safe, and gives pruned bodies of this journal back: for an HQ that lost them after all. Raises ``InputError`` for a file that is
    no mirror, and for a till that has not joined headquarters.
    """
    terminal = journal.read_terminal(till.database.reader())
    if terminal.hq_public_key is None:
        raise InputError(
            "mirror.not_joined",
            what="This till has not joined headquarters, which alone can book what the mirror holds.",
            safe="Nothing was changed.",
            todo="Make a code with `pos-app hq enrol-code STORE --till-number NUMBER`, run `pos-app join CODE`, and restore then.",
        )
    approver_ref = staffing.check(till, Permission.REPAIR)
    is_durable = _nothing if everything else _durable_in(mirror)
    result = Restored()
    records = iter(read_mirror(mirror))
    while some := list(islice(records, _STEP_EVENTS)):
        events = [one for one in some if isinstance(one, MirroredEvent)]
        result += Restored(damaged=sum(one is None for one in some))
        result += till.database.write(
            lambda connection, events=events: _take(connection, events, is_durable, everything)  # type: ignore[misc]
        )

    def finish(connection: Connection) -> None:
        journal.note_pruned(connection)
        counts = {name: getattr(result, name) for name in result.__struct_fields__}
        write_audit(till, connection, action="restore", approver_ref=approver_ref, values=counts)

    till.database.write(finish)
    return result


def _nothing(_place: Envelope) -> bool:
    return False


def _durable_in(mirror: Path) -> Callable[[Envelope], bool]:
    """Whether HQ keeps the event of a place for good, as the mirror says.

    Where two different events stand, because a disk was put back and its journal went on, it is said of one of them, and not of which.
    """
    durable: dict[tuple[str, int], int] = {}
    for record in read_mirror(mirror):
        if isinstance(record, Durable):
            name = (record.envelope.terminal_id, record.envelope.incarnation)
            durable[name] = max(durable.get(name, 0), record.envelope.seq)
    doubled = doubled_places(mirror)
    return lambda place: place.seq <= durable.get((place.terminal_id, place.incarnation), 0) and place not in doubled


def _take(
    connection: Connection,
    records: Iterable[MirroredEvent],
    is_durable: Callable[[Envelope], bool],
    everything: bool,  # noqa: FBT001
) -> Restored:
    return sum((_take_one(connection, record, is_durable, everything) for record in records), Restored())


def _take_one(
    connection: Connection,
    record: MirroredEvent,
    is_durable: Callable[[Envelope], bool],
    everything: bool,  # noqa: FBT001
) -> Restored:
    if is_durable(record.envelope):
        return Restored(kept_by_hq=1)
    try:
        event = decode_body(record.body)
    except msgspec.MsgspecError:
        return Restored(damaged=1)
    row = journal.find_event(connection, event.event_id)
    if row is None:
        _append(connection, event, record.body)
        return Restored(restored=1)
    is_lost = everything and row.body is None and row.hash == record.hash
    is_refilled = is_lost and journal.refill_body(connection, event.event_id, record.body)
    return Restored(refilled=1) if is_refilled else Restored(known=1)


def _append(connection: Connection, event: AnyEvent, body: bytes) -> None:
    terminal = journal.read_terminal(connection)
    utc_ms = event.moment.utc_ms
    journal.append_event(
        connection,
        terminal,
        event_id=event.event_id,
        kind=KINDS[type(event)],
        body=body,
        utc_ms=utc_ms,
        hlc=max(terminal.last_hlc, event.moment.hlc) + 1,
    )
    if isinstance(event, ReceiptEvent):
        rebuild.restore_sale_rows(connection, event)
    if isinstance(event, MarkingEvent):
        marks.note_event(connection, event)
    if isinstance(event, ActEvent):
        member_history.note_uses(connection, event)
    if isinstance(event, ContractingEvent):
        contracts.note_event(connection, event)
    if isinstance(event, AuditEvent):
        audit.add_row(connection, audit.row_of(event))
