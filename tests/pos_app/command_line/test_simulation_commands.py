"""``pos-app simulate-chain`` as people and programs use it."""

from pathlib import Path

import msgspec

from pos_app.command_line.output import console
from pos_app.command_line.simulation_output import print_report
from pos_app.simulation.report import SimulationReport
from tests.pos_app.command_line.test_commands import Ran

TINY = ("simulate-chain", "--tills", 1, "--days", 1, "--sales-per-day", 3, "--seed", 2)
REPORT = SimulationReport(
    command="pos-app simulate-chain --seed 9",
    tills=2,
    days=1,
    seed=9,
    allowance="floor",
    counts={"sales": 3000, "units asked offline": 200, "units served offline": 150},
    faults={"disk lost": 1},
    overdraft_units={"sale": 30, "return": 10},
    redeemed_units=4000,
    issued_units=9000,
    lost={f"id-{number}": "the disk was lost" for number in range(7)},
    tasks={},
    rounds_to_peace=4,
    problems=(),
    result_hash="abc",
    elapsed_ms=2000,
)


def printed(report: SimulationReport) -> str:
    console.width = 200
    with console.capture() as captured:
        print_report(report)
    return captured.get()


def test_that_a_run_is_reported_to_people() -> None:
    ran = Ran(*TINY, "--no-faults")
    assert 0 == ran.code
    assert "Everything holds: 3 sales" in ran.out
    assert "pos-app simulate-chain --tills 1 --days 1 --seed 2 --sales-per-day 3" in ran.out


def test_that_a_run_is_reported_to_programs() -> None:
    ran = Ran(*TINY, "--no-faults", "--json")
    assert (0, True, 3, {}) == (ran.code, ran.json["holds"], ran.json["counts"]["sales"], ran.json["faults"])


def test_that_a_folder_that_is_there_is_not_taken(tmp_path: Path) -> None:
    ran = Ran(*TINY, "--keep", tmp_path)
    assert 2 == ran.code
    assert "is there already" in ran.err


def test_that_only_a_postgresql_is_taken() -> None:
    ran = Ran(*TINY, "--database-url", "mysql://x/y", "--json")
    assert (2, "simulation.database_url") == (ran.code, ran.json["error"]["code"])


def test_that_the_command_of_a_run_has_its_rates() -> None:
    ran = Ran(*TINY, "--no-faults", "--rate", "sick_per_mille=1000", "--json")
    assert 0 == ran.code
    assert ran.json["command"].endswith("--no-faults --rate sick_per_mille=1000")


def test_that_a_rate_has_a_name_and_a_number() -> None:
    for word in ("sick_per_mille=often", "rain=3", "sick_per_mille"):
        ran = Ran(*TINY, "--rate", word, "--json")
        assert (2, "simulation.rate") == (ran.code, ran.json["error"]["code"])


def test_that_figures_are_shown() -> None:
    out = printed(REPORT)
    for shown in (
        "3,000",
        "disk lost",
        "1.00 %",
        "75 % of the points",
        "7 acknowledged acts died",
        "and 2 more",
        "1500 a second",
    ):
        assert shown in out


def test_that_one_lost_act_is_counted_as_one() -> None:
    report = msgspec.structs.replace(REPORT, lost={"id": "the disk was lost"}, counts={"sales": 1})
    out = printed(report)
    assert "1 acknowledged act died before headquarters had it" in out
    assert "none asked" in out


def test_that_what_does_not_hold_is_said_with_the_command_to_repeat_it() -> None:
    out = printed(msgspec.structs.replace(REPORT, problems=("Something [is] wrong.",)))
    assert "Something [is] wrong." in out
    assert "1 thing did not hold" in out
    assert "Again: pos-app simulate-chain --seed 9" in out
