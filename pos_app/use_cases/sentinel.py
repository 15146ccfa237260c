"""What in a day of this till a manager should look at: for the command line, the status, and whoever closes the day."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.model.calendar import business_date as business_date_of
from pos_app.model.sentinel import Adjusted, Suspicion, suspicions
from pos_app.model.staff import Permission
from pos_app.settings import Settings
from pos_app.use_cases import staffing
from storage import audit
from storage.audit import AuditQuery
from storage.database import Connection
from storage.sentinel import receipts_of_day

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_ADJUSTING = "adjust_points"
_DAY_MS = 86_400_000
_MARGIN_DAYS = 1
"""No zone and no beginning of the business day is further from UTC's midnight than that."""


def findings_of(connection: Connection, business_date: str, settings: Settings) -> tuple[Suspicion, ...]:
    """The findings of a business date (ISO), from this till's own tables. Reads a day's receipts; asks nobody's permission."""
    receipts = receipts_of_day(connection, business_date)
    return suspicions(receipts, _adjustments(connection, business_date, settings), settings.sentinel)


def look(till: "Till", business_date: str = "") -> tuple[str, tuple[Suspicion, ...]]:
    """The findings of a date (empty: today), for whom the audit log is: with the date. Raises ``NotAllowedError`` and ``InputError``."""
    staffing.check(till, Permission.READ_AUDIT)
    day = business_date or till.business_date(till.clock.utc_ms())
    _check_date(day)
    return day, till.database.read(lambda connection: findings_of(connection, day, till.settings))


def count_today(till: "Till") -> int | None:
    """How many findings today has; None for whom the audit log is not."""
    if not staffing.may(till, Permission.READ_AUDIT):
        return None
    return len(look(till)[1])


def _check_date(day: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise InputError(
            "sentinel.day", what=f"{day!r} is not a day.", safe="Nothing was changed.", todo="Write it like 2026-07-01."
        ) from error


def _adjustments(connection: Connection, business_date: str, settings: Settings) -> list[Adjusted]:
    """Points that people gave or took by hand on this date, as the audit log has them."""
    day = date.fromisoformat(business_date)
    midnight_ms = (day - date(1970, 1, 1)) // timedelta(days=1) * _DAY_MS
    query = AuditQuery(
        since_ms=midnight_ms - _MARGIN_DAYS * _DAY_MS,
        until_ms=midnight_ms + (_MARGIN_DAYS + 2) * _DAY_MS,
        action=_ADJUSTING,
    )
    return [
        Adjusted(row.staff_ref, row.subject, msgspec.json.decode(row.details or "{}").get("units", 0))
        for row in audit.find_rows(connection, query)
        if row.outcome == "done" and _date_of(row.utc_ms, settings) == business_date
    ]


def _date_of(utc_ms: int, settings: Settings) -> str:
    return business_date_of(utc_ms=utc_ms, zone_name=settings.shop.zone, day_starts_minute=settings.day_starts_minute())
