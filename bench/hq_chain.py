"""``python -m bench.hq_load --chain 10000``: a chain of ten thousand tills in regions, at work against a headquarters on this machine.

Each till has its own key, its own chain of events and its own cursor. After a sale a till does what the sync worker does: it sends the
receipt as a batch of its own and asks for changes; between sales it asks for changes once in ``poll_s``. One sale of ten holds points
first, and at one of fifty a member of another region is at the counter, whose card is looked up. ``--pace`` sets the sales a second;
without it everything goes as fast as this machine takes it, which says how many tills it could carry. Tills, HQ and PostgreSQL
share its cores. In the same run a bare COPY of receipts into the inbox's columns says what the disk and the cores gave.
"""

import http.client
import itertools
import os
import random
import statistics
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Engine

from bench.hq_inbox import EVENTS_PER_BATCH, copy_rate, made_bodies, rows_of_batch
from hq import tables
from hq.statements import change_number
from pos_app.loyalty.engine import evaluate
from pos_app.model.evaluation import MemberContext
from pos_app.model.identifiers import derived_id
from pos_app.protocol.chain import GENESIS, chain_hashes
from pos_app.protocol.events import GrantedLot, SaleEvent, encode_body
from pos_app.protocol.messages import (
    Batch,
    CardAnswer,
    ChangesPage,
    HoldRequest,
    decode_message,
    encode_batch,
    encode_message,
)
from pos_app.protocol.signing import NONCE_BYTES, RequestToSign, create_private_key, public_key_of, signed_headers
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.journals import new_id, now_ms, sale
from tests.pos_app.loyalty.builders import presets

SALES_A_DAY = 300
DAY_S = 10 * 3600
_MEMBERS_A_REGION = 500
_HOLD_EVERY, _VISITOR_EVERY = 10, 50
_COPIED_EVENTS = 4_000
_PROGRAMMES = presets("fixed-card")


class Shape(msgspec.Struct, frozen=True):
    """How large the chain is, and how it is driven. ``pace`` is sales a second, 0 for as fast as it goes."""

    tills: int = 10_000
    regions: int = 200
    poll_s: float = 60.0
    threads: int = 16
    seconds: float = 60.0
    pace: float = 0.0


class _Till:
    """One till: who it is, and how far it got. Used by one thread at a time."""

    def __init__(self, number: int, shape: Shape) -> None:
        self.terminal_id = str(uuid.UUID(int=number))
        self.number = number
        self.region = (number - 1) % shape.regions
        self.private_key = create_private_key()
        self.lock = threading.Lock()
        self.seq, self.hash, self.cursor = 0, GENESIS, ""


class Chain:
    """The tills, their members, and what they did."""

    def __init__(self, engine: Engine, shape: Shape) -> None:
        self.shape = shape
        self.tills = [_Till(number, shape) for number in range(1, shape.tills + 1)]
        self.sales = 0
        self.took_s: defaultdict[str, list[float]] = defaultdict(list)
        _enrol(engine, self.tills)
        number = _fill(engine, shape)
        for till in self.tills:
            # As after its snapshot: from here on it hears of what changes.
            till.cursor = f"1.{number}.z..{_region(till.region)}"

    def run(self, base: str, number: int, ending: threading.Event) -> None:
        """One thread's part: tills by chance, a sale or a question, until it is told to end."""
        calls, chance = _Calls(base), random.Random(number)
        polls_a_sale = self.shape.tills / self.shape.poll_s / needed_sales_per_s(self.shape.tills)
        for due_s in _due(self.shape, polls_a_sale):
            till = chance.choice(self.tills)
            if ending.wait(max(0.0, due_s - time.monotonic())):
                return
            if not till.lock.acquire(blocking=False):
                continue
            try:
                if chance.random() * (1 + polls_a_sale) < 1:
                    self._sell(calls, till, chance)
                self._ask(calls, till)
            finally:
                till.lock.release()

    def _sell(self, calls: "_Calls", till: _Till, chance: random.Random) -> None:
        region = till.region
        if chance.randrange(_VISITOR_EVERY) == 0:
            region = chance.randrange(self.shape.regions)
        member = chance.randrange(_MEMBERS_A_REGION)
        account, card = _account(region, member), _card(region, member)
        if region != till.region:
            with self._timed("look_up"):
                found = calls.get(till, f"/cards/{card}")
            assert decode_message(found, CardAnswer).account is not None
        if chance.randrange(_HOLD_EVERY) == 0:
            with self._timed("hold"):
                calls.post(till, "/holds", encode_message(HoldRequest(new_id(now_ms()), account, "shop", 1)))
        body = encode_body(_rated(account, card))
        batch = Batch(till.terminal_id, 1, till.seq + 1, till.hash, (body,))
        with self._timed("batch"):
            calls.post(till, "/batches", encode_batch(batch))
        till.seq, (till.hash,) = till.seq + 1, chain_hashes(batch.prev_hash, batch.first, batch.bodies)
        self.sales += 1

    def _ask(self, calls: "_Calls", till: _Till) -> None:
        more = True
        while more:
            with self._timed("changes"):
                answer = calls.get(till, f"/changes?cursor={till.cursor}")
            page = decode_message(answer, ChangesPage)
            assert not page.restart
            till.cursor, more = page.next_cursor, page.more
            self.took_s["accounts_a_page"].append(len(page.accounts))

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        started_s = time.perf_counter()
        yield
        self.took_s[kind].append(time.perf_counter() - started_s)


