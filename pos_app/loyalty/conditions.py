"""When a rule applies: the conditions of a document as checks.

What a day and a store decide is decided once for the plan of that day; the rest is checked for each receipt, in the order below,
and the first condition that does not hold is the reason.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from pos_app.loyalty import reasons
from pos_app.loyalty.document import (
    CAP_PERIODS,
    POINTS_POOL,
    AnyRule,
    Caps,
    Holding,
    Hours,
    Programme,
    ReceiptNumber,
    When,
)
from pos_app.loyalty.rating import Check, MemberCheck, rule_key
from pos_app.model.calendar import local_time
from pos_app.model.evaluation import EngineInput, MemberContext, Reason, ReasonValue
from pos_app.model.identifiers import ledger_unit, pool_of

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def rests(rule: AnyRule, *, business_date: str, store_id: str) -> Reason | None:
    """Why a rule does not apply on this day in this store, or None."""
    when = rule.when
    if when is None:
        return None
    day = date.fromisoformat(business_date)
    if when.weekdays and _WEEKDAYS[day.weekday()] not in when.weekdays:
        return Reason(reasons.WHEN_WEEKDAY, {"weekday": _WEEKDAYS[day.weekday()]})
    if when.dates and not any(window.begin <= day <= window.end for window in when.dates):
        return Reason(reasons.WHEN_DATES, {"business_date": business_date})
    if when.holidays and business_date[5:] not in when.holidays:
        return Reason(reasons.WHEN_HOLIDAYS, {"business_date": business_date})
    if when.stores and store_id not in when.stores:
        return Reason(reasons.WHEN_STORE, {"store": store_id})
    return None


def receipt_checks(programme: Programme, rule: AnyRule) -> tuple[Check, ...]:
    """The conditions that look at the receipt, whoever buys."""
    when = rule.when or When()
    given: list[Check] = []
    if when.hours:
        given.append(_hours(when.hours))
    if when.receipt_from_minor is not None:
        given.append(_receipt_from(when.receipt_from_minor))
    if when.coupon:
        given.append(_coupon(rule_key(programme, rule)))
    return tuple(given)


def member_checks(programme: Programme, rule: AnyRule) -> tuple[MemberCheck, ...]:
    """The conditions that look at the member; without a card none of them holds."""
    when = rule.when or When()
    key = rule_key(programme, rule)
    caps = () if rule.caps is None else _receipt_caps(rule.caps, key)
    return (*_standing(programme, when), *_history(programme, when, key), *caps)


def _standing(programme: Programme, when: When) -> Iterator[MemberCheck]:
    """Who the member is to the shop."""
    if programme.segments:
        yield _segment(programme.segments)
    if when.receipt_number is not None:
        yield _receipt_number(when.receipt_number)
    if when.card_classes:
        yield _card_class(when.card_classes)
    if when.tiers:
        yield _tier(programme.id, when.tiers)
    if when.segments:
        yield _segment(when.segments)
    if when.verified:
        yield _verified


def _history(programme: Programme, when: When, key: str) -> Iterator[MemberCheck]:
    """What the member has, did and chose."""
    if when.holds is not None:
        yield _holds(ledger_unit(programme.issuer, when.holds.pool), when.holds)
    if when.birthday is not None:
        yield _fact(f"{key}:birthday", reasons.WHEN_BIRTHDAY)
    if when.bought is not None:
        yield _fact(f"{key}:bought", reasons.WHEN_BOUGHT)
    if when.chosen is not None:
        yield _chosen(key)


def _receipt_caps(caps: Caps, key: str) -> list[MemberCheck]:
    """On how many of the member's receipts the rule may give anything."""
    given = []
    for period in CAP_PERIODS:
        most: int | None = getattr(caps, f"receipts_{period}")
        if most is not None:
            given.append(_receipts_cap(f"{key}:receipts_{period}", most, period))
    return given


