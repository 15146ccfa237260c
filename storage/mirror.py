"""The mirror: a second copy of the journal in a file on another disk, for the day when this one is lost.

The file begins with a line that says what it is. Behind it are records, each a length (4 bytes, big endian), a kind (1 byte), the place of
an event (terminal's UUID, incarnation, number: 28 bytes), and for an event the hash before it, its hash (32 bytes each) and its body.
The other kind of record has no more than the place: up to there HQ keeps everything for good. Nothing in it is personal.

An event's hash says where a record begins, so that a reader finds its way again behind damage, and from near the end of a long file.
"""

import itertools
import os
import re
import struct
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from pos_app.errors import InputError
from pos_app.protocol.chain import Envelope, event_hash
from pos_app.protocol.messages import BATCH_BYTES_MAX

HEAD = b"pos-app mirror 1\n"
_LENGTH = struct.Struct(">I")
_PLACE = struct.Struct(">16sIQ")
_EVENT, _DURABLE = b"E", b"D"
_HASH_BYTES = 32
_PLACE_BYTES = 1 + _PLACE.size
_FRAME_BYTES = _PLACE_BYTES + 2 * _HASH_BYTES
_RECORD_BYTES_MAX = _FRAME_BYTES + BATCH_BYTES_MAX
APPEND_BYTES_MAX = 1024 * 1024
"""How much is appended at once, but for one event that is larger alone."""
_TAIL_BYTES = 64 * 1024
_BLOCK_BYTES = 1024 * 1024
# The length of a record is far below 2²⁴. Looking ahead finds those that overlap, too.
_BEGINNING = re.compile(rb"(?=\x00[\x00-\xff]{3}" + _EVENT + rb")")


