"""A programme set prepared for one business date: what runs, in which lanes, and which programme burns."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from pos_app.loyalty.document import AnyRule, FixedCard, Pharmacy, Programme, Progressive
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import Rating, Receipt
from pos_app.loyalty.rules import fixed_card, pharmacy, progressive

RateFunction = Callable[[Programme, Any, Receipt], Rating]

_RATE_FUNCTIONS: dict[type[AnyRule], RateFunction] = {
    FixedCard: fixed_card.rate,
    Progressive: progressive.rate,
    Pharmacy: pharmacy.rate,
}


class Contender(msgspec.Struct, frozen=True):
    """A rule that takes part in a lane, its programme, and the function of its kind."""

    programme: Programme
    rule: AnyRule
    rate: RateFunction


class Plan(msgspec.Struct, frozen=True):
    """What runs on one business date. Programmes and contenders are in the order of priority, programme id and rule id.

    ``burner`` is the programme that points burn by; ``point_worth_minor`` is the same in all programmes of a set.
    """

    programmes: tuple[Programme, ...]
    resting: tuple[Programme, ...]
    lanes: tuple[tuple[Contender, ...], ...]
    burner: Programme | None
    point_worth_minor: int


@lru_cache(maxsize=64)
def plan_for(programmes: ProgrammeSet, business_date: str) -> Plan:
    """The plan of a set for a business date (ISO); the last 64 are kept."""
    ordered = sorted(programmes.programmes, key=lambda programme: (programme.priority, programme.id))
    active = tuple(programme for programme in ordered if _runs(programme, business_date))
    return Plan(
        programmes=active,
        resting=tuple(programme for programme in ordered if not _runs(programme, business_date)),
        lanes=_lanes(active),
        burner=next((programme for programme in active if programme.burning), None),
        point_worth_minor=active[0].point_worth_minor if active else 1,
    )


def _runs(programme: Programme, business_date: str) -> bool:
    begun = programme.active_from is None or programme.active_from.isoformat() <= business_date
    ended = programme.active_until is not None and programme.active_until.isoformat() < business_date
    return begun and not ended


def _lanes(active: tuple[Programme, ...]) -> tuple[tuple[Contender, ...], ...]:
    """The contenders by lane, in the order of each lane's first; a rule that adds has a lane that no document can name."""
    lanes: dict[str, list[Contender]] = {}
    for programme in active:
        for rule in sorted(programme.rules, key=lambda rule: rule.id):
            lane = f"{programme.id}/{rule.id}" if rule.adds else rule.lane
            lanes.setdefault(lane, []).append(Contender(programme, rule, _RATE_FUNCTIONS[type(rule)]))
    return tuple(tuple(contenders) for contenders in lanes.values())
