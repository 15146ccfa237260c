"""The doctor: is what this till holds whole? It reads, compares and reports; it changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import StorageError
from pos_app.model.calendar import local_time
from pos_app.protocol.chain import FIRST_SEQ, ChainBrokenError, Envelope, Link, verify_chain
from storage import health, journal, key_store, print_jobs
from storage.database import Connection
from storage.journal import Terminal
from storage.key_store import KeyPlace

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_PAGE_EVENTS = 1_000


class Verdict(StrEnum):
    """How one check came out."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """One check: what was looked at, how it came out, and in words what was found and what to do."""

    check: str
    verdict: Verdict
    words: str


Answer = tuple[Verdict, str]


def examine(till: "Till") -> tuple[Finding, ...]:
    """Every check in its order; takes as long as reading the whole database. A check that the disk stops is bad news too."""
    checks: dict[str, Callable[[Till, Connection], Answer]] = {
        "library": _library,
        "file": _file,
        "chain": _chain,
        "ledger": _zero_sum,
        "balances": _balances,
        "receipts": _receipts,
        "printing": _printing,
        "headquarters": _queue,
        "key": _key,
        "clock": _clock,
    }
    return tuple(Finding(name, *_answer(till, check)) for name, check in checks.items())


def examine_clock(till: "Till") -> Finding:
    """The clock alone: quick."""
    return Finding("clock", *_answer(till, _clock))


def _answer(till: "Till", check: "Callable[[Till, Connection], Answer]") -> Answer:
    try:
        return till.database.read(lambda connection: check(till, connection))
    except StorageError as error:
        return Verdict.BAD, str(error)


def _library(_till: "Till", _connection: Connection) -> Answer:
    return Verdict.GOOD, f"SQLite {health.library_version()} is free of the WAL-reset bug."


def _file(till: "Till", connection: Connection) -> Answer:
    problems = health.integrity_problems(connection)
    return _verdict(
        problems,
        good=f"{till.database.path.name} holds together.",
        todo="Keep the file and restore a backup; HQ has what it acknowledged.",
    )


def _chain(_till: "Till", connection: Connection) -> Answer:
    terminal = journal.read_terminal(connection)
    first = Envelope(terminal.terminal_id, terminal.incarnation, FIRST_SEQ)
    try:
        end = verify_chain(_links(connection, terminal), first=first)
    except ChainBrokenError as error:
        return Verdict.BAD, f"{error} Something changed the journal. Keep the file and tell headquarters."
    if end != terminal.last_hash:
        return Verdict.BAD, "The journal ends before its last event. Restore the newest copy."
    return Verdict.GOOD, f"All {terminal.last_seq} events verify, from the first to the last."


def _links(connection: Connection, terminal: Terminal) -> Iterator[Link]:
    after_seq = 0
    while rows := journal.read_journal(connection, terminal, after_seq=after_seq, limit=_PAGE_EVENTS):
        for row in rows:
            place = Envelope(row.terminal_id, row.incarnation, row.seq)
            yield Link(place, row.prev_hash, row.body or b"", row.hash)
        after_seq = rows[-1].seq


def _zero_sum(_till: "Till", connection: Connection) -> Answer:
    return _verdict(
        health.unbalanced_events(connection),
        good="Every booking sums to zero.",
        todo="Keep the file and report it.",
    )


def _balances(till: "Till", connection: Connection) -> Answer:
    if till.settings.till.authority == "hq":
        return Verdict.NOTE, "Headquarters keeps the balances; they are compared there."
    differences = health.lot_differences(connection) + health.overdraft_differences(connection)
    return _verdict(
        [f"account {d.account_ref}: {d.what} says {d.stored_units}, entries {d.entries_units}" for d in differences],
        good="Every stored balance equals the sum of its entries.",
        todo="The entries are right: keep the file and report it.",
    )


def _receipts(_till: "Till", connection: Connection) -> Answer:
    lost = [f"event {seq} has lost its receipt" for seq in health.events_without_sale(connection)]
    return _verdict(
        [*lost, *health.sales_without_sum(connection)],
        good="Lines and payments of every receipt add up to its total.",
        todo="Keep the file and report these receipts.",
    )


def _printing(_till: "Till", connection: Connection) -> Answer:
    failed = print_jobs.failed_jobs(connection)
    if failed:
        return Verdict.NOTE, f"{failed} receipts failed to print. Print them again as copies."
    return Verdict.GOOD, "No receipt waits for a printer that failed."


def _queue(till: "Till", connection: Connection) -> Answer:
    if not till.settings.hq.url:
        return Verdict.NOTE, "This shop has no headquarters."
    terminal = journal.read_terminal(connection)
    if terminal.sync_state != "ok":
        words = (
            f"Headquarters does not take this till's word ({terminal.sync_state}). It sells and earns. Enrol it again."
        )
        return Verdict.BAD, words
    if terminal.hq_public_key is None:
        return Verdict.BAD, "This till has not joined headquarters: make a code there and run `pos-app join CODE`."
    waiting = terminal.last_seq - terminal.acked_seq
    return Verdict.GOOD, f"{waiting} {'event waits' if waiting == 1 else 'events wait'} to be sent to headquarters."


def _key(till: "Till", _connection: Connection) -> Answer:
    match key_store.place(till.database.path.parent):
        case KeyPlace.KEYSTORE:
            return Verdict.GOOD, "The till's key is in the system's keystore."
        case KeyPlace.FILE:
            return Verdict.NOTE, "The till's key is in a file (mode 0600): weaker than a keystore."
        case KeyPlace.NONE:
            return Verdict.NOTE, "The till has no key yet; it is made when it joins headquarters."


def _clock(till: "Till", connection: Connection) -> Answer:
    terminal = journal.read_terminal(connection)
    zone_name = till.settings.shop.zone
    now_ms = till.clock.utc_ms()
    if till.believes_clock(terminal, now_ms):
        return Verdict.GOOD, "The clock agrees with the last use of the till."
    now = f"{local_time(utc_ms=now_ms, zone_name=zone_name):%Y-%m-%d %H:%M}"
    last = f"{local_time(utc_ms=terminal.trusted_ms, zone_name=zone_name):%Y-%m-%d %H:%M}"
    words = (
        f"The clock says {now}, but when the till was last used it was {last}. It sells and earns; points are neither "
        "burned nor do they expire. Set the clock right, or run `pos-app clock --confirm` if it is."
    )
    return Verdict.BAD, words


def _verdict(problems: Sequence[str], *, good: str, todo: str) -> Answer:
    if problems:
        return Verdict.BAD, f"{'; '.join(problems)}. {todo}"
    return Verdict.GOOD, good
