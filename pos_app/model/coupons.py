"""Coupons: batches of codes that are made together, and why a coupon is not taken."""

from enum import StrEnum
from typing import Annotated

import msgspec

CODES_MAX = 1_000_000
"""Of a batch."""
USES_MAX = 1_000_000
Day = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", max_length=10)]


class CouponBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Coupons of one rule (``programme/rule``), numbered from 1 to ``codes``, each good for ``uses`` receipts.

    Empty dates (business dates, both included) do not limit; an account means that member only, ``till_number`` that till only
    (0: any). ``secret`` tells the batch's codes from guesses: who has it can make codes. ``is_own``: made at this till, which alone
    knows it.
    """

    batch_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{5}$", max_length=5)]
    rule: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    codes: Annotated[int, msgspec.Meta(ge=1, le=CODES_MAX)]
    uses: Annotated[int, msgspec.Meta(ge=1, le=USES_MAX)]
    secret: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    first_date: Day = ""
    last_date: Day = ""
    account_ref: Annotated[str, msgspec.Meta(max_length=64)] = ""
    till_number: Annotated[int, msgspec.Meta(ge=0, le=99_999)] = 0
    withdrawn: bool = False
    is_own: bool = False


class CouponRefusal(StrEnum):
    """Why a coupon is not taken: stable codes, for words on the screen."""

    MISTYPED = "coupon.mistyped"
    UNKNOWN = "coupon.unknown"
    """No batch here has it."""
    FORGED = "coupon.forged"
    WAIT = "coupon.wait"
    """Too many that were unknown or forged in a row."""
    WITHDRAWN = "coupon.withdrawn"
    NOT_YET = "coupon.not_yet"
    OVER = "coupon.over"
    OTHER_TILL = "coupon.other_till"
    NO_RULE = "coupon.no_rule"
    """No programme that runs today has its rule."""
    OTHER_MEMBER = "coupon.other_member"
    IN_BASKET = "coupon.in_basket"
    SAME_RULE = "coupon.same_rule"
    """Another one of its rule is on the sale: a rule gives once a receipt."""
    USED = "coupon.used"
    HELD = "coupon.held"
    """It lies in a basket at another till."""
    CLOCK = "coupon.clock"
    STOPPED = "coupon.stopped"
    """HQ no longer takes this till's word."""
    NEEDS_HQ = "coupon.needs_hq"
    """HQ cannot be asked, and lets no such coupon be taken without it."""
    STALE = "coupon.stale"
    """HQ was never met, or too long ago."""
    LIMIT = "coupon.limit"
    """As many as may be taken here without HQ were taken."""
    LAPSED = "coupon.lapsed"
    """HQ's word about it is too old."""
    STEP_UP = "coupon.step_up"
    """It is worth so much that somebody must allow it."""


def coupon_id(batch_id: str, serial: int) -> str:
    """What a coupon is called everywhere but on its paper: nobody can make its code of it.

    >>> coupon_id("7KQ2M", 42)
    '7KQ2M-42'
    """
    return f"{batch_id}-{serial}"


def batch_of(coupon: str) -> str:
    """The batch of a coupon, by its id.

    >>> batch_of("7KQ2M-42")
    '7KQ2M'
    """
    return coupon.partition("-")[0]
