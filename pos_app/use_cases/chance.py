"""What chance says on a receipt: rolls that follow from a seed which was committed before, and from the number of the receipt.

They are made when the sale is booked, after it was paid; until then nobody at the till knows them, since the number is given
by the journal and the seed is shown nowhere. Whoever can read the till's database could know: docs/decisions/0031 says what of that.
"""

import logging
from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.chances import chances_asked, chances_on
from pos_app.model.evaluation import EngineInput
from pos_app.protocol.draws import is_example, roll
from storage import draws
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_log = logging.getLogger(__name__)


class MissingSeed(msgspec.Struct, frozen=True):
    """A draw in force whose seed is not here, or is public: its rules give nothing by chance. ``is_example``: it never was opened."""

    programme_id: str
    seed_hash: str
    is_example: bool


def with_rolls(till: "Till", connection: Connection, engine_input: EngineInput, receipt_number: str) -> EngineInput:
    """The input with a roll for each rule that asks chance on this receipt, as far as the till has the seeds."""
    if not till.chances:
        return engine_input
    asked = chances_asked(engine_input, till.terms.programmes)
    seeds = draws.usable_seeds(connection) if asked else {}
    rolls = {
        one.rule: roll(seeds[one.seed_hash], receipt_number=receipt_number, rule=one.rule)
        for one in asked
        if one.seed_hash in seeds
    }
    for one in asked:
        if one.rule not in rolls and one.rule not in till.silent_chances:
            till.silent_chances.add(one.rule)
            _log.warning("chance.seed_missing rule=%s hash=%s", one.rule, one.seed_hash[:12])
    return msgspec.structs.replace(engine_input, rolls=rolls) if rolls else engine_input


def seed_sentence(missing: MissingSeed) -> str:
    """What a manager is told of a draw that gives nothing, and what to do."""
    if missing.is_example:
        return (
            f"{missing.programme_id} gives nothing by chance: its seed is that of the examples, which everybody knows."
            " Open it with `pos-app draw open FILE`."
        )
    return (
        f"{missing.programme_id} gives nothing by chance: the seed of its draw is not here, or was published."
        " Load the file where it was opened, or publish it at headquarters."
    )


def missing_seeds(till: "Till", connection: Connection) -> tuple[MissingSeed, ...]:
    """The draws that run today and whose rules give nothing, since their seed is not here or was published."""
    if not till.chances:
        return ()
    seeds = draws.usable_seeds(connection)
    today = till.business_date(till.clock.utc_ms())
    asked = chances_on(till.terms.programmes, today, till.terms.store_id)
    found = {
        one.rule.partition("/")[0]: MissingSeed(one.rule.partition("/")[0], one.seed_hash, is_example(one.seed_hash))
        for one in asked
        if one.seed_hash not in seeds
    }
    return tuple(found.values())
