"""Coupons at HQ: reserved for a basket, used by a sale, once more than allowed told to a person, freed by a return.

What a reservation's till does not end HQ ends by the clock, unlike a hold of points: a coupon that nobody can use is a customer's
loss, and one that is used once too often costs what one coupon is worth.
"""

import functools

from sqlalchemy import Connection, Engine, select

from hq import tables
from hq.authentication import SignedCall, authenticate_fresh_in
from hq.coupon_book import FREED, HELD, USED, VOIDED, CouponBook, CouponUse
from hq.database import transact
from hq.received import Received
from hq.refusals import RefusedError
from hq.restoring import is_restoring
from hq.terminals import Terminal
from hq.working_set import WorkingSet
from pos_app.model.identifiers import receipt_number
from pos_app.model.policy import Allowance
from pos_app.protocol.events import CouponVoidEvent, ReturnEvent, SaleEvent, UsedCoupon
from pos_app.protocol.messages import (
    CouponAnswer,
    CouponRequest,
    CouponReserveRefusal,
    ErrorCode,
    MalformedError,
    decode_message,
)

TWICE = "coupon_twice"
RESERVED_HOURS_MAX = 72
_HOUR_MS = 3_600_000


def receive_coupon(engine: Engine, call: SignedCall, *, now_ms: int) -> CouponAnswer:
    """Reserve a coupon for a basket, or say why not; raises ``RefusedError`` for a call that is none, or not a fresh one.

    The same ``auth_id`` again is answered the same as long as it is reserved, and SETTLED once a sale or a void has ended it.
    """
    return transact(engine, functools.partial(_answer, call=call, now_ms=now_ms))


def _answer(connection: Connection, *, call: SignedCall, now_ms: int) -> CouponAnswer:
    terminal = authenticate_fresh_in(connection, call, now_ms=now_ms)
    try:
        request = decode_message(call.request.body, CouponRequest)
    except MalformedError as error:
        raise RefusedError(ErrorCode.MALFORMED) from error
    book = CouponBook()
    book.load(connection, [request.coupon_id])
    known = book.find(request.coupon_id, request.auth_id)
    refusal = _refusal(connection, book, request, terminal, known, now_ms=now_ms)
    if refusal is None and known is None:
        book.put(CouponUse(request.coupon_id, request.auth_id, terminal.terminal_id, HELD, now_ms))
        book.write(connection)
    return CouponAnswer(request.auth_id, "" if refusal is None else refusal.value, now_ms)


def _refusal(
    connection: Connection,
    book: CouponBook,
    request: CouponRequest,
    terminal: Terminal,
    known: CouponUse | None,
    *,
    now_ms: int,
) -> CouponReserveRefusal | None:
    if known is not None:
        is_mine = (known.state, known.terminal_id) == (HELD, terminal.terminal_id)
        return None if is_mine else CouponReserveRefusal.SETTLED
    batch = book.batch_of(request.coupon_id)
    if batch is None:
        return CouponReserveRefusal.UNKNOWN
    if batch.withdrawn:
        return CouponReserveRefusal.WITHDRAWN
    if is_restoring(connection):
        return CouponReserveRefusal.RESTORING
    used = book.count(request.coupon_id, USED)
    if used >= batch.uses:
        return CouponReserveRefusal.USED
    since_ms = now_ms - RESERVED_HOURS_MAX * _HOUR_MS
    held = book.count(request.coupon_id, HELD, since_ms=since_ms)
    return CouponReserveRefusal.HELD if used + held >= batch.uses else None


