"""The doctor's repair: what can be derived is put right, from the events and the entries and nothing else.

Events and entries are never touched: where they are wrong themselves, only a copy of the file helps.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from pos_app.model.staff import Permission
from pos_app.protocol.events import AuditEvent, decode_body
from pos_app.use_cases import coupon_checking, staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.checking import receipt_events, wrong_uses
from pos_app.use_cases.staffing import Approval
from storage import audit, contracts, health, journal, marks, member_history, people, rebuild, recount
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_ALL = -1
"""No limit, as SQLite has it."""


class Repaired(msgspec.Struct, frozen=True):
    """One kind of thing that was put right: ``what`` is a code, ``names`` says which (receipts, lots, accounts, events)."""

    what: str
    names: tuple[str, ...]


def repair(till: "Till", connection: Connection, *, approval: Approval | None = None) -> tuple[Repaired, ...]:
    """Put right what can be derived, in one transaction with its entry of the audit log; empty where nothing was wrong.

    Runs on the writer thread. The approval is for ``Permission.REPAIR``, without a subject.
    """
    approver_ref = staffing.check(till, Permission.REPAIR, approval)
    steps: list[Callable[[Connection], Repaired]] = [_receipts, _caps, _coupons, _audit, _search]
    if till.settings.till.authority == "local":
        steps += [_counters, _lots, _overdrafts, _marks, _contracts]
    repaired = tuple(one for step in steps if (one := step(connection)).names)
    if repaired:
        values: dict[str, int | str] = {one.what: len(one.names) for one in repaired}
        write_audit(till, connection, action="repair", approver_ref=approver_ref, values=values)
    return repaired


def _receipts(connection: Connection) -> Repaired:
    wrong = [event for event in receipt_events(connection) if not rebuild.agree(connection, event)]
    for event in wrong:
        rebuild.rewrite_sale_rows(connection, event)
    return Repaired("receipts", tuple(sorted(event.receipt_number for event in wrong)))


def _coupons(connection: Connection) -> Repaired:
    return Repaired("coupons", coupon_checking.mend(connection))


def _caps(connection: Connection) -> Repaired:
    made_up = member_history.made_up_uses(connection)
    wrong = list(wrong_uses(connection))
    for event_id in made_up:
        member_history.put_uses(connection, event_id, None)
    for event in wrong:
        member_history.put_uses(connection, event.event_id, event)
    return Repaired("caps", tuple(sorted([*made_up, *(event.event_id for event in wrong)])))


def _audit(connection: Connection) -> Repaired:
    mended: list[str] = []
    while wrong := [event_id for event_id in audit.differences(connection) if event_id not in mended]:
        for event_id in wrong:
            audit.put_row(connection, event_id, _audit_event(connection, event_id))
        mended += wrong
    return Repaired("audit", tuple(mended))


def _audit_event(connection: Connection, event_id: str) -> AuditEvent | None:
    row = journal.find_event(connection, event_id)
    if row is None or row.body is None:
        return None
    try:
        event = decode_body(row.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return event if isinstance(event, AuditEvent) else None


def _search(connection: Connection) -> Repaired:
    if people.search_is_whole(connection):
        return Repaired("search", ())
    people.rebuild_search(connection)
    return Repaired("search", ("personal_search",))


def _counters(connection: Connection) -> Repaired:
    counted = recount.recount(connection)
    before = (recount.stored_sums(connection), recount.stored_receipts(connection))
    if not counted.is_whole or before == (counted.sums, counted.receipts):
        return Repaired("counters", ())
    wrong = {key[0] for key, _minor in before[0].items() ^ counted.sums.items()}
    wrong |= {ref for ref, _count in before[1].items() ^ counted.receipts.items()}
    recount.put_counts(connection, counted)
    return Repaired("counters", tuple(sorted(wrong)))


def _lots(connection: Connection) -> Repaired:
    counted = recount.recount(connection)
    if counted.wrong_events:  # the entries are wrong themselves
        return Repaired("lots", ())
    granted = counted.granted
    wrong = {difference.what for difference in health.lot_differences(connection, limit=_ALL)}
    wrong |= set(recount.wrong_lots(connection, granted))
    return Repaired("lots", recount.put_lots(connection, sorted(wrong), granted) if wrong else ())


def _overdrafts(connection: Connection) -> Repaired:
    wrong = {difference.account_ref for difference in health.overdraft_differences(connection, limit=_ALL)}
    if wrong:
        recount.put_overdrafts(connection)
    return Repaired("overdrafts", tuple(sorted(wrong)))


def _marks(connection: Connection) -> Repaired:
    wrong = marks.wrong_accounts(connection) if recount.recount(connection).is_whole else []
    marks.put_right(connection, wrong)
    return Repaired("marks", tuple(wrong))


def _contracts(connection: Connection) -> Repaired:
    is_whole = recount.recount(connection).is_whole
    return Repaired("contracts", tuple(contracts.put_right(connection)) if is_whole else ())
