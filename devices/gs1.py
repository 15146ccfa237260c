"""GS1 element strings, the text inside GS1-128, GS1 DataMatrix, GS1 DataBar and GS1 QR codes. Pure.

A message is split by the standard's own table of predefined lengths (GS1 General Specifications, section 7.8.5), so an
application identifier (AI) that we do not know is passed over instead of spoiling the message. FNC1 arrives as 0x1D.
"""

import calendar
import re
from collections.abc import Iterator

from pos_app.model.money import round_half_up

GROUP_SEPARATOR = "\x1d"

# AI and value together, by the first two digits; any other element ends at a separator or with the message.
_LENGTHS = {
    **dict.fromkeys(("01", "02", "03", "41"), 16),
    **{f"{ai}": 8 for ai in range(11, 20)},
    **{f"{ai}": 10 for ai in range(31, 37)},
    "00": 20,
    "04": 18,
    "20": 4,
}
_AI_DIGITS_MIN = 2
_USED = re.compile(r"(01)([0-9]{14})|(10|21)([ -~]{1,20})|(17)([0-9]{6})|(310[0-5])([0-9]{6})")
_USED_AI = re.compile(r"01|10|17|21|310[0-5]")
_LIKELY = re.compile(r"01[0-9]{14}($|[123][0-9])")


def looks_like_gs1(text: str) -> bool:
    """Whether a text from a scanner that does not name the symbology is meant as element strings.

    It has a separator, or a GTIN under AI 01 with nothing or with one of the common AIs behind it.

    >>> looks_like_gs1("010590123412345717261200"), looks_like_gs1("5901234123457")
    (True, False)
    """
    return GROUP_SEPARATOR in text or _LIKELY.match(text) is not None


def element_values(text: str) -> dict[str, str] | None:
    """The values of the AIs 01, 10, 17, 21 and 3100-3105 by AI; None where ``text`` is no sequence of element strings.

    An AI that is said twice with two values makes the message unreadable.

    >>> element_values("0105901234123457" + "10A7" + GROUP_SEPARATOR + "99any" + GROUP_SEPARATOR + "17261200")
    {'01': '05901234123457', '10': 'A7', '17': '261200'}
    """
    values: dict[str, str] = {}
    for element in _elements(text):
        if not _is_element(element):
            return None
        if _USED_AI.match(element) is None:
            continue
        match = _USED.fullmatch(element)
        if match is None:
            return None
        ai, value = (group for group in match.groups() if group is not None)
        if values.setdefault(ai, value) != value:
            return None
    return values


def last_day(yymmdd: str) -> str | None:
    """The ISO date of AI 17; day 00 is the month's last day; None for a day that no calendar has.

    The years are 2000-2099: goods for sale expired or will expire in them, and no clock is needed.

    >>> last_day("280200"), last_day("261305")
    ('2028-02-29', None)
    """
    year, month, day = 2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    if not 1 <= month <= 12:  # noqa: PLR2004 - months of a year
        return None
    days = calendar.monthrange(year, month)[1]
    if day > days:
        return None
    return f"{year}-{month:02d}-{day or days:02d}"


def weight_grams(values: dict[str, str]) -> int | None:
    """The net weight of AI 310n (n decimals of a kilogram) in whole grams, halves up; None where none is said.

    >>> weight_grams({"3103": "001250"}), weight_grams({"3104": "000015"}), weight_grams({})
    (1250, 2, None)
    """
    for decimals in range(6):
        value = values.get(f"310{decimals}")
        if value is not None:
            return round_half_up(int(value) * 1000, 10**decimals)
    return None


def _elements(text: str) -> Iterator[str]:
    """AI and value of each element; a separator between elements is allowed everywhere."""
    rest = text.lstrip(GROUP_SEPARATOR)
    while rest:
        length = _LENGTHS.get(rest[:2])
        if length is None:
            element, _, rest = rest.partition(GROUP_SEPARATOR)
        else:
            element, rest = rest[:length], rest[length:]
        yield element
        rest = rest.lstrip(GROUP_SEPARATOR)


def _is_element(element: str) -> bool:
    """Begins with an AI, is as long as its AI says, and holds printable ASCII only."""
    length = _LENGTHS.get(element[:2])
    complete = length is None or (len(element) == length and element.isdigit())
    return (
        complete
        and len(element) > _AI_DIGITS_MIN
        and element[:2].isdigit()
        and element.isascii()
        and element.isprintable()
    )
