"""A till's computer: its folder, what is left of it after a kill, copies of its disk, and the till that runs on it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pos_app.errors import StorageError
from pos_app.loyalty.programme import Programme
from pos_app.protocol.events import decode_body
from pos_app.settings import Settings
from pos_app.simulation.clocks import TillClock
from pos_app.simulation.fuses import Fuse, KilledError
from pos_app.simulation.headquarters import Acknowledged
from pos_app.simulation.shop import GOODS
from pos_app.simulation.wire import HQ_URL, Line
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds
from pos_app.use_cases.housekeeping import chores_of
from pos_app.use_cases.joining import private_key
from pos_app.use_cases.losing import accept_loss
from pos_app.use_cases.mirroring import mirror_of
from pos_app.use_cases.published import taker
from pos_app.use_cases.restoring import restore
from pos_app.use_cases.till import Till, open_till
from storage import catalogue
from storage.database import open_database
from storage.journal import read_terminal
from storage.mirror import MirroredEvent, read_mirror
from storage.outbox import SqliteOutbox

_MARK = "till.last"
_MIRRORED_AT_ONCE = 5
_NOT_COPIED = shutil.ignore_patterns("*-shm", "*.lock")


class Machine:
    """One computer with one open till. ``name`` is unique in the run; a copied disk runs on another machine."""

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: Settings,
        programmes: tuple[Programme, ...],
        *,
        clock: TillClock,
        line: Line,
        fraction: Callable[[], float],
    ) -> None:
        self.name = name
        self.folder = folder
        self.settings = settings
        self.clock = clock
        self.line = line
        self._programmes = programmes
        self._fraction = fraction
        self._wreck = folder.with_name(f"{folder.name}-wreck")
        self.has_twin = False
        self._not_mirrored = 0
        self.generation = 0
        self.till: Till
        self.open()

    @property
    def memory(self) -> str:
        """Which memory this is: another one once the disk was replaced."""
        return f"{self.name}#{self.generation}"

    def open(self, *, accepts_loss: bool = False) -> None:
        """Start the program from what is on the disk; raises ``StorageError`` where newer events are missing."""
        self._fuse = Fuse(self._keep_wreck)
        self.till = open_till(
            self.settings,
            self.folder,
            programmes_in_force=self._programmes,
            clock=self.clock,
            accepts_loss=accepts_loss,
            opening=partial(open_database, connect=self._fuse.connect),
            client_of=self.line.client,
        )
        if self.till.find_product(GOODS[0].code) is None:
            self.till.database.write(lambda connection: catalogue.put_products(connection, GOODS))
        self._rounds: SyncRounds | None = None
        self._mirror = mirror_of(self.till.database, self.settings)
        self._chores = chores_of(self.till, lambda: private_key(self.till))

    def close(self) -> None:
        """End the program as people do."""
        self._fuse.put_out()
        self._let_go_of_mirror()
        self.till.close()

    def restart(self) -> None:
        """End the program in the evening and start it in the morning: what HQ has published is in force from then on."""
        self.close()
        self.open()

    @contextmanager
    def living(self, dies_after: int | None = None) -> Iterator[None]:
        """What the program does in the block, it does while it lives; raises ``KilledError`` when it died.

        Whatever the dead process' code raised on top never happened: there was no process any more.
        """
        if dies_after is not None:
            self._fuse.light(dies_after)
        try:
            yield
        except BaseException as error:
            if self._fuse.is_blown:
                raise KilledError from error
            raise
        finally:
            self._fuse.put_out()
        if self._fuse.is_blown:
            raise KilledError

    def revive(self) -> None:
        """After a kill: start again from the disk as it was at that moment, not as a polite end would have left it."""
        assert self._fuse.is_blown, "only a dead till is revived"
        self._let_go_of_mirror()
        self.till.database.abandon()
        shutil.rmtree(self.folder)
        self._wreck.rename(self.folder)
        self.clock.reboot()
        self.open()

    def copy_disk(self, target: Path) -> None:
        """An image of the disk as it is now; the till goes on."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target, ignore=_NOT_COPIED)

    def replace_disk(self, image: Path, *, keeps_mark: bool = False) -> None:
        """The disk becomes what the image holds.

        ``keeps_mark``: only the database was put back, so that the till notices what is missing, and somebody accepts the loss.
        """
        self.close()
        self.generation += 1
        mark = self.folder / _MARK
        kept = mark.read_bytes() if keeps_mark and mark.exists() else None
        shutil.rmtree(self.folder)
        shutil.copytree(image, self.folder, ignore=_NOT_COPIED)
        if kept is not None:
            mark.write_bytes(kept)
        self.clock.reboot()
        try:
            self.open()
        except StorageError:
            self.open(accepts_loss=True)
            accept_loss(self.till)

    def sync(self) -> SyncReport:
        """One round of the sync worker."""
        if self._rounds is None:
            client = self.line.client(HQ_URL, private_key=private_key(self.till))
            self._rounds = self._rounds_with(client)
        return self._rounds.run()

    def _rounds_with(self, client: HqClient) -> SyncRounds:
        hq = self.settings.hq
        return SyncRounds(
            SqliteOutbox(self.till.database, take_documents=taker(self.settings.owners)),
            client,
            options=SyncOptions(
                batch_events_max=hq.batch_events_max, batch_bytes_max=hq.batch_bytes_max, poll_ms=hq.poll_ms
            ),
            utc_ms=self.clock.utc_ms,
            fraction=self._fraction,
            stopping=lambda: False,
            pause_s=lambda _seconds: None,
        )

    def look_after(self) -> None:
        """What the program does now and then beside the sync."""
        for chore in self._chores:
            while chore().result():
                pass

    def copy_to_mirror(self) -> None:
        """What the mirror's thread does after a booking, where there is a mirror: mostly a few bookings later."""
        self._not_mirrored += 1
        if self._mirror is not None and self._not_mirrored >= _MIRRORED_AT_ONCE:
            self._mirror.copy()
            self._not_mirrored = 0

    def catch_up_with_mirror(self) -> None:
        """What the mirror's thread does when it has the time."""
        if self._mirror is not None:
            self._mirror.copy()
            self._not_mirrored = 0

    def mirrored_ids(self) -> set[str]:
        """Every event that the mirror has."""
        path = self.mirror_path
        if path is None or not path.exists():
            return set()
        return {decode_body(one.body).event_id for one in read_mirror(path) if isinstance(one, MirroredEvent)}

    @property
    def mirror_path(self) -> Path | None:
        """The file of the mirror, on another disk; None for none."""
        mirror = self.settings.storage.mirror
        return Path(mirror) if mirror else None

    def restore_mirror(self) -> None:
        """Somebody puts the mirror's events into the journal of this disk."""
        if self.mirror_path is not None and self.mirror_path.exists():
            restore(self.till, self.mirror_path)

    def terminal_id(self) -> str:
        """By what id HQ knows this till."""
        return read_terminal(self.till.database.reader()).terminal_id

    def acknowledged(self) -> Acknowledged | None:
        """The newest event that HQ has, as this till believes; None for none yet."""
        reader = self.till.database.reader()
        terminal = read_terminal(reader)
        place = terminal.terminal_id, terminal.incarnation, terminal.acked_seq
        row = reader.exec_driver_sql(
            "SELECT hash FROM event WHERE terminal_id = ? AND incarnation = ? AND seq = ?", place
        ).first()
        return None if row is None else Acknowledged(*place, bytes(row[0]))

    def open_holds(self) -> set[str]:
        """Every hold that this disk knows and that has not ended."""
        rows = self.till.database.reader().exec_driver_sql(
            "SELECT auth_id FROM authorisation WHERE state IN ('asked', 'held')"
        )
        return {row[0] for row in rows}

    def event_ids(self) -> set[str]:
        """Every event whose body this disk still has."""
        rows = self.till.database.reader().exec_driver_sql("SELECT event_id FROM event WHERE body IS NOT NULL")
        return {row[0] for row in rows}

    def _let_go_of_mirror(self) -> None:
        if self._mirror is not None:
            self._mirror.close()

    def _keep_wreck(self) -> None:
        self.copy_disk(self._wreck)
