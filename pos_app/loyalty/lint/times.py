"""When rules apply, as sets of days and of minutes of the day."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from pos_app.loyalty.document import Hours, Programme, When

Span = tuple[date, date]
"""The first and the last day."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
EVERY_MINUTE = (1 << _DAY_MINUTES) - 1
_CYCLE_YEARS = 40
"""Within so many years every day of the year falls on every weekday, 29 February too."""


class Days(msgspec.Struct, frozen=True):
    """The days in some spans (disjoint, in order) that are of these weekdays and holidays; empty for any."""

    spans: tuple[Span, ...]
    weekdays: frozenset[int]
    holidays: frozenset[str]


def days_of(programme: Programme, when: When) -> Days:
    """The days on which a rule of the programme applies."""
    begin, end = span_of(programme)
    windows = [(window.begin, window.end) for window in when.dates] or [(date.min, date.max)]
    within = [(max(begin, first), min(end, last)) for first, last in windows]
    weekdays = frozenset(map(_WEEKDAYS.index, when.weekdays))
    return Days(_merged(span for span in within if span[0] <= span[1]), weekdays, when.holidays)


def span_of(programme: Programme) -> Span:
    """The first and the last day of a programme."""
    return programme.active_from or date.min, programme.active_until or date.max


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin.toordinal() <= merged[-1][1].toordinal() + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)


def has_some_day(days: Days) -> bool:
    """Whether there is any such day.

    >>> has_some_day(Days(((date(2026, 7, 1), date(2026, 7, 3)),), weekdays=frozenset({6}), holidays=frozenset()))
    False
    """
    return any(
        not days.weekdays or day.weekday() in days.weekdays
        for span in days.spans
        for day in (_holidays_in(span, days.holidays) if days.holidays else _first_week(span))
    )


def _first_week(span: Span) -> Iterator[date]:
    count = min(7, (span[1] - span[0]).days + 1)
    return (span[0] + timedelta(days=number) for number in range(count))


def _holidays_in(span: Span, holidays: frozenset[str]) -> Iterator[date]:
    begin, end = span
    for year in range(begin.year, min(end.year, begin.year + _CYCLE_YEARS) + 1):
        for holiday in sorted(holidays):
            if exists(holiday, year) and begin <= (day := date.fromisoformat(f"{year:04}-{holiday}")) <= end:
                yield day


def exists(holiday: str, year: int = 2000) -> bool:
    """Whether a year has this day (``MM-DD``); by default a leap year."""
    try:
        date.fromisoformat(f"{year:04}-{holiday}")
    except ValueError:
        return False
    return True


def are_within(narrow: Days, wide: Days) -> bool:
    """Whether all days of one are surely days of the other."""
    return (
        all(any(begin <= first and last <= end for begin, end in wide.spans) for first, last in narrow.spans)
        and _are_among(narrow.weekdays, wide.weekdays)
        and _are_among(narrow.holidays, wide.holidays)
    )


def _are_among(narrow: frozenset[int] | frozenset[str], wide: frozenset[int] | frozenset[str]) -> bool:
    return not wide or (bool(narrow) and narrow <= wide)


def common(one: Days, other: Days) -> Days | None:
    """The days that both have; None where weekdays or holidays exclude each other."""
    spans = [
        (max(first, begin), min(last, end))
        for first, last in one.spans
        for begin, end in other.spans
        if max(first, begin) <= min(last, end)
    ]
    weekdays = one.weekdays & other.weekdays if one.weekdays and other.weekdays else one.weekdays | other.weekdays
    holidays = one.holidays & other.holidays if one.holidays and other.holidays else one.holidays | other.holidays
    if (one.weekdays and not weekdays) or (one.holidays and not holidays):
        return None
    return Days(_merged(spans), weekdays, holidays)


def minutes_of(windows: tuple[Hours, ...]) -> int:
    """The minutes of the day in these windows, a bit each; every minute without windows."""
    if not windows:
        return EVERY_MINUTE
    minutes = 0
    for window in windows:
        for begin, end in parts_of(window):
            minutes |= (1 << end) - (1 << begin)
    return minutes


def parts_of(window: Hours) -> list[tuple[int, int]]:
    """A window as minutes of the day, the end excluded; two parts where it goes past midnight.

    >>> parts_of(Hours(begin="22:00", end="02:00"))
    [(1320, 1440), (0, 120)]
    """
    begin, end = _minute(window.begin), _minute(window.end)
    parts = [(begin, end)] if begin <= end else [(begin, _DAY_MINUTES), (0, end)]
    return [(first, last) for first, last in parts if first < last]


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
