"""Headquarters in the box: the real application and the real ledger on a real database, which can die and come back older."""

import random
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from hq.app import create_app
from hq.apply import apply_inbox, book_refused_claims, book_what_is_due
from hq.authentication import forget_nonces
from hq.config import HqConfig
from hq.database import notice_statements, open_engine, prepare
from hq.documents import publish_products, publish_programme
from hq.enrolment import create_enrolment_code
from hq.holds import void_hold
from hq.operate import declare_restored
from hq.policy import change_policy
from hq.replay import replay
from hq.settling import decide_sale, settle_waiting
from hq.tasks import mark_done
from pos_app.errors import InputError
from pos_app.model.policy import BurnPolicy
from pos_app.simulation.clocks import World
from pos_app.simulation.fuses import Fuse, KilledError
from pos_app.simulation.options import HOUR_MS
from pos_app.simulation.wire import HQ_URL, HqDoor

_WHEN_WOKEN = (apply_inbox, settle_waiting)
_NOW_AND_THEN = (book_what_is_due, forget_nonces, replay, book_refused_claims)
"""What the booker does, as often as the virtual hours pass."""
_HUNDRED = 100
_OTHER_APPLIER_PERCENT = 30
_STATEMENTS_MIN = 4_000
_STATEMENTS_PER_EVENT = 40
_SQLITE_NAME = "hq.sqlite3"


def dashed(value: object) -> str:
    """An id as tills write it: SQLite keeps those of HQ without dashes."""
    return str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)))


class Held(msgspec.Struct, frozen=True):
    """Points that HQ holds for a sale of a till."""

    auth_id: str
    terminal_id: str
    created_at_ms: int


class Unclear(msgspec.Struct, frozen=True):
    """Goods without a receipt of which HQ asks a person of what sale they are: the task, and the event that took them back."""

    task_id: int
    event_id: str


class Acknowledged(msgspec.Struct, frozen=True):
    """An event that HQ has, as a till believes: its place in the till's chain, and the hash there."""

    terminal_id: str
    incarnation: int
    seq: int
    hash: bytes


class Store(Protocol):
    """HQ's database as something that can be copied and put back."""

    url: str

    def back_up(self) -> None:
        """Keep the database as it is now, in place of an earlier copy."""

    def put_back(self) -> None:
        """Put the copy in the database's place; HQ is not running."""


class SqliteStore:
    """A file in the run's folder."""

    def __init__(self, folder: Path) -> None:
        self._live = folder / "hq"
        self._copy = folder / "hq-copy"
        self._live.mkdir()
        self.url = f"sqlite:///{self._live / _SQLITE_NAME}"

    def back_up(self) -> None:
        """Keep the files as they are; nobody writes at this moment."""
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self._live, self._copy, ignore=shutil.ignore_patterns("*-shm"))

    def put_back(self) -> None:
        """Put the copy back."""
        shutil.rmtree(self._live)
        shutil.copytree(self._copy, self._live)


