"""Start and expiry of points, by the calendar of the store's zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pos_app.loyalty.dates import dates_of, expires_at_ms, starts_at_ms
from pos_app.loyalty.document import Earning, Life, Pending


def ms(text: str, zone_name: str = "UTC") -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone_name))
    return int(moment.astimezone(UTC).timestamp()) * 1000


def test_that_points_without_a_wait_start_at_once() -> None:
    assert 12_345 == starts_at_ms("none", utc_ms=12_345, zone_name="UTC")


def test_that_hours_are_counted_to_the_millisecond() -> None:
    assert 36 * 3_600_000 + 345 == starts_at_ms(Pending(hours=36), utc_ms=345, zone_name="Asia/Manila")


@pytest.mark.parametrize(
    ("zone_name", "now", "midnight"),
    [
        ("Asia/Manila", "2026-07-01T23:59", "2026-07-02T00:00"),
        ("Asia/Manila", "2026-07-02T00:00", "2026-07-03T00:00"),
        ("Europe/Moscow", "2026-12-31T10:00", "2027-01-01T00:00"),
        ("Europe/Sarajevo", "2026-10-25T01:00", "2026-10-26T00:00"),
    ],
)
def test_that_the_next_day_begins_at_the_midnight_of_the_store(zone_name: str, now: str, midnight: str) -> None:
    assert ms(midnight, zone_name) == starts_at_ms("next_day", utc_ms=ms(now, zone_name), zone_name=zone_name)


@pytest.mark.parametrize(
    ("life", "start", "expiry"),
    [
        (Life(months=12), "2026-07-01T12:00", "2027-07-02T00:00"),
        (Life(months=1), "2026-01-31T12:00", "2026-03-01T00:00"),
        (Life(months=1), "2026-03-31T12:00", "2026-05-01T00:00"),
        (Life(months=12), "2028-02-29T12:00", "2029-03-01T00:00"),
        (Life(months=2), "2026-11-15T12:00", "2027-01-16T00:00"),
        (Life(days=1), "2026-07-01T23:59", "2026-07-03T00:00"),
        (Life(days=90), "2026-07-01T00:00", "2026-09-30T00:00"),
        ("end_of_month", "2026-02-03T12:00", "2026-03-01T00:00"),
        ("end_of_month", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("end_of_year", "2026-01-01T00:00", "2027-01-01T00:00"),
    ],
)
@pytest.mark.parametrize("zone_name", ["UTC", "Asia/Manila", "America/New_York"])
def test_that_points_live_to_the_end_of_their_last_day(
    life: Life | str, start: str, expiry: str, zone_name: str
) -> None:
    start_ms = ms(start, zone_name)
    assert ms(expiry, zone_name) == expires_at_ms(life, starts_at_ms=start_ms, zone_name=zone_name)


def test_that_points_may_live_for_ever() -> None:
    assert expires_at_ms("never", starts_at_ms=0, zone_name="UTC") is None


def test_that_life_begins_when_the_wait_ends() -> None:
    earning = Earning(pending=Pending(hours=36), life="end_of_month")
    expected = (ms("2026-08-01T00:00"), ms("2026-09-01T00:00"))
    assert expected == dates_of(earning, utc_ms=ms("2026-07-30T12:00"), zone_name="UTC")
