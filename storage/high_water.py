"""How far the journal had got, in a file of its own beside the database: so that a till notices when its newest events are gone.

A deleted WAL, or an older copy of the database put in its place, opens without a complaint of SQLite's and would give numbers of the
chain out a second time. The mark is written after each COMMIT and never synced: it can be behind the journal after a power cut,
never before it.
"""

import os
import struct
import uuid
import zlib
from pathlib import Path

import msgspec

_FILE_NAME = "till.last"
_MARK = struct.Struct(">16sIQI")
"""Terminal, incarnation, number of the last event, and a checksum over the three."""


class Mark(msgspec.Struct, frozen=True):
    """The last event that was committed under a till's name."""

    terminal_id: str
    incarnation: int
    seq: int

    def packed(self) -> bytes:
        """The mark as the file has it."""
        head = (uuid.UUID(self.terminal_id).bytes, self.incarnation, self.seq)
        return _MARK.pack(*head, zlib.crc32(_MARK.pack(*head, 0)))


def read_mark(folder: Path) -> Mark | None:
    """The mark of the till in ``folder``; None where there is none, or none that can be read."""
    try:
        raw = (folder / _FILE_NAME).read_bytes()
    except OSError:
        return None
    if len(raw) != _MARK.size:
        return None
    terminal, incarnation, seq, _checksum = _MARK.unpack(raw)
    mark = Mark(str(uuid.UUID(bytes=terminal)), incarnation, seq)
    return mark if mark.packed() == raw else None


class HighWater:
    """Writes the mark. One thread uses it; a disk that refuses costs the warning, never a sale."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE_NAME
        self._descriptor: int | None = None

    def note(self, mark: Mark) -> None:
        """The event that the mark names is committed."""
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, mark.packed())
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file; the next note opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
