"""The doctor: is what this till holds whole? It reads, compares and reports; it changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pos_app.errors import InputError, StorageError
from pos_app.model.calendar import local_time
from pos_app.protocol.chain import FIRST_SEQ, GENESIS, ChainBrokenError, Envelope, Link, verify_chain
from pos_app.protocol.checkpoints import Checkpoint, is_genuine
from pos_app.protocol.events import ActEvent, AnyEvent, SaleEvent, decode_body
from pos_app.protocol.signing import public_key_of
from pos_app.use_cases.chance import missing_seeds, seed_sentence
from pos_app.use_cases.mirror_check import look_at
from pos_app.use_cases.pins import pepper_mark
from storage import (
    audit,
    contracts,
    health,
    journal,
    key_store,
    marks,
    member_history,
    people,
    print_jobs,
    pruning,
    rebuild,
    recount,
    staff,
)
from storage.database import Connection
from storage.journal import JournalRow, Terminal
from storage.key_store import KeyPlace

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_PAGE_EVENTS = 1_000
_SHOWN_MAX = 20
_DAY_MS = 86_400_000
_REPAIR = "Run `pos-app doctor --repair`."
Key = TypeVar("Key")


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
        "counters": _counters,
        "receipts": _receipts,
        "contracts": _contracts,
        "caps": _caps,
        "coupons": _coupons,
        "draws": _draws,
        "audit": _audit,
        "search": _search,
        "printing": _printing,
        "mirror": _mirror,
        "headquarters": _queue,
        "names": _names,
        "key": _key,
        "pins": _pins,
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


def _chain(till: "Till", connection: Connection) -> Answer:
    """The chain of every name that the till has had."""
    terminal = journal.read_terminal(connection)
    names = journal.names(connection)
    problems = [problem for name in names if (problem := _chain_problem(till, connection, terminal, name))]
    if problems:
        return Verdict.BAD, " ".join(problems)
    events = journal.count_events(connection)
    pruned = sum(point.envelope.seq for name in names if (point := journal.checkpoint_of(connection, name)))
    words = f"All {events} events verify, from the first to the last."
    return Verdict.GOOD, f"{words} A signed checkpoint vouches for the {pruned} that were pruned." if pruned else words


def _chain_problem(till: "Till", connection: Connection, terminal: Terminal, name: tuple[str, int]) -> str:
    """What is wrong with the chain of one name; empty for nothing."""
    present = (terminal.terminal_id, terminal.incarnation)
    under = msgspec.structs.replace(terminal, terminal_id=name[0], incarnation=name[1])
    try:
        checkpoint = journal.checkpoint_of(connection, name)
        if checkpoint is not None and not _is_ours(till, checkpoint):
            return "The checkpoint of the pruned events is not this till's. Keep the file and tell headquarters."
        end = _verify(_rows(connection, under), Envelope(*name, FIRST_SEQ), checkpoint)
    except ChainBrokenError as error:
        return f"{error} Something changed the journal. Keep the file and tell headquarters."
    except ValueError:  # a name that is none
        return "Events stand under a name that no till has. Keep the file and tell headquarters."
    if name == present and end != terminal.last_hash:
        return "The journal ends before its last event. Restore the newest copy."
    return ""


def _is_ours(till: "Till", checkpoint: Checkpoint) -> bool:
    private_key = key_store.load(till.database.path.parent, key_store.TERMINAL_KEY)
    return private_key is not None and is_genuine(checkpoint, public_key_of(private_key))


def _verify(rows: Iterator[JournalRow], first: Envelope, checkpoint: Checkpoint | None) -> bytes:
    """The hash at the end of a chain. Of pruned events the hashes are left: each must be the one that the next was built on."""
    prev_hash = GENESIS
    pruned_seq = 0 if checkpoint is None else checkpoint.envelope.seq
    for seq in range(first.seq, pruned_seq + 1):
        row = next(rows, None)
        expected = msgspec.structs.replace(first, seq=seq)
        if row is None or row.seq != seq:
            raise ChainBrokenError(expected, "place")
        if row.prev_hash != prev_hash:
            raise ChainBrokenError(expected, "prev_hash")
        prev_hash = row.hash
    if checkpoint is not None and prev_hash != checkpoint.hash:
        raise ChainBrokenError(checkpoint.envelope, "hash")
    first_left = msgspec.structs.replace(first, seq=pruned_seq + 1)
    return verify_chain((_link(row) for row in rows), first=first_left, prev_hash=prev_hash)


def _link(row: JournalRow) -> Link:
    return Link(Envelope(row.terminal_id, row.incarnation, row.seq), row.prev_hash, row.body or b"", row.hash)


def _rows(connection: Connection, terminal: Terminal) -> Iterator[JournalRow]:
    """The journal under one name, page by page."""
    after_seq = 0
    while rows := journal.read_journal(connection, terminal, after_seq=after_seq, limit=_PAGE_EVENTS):
        yield from rows
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
    differences = [
        *health.lot_differences(connection),
        *health.overdraft_differences(connection),
        *health.lease_differences(connection),
    ]
    counted = recount.recount(connection)
    problems = [
        f"account {d.account_ref}: {d.what} says {d.stored_units}, entries {d.entries_units}" for d in differences
    ]
    problems += [f"lot {lot_id} is not as it was given" for lot_id in recount.wrong_lots(connection, counted.granted)]
    wrong_events = [f"the entries of event {event_id} are not what it says" for event_id in counted.wrong_events]
    if wrong_events:
        return _verdict([*wrong_events[:_SHOWN_MAX], *problems], good="", todo="Keep the file and report it.")
    return _verdict(
        problems[:_SHOWN_MAX],
        good="Every stored balance equals the sum of its entries.",
        todo=f"The entries are right. {_REPAIR}",
    )


def _counters(till: "Till", connection: Connection) -> Answer:
    """What programmes count, how many receipts each member has, and what every till is to know of them."""
    if till.settings.till.authority == "hq":
        return Verdict.NOTE, "Headquarters keeps sums, numbers of receipts and marks; they are compared there."
    counted = recount.recount(connection)
    if not counted.is_whole:
        return Verdict.NOTE, "Older events were pruned: sums, numbers of receipts and marks cannot be counted again."
    sums, receipts = recount.stored_sums(connection), recount.stored_receipts(connection)
    problems = [f"account {key[0]}: the sum of {key[1]} for {key[2]}" for key in _different(sums, counted.sums)]
    problems += [f"account {ref}: the number of receipts" for ref in _different(receipts, counted.receipts)]
    problems += [f"account {ref}: the marks" for ref in marks.wrong_accounts(connection)]
    return _verdict(
        problems[:_SHOWN_MAX],
        good="Sums, receipt counts, marks are those of the events.",
        todo=f"The events are right. {_REPAIR}",
    )


def _different(stored: dict[Key, int], counted: dict[Key, int]) -> list[Key]:
    return [key for key in stored | counted if stored.get(key, 0) != counted.get(key, 0)]


def _receipts(_till: "Till", connection: Connection) -> Answer:
    lost = [f"event {seq} has lost its receipt" for seq in health.events_without_sale(connection)]
    changed = sorted({*changed_receipts(connection), *health.sales_without_sum(connection)})
    return _verdict(
        [*lost, *changed[:_SHOWN_MAX]],
        good="Every receipt is what its event says; lines and payments add up to its total.",
        todo=f"These receipts are not what their events say. The events are right. {_REPAIR}",
    )


def changed_receipts(connection: Connection) -> Iterator[str]:
    """The numbers of receipts whose rows are there and say something else than their event."""
    for event in receipt_events(connection):
        if not rebuild.agree(connection, event) and rebuild.stored_rows(connection, event.event_id) is not None:
            yield event.receipt_number


def _coupons(_till: "Till", connection: Connection) -> Answer:
    from pos_app.use_cases.coupon_checking import find_faults

    return _verdict(
        [f"coupon {name}" for name in find_faults(connection).names[:_SHOWN_MAX]],
        good="The coupons that were used here are those of the receipts' events.",
        todo=f"The events are right. {_REPAIR}",
    )


def _caps(_till: "Till", connection: Connection) -> Answer:
    """What rules with caps gave before, by which they know when to stop."""
    wrong = [*member_history.made_up_uses(connection), *(event.event_id for event in wrong_uses(connection))]
    return _verdict(
        [f"what rules gave by event {event_id}" for event_id in wrong[:_SHOWN_MAX]],
        good="What rules with caps gave is what the events say.",
        todo=f"The events are right. {_REPAIR}",
    )


def _draws(till: "Till", connection: Connection) -> Answer:
    missing = missing_seeds(till, connection)
    if not missing:
        return Verdict.GOOD, "Every draw that runs has its seed here."
    return Verdict.BAD, " ".join(map(seed_sentence, missing))


def wrong_uses(connection: Connection) -> Iterator[SaleEvent | ActEvent]:
    """The sales and acts of which something else is kept for the caps of rules than their events say."""
    for body in journal.bodies_of(connection, member_history.USING):
        event = _decoded(body)
        if isinstance(event, SaleEvent | ActEvent) and not member_history.uses_agree(connection, event):
            yield event


def receipt_events(connection: Connection) -> "Iterator[rebuild.ReceiptEvent]":
    """Every sale and return of the journal, whatever name it stands under, but for pruned and damaged ones."""
    for body in journal.bodies_of(connection, rebuild.RECEIPT_KINDS):
        event = _decoded(body)
        if isinstance(event, rebuild.ReceiptEvent):
            yield event


def _decoded(body: bytes) -> AnyEvent | None:
    try:
        return decode_body(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # the chain says so too


def _contracts(till: "Till", connection: Connection) -> Answer:
    """What was agreed, paid and taken off, by the events of this till; elsewhere headquarters' states stand in the tables."""
    if till.settings.till.authority != "local":
        return Verdict.NOTE, "Headquarters keeps the contracts; `pos-app hq contracts` lists them."
    if not recount.recount(connection).is_whole:
        return Verdict.NOTE, "Older events were pruned: contracts cannot be compared with them."
    return _verdict(
        [f"contract {number}" for number in contracts.differences(connection)[:_SHOWN_MAX]],
        good="Every contract is what its events say.",
        todo=f"The events are right. {_REPAIR}",
    )


