"""Exclusive groups: of the rules that name one group, the one that gives the most on the whole receipt applies alone.

Discounts and points are compared by what they are worth at the prices before this receipt's discounts, and before points burn.
"""

from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.lanes import offers_of
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import Receipt


def beaten_in_groups(plan: Plan, receipt: Receipt, prices: Receipt) -> frozenset[str]:
    """The rules that another one of their group beats; where two are worth the same the first one stays.

    ``prices`` is the part of the receipt whose prices rules may change.
    """
    groups: dict[str, list[tuple[Contender, Receipt]]] = {}
    at_prices = Receipt(
        receipt.engine_input, receipt.lines, receipt.goods, [line.amount_minor for line in receipt.lines]
    )
    for lane in (*plan.price_lanes, *plan.point_lanes):
        for contender in lane.contenders:
            if contender.rule.group is not None:
                seen = prices if lane.gives_discount else at_prices
                groups.setdefault(contender.rule.group, []).append((contender, seen))
    beaten: set[str] = set()
    for members in groups.values():
        totals = [_total(contender, seen) for contender, seen in members]
        best = totals.index(max(totals))
        if totals[best]:
            beaten |= {contender.key for number, (contender, _) in enumerate(members) if number != best}
    return frozenset(beaten)


def _total(contender: Contender, receipt: Receipt) -> int:
    rating = contender.rating(receipt)
    return sum(offers_of(contender, rating, receipt)) if rating.rate else 0
