"""Points for what a member does, not buys. Pure: of the rules for an act that apply, the one that gives most gives.

One rule alone, so that an act is one award: a till that knows less of the member may then give it only once, too
(``docs/decisions/0039-acts-and-marks.md``).
"""

from collections.abc import Iterator

from pos_app.loyalty import reasons
from pos_app.loyalty.conditions import rests
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.dates import dates_of
from pos_app.loyalty.document import CAP_PERIODS, Act, AnyRule, Caps
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import Plan, why_programme_rests
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import (
    Award,
    BurnAs,
    EngineInput,
    EngineResult,
    LotGrant,
    Reason,
    ReasonValue,
    Refusal,
)

REGISTRATION, REFERRED, REFERRAL = "registration", "referred", "referral"
"""Acts that happen by themselves: a member is enrolled; the first paid receipt of one whom another brought, for either of them."""
OF_ITSELF = frozenset({REFERRED, REFERRAL})
"""Acts that nobody can book by hand."""
_DATE_LENGTHS = {"day": 10, "month": 7, "year": 4, "ever": 0}


def result_of_act(engine_input: EngineInput, plan: Plan, programmes: ProgrammeSet) -> EngineResult:
    """What the act gives its member, with the refusals; an award is for no line (0)."""
    limits = Limits(plan, engine_input)
    refusals = [*_resting(engine_input, programmes)]
    offers: list[tuple[Contender, int, Reason]] = []
    for contender in plan.acts:
        rule = contender.rule
        assert isinstance(rule, Act), "acts are nothing else"
        if rule.act == engine_input.act:
            reason = _unmet(contender, engine_input)
            units, award = (0, reason) if reason else _offer(contender, rule, limits)
            if units:
                offers.append((contender, units, award))
            else:
                refusals.append(Refusal(0, contender.programme_id, contender.rule_id, award))
    # Of equal ones the first goes first: they are in the order of priority.
    best = max(offers, key=lambda offer: offer[1], default=None)
    for contender, _, _ in offers:
        if best is not None and contender is not best[0]:
            beaten = Reason(reasons.BEATEN, {"by_programme": best[0].programme_id, "by_rule": best[0].rule_id})
            refusals.append(Refusal(0, contender.programme_id, contender.rule_id, beaten))
    if not offers and not refusals:
        refusals.append(Refusal(0, "", "", Reason(reasons.ACT_UNKNOWN, {"act": engine_input.act})))
    if best is not None:
        limits.note(best[0], best[1])
    return _result(engine_input, best, limits.used, tuple(refusals))


def running_acts(plan: Plan) -> frozenset[str]:
    """The acts that rules of this plan give for, by whomever they are booked."""
    return frozenset(contender.rule.act for contender in plan.acts if isinstance(contender.rule, Act))


def act_names(plan: Plan) -> tuple[str, ...]:
    """The acts that the running programmes know, without those that happen by themselves; in the order of their names."""
    return tuple(sorted(running_acts(plan) - OF_ITSELF))


def once_name(caps: Caps | None, key: str, *, used: dict[str, int], business_date: str) -> str:
    """What names this time of a rule that gives so many times: the same at every till; empty where it may give any number of times.

    The cap that lets it happen the fewest times counts, and of equal ones that of the longest time.

    >>> once_name(Caps(receipts_month=2), "p/review", used={"p/review:receipts_month": 1}, business_date="2026-03-09")
    'p/review 2026-03 2'
    """
    given = [] if caps is None else [(getattr(caps, f"receipts_{period}"), period) for period in CAP_PERIODS]
    capped = [(most, -number, period) for number, (most, period) in enumerate(given) if most is not None]
    if not capped:
        return ""
    _, _, period = min(capped)
    before = used.get(f"{key}:receipts_{period}", 0)
    return " ".join([key, business_date[: _DATE_LENGTHS[period]] or period, str(before + 1)])


def _unmet(contender: Contender, engine_input: EngineInput) -> Reason | None:
    """The first condition that does not hold; what caps count for receipts, they count here for acts."""
    reason = contender.unmet(Receipt(engine_input, [], [], []))
    if reason is None or reason.code != reasons.CAP_RECEIPTS:
        return reason
    return Reason(reasons.CAP_ACTS, {"times": reason.values["receipts"], "period": reason.values["period"]})


def _offer(contender: Contender, rule: Act, limits: Limits) -> tuple[int, Reason]:
    units = rule.points * limits.point_units
    left_units = limits.left_units(contender)
    if left_units == 0:
        return 0, Reason(reasons.CAP_REACHED, {})
    values: dict[str, ReasonValue] = {"act": rule.act, "points": rule.points}
    if left_units is not None and left_units < units:
        units = left_units
        values["cap_units"] = left_units
    return units, Reason(reasons.ACT, values)


def _result(
    engine_input: EngineInput,
    best: tuple[Contender, int, Reason] | None,
    used: dict[str, int],
    refusals: tuple[Refusal, ...],
) -> EngineResult:
    member = engine_input.member
    card_class = "" if member is None else member.card_class
    awards: tuple[Award, ...] = ()
    lots: tuple[LotGrant, ...] = ()
    if best is not None:
        contender, units, reason = best
        programme = contender.programme
        start_ms, expiry_ms = dates_of(programme.earning, utc_ms=engine_input.utc_ms, zone_name=engine_input.zone)
        awards = (Award(0, programme.id, contender.rule_id, units, reason),)
        lots = (LotGrant(programme.id, programme.issuer, units, start_ms, expiry_ms),)
    return EngineResult(
        semantics=engine_input.semantics,
        burn_units=0,
        burn_worth_minor=0,
        burn_as=BurnAs.PRICE_REDUCTION,
        burn_shares=(),
        burnable_units=0,
        burn_limit=Reason(reasons.BURN_NO_PROGRAMME, {}),
        awards=awards,
        lots=lots,
        counted={},
        class_before=card_class,
        class_after=card_class,
        next_step=None,
        refusals=refusals,
        used=used,
    )


def _resting(engine_input: EngineInput, programmes: ProgrammeSet) -> Iterator[Refusal]:
    """The rules for this act that do not run on this day in this store."""
    business_date, store_id = engine_input.business_date, engine_input.store_id
    for programme in sorted(programmes.programmes, key=lambda one: (one.priority, one.id)):
        for rule in programme.rules:
            reason = why_programme_rests(programme, business_date, store_id) or rests(
                rule, business_date=business_date, store_id=store_id
            )
            if reason and _is_for(rule, engine_input.act):
                yield Refusal(0, programme.id, rule.id, reason)


def _is_for(rule: AnyRule, act: str) -> bool:
    return isinstance(rule, Act) and rule.act == act


def rule_of(plan: Plan, award: Award) -> Act:
    """The rule that gave an award for an act."""
    key = f"{award.programme_id}/{award.rule_id}"
    (rule,) = (one.rule for one in plan.acts if one.key == key)
    assert isinstance(rule, Act), "acts are nothing else"
    return rule
