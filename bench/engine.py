"""How long the engine takes for a real receipt, awards with reasons, as a ratio against the same rules written by hand."""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter_ns
from typing import TypedDict

from bench.engine_by_hand import PROGRAMMES, points_by_hand
from pos_app.loyalty.engine import SEMANTICS, evaluate
from pos_app.loyalty.programme import ProgrammeSet, parse_programme, programme_set
from pos_app.model.evaluation import EngineInput, EngineLine, MemberContext
from pos_app.programmes import preset_text

Basket = tuple[tuple[EngineLine, ...], MemberContext]

_REACH = 20.0
_TIMED_MAX = 4_000
_ROUNDS = 5


class BenchRow(TypedDict):
    """One row of the table of figures; ``reach`` is the greatest ratio that holds."""

    name: str
    ours: float
    reference: float
    unit: str
    ratio: float
    reach: float
    holds: bool


def measure(baskets: Sequence[Basket]) -> BenchRow:
    """Compare the points of every line of all baskets, then time engine and reference in turn: the median basket of each.

    Of many baskets an evenly spread sample is timed; each basket counts with the best of five rounds. Raises
    ``AssertionError`` where a line's points differ, so a fast wrong engine has no figure.
    """
    programmes = _programmes()
    inputs = [_engine_input(lines, member, programmes) for lines, member in baskets]
    for engine_input in inputs:
        _compare(engine_input, programmes)
    sample = inputs[:: max(1, len(inputs) // _TIMED_MAX)]
    ours_ns = [0] * len(sample)
    reference_ns = [0] * len(sample)
    for round_number in range(_ROUNDS):
        for index, engine_input in enumerate(sample):
            ours = _timed_ns(evaluate, engine_input, programmes)
            reference = _timed_ns(points_by_hand, engine_input.lines, engine_input.member)
            ours_ns[index] = ours if not round_number else min(ours, ours_ns[index])
            reference_ns[index] = reference if not round_number else min(reference, reference_ns[index])
    ours_us, reference_us = median(ours_ns) / 1000, median(reference_ns) / 1000
    ratio = round(ours_us / reference_us, 2)
    return BenchRow(
        name="the median receipt through the engine, awards with reasons",
        ours=round(ours_us, 2),
        reference=round(reference_us, 2),
        unit="us",
        ratio=ratio,
        reach=_REACH,
        holds=ratio <= _REACH,
    )


def _programmes() -> ProgrammeSet:
    return programme_set(parse_programme(preset_text(name), source=f"{name}.toml") for name in PROGRAMMES)


def _engine_input(lines: tuple[EngineLine, ...], member: MemberContext, programmes: ProgrammeSet) -> EngineInput:
    return EngineInput(
        semantics=SEMANTICS,
        programme_set_hash=programmes.hash,
        currency_exponent=2,
        points_exponent=0,
        utc_ms=1_782_900_000_000,
        zone="Europe/Sarajevo",
        business_date="2026-07-01",
        lines=lines,
        member=member,
    )


def _compare(engine_input: EngineInput, programmes: ProgrammeSet) -> None:
    points = dict.fromkeys((line.line_no for line in engine_input.lines), 0)
    for award in evaluate(engine_input, programmes).awards:
        points[award.line_no] += award.units
    assert engine_input.member is not None, "every basket has a member"
    by_hand = points_by_hand(engine_input.lines, engine_input.member)
    assert by_hand == list(points.values()), f"points per line differ: {by_hand} by hand, {points} by the engine"


def _timed_ns(call: Callable[..., object], *arguments: object) -> int:
    start_ns = perf_counter_ns()
    call(*arguments)
    return perf_counter_ns() - start_ns
