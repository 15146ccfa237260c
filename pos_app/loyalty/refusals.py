"""What a receipt did not give, and why: read off the engine's own work, so that it can never disagree with the awards."""

from collections.abc import Iterator

from pos_app.loyalty import reasons
from pos_app.loyalty.burning import Burn
from pos_app.loyalty.conditions import rests
from pos_app.loyalty.document import Goods
from pos_app.loyalty.guard import Guarding
from pos_app.loyalty.lanes import NOBODY, Decided
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Contender, Plan, why_programme_rests
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import NOTHING, Rating, Receipt, is_excluded, is_meant
from pos_app.loyalty.taking import Takings
from pos_app.model.evaluation import EngineInput, EngineLine, Reason, ReasonValue, Refusal
from pos_app.model.products import ProductClass


class Worked:
    """A receipt as the engine worked it through."""

    __slots__ = (
        "burn",
        "guarding",
        "limits",
        "plan",
        "point_lanes",
        "price_lanes",
        "price_receipt",
        "receipt",
        "takings",
    )

    def __init__(self, plan: Plan, receipt: Receipt, limits: Limits, guarding: Guarding | None) -> None:
        self.plan = plan
        self.receipt = receipt
        self.limits = limits
        self.guarding = guarding
        self.takings: Takings | None = None
        self.price_receipt: Receipt | None = None
        self.price_lanes: list[Decided] = []
        self.point_lanes: list[Decided] = []
        self.burn = Burn()


def refusals_of(engine_input: EngineInput, programmes: ProgrammeSet, worked: Worked) -> tuple[Refusal, ...]:
    """Every refusal: of the receipt (line 0), of regulated lines, of burning, and of each rule that gave a line nothing."""
    found = [*_resting(engine_input, programmes)]
    found += [
        _refusal(line.line_no, reasons.REGULATED)
        for line in engine_input.lines
        if line.product_class == ProductClass.REGULATED
    ]
    if worked.price_receipt is not None:
        for decided in worked.price_lanes:
            found += _lane_refusals(decided, worked.price_receipt)
        found += [_refusal(line.line_no, reasons.PRICED_BY_HAND) for line in worked.receipt.lines if line.fixed]
    found += [] if worked.takings is None else worked.takings.refusals
    found += _burn_refusals(engine_input, worked)
    if worked.receipt.member is None:
        return (*found, _refusal(0, reasons.NO_MEMBER))
    for decided in worked.point_lanes:
        found += _lane_refusals(decided, worked.receipt)
    found += _unmet(worked.plan.collects, worked.receipt)
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


def _unmet(contenders: tuple[Contender, ...], receipt: Receipt) -> Iterator[Refusal]:
    for contender in contenders:
        if reason := contender.unmet(receipt):
            yield Refusal(0, contender.programme.id, contender.rule.id, reason)


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
                yield Refusal(line.line_no, contender.programme.id, contender.rule.id, reason)
    for booster, boost in zip(lane.boosters, decided.boosts, strict=True):
        if not boost.rate:
            yield _whole_receipt(booster, boost, receipt)


def _whole_receipt(contender: Contender, rating: Rating, receipt: Receipt) -> Refusal:
    """Why a rule gives the receipt nothing at all."""
    reason = Reason(reasons.RATE_ZERO, {})
    if rating is NOTHING:
        reason = contender.unmet(receipt) or Reason(reasons.GROUP_BEATEN, {})
    return Refusal(0, contender.programme.id, contender.rule.id, reason)


def _why_not(decided: Decided, contender: Contender, index: int, receipt: Receipt) -> Reason:
    line = receipt.lines[index]
    if not is_meant(contender.rule, line):
        return why_not_meant(contender.rule, line)
    if not contender.weights(receipt)[index]:
        return Reason(reasons.WEIGHT_ZERO, {"product_class": line.product_class.value, "band": line.band})
    if not receipt.paid_minor[index]:
        return Reason(reasons.NOTHING_PAID, {})
    if contender.line_max == 0:
        return Reason(reasons.LINE_MAX_ZERO, {})
    winner = decided.winners[index]
    if winner == NOBODY:
        return Reason(reasons.NOTHING_TO_GIVE, {})
    best = decided.lane.contenders[winner]
    return Reason(reasons.BEATEN, {"by_programme": best.programme.id, "by_rule": best.rule.id})


def why_not_meant(goods: Goods, line: EngineLine) -> Reason:
    """Why a section is not about the goods of a line."""
    if not is_excluded(goods, line):
        return Reason(reasons.NOT_NAMED, {})
    if line.product_class in goods.exclude_product_classes:
        values: dict[str, ReasonValue] = {"excluded_by": "product class", "excluded": line.product_class.value}
    elif line.category in goods.exclude_categories:
        values = {"excluded_by": "category", "excluded": line.category}
    elif line.department in goods.exclude_departments:
        values = {"excluded_by": "department", "excluded": line.department}
    else:
        values = {"excluded_by": "product", "excluded": line.product_code}
    return Reason(reasons.EXCLUDED, values)