def use(work: WorkingSet, received: Received, event: SaleEvent, *, now_ms: int) -> None:
    """A sale has used its coupons. One use more than allowed is a task, and every till is told; what was sold stays sold."""
    is_over = False
    for coupon in event.coupons:
        _use_one(work.coupons, received, event, coupon, now_ms=now_ms)
        batch = work.coupons.batch_of(coupon.coupon_id)
        used = work.coupons.count(coupon.coupon_id, USED)
        if batch is None or used < batch.uses:
            continue
        is_over = is_over or used > batch.uses
        # Where tills take coupons without HQ they are to know; else they ask.
        if used > batch.uses or work.policy.allowance is Allowance.FLOOR:
            work.coupons.tell(coupon.coupon_id, is_spent=True)
    if is_over:
        work.tasks.append(received.task(TWICE, now_ms=now_ms))


def other_receipts(connection: Connection, terminal_id: str, incarnation: int, seq: int) -> list[tuple[str, str]]:
    """For the sale at this place: its coupons that other sales have used, each with the number of such a receipt."""
    mine, other = tables.coupon_use.alias("mine"), tables.coupon_use.alias("other")
    inbox, booked, terminal = tables.inbox.c, tables.booked_event.c, tables.terminal.c
    found = (
        select(mine.c.coupon_id, terminal.terminal_number, booked.incarnation, booked.seq)
        .select_from(tables.inbox)
        .join(mine, (mine.c.event_id == inbox.event_id) & (mine.c.state == USED))
        .join(other, (other.c.coupon_id == mine.c.coupon_id) & (other.c.state == USED))
        .join(tables.booked_event, booked.event_id == other.c.event_id)
        .join(tables.terminal, terminal.terminal_id == booked.terminal_id)
        .where(inbox.terminal_id == terminal_id, inbox.incarnation == incarnation, inbox.seq == seq)
        .where(other.c.event_id != mine.c.event_id)
        .order_by(mine.c.coupon_id, other.c.event_id)
    )
    return [
        (coupon_id, receipt_number(terminal_number=number, incarnation=at, seq=place))
        for coupon_id, number, at, place in connection.execute(found)
    ]


def _use_one(book: CouponBook, received: Received, event: SaleEvent, coupon: UsedCoupon, *, now_ms: int) -> None:
    auth_id = coupon.auth_id or event.event_id
    known = book.find(coupon.coupon_id, auth_id)
    if known is not None and known.event_id is not None:
        # Two sales name one reservation: each has used the coupon.
        auth_id, known = event.event_id, None
    created_at_ms = now_ms if known is None else known.created_at_ms
    book.put(CouponUse(coupon.coupon_id, auth_id, received.terminal_id, USED, created_at_ms, event.event_id))


def void(work: WorkingSet, received: Received, event: CouponVoidEvent, *, now_ms: int) -> None:
    """A till will not use what it asked for; asked for later, it finds it ended."""
    known = work.coupons.find(event.coupon_id, event.auth_id)
    if known is None:
        known = CouponUse(event.coupon_id, event.auth_id, received.terminal_id, VOIDED, now_ms)
    elif known.state == HELD and known.terminal_id == received.terminal_id:
        known.state = VOIDED
    work.coupons.put(known)


def free(work: WorkingSet, sale: SaleEvent, event: ReturnEvent) -> None:
    """The whole receipt came back on its day: its coupons can be used again, those that the till's return says."""
    if not event.freed_coupons or event.moment.business_date != sale.moment.business_date or _is_kept(work, sale):
        return
    for used in work.coupons.uses_on(sale.event_id):
        if used.coupon_id in event.freed_coupons:
            used.state = FREED
            work.coupons.put(used)
            batch = work.coupons.batch_of(used.coupon_id)
            if batch is not None and work.coupons.count(used.coupon_id, USED) < batch.uses:
                work.coupons.tell(used.coupon_id, is_spent=False)


def _is_kept(work: WorkingSet, sale: SaleEvent) -> bool:
    """Whether some of the goods are still with the customer."""
    back_milli: dict[int, int] = {}
    for line in work.returned[sale.event_id]:
        back_milli[line.line_no] = back_milli.get(line.line_no, 0) + line.quantity_milli
    return any(back_milli.get(line.line_no, 0) < line.quantity_milli for line in sale.lines)