class PostgresStore:
    """A database of a server, copied on the server itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        server, _, rest = url.rpartition("/")
        self._name, _, options = rest.partition("?")
        self._admin_url = f"{server}/postgres?{options}" if options else f"{server}/postgres"

    def back_up(self) -> None:
        """Copy it beside itself."""
        self._copy(self._name, f"{self._name}_copy")

    def put_back(self) -> None:
        """Copy the copy back."""
        self._copy(f"{self._name}_copy", self._name)

    def _copy(self, source: str, target: str) -> None:
        import psycopg

        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"'.encode())


class SimulatedHq:
    """HQ as the run sees it. ``faults`` counts what happened to it."""

    def __init__(self, world: World, door: HqDoor, store: Store, policy: BurnPolicy, chance: random.Random) -> None:
        self.faults: Counter[str] = Counter()
        self.is_away = False
        self.restoring_ms: set[int] = set()
        """Moments at which it booked while it waited, after a restore, for tills that had not sent everything again."""
        self.appliers_met = 0
        """How often a second applier booked something between two transactions of the first."""
        self.due_ms = 0
        """When it last booked what time brings."""
        self._world = world
        self._door = door
        self._store = store
        self._fuse = Fuse()
        self._chance = chance
        self._is_applying = False
        # The desk is the engine of people and tools at HQ, which nothing kills.
        self._desk: Any = open_engine(store.url)
        self._engine: Any = self._desk
        self._second: Any = self._desk
        door.on_killed = self._die
        self.start()
        change_policy(self._desk, msgspec.structs.asdict(policy))
        self.back_up()

    def start(self) -> None:
        """Start it, as a service starts."""
        self._desk, self._engine = open_engine(self._store.url), open_engine(self._store.url)
        prepare(self._desk)
        self._fuse = Fuse()
        self._second = open_engine(self._store.url)
        notice_statements(self._engine, self._fuse.burn, beginning=self._let_the_other_in)
        notice_statements(self._second, self._fuse.burn)
        self._application = create_app(
            self._engine, HqConfig(public_url=HQ_URL), received=self.wake, utc_ms=self._world.utc_ms
        )
        self._is_woken = True
        self._next_due_ms = 0
        self._open_door()

    def stop(self) -> None:
        """Stop it."""
        self._door.application = None
        self._second.dispose()
        self._engine.dispose()
        self._desk.dispose()

    @property
    def is_up(self) -> bool:
        """Whether tills can reach it."""
        return not self.is_away

    def go_away(self) -> None:
        """Nobody reaches it, and it books nothing."""
        self.is_away = True
        self._door.application = None

    def come_back(self) -> None:
        """It is there again."""
        self.is_away = False
        self._open_door()

    def light_fuse(self, statements: int) -> None:
        """It dies after so many more statements."""
        self._fuse.light(statements)

    def apply(self) -> None:
        """Book what came in and what is due; the process may die of it, and is started again."""
        if self.is_away:
            return
        steps: tuple[Callable[..., int], ...] = _WHEN_WOKEN if self._is_woken else ()
        if self._world.now_ms >= self._next_due_ms:
            steps += _NOW_AND_THEN
            self._next_due_ms = self._world.now_ms + HOUR_MS
            self.due_ms = self._world.now_ms
        if self.is_restoring():
            self.restoring_ms.add(self._world.now_ms)
        self._fuse.bound(_STATEMENTS_MIN + _STATEMENTS_PER_EVENT * self._waiting_events())
        self._is_applying = True
        try:
            for step in steps:
                step(self._engine, now_ms=self._world.now_ms)
            self._is_woken = False
        except KilledError:
            self._die()
        finally:
            self._is_applying = False
            self._fuse.bound(None)

    def _let_the_other_in(self) -> None:
        """A second applier works through everything that waits, at a moment at which the first has no transaction open.

        What the first has read before, which tills are behind, is old then.
        """
        if not self._is_applying or self._chance.randrange(_HUNDRED) >= _OTHER_APPLIER_PERCENT:
            return
        self._is_applying = False
        self.appliers_met += bool(apply_inbox(self._second, now_ms=self._world.now_ms))
        settle_waiting(self._second, now_ms=self._world.now_ms)
        self._is_applying = True

    def publish(self, folder: Path, *, own: str, partner: str, products: str) -> None:
        """People at HQ publish these programmes and products."""
        folder.mkdir(exist_ok=True)
        for name, text in (("own.toml", own), ("partner.toml", partner), ("products.csv", products)):
            (folder / name).write_text(text, encoding="utf-8")
        publish_programme(self._desk, folder / "own.toml")
        publish_programme(self._desk, folder / "partner.toml")
        publish_products(self._desk, folder / "products.csv", exponent=2)

    def held(self) -> list[Held]:
        """What is held now."""
        rows = self.query("SELECT auth_id, terminal_id, created_at_ms FROM hold WHERE state = 'held' ORDER BY 1")
        return [Held(dashed(row[0]), dashed(row[1]), row[2]) for row in rows]

    def void(self, hold: Held) -> None:
        """An administrator ends a hold whose till is lost."""
        void_hold(self._desk, hold.auth_id)

    def unclear(self) -> list[Unclear]:
        """What HQ asks a person about."""
        rows = self.query(
            "SELECT t.task_id, u.event_id FROM task t JOIN unseen_return u"
            " ON u.terminal_id = t.terminal_id AND u.incarnation = t.incarnation AND u.seq = t.seq"
            " WHERE t.code = 'unseen_unclear' AND t.done_at_ms IS NULL ORDER BY 1"
        )
        return [Unclear(row[0], dashed(row[1])) for row in rows]

    def decide(self, unclear: Unclear, sale_event_id: str) -> bool:
        """An administrator says of which sale the goods are; False where HQ cannot settle it on that, and no points go back."""
        try:
            decide_sale(self._desk, unclear.task_id, sale_event_id, now_ms=self._world.now_ms)
        except InputError:
            mark_done(self._desk, unclear.task_id, now_ms=self._world.now_ms)
            return False
        return True

    def has(self, place: Acknowledged) -> bool:
        """Whether the event at this place of a till's chain is the one that the till wrote there."""
        rows = self.query(
            f"SELECT hash FROM inbox WHERE terminal_id = '{place.terminal_id.replace('-', '')}' "  # noqa: S608 - our own ids
            f"AND incarnation = {place.incarnation} AND seq = {place.seq}"
        )
        return bool(rows) and bytes(rows[0][0]) == place.hash

    def do_what_is_due(self) -> None:
        """With the next step what the hours bring is done, whether an hour has passed or not."""
        self._next_due_ms = 0

    def compute_receipts_again(self) -> None:
        """What the booker does within minutes, some hundred receipts of a till at a time: all that came, however many that are."""
        while replay(self._desk, now_ms=self._world.now_ms):
            pass

    def arrived(self, event_ids: Iterable[str]) -> set[str]:
        """Which of these events came in and count."""
        listed = ", ".join(f"'{event_id.replace('-', '')}'" for event_id in event_ids)
        rows = self.query(f"SELECT event_id FROM inbox WHERE event_id IN ({listed})")  # noqa: S608 - ids of our own
        return {dashed(row[0]) for row in rows}

    def is_restoring(self) -> bool:
        """Whether some till has not reported since HQ was restored."""
        waits = "SELECT COUNT(*) FROM terminal WHERE NOT revoked AND reported_gen < (SELECT hq_gen FROM headquarters)"
        return self.query("SELECT hq_gen FROM headquarters")[0][0] > 1 and bool(self.query(waits)[0][0])

    def _waiting_events(self) -> int:
        """How many events the second step has before it, at most."""
        rows = self.query("SELECT last_seq, applied_seq, incarnation - applied_incarnation FROM terminal")
        return sum(last_seq if renamed else last_seq - applied_seq for last_seq, applied_seq, renamed in rows)

    def wake(self) -> None:
        """Something came in."""
        self._is_woken = True

    def back_up(self) -> None:
        """Take a backup; what it holds is durable."""
        # PostgreSQL copies a database only while nobody is connected.
        self._engine.dispose()
        self._second.dispose()
        self._desk.dispose()
        self._store.back_up()
        self._mark_durable()

    def restore(self) -> None:
        """The newest backup takes the database's place, and people say so."""
        self.stop()
        self._store.put_back()
        declare_restored(self._store.url)
        self.start()
        self._mark_durable()
        self.faults["HQ restored"] += 1

    def enrolment_code(self, store_id: str, *, terminal_number: int | None) -> str:
        """A one-time code, made by somebody at HQ."""
        return create_enrolment_code(self._desk, store_id, now_ms=self._world.now_ms, terminal_number=terminal_number)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of HQ's database."""
        with self._desk.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def knows_number(self, number: int) -> bool:
        """Whether there is a till of that number."""
        return bool(self.query(f"SELECT 1 FROM terminal WHERE terminal_number = {number}"))  # noqa: S608 - a number

    def event_ids(self) -> set[str]:
        """Every event that came in and counts."""
        return {dashed(row[0]) for row in self.query("SELECT event_id FROM inbox WHERE event_id IS NOT NULL")}

    def _open_door(self) -> None:
        if not self.is_away:
            self._door.application = self._application

    def _die(self) -> None:
        self.faults["HQ killed"] += 1
        self.stop()
        self.start()

    def _execute(self, sql: str) -> None:
        with self._desk.begin() as connection:
            connection.exec_driver_sql(sql)

    def _mark_durable(self) -> None:
        self._execute("UPDATE terminal SET durable_seq = last_seq")
