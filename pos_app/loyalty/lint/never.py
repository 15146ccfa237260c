"""Rules that can never give anything, and sections that nothing comes of."""

from collections.abc import Iterator, Sequence

import msgspec

from pos_app.loyalty.document import CAP_PERIODS, Caps, Goods, Life, Programme, Reward
from pos_app.loyalty.document.values import POINTS_POOL, LifeChoice
from pos_app.loyalty.lint import finding as codes
from pos_app.loyalty.lint.finding import Finding, Ruled
from pos_app.loyalty.lint.goods import is_regulated_only, means_some
from pos_app.loyalty.lint.scope import conditions, first_tiers, stores_of
from pos_app.loyalty.lint.times import days_of, has_some_day, minutes_of
from pos_app.loyalty.lint.worth import gives_nothing

_DAYS_OF_MONTH = 31
_LIFE_DAYS = {"end_of_month": 31, "end_of_year": 366}
_PERIOD_DAYS = {"day": 1, "month": 28, "year": 365}
"""The shortest that a period is."""


def never_applies(ruled: Ruled) -> Iterator[Finding]:
    """Conditions of one rule that contradict each other or the programme's."""
    when = conditions(ruled)
    days = days_of(ruled.programme, when)
    if not days.spans:
        yield ruled.finding(codes.NEVER_DATES, "when", "dates")
    elif not has_some_day(days):
        yield ruled.finding(codes.NEVER_DAYS, "when")
    if not minutes_of(when.hours):
        yield ruled.finding(codes.NEVER_HOURS, "when", "hours")
    if stores_of(ruled) == frozenset():
        yield ruled.finding(codes.NEVER_STORES, "when", "stores")
    if when.receipt_number is not None and when.receipt_number.end == 1 and (key := _needs_earlier(ruled)):
        yield ruled.finding(codes.NEVER_FIRST_RECEIPT, "when", "receipt_number", needs=key)


def _needs_earlier(ruled: Ruled) -> str:
    """The condition that only an earlier receipt can have brought about, or nothing."""
    when, rule, tiers = conditions(ruled), ruled.rule, ruled.programme.tiers
    if when.bought is not None:
        return "bought"
    if when.tiers and tiers is not None and not when.tiers & first_tiers(tiers.steps):
        return "tiers"
    if when.holds is not None and when.holds.pool != POINTS_POOL:
        return "holds"
    return "pool" if isinstance(rule, Reward) and rule.pool != POINTS_POOL else ""


def never_gives(ruled: Ruled) -> Iterator[Finding]:
    """Rules without goods, without worth, or with a cap of 0."""
    yield from _goods(ruled.programme, ruled.rule, ("rules", ruled.number), rule=ruled.rule.id)
    if gives_nothing(ruled):
        yield ruled.finding(codes.NEVER_NOTHING)
    caps = ruled.rule.caps or Caps()
    for name in ("line", "receipt", *CAP_PERIODS, "budget"):
        if getattr(caps, name) == 0:
            yield ruled.finding(codes.NEVER_CAP, "caps", name, cap=name)


def idle_sections(programme: Programme) -> Iterator[Finding]:
    """Goods and limits of a programme's sections that let nothing through."""
    if programme.burning is not None:
        yield from _goods(programme, programme.burning, ("burning",))
    if programme.tiers is not None:
        yield from _goods(programme, programme.tiers, ("tiers",))
    limits = [("earning", name) for name in ("line_max_points", "receipt_max_points", "receipt_max_bp")]
    limits += [("burning", "cap_bp"), ("guard", "margin_percent")]
    for section, name in limits:
        if getattr(getattr(programme, section), name, None) == 0:
            yield Finding(codes.NEVER_CAP, programme.id, (section, name), {"cap": name})


def _goods(programme: Programme, goods: Goods, path: tuple[str | int, ...], **values: str) -> Iterator[Finding]:
    if not means_some(goods):
        code = codes.NEVER_REGULATED if is_regulated_only(goods) else codes.NEVER_GOODS
        yield Finding(code, programme.id, path, values)


def never_paid(ruled: Ruled, everyone: Sequence[Ruled]) -> Iterator[Finding]:
    """Rules that ask for units of a pool that nothing collects, or for more than can be collected."""
    mine = [one for one in everyone if one.programme.issuer == ruled.programme.issuer]
    for path, pool, units in _asked(ruled):
        if any(pool in _pools_of_sections(one.programme) for one in mine):
            continue
        collectors = [one for one in mine if collects(one) == pool]
        if not collectors:
            yield ruled.finding(codes.NEVER_POOL, *path, pool=pool)
            continue
        bounds = [_most_held(one) for one in collectors]
        held = sum(bound for bound in bounds if bound is not None)
        if None not in bounds and held < units:
            yield ruled.finding(codes.NEVER_REACH, *path, pool=pool, units=units, most=held)


def _pools_of_sections(programme: Programme) -> Iterator[str]:
    """The pools that the sections of a programme name beside its rules: prizes of a draw go there, and what customers give."""
    waiting = [getattr(programme, name) for name in programme.__struct_fields__ if name != "rules"]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting += part
        elif isinstance(part, msgspec.Struct):
            waiting += [getattr(part, name) for name in part.__struct_fields__]
            if pool := getattr(part, "pool", None):
                yield pool


def collects(ruled: Ruled) -> str:
    """The pool into which a rule puts units, or nothing."""
    return "" if isinstance(ruled.rule, Reward) else getattr(ruled.rule, "pool", "")


def _asked(ruled: Ruled) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """The units that a rule asks for, of pools other than points, which people give by hand too."""
    holds = conditions(ruled).holds
    if isinstance(ruled.rule, Reward) and ruled.rule.pool != POINTS_POOL:
        yield ("pool",), ruled.rule.pool, ruled.rule.cost
    if holds is not None and holds.pool != POINTS_POOL:
        yield ("when", "holds"), holds.pool, holds.units


def _most_held(ruled: Ruled) -> int | None:
    """The most units of a rule that a member can have at a time, by its caps and the life of the units; None for any number."""
    caps, rule = ruled.rule.caps or Caps(), ruled.rule
    days = _life_days(getattr(rule, "life", None) or ruled.programme.earning.life)
    per_receipt = getattr(rule, "units", 1) if getattr(rule, "per", "") == "receipt" else None
    bounds = []
    for period in CAP_PERIODS:
        units: int | None = getattr(caps, period)
        receipts: int | None = getattr(caps, f"receipts_{period}")
        times = _periods(period, days)
        if times is not None and units is not None:
            bounds.append(units * times)
        if times is not None and receipts is not None and per_receipt is not None:
            bounds.append(receipts * per_receipt * times)
    return min(bounds, default=None)


def _life_days(life: LifeChoice) -> int | None:
    """The most days that units live, or None for ever."""
    if isinstance(life, Life):
        return life.days if life.days is not None else (life.months or 0) * _DAYS_OF_MONTH
    return _LIFE_DAYS.get(life)


def _periods(period: str, life_days: int | None) -> int | None:
    """In how many of such periods units that are there at one time were given, at most."""
    if period == "ever":
        return 1
    return None if life_days is None else life_days // _PERIOD_DAYS[period] + 2
