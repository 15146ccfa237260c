"""A small chain for tests: a real headquarters and two real tills in a folder, on one clock, with a network that does as it is told."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import httpcore
import msgspec
import pytest
from sqlalchemy import Engine

from hq.app import create_app
from hq.apply import apply_inbox, book_what_is_due
from hq.config import HqConfig
from hq.database import open_engine, prepare
from hq.enrolment import create_enrolment_code
from hq.policy import change_policy
from hq.settling import settle_waiting
from pos_app.model.accounts import Member
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.events import AdjustmentReason, AnyEvent, decode_body
from pos_app.simulation.wire import HQ_URL, HqDoor, Line, WireAnswer, WireRequest
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds
from pos_app.use_cases import account_acts, authorising, leasing
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.joining import join_hq, private_key
from pos_app.use_cases.till import Till, open_till
from storage import accounts, catalogue, journal
from storage.database import open_database
from storage.outbox import SqliteOutbox
from tests.shop import BREAD, DAY_MS, NOON_MS, TEA, programme, settings_with

KNOWN_CARDS = ("2990000000019", "2990000000026")
"""Cards whose members both tills know from the start."""
FIRST_UNITS = 400
FIRST_DAYS = 5
GOODS = (msgspec.structs.replace(TEA, price_minor=999), BREAD)
"""A tenth of neither is whole, so that shares of points are rounded."""
TILLS = ("north", "south")
PROGRAMME = """
schema = 1
id = "points"
version = 1
name = "A tenth back"
point_worth_minor = 1

[earning]
pending = { hours = 1 }
life = { days = 10 }

[burning]
burn_as = "tender"

[[rules]]
kind = "fixed-card"
id = "tenth"
other_rate_bp = 1000
rates_bp = {}
"""
_PROGRAMMES = (programme(PROGRAMME),)
_HQ_FILE = "hq.sqlite3"


class TestLine(Line):
    """The line of one till. ``fault`` meets the next request whose path has ``fault_path`` in it."""

    __test__ = False

    def __init__(self, door: HqDoor) -> None:
        self.door = door
        self.is_cut = False
        self.fault = ""
        self.fault_path = ""

    def exchange(self, request: WireRequest) -> WireAnswer:
        """One request; raises httpcore's errors."""
        if self.is_cut:
            raise httpcore.ConnectError("The line is down.")
        fault = self.fault if self.fault_path in request.target else ""
        self.fault = "" if fault else self.fault
        match fault:
            case "request lost":
                raise httpcore.ReadTimeout("The request was lost.")
            case "answer lost":
                self.door.serve(request)
                raise httpcore.ReadTimeout("The answer was lost.")
            case "doubled":
                self.door.serve(request)
        return self.door.serve(request)


class ChainTill:
    """One till of the chain, and its line."""

    def __init__(self, folder: Path, door: HqDoor, clock: ManualClock, *, number: int) -> None:
        self.line = TestLine(door)
        self._folder = folder
        self._clock = clock
        self._settings = settings_with(
            till={"authority": "hq", "number": number}, hq={"url": HQ_URL, "hold_timeout_ms": 10_000}
        )
        self.till: Till
        self.open()

    def open(self) -> None:
        """Start the program."""
        self.till = open_till(
            self._settings,
            self._folder,
            programmes_in_force=_PROGRAMMES,
            clock=self._clock,
            client_of=self.line.client,
        )
        self._rounds: SyncRounds | None = None

    def close(self) -> None:
        """End the program."""
        self.till.close()

    @property
    def terminal(self) -> journal.Terminal:
        """What the till knows of itself."""
        return journal.read_terminal(self.till.database.reader())

    def sync(self) -> SyncReport:
        """One round of the sync worker."""
        if self._rounds is None:
            self._rounds = SyncRounds(
                SqliteOutbox(self.till.database),
                self.line.client(HQ_URL, private_key=private_key(self.till)),
                options=SyncOptions(batch_events_max=3),
                utc_ms=self._clock.utc_ms,
                fraction=lambda: 0.0,
                stopping=lambda: False,
                pause_s=lambda _seconds: None,
            )
        return self._rounds.run()

    def look_after(self) -> None:
        """What the program does beside the sync: holds of baskets that lie about, and leases that HQ wants back."""
        authorising.void_lapsed(self.till).result()
        leasing.release_due(self.till).result()

    def events_after(self, seq: int) -> list[AnyEvent]:
        """What stands in the journal behind this number."""
        reader = self.till.database.reader()
        rows = journal.read_journal(reader, journal.read_terminal(reader), after_seq=seq, limit=100)
        return [decode_body(row.body) for row in rows if row.body is not None]

    def member(self, card: str) -> Member | None:
        """Who holds the card, whether it may be used or not."""

        def found(connection: Any) -> Member | None:
            facts = accounts.find_by_card(connection, card)
            return None if facts is None else self.till.member_from(connection, facts)

        return self.till.database.read(found)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the till's database."""
        return [tuple(row) for row in self.till.database.reader().exec_driver_sql(sql)]


