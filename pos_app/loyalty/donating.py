"""Money for a cause: what customers give on lines of their own, which no rule ever sees, and what the shop gives itself."""

from collections.abc import Iterable, Mapping

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Programme
from pos_app.model.evaluation import Collected, Donated, EngineInput, EngineLine, LotGrant, Reason
from pos_app.model.identifiers import ledger_unit
from pos_app.model.products import ProductClass


class Cause(msgspec.Struct, frozen=True):
    """A cause that a programme collects for, under a product of its own; ``unit`` of the ledger is what member and shop gave so far."""

    programme_id: str
    name: str
    product_code: str
    unit: str
    round_to_minor: int | None


def cause_of(programme: Programme) -> Cause | None:
    """The cause of a programme, None for one without.

    >>> from pos_app.loyalty.document import Charity
    >>> charity = Charity(cause="Trees", product="TREES")
    >>> cause_of(Programme(schema=1, id="trees", version=1, name="Trees", point_worth_minor=1, charity=charity)).unit
    'shop#charity'
    """
    charity = programme.charity
    if charity is None:
        return None
    unit = ledger_unit(programme.issuer, charity.pool)
    return Cause(programme.id, charity.cause, charity.product, unit, charity.round_to_minor)


def causes_of(programmes: Iterable[Programme]) -> dict[str, Cause]:
    """The causes by their products; of two under one product the first one gets it."""
    causes: dict[str, Cause] = {}
    for programme in programmes:
        if cause := cause_of(programme):
            causes.setdefault(cause.product_code, cause)
    return causes


def set_apart(causes: Mapping[str, Cause], engine_input: EngineInput) -> tuple[EngineInput, tuple[EngineLine, ...]]:
    """The input without the lines by which the customer gives, and those lines: they earn nothing and count for nothing."""
    gifts = tuple(
        line
        for line in engine_input.lines
        if line.product_code in causes and line.product_class is not ProductClass.REGULATED
    )
    if not gifts:
        return engine_input, ()
    rest = tuple(line for line in engine_input.lines if line not in gifts)
    return msgspec.structs.replace(engine_input, lines=rest), gifts


def collect_gifts(
    causes: Mapping[str, Cause], gifts: Iterable[EngineLine], *, utc_ms: int
) -> tuple[list[Collected], tuple[LotGrant, ...]]:
    """What a member gives, in minor units, put into the pool of its cause: at once, and for ever."""
    collected: list[Collected] = []
    lots: list[LotGrant] = []
    for cause in causes.values():
        amounts = {line.line_no: line.amount_minor for line in gifts if line.product_code == cause.product_code}
        reason = Reason(reasons.DONATED, {"cause": cause.name})
        collected += (
            Collected(line_no, cause.programme_id, "", cause.unit, minor, reason)
            for line_no, minor in amounts.items()
            if minor
        )
        if given_minor := sum(amounts.values()):
            lots.append(LotGrant(cause.programme_id, cause.unit, given_minor, utc_ms, None))
    return collected, tuple(lots)


def donated_on(
    causes: Mapping[str, Cause], gifts: Iterable[EngineLine], collected: Iterable[Collected]
) -> tuple[Donated, ...]:
    """Everything that a receipt gives to causes: the customer's gifts, then what the shop's rules put into their pools."""
    by_programme = {cause.programme_id: cause for cause in causes.values()}
    given = [
        Donated(line.line_no, cause.programme_id, cause.name, line.amount_minor)
        for line in gifts
        if (cause := causes[line.product_code]) and line.amount_minor
    ]
    for one in collected:
        of_programme = by_programme.get(one.programme_id)
        if of_programme is not None and one.rule_id and one.unit == of_programme.unit:
            given.append(Donated(one.line_no, one.programme_id, of_programme.name, one.units, by_shop=True))
    return tuple(given)
