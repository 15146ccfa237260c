"""What a cashier types, as whole numbers. Either decimal sign is understood; nothing here ever sees a float."""

import re

from pos_app.model.money import AMOUNT_MAX_MINOR, MILLI

_NUMBER = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]{1,6}))?")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
_MILLI_DIGITS = 3
_CASH_FACTOR_MAX = 100
_CASH_FLOOR_WHOLE = 1000


def parse_scaled(text: str, exponent: int) -> int | None:
    """A typed number in units of 10^-``exponent``; None where it is no number, or has more decimals than that.

    >>> parse_scaled("12,5", 2), parse_scaled("1 200", 2), parse_scaled("1.005", 2), parse_scaled("x", 2)
    (1250, 120000, None, None)
    """
    match = _NUMBER.fullmatch(text.translate(_SPACES))
    if match is None:
        return None
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    if len(fraction) > exponent:
        return None
    value = int(whole + fraction.ljust(exponent, "0"))
    return value if value <= AMOUNT_MAX_MINOR else None


def parse_quantity(text: str) -> int | None:
    """A typed quantity in thousandths, more than 0; None for anything else.

    >>> parse_quantity("3"), parse_quantity("0,245"), parse_quantity("0")
    (3000, 245, None)
    """
    return parse_scaled(text, _MILLI_DIGITS) or None


def typed_form(value: int, exponent: int) -> str:
    """A number as a cashier would type it, for a field that suggests one.

    >>> typed_form(1250, 2), typed_form(1200, 2), typed_form(7, 0)
    ('12.50', '12', '7')
    """
    whole, fraction = divmod(value, 10**exponent)
    return f"{whole}.{fraction:0{exponent}d}" if fraction else str(whole)


def multiplied(quantity_milli: int, factor_milli: int) -> int:
    """A quantity times a typed factor, in thousandths, rounded down.

    >>> multiplied(245, 2000)
    490
    """
    return quantity_milli * factor_milli // MILLI


def cash_max_minor(*, due_minor: int, exponent: int) -> int:
    """The most cash that is believed: a code typed into the amount by a keyboard scanner is far above it.

    A hundred times what is due, or of 1 000 where less is due.

    >>> cash_max_minor(due_minor=1250, exponent=2)
    10000000
    """
    floor_minor: int = _CASH_FLOOR_WHOLE * 10**exponent
    return max(due_minor, floor_minor) * _CASH_FACTOR_MAX
