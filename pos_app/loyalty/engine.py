"""The loyalty engine: what a receipt gives its member. Pure and deterministic: the same input gives the same result for ever.

The order: prices, rewards, burning (capped, shared out to lines), then earning on what is paid by money: rates, the best rule of
each lane, multipliers, limits and the guard, pools. ``docs/reference/loyalty-rules.md`` is the specification, with worked numbers.

**Invariant**: a regulated line never earns, is never cheaper by a rule, and never takes a share of burned points. No rule is ever
shown one.
"""

import msgspec

from pos_app.errors import PosError
from pos_app.loyalty.acting import result_of_act
from pos_app.loyalty.burning import Burn, burn_on
from pos_app.loyalty.collecting import collect
from pos_app.loyalty.conditions import runs_for
from pos_app.loyalty.dates import dates_of
from pos_app.loyalty.document import Progressive
from pos_app.loyalty.donating import collect_gifts, donated_on, set_apart
from pos_app.loyalty.groups import beaten_in_groups
from pos_app.loyalty.guard import Guarding
from pos_app.loyalty.lanes import Gift, decide, share_points
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Plan, plan_for
from pos_app.loyalty.pricing import discounts_of, price_receipt, priced
from pos_app.loyalty.programme import Programme, ProgrammeSet
from pos_app.loyalty.rating import Receipt
from pos_app.loyalty.refusals import Worked, refusals_of
from pos_app.loyalty.taking import is_spendable, take_rewards
from pos_app.loyalty.telling import locks_of, notices_of
from pos_app.loyalty.tiers import tier_progress
from pos_app.model.evaluation import (
    Award,
    Discount,
    EngineInput,
    EngineLine,
    EngineResult,
    LotGrant,
    NextStep,
    Reason,
    ReasonValue,
)
from pos_app.model.products import ProductClass

SEMANTICS = 2
"""The number of these rules of evaluation. It grows when a receipt could give another result; old numbers stay runnable."""
KNOWN_SEMANTICS = frozenset({1, SEMANTICS})
"""1 knew fewer kinds of rules; what it knew gives the same by 2, so one engine runs both."""

_REGULATED = ProductClass.REGULATED


def evaluate(engine_input: EngineInput, programmes: ProgrammeSet) -> EngineResult:
    """What the receipt gives; ``refusals`` stays empty.

    Raises ``PosError`` for semantics that this program does not know, and for a set that is not the input's.
    """
    if engine_input.act:
        return msgspec.structs.replace(explain(engine_input, programmes), refusals=())
    return _work(engine_input, programmes)[0]


def explain(engine_input: EngineInput, programmes: ProgrammeSet) -> EngineResult:
    """The same result, with the refusals: what each rule did not give to which line, and why."""
    if engine_input.act:
        _check(engine_input, programmes)
        plan = plan_for(programmes, engine_input.business_date, engine_input.store_id)
        return result_of_act(engine_input, plan, programmes)
    result, worked = _work(engine_input, programmes)
    return msgspec.structs.replace(result, refusals=refusals_of(engine_input, programmes, worked))


def _work(engine_input: EngineInput, programmes: ProgrammeSet) -> tuple[EngineResult, Worked]:
    _check(engine_input, programmes)
    plan = plan_for(programmes, engine_input.business_date, engine_input.store_id)
    gifts: tuple[EngineLine, ...] = ()
    if plan.causes:
        engine_input, gifts = set_apart(plan.causes, engine_input)
    lines = [line for line in engine_input.lines if line.product_class is not _REGULATED]
    receipt = Receipt(engine_input, lines, plan.goods.of_lines(lines), [])
    limits = Limits(plan, engine_input)
    guarding = None if plan.guard is None else Guarding(plan.guard, lines)
    worked = Worked(plan, receipt, limits, guarding, gifts)
    discounts = _prices(plan, receipt, worked) if plan.touches_prices else []
    receipt.paid_minor = [line.amount_minor for line in receipt.lines]
    worked.burn = burn = burn_on(plan, receipt, spent_units=_points_taken(plan, receipt, worked))
    if burn.shares:
        receipt.paid_minor = _paid_minor(receipt.lines, burn)
    if receipt.member is None:
        return _result(engine_input, worked, discounts), worked
    limits.of_programmes(receipt)
    awards, units = _awards(plan, receipt, worked)
    counted, class_after, next_step = _progress(plan, receipt, worked)
    worked.collected, pool_lots = collect(plan, receipt, limits) if plan.collects else ([], ())
    if gifts:
        given, of_gifts = collect_gifts(plan.causes, gifts, utc_ms=engine_input.utc_ms)
        worked.collected, pool_lots = worked.collected + given, pool_lots + of_gifts
    result = _result(
        engine_input,
        worked,
        discounts,
        class_after=class_after,
        awards=tuple(awards),
        lots=_lots(plan, engine_input, units),
        counted=counted,
        next_step=next_step,
        pool_lots=pool_lots,
    )
    return result, worked


def _check(engine_input: EngineInput, programmes: ProgrammeSet) -> None:
    if engine_input.semantics not in KNOWN_SEMANTICS:
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


def _points_taken(plan: Plan, receipt: Receipt, worked: Worked) -> int:
    """The points that rewards have taken of those that may be burned, in units."""
    member = receipt.member
    if worked.takings is None or member is None:
        return 0
    burned = "" if plan.burner is None else plan.burner.issuer
    return sum(
        taken.units for taken in worked.takings.taken if taken.unit == burned or is_spendable(taken.unit, member)
    )


