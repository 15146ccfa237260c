"""The doctor: is what this till holds whole? It reads, compares and reports; it changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pos_app.protocol.chain import FIRST_SEQ, ChainBrokenError, Envelope, Link, verify_chain
from storage import health, journal, key_store, print_jobs
from storage.database import Connection
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


def examine(till: "Till") -> tuple[Finding, ...]:
    """Every check, worst news included; takes as long as reading the whole database."""
    connection = till.database.reader()
    checks: list[Callable[[Till, Connection], Finding]] = [
        _library,
        _file,
        _chain,
        _zero_sum,
        _balances,
        _receipts,
        _printing,
        _queue,
        _key,
    ]
    return tuple(check(till, connection) for check in checks)


def _library(_till: "Till", _connection: Connection) -> Finding:
    return Finding("library", Verdict.GOOD, f"SQLite {health.library_version()} is free of the WAL-reset bug.")


def _file(till: "Till", connection: Connection) -> Finding:
    problems = health.integrity_problems(connection)
    return _finding(
        "file",
        problems,
        good=f"{till.database.path.name} holds together.",
        todo="Keep the file and restore a backup; HQ has what it acknowledged.",
    )


def _chain(_till: "Till", connection: Connection) -> Finding:
    terminal = journal.read_terminal(connection)
    first = Envelope(terminal.terminal_id, terminal.incarnation, FIRST_SEQ)
    try:
        end = verify_chain(_links(connection, terminal.incarnation), first=first)
    except ChainBrokenError as error:
        return Finding(
            "chain", Verdict.BAD, f"{error} Something changed the journal. Keep the file and tell headquarters."
        )
    if end != terminal.last_hash:
        return Finding("chain", Verdict.BAD, "The journal ends before its last event. Restore the newest copy.")
    return Finding("chain", Verdict.GOOD, f"All {terminal.last_seq} events verify, from the first to the last.")


def _links(connection: Connection, incarnation: int) -> Iterator[Link]:
    after_seq = 0
    while rows := journal.read_journal(connection, incarnation=incarnation, after_seq=after_seq, limit=_PAGE_EVENTS):
        for row in rows:
            place = Envelope(row.terminal_id, row.incarnation, row.seq)
            yield Link(place, row.prev_hash, row.body or b"", row.hash)
        after_seq = rows[-1].seq


def _zero_sum(_till: "Till", connection: Connection) -> Finding:
    return _finding(
        "ledger",
        health.unbalanced_events(connection),
        good="Every booking sums to zero.",
        todo="Keep the file and report it.",
    )


def _balances(till: "Till", connection: Connection) -> Finding:
    if till.settings.till.authority == "hq":
        return Finding("balances", Verdict.NOTE, "Headquarters keeps the balances; they are compared there.")
    differences = health.lot_differences(connection) + health.overdraft_differences(connection)
    return _finding(
        "balances",
        [f"account {d.account_ref}: {d.what} says {d.stored_units}, entries {d.entries_units}" for d in differences],
        good="Every stored balance equals the sum of its entries.",
        todo="The entries are right: keep the file and report it.",
    )


def _receipts(_till: "Till", connection: Connection) -> Finding:
    return _finding(
        "receipts",
        health.sales_without_sum(connection),
        good="Lines and payments of every receipt add up to its total.",
        todo="Keep the file and report these receipts.",
    )


def _printing(_till: "Till", connection: Connection) -> Finding:
    failed = print_jobs.failed_jobs(connection)
    if failed:
        return Finding("printing", Verdict.NOTE, f"{failed} receipts failed to print. Print them again as copies.")
    return Finding("printing", Verdict.GOOD, "No receipt waits for a printer that failed.")


def _queue(till: "Till", connection: Connection) -> Finding:
    if not till.settings.hq.url:
        return Finding("headquarters", Verdict.NOTE, "This shop has no headquarters.")
    terminal = journal.read_terminal(connection)
    if terminal.sync_state != "ok":
        return Finding(
            "headquarters",
            Verdict.BAD,
            f"Headquarters does not take this till's word ({terminal.sync_state}). It sells and earns. Enrol it again.",
        )
    waiting = terminal.last_seq - terminal.acked_seq
    return Finding("headquarters", Verdict.GOOD, f"{waiting} events wait to be sent to headquarters.")


def _key(till: "Till", _connection: Connection) -> Finding:
    match key_store.place(till.database.path.parent):
        case KeyPlace.KEYSTORE:
            return Finding("key", Verdict.GOOD, "The till's key is in the system's keystore.")
        case KeyPlace.FILE:
            return Finding("key", Verdict.NOTE, "The till's key is in a file (mode 0600): weaker than a keystore.")
        case KeyPlace.NONE:
            return Finding("key", Verdict.NOTE, "The till has no key yet; it is made when it joins headquarters.")


def _finding(check: str, problems: Sequence[str], *, good: str, todo: str) -> Finding:
    if problems:
        return Finding(check, Verdict.BAD, f"{'; '.join(problems)}. {todo}")
    return Finding(check, Verdict.GOOD, good)
