"""Pools other than points: what a receipt puts into them, and the lots that this makes."""

from pos_app.loyalty import reasons
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.dates import dates_of
from pos_app.loyalty.document import Collect, Earning
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import Collected, EngineInput, LotGrant, Reason, ReasonValue
from pos_app.model.identifiers import ledger_unit
from pos_app.model.money import MILLI, share_out


def collect(plan: Plan, receipt: Receipt, limits: Limits) -> tuple[list[Collected], tuple[LotGrant, ...]]:
    """The units of each line and rule, and a lot for each rule that gave some.

    Of lines with free pieces the receipt has the others only.
    """
    collected: list[Collected] = []
    lots = []
    for contender in plan.collects:
        rule = contender.rule
        assert isinstance(rule, Collect), "only these collect"
        if contender.unmet(receipt) is not None:
            continue
        units_by_line = _limited(contender, _units(rule, contender, receipt), receipt, limits)
        total = sum(units_by_line)
        if not total or chance_refuses(rule, contender, receipt.engine_input) is not None:
            continue
        unit = ledger_unit(contender.programme.issuer, rule.pool)
        for line, units in zip(receipt.lines, units_by_line, strict=True):
            if units:
                reason = _reason(rule, contender, receipt.engine_input)
                collected.append(Collected(line.line_no, contender.programme.id, rule.id, unit, units, reason))
        limits.note(contender, total)
        lots.append(_lot(contender, rule, unit, total, receipt.engine_input))
    return collected, tuple(lots)


def chance_refuses(rule: Collect, contender: Contender, engine_input: EngineInput) -> Reason | None:
    """Why a rule of chance does not give: chance said no, or nothing yet. None where it gives, or leaves nothing to chance."""
    if rule.chance_bp is None:
        return None
    roll = engine_input.rolls.get(contender.key)
    if roll is None:
        return Reason(reasons.CHANCE_LATER, {"chance_bp": rule.chance_bp})
    if roll >= rule.chance_bp:
        return Reason(reasons.CHANCE_LOST, {"roll": roll, "wins_below": rule.chance_bp})
    return None


def _reason(rule: Collect, contender: Contender, engine_input: EngineInput) -> Reason:
    values: dict[str, ReasonValue] = {"pool": rule.pool, "per": rule.per}
    if rule.chance_bp is not None:
        values |= {reasons.WON_WITH: engine_input.rolls[contender.key], "wins_below": rule.chance_bp}
    return Reason(reasons.COLLECT, values)


def _units(rule: Collect, contender: Contender, receipt: Receipt) -> list[int]:
    """What each line gives, of what is paid for by money."""
    paid = [
        minor if weight else 0 for minor, weight in zip(receipt.paid_minor, contender.weights(receipt), strict=True)
    ]
    if rule.per == "piece":
        return [
            rule.units * (line.quantity_milli // MILLI) if minor else 0
            for line, minor in zip(receipt.lines, paid, strict=True)
        ]
    times = 1 if rule.per == "receipt" else sum(paid) // (rule.per_minor or 1)
    return share_out(times * rule.units if any(paid) else 0, paid, receipt.tie_keys())


def _limited(contender: Contender, units: list[int], receipt: Receipt, limits: Limits) -> list[int]:
    """The units of the lines, lowered to what the rule's caps leave."""
    caps = contender.rule.caps
    if caps is not None and caps.line is not None:
        units = [min(each, caps.line) for each in units]
    most = limits.left_units(contender) if contender.purse == contender.key else None
    return units if most is None or sum(units) <= most else share_out(most, units, receipt.tie_keys())


def _lot(contender: Contender, rule: Collect, unit: str, units: int, engine_input: EngineInput) -> LotGrant:
    earning = contender.programme.earning
    dated = Earning(pending=rule.pending or earning.pending, life=rule.life or earning.life)
    start_ms, expiry_ms = dates_of(dated, utc_ms=_from_ms(rule, unit, engine_input), zone_name=engine_input.zone)
    return LotGrant(contender.programme.id, unit, units, start_ms, expiry_ms)


def _from_ms(rule: Collect, unit: str, engine_input: EngineInput) -> int:
    """From when the units count: now, or where the last of what the member has of them ends."""
    if rule.begins == "now":
        return engine_input.utc_ms
    member = engine_input.member
    assert member is not None, "only members collect"
    return max(engine_input.utc_ms, member.pool_ends_ms.get(unit, 0))
