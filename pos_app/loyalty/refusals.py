"""What a receipt did not give, and why: read off the engine's own work, so that it can never disagree with the awards."""

from collections.abc import Iterator

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.burning import NO_BURN, Burn
from pos_app.loyalty.collecting import chance_refuses
from pos_app.loyalty.conditions import rests
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.document import Collect
from pos_app.loyalty.guard import Guarding
from pos_app.loyalty.lanes import Decided, Gift
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import NOBODY, Plan, why_programme_rests
from pos_app.loyalty.pricing import Discounted
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import NOTHING, Rating, Receipt, is_meant, why_not_meant
from pos_app.loyalty.taking import Takings
from pos_app.loyalty.telling import silent
from pos_app.model.evaluation import Collected, EngineInput, EngineLine, Reason, ReasonValue, Refusal
from pos_app.model.products import ProductClass

_NOTHING_TO_GIVE = Reason(reasons.NOTHING_TO_GIVE, {})


class Worked(msgspec.Struct, gc=False):
    """A receipt as the engine worked it through.

    ``prices`` is the part whose prices rules may change, ``barred`` the rules that another one of their group has beaten. ``gifts`` are
    the lines for causes, which no rule sees.
    """

    plan: Plan
    receipt: Receipt
    limits: Limits
    guarding: Guarding | None
    gifts: tuple[EngineLine, ...] = ()
    barred: frozenset[str] = frozenset()
    takings: Takings | None = None
    prices: Receipt | None = None
    discounted: Discounted | None = None
    point_lanes: list[Decided] = []
    collected: list[Collected] = []
    burn: Burn = NO_BURN


def refusals_of(engine_input: EngineInput, programmes: ProgrammeSet, worked: Worked) -> tuple[Refusal, ...]:
    """Every refusal: of the receipt (line 0), of regulated lines, of burning, and of each rule that gave a line nothing."""
    found = [*_resting(engine_input, programmes)]
    found += [
        _refusal(line.line_no, reasons.REGULATED)
        for line in engine_input.lines
        if line.product_class == ProductClass.REGULATED
    ]
    found += [_refusal(line.line_no, reasons.DONATION) for line in worked.gifts]
    found += _price_refusals(worked)
    found += [] if worked.takings is None else worked.takings.refusals
    found += _burn_refusals(engine_input, worked)
    found += silent(worked.plan, worked.receipt)
    if worked.receipt.member is None:
        return (*found, _refusal(0, reasons.NO_MEMBER))
    for decided in worked.point_lanes:
        found += _lane_refusals(decided, worked.receipt)
    for contender in worked.plan.collects:
        found += _collect_refusals(contender, worked)
    return tuple(found)


def _refusal(
    line_no: int,
    code: str,
    values: dict[str, ReasonValue] | None = None,
    *,
    programme_id: str = "",
    rule_id: str = "",
) -> Refusal:
    return Refusal(line_no, programme_id, rule_id, Reason(code, values or {}))


def _resting(engine_input: EngineInput, programmes: ProgrammeSet) -> Iterator[Refusal]:
    """The programmes and the rules that do not run on this day in this store."""
    business_date, store_id = engine_input.business_date, engine_input.store_id
    for programme in sorted(programmes.programmes, key=lambda one: (one.priority, one.id)):
        if reason := why_programme_rests(programme, business_date, store_id):
            yield Refusal(0, programme.id, "", reason)
            continue
        for rule in programme.rules:
            if reason := rests(rule, business_date=business_date, store_id=store_id):
                yield Refusal(0, programme.id, rule.id, reason)


def _price_refusals(worked: Worked) -> Iterator[Refusal]:
    """What the rules of the price lanes did not give; a discount that came to nothing is none."""
    if worked.discounted is None or worked.prices is None or not worked.plan.price_lanes:
        return
    for decided in worked.discounted.lanes:
        yield from _lane_refusals(decided, worked.prices)
        for gift in decided.gifts:
            if not gift.units:
                line_no = worked.prices.lines[gift.index].line_no
                yield Refusal(line_no, gift.giver.programme.id, gift.giver.rule.id, _why_came_to_nothing(gift))
    for line in worked.receipt.lines:
        if line.fixed:
            yield _refusal(line.line_no, reasons.PRICED_BY_HAND)


def _why_came_to_nothing(gift: Gift) -> Reason:
    if gift.guarded:
        return Reason(reasons.GUARD, {})
    return Reason(reasons.NOTHING_TO_GIVE if gift.limited_units is None else reasons.CAP_REACHED, {})


