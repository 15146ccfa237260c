"""The first and the last day of what a command is asked about."""

from datetime import date
from typing import TypeVar

from pos_app.errors import InputError

_Time = TypeVar("_Time", date, int)


def check_order(first: _Time | None, last: _Time | None, *, options: str = "--from or --until") -> None:
    """Raise ``InputError`` where the last day (or moment) is before the first: the answer would be of nothing. None is not bounded."""
    if first is not None and last is not None and last < first:
        raise InputError(
            "input.dates",
            what="The last day is before the first.",
            safe="Nothing was changed.",
            todo=f"Correct {options}.",
        )
