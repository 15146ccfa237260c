"""What the doctor sees in the mirror: whether it is there, whole, of this journal, and has all of it."""

from pathlib import Path

import msgspec

from pos_app.protocol.chain import Envelope
from pos_app.protocol.events import decode_body
from storage import journal
from storage.database import Connection
from storage.journal import Terminal
from storage.mirror import MirroredEvent, read_mirror

_PAGE_EVENTS = 1_000


class MirrorLook(msgspec.Struct, frozen=True):
    """The mirror beside the journal, in numbers of events under the till's present name.

    ``in_both`` are in the mirror as the journal has them. ``lag`` are newer than the mirror's last, ``holes`` are older and not in it,
    ``others`` stand at a place of the journal's and are other events, ``ahead`` stand behind the journal's end. ``damaged`` places cannot
    be read. ``others`` are those too whose place another event has taken in the mirror as well, as long as the journal has them nowhere.
    """

    in_both: int
    lag: int
    holes: int
    others: int
    ahead: int
    damaged: int


def look_at(connection: Connection, path: Path) -> MirrorLook:
    """Compare the whole file with the journal, but for bodies that were pruned; raises ``InputError`` for a file that is no mirror."""
    terminal = journal.read_terminal(connection)
    mirrored, doubled, damaged = _hashes_of(path, terminal)
    end_seq = max(mirrored, default=0)
    in_both = lag = holes = after_seq = 0
    others = _replaced(connection, path, mirrored, doubled) if doubled else 0
    while rows := journal.read_journal(connection, terminal, after_seq=after_seq, limit=_PAGE_EVENTS):
        for row in rows:
            found = mirrored.get(row.seq)
            in_both += found == row.hash
            others += found not in {None, row.hash}
            is_missing = found is None and row.body is not None
            lag += is_missing and row.seq > end_seq
            holes += is_missing and row.seq < end_seq
        after_seq = rows[-1].seq
    ahead = sum(seq > terminal.last_seq for seq in mirrored)
    return MirrorLook(in_both, lag, holes, others, ahead, damaged)


def _hashes_of(path: Path, terminal: Terminal) -> tuple[dict[int, bytes], frozenset[Envelope], int]:
    """The hash of each event under the present name, as the file has it last; places that have two; how many places are damaged."""
    name = (terminal.terminal_id, terminal.incarnation)
    hashes: dict[int, bytes] = {}
    doubled = set()
    damaged = 0
    for record in read_mirror(path):
        damaged += record is None
        if isinstance(record, MirroredEvent) and (record.envelope.terminal_id, record.envelope.incarnation) == name:
            if hashes.get(record.envelope.seq, record.hash) != record.hash:
                doubled.add(record.envelope)
            hashes[record.envelope.seq] = record.hash
    return hashes, frozenset(doubled), damaged


def _replaced(connection: Connection, path: Path, last: dict[int, bytes], doubled: frozenset[Envelope]) -> int:
    """How many events lost their place in the mirror to another one and are nowhere in the journal: a disk was put back."""
    lost = {
        decode_body(record.body).event_id
        for record in read_mirror(path)
        if isinstance(record, MirroredEvent) and record.envelope in doubled and record.hash != last[record.envelope.seq]
    }
    return sum(journal.find_event(connection, event_id) is None for event_id in lost)