def _due(shape: Shape, polls_a_sale: float) -> Iterator[float]:
    """When a thread begins its next action, by the monotonic clock: evenly at a pace, else at once."""
    every_s = shape.threads / (shape.pace * (1 + polls_a_sale)) if shape.pace else 0.0
    begun_s = time.monotonic() + random.random() * every_s
    return (begun_s + count * every_s for count in itertools.count())


class _Calls:
    """Signed calls over one connection that stays open."""

    def __init__(self, base: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)

    def get(self, till: _Till, path: str) -> bytes:
        return self._call("GET", till, path, b"")

    def post(self, till: _Till, path: str, body: bytes) -> bytes:
        return self._call("POST", till, path, body)

    def _call(self, method: str, till: _Till, path: str, body: bytes) -> bytes:
        path = f"/v1/terminals/{till.terminal_id}{path}"
        request = RequestToSign(method, path, till.terminal_id, now_ms(), os.urandom(NONCE_BYTES).hex(), body)
        self._connection.request(method, path, body=body, headers=signed_headers(till.private_key, request))
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == http.client.OK, (answer.status, content)
        return content


def _rated(account: str, card: str) -> SaleEvent:
    """A receipt of three lines as a till rates it, so that HQ computes it again without a difference."""
    sold = sale(account_ref=account, card=card, amounts=(100_000, 250, 999), utc_ms=now_ms())
    member = MemberContext(account, "", {}, 0, 100_000)
    engine_input = msgspec.structs.replace(sold.engine_input, programme_set_hash=_PROGRAMMES.hash, member=member)
    result = evaluate(engine_input, _PROGRAMMES)
    granted = (
        GrantedLot(derived_id(sold.event_id, f"lot-{number}"), grant)
        for number, grant in enumerate(result.lots, start=1)
    )
    return msgspec.structs.replace(
        sold,
        engine_input=engine_input,
        awards=result.awards,
        granted_lots=tuple(granted),
        counted=result.counted,
        class_after=result.class_after,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
    )


def needed_sales_per_s(tills: int) -> float:
    """What so many tills sell a second on average: 300 receipts in ten hours each."""
    return tills * SALES_A_DAY / DAY_S


def copied_per_s(database_url: str) -> float:
    """The reference: receipts by bare COPY into columns like the inbox's, in this run and on this server."""
    bodies = made_bodies(_COPIED_EVENTS)
    terminal_id = str(uuid.UUID(int=10**6))
    batches = [
        Batch(terminal_id, 1, start + 1, GENESIS, tuple(bodies[start : start + EVENTS_PER_BATCH]))
        for start in range(0, len(bodies), EVENTS_PER_BATCH)
    ]
    return copy_rate(database_url, [[rows_of_batch(batch) for batch in batches]])


def times(took_s: dict[str, list[float]], seconds: float) -> dict[str, Any]:
    """Calls a second, median and 99 %, of each kind."""
    return {
        kind: {
            "per_s": round(len(of_kind) / seconds, 1),
            "median_ms": round(statistics.median(of_kind) * 1000, 1),
            "p99_ms": round(sorted(of_kind)[int(len(of_kind) * 0.99)] * 1000, 1),
        }
        for kind, of_kind in sorted(took_s.items())
        if of_kind and kind != "accounts_a_page"
    }


def _enrol(engine: Engine, tills: list[_Till]) -> None:
    """All tills at once: what an enrolment leaves in the tables, with a key each."""
    stores = [
        {"store_id": f"store-{region}", "name": "", "region": _region(region)}
        for region in sorted({till.region for till in tills})
    ]
    rows = [
        {
            "terminal_id": till.terminal_id,
            "terminal_number": till.number,
            "store_id": f"store-{till.region}",
            "public_key": public_key_of(till.private_key),
            "incarnation": 1,
            "last_hash": GENESIS,
            "applied_incarnation": 1,
            "replayed_incarnation": 1,
            "enrolled_at_ms": now_ms(),
            "reported_gen": 1,
        }
        for till in tills
    ]
    with engine.begin() as connection:
        # As if the first till had sent it: receipts wait to be computed again until their programmes are here.
        body = encode_programme_set(_PROGRAMMES).decode()
        programmes = {"hash": _PROGRAMMES.hash, "body": body, "received_at_ms": now_ms()}
        connection.execute(tables.programme_set.insert().values(programmes))
        connection.execute(tables.store.insert(), stores)
        connection.execute(tables.terminal.insert(), rows)


def _fill(engine: Engine, shape: Shape) -> int:
    """Members of every region with a card and points; gives the number of that change."""
    made = f"generate_series(0, {shape.regions - 1}) r, generate_series(0, {_MEMBERS_A_REGION - 1}) m"
    ref, card = "'account-' || r || '-' || m", "'29' || lpad(r::text, 4, '0') || lpad(m::text, 7, '0')"
    with engine.begin() as connection:
        number = change_number(connection)
        for into, values in (
            ("account (account_ref, provisional, regions)", f"{ref}, false, 'r' || r"),
            ("account_region (region, account_ref, change_no, since_no)", f"'r' || r, {ref}, {number}, {number}"),
            ("card (number, account_ref)", f"{card}, {ref}"),
            (
                (
                    "lot (account_ref, lot_id, issuer, programme_id, starts_at_ms, granted_units, remaining_units,"
                    " matured)"
                ),
                f"{ref}, gen_random_uuid(), 'shop', 'points', 0, 100000, 100000, true",
            ),
        ):
            connection.exec_driver_sql(f"INSERT INTO {into} SELECT {values} FROM {made}")
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    return number


def _region(number: int) -> str:
    return f"r{number}"


def _account(region: int, member: int) -> str:
    return f"account-{region}-{member}"


def _card(region: int, member: int) -> str:
    return f"29{region:04}{member:07}"
