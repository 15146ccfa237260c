"""Rewards: what a member gets for units of a pool, before anything is burned: free pieces, money off, or something in words."""

from fractions import Fraction

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.conditions import pool_units
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.document import POINTS_POOL, Reward
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.pricing import priced
from pos_app.loyalty.rating import Receipt, has_only
from pos_app.model.evaluation import Discount, EngineLine, MemberContext, Reason, Refusal, Taken
from pos_app.model.identifiers import is_points, ledger_unit
from pos_app.model.money import MILLI, share_out

_SPENDABLE = ""
"""The name of what may be burned among what is left of each unit of the ledger."""


class Takings:
    """What the member takes on this receipt.

    ``left``: what is left of each unit of the ledger, as documents count them. ``amounts_minor`` and ``quantities_milli``: what the
    lines cost, and how much of them costs that, without free pieces.
    """

    __slots__ = ("amounts_minor", "discounts", "left", "quantities_milli", "refusals", "taken")

    def __init__(self, receipt: Receipt) -> None:
        self.taken: list[Taken] = []
        self.discounts: list[Discount] = []
        self.refusals: list[Refusal] = []
        self.left: dict[str, int] = {}
        self.amounts_minor = [line.amount_minor for line in receipt.lines]
        self.quantities_milli = [line.quantity_milli for line in receipt.lines]

    def lines(self, receipt: Receipt) -> list[EngineLine]:
        """The lines at their prices after rewards, without free pieces."""
        return [
            line if line.quantity_milli == milli else msgspec.structs.replace(line, quantity_milli=milli)
            for line, milli in zip(priced(receipt.lines, self.discounts), self.quantities_milli, strict=True)
        ]


def take_rewards(plan: Plan, receipt: Receipt, limits: Limits) -> Takings:
    """Take each reward in its order, as often as pool and goods allow; ``receipt`` has the prices after discounts."""
    takings = Takings(receipt)
    member = receipt.member
    if member is None:
        return takings
    for contender in plan.rewards:
        reason = contender.unmet(receipt) or _take(contender, receipt, member, takings, limits)
        if reason is not None:
            takings.refusals.append(Refusal(0, contender.programme.id, contender.rule.id, reason))
    return takings


def _take(
    contender: Contender, receipt: Receipt, member: MemberContext, takings: Takings, limits: Limits
) -> Reason | None:
    rule = contender.rule
    assert isinstance(rule, Reward), "only rewards are taken"
    unit = ledger_unit(contender.programme.issuer, rule.pool)
    points_exponent = receipt.engine_input.points_exponent
    purse = _SPENDABLE if is_spendable(unit, member) else unit
    has = takings.left.setdefault(purse, _usable(member, unit, points_exponent=points_exponent))
    if has < rule.cost:
        return Reason(reasons.REWARD_POOL, {"pool": rule.pool, "needed": rule.cost, "has": has})
    if rule.take == "ask" and contender.key not in receipt.engine_input.takes:
        return Reason(reasons.REWARD_NOT_ASKED, {"pool": rule.pool, "needed": rule.cost})
    times, off_minor = _offered(contender, rule, receipt, takings, times=min(rule.times, has // rule.cost))
    if not times:
        return Reason(reasons.REWARD_NO_GOODS, {})
    takings.left[purse] = has - times * rule.cost
    limits.note(contender, times)
    in_units = 10**points_exponent if rule.pool == POINTS_POOL else 1
    reason = Reason(reasons.REWARD, {"pool": rule.pool, "cost": rule.cost, "times": times})
    units = times * rule.cost * in_units
    takings.taken.append(
        Taken(contender.programme.id, rule.id, unit, units, times, gives=rule.gives or "", reason=reason)
    )
    for index, minor in enumerate(off_minor):
        if minor:
            takings.amounts_minor[index] -= minor
            line_no = receipt.lines[index].line_no
            takings.discounts.append(Discount(line_no, contender.programme.id, rule.id, minor, reason))
    return None


def is_spendable(unit: str, member: MemberContext) -> bool:
    """Whether a unit of the ledger is among the points that the member may burn; what stands in ``pools`` is counted apart."""
    return is_points(unit) and unit not in member.pools


def _usable(member: MemberContext, unit: str, *, points_exponent: int) -> int:
    """What a reward may take, as documents count it; of points what ``pools`` says, where the till may not take all of them."""
    if is_points(unit) and unit in member.pools:
        return int(max(0, member.pools[unit]) // 10**points_exponent)
    return pool_units(member, unit, points_exponent=points_exponent)


def _offered(
    contender: Contender, rule: Reward, receipt: Receipt, takings: Takings, *, times: int
) -> tuple[int, list[int]]:
    """How many times it can be taken, and what that takes off each line."""
    weights = contender.weights(receipt)
    if rule.gives is not None:
        is_here = not has_only(rule) or any(weights)
        return times if is_here else 0, [0] * len(weights)
    prices = [
        minor if weight and not line.fixed else 0
        for line, minor, weight in zip(receipt.lines, takings.amounts_minor, weights, strict=True)
    ]
    if rule.free_pieces is not None:
        return _free_pieces(rule.free_pieces, receipt.lines, prices, takings.quantities_milli, times=times)
    assert rule.off_minor is not None, "a document gives one of the three"
    times = min(times, -(-sum(prices) // rule.off_minor))
    return times, share_out(min(times * rule.off_minor, sum(prices)), prices, receipt.tie_keys())


def _free_pieces(
    pieces: int, lines: list[EngineLine], prices: list[int], quantities_milli: list[int], *, times: int
) -> tuple[int, list[int]]:
    """The cheapest pieces are free; a line gives whole pieces only, each at its share of what the line costs, rounded down.

    ``quantities_milli`` has the other pieces after it.
    """
    shelf = sorted(
        (Fraction(minor, quantities_milli[index]), line.product_code, minor, index)
        for index, (line, minor) in enumerate(zip(lines, prices, strict=True))
        if minor > 0 and quantities_milli[index] > 0 and quantities_milli[index] % MILLI == 0
    )
    available = sum(quantities_milli[index] // MILLI for *_, index in shelf)
    times = min(times, available // pieces)
    wanted_milli = times * pieces * MILLI
    off_minor = [0] * len(lines)
    for *_, minor, index in shelf:
        milli = min(wanted_milli, quantities_milli[index])
        off_minor[index] = minor * milli // quantities_milli[index]
        quantities_milli[index] -= milli
        wanted_milli -= milli
    return times, off_minor
