"""The mirror: a second copy of the journal in a file on another disk, for the day when this one is lost.

The file begins with a line that says what it is. Behind it are records, each a length (4 bytes, big endian), a kind (1 byte), the place of
an event (terminal's UUID, incarnation, number: 28 bytes), and for an event the hash before it, its hash (32 bytes each) and its body.
The other kind of record has no more than the place: up to there HQ keeps everything for good. Nothing in it is personal.
"""

import os
import struct
import uuid
from collections.abc import Iterable, Iterator
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
    """Every record, in the order in which they were written, None for a damaged one; what is half written at the end is left out.

    Raises ``InputError`` for a file that cannot be read or is no mirror, once the first record is asked for.
    """
    try:
        with path.open("rb") as reader:
            _check_head(reader, path)
            for raw in _frames(reader):
                yield _decoded(raw)
    except OSError as error:
        raise _refused(f"The mirror {path} cannot be read ({error.strerror}).") from error


def _end_of(path: Path) -> tuple[MirroredEvent | None, int]:
    """The last event of a file and where its whole records end: nothing and 0 for one that was not begun."""
    last: MirroredEvent | None = None
    with suppress(FileNotFoundError), path.open("rb") as reader:
        if os.fstat(reader.fileno()).st_size >= len(HEAD):
            _check_head(reader, path)
            end = reader.tell()
            for raw in _frames(reader):
                end = reader.tell()
                record = _decoded(raw)
                last = record if isinstance(record, MirroredEvent) else last
            return last, end
    return None, 0


def _check_head(reader: BinaryIO, path: Path) -> None:
    if reader.read(len(HEAD)) != HEAD:
        raise _refused(f"{path.name} is not a mirror of a till's journal.")


def _frames(reader: BinaryIO) -> Iterator[bytes]:
    """What stands behind each length, up to the first that is cut off or cannot be one."""
    while len(head := reader.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        raw = reader.read(length) if _PLACE_BYTES <= length <= _RECORD_BYTES_MAX else b""
        if not raw or len(raw) != length:
            return
        yield raw


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