def _receipts_cap(counter: str, most: int, period: str) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        if member.used.get(counter, 0) < most:
            return None
        return Reason(reasons.CAP_RECEIPTS, {"receipts": most, "period": period})

    return check


def _hours(windows: tuple[Hours, ...]) -> Check:
    def check(engine_input: EngineInput) -> Reason | None:
        clock = time_of_day(engine_input.utc_ms // 60_000, engine_input.zone)
        if any(_is_within(window, clock) for window in windows):
            return None
        return Reason(reasons.WHEN_HOURS, {"time": clock})

    return check


def _is_within(window: Hours, clock: str) -> bool:
    if window.begin <= window.end:
        return window.begin <= clock < window.end
    return clock >= window.begin or clock < window.end


@lru_cache(maxsize=256)
def time_of_day(utc_minute: int, zone_name: str) -> str:
    """The store's clock at this minute since 1970: ``17:05``."""
    return f"{local_time(utc_ms=utc_minute * 60_000, zone_name=zone_name):%H:%M}"


def _receipt_from(minimum_minor: int) -> Check:
    def check(engine_input: EngineInput) -> Reason | None:
        sum_minor = sum(line.amount_minor for line in engine_input.lines)
        if sum_minor >= minimum_minor:
            return None
        return Reason(reasons.WHEN_RECEIPT_FROM, {"from_minor": minimum_minor, "sum_minor": sum_minor})

    return check


def _coupon(key: str) -> Check:
    def check(engine_input: EngineInput) -> Reason | None:
        return None if key in engine_input.coupons else Reason(reasons.WHEN_COUPON, {})

    return check


def _receipt_number(wanted: ReceiptNumber) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        number = member.receipts_before + 1
        if wanted.begin <= number and (wanted.end is None or number <= wanted.end):
            return None
        values: dict[str, ReasonValue] = {"receipt": number, "from_receipt": wanted.begin}
        return Reason(
            reasons.WHEN_RECEIPT_NUMBER, values | ({} if wanted.end is None else {"until_receipt": wanted.end})
        )

    return check


def _card_class(classes: frozenset[str]) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        if member.card_class in classes:
            return None
        return Reason(reasons.WHEN_CARD_CLASS, {"card_class": member.card_class})

    return check


def _tier(programme_id: str, tiers: frozenset[str]) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        tier = member.tiers.get(programme_id, "")
        return None if tier in tiers else Reason(reasons.WHEN_TIER, {"tier": tier})

    return check


def runs_for(programme: Programme, member: MemberContext) -> bool:
    """Whether a programme is for this member."""
    return not programme.segments or not programme.segments.isdisjoint(member.segments)


def _segment(segments: frozenset[str]) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        return Reason(reasons.WHEN_SEGMENT, {}) if segments.isdisjoint(member.segments) else None

    return check


def _verified(member: MemberContext, _: EngineInput) -> Reason | None:
    return None if member.verified else Reason(reasons.WHEN_VERIFIED, {})


def _holds(unit: str, wanted: Holding) -> MemberCheck:
    def check(member: MemberContext, engine_input: EngineInput) -> Reason | None:
        has = pool_units(member, unit, points_exponent=engine_input.points_exponent)
        if has >= wanted.units:
            return None
        return Reason(reasons.WHEN_HOLDS, {"pool": wanted.pool, "needed": wanted.units, "has": has})

    return check


def pool_units(member: MemberContext, unit: str, *, points_exponent: int) -> int:
    """What the member may use now of a pool, as documents count it: points are whole points."""
    if pool_of(unit) == POINTS_POOL:
        point_units: int = 10**points_exponent
        return max(0, member.spendable_units) // point_units
    return member.pools.get(unit, 0)


def _fact(fact: str, code: str) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        return None if fact in member.facts else Reason(code, {})

    return check


def _chosen(key: str) -> MemberCheck:
    def check(member: MemberContext, _: EngineInput) -> Reason | None:
        return None if member.chosen.get(key) else Reason(reasons.WHEN_CHOSEN, {})

    return check
