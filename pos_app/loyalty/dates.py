"""When points can be used and when they expire: UTC milliseconds, by the calendar of the store's zone."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache

from pos_app.loyalty.document import Earning, Life, Pending
from pos_app.model.calendar import local_time, zone

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


def starts_at_ms(pending: Pending | str, *, utc_ms: int, zone_name: str) -> int:
    """When points of a receipt can be used: at once, so many hours later, or at the store's next midnight.

    >>> starts_at_ms(Pending(hours=36), utc_ms=1_000, zone_name="UTC")
    129601000
    """
    if isinstance(pending, Pending):
        return utc_ms + pending.hours * _HOUR_MS
    if pending == "next_day":
        return _midnight_after_ms(_day(utc_ms // _MINUTE_MS, zone_name), zone_name)
    return utc_ms


def expires_at_ms(life: Life | str, *, starts_at_ms: int, zone_name: str) -> int | None:
    """When points expire: at the midnight that ends the last day on which they can be used; None for never.

    The last day is counted from the local day of the start; a month later than 31 January is the last of February.
    """
    if life == "never":
        return None
    return _end_ms(life, starts_at_ms // _MINUTE_MS, zone_name)


def dates_of(earning: Earning, *, utc_ms: int, zone_name: str) -> tuple[int, int | None]:
    """The start and the expiry of the points that a receipt gives."""
    start_ms = starts_at_ms(earning.pending, utc_ms=utc_ms, zone_name=zone_name)
    return start_ms, expires_at_ms(earning.life, starts_at_ms=start_ms, zone_name=zone_name)


@lru_cache(maxsize=4096)
def _day(utc_minute: int, zone_name: str) -> date:
    """The store's calendar day at this minute since 1970: zones are whole minutes off UTC."""
    return local_time(utc_ms=utc_minute * _MINUTE_MS, zone_name=zone_name).date()


@lru_cache(maxsize=4096)
def _end_ms(life: Life | str, start_minute: int, zone_name: str) -> int:
    return _midnight_after_ms(_last_day(life, _day(start_minute, zone_name)), zone_name)


def _last_day(life: Life | str, start: date) -> date:
    if isinstance(life, Life):
        if life.days is not None:
            return start + timedelta(days=life.days)
        assert life.months is not None, "a document gives months or days"
        return _months_later(start, life.months)
    if life == "end_of_month":
        return start.replace(day=monthrange(start.year, start.month)[1])
    return date(start.year, 12, 31)


def _months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@lru_cache(maxsize=4096)
def _midnight_after_ms(day: date, zone_name: str) -> int:
    following = day + timedelta(days=1)
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone(zone_name))
    return int(midnight.timestamp()) * 1000
