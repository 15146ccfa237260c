"""Days and months as a shop counts them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.model.calendar import business_date, local_time, month_of, months_back, zone


def _utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("utc", "zone_name", "expected"),
    [
        ("2026-07-01 03:59", "UTC", "2026-06-30"),
        ("2026-07-01 04:00", "UTC", "2026-07-01"),
        ("2026-07-01 01:59", "Europe/Belgrade", "2026-06-30"),
        ("2026-07-01 02:00", "Europe/Belgrade", "2026-07-01"),
        ("2026-06-30 20:00", "Asia/Manila", "2026-07-01"),
        # The night in which the clocks go forward: 04:00 on the wall is an hour earlier in UTC than the day before.
        ("2026-03-29 01:59", "Europe/Belgrade", "2026-03-28"),
        ("2026-03-29 02:00", "Europe/Belgrade", "2026-03-29"),
    ],
)
def test_that_a_trading_day_begins_at_four_on_the_shops_wall(utc: str, zone_name: str, expected: str) -> None:
    assert expected == business_date(utc_ms=_utc_ms(utc), zone_name=zone_name, day_starts_minute=240)


def test_that_local_time_is_the_wall_clock_of_the_zone() -> None:
    moment = local_time(utc_ms=_utc_ms("2026-07-01 12:00"), zone_name="Europe/Belgrade")
    assert "2026-07-01T14:00:00+02:00" == moment.isoformat()


def test_that_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        zone("Nowhere/Else")


@given(st.dates(), st.integers(0, 400))
def test_that_going_back_month_by_month_is_going_back_at_once(day: object, count: int) -> None:
    month = month_of(str(day))
    stepwise = month
    if int(month[:4]) * 12 <= count:
        return
    for _ in range(count):
        stepwise = months_back(stepwise, 1)
    assert stepwise == months_back(month, count)
