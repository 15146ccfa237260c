"""What administrators do about single accounts: see and end what is set aside or held, trust again, take a claim."""

import functools

import msgspec
from sqlalchemy import Connection, Engine, select

from hq import tables
from hq.claims import grant
from hq.database import transact
from hq.loading import load_run
from hq.received import UnbookableError
from hq.rows import HELD
from hq.working_set import WorkingSet
from pos_app.errors import InputError
from pos_app.protocol.claims import read_claim
from pos_app.protocol.events import ClaimEvent, Moment

LISTED_MAX = 1_000
_NOWHERE = Moment(
    store_id="",
    staff_ref="",
    shift_id="",
    utc_ms=0,
    zone="UTC",
    business_date="",
    boot_id="",
    monotonic_ms=0,
    hlc=0,
)


class SetAside(msgspec.Struct, frozen=True):
    """Points that one till has for itself: a lease, or a hold for a sale under way (``recalled`` is of leases)."""

    name: str
    account_ref: str
    terminal_number: int
    issuer: str
    units: int
    since_ms: int
    recalled: bool = False


def list_leases(engine: Engine) -> tuple[SetAside, ...]:
    """What is set aside for tills, the oldest first, at most so many."""
    lease, terminal = tables.lease.c, tables.terminal.c
    found = (
        select(
            lease.lease_id,
            lease.account_ref,
            terminal.terminal_number,
            lease.issuer,
            lease.units,
            lease.issued_at_ms,
            lease.recalled,
        )
        .join(tables.terminal, terminal.terminal_id == lease.holder)
        .where(lease.units > 0)
        .order_by(lease.issued_at_ms, lease.lease_id)
        .limit(LISTED_MAX)
    )
    with engine.connect() as connection:
        return tuple(SetAside(*row) for row in connection.execute(found))


def list_holds(engine: Engine) -> tuple[SetAside, ...]:
    """What is held for sales under way, the oldest first, at most so many."""
    hold, terminal = tables.hold.c, tables.terminal.c
    found = (
        select(hold.auth_id, hold.account_ref, terminal.terminal_number, hold.issuer, hold.units, hold.created_at_ms)
        .join(tables.terminal, terminal.terminal_id == hold.terminal_id)
        .where(hold.state == HELD)
        .order_by(hold.created_at_ms, hold.auth_id)
        .limit(LISTED_MAX)
    )
    with engine.connect() as connection:
        return tuple(SetAside(*row) for row in connection.execute(found))


def reinstate(engine: Engine, holder: str) -> None:
    """Let tills burn offline of an account again that was overdrawn. ``holder``: a card's number or the account.

    Raises ``InputError`` for one that is not known.
    """
    transact(engine, functools.partial(_reinstate, holder=holder))


def take_claim(engine: Engine, code: str, holder: str, *, now_ms: int) -> int:
    """Book the points of a receipt whose till is lost; gives what is new to the member, 0 where it was there all along.

    Raises ``InputError`` for a code that is not of a till of ours, or of another account.
    """
    return transact(engine, functools.partial(_claim, code=code, holder=holder, now_ms=now_ms))


def _reinstate(connection: Connection, *, holder: str) -> None:
    work = WorkingSet()
    work.load(connection, account_refs=[holder], card_numbers=[holder])
    account = work.home_of(holder) or work.holder_of(holder)
    if account is None:
        raise _unknown(holder)
    account.offline_burning = True
    work.touch(account)
    work.write(connection)


def _claim(connection: Connection, *, code: str, holder: str, now_ms: int) -> int:
    signed = read_claim(code)
    if signed is None:
        raise _no_claim()
    card = tables.card.c
    by_card = connection.execute(select(card.account_ref).where(card.number == holder)).scalar_one_or_none()
    event = ClaimEvent(
        event_id=signed.claim.event_id, moment=_NOWHERE, code=code, account_ref=by_card or holder, card_ref=""
    )
    work = load_run(connection, [event], now_ms=now_ms)
    try:
        grant(work, event, now_ms=now_ms)
    except UnbookableError as error:
        raise _unknown(holder) if error.reason == "unknown_account" else _no_claim() from error
    work.write(connection, now_ms=now_ms)
    return sum(int(row["units"]) for row in work.new_claims)


def _unknown(holder: str) -> InputError:
    return InputError(
        "hq.no_account",
        what=f"There is no card or account {holder}.",
        safe="Nothing was changed.",
        todo="Check the number.",
    )


def _no_claim() -> InputError:
    return InputError(
        "hq.claim",
        what="This is not the code of a receipt of ours, or of another member's.",
        safe="Nothing was booked.",
        todo="Compare it with the paper.",
    )
