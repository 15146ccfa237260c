"""The loyalty engine: what a receipt gives its member. Pure and deterministic: the same input gives the same result for ever.

The order: burning (capped, shared out to lines), then earning on what is paid by money: rates, weights, the best rule of each
lane, limits per line and per receipt. ``docs/reference/loyalty-rules.md`` is the specification, with worked numbers.

**Invariant**: a regulated line never earns and never takes a share of burned points. No rule is ever shown one.
"""

import msgspec

from pos_app.errors import PosError
from pos_app.loyalty.burning import Burn, burn_on
from pos_app.loyalty.dates import dates_of
from pos_app.loyalty.lanes import Lane, Scale, decide, share_lane
from pos_app.loyalty.plan import Plan, plan_for
from pos_app.loyalty.programme import Programme, ProgrammeSet
from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, WORTH_SCALE, Receipt
from pos_app.loyalty.refusals import Worked, refusals_of
from pos_app.model.evaluation import (
    Award,
    EngineInput,
    EngineLine,
    EngineResult,
    LotGrant,
    NextStep,
    Reason,
    ReasonValue,
)
from pos_app.model.money import BASIS_POINTS
from pos_app.model.products import ProductClass

SEMANTICS = 1
"""The number of these rules of evaluation. It grows when a receipt could give another result; old numbers stay runnable."""

_REGULATED = ProductClass.REGULATED


def evaluate(engine_input: EngineInput, programmes: ProgrammeSet) -> EngineResult:
    """What the receipt gives; ``refusals`` stays empty.

    Raises ``PosError`` for semantics that this program does not know, and for a set that is not the input's.
    """
    return _work(engine_input, programmes)[0]


def explain(engine_input: EngineInput, programmes: ProgrammeSet) -> EngineResult:
    """The same result, with the refusals: what each rule did not give to which line, and why."""
    result, worked = _work(engine_input, programmes)
    return msgspec.structs.replace(result, refusals=refusals_of(engine_input, worked))


def _work(engine_input: EngineInput, programmes: ProgrammeSet) -> tuple[EngineResult, Worked]:
    _check(engine_input, programmes)
    plan = plan_for(programmes, engine_input.business_date)
    open_lines = [line for line in engine_input.lines if line.product_class != _REGULATED]
    burn = burn_on(plan, engine_input, open_lines)
    member = engine_input.member
    if member is None:
        return _result(engine_input, burn, class_before=""), Worked(plan, burn, open_lines)
    receipt = Receipt(lines=open_lines, paid_minor=_paid_minor(open_lines, burn), member=member)
    scale = Scale(point_units=10**engine_input.points_exponent, point_worth_minor=plan.point_worth_minor)
    lanes = [decide(contenders, receipt, scale) for contenders in plan.lanes]
    awards, units = _awards(lanes, receipt, scale, _limits_units(plan, receipt, scale))
    counted, class_after, next_step = _progress(lanes, member.card_class)
    result = _result(
        engine_input,
        burn,
        class_before=member.card_class,
        class_after=class_after,
        awards=tuple(awards),
        lots=_lots(plan, engine_input, units),
        counted=counted,
        next_step=next_step,
    )
    return result, Worked(plan, burn, open_lines, receipt, lanes)


def _check(engine_input: EngineInput, programmes: ProgrammeSet) -> None:
    if engine_input.semantics != SEMANTICS:
        raise PosError(
            "engine.semantics",
            what=f"This receipt was made by engine semantics {engine_input.semantics}, this program knows {SEMANTICS}.",
            safe="Nothing was changed.",
            todo="Update this program.",
        )
    if engine_input.programme_set_hash != programmes.hash:
        raise PosError(
            "engine.programme_set",
            what=f"This receipt goes by the programme set {engine_input.programme_set_hash[:12]}, not {programmes.hash[:12]}.",
            safe="Nothing was changed.",
            todo="Load the programmes that the receipt names.",
        )


def _paid_minor(open_lines: list[EngineLine], burn: Burn) -> list[int]:
    """What is paid by money for each line: its amount less its share of the burned points, whichever way they burn."""
    if not burn.shares:
        return [line.amount_minor for line in open_lines]
    burned = {share.line_no: share.worth_minor for share in burn.shares}
    return [line.amount_minor - burned.get(line.line_no, 0) for line in open_lines]


