"""A card that a till does not know: a member of another region is at the counter, or one whose change has not come yet."""

import functools

from sqlalchemy import Connection, Engine

from hq.authentication import SignedCall, authenticate_fresh_in
from hq.checks import is_ref
from hq.database import transact
from hq.refusals import RefusedError
from hq.states import read_states, these
from hq.terminals import get_terminal
from hq.working_set import WorkingSet
from pos_app.protocol.messages import CardAnswer, ErrorCode


def look_up(engine: Engine, call: SignedCall, *, number: str, now_ms: int) -> CardAnswer:
    """The card's account as it is now, for the till that asks; its region hears of the account from now on.

    Raises ``RefusedError`` for a call that is none or not a fresh one, and for what can be no card (404).
    """
    if not is_ref(number):
        raise RefusedError(ErrorCode.NOT_FOUND)
    return transact(engine, functools.partial(_answer, call=call, number=number, now_ms=now_ms))


def _answer(connection: Connection, *, call: SignedCall, number: str, now_ms: int) -> CardAnswer:
    region = authenticate_fresh_in(connection, call, now_ms=now_ms).region
    work = WorkingSet(region)
    work.load(connection, account_refs=(), card_numbers=[number])
    account = work.holder_of(number)
    if account is None:
        return CardAnswer(number, hq_time_ms=now_ms)
    if region not in account.regions.split():
        work.touch(account)
        work.write(connection, now_ms=now_ms)
    # How far the ledger counts this till is read behind the account's lock: what is booked of it now waits for us.
    terminal = get_terminal(connection, call.request.terminal_id)
    (state,) = read_states(connection, terminal, these(connection, [account.account_ref]))
    return CardAnswer(number, state, now_ms)
