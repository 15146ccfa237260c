"""Whole-number arithmetic of money and points. Nothing here ever sees a float.

Money is in the currency's smallest unit (``_minor``), points in the smallest unit of a point (``_units``; with an
exponent of 0 a unit is a point), rates in basis points (``_bp``, 10 000 = 100 %), quantities in thousandths (``_milli``).
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

BASIS_POINTS = 10_000
MILLI = 1_000
AMOUNT_MAX_MINOR = 10**12
QUANTITY_MAX_MILLI = 10**7
_AMOUNT = re.compile(r"(-?)([0-9]{1,15})(?:[.,]([0-9]{1,15}))?")


class Currency(msgspec.Struct, frozen=True):
    """A currency: ISO 4217 ``code``, ``exponent`` 0-3, and the smallest cash step in minor units (1 = no rounding)."""

    code: str
    exponent: int
    cash_step_minor: int = 1


def round_half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest whole number, halves away from zero; ``denominator`` > 0.

    >>> round_half_up(5, 2), round_half_up(-5, 2), round_half_up(4, 3)
    (3, -3, 1)
    """
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def line_amount_minor(*, unit_price_minor: int, quantity_milli: int) -> int:
    """The price of a quantity, rounded half up to the minor unit.

    >>> line_amount_minor(unit_price_minor=199, quantity_milli=1500)
    299
    """
    return round_half_up(unit_price_minor * quantity_milli, MILLI)


def tax_included_minor(*, amount_minor: int, rate_bp: int) -> int:
    """The tax contained in a price that includes it, rounded half up.

    >>> tax_included_minor(amount_minor=1200, rate_bp=2000)
    200
    """
    return round_half_up(amount_minor * rate_bp, BASIS_POINTS + rate_bp)


def cash_rounding_minor(*, amount_minor: int, step_minor: int) -> int:
    """What to add to an amount so that coins can pay it: the nearest multiple of ``step_minor``, halves up.

    >>> cash_rounding_minor(amount_minor=1002, step_minor=5), cash_rounding_minor(amount_minor=1003, step_minor=5)
    (-2, 2)
    """
    return round_half_up(amount_minor, step_minor) * step_minor - amount_minor


def minor_from_text(text: str, *, exponent: int) -> int:
    """An amount as people write it, in whole units of its smallest part; comma or point. Raises ``ValueError`` otherwise.

    More decimals than the exponent are refused even where they are zeros: ``1,000`` may be meant as one thousand.

    >>> minor_from_text("12.5", exponent=2), minor_from_text("1500", exponent=0)
    (1250, 1500)
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an amount")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > exponent:
        raise ValueError(f"{text!r} has more than {exponent} decimals")
    return int(f"{sign}{whole}{fraction.ljust(exponent, '0')}")


def text_from_minor(amount: int, *, exponent: int) -> str:
    """The inverse: plain digits with a point, for files and the command line; screens and paper format by locale.

    >>> text_from_minor(1250, exponent=2), text_from_minor(-5, exponent=2), text_from_minor(7, exponent=0)
    ('12.50', '-0.05', '7')
    """
    return f"{Decimal(amount).scaleb(-exponent):f}"


def share_out(amount: int, weights: Sequence[int], tie_keys: Sequence[Any]) -> list[int]:
    """Share ``amount`` >= 0 out in proportion to ``weights`` >= 0 by the largest remainder; the shares sum to ``amount``.

    Equal remainders go to the larger weight first, then by the smaller ``tie_keys`` entry (a product code), so the order of
    the lines never matters. All weights zero: only an amount of zero can be shared out.

    >>> share_out(100, [1, 1, 1], ["a", "b", "c"])
    [34, 33, 33]
    """
    return share_out_by(amount, weights, tie_keys.__getitem__)


def share_out_by(amount: int, weights: Sequence[int], tie_key: Callable[[int], Any]) -> list[int]:
    """``share_out`` with a key for each place, which is made only where equal claims must be told apart."""
    total = sum(weights)
    if total == 0:
        assert amount == 0, "an amount needs a line to go to"
        return [0] * len(weights)
    shares = []
    remainders = []
    left = amount
    for weight in weights:
        share, remainder = divmod(amount * weight, total)
        shares.append(share)
        remainders.append(remainder)
        left -= share
    if left:
        _give_out(left, shares, remainders, lambda place: (-weights[place], tie_key(place)))
    return shares


def _give_out(left: int, shares: list[int], remainders: list[int], tie_key: Callable[[int], Any]) -> None:
    """One more for each of the largest remainders; they add up to ``left`` wholes, so there are always more of them than that."""
    ranked = sorted(remainders, reverse=True)
    least = ranked[left - 1]
    if least == ranked[left]:
        places = sorted(range(len(shares)), key=lambda place: (-remainders[place], tie_key(place)))
        for place in places[:left]:
            shares[place] += 1
        return
    for place, remainder in enumerate(remainders):
        if remainder >= least:
            shares[place] += 1


def returned_share(*, share: int, units_returned: int, units_sold: int, taken_before: int) -> int:
    """What goes back of a share when ``units_returned`` of ``units_sold`` are back in all: cumulative, never negative.

    Any sequence of partial returns ends where one full return ends.

    >>> [returned_share(share=10, units_returned=k, units_sold=3, taken_before=t) for k, t in ((1, 0), (2, 3), (3, 6))]
    [3, 3, 4]
    """
    return share * units_returned // units_sold - taken_before
