"""Rules that give by chance: which ones a receipt asks chance for, what chance says, and what was won.

The engine knows no chance: what it said stands in the input, as a roll for each rule.
"""

from collections.abc import Iterable

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Collect, Programme
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.plan import plan_for
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import rule_key
from pos_app.model.evaluation import Collected, EngineInput


class Chance(msgspec.Struct, frozen=True):
    """A rule (``programme/rule``) that gives so many times in 10 000, by the draw whose seed has this hash."""

    rule: str
    chance_bp: int
    seed_hash: str


def chances_of(programmes: Iterable[Programme]) -> tuple[Chance, ...]:
    """The rules of these programmes that give by chance."""
    return tuple(
        Chance(rule_key(programme, rule), rule.chance_bp, programme.draw.seed_hash)
        for programme in programmes
        if programme.draw is not None
        for rule in programme.rules
        if isinstance(rule, Collect) and rule.chance_bp is not None
    )


def chances_on(programmes: ProgrammeSet, business_date: str, store_id: str) -> tuple[Chance, ...]:
    """Those of the programmes that run on this day in this store."""
    return chances_of(plan_for(programmes, business_date, store_id).programmes)


def chances_asked(engine_input: EngineInput, programmes: ProgrammeSet) -> tuple[Chance, ...]:
    """The rules that would give this receipt something if chance said yes: for those there is a roll, and for no others."""
    running = chances_on(programmes, engine_input.business_date, engine_input.store_id)
    if not running or engine_input.member is None:
        return ()
    sure = msgspec.structs.replace(engine_input, rolls={one.rule: 0 for one in running})
    given = {f"{one.programme_id}/{one.rule_id}" for one in evaluate(sure, programmes).collected}
    return tuple(one for one in running if one.rule in given)


def has_won(collected: Iterable[Collected]) -> bool:
    """Whether some of it was given by chance."""
    return any(reasons.WON_WITH in one.reason.values for one in collected)


def wins_of(collected: Iterable[Collected], programmes: Iterable[Programme]) -> tuple[str, ...]:
    """What of it was won by chance, in the words of the rules, else by the names of the pools; each rule is named once."""
    won = {(one.programme_id, one.rule_id) for one in collected if has_won([one])}
    return tuple(
        rule.wins or rule.pool
        for programme in programmes
        for rule in programme.rules
        if isinstance(rule, Collect) and (programme.id, rule.id) in won
    )