class MirroredEvent(msgspec.Struct, frozen=True):
    """One event as it stood in the journal."""

    envelope: Envelope
    prev_hash: bytes
    hash: bytes
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether these are the bytes that were written."""
        return event_hash(self.prev_hash, self.envelope, self.body) == self.hash


class Durable(msgspec.Struct, frozen=True):
    """HQ keeps everything up to this place for good."""

    envelope: Envelope


Record = MirroredEvent | Durable


class MirrorFile:
    """The open file, cut back to its last whole record. Not for two threads. Raises ``OSError`` for what the disk does."""

    def __init__(self, path: Path) -> None:
        """Open or begin the file; only this user may read it. A file that is no mirror is refused with ``InputError``."""
        self.last, end = _end_of(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        if os.fstat(descriptor).st_size - end > APPEND_BYTES_MAX + _RECORD_BYTES_MAX:
            # No power cut leaves that much half written: something else happened, and what is behind it may be wanted.
            self._set_aside(path)
            end = 0
        self._file.truncate(end)
        self._file.seek(end)
        if not end:
            self._file.write(HEAD)
            os.fsync(descriptor)

    def _set_aside(self, path: Path) -> None:
        self._file.close()
        aside = path.with_name(f"{path.name}.damaged-{path.stat().st_mtime_ns}")
        path.replace(aside)
        self.last = None
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b", buffering=0)

    def append(self, records: Iterable[Record]) -> None:
        """Write these records and wait until the disk has them."""
        self._file.write(b"".join(_encoded(record) for record in records))
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # a disk that was pulled out; everything that was written was synced
            self._file.close()


def read_mirror(path: Path) -> Iterator[Record | None]:
    """Every record, in the order in which they were written, None for damage; what is half written at the end is left out.

    Raises ``InputError`` for a file that cannot be read or is no mirror, once the first record is asked for.
    """
    try:
        with path.open("rb") as reader:
            _check_head(reader, path)
            for _, _, record in _spans(reader, len(HEAD)):
                yield record
    except OSError as error:
        raise _refused(f"The mirror {path} cannot be read ({error.strerror}).") from error


def doubled_places(path: Path) -> frozenset[Envelope]:
    """Where two different events stand: a disk was put back, and its journal went on from there.

    Only one of the two can be what HQ has at that place. Raises ``InputError`` for a file that cannot be read or is no mirror.
    """
    return _doubled(read_mirror(path))


def _doubled(records: Iterable[Record | None]) -> frozenset[Envelope]:
    hashes: dict[tuple[str, int], dict[int, bytes]] = defaultdict(dict)
    doubled = set()
    for record in records:
        if isinstance(record, MirroredEvent):
            place = record.envelope
            of_name = hashes[place.terminal_id, place.incarnation]
            if of_name.setdefault(place.seq, record.hash) != record.hash:
                doubled.add(place)
    return frozenset(doubled)


def compact(path: Path, pruned_seqs: Mapping[tuple[str, int], int], *, goes_on: Callable[[], bool]) -> bool:
    """Write the file anew without the events up to these numbers, by the names they stand under; gives whether that was done.

    Where two events stand at one place both stay: the journal has pruned only one of them. Nothing is done where the oldest event has
    to stay, and as soon as ``goes_on`` says no. Whatever is damaged stays as it is. Nobody may have the file open. Raises ``InputError``
    for a file that is no mirror and ``OSError`` for what the disk does; the file is whole then.
    """
    aside = path.with_name(f"{path.name}.new")
    try:
        is_done = _copied(path, aside, pruned_seqs, goes_on)
        if is_done:
            aside.replace(path)
            _sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a disk that was pulled out; the next time begins it anew
            aside.unlink(missing_ok=True)
    return is_done


def _copied(path: Path, aside: Path, pruned_seqs: Mapping[tuple[str, int], int], goes_on: Callable[[], bool]) -> bool:
    """Write what stays into another file, and wait until the disk has it."""
    with path.open("rb") as reader:
        _check_head(reader, path)
        if not _has_pruned(reader, pruned_seqs):
            return False
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as writer:
            # Once it does not go on, it does not below either.
            records = (record for _, _, record in _spans(reader, len(HEAD)))
            doubled = _doubled(itertools.takewhile(lambda _: goes_on(), records))
            is_done = _copy_rest(reader, writer, lambda event: _is_pruned(event, pruned_seqs, doubled), goes_on)
            writer.flush()
            os.fsync(descriptor)
    return is_done


def _has_pruned(reader: BinaryIO, pruned_seqs: Mapping[tuple[str, int], int]) -> bool:
    oldest = next((one for _, _, one in _spans(reader, len(HEAD)) if isinstance(one, MirroredEvent)), None)
    return oldest is not None and _is_pruned(oldest, pruned_seqs)


def _is_pruned(
    event: MirroredEvent, pruned_seqs: Mapping[tuple[str, int], int], doubled: frozenset[Envelope] = frozenset()
) -> bool:
    place = event.envelope
    return place.seq <= pruned_seqs.get((place.terminal_id, place.incarnation), 0) and place not in doubled


def _copy_rest(
    reader: BinaryIO, writer: BinaryIO, is_pruned: Callable[[MirroredEvent], bool], goes_on: Callable[[], bool]
) -> bool:
    """Copy what stays; of the records that say what HQ keeps, the last of each name, which says most."""
    durable: dict[tuple[str, int], Durable] = {}
    writer.write(HEAD)
    for begin, end, record in _spans(reader, len(HEAD)):
        if not goes_on():
            return False
        if isinstance(record, Durable):
            durable[record.envelope.terminal_id, record.envelope.incarnation] = record
        elif record is None or not is_pruned(record):
            reader.seek(begin)
            writer.writelines(reader.read(min(_BLOCK_BYTES, end - at)) for at in range(begin, end, _BLOCK_BYTES))
    writer.write(b"".join(_encoded(one) for one in durable.values()))
    return True


def _sync_folder(folder: Path) -> None:
    """That the new file has the old one's name is to last as well; not every file system can promise it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _end_of(path: Path) -> tuple[MirroredEvent | None, int]:
    """The last event of a file and where its whole records end: nothing and 0 for one that was not begun.

    Reads the file's end alone, however long it is, unless there is damage.
    """
    last: MirroredEvent | None = None
    with suppress(FileNotFoundError), path.open("rb") as reader:
        size_bytes = os.fstat(reader.fileno()).st_size
        if size_bytes >= len(HEAD):
            _check_head(reader, path)
            end = _near_end(reader, size_bytes)
            for _, record_end, record in _spans(reader, end):
                end = record_end
                last = record if isinstance(record, MirroredEvent) else last
            return last, end
    return None, 0


