"""Days and months as a shop counts them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone ``name``; raises ``ZoneInfoNotFoundError`` (a KeyError) for an unknown one.

    >>> zone("Europe")
    Traceback (most recent call last):
    zoneinfo._common.ZoneInfoNotFoundError: 'No time zone of this name.'
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:
        # A path that leads elsewhere, a folder, a name that no file can have.
        raise ZoneInfoNotFoundError("No time zone of this name.") from error


def local_time(*, utc_ms: int, zone_name: str) -> datetime:
    """The wall time of ``utc_ms`` in the store's zone."""
    return datetime.fromtimestamp(utc_ms // 1000, UTC).astimezone(zone(zone_name))


# A sale asks for the date of one moment again and again.
@lru_cache(maxsize=64)
def business_date(*, utc_ms: int, zone_name: str, day_starts_minute: int) -> str:
    """The trading day (ISO date): a sale before ``day_starts_minute`` past midnight belongs to the day before.

    >>> business_date(utc_ms=1_767_232_800_000, zone_name="UTC", day_starts_minute=240)
    '2025-12-31'
    """
    moment = local_time(utc_ms=utc_ms, zone_name=zone_name) - timedelta(minutes=day_starts_minute)
    return moment.date().isoformat()


def begins_ms(iso_date: str, *, zone_name: str, day_starts_minute: int = 0) -> int:
    """The first moment of a trading day, UTC milliseconds.

    >>> begins_ms("2025-12-31", zone_name="UTC", day_starts_minute=240)
    1767153600000
    """
    midnight = datetime.fromisoformat(iso_date).replace(tzinfo=zone(zone_name))
    return int((midnight + timedelta(minutes=day_starts_minute)).timestamp()) * 1000


CLOCK_BACK_MS_MAX = 3_600_000
CLOCK_AHEAD_MS_MAX = 14 * 86_400_000


def clock_is_believed(*, trusted_ms: int, now_ms: int) -> bool:
    """Whether the wall clock can be what it says, given the last moment that was believed (0: none yet).

    An hour back is a clock being set right; two weeks ahead is a closed shop. Beyond that a person, or headquarters, must say
    so: what expires on a wrong clock would be gone for good.

    >>> clock_is_believed(trusted_ms=1_000, now_ms=1_000 + 15 * 86_400_000)
    False
    """
    return trusted_ms == 0 or -CLOCK_BACK_MS_MAX <= now_ms - trusted_ms <= CLOCK_AHEAD_MS_MAX


def month_of(iso_date: str) -> str:
    """The calendar month of an ISO date, as ``YYYY-MM``."""
    return iso_date[:7]


def months_back(month: str, count: int) -> str:
    """The month ``count`` months before ``month`` (``YYYY-MM``).

    >>> months_back("2026-02", 3)
    '2025-11'
    """
    year, number = int(month[:4]), int(month[5:7])
    index = year * 12 + number - 1 - count
    return f"{index // 12:04d}-{index % 12 + 1:02d}"
