"""Rewards: what a member gets for units of a pool, before anything is burned: free pieces, money off, or something in words."""

from pos_app.loyalty import reasons
from pos_app.loyalty.conditions import pool_units
from pos_app.loyalty.document import POINTS_POOL, Reward
from pos_app.loyalty.plan import Contender, Plan
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import Discount, EngineLine, MemberContext, Reason, Refusal, Taken
from pos_app.model.identifiers import ledger_unit
from pos_app.model.money import MILLI, share_out


class Takings:
    """What the member takes on this receipt, and what is left of each pool (ledger unit to units as documents count them)."""

    __slots__ = ("discounts", "left", "refusals", "taken")

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.discounts: list[Discount] = []
        self.refusals: list[Refusal] = []
        self.left: dict[str, int] = {}


def take_rewards(plan: Plan, receipt: Receipt) -> Takings:
    """Take each reward in its order, as often as pool and goods allow; ``receipt`` has the prices after discounts."""
    takings = Takings()
    member = receipt.member
    if member is None:
        return takings
    amounts_minor = [line.amount_minor for line in receipt.lines]
    for contender in plan.rewards:
        reason = contender.unmet(receipt) or _take(contender, receipt, member, amounts_minor, takings)
        if reason is not None:
            takings.refusals.append(Refusal(0, contender.programme.id, contender.rule.id, reason))
    return takings


def _take(
    contender: Contender, receipt: Receipt, member: MemberContext, amounts_minor: list[int], takings: Takings
) -> Reason | None:
    rule = contender.rule
    assert isinstance(rule, Reward), "only rewards are taken"
    if rule.take == "ask" and contender.key not in receipt.engine_input.takes:
        return Reason(reasons.REWARD_NOT_ASKED, {"pool": rule.pool, "needed": rule.cost})
    unit = ledger_unit(contender.programme.issuer, rule.pool)
    points_exponent = receipt.engine_input.points_exponent
    has = takings.left.setdefault(unit, pool_units(member, unit, points_exponent=points_exponent))
    if has < rule.cost:
        return Reason(reasons.REWARD_POOL, {"pool": rule.pool, "needed": rule.cost, "has": has})
    times, off_minor = _offered(contender, rule, receipt, amounts_minor, times=min(rule.times, has // rule.cost))
    if not times:
        return Reason(reasons.REWARD_NO_GOODS, {})
    takings.left[unit] = has - times * rule.cost
    in_units = 10**points_exponent if rule.pool == POINTS_POOL else 1
    reason = Reason(reasons.REWARD, {"pool": rule.pool, "cost": rule.cost, "times": times})
    units = times * rule.cost * in_units
    takings.taken.append(
        Taken(contender.programme.id, rule.id, unit, units, times, gives=rule.gives or "", reason=reason)
    )
    for index, minor in enumerate(off_minor):
        if minor:
            amounts_minor[index] -= minor
            line_no = receipt.lines[index].line_no
            takings.discounts.append(Discount(line_no, contender.programme.id, rule.id, minor, reason))
    return None


def _offered(
    contender: Contender, rule: Reward, receipt: Receipt, amounts_minor: list[int], *, times: int
) -> tuple[int, list[int]]:
    """How many times it can be taken, and what that takes off each line."""
    meant = [
        amounts_minor[index] > 0 and not line.fixed and bool(weight)
        for index, (line, weight) in enumerate(zip(receipt.lines, contender.weights(receipt), strict=True))
    ]
    if rule.free_pieces is not None:
        return _free_pieces(rule.free_pieces, receipt.lines, amounts_minor, meant, times=times)
    if rule.off_minor is not None:
        prices = [minor if is_meant else 0 for minor, is_meant in zip(amounts_minor, meant, strict=True)]
        times = min(times, -(-sum(prices) // rule.off_minor))
        return times, share_out(min(times * rule.off_minor, sum(prices)), prices, receipt.tie_keys())
    return times, [0] * len(receipt.lines)


def _free_pieces(
    pieces: int, lines: list[EngineLine], amounts_minor: list[int], meant: list[bool], *, times: int
) -> tuple[int, list[int]]:
    """The cheapest pieces are free; a line gives whole pieces only, each at its share of the line's price, rounded down."""
    shelf = sorted(
        (amounts_minor[index] * MILLI // line.quantity_milli, line.product_code, index)
        for index, line in enumerate(lines)
        if meant[index] and line.quantity_milli % MILLI == 0
    )
    available = sum(lines[index].quantity_milli // MILLI for _, _, index in shelf)
    times = min(times, available // pieces)
    wanted = times * pieces
    off_minor = [0] * len(lines)
    for _, _, index in shelf:
        count = min(wanted, lines[index].quantity_milli // MILLI)
        off_minor[index] = amounts_minor[index] * count * MILLI // lines[index].quantity_milli
        wanted -= count
    return times, off_minor
