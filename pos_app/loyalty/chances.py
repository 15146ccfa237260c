"""Rules that give by chance: which ones a receipt asks chance for, what chance says, and what was won.

The engine knows no chance: what it said stands in the input, as a roll for each rule.
"""

from collections.abc import Iterable
from datetime import date

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
    """Those that can give on this day in this store."""
    running = {contender.key for contender in plan_for(programmes, business_date, store_id).collects}
    return tuple(one for one in chances_of(programmes.programmes) if one.rule in running)


def seeds_on(programmes: ProgrammeSet, business_date: str, store_id: str) -> tuple[str, ...]:
    """The hashes of the seeds that something is left to on this day: a rule that can give, or a lottery that may not be held yet."""
    lotteries = [
        programme.draw.seed_hash
        for programme in plan_for(programmes, business_date, store_id).programmes
        if programme.draw is not None and programme.draw.draw_on and business_date <= str(programme.draw.draw_on)
    ]
    return tuple(
        dict.fromkeys([*(one.seed_hash for one in chances_on(programmes, business_date, store_id)), *lotteries])
    )


def last_day(programmes: Iterable[Programme], seed_hash: str) -> date | None:
    """The last day on which chance can go by a seed; None where there is no end, and ``date.min`` where nothing goes by it."""
    last = date.min
    for programme in programmes:
        for rule in programme.rules:
            if programme.draw is None or programme.draw.seed_hash != seed_hash:
                continue
            if isinstance(rule, Collect) and rule.chance_bp is not None:
                windows = () if rule.when is None else rule.when.dates
                ends = [max(window.end for window in windows)] if windows else []
                ends += [] if programme.active_until is None else [programme.active_until]
                if not ends:
                    return None
                last = max(last, min(ends))
    return last


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
