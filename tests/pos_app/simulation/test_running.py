"""Small runs of the chain in a box."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pos_app.model.policy import Allowance
from pos_app.simulation.options import NO_FAULTS, FaultRates, SimulationOptions
from pos_app.simulation.running import simulate

SMALL = SimulationOptions(tills=2, days=1, seed=4, sales_per_day=20)
WILD = msgspec.structs.replace(
    FaultRates(),
    kill_per_mille=1000,
    cloned_per_mille=1000,
    disk_lost_per_mille=1000,
    rolled_back_per_mille=500,
    hq_kill_per_mille=1000,
    hq_restored_per_mille=1000,
)


def test_that_a_quiet_day_ends_with_everything_at_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    report = simulate(msgspec.structs.replace(SMALL, faults=NO_FAULTS, keep_folder=str(folder)))
    assert ((), {}, {}) == (report.problems, report.faults, report.lost)
    assert 40 <= report.counts["sales"]
    assert (folder / "hq" / "hq.sqlite3").exists()
    assert (folder / "till-1" / "till.sqlite3").exists()


@pytest.mark.parametrize("allowance", [Allowance.FLOOR, Allowance.LEASE])
def test_that_a_wild_day_loses_nothing(allowance: Allowance) -> None:
    report = simulate(msgspec.structs.replace(SMALL, sales_per_day=12, faults=WILD, allowance=allowance))
    assert () == report.problems
    assert {"disk lost", "disk cloned", "HQ restored"} <= report.faults.keys()


def test_that_peace_waits_until_every_receipt_was_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq.replay._PAGE", 1)
    report = simulate(msgspec.structs.replace(SMALL, tills=1, sales_per_day=30, faults=NO_FAULTS))
    assert () == report.problems


def test_that_a_seed_gives_the_same_run_in_any_process() -> None:
    options = msgspec.structs.replace(SMALL, tills=1, sales_per_day=8)
    arguments = options.command().split()[1:]
    ran = subprocess.run(
        [sys.executable, "-m", "pos_app", *arguments, "--json"],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    other = json.loads(ran.stdout)
    report = simulate(options)
    assert (other["result_hash"], other["counts"]) == (report.result_hash, report.counts)


def test_that_another_seed_gives_another_run() -> None:
    few = msgspec.structs.replace(SMALL, tills=1, sales_per_day=3, faults=NO_FAULTS)
    assert simulate(few).result_hash != simulate(msgspec.structs.replace(few, seed=5)).result_hash
