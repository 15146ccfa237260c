"""When one rule applies to every receipt and member that another one applies to, and when both may apply to some."""

from collections.abc import Callable
from typing import Any

import msgspec

from pos_app.loyalty.document import Birthday, Bought, Hours, ReceiptNumber, Tier, When
from pos_app.loyalty.lint.finding import Ruled
from pos_app.loyalty.lint.goods import is_within, meet
from pos_app.loyalty.lint.times import are_within, common, days_of, has_some_day, minutes_of

_ALWAYS = When()
_FOR_EVER = 10**10


def conditions(ruled: Ruled) -> When:
    """The conditions of a rule; none is a ``When`` that always holds."""
    return ruled.rule.when or _ALWAYS


def stores_of(ruled: Ruled) -> frozenset[str] | None:
    """The stores in which a rule applies, or None for everywhere."""
    programme, rule = ruled.programme.stores, conditions(ruled).stores
    if programme and rule:
        return programme & rule
    return programme or rule or None


def covers(wide: Ruled, narrow: Ruled) -> bool:
    """Whether ``wide`` surely applies, and to the same goods, whenever ``narrow`` does. A condition that is new here never does."""
    one, other = conditions(wide), conditions(narrow)
    return (
        (wide.rule.anyone or not narrow.rule.anyone)
        and is_within(narrow.rule, wide.rule)
        and all(_is_implied(wide, narrow, name, getattr(one, name), getattr(other, name)) for name in _NAMES)
        and _are_stores_within(stores_of(narrow), stores_of(wide))
        and are_within(days_of(narrow.programme, other), days_of(wide.programme, one))
        and _are_segments_within(narrow, wide)
    )


def may_meet(one: Ruled, other: Ruled) -> bool:
    """Whether one receipt may have goods to which both rules apply."""
    mine, theirs = conditions(one), conditions(other)
    stores, other_stores = stores_of(one), stores_of(other)
    days = common(days_of(one.programme, mine), days_of(other.programme, theirs))
    return (
        (stores is None or other_stores is None or bool(stores & other_stores))
        and days is not None
        and has_some_day(days)
        and bool(minutes_of(mine.hours) & minutes_of(theirs.hours))
        and (not mine.card_classes or not theirs.card_classes or bool(mine.card_classes & theirs.card_classes))
        and _numbers(mine.receipt_number)[0] <= _numbers(theirs.receipt_number)[1]
        and _numbers(theirs.receipt_number)[0] <= _numbers(mine.receipt_number)[1]
        and meet(one.rule, other.rule)
    )


def _is_implied(wide: Ruled, narrow: Ruled, name: str, one: Any, other: Any) -> bool:
    """Whether a condition of one rule holds wherever that of the other does."""
    if not one or name in _ELSEWHERE:
        return True
    implied = _IMPLIED.get(name)
    if implied is None or (name in _OF_THE_PROGRAMME and wide.programme.id != narrow.programme.id):
        return False
    return bool(other) and implied(one, other)


def _are_stores_within(narrow: frozenset[str] | None, wide: frozenset[str] | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)


def _are_segments_within(narrow: Ruled, wide: Ruled) -> bool:
    """A member is in one of each of these sets; a set is implied by a smaller one."""
    needed = [segments for segments in (wide.programme.segments, conditions(wide).segments) if segments]
    given = [segments for segments in (narrow.programme.segments, conditions(narrow).segments) if segments]
    return all(any(segments <= need for segments in given) for need in needed)


def _numbers(wanted: ReceiptNumber | None) -> tuple[int, int]:
    if wanted is None:
        return 1, _FOR_EVER
    return wanted.begin, wanted.end or _FOR_EVER


def _has_hours(wide: tuple[Hours, ...], narrow: tuple[Hours, ...]) -> bool:
    return not minutes_of(narrow) & ~minutes_of(wide)


def _has_numbers(wide: ReceiptNumber, narrow: ReceiptNumber) -> bool:
    return _numbers(wide)[0] <= _numbers(narrow)[0] and _numbers(narrow)[1] <= _numbers(wide)[1]


def _has_birthday(wide: Birthday, narrow: Birthday) -> bool:
    return wide.before_days >= narrow.before_days and wide.after_days >= narrow.after_days


def _has_bought(wide: Bought, narrow: Bought) -> bool:
    return (
        wide.days >= narrow.days
        and wide.departments >= narrow.departments
        and wide.categories >= narrow.categories
        and wide.products >= narrow.products
    )


def first_tiers(steps: tuple[Tier, ...]) -> frozenset[str]:
    """The tiers that a member has who has bought nothing yet."""
    return frozenset(tier.id for tier in steps if not tier.from_minor)


_ELSEWHERE = frozenset({"weekdays", "dates", "holidays", "stores", "segments"})
"""Conditions that are compared together with those of the programme."""
_OF_THE_PROGRAMME = frozenset({"tiers", "holds"})
"""Conditions that mean something else in another programme."""
_IMPLIED: dict[str, Callable[[Any, Any], bool]] = {
    "hours": _has_hours,
    "receipt_number": _has_numbers,
    "receipt_from_minor": lambda wide, narrow: wide <= narrow,
    "card_classes": lambda wide, narrow: wide >= narrow,
    "tiers": lambda wide, narrow: wide >= narrow,
    "birthday": _has_birthday,
    "bought": _has_bought,
    "holds": lambda wide, narrow: wide.pool == narrow.pool and wide.units <= narrow.units,
    "verified": lambda _wide, _narrow: True,
}
_NAMES = tuple(field.name for field in msgspec.structs.fields(When))