def _audit(_till: "Till", connection: Connection) -> Answer:
    return _verdict(
        [f"the row of event {event_id}" for event_id in audit.differences(connection)],
        good=f"All {audit.count_rows(connection)} entries of the audit log are what their events say.",
        todo=f"Somebody changed them, or they are lost. The events are right. {_REPAIR}",
    )


def _search(_till: "Till", connection: Connection) -> Answer:
    if people.search_is_whole(connection):
        return Verdict.GOOD, "The search index has every name and phone number."
    return Verdict.BAD, f"The search index is not whole: some members are not found. {_REPAIR}"


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


def _mirror(till: "Till", connection: Connection) -> Answer:
    """The second copy of the journal, on another disk."""
    path = till.settings.storage.mirror
    if not path:
        return Verdict.NOTE, "No second copy is kept: storage.mirror names no file."
    try:
        look = look_at(connection, Path(path))
    except InputError as error:
        return Verdict.BAD, f"{error.what} Put its disk back, or name another file in storage.mirror."
    if look.others or look.ahead:
        words = f"The mirror has {look.others + look.ahead} events that are not this journal's: one of the two is an older copy."
        return Verdict.BAD, f"{words} Keep both, and run `pos-app restore {path}` once the till has joined again."
    if look.holes or look.damaged:
        words = f"{look.holes} events are missing in the mirror, and {look.damaged} places in it cannot be read."
        return Verdict.BAD, f"{words} Rename the file: the till begins a new one when it runs."
    if look.lag:
        return Verdict.NOTE, f"The mirror lacks the newest {look.lag} events. They are copied while the till runs."
    return Verdict.GOOD, f"The mirror has every event that the journal keeps; {look.in_both} are the same in both."


