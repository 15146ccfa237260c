"""Which rewards a member could take now: for whoever stands at the till to choose from. Pure."""

import msgspec

from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.document import Reward
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.plan import plan_for
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.evaluation import EngineInput, EngineResult
from pos_app.model.identifiers import is_points, ledger_unit


class RewardChoice(msgspec.Struct, frozen=True):
    """A reward that can be taken on this receipt, and what it would be: so often, for so many ``units`` of the ledger's ``unit``.

    ``key`` asks for it (``EngineInput.takes``). ``off_minor`` is what it takes off the prices, ``gives`` what is to be handed
    over in words; ``is_taken``: it was asked for already.
    """

    key: str
    programme_id: str
    rule_id: str
    unit: str
    units: int
    times: int
    gives: str
    off_minor: int
    is_taken: bool


def rewards_now(engine_input: EngineInput, programmes: ProgrammeSet) -> tuple[RewardChoice, ...]:
    """The rewards that could be taken beside those that are asked for already, in the order in which they are taken.

    Those that take themselves are not among them, but for those that wait for the right to the points that they cost: the till asks
    for it once somebody chooses.
    """
    if engine_input.member is None:
        return ()
    plan = plan_for(programmes, engine_input.business_date, engine_input.store_id)
    asked = [one for one in plan.rewards if _is_chosen(one, engine_input, programmes)]
    pools = {unit: units for unit, units in engine_input.member.pools.items() if not is_points(unit)}
    free = msgspec.structs.replace(engine_input, member=msgspec.structs.replace(engine_input.member, pools=pools))
    found = (_choice(free, programmes, contender) for contender in asked)
    return tuple(choice for choice in found if choice is not None)


def _is_chosen(contender: Contender, engine_input: EngineInput, programmes: ProgrammeSet) -> bool:
    """Whether somebody has to choose it."""
    rule, member = contender.rule, engine_input.member
    assert isinstance(rule, Reward), "only rewards are offered"
    assert member is not None, "rewards are a member's"
    if rule.take == "ask":
        return True
    unit = ledger_unit(contender.programme.issuer, rule.pool)
    if not is_points(unit) or unit not in member.pools:
        return False
    taken = evaluate(engine_input, programmes).taken
    return (contender.programme.id, rule.id) not in {(one.programme_id, one.rule_id) for one in taken}


def _choice(engine_input: EngineInput, programmes: ProgrammeSet, contender: Contender) -> RewardChoice | None:
    is_taken = contender.key in engine_input.takes
    takes = engine_input.takes if is_taken else (*engine_input.takes, contender.key)
    result = evaluate(msgspec.structs.replace(engine_input, takes=takes), programmes)
    rule = contender.programme.id, contender.rule.id
    for taken in result.taken:
        if (taken.programme_id, taken.rule_id) == rule:
            return RewardChoice(
                key=contender.key,
                programme_id=taken.programme_id,
                rule_id=taken.rule_id,
                unit=taken.unit,
                units=taken.units,
                times=taken.times,
                gives=taken.gives,
                off_minor=_off_minor(result, rule),
                is_taken=is_taken,
            )
    return None


def _off_minor(result: EngineResult, rule: tuple[str, str]) -> int:
    return sum(one.amount_minor for one in result.discounts if (one.programme_id, one.rule_id) == rule)
