"""Margins as everybody may know them: the lower end of a coarse band, never the margin and never the cost."""

from collections.abc import Sequence

from pos_app.model.money import tax_included_minor

_PERCENT = 100


def margin_floor_percent(*, price_minor: int, tax_rate_bp: int, cost_minor: int, bands_percent: Sequence[int]) -> int:
    """The lower end of the band that the margin is in: (price without tax - cost) of the price without tax.

    A margin below the lowest band, a loss too, counts as 0: rewards may cost nothing of it.

    >>> margin_floor_percent(price_minor=1200, tax_rate_bp=2000, cost_minor=610, bands_percent=(0, 20, 30, 40))
    30
    """
    net_minor = price_minor - tax_included_minor(amount_minor=price_minor, rate_bp=tax_rate_bp)
    margin_minor = net_minor - cost_minor
    reached = (band for band in bands_percent if net_minor > 0 and margin_minor * _PERCENT >= band * net_minor)
    return max(reached, default=0)
