"""How many points a receipt lets its member burn, and how what is burned is shared out to the lines."""

from math import gcd

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Burning
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import is_meant
from pos_app.model.evaluation import BurnAs, BurnShare, EngineInput, EngineLine, Reason
from pos_app.model.money import BASIS_POINTS, share_out


class Burn(msgspec.Struct, frozen=True):
    """What is burned on a receipt, and the most that it would have let the member burn, with what set that limit."""

    burn_as: BurnAs = BurnAs.PRICE_REDUCTION
    units: int = 0
    worth_minor: int = 0
    shares: tuple[BurnShare, ...] = ()
    burnable_units: int = 0
    limit: Reason = Reason(reasons.BURN_NO_PROGRAMME, {})


def burn_on(
    plan: Plan, engine_input: EngineInput, open_lines: list[EngineLine], *, off_minor: int = 0, spent_units: int = 0
) -> Burn:
    """Burn what was asked for, as far as it is allowed.

    ``open_lines`` are the receipt's lines without regulated goods, at their prices after discounts of ``off_minor`` in all.
    ``spent_units`` are points that rewards have taken already.
    """
    member = engine_input.member
    if member is None:
        return Burn(limit=Reason(reasons.BURN_NO_MEMBER, {}))
    if plan.burner is None or plan.burner.burning is None:
        return Burn()
    burning = plan.burner.burning
    point_units = 10**engine_input.points_exponent
    spendable_units = member.spendable_units - spent_units
    eligible = [line for line in open_lines if line.amount_minor > 0 and is_meant(burning, line)]
    step_units = _step_units(burning, point_units=point_units, point_worth_minor=plan.scale.point_worth_minor)
    limit = _barred(burning, member.receipts_before + 1, spendable_units, eligible, point_units)
    burnable_units = 0
    if limit is None:
        total_minor = sum([line.amount_minor for line in engine_input.lines]) - off_minor
        eligible_minor = sum(line.amount_minor for line in eligible)
        ceilings = _ceilings_minor(burning, eligible_minor=eligible_minor, total_minor=total_minor)
        in_units = [(minor * point_units // plan.scale.point_worth_minor, reason) for minor, reason in ceilings]
        balance = (spendable_units, Reason(reasons.BURN_BALANCE, {"balance_units": spendable_units}))
        allowed_units, limit = min([balance, *in_units], key=lambda ceiling: ceiling[0])
        burnable_units = _whole_steps(allowed_units, step_units)
    units = _whole_steps(min(engine_input.burn_units, burnable_units), step_units)
    worth_minor = units * plan.scale.point_worth_minor // point_units
    return Burn(
        burn_as=burning.burn_as,
        units=units,
        worth_minor=worth_minor,
        shares=_shares(eligible, units=units, worth_minor=worth_minor) if units else (),
        burnable_units=burnable_units,
        limit=limit,
    )


def _barred(
    burning: Burning, receipt: int, spendable_units: int, eligible: list[EngineLine], point_units: int
) -> Reason | None:
    """Why nothing at all can be burned, or None; ``receipt`` is the member's nth."""
    if receipt < burning.from_receipt:
        return Reason(reasons.BURN_NOT_FROM_THIS_RECEIPT, {"from_receipt": burning.from_receipt, "receipt": receipt})
    if not eligible:
        return Reason(reasons.BURN_NO_ELIGIBLE_GOODS, {})
    minimum_units = burning.min_balance_points * point_units
    if max(0, spendable_units) < minimum_units:
        return Reason(reasons.BURN_MIN_BALANCE, {"minimum_units": minimum_units, "balance_units": spendable_units})
    return None


def _ceilings_minor(burning: Burning, *, eligible_minor: int, total_minor: int) -> list[tuple[int, Reason]]:
    """The most that points may be worth: by the cap, and by what is always paid by money (for the whole receipt)."""
    cap_minor = eligible_minor * burning.cap_bp // BASIS_POINTS
    return [
        (cap_minor, Reason(reasons.BURN_CAP, {"cap_bp": burning.cap_bp, "cap_minor": cap_minor})),
        (
            total_minor - burning.min_paid_minor,
            Reason(reasons.BURN_MIN_PAID, {"min_paid_minor": burning.min_paid_minor}),
        ),
    ]


def _step_units(burning: Burning, *, point_units: int, point_worth_minor: int) -> int:
    """Burned units are a multiple of this: of the programme's clean multiple, else of what is worth whole minor units."""
    if burning.multiple_points is not None:
        return burning.multiple_points * point_units
    return point_units // gcd(point_units, point_worth_minor)


def _whole_steps(units: int, step_units: int) -> int:
    return max(0, units) // step_units * step_units


def _shares(eligible: list[EngineLine], *, units: int, worth_minor: int) -> tuple[BurnShare, ...]:
    """Worth goes by the lines' amounts, units by their worth, both by the largest remainder; equal lines by product code."""
    amounts_minor = [line.amount_minor for line in eligible]
    keys = [(-line.amount_minor, line.product_code) for line in eligible]
    worths_minor = share_out(worth_minor, amounts_minor, keys)
    units_by_line = share_out(units, worths_minor, keys)
    return tuple(
        BurnShare(line_no=line.line_no, units=line_units, worth_minor=line_minor)
        for line, line_units, line_minor in zip(eligible, units_by_line, worths_minor, strict=True)
        if line_minor
    )
