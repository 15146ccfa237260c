"""How many points a receipt lets its member burn, and how what is burned is shared out to the lines."""

from math import gcd

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.conditions import runs_for
from pos_app.loyalty.document import Burning, Programme
from pos_app.loyalty.goods_kinds import ByGoods
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import BurnAs, BurnShare, Reason, ReasonValue
from pos_app.model.money import BASIS_POINTS, share_out
from pos_app.model.products import ProductClass


class Burn(msgspec.Struct, frozen=True, gc=False):
    """What is burned on a receipt, and the most that it would have let the member burn, with what set that limit.

    ``programme`` is the one by which points burn.
    """

    burn_as: BurnAs = BurnAs.PRICE_REDUCTION
    units: int = 0
    worth_minor: int = 0
    shares: tuple[BurnShare, ...] = ()
    burnable_units: int = 0
    limit: Reason = Reason(reasons.BURN_NO_PROGRAMME, {})
    programme: Programme | None = None


NO_BURN = Burn()
_NO_MEMBER = Reason(reasons.BURN_NO_MEMBER, {})


def burn_on(plan: Plan, receipt: Receipt, *, spent_units: int = 0) -> Burn:
    """Burn what was asked for, as far as it is allowed.

    ``receipt`` has the prices after discounts, all to be paid by money so far; ``spent_units`` are points that rewards have taken.
    """
    member = receipt.member
    if member is None:
        return Burn(limit=_NO_MEMBER, programme=plan.burner)
    for programme, fits in plan.burners:
        if programme.burning is not None and runs_for(programme, member):
            return _burn_by(programme, programme.burning, fits, receipt, member.spendable_units - spent_units)
    return NO_BURN


def _burn_by(
    programme: Programme, burning: Burning, fits: ByGoods[int], receipt: Receipt, spendable_units: int
) -> Burn:
    engine_input, worth_minor = receipt.engine_input, programme.point_worth_minor
    point_units = 10**engine_input.points_exponent
    goods = receipt.goods
    eligible_minor = sum([minor for index, minor in enumerate(receipt.paid_minor) if minor > 0 and fits[goods[index]]])
    limit = _barred(burning, receipt, spendable_units, eligible_minor, point_units)
    if limit is not None:
        return Burn(burning.burn_as, limit=limit, programme=programme)
    cap_minor = eligible_minor * burning.cap_bp // BASIS_POINTS
    by_cap = cap_minor * point_units // worth_minor
    by_minimum = (_total_minor(receipt) - burning.min_paid_minor) * point_units // worth_minor
    allowed_units = min(spendable_units, by_cap, by_minimum)
    limit = _limit(burning, allowed_units, spendable_units, by_cap, cap_minor)
    step_units = _step_units(burning, point_units=point_units, point_worth_minor=worth_minor)
    burnable_units = _whole_steps(allowed_units, step_units)
    asked_units = engine_input.burn_units
    units = _whole_steps(min(asked_units, burnable_units), step_units) if asked_units else 0
    burned_minor = units * worth_minor // point_units
    shares = _shares(receipt, fits, units=units, worth_minor=burned_minor) if units else ()
    return Burn(burning.burn_as, units, burned_minor, shares, burnable_units, limit, programme)


def _total_minor(receipt: Receipt) -> int:
    """What is to be paid after discounts, regulated goods too."""
    total_minor = sum(receipt.paid_minor)
    if len(receipt.lines) == len(receipt.engine_input.lines):
        return total_minor
    return total_minor + sum(
        [line.amount_minor for line in receipt.engine_input.lines if line.product_class is ProductClass.REGULATED]
    )


def _limit(burning: Burning, allowed_units: int, spendable_units: int, by_cap: int, cap_minor: int) -> Reason:
    """What set the limit: the balance, the cap, or what is always paid by money, in this order where they are equal."""
    if allowed_units == spendable_units:
        return Reason(reasons.BURN_BALANCE, {"balance_units": spendable_units})
    if allowed_units == by_cap:
        return Reason(reasons.BURN_CAP, {"cap_bp": burning.cap_bp, "cap_minor": cap_minor})
    return Reason(reasons.BURN_MIN_PAID, {"min_paid_minor": burning.min_paid_minor})


def _barred(
    burning: Burning, receipt: Receipt, spendable_units: int, eligible_minor: int, point_units: int
) -> Reason | None:
    """Why nothing at all can be burned, or None."""
    assert receipt.member is not None, "points are a member's"
    receipt_number = receipt.member.receipts_before + 1
    if receipt_number < burning.from_receipt:
        values: dict[str, ReasonValue] = {"from_receipt": burning.from_receipt, "receipt": receipt_number}
        return Reason(reasons.BURN_NOT_FROM_THIS_RECEIPT, values)
    if not eligible_minor:
        return Reason(reasons.BURN_NO_ELIGIBLE_GOODS, {})
    minimum_units = burning.min_balance_points * point_units
    if max(0, spendable_units) < minimum_units:
        return Reason(reasons.BURN_MIN_BALANCE, {"minimum_units": minimum_units, "balance_units": spendable_units})
    return None


def _step_units(burning: Burning, *, point_units: int, point_worth_minor: int) -> int:
    """Burned units are a multiple of this: of the programme's clean multiple, else of what is worth whole minor units."""
    if burning.multiple_points is not None:
        return burning.multiple_points * point_units
    return point_units // gcd(point_units, point_worth_minor)


def _whole_steps(units: int, step_units: int) -> int:
    return units // step_units * step_units if units > 0 else 0


def _shares(receipt: Receipt, fits: ByGoods[int], *, units: int, worth_minor: int) -> tuple[BurnShare, ...]:
    """Worth goes by the lines' amounts, units by their worth, both by the largest remainder; equal lines by product code."""
    eligible = [
        line for line, kind in zip(receipt.lines, receipt.goods, strict=True) if line.amount_minor > 0 and fits[kind]
    ]
    amounts_minor = [line.amount_minor for line in eligible]
    keys = [(-line.amount_minor, line.product_code) for line in eligible]
    worths_minor = share_out(worth_minor, amounts_minor, keys)
    units_by_line = share_out(units, worths_minor, keys)
    return tuple(
        BurnShare(line_no=line.line_no, units=line_units, worth_minor=line_minor)
        for line, line_units, line_minor in zip(eligible, units_by_line, worths_minor, strict=True)
        if line_minor
    )