def _collect_refusals(contender: Contender, worked: Worked) -> Iterator[Refusal]:
    """Why a rule that collects gave the receipt nothing, or some of its lines."""
    receipt, programme_id, rule_id = worked.receipt, contender.programme.id, contender.rule.id
    if reason := contender.unmet(receipt):
        yield Refusal(0, programme_id, rule_id, reason)
        return
    gave = {one.line_no for one in worked.collected if (one.programme_id, one.rule_id) == (programme_id, rule_id)}
    unfit = [_why_unfit(contender, index, receipt) for index in range(len(receipt.lines))]
    assert isinstance(contender.rule, Collect), "only these collect"
    is_capped = contender.purse == contender.key and worked.limits.left_units(contender) == 0
    if None in unfit and not is_capped and (reason := chance_refuses(contender.rule, contender, receipt.engine_input)):
        yield Refusal(0, programme_id, rule_id, reason)
        return
    for line, why in zip(receipt.lines, unfit, strict=True):
        if line.line_no not in gave:
            reason = why or Reason(reasons.CAP_REACHED if is_capped else reasons.NOTHING_TO_GIVE, {})
            yield Refusal(line.line_no, programme_id, rule_id, reason)


def _burn_refusals(engine_input: EngineInput, worked: Worked) -> Iterator[Refusal]:
    """What burning refused, where points were asked for: fewer points, and the lines that took no share."""
    requested, burned = engine_input.burn_units, worked.burn.units
    burner = worked.burn.programme
    programme_id = burner.id if burner else ""
    if requested > burned:
        values: dict[str, ReasonValue] = {"requested_units": requested, "burned_units": burned}
        yield _refusal(0, reasons.BURN_LOWERED, values, programme_id=programme_id)
        yield Refusal(0, programme_id, "", worked.burn.limit)
    if requested > 0 and burner and burner.burning:
        for line in worked.receipt.lines:
            if not is_meant(burner.burning, line):
                yield Refusal(line.line_no, programme_id, "", why_not_meant(burner.burning, line))


def _lane_refusals(decided: Decided, receipt: Receipt) -> Iterator[Refusal]:
    lane = decided.lane
    for number, (contender, rating) in enumerate(zip(lane.contenders, decided.ratings, strict=True)):
        if not rating.rate:
            yield _whole_receipt(contender, rating, receipt)
            continue
        for index, line in enumerate(receipt.lines):
            if decided.winners[index] != number:
                reason = _why_not(decided, contender, index, receipt)
                yield Refusal(line.line_no, contender.programme_id, contender.rule_id, reason)
    for booster, boost in zip(lane.boosters, decided.boosts, strict=True):
        if not boost.rate:
            yield _whole_receipt(booster, boost, receipt)
            continue
        raised = {gift.index for gift in decided.gifts if gift.giver is booster}
        for index, line in enumerate(receipt.lines):
            if index not in raised:
                reason = _why_unfit(booster, index, receipt) or Reason(reasons.NOTHING_TO_MULTIPLY, {})
                yield Refusal(line.line_no, booster.programme.id, booster.rule.id, reason)


def _whole_receipt(contender: Contender, rating: Rating, receipt: Receipt) -> Refusal:
    """Why a rule gives the receipt nothing at all."""
    reason = Reason(reasons.GROUP_BEATEN if rating.code == reasons.GROUP_BEATEN else reasons.RATE_ZERO, {})
    if rating is NOTHING:
        reason = contender.unmet(receipt) or reason
    elif rating.code == reasons.MULTIPLY:
        # Not its rate is 0 but what it adds: it says how much it would raise to.
        reason = Reason(reasons.MULTIPLY, rating.values)
    return Refusal(0, contender.programme.id, contender.rule.id, reason)


def _why_not(decided: Decided, contender: Contender, index: int, receipt: Receipt) -> Reason:
    if reason := _why_unfit(contender, index, receipt):
        return reason
    winner = decided.winners[index]
    return _NOTHING_TO_GIVE if winner == NOBODY else decided.lane.contenders[winner].beating


def _why_unfit(contender: Contender, index: int, receipt: Receipt) -> Reason | None:
    """Why a rule could give a line nothing, whatever the others give; None where it could."""
    if reason := contender.unfit_of[receipt.goods[index]]:
        return reason
    if contender.chooses and not contender.weights(receipt)[index]:
        return Reason(reasons.WHEN_CHOSEN, {})
    if not receipt.paid_minor[index]:
        return Reason(reasons.NOTHING_PAID, {})
    if contender.line_max == 0:
        return Reason(reasons.LINE_MAX_ZERO, {})
    return None
