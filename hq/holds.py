"""Points held for a sale that is under way: the till asks, the sale's event captures, a void gives them back."""

import functools
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, func, select

from hq import tables
from hq.authentication import SignedCall, authenticate_fresh_in
from hq.database import transact
from hq.refusals import RefusedError
from hq.restoring import is_restoring
from hq.rows import HELD, VOIDED, Account, Hold
from hq.working_set import WorkingSet
from pos_app.errors import InputError
from pos_app.loyalty.ledger import own_leases
from pos_app.model.accounts import AccountStatus
from pos_app.protocol.messages import (
    ErrorCode,
    HoldAnswer,
    HoldRefusal,
    HoldRequest,
    MalformedError,
    decode_message,
)

_hold = tables.hold.c
_columns = [tables.hold.c[name] for name in Hold.__struct_fields__]


def receive_hold(engine: Engine, call: SignedCall, *, now_ms: int) -> HoldAnswer:
    """Hold what is asked for, or nothing and say why; raises ``RefusedError`` for a call that is none, or not a fresh one.

    What was refused for want of points must not be granted to somebody who recorded it, so each asking is signed anew.
    The same ``auth_id`` again is answered the same as long as it is held, and SETTLED once a sale or a void has ended it, also
    where that came first.
    """
    return transact(engine, functools.partial(_answer, call=call, now_ms=now_ms))


def read_held(connection: Connection, account_refs: Sequence[str]) -> dict[str, dict[str, int]]:
    """What is held of these accounts for sales under way, by issuer."""
    units = func.sum(_hold.units)
    found = (
        select(_hold.account_ref, _hold.issuer, units)
        .where(_hold.account_ref.in_(account_refs), _hold.state == HELD)
        .group_by(_hold.account_ref, _hold.issuer)
    )
    held: dict[str, dict[str, int]] = defaultdict(dict)
    for account_ref, issuer, of_issuer in connection.execute(found):
        held[account_ref][issuer] = int(of_issuer)
    return held


def void_hold(engine: Engine, auth_id: str) -> int:
    """End a hold in the place of its till, which is lost; gives the points that are free again.

    Raises ``InputError`` for one that is not held.
    """
    return transact(engine, functools.partial(_void, auth_id=auth_id))


def _answer(connection: Connection, *, call: SignedCall, now_ms: int) -> HoldAnswer:
    terminal = authenticate_fresh_in(connection, call, now_ms=now_ms)
    request = _asked(call)
    work = WorkingSet(terminal.region)
    work.load(connection, account_refs=[request.account_ref])
    account = work.home_of(request.account_ref)
    if account is None:
        return _refused(request, HoldRefusal.UNKNOWN_ACCOUNT, now_ms=now_ms)
    hold = _find(connection, work, request.auth_id)
    refusal = None if _is_same(hold, terminal.terminal_id) else _refusal(connection, account, hold)
    if refusal is not None:
        return _refused(request, refusal, now_ms=now_ms)
    earlier = work.holds.get(request.replaces)
    earlier = earlier if _is_same(earlier, terminal.terminal_id) else None
    mine = (request.auth_id, "" if earlier is None else earlier.auth_id)
    free_units = work.free_units(account, request.issuer, at_ms=now_ms, holder=terminal.terminal_id, but=mine)
    answer = _held(work, account, hold, request, terminal.terminal_id, free_units=free_units, now_ms=now_ms)
    if earlier is not None and answer.held_units:
        # The till asked for another number of points for the same sale, and has it.
        earlier.state = VOIDED
        work.put_hold(earlier)
    work.write(connection, now_ms=now_ms)
    return answer


def _asked(call: SignedCall) -> HoldRequest:
    try:
        return decode_message(call.request.body, HoldRequest)
    except MalformedError as error:
        raise RefusedError(ErrorCode.MALFORMED) from error


def _is_same(hold: Hold | None, terminal_id: str) -> bool:
    """Whether this till holds it already: the answer is the same again."""
    return hold is not None and hold.state == HELD and hold.terminal_id == terminal_id


def _held(
    work: WorkingSet,
    account: Account,
    hold: Hold | None,
    request: HoldRequest,
    terminal_id: str,
    *,
    free_units: int,
    now_ms: int,
) -> HoldAnswer:
    if hold is not None:
        return HoldAnswer(request.auth_id, hold.units, max(0, free_units - hold.units), hq_time_ms=now_ms)
    if request.units > free_units:
        _recall_what_is_missing(work, account, request, terminal_id, free_units=free_units, now_ms=now_ms)
        return _refused(request, HoldRefusal.BALANCE, now_ms=now_ms, available_units=free_units)
    work.put_hold(Hold(account.account_ref, request.auth_id, terminal_id, request.issuer, request.units, HELD, now_ms))
    work.touch(account)
    return HoldAnswer(request.auth_id, request.units, free_units - request.units, hq_time_ms=now_ms)


def _refusal(connection: Connection, account: Account, hold: Hold | None) -> HoldRefusal | None:
    """Why nothing can be held, whatever the balance is."""
    if hold is not None:
        return HoldRefusal.SETTLED
    if is_restoring(connection):
        return HoldRefusal.RESTORING
    return None if account.status == AccountStatus.ACTIVE else HoldRefusal.FROZEN


def _find(connection: Connection, work: WorkingSet, auth_id: str) -> Hold | None:
    """The hold of this name, in whatever state, at one of the account's names."""
    found = select(*_columns).where(_hold.account_ref.in_(list(work.accounts)), _hold.auth_id == auth_id)
    row = connection.execute(found).one_or_none()
    return None if row is None else Hold(*row)


def _recall_what_is_missing(
    work: WorkingSet, account: Account, request: HoldRequest, terminal_id: str, *, free_units: int, now_ms: int
) -> None:
    """The member has the points, but other tills hold them: they are asked to give them back."""
    leases = work.books_of(account).leases
    elsewhere = {lease.holder for lease in leases} - {terminal_id}
    leased_units = sum(
        lease.units
        for holder in elsewhere
        for lease in own_leases(leases, holder=holder, issuer=request.issuer, at_ms=now_ms)
    )
    if leased_units and free_units + leased_units >= request.units:
        work.recall(account)


def _refused(request: HoldRequest, refusal: HoldRefusal, *, now_ms: int, available_units: int = 0) -> HoldAnswer:
    return HoldAnswer(request.auth_id, 0, available_units, refusal.value, now_ms)


def _void(connection: Connection, *, auth_id: str) -> int:
    refs = connection.execute(select(_hold.account_ref).where(_hold.auth_id == auth_id, _hold.state == HELD)).scalars()
    work = WorkingSet()
    work.load(connection, account_refs=list(refs))
    hold = work.holds.get(auth_id)
    if hold is None:
        raise InputError(
            "hq.no_hold",
            what=f"Nothing is held under {auth_id}.",
            safe="Nothing was changed.",
            todo="`pos-app hq holds` lists what is held.",
        )
    account = work.home_of(hold.account_ref)
    assert account is not None, "a hold is of an account"
    hold.state = VOIDED
    work.put_hold(hold)
    work.touch(account)
    work.write(connection)
    return hold.units
