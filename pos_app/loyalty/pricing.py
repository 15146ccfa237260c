"""Prices: what the rules of the price lanes take off each line, before anything is burned or earned."""

import msgspec

from pos_app.loyalty.guard import Guarding
from pos_app.loyalty.lanes import Decided, Gift, decide, gifts_of
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import GoodsKey, Receipt, Scale
from pos_app.model.evaluation import Discount, EngineLine, Reason
from pos_app.model.money import round_half_up, share_out


def price_receipt(receipt: Receipt) -> Receipt:
    """The part of a receipt whose prices rules may change: what a person has priced stays as it is."""
    free = [index for index, line in enumerate(receipt.lines) if not line.fixed]
    lines = [receipt.lines[index] for index in free]
    keys: list[GoodsKey] = [receipt.keys[index] for index in free]
    return Receipt(receipt.engine_input, lines, keys, [line.amount_minor for line in lines])


def discounts_of(
    plan: Plan, receipt: Receipt, limits: Limits, guarding: Guarding | None, barred: frozenset[str]
) -> tuple[list[Discount], list[Decided]]:
    """The discounts, lane by lane and line by line, and the lanes as they were decided.

    Each line's discount is rounded half up to the minor unit. Lanes take from a price what the lanes before have left.
    """
    left_minor = [line.amount_minor for line in receipt.lines]
    discounts: list[Discount] = []
    lanes = []
    for lane in plan.price_lanes:
        decided = decide(lane, receipt, barred)
        lanes.append(decided)
        gifts = gifts_of(decided, receipt)
        _round(gifts, left_minor, plan.scale)
        _limit(gifts, receipt, limits)
        if guarding is not None:
            _guard(gifts, len(receipt.lines), guarding)
        for gift in gifts:
            left_minor[gift.index] -= gift.units
            limits.note(gift.giver, gift.units)
            if gift.units:
                discounts.append(_discount(gift, receipt))
    return discounts, lanes


def _round(gifts: list[Gift], left_minor: list[int], scale: Scale) -> None:
    """Whole minor units, and of all gifts of a line no more than is left of its price."""
    left = left_minor.copy()
    for gift in gifts:
        gift.units = min(left[gift.index], round_half_up(gift.worth, scale.minor_worth))
        left[gift.index] -= gift.units


def _limit(gifts: list[Gift], receipt: Receipt, limits: Limits) -> None:
    """Lower what rules with caps of their own give to what the caps leave, shared out to their lines."""
    purses: dict[str, list[Gift]] = {}
    for gift in gifts:
        purses.setdefault(gift.giver.purse, []).append(gift)
    for given in purses.values():
        giver = given[0].giver
        most = limits.left_units(giver) if giver.purse == giver.key else None
        if most is None:
            continue
        total = sum(gift.units for gift in given)
        if total > most:
            keys = [(-receipt.lines[gift.index].amount_minor, receipt.lines[gift.index].product_code) for gift in given]
            for gift, share in zip(given, share_out(most, [gift.units for gift in given], keys), strict=True):
                gift.units, gift.limited_units = share, most
        limits.take(giver, min(total, most))


def _guard(gifts: list[Gift], line_count: int, guarding: Guarding) -> None:
    by_line = [0] * line_count
    for gift in gifts:
        by_line[gift.index] += gift.units
    allowed = guarding.lower_discounts(by_line)
    for gift in gifts:
        gift.units = min(gift.units, allowed[gift.index])
        allowed[gift.index] -= gift.units


def _discount(gift: Gift, receipt: Receipt) -> Discount:
    line = receipt.lines[gift.index]
    values = {**gift.rating.values, "price_minor_before": line.amount_minor}
    if gift.limited_units is not None:
        values["cap_minor"] = gift.limited_units
    rule = gift.giver.rule
    return Discount(line.line_no, gift.giver.programme.id, rule.id, gift.units, Reason(gift.rating.code, values))


def priced(lines: list[EngineLine], discounts: list[Discount]) -> list[EngineLine]:
    """The lines at their prices after discounts."""
    off_minor: dict[int, int] = {}
    for discount in discounts:
        off_minor[discount.line_no] = off_minor.get(discount.line_no, 0) + discount.amount_minor
    return [
        msgspec.structs.replace(line, amount_minor=line.amount_minor - off_minor[line.line_no])
        if line.line_no in off_minor
        else line
        for line in lines
    ]
