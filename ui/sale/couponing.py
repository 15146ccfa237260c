"""Coupons on the sale screen: onto the basket, off it again, and how the screen shows them below the goods."""

import msgspec

from devices.sounder import Tone
from pos_app.use_cases.views import CouponTaken
from ui.sale.desk import Desk
from ui.sale.screen import NoticeCode


def put(desk: Desk, taken: CouponTaken) -> None:
    """Put a coupon on the basket, and say what it gives, or that it gives nothing yet."""
    coupon = taken.coupon
    desk.change(msgspec.structs.replace(desk.basket, coupons=(*desk.basket.coupons, coupon)))
    if not desk.coupon_lines[-1].gives:
        desk.say(NoticeCode.COUPON_IDLE, coupon=coupon.coupon_id)
        return
    desk.play(Tone.OK)
    if desk.notice is None:
        desk.inform(NoticeCode.COUPON_ON, {"coupon": coupon.coupon_id})


def is_marked(desk: Desk) -> bool:
    """Whether the marked row is a coupon's: they stand below the lines."""
    return len(desk.basket.lines) <= desk.marked < len(desk.basket.lines) + len(desk.basket.coupons)


def take_off(desk: Desk) -> None:
    """Take the marked coupon off the basket; headquarters may give it to another till again."""
    basket = desk.basket
    number = desk.marked - len(basket.lines)
    coupon = basket.coupons[number]
    desk.till.give_up_coupons([coupon])
    rest = basket.coupons[:number] + basket.coupons[number + 1 :]
    desk.marked = min(desk.marked, len(basket.lines) + len(rest) - 1)
    desk.change(msgspec.structs.replace(basket, coupons=rest))
    desk.inform(NoticeCode.COUPON_OFF, {"coupon": coupon.coupon_id})
