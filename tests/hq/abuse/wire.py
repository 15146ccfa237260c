"""Bodies of any sort on their way to HQ, and all that HQ does with them."""

from collections.abc import Iterable

from hq.apply import apply_inbox, apply_set_aside, book_what_is_due
from hq.operate import RunningHq
from hq.replay import replay
from hq.settling import settle_waiting
from pos_app.protocol.chain import GENESIS, chain_hashes
from pos_app.protocol.events import SaleEvent
from pos_app.protocol.messages import BATCH_EVENTS_MAX, AccountState, Batch, BatchAnswer
from tests.hq.abuse.specimens import PROGRAMMES, PROGRAMMES_BODY, rated
from tests.hq.journals import Journal, accepted, enrolment, sale
from tests.hq.ledgers import LATER_MS, assert_sound, available
from tests.hq.tills import programmes_known, task_codes

_BATCH_BYTES = 1_000_000


def do_everything(hq: RunningHq) -> None:
    """All that HQ does by itself with what came in."""
    for step in (apply_inbox, settle_waiting, replay, book_what_is_due, apply_set_aside):
        step(hq.engine, now_ms=LATER_MS)


def prepared(hq: RunningHq, journal: Journal) -> SaleEvent:
    """A member with points, and a sale whose programmes HQ knows."""
    programmes_known(hq.engine, PROGRAMMES, PROGRAMMES_BODY)
    sold = rated()
    journal.upload(enrolment("a", "299", ""), sale(account_ref="a", card="299", earned=1000), sold)
    do_everything(hq)
    return sold


def send_all(journal: Journal, bodies: Iterable[bytes]) -> int:
    """Upload bodies of any sort behind what was sent, in batches that must be acknowledged. Gives how many bodies that were."""
    sender = _Sender(journal)
    for body in bodies:
        sender.add(body)
    sender.flush()
    return sender.count


class _Sender:
    """Fills batches and sends them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seq = len(journal.bodies) + 1
        self._last_hash = [GENESIS, *chain_hashes(GENESIS, journal.batch().first, journal.bodies)][-1]
        self._bodies: list[bytes] = []
        self._bytes = 0
        self.count = 0

    def add(self, body: bytes) -> None:
        if len(self._bodies) == BATCH_EVENTS_MAX or self._bytes + len(body) > _BATCH_BYTES:
            self.flush()
        self._bodies.append(body)
        self._bytes += len(body)

    def flush(self) -> None:
        journal = self._journal
        batch = Batch(journal.terminal_id, journal.incarnation, self._seq, self._last_hash, tuple(self._bodies))
        assert batch.last_seq == accepted(journal.send(batch), BatchAnswer).acked_seq
        self._last_hash = chain_hashes(self._last_hash, batch.first, self._bodies)[-1]
        self._seq += len(self._bodies)
        self.count += len(self._bodies)
        self._bodies, self._bytes = [], 0


def assert_alive(hq: RunningHq, honest: Journal) -> None:
    """Nothing waits, nothing failed by a defect, the ledger is sound; and a sale at another till is booked and can be read."""
    assert_sound(hq)
    assert "apply_failed" not in task_codes(hq.engine)
    honest.upload(enrolment("z", "999", ""), sale(account_ref="z", card="999", earned=7))
    do_everything(hq)
    assert 7 == available(all_states(honest)["z"])


def all_states(journal: Journal) -> dict[str, AccountState]:
    """Every account that the feed of changes knows, each page of which must be sound."""
    states: dict[str, AccountState] = {}
    cursor, more = "", True
    while more:
        page = journal.page(cursor)
        states |= {state.account_ref: state for state in page.accounts}
        cursor, more = page.next_cursor, page.more
    return states