def _near_end(reader: BinaryIO, size_bytes: int) -> int:
    """Where one of the last events begins; of a short file, or where none is found, the first record."""
    tail_bytes = _TAIL_BYTES
    while size_bytes - tail_bytes > len(HEAD):
        found = _next_event(reader, size_bytes - tail_bytes)
        if found is not None:
            return found
        tail_bytes *= 8
    return len(HEAD)


def _check_head(reader: BinaryIO, path: Path) -> None:
    if reader.read(len(HEAD)) != HEAD:
        raise _refused(f"{path.name} is not a mirror of a till's journal.")


def _spans(reader: BinaryIO, at: int) -> Iterator[tuple[int, int, Record | None]]:
    """Every record from there on: where it begins and ends, and what it says; None for damage, up to the next whole event."""
    while True:
        raw = _frame(reader, at)
        record = None if raw is None else _decoded(raw)
        end = None if raw is None else at + _LENGTH.size + len(raw)
        if record is None:
            # Of a damaged record the length may be what is wrong.
            end = _next_event(reader, at + 1) or end
        if end is None:
            return
        yield at, end, record
        at = end


def _frame(reader: BinaryIO, at: int) -> bytes | None:
    """What stands behind the length there; None for one that is cut off or cannot be one."""
    reader.seek(at)
    head = reader.read(_LENGTH.size)
    (length,) = _LENGTH.unpack(head) if len(head) == _LENGTH.size else (0,)
    raw = reader.read(length) if _PLACE_BYTES <= length <= _RECORD_BYTES_MAX else b""
    return raw if raw and len(raw) == length else None


def _next_event(reader: BinaryIO, at: int) -> int | None:
    """Where the next whole event begins, there or behind; None for nowhere. Only its hash proves that it is one."""
    while True:
        reader.seek(at)
        block = reader.read(_BLOCK_BYTES + _LENGTH.size)
        for match in _BEGINNING.finditer(block):
            raw = _frame(reader, at + match.start())
            if raw is not None and isinstance(_decoded(raw), MirroredEvent):
                return at + match.start()
        if len(block) <= _BLOCK_BYTES:
            return None
        at += _BLOCK_BYTES


def _decoded(raw: bytes) -> Record | None:
    terminal, incarnation, seq = _PLACE.unpack_from(raw, 1)
    place = Envelope(str(uuid.UUID(bytes=terminal)), incarnation, seq)
    if raw[:1] == _DURABLE and len(raw) == _PLACE_BYTES:
        return Durable(place)
    prev_hash, digest = raw[_PLACE_BYTES : _PLACE_BYTES + _HASH_BYTES], raw[_PLACE_BYTES + _HASH_BYTES : _FRAME_BYTES]
    event = MirroredEvent(place, prev_hash, digest, raw[_FRAME_BYTES:])
    return event if raw[:1] == _EVENT and len(raw) > _FRAME_BYTES and event.is_whole else None


def _encoded(record: Record) -> bytes:
    if isinstance(record, Durable):
        content = _DURABLE + record.envelope.canonical()
    else:
        content = _EVENT + record.envelope.canonical() + record.prev_hash + record.hash + record.body
    return _LENGTH.pack(len(content)) + content


def _refused(sentence: str) -> InputError:
    return InputError(
        "mirror.refused",
        what=sentence,
        safe="Nothing was changed.",
        todo="Name the file that storage.mirror of the lost till named.",
    )