class Chain:
    """Headquarters and its tills in a folder, as they stand there."""

    def __init__(self, folder: Path, door: HqDoor, engine: Engine, clock: ManualClock) -> None:
        self.clock = clock
        self._engine = engine
        self.tills = {
            name: ChainTill(folder / name, door, clock, number=number) for number, name in enumerate(TILLS, start=1)
        }

    def close(self) -> None:
        """Close everything."""
        for till in self.tills.values():
            till.close()
        self._engine.dispose()

    def apply(self) -> None:
        """HQ books what came in."""
        apply_inbox(self._engine, now_ms=self.clock.now_ms)
        settle_waiting(self._engine, now_ms=self.clock.now_ms)

    def book_due(self) -> None:
        """HQ books what time brought."""
        book_what_is_due(self._engine, now_ms=self.clock.now_ms)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of HQ's database."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]


class Stage:
    """Where one chain after another stands: each begins with copies of files that were made once, which is quicker."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        # The same history must go the same way again, whatever lots and events are called.
        self._chance = random.Random()
        monkeypatch.setattr(os, "urandom", self._chance.randbytes)
        self._live = folder / "live"
        self._door = HqDoor()
        self._clock = ManualClock(NOON_MS)
        # One engine and one application for all: what they have compiled stays.
        self._engine = open_engine(f"sqlite:///{self._live / _HQ_FILE}")
        self._door.application = create_app(self._engine, HqConfig(public_url=HQ_URL), utc_ms=self._clock.utc_ms)

    def close(self) -> None:
        """Close the door."""
        self._door.close()

    def chain(self, policy: BurnPolicy) -> Chain:
        """A new chain in place of the last one, which is closed; tills know the policy and the first members."""
        template = self._folder / policy.allowance.value
        self._clock.now_ms = NOON_MS
        shutil.rmtree(self._live, ignore_errors=True)
        if not template.exists():
            self._make(policy)
            shutil.copytree(self._live, template)
            shutil.rmtree(self._live)
        shutil.copytree(template, self._live)
        self._chance.seed(1)
        return Chain(self._live, self._door, self._engine, self._clock)

    def _make(self, policy: BurnPolicy) -> None:
        self._chance.seed(0)
        self._live.mkdir()
        prepare(self._engine)
        change_policy(self._engine, {name: getattr(policy, name) for name in policy.__struct_fields__})
        for name in TILLS:
            open_database(self._live / name).close()
        chain = Chain(self._live, self._door, self._engine, self._clock)
        for one in chain.tills.values():
            one.till.database.write(lambda connection: catalogue.put_products(connection, GOODS))
            code = create_enrolment_code(self._engine, "store-1", now_ms=NOON_MS)
            join_hq(one.till, code, client_of=one.line.client)
        _give_first_points(chain.tills[TILLS[0]].till)
        for _ in range(2):
            for one in chain.tills.values():
                one.sync()
            chain.apply()
        chain.close()


def _give_first_points(till: Till) -> None:
    for card in KNOWN_CARDS:
        till.enrol(card).result()
        till.book_act(
            account_acts.adjust,
            card,
            FIRST_UNITS,
            reason=AdjustmentReason.GOODWILL,
            expires_at_ms=NOON_MS + FIRST_DAYS * DAY_MS,
        ).result()
