"""Tiers: levels that are earned by what was spent in a window of months, and kept for some months after."""

from collections.abc import Mapping

from pos_app.loyalty.document import Programme, Tier, Tiers
from pos_app.loyalty.rating import Receipt, is_meant
from pos_app.model.calendar import months_back
from pos_app.model.evaluation import NextStep


def tier_at(tiers: Tiers, sums_minor: Mapping[str, int], *, month: str) -> str:
    """The member's tier in a month (``YYYY-MM``), from what was counted in each month; empty for none.

    It follows from the months alone, so a return takes the tier back that its goods had earned, and a merge adds up.

    >>> steps = (Tier(id="silver", from_minor=100_000), Tier(id="gold", from_minor=300_000))
    >>> tiers = Tiers(window_months=12, kept_months=12, steps=steps)
    >>> tier_at(tiers, {"2025-03": 120_000}, month="2027-02"), tier_at(tiers, {"2025-03": 120_000}, month="2027-03")
    ('silver', '')
    """
    best: Tier | None = None
    for back in range(tiers.kept_months + 1):
        reached = reached_tier(tiers, window_sum_minor(tiers, sums_minor, month=months_back(month, back)))
        if reached is not None and (best is None or reached.from_minor > best.from_minor):
            best = reached
    return "" if best is None else best.id


def window_sum_minor(tiers: Tiers, sums_minor: Mapping[str, int], *, month: str) -> int:
    """What was counted in the window that ends with this month."""
    return sum(sums_minor.get(months_back(month, back), 0) for back in range(tiers.window_months))


def reached_tier(tiers: Tiers, sum_minor: int) -> Tier | None:
    """The highest tier that a sum reaches."""
    reached = [tier for tier in tiers.steps if tier.from_minor <= sum_minor]
    return reached[-1] if reached else None


def tier_progress(programme: Programme, tiers: Tiers, receipt: Receipt) -> tuple[int, NextStep | None]:
    """What this receipt counts, and what is missing after it to the next tier."""
    counted_minor = sum(
        paid for line, paid in zip(receipt.lines, receipt.paid_minor, strict=True) if is_meant(tiers, line)
    )
    assert receipt.member is not None, "only members have tiers"
    after_minor = receipt.member.accumulators.get(programme.id, 0) + counted_minor
    for tier in tiers.steps:
        if tier.from_minor > after_minor:
            return counted_minor, NextStep(programme.id, "tier", tier.from_minor - after_minor, 0, tier.id)
    return counted_minor, None
