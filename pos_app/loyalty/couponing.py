"""Coupons and the rules that they are for: which rules want one, whether one is good now, what it gave. Pure."""

from typing import Protocol

import msgspec

from pos_app.loyalty.conditions import rests
from pos_app.loyalty.document import Access, Act, Notice, Programme
from pos_app.loyalty.plan import why_programme_rests
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import rule_key
from pos_app.model.coupons import CouponBatch, CouponRefusal
from pos_app.model.evaluation import Award, Collected, Discount, EngineResult, Taken
from pos_app.model.policy import Allowance, BurnPolicy

_GIVES_NOTHING = (Access, Act, Notice)
_HOUR_MS = 3_600_000


def coupon_rules(programmes: ProgrammeSet) -> dict[str, Programme]:
    """The rules (``programme/rule``) that a coupon can be for, with their programmes: they ask for one, and give something on a receipt."""
    return {
        rule_key(programme, rule): programme
        for programme in programmes.programmes
        for rule in programme.rules
        if rule.when is not None and rule.when.coupon and not isinstance(rule, _GIVES_NOTHING)
    }


def rule_runs(programmes: ProgrammeSet, key: str, *, business_date: str, store_id: str) -> bool:
    """Whether the rule may give something to a coupon on this day in this store."""
    programme = coupon_rules(programmes).get(key)
    if programme is None or why_programme_rests(programme, business_date, store_id) is not None:
        return False
    rule = next(rule for rule in programme.rules if rule_key(programme, rule) == key)
    return rests(rule, business_date=business_date, store_id=store_id) is None


def why_batch_rests(
    batch: CouponBatch, *, business_date: str, till_number: int, account_ref: str
) -> CouponRefusal | None:
    """Why no coupon of the batch is good now, here, for this member (empty: nobody's card was shown), or None.

    >>> batch = CouponBatch(batch_id="7KQ2M", rule="coupon/five-off", codes=9, uses=1, secret=bytes(32), last_date="2026-12-31")
    >>> why_batch_rests(batch, business_date="2026-12-31", till_number=1, account_ref="") is None
    True
    >>> why_batch_rests(batch, business_date="2027-01-01", till_number=1, account_ref="").value
    'coupon.over'
    """
    if batch.withdrawn:
        return CouponRefusal.WITHDRAWN
    if business_date < batch.first_date:
        return CouponRefusal.NOT_YET
    if batch.last_date and business_date > batch.last_date:
        return CouponRefusal.OVER
    if batch.till_number not in {0, till_number}:
        return CouponRefusal.OTHER_TILL
    return None if batch.account_ref in {"", account_ref} else CouponRefusal.OTHER_MEMBER


class AloneFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a coupon that any till may take is to be taken without HQ. ``word_age_ms`` is None where HQ was never met.

    ``taken_since_contact``: coupons that this till took so, and HQ does not have yet.
    """

    policy: BurnPolicy
    takes_our_word: bool
    believes_clock: bool
    word_age_ms: int | None
    hours_max: int
    taken_since_contact: int


def why_not_alone(facts: AloneFacts) -> CouponRefusal | None:
    """Why the till may not take a coupon without HQ that other tills may take too, or None.

    With 20 coupons from one contact to the next:

    >>> known = AloneFacts(
    ...     policy=BurnPolicy(), takes_our_word=True, believes_clock=True, word_age_ms=0, hours_max=72, taken_since_contact=19
    ... )
    >>> why_not_alone(known) is None, why_not_alone(msgspec.structs.replace(known, taken_since_contact=20)).value
    (True, 'coupon.limit')
    """
    if not facts.takes_our_word:
        return CouponRefusal.STOPPED
    if facts.policy.allowance is not Allowance.FLOOR:
        return CouponRefusal.NEEDS_HQ
    if not facts.believes_clock:
        return CouponRefusal.CLOCK
    if facts.word_age_ms is None or facts.word_age_ms > facts.hours_max * _HOUR_MS:
        return CouponRefusal.STALE
    return CouponRefusal.LIMIT if facts.taken_since_contact >= facts.policy.till_coupons else None


class Gave(Protocol):
    """What a receipt gave, as the engine says it, or the event of its sale."""

    @property
    def discounts(self) -> tuple[Discount, ...]: ...  # noqa: D102 - named like what they are
    @property
    def awards(self) -> tuple[Award, ...]: ...  # noqa: D102
    @property
    def collected(self) -> tuple[Collected, ...]: ...  # noqa: D102
    @property
    def taken(self) -> tuple[Taken, ...]: ...  # noqa: D102


def rules_that_gave(result: Gave) -> frozenset[str]:
    """The rules that took something off, gave or collected something on this receipt, or by which a reward was taken."""
    points = tuple(one for one in result.awards if one.units)
    gave: tuple[Discount | Award | Collected | Taken, ...] = (
        *result.discounts,
        *points,
        *result.collected,
        *result.taken,
    )
    return frozenset(f"{one.programme_id}/{one.rule_id}" for one in gave)


def worth_minor(result: EngineResult, key: str, *, point_worth_minor: int, points_exponent: int) -> int:
    """What a rule gave on this receipt in money: what it took off, and its points, rounded down."""
    off_minor = sum(one.amount_minor for one in result.discounts if f"{one.programme_id}/{one.rule_id}" == key)
    units = sum(one.units for one in result.awards if f"{one.programme_id}/{one.rule_id}" == key)
    return off_minor + points_minor(units, point_worth_minor=point_worth_minor, points_exponent=points_exponent)


def points_minor(units: int, *, point_worth_minor: int, points_exponent: int) -> int:
    """What points are worth in minor units, rounded down.

    >>> points_minor(250, point_worth_minor=10, points_exponent=2)
    25
    """
    return int(units * point_worth_minor // 10**points_exponent)