def _names(till: "Till", connection: Connection) -> Answer:
    """Whether the names of members are where they should be, for how long the till was out of touch."""
    if not till.settings.hq.url:
        return Verdict.GOOD, "Names are kept here alone: there is no headquarters."
    days_max = till.settings.hq.forget_names_days
    days = pruning.out_of_touch_ms(journal.read_terminal(connection)) / _DAY_MS
    if days <= days_max:
        return (
            Verdict.GOOD,
            f"Names are kept here; out of touch with headquarters for {days_max} days they are forgotten.",
        )
    left = pruning.confirmed_names(connection)
    if left:
        words = (
            f"{left} names and numbers should be forgotten here by now: headquarters was not met for {int(days)} days."
        )
        return Verdict.BAD, f"{words} Start the till, which does it."
    words = f"Headquarters was not met for {int(days)} days, so the names that it has were forgotten here."
    return Verdict.NOTE, f"{words} They come back when it is met."


def _key(till: "Till", _connection: Connection) -> Answer:
    match key_store.place(till.database.path.parent):
        case KeyPlace.KEYSTORE:
            return Verdict.GOOD, "The till's key is in the system's keystore."
        case KeyPlace.FILE:
            return Verdict.NOTE, "The till's key is in a file (mode 0600): weaker than a keystore."
        case KeyPlace.NONE:
            return Verdict.NOTE, "The till has no key yet; it is made when it joins headquarters."


def _pins(till: "Till", connection: Connection) -> Answer:
    if not staff.sign_in_is_wanted(connection):
        return Verdict.NOTE, "No manager has a PIN: everybody may do everything at this till."
    folder = till.database.path.parent
    pepper = key_store.load(folder, key_store.PEPPER)
    if pepper is None or pepper_mark(pepper) != staff.read_secrets(connection).pepper_mark:
        return Verdict.BAD, "The secret of the PINs is gone. Run `pos-app staff reset-pepper` with the recovery code."
    if key_store.place(folder, secret=key_store.PEPPER) is KeyPlace.FILE:
        return Verdict.NOTE, "The secret of the PINs is in a file (mode 0600): weaker than a keystore."
    return Verdict.GOOD, "The secret of the PINs is in the system's keystore."


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
