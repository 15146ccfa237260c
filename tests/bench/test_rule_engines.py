"""The case that rule engines are compared on: what must be equal is compared, and what differs is found."""

from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from bench import rule_engines
from bench.figures import Contestant
from bench.rule_engines_case import Worths, compare, fifty_rules, receipt_of, three_rules, worths_of
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.plan import plan_for
from pos_app.model.evaluation import EngineResult

WORTHS: Worths = {
    1: ("fixed-card", Fraction(995, 100)),
    2: ("pharmacy", Fraction(236, 10)),
    3: ("fixed-card", Fraction(1365, 100)),
    4: ("pharmacy", Fraction(310, 10)),
    5: ("fixed-card", Fraction(1735, 100)),
}


@pytest.fixture(name="result")
def _result() -> EngineResult:
    programmes = three_rules()
    return evaluate(receipt_of(programmes, lines=5), programmes)


def test_that_the_best_of_the_three_rules_wins_each_line(result: EngineResult) -> None:
    assert WORTHS == worths_of(result)


def test_that_fifty_rules_run_on_the_day_and_change_nothing(result: EngineResult) -> None:
    programmes = fifty_rules()
    receipt = receipt_of(programmes, lines=5)
    (lane,) = plan_for(programmes, receipt.business_date).point_lanes
    assert 50 == len(lane.contenders)
    assert result.awards == evaluate(receipt, programmes).awards


def test_that_points_that_do_not_agree_with_their_reasons_are_found(result: EngineResult) -> None:
    first, *others = result.awards
    for units in (first.units + 1, first.units + 2):
        wrong = msgspec.structs.replace(first, units=units)
        with pytest.raises(AssertionError, match="rounded"):
            worths_of(msgspec.structs.replace(result, awards=(wrong, *others)))


def test_that_another_answer_is_found() -> None:
    compare("the same", WORTHS, WORTHS)
    with pytest.raises(AssertionError, match="zen differs"):
        compare("zen", WORTHS, {**WORTHS, 1: ("pharmacy", Fraction(995, 100))})


def test_that_a_turn_prepares_once_and_the_best_one_counts() -> None:
    heard: list[str] = []
    contestant = Contestant(lambda: heard.append("call"), calls=2, prepare=lambda: heard.append("prepare"))
    contestant.turn()
    first_us = contestant.best_us
    contestant.turn()
    assert ["prepare", "call", "call"] * 2 == heard
    assert 0 <= contestant.best_us <= first_us


def test_that_missing_references_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_engines, "_PYTHON", tmp_path / "python")
    with pytest.raises(SystemExit, match="not installed"):
        rule_engines.measure()
