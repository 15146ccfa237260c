"""What a cashier types for a receipt's number."""

import re

_DIGITS = re.compile(r"([0-9]{3})([0-9]{2})([0-9]{7})")
_BETWEEN = str.maketrans("", "", " -.\u00a0\u2013")


def receipt_number_of(text: str) -> str:
    """The number as it is printed, whether or not its hyphens were typed; any other text as it is.

    >>> receipt_number_of("001010000123"), receipt_number_of("001 01 0000123"), receipt_number_of("A-7")
    ('001-01-0000123', '001-01-0000123', 'A-7')
    """
    match = _DIGITS.fullmatch(text.translate(_BETWEEN))
    return text.strip() if match is None else "-".join(match.groups())
