"""Coupons in words: why one is not taken, and why one that lies on the basket gives nothing. The source text of each code."""

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from pos_app.loyalty import reasons
from pos_app.model.coupons import CouponRefusal
from pos_app.use_cases.views import CouponLine
from ui.noop import QT_TRANSLATE_NOOP


class Refused(NamedTuple):
    """What happened, and what to do; what is safe is the same for all."""

    what: str
    todo: str


SAFE = QT_TRANSLATE_NOOP("Coupon", "The basket is as it was, and the coupon was not used up.")
_WITHOUT = QT_TRANSLATE_NOOP("Coupon", "Go on without it.")
_AGAIN = QT_TRANSLATE_NOOP("Coupon", "Take the coupon off the basket and scan it again.")
_LATER = QT_TRANSLATE_NOOP("Coupon", "Try again when headquarters is there, or go on without it.")

REFUSALS: dict[str, Refused] = {
    CouponRefusal.MISTYPED: Refused(
        QT_TRANSLATE_NOOP("Coupon", "A character of this coupon's code is wrong."),
        QT_TRANSLATE_NOOP("Coupon", "Scan it, or type it again."),
    ),
    CouponRefusal.UNKNOWN: Refused(
        QT_TRANSLATE_NOOP("Coupon", "No coupon like this was made for this shop."), _WITHOUT
    ),
    CouponRefusal.FORGED: Refused(
        QT_TRANSLATE_NOOP("Coupon", "The code of this coupon is made up: it is not one of ours."),
        QT_TRANSLATE_NOOP("Coupon", "Keep the paper and tell the manager."),
    ),
    CouponRefusal.WAIT: Refused(
        QT_TRANSLATE_NOOP("Coupon", "Several coupons in a row were unknown or made up."),
        QT_TRANSLATE_NOOP("Coupon", "Go on without a coupon; in a minute one is read again."),
    ),
    CouponRefusal.WITHDRAWN: Refused(QT_TRANSLATE_NOOP("Coupon", "This coupon was withdrawn."), _WITHOUT),
    CouponRefusal.NOT_YET: Refused(QT_TRANSLATE_NOOP("Coupon", "This coupon is good from {day} on."), _WITHOUT),
    CouponRefusal.OVER: Refused(QT_TRANSLATE_NOOP("Coupon", "This coupon was good until {day}."), _WITHOUT),
    CouponRefusal.OTHER_TILL: Refused(
        QT_TRANSLATE_NOOP("Coupon", "This coupon is good at another till."),
        QT_TRANSLATE_NOOP("Coupon", "Send the customer there, or go on without it."),
    ),
    CouponRefusal.NO_RULE: Refused(QT_TRANSLATE_NOOP("Coupon", "Nothing is given for this coupon today."), _WITHOUT),
    CouponRefusal.OTHER_MEMBER: Refused(
        QT_TRANSLATE_NOOP("Coupon", "This coupon is for one member only."),
        QT_TRANSLATE_NOOP("Coupon", "Scan that member's card first, or go on without it."),
    ),
    CouponRefusal.IN_BASKET: Refused(
        QT_TRANSLATE_NOOP("Coupon", "This coupon is on this sale already."), QT_TRANSLATE_NOOP("Coupon", "Go on.")
    ),
    CouponRefusal.SAME_RULE: Refused(
        QT_TRANSLATE_NOOP("Coupon", "There is such a coupon on this sale, and only one counts."),
        QT_TRANSLATE_NOOP("Coupon", "The customer can use it next time."),
    ),
    CouponRefusal.USED: Refused(QT_TRANSLATE_NOOP("Coupon", "This coupon is used up."), _WITHOUT),
    CouponRefusal.HELD: Refused(
        QT_TRANSLATE_NOOP("Coupon", "This coupon lies in a basket at another till."),
        QT_TRANSLATE_NOOP("Coupon", "Ask the customer; it is free again when that basket is given up."),
    ),
    CouponRefusal.CLOCK: Refused(
        QT_TRANSLATE_NOOP("Coupon", "This till's clock cannot be right, and headquarters cannot be asked."), _WITHOUT
    ),
    CouponRefusal.STOPPED: Refused(
        QT_TRANSLATE_NOOP("Coupon", "Headquarters does not take this till's word."),
        QT_TRANSLATE_NOOP("Coupon", "Go on without it, and have the till enrolled again."),
    ),
    CouponRefusal.NEEDS_HQ: Refused(
        QT_TRANSLATE_NOOP("Coupon", "Headquarters must be asked about this coupon, and does not answer."), _LATER
    ),
    CouponRefusal.STALE: Refused(
        QT_TRANSLATE_NOOP("Coupon", "Headquarters was not met for too long to take this coupon."), _WITHOUT
    ),
    CouponRefusal.LIMIT: Refused(
        QT_TRANSLATE_NOOP("Coupon", "Headquarters is away, and this till has taken as many coupons alone as it may."),
        _LATER,
    ),
    CouponRefusal.LAPSED: Refused(QT_TRANSLATE_NOOP("Coupon", "The coupon lay in the basket for too long."), _AGAIN),
    CouponRefusal.STEP_UP: Refused(
        QT_TRANSLATE_NOOP("Coupon", "The coupon is worth more by now than may be taken while headquarters is away."),
        _AGAIN,
    ),
}

