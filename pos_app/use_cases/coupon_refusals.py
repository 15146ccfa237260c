"""Why a coupon is not taken, in English sentences; the screen has its own."""

from pos_app.errors import InputError
from pos_app.model.coupons import CouponRefusal

_KEPT = "The basket is as it was, and the coupon was not used up."
_WITHOUT = "Go on without it."
_AGAIN = "Take the coupon off the basket and scan it again."
_OF_REFUSAL: dict[CouponRefusal, tuple[str, str]] = {
    CouponRefusal.MISTYPED: ("A character of this coupon's code is wrong.", "Scan it, or type it again."),
    CouponRefusal.UNKNOWN: ("No coupon like this was made for this shop.", _WITHOUT),
    CouponRefusal.FORGED: (
        "The code of this coupon is made up: it is not one of ours.",
        "Keep the paper and tell the manager.",
    ),
    CouponRefusal.WAIT: (
        "Several coupons in a row were unknown or made up.",
        "Go on without a coupon; in a minute one is read again.",
    ),
    CouponRefusal.WITHDRAWN: ("This coupon was withdrawn.", _WITHOUT),
    CouponRefusal.NOT_YET: ("This coupon is good from {day} on.", _WITHOUT),
    CouponRefusal.OVER: ("This coupon was good until {day}.", _WITHOUT),
    CouponRefusal.OTHER_TILL: ("This coupon is good at another till.", "Send the customer there, or go on without it."),
    CouponRefusal.NO_RULE: ("Nothing is given for this coupon today.", _WITHOUT),
    CouponRefusal.OTHER_MEMBER: (
        "This coupon is for one member only.",
        "Scan that member's card first, or go on without it.",
    ),
    CouponRefusal.IN_BASKET: ("This coupon is on this sale already.", "Go on."),
    CouponRefusal.SAME_RULE: (
        "There is such a coupon on this sale, and only one counts.",
        "The customer can use it next time.",
    ),
    CouponRefusal.USED: ("This coupon is used up.", _WITHOUT),
    CouponRefusal.HELD: (
        "This coupon lies in a basket at another till.",
        "Ask the customer; it is free again when that basket is given up.",
    ),
    CouponRefusal.CLOCK: ("This computer's clock cannot be right, and headquarters cannot be asked.", _WITHOUT),
    CouponRefusal.STOPPED: (
        "Headquarters does not take this till's word.",
        "Go on without it, and enrol the till again.",
    ),
    CouponRefusal.NEEDS_HQ: (
        "Headquarters must be asked about this coupon, and does not answer.",
        "Try again later, or go on without it.",
    ),
    CouponRefusal.STALE: ("Headquarters was not met for too long to take this coupon.", _WITHOUT),
    CouponRefusal.LIMIT: (
        "Headquarters does not answer, and this till has taken as many coupons alone as it may.",
        "Try again when headquarters is there, or go on without it.",
    ),
    CouponRefusal.LAPSED: ("The coupon lay in the basket for too long.", _AGAIN),
    CouponRefusal.STEP_UP: ("The coupon is worth more by now than may be taken while headquarters is away.", _AGAIN),
}


class CouponRefusedError(InputError):
    """A coupon is not taken. ``values`` fill the sentence: ``day`` is an ISO date."""

    def __init__(self, refusal: CouponRefusal, values: dict[str, int | str] | None = None) -> None:
        what, todo = _OF_REFUSAL[refusal]
        self.refusal = refusal
        self.values = values or {}
        super().__init__(refusal.value, what=what.format(**self.values), safe=_KEPT, todo=todo)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.refusal, self.values)