def _limits_units(plan: Plan, receipt: Receipt, scale: Scale) -> dict[str, int]:
    """The most that a programme may give on this receipt, in units, for those that have a limit."""
    limits: dict[str, int] = {}
    for programme in plan.programmes:
        earning = programme.earning
        if earning.receipt_max_points is not None:
            limits[programme.id] = earning.receipt_max_points * scale.point_units
        if earning.receipt_max_bp is not None:
            worth = sum(receipt.paid_minor) * earning.receipt_max_bp * scale.point_units
            most = worth // (BASIS_POINTS * scale.point_worth_minor)
            limits[programme.id] = min(limits.get(programme.id, most), most)
    return limits


def _awards(
    lanes: list[Lane], receipt: Receipt, scale: Scale, left_units: dict[str, int]
) -> tuple[list[Award], dict[str, int]]:
    """The awards, lane by lane and line by line, and the units of each programme."""
    awards: list[Award] = []
    total_units: dict[str, int] = {}
    for lane in lanes:
        shared = share_lane(lane, receipt, scale, left_units)
        for index, units in enumerate(shared.units):
            winner = lane.winners[index]
            if winner is None:
                continue
            programme = lane.contenders[winner].programme
            line_no = receipt.lines[index].line_no
            reason = _reason(lane, winner, index, receipt, scale)
            if programme.id in shared.limited_to_units:
                reason.values["receipt_max_units"] = shared.limited_to_units[programme.id]
            awards.append(Award(line_no, programme.id, lane.contenders[winner].rule.id, units, reason))
            total_units[programme.id] = total_units.get(programme.id, 0) + units
    return awards, total_units


def _reason(lane: Lane, winner: int, index: int, receipt: Receipt, scale: Scale) -> Reason:
    rating = lane.ratings[winner]
    paid_minor, weight = receipt.paid_minor[index], rating.weights_percent[index]
    values: dict[str, ReasonValue] = {"rate_bp": rating.rate_bp, "base_minor": paid_minor, **rating.values}
    if weight != FULL_WEIGHT_PERCENT:
        line = receipt.lines[index]
        values |= {"weight_percent": weight, "product_class": line.product_class.value, "band": line.band}
    if lane.worths[index] < paid_minor * rating.rate_bp * weight:
        values["line_max_points"] = lane.worths[index] // (scale.point_worth_minor * WORTH_SCALE)
    return Reason(rating.code, values)


def _progress(lanes: list[Lane], card_class: str) -> tuple[dict[str, int], str, NextStep | None]:
    """What accumulators count, the class after this receipt, and the first next step, in the order of the lanes."""
    counted: dict[str, int] = {}
    next_step: NextStep | None = None
    for lane in lanes:
        for contender, rating in zip(lane.contenders, lane.ratings, strict=True):
            progress = rating.progress
            if progress is None:
                continue
            if progress.counted_minor:
                counted[contender.programme.id] = progress.counted_minor
            card_class = _risen(contender.programme, card_class, progress.class_reached)
            next_step = next_step or progress.next_step
    return counted, card_class, next_step


def _risen(programme: Programme, card_class: str, class_reached: str) -> str:
    """The higher of two classes. A class never falls by a receipt, and one that the programme does not know stays."""
    if not class_reached or (card_class and card_class not in programme.card_classes):
        return card_class
    order = ("", *programme.card_classes)
    return max(card_class, class_reached, key=order.index)


def _lots(plan: Plan, engine_input: EngineInput, units: dict[str, int]) -> tuple[LotGrant, ...]:
    lots = []
    for programme in plan.programmes:
        if programme_units := units.get(programme.id, 0):
            start_ms, expiry_ms = dates_of(programme.earning, utc_ms=engine_input.utc_ms, zone_name=engine_input.zone)
            lots.append(LotGrant(programme.id, programme.issuer, programme_units, start_ms, expiry_ms))
    return tuple(lots)


def _result(
    engine_input: EngineInput,
    burn: Burn,
    *,
    class_before: str,
    class_after: str = "",
    awards: tuple[Award, ...] = (),
    lots: tuple[LotGrant, ...] = (),
    counted: dict[str, int] | None = None,
    next_step: NextStep | None = None,
) -> EngineResult:
    return EngineResult(
        semantics=engine_input.semantics,
        burn_units=burn.units,
        burn_worth_minor=burn.worth_minor,
        burn_as=burn.burn_as,
        burn_shares=burn.shares,
        burnable_units=burn.burnable_units,
        burn_limit=burn.limit,
        awards=awards,
        lots=lots,
        counted=counted or {},
        class_before=class_before,
        class_after=class_after,
        next_step=next_step,
    )
