"""Events that an enrolled till has signed, and that no sound program writes: kept, acknowledged, set aside, never in the way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hq.apply import apply_inbox, apply_set_aside, book_what_is_due
from hq.operate import RunningHq
from hq.replay import replay
from hq.settling import settle_waiting
from pos_app.protocol.chain import GENESIS, chain_hashes
from pos_app.protocol.events import SaleEvent, encode_body
from pos_app.protocol.messages import BATCH_EVENTS_MAX, Batch, BatchAnswer
from tests.hq.abuse.specimens import (
    NUMBERS,
    OTHER_TYPES,
    PROGRAMMES,
    PROGRAMMES_BODY,
    TEXTS,
    as_bytes,
    one_of_each,
    places,
    rated,
    replaced,
)
from tests.hq.journals import Journal, accepted, enrolment, sale
from tests.hq.ledgers import LATER_MS, assert_sound, available
from tests.hq.tills import programmes_known, task_codes

KINDS = range(len(one_of_each(sale())))
_BATCH_BYTES = 1_000_000


def do_everything(hq: RunningHq) -> None:
    """All that HQ does by itself with what came in."""
    for step in (apply_inbox, settle_waiting, replay, book_what_is_due, apply_set_aside):
        step(hq.engine, now_ms=LATER_MS)


def send_all(journal: Journal, bodies: Iterator[bytes]) -> int:
    """Upload bodies of any sort in batches; each must be acknowledged. Gives how many that were."""
    seq, last_hash, count = len(journal.bodies) + 1, GENESIS, 0
    hashes = chain_hashes(GENESIS, journal.batch().first, journal.bodies)
    last_hash = hashes[-1] if hashes else GENESIS
    pending: list[bytes] = []

    def flush() -> None:
        nonlocal seq, last_hash, count
        batch = Batch(journal.terminal_id, journal.incarnation, seq, last_hash, tuple(pending))
        answer = accepted(journal.send(batch), BatchAnswer)
        assert batch.last_seq == answer.acked_seq
        last_hash = chain_hashes(last_hash, batch.first, pending)[-1]
        seq += len(pending)
        count += len(pending)
        pending.clear()

    for body in bodies:
        if len(pending) == BATCH_EVENTS_MAX or (pending and sum(map(len, pending)) + len(body) > _BATCH_BYTES):
            flush()
        pending.append(body)
    flush()
    return count


def prepared(hq: RunningHq, journal: Journal) -> SaleEvent:
    """A member with points and a sale whose programmes HQ knows."""
    programmes_known(hq.engine, PROGRAMMES, PROGRAMMES_BODY)
    sold = rated()
    journal.upload(enrolment("a", "299", ""), sale(account_ref="a", card="299", earned=1000), sold)
    do_everything(hq)
    return sold


def assert_alive(hq: RunningHq, journal: Journal) -> None:
    """Nothing waits, the ledger is sound, and an honest sale at another till is booked and read."""
    assert_sound(hq)
    assert [] == [code for code in task_codes(hq.engine) if code == "apply_failed"]
    journal.upload(enrolment("z", "999", ""), sale(account_ref="z", card="999", earned=7))
    do_everything(hq)
    cursor, states = "", {}
    while True:
        page = journal.page(cursor)
        states |= {state.account_ref: state for state in page.accounts}
        cursor = page.next_cursor
        if not page.more:
            break
    assert 7 == available(states["z"])


def tree_of(number: int, sold: SaleEvent) -> Any:
    return json.loads(encode_body(one_of_each(sold)[number]))


def with_other_values(number: int, sold: SaleEvent, kind: type, values: tuple[object, ...]) -> Iterator[bytes]:
    """A fresh event for each value in each place that holds a value of this type."""
    for at in places(tree_of(number, sold), kind):
        for value in values:
            yield as_bytes(replaced(tree_of(number, sold), at, value))


@pytest.mark.parametrize("kind", [int, str, object])
def test_that_no_value_of_a_signed_event_is_in_the_way(hq: RunningHq, enrol: Any, kind: type) -> None:
    hostile, honest = enrol(), enrol()
    sold = prepared(hq, hostile)
    values = {int: NUMBERS, str: TEXTS, object: OTHER_TYPES}[kind]
    bodies = (body for number in KINDS for body in with_other_values(number, sold, kind, values))
    import time
    t=time.time()
    n=send_all(hostile, bodies)
    print(kind, n, time.time()-t)
    do_everything(hq)
    print(time.time()-t)
    from collections import Counter
    print(Counter(task_codes(hq.engine)))

    assert_alive(hq, honest)