def _prices(plan: Plan, receipt: Receipt, worked: Worked) -> list[Discount]:
    """What discounts and rewards take off; the receipt's lines have their new prices then."""
    discounts: list[Discount] = []
    if plan.price_lanes or plan.has_groups:
        worked.prices = prices = price_receipt(receipt)
        worked.barred = beaten_in_groups(plan, receipt, prices) if plan.has_groups else frozenset()
        worked.discounted = discounts_of(plan, prices, worked.limits, worked.guarding, worked.barred)
        discounts = worked.discounted.discounts.copy()
        receipt.lines = priced(receipt.lines, discounts)
    if plan.rewards:
        worked.takings = takings = take_rewards(plan, receipt, worked.limits)
        if takings.discounts:
            receipt.lines = takings.lines(receipt)
            discounts += takings.discounts
    return discounts


def _paid_minor(lines: list[EngineLine], burn: Burn) -> list[int]:
    """What is paid by money for each line: its price less its share of the burned points, whichever way they burn."""
    burned = {share.line_no: share.worth_minor for share in burn.shares}
    return [line.amount_minor - burned.get(line.line_no, 0) for line in lines]


def _awards(plan: Plan, receipt: Receipt, worked: Worked) -> tuple[list[Award], dict[str, int]]:
    """The awards, lane by lane and line by line, and the units of each programme."""
    limits, guarding = worked.limits, worked.guarding
    awards: list[Award] = []
    total_units: dict[str, int] = {}
    for lane in plan.point_lanes:
        decided = decide(lane, receipt, worked.barred)
        worked.point_lanes.append(decided)
        gifts = decided.gifts
        share_points(gifts, receipt, plan.scale, limits)
        if guarding is not None:
            guarding.lower_points(gifts, receipt, plan.scale, point_units=limits.point_units)
        for gift in gifts:
            giver, units = gift.giver, gift.units
            programme_id = giver.programme_id
            line_no = receipt.lines[gift.index].line_no
            awards.append(Award(line_no, programme_id, giver.rule_id, units, _reason(gift, receipt, plan)))
            total_units[programme_id] = total_units.get(programme_id, 0) + units
            if giver.rule.caps is not None:
                limits.note(giver, units)
    return awards, total_units


def _reason(gift: Gift, receipt: Receipt, plan: Plan) -> Reason:
    giver, index, rating = gift.giver, gift.index, gift.rating
    base_minor = receipt.base_minor(giver.programme)[index]
    values: dict[str, ReasonValue] = rating.values.copy()
    values["base_minor"] = base_minor
    if weighing := giver.weighing_of[receipt.goods[index]]:
        values |= weighing
    if gift.lowered:
        values["line_max_points"] = gift.worth // plan.scale.point_worth
    if gift.limited_units is not None:
        values["receipt_max_units"] = gift.limited_units
    if gift.guarded:
        values["lowered_by"] = "guard"
    return Reason(rating.code, values)


def _progress(plan: Plan, receipt: Receipt, worked: Worked) -> tuple[dict[str, int], str, NextStep | None]:
    """What accumulators count, the class after this receipt, and the first next step, in the order of the lanes."""
    counted: dict[str, int] = {}
    next_step: NextStep | None = None
    card_class = receipt.card_class
    price_lanes = () if worked.discounted is None else worked.discounted.lanes
    for decided in (*price_lanes, *worked.point_lanes):
        for number in decided.lane.counting:
            contender, progress = decided.lane.contenders[number], decided.ratings[number].progress
            if progress is None:
                continue
            if decided.lane.gives_discount and isinstance(contender.rule, Progressive) and contender.rule.period:
                # A discount goes by prices, but what counts on the card is what was paid in the end.
                progress = contender.rating(receipt).progress
            assert progress is not None, "the same conditions hold"
            if progress.counted_minor:
                counted[contender.programme.id] = progress.counted_minor
            card_class = _risen(contender.programme, card_class, progress.class_reached)
            next_step = next_step or progress.next_step
    for programme in plan.with_tiers:
        if programme.tiers is not None and receipt.member is not None and runs_for(programme, receipt.member):
            counted_minor, tier_step = tier_progress(programme, programme.tiers, receipt)
            if counted_minor:
                counted[programme.id] = counted_minor
            next_step = next_step or tier_step
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
    worked: Worked,
    discounts: list[Discount],
    *,
    class_after: str = "",
    awards: tuple[Award, ...] = (),
    lots: tuple[LotGrant, ...] = (),
    counted: dict[str, int] | None = None,
    next_step: NextStep | None = None,
    pool_lots: tuple[LotGrant, ...] = (),
) -> EngineResult:
    burn, plan, receipt = worked.burn, worked.plan, worked.receipt
    # By position: by name it takes four times as long, and this is on the way of every receipt.
    return EngineResult(
        engine_input.semantics,
        burn.units,
        burn.worth_minor,
        burn.burn_as,
        burn.shares,
        burn.burnable_units,
        burn.limit,
        awards,
        lots,
        counted or {},
        receipt.card_class,
        class_after,
        next_step,
        (),  # no refusals
        tuple(discounts),
        tuple(worked.collected),
        pool_lots,
        () if worked.takings is None else tuple(worked.takings.taken),
        notices_of(plan, receipt) if plan.notices else (),
        locks_of(plan, receipt) if plan.accesses else (),
        worked.limits.used,
        donated_on(plan.causes, worked.gifts, worked.collected) if plan.causes else (),
    )
