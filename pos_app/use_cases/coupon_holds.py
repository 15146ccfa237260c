"""Coupons that headquarters was asked to reserve and that no sale uses: it gets them back by an event."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from pos_app.protocol.events import CouponVoidEvent, SaleEvent
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.views import Basket, BasketCoupon
from storage import coupons, journal
from storage.coupons import CouponHold
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_MINUTE_MS = 60_000
_STEP = 500


def give_up(till: "Till", given_up: Iterable[BasketCoupon]) -> Future[None]:
    """No sale will use these: headquarters gets back what it reserved. Repeating it changes nothing."""
    auth_ids = [coupon.auth_id for coupon in given_up if coupon.auth_id]
    return till.database.submit(lambda connection: void(till, connection, auth_ids))


def void(till: "Till", connection: Connection, auth_ids: Iterable[str]) -> None:
    """Book that these reservations are not used, in the caller's transaction, after whatever it appended."""
    for auth_id in auth_ids:
        hold = coupons.find_hold(connection, auth_id)
        if hold is not None and hold.is_open:
            _void(till, connection, hold)


def void_unused(till: "Till", connection: Connection, basket: Basket, event: SaleEvent) -> None:
    """What the basket reserved and the sale did not use is free again."""
    used = {coupon.coupon_id for coupon in event.coupons}
    void(till, connection, [one.auth_id for one in basket.coupons if one.auth_id and one.coupon_id not in used])


def void_lapsed(till: "Till") -> Future[int]:
    """Now and then: give back reservations of baskets that lie about longer than the settings say; gives how many there were."""
    before_ms = till.clock.utc_ms() - till.settings.hq.hold_minutes_max * _MINUTE_MS
    return till.database.submit(lambda connection: _void_older(till, connection, before_ms))


def void_left_open(till: "Till") -> None:
    """At the start of the program: nothing that an earlier run reserved will be used."""
    while till.database.read(lambda connection: bool(coupons.open_holds(connection, created_before_ms=2**62, limit=1))):
        till.database.write(lambda connection: _void_older(till, connection, 2**62))


def _void_older(till: "Till", connection: Connection, before_ms: int) -> int:
    left = coupons.open_holds(connection, created_before_ms=before_ms, limit=_STEP)
    for hold in left:
        _void(till, connection, hold)
    return len(left)


def _void(till: "Till", connection: Connection, hold: CouponHold) -> None:
    terminal = journal.read_terminal(connection)
    now_ms = till.clock.utc_ms()
    event = CouponVoidEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        auth_id=hold.auth_id,
        coupon_id=hold.coupon_id,
    )
    append(connection, event)
    coupons.set_state(connection, hold.auth_id, "voided")
