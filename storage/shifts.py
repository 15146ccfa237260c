"""Shifts: who worked at this till, and when."""

import uuid

from sqlalchemy import Connection, insert, select, update

from storage import tables

_shift = tables.shift.c


def open_shift(connection: Connection, *, business_date: str) -> str | None:
    """The shift that is open on this day, whoever's it is; None where there is none."""
    return connection.execute(
        select(_shift.shift_id).where(_shift.closed_at_ms.is_(None), _shift.business_date == business_date)
    ).scalar_one_or_none()


def current_shift(connection: Connection, *, staff_ref: str, business_date: str, utc_ms: int) -> str:
    """The open shift of this cashier on this day; one of another cashier or day is closed and a new one opened."""
    row: str | None = connection.execute(
        select(_shift.shift_id).where(
            _shift.closed_at_ms.is_(None), _shift.staff_ref == staff_ref, _shift.business_date == business_date
        )
    ).scalar_one_or_none()
    if row is not None:
        return row
    connection.execute(update(tables.shift).where(_shift.closed_at_ms.is_(None)).values(closed_at_ms=utc_ms))
    shift_id = str(uuid.uuid4())
    connection.execute(
        insert(tables.shift).values(
            shift_id=shift_id, staff_ref=staff_ref, business_date=business_date, opened_at_ms=utc_ms
        )
    )
    return shift_id
