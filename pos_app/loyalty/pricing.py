"""Prices: what the rules of the price lanes take off each line, before anything is burned or earned."""

import msgspec

from pos_app.loyalty.guard import Guarding
from pos_app.loyalty.lanes import Decided, Gift, decide
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import Receipt, Scale
from pos_app.model.evaluation import Discount, EngineLine, Reason
from pos_app.model.money import round_half_up, share_out


def price_receipt(receipt: Receipt) -> Receipt:
    """The part of a receipt whose prices rules may change: what a person has priced stays as it is.

    A discount is a share of the price that people see, with its tax, whatever a programme earns on.
    """
    free = [index for index, line in enumerate(receipt.lines) if not line.fixed]
    lines = [receipt.lines[index] for index in free]
    goods = [receipt.goods[index] for index in free]
    prices_minor = [line.amount_minor for line in lines]
    return Receipt(receipt.engine_input, lines, goods, prices_minor, net_minor=prices_minor)


class Discounted(msgspec.Struct, frozen=True):
    """The discounts, lane by lane and line by line, with the lanes as they were decided."""

    discounts: list[Discount]
    lanes: list[Decided]


def discounts_of(
    plan: Plan, receipt: Receipt, limits: Limits, guarding: Guarding | None, barred: frozenset[str]
) -> Discounted:
    """What the price lanes take off.

    Each line's discount is rounded half up to the minor unit. Lanes take from a price what the lanes before have left.
    """
    left_minor = [line.amount_minor for line in receipt.lines]
    given = Discounted([], [])
    for lane in plan.price_lanes:
        decided = decide(lane, receipt, barred)
        gifts = decided.gifts
        given.lanes.append(decided)
        _round(gifts, left_minor, plan.scale)
        _limit(gifts, receipt, limits)
        if guarding is not None:
            guarding.lower_discounts(gifts, receipt)
        for gift in gifts:
            left_minor[gift.index] -= gift.units
            limits.note(gift.giver, gift.units)
            if gift.units:
                given.discounts.append(_discount(gift, receipt))
    return given


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


def _discount(gift: Gift, receipt: Receipt) -> Discount:
    line = receipt.lines[gift.index]
    values = {**gift.rating.values, "price_minor_before": line.amount_minor}
    if gift.lowered:
        values["cap_minor"] = gift.units
    if gift.limited_units is not None:
        values["cap_minor"] = gift.limited_units
    if gift.guarded:
        values["lowered_by"] = "guard"
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