_NOT_THEIRS = QT_TRANSLATE_NOOP("Coupon", "gives nothing: it is another member's")
_NOTHING = QT_TRANSLATE_NOOP("Coupon", "gives nothing on these goods")
_WHY: dict[str, str] = {
    reasons.NO_MEMBER: QT_TRANSLATE_NOOP("Coupon", "gives nothing without a member's card"),
    reasons.WHEN_RECEIPT_FROM: QT_TRANSLATE_NOOP("Coupon", "gives something from {from_minor} on"),
    reasons.WHEN_HOURS: QT_TRANSLATE_NOOP("Coupon", "gives nothing at this hour"),
    reasons.WHEN_RECEIPT_NUMBER: QT_TRANSLATE_NOOP("Coupon", "gives something from purchase {from_receipt} on"),
    reasons.WHEN_CARD_CLASS: QT_TRANSLATE_NOOP("Coupon", "gives nothing to this class of card"),
    reasons.WHEN_TIER: QT_TRANSLATE_NOOP("Coupon", "gives nothing to this member"),
    reasons.WHEN_SEGMENT: QT_TRANSLATE_NOOP("Coupon", "gives nothing to this member"),
    reasons.WHEN_BIRTHDAY: QT_TRANSLATE_NOOP("Coupon", "gives something on the member's birthday"),
    reasons.WHEN_VERIFIED: QT_TRANSLATE_NOOP("Coupon", "gives something once it was checked who the member is"),
    reasons.BEATEN: QT_TRANSLATE_NOOP("Coupon", "gives nothing: another discount is better"),
    reasons.GROUP_BEATEN: QT_TRANSLATE_NOOP("Coupon", "gives nothing: another discount is better"),
    reasons.PRICED_BY_HAND: QT_TRANSLATE_NOOP("Coupon", "gives nothing on prices that were set by hand"),
    reasons.CAP_REACHED: QT_TRANSLATE_NOOP("Coupon", "gives no more: its limit is reached"),
    reasons.CAP_RECEIPTS: QT_TRANSLATE_NOOP("Coupon", "gives no more: its limit is reached"),
    reasons.GUARD: QT_TRANSLATE_NOOP("Coupon", "gives nothing on these goods"),
}


def why_idle(line: CouponLine) -> str:
    """Why a coupon gives nothing, translated, with the names of the reason's values in braces."""
    if not line.is_theirs:
        return _translated(_NOT_THEIRS)
    source = _NOTHING if line.reason is None else _WHY.get(line.reason.code, _NOTHING)
    return _translated(source)


def refused(code: str) -> tuple[str, str, str] | None:
    """What happened, what is safe and what to do, translated; None for a code that is none of a coupon's."""
    sources = REFUSALS.get(code)
    return None if sources is None else (_translated(sources.what), _translated(SAFE), _translated(sources.todo))


def _translated(source: str) -> str:
    return QCoreApplication.translate("Coupon", source)
