"""The thread that copies the journal to the mirror: after COMMIT, at its own pace. No sale waits for it, and none fails with it."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from pos_app.errors import PosError
from pos_app.protocol.chain import Envelope
from pos_app.settings import Settings
from storage import journal, pruning
from storage.database import Connection, Database
from storage.journal import JournalRow, Terminal
from storage.mirror import APPEND_BYTES_MAX, Durable, MirroredEvent, MirrorFile, Record, compact

_log = logging.getLogger(__name__)
_EVENTS_MAX = 500
_POLL_S = 5.0
_RETRY_S = 30.0
COMPACT_BYTES_MIN = 32 * 1024 * 1024
"""A smaller mirror keeps everything: about 10,000 receipts."""


class MirrorStatus(msgspec.Struct, frozen=True):
    """How the mirror stands: events that it lacks, and in a sentence what is wrong with it (empty: nothing)."""

    lag_events: int
    problem: str = ""


def _to_nobody(_status: MirrorStatus) -> None:
    """Who asks reads what ``copy`` gives."""


class Mirror:
    """Copies the journal of one till to ``path``. ``start``, ``wake`` and ``stop`` from any thread; ``report`` runs in its own."""

    def __init__(self, database: Database, path: Path, report: Callable[[MirrorStatus], None]) -> None:
        self._database = database
        self._path = path
        self._report = report
        self._file: MirrorFile | None = None
        self._upto_seq = 0
        self._durable_seq = 0
        self._name: tuple[str, int] | None = None
        self._said: MirrorStatus | None = None
        self._compacted_bytes = 0
        self._stopping = threading.Event()
        self._tidying = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)

    def start(self) -> None:
        """Start the thread; it catches up with what it missed."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new in the journal."""
        self._wake.set()

    def tidy(self) -> None:
        """What the journal has pruned may go from the mirror too, once the thread has nothing to copy; the next sale stops it."""
        self._tidying.set()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """Copy what is there and end; a disk that hangs is left behind."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            is_last = self._stopping.is_set()
            self._wake.clear()
            status = self.copy()
            if status != self._said:
                self._said = status
                self._report(status)
            if is_last:
                break
            if self._tidying.is_set() and not status.problem:
                self._tidying.clear()
                self.compact()
            (self._stopping if status.problem else self._wake).wait(_RETRY_S if status.problem else _POLL_S)
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def compact(self) -> bool:
        """Drop what the journal has pruned from a mirror that has grown large; gives whether that was done. Raises nothing."""
        try:
            if self._path.stat().st_size < max(COMPACT_BYTES_MIN, 2 * self._compacted_bytes):
                return False
            with self._database.reading() as connection:
                pruned_seqs = pruning.pruned_seqs(connection)
            self.close()
            is_done = compact(self._path, pruned_seqs, goes_on=self._is_quiet)
            self._compacted_bytes = self._path.stat().st_size if is_done else self._compacted_bytes
        except (OSError, PosError) as error:
            _log.warning("mirror.not_compacted error=%s", type(error).__name__)
            return False
        return is_done

    def _is_quiet(self) -> bool:
        return not (self._stopping.is_set() or self._wake.is_set())

    def copy(self) -> MirrorStatus:
        """Copy everything that the mirror lacks, as far as it goes; says how it stands then. Raises nothing."""
        try:
            while self._copy_some():
                pass
            return MirrorStatus(self._lag())
        except OSError as error:
            return self._failed(f"The mirror {self._path} cannot be written ({error.strerror or error}).")
        except PosError as error:
            return self._failed(error.what)

    def _failed(self, sentence: str) -> MirrorStatus:
        if self._said is None or not self._said.problem:
            _log.warning("mirror.failed reason=%s", sentence)
        self.close()
        return MirrorStatus(self._lag(), f"{sentence} Sales are booked as always, in one copy only. Put the disk back.")

    def _lag(self) -> int:
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
        return terminal.last_seq - (self._upto_seq if self._is_of(terminal) else 0)

    def _is_of(self, terminal: Terminal) -> bool:
        return self._name == (terminal.terminal_id, terminal.incarnation)

    def _copy_some(self) -> bool:
        """Append the next records; whether there may be more."""
        with self._database.reading() as connection:
            terminal = journal.read_terminal(connection)
            if self._file is None:
                self._file = MirrorFile(self._path)
                self._begin(connection, terminal)
            elif not self._is_of(terminal):
                self._follow(terminal, upto_seq=0)
            rows = journal.read_journal(connection, terminal, after_seq=self._upto_seq, limit=_EVENTS_MAX)
        rows = _as_much_as_fits(rows)
        records: list[Record] = [_record(row) for row in rows if row.body is not None]
        is_news = terminal.durable_seq > self._durable_seq
        if is_news:
            records.append(Durable(Envelope(terminal.terminal_id, terminal.incarnation, terminal.durable_seq)))
        if records:
            self._file.append(records)
        self._durable_seq = terminal.durable_seq
        self._upto_seq = rows[-1].seq if rows else self._upto_seq
        return bool(rows)

    def _begin(self, connection: Connection, terminal: Terminal) -> None:
        """Go on behind the last event of the file, where that is one of ours; else copy the journal from its beginning."""
        assert self._file is not None
        last = self._file.last
        upto_seq = 0
        if last is not None and (last.envelope.terminal_id, last.envelope.incarnation) == (
            terminal.terminal_id,
            terminal.incarnation,
        ):
            rows = journal.read_journal(connection, terminal, after_seq=last.envelope.seq - 1, limit=1)
            upto_seq = last.envelope.seq if rows and rows[0].hash == last.hash else 0
        self._follow(terminal, upto_seq=upto_seq)

    def _follow(self, terminal: Terminal, *, upto_seq: int) -> None:
        self._name = (terminal.terminal_id, terminal.incarnation)
        self._upto_seq = upto_seq
        self._durable_seq = 0


def mirror_of(
    database: Database, settings: Settings, report: Callable[[MirrorStatus], None] = _to_nobody
) -> Mirror | None:
    """The mirror that the settings name, None for none."""
    path = settings.storage.mirror
    return Mirror(database, Path(path), report) if path else None


def _as_much_as_fits(rows: list[JournalRow]) -> list[JournalRow]:
    weight_bytes = 0
    for number, row in enumerate(rows):
        weight_bytes += len(row.body or b"")
        if number and weight_bytes > APPEND_BYTES_MAX:
            return rows[:number]
    return rows


def _record(row: JournalRow) -> MirroredEvent:
    assert row.body is not None, "pruned ones were left out"
    return MirroredEvent(Envelope(row.terminal_id, row.incarnation, row.seq), row.prev_hash, row.hash, row.body)
