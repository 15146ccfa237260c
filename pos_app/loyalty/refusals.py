"""What a receipt did not give, and why: read off the engine's own work, so that it can never disagree with the awards."""

from collections.abc import Iterator

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.burning import Burn
from pos_app.loyalty.document import Goods
from pos_app.loyalty.lanes import Lane
from pos_app.loyalty.plan import Contender, Plan
from pos_app.loyalty.rating import Rating, Receipt, is_excluded
from pos_app.model.evaluation import EngineInput, EngineLine, Reason, ReasonValue, Refusal
from pos_app.model.products import ProductClass


class Worked(msgspec.Struct, frozen=True):
    """A receipt as the engine worked it through; ``receipt`` is None without a member."""

    plan: Plan
    burn: Burn
    open_lines: list[EngineLine]
    receipt: Receipt | None = None
    lanes: list[Lane] = []


def refusals_of(engine_input: EngineInput, worked: Worked) -> tuple[Refusal, ...]:
    """Every refusal: of the receipt (line 0), of regulated lines, of burning, and of each rule that gave a line nothing."""
    found = [
        _refusal(0, reasons.NOT_ACTIVE, {"business_date": engine_input.business_date}, programme_id=programme.id)
        for programme in worked.plan.resting
    ]
    found += [
        _refusal(line.line_no, reasons.REGULATED)
        for line in engine_input.lines
        if line.product_class == ProductClass.REGULATED
    ]
    found += _burn_refusals(engine_input, worked)
    if worked.receipt is None:
        return (*found, _refusal(0, reasons.NO_MEMBER))
    for lane in worked.lanes:
        for number in range(len(lane.contenders)):
            found += _rule_refusals(lane, number, worked.receipt)
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


def _burn_refusals(engine_input: EngineInput, worked: Worked) -> Iterator[Refusal]:
    """What burning refused, where points were asked for: fewer points, and the lines that took no share."""
    requested, burned = engine_input.burn_units, worked.burn.units
    burner = worked.plan.burner
    programme_id = burner.id if burner else ""
    if requested > burned:
        values: dict[str, ReasonValue] = {"requested_units": requested, "burned_units": burned}
        yield _refusal(0, reasons.BURN_LOWERED, values, programme_id=programme_id)
        yield Refusal(0, programme_id, "", worked.burn.limit)
    if requested > 0 and burner and burner.burning:
        for line in worked.open_lines:
            if is_excluded(burner.burning, line):
                yield Refusal(line.line_no, programme_id, "", _excluded(burner.burning, line))


def _rule_refusals(lane: Lane, number: int, receipt: Receipt) -> Iterator[Refusal]:
    contender, rating = lane.contenders[number], lane.ratings[number]
    programme_id, rule_id = contender.programme.id, contender.rule.id
    if not rating.rate_bp:
        yield _refusal(0, reasons.RATE_ZERO, programme_id=programme_id, rule_id=rule_id)
        return
    for index, line in enumerate(receipt.lines):
        if lane.winners[index] != number:
            reason = _why_not(lane, contender, rating, index, receipt)
            yield Refusal(line.line_no, programme_id, rule_id, reason)


def _why_not(lane: Lane, contender: Contender, rating: Rating, index: int, receipt: Receipt) -> Reason:
    line = receipt.lines[index]
    if is_excluded(contender.rule, line):
        return _excluded(contender.rule, line)
    if not rating.weights_percent[index]:
        return Reason(reasons.WEIGHT_ZERO, {"product_class": line.product_class.value, "band": line.band})
    if not receipt.paid_minor[index]:
        return Reason(reasons.NOTHING_PAID, {})
    if contender.programme.earning.line_max_points == 0:
        return Reason(reasons.LINE_MAX_ZERO, {})
    winner = lane.winners[index]
    assert winner is not None, "a line for which a rule offers something has a winner"
    best = lane.contenders[winner]
    return Reason(reasons.BEATEN, {"by_programme": best.programme.id, "by_rule": best.rule.id})


def _excluded(goods: Goods, line: EngineLine) -> Reason:
    if line.product_class in goods.exclude_product_classes:
        values: dict[str, ReasonValue] = {"excluded_by": "product class", "excluded": line.product_class.value}
    elif line.category in goods.exclude_categories:
        values = {"excluded_by": "category", "excluded": line.category}
    else:
        values = {"excluded_by": "department", "excluded": line.department}
    return Reason(reasons.EXCLUDED, values)
