"""Defects that the simulation must find within a small run."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pos_app.model.policy import Allowance
from pos_app.simulation.options import NO_FAULTS, SimulationOptions
from pos_app.simulation.running import simulate
from tests.pos_app.simulation import planted

pytestmark = pytest.mark.unmeasured

QUIET = SimulationOptions(tills=1, days=1, seed=5, sales_per_day=15, faults=NO_FAULTS)


def with_faults(**rates: int) -> SimulationOptions:
    """The small run with these faults."""
    return msgspec.structs.replace(QUIET, faults=msgspec.structs.replace(NO_FAULTS, **rates))


CLONING = msgspec.structs.replace(with_faults(cloned_per_mille=1000), days=2, sales_per_day=10)
AWAY = msgspec.structs.replace(with_faults(away_days_per_mille=1000), sales_per_day=25)
LOSING_ANSWERS = msgspec.structs.replace(with_faults(lost_answer_bp=3_000), sales_per_day=25)
LEASING = msgspec.structs.replace(QUIET, allowance=Allowance.LEASE)


@pytest.mark.parametrize(
    ("bug", "options", "words"),
    [
        (planted.acknowledgement_that_deletes, AWAY, "never reached HQ"),
        (planted.missing_unique_key, CLONING, "no till acknowledged"),
        (planted.skipped_hash_check, CLONING, "has another or none"),
        (planted.forgotten_cursor, QUIET, "did not end"),
        (planted.new_id_after_a_lost_answer, LOSING_ANSWERS, "held for nobody"),
        (planted.pruned_too_early, with_faults(hq_restored_per_mille=1000), "never reached HQ"),
        (planted.lease_returned_by_the_clock, LEASING, "came back without an event"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_that_a_defect_is_found(bug: Callable[[], Any], options: SimulationOptions, words: str) -> None:
    with bug():
        report = simulate(options)
    assert any(words in problem for problem in report.problems), report.problems
