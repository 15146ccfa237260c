"""A million simulated sales over several seeds and policies, on all cores: ``make soak``. Writes ``build/soak.json``.

Every run is ``pos-app simulate-chain`` with other options, in a process of its own. The file is written after each run, so that a soak
that was stopped tells what it saw; a run that died is named in it with its command, and the others go on. Exits with 1 where anything
does not hold.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import cycle
from pathlib import Path

import msgspec

from pos_app.model.policy import Allowance
from pos_app.simulation.options import SimulationOptions
from pos_app.simulation.report import SimulationReport
from pos_app.simulation.running import simulate

SALES = 1_000_000
OUT = Path("build/soak.json")
SHAPES = (
    SimulationOptions(tills=4, days=8, sales_per_day=1_200),
    SimulationOptions(tills=8, days=5, sales_per_day=900),
    SimulationOptions(tills=2, days=12, sales_per_day=1_600),
    SimulationOptions(tills=5, days=20, sales_per_day=250),
)
POLICIES = (Allowance.FLOOR, Allowance.LEASE, Allowance.FLOOR, Allowance.LEASE, Allowance.NONE)


def runs_for(sales: int, first_seed: int) -> list[SimulationOptions]:
    """As many runs as it takes for so many sales, each with a seed of its own; the longest first, so that no core waits for the last."""
    runs: list[SimulationOptions] = []
    planned = 0
    for number, (shape, policy) in enumerate(zip(cycle(SHAPES), cycle(POLICIES), strict=False)):
        if planned >= sales:
            return sorted(runs, key=_sales_of, reverse=True)
        runs.append(msgspec.structs.replace(shape, seed=first_seed + number, allowance=policy))
        planned += _sales_of(shape)
    raise AssertionError("a cycle does not end")


def _sales_of(options: SimulationOptions) -> int:
    return options.tills * options.days * options.sales_per_day


def played(options: SimulationOptions) -> SimulationReport | str:
    """One run in a process of its own; what it died of, where it did."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        try:
            return process.submit(_played_here, options).result()
        except BrokenProcessPool:
            return "Something ended its process."


def _played_here(options: SimulationOptions) -> SimulationReport | str:
    """In that process: a trace goes back as text, since not every error can be sent."""
    try:
        return simulate(options)
    except BaseException:  # noqa: BLE001 - whatever it was, the other runs go on
        return traceback.format_exc()


def main() -> int:
    """Run them all, say how each went as it ends, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sales", type=int, default=SALES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    started_s = time.monotonic()
    reports: list[SimulationReport] = []
    failed: dict[str, str] = {}
    with ThreadPoolExecutor(asked.processes) as pool:
        jobs = {pool.submit(played, options): options.command() for options in runs_for(asked.sales, asked.seed)}
        for number, job in enumerate(as_completed(jobs), start=1):
            print(f"{number}/{len(jobs)} {_outcome(job.result(), jobs[job], reports, failed)}", flush=True)
            summary = summed(reports, failed, planned=len(jobs), elapsed_s=time.monotonic() - started_s)
            OUT.parent.mkdir(exist_ok=True)
            OUT.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    _print_summary(summary)
    return 0 if summary["holds"] else 1


def _outcome(
    outcome: SimulationReport | str, command: str, reports: list[SimulationReport], failed: dict[str, str]
) -> str:
    """Put the run to the others, or to those that died; gives a line that says so."""
    if isinstance(outcome, str):
        failed[command] = outcome
        return f"DIED: {command}"
    reports.append(outcome)
    verdict = "holds" if outcome.holds else "DOES NOT HOLD"
    sales = outcome.counts.get("sales", 0)
    return f"{verdict}: {command} ({sales:,} sales, {outcome.sales_per_second} a second)"


def summed(
    reports: list[SimulationReport], failed: dict[str, str], *, planned: int, elapsed_s: float
) -> dict[str, object]:
    """All runs together, and each of them. ``failed``: command of a run that died to its trace; ``planned``: how many were to be."""
    counts: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for report in reports:
        counts.update(report.counts)
        faults.update(report.faults)
    return {
        "holds": not failed and all(report.holds for report in reports),
        "planned": planned,
        "runs": len(reports),
        "sales": counts["sales"],
        "elapsed_s": round(elapsed_s),
        "sales_per_second": round(counts["sales"] / max(1.0, elapsed_s)),
        "lost_acts": sum(len(report.lost) for report in reports),
        "by_policy": {policy.value: _of_policy(reports, policy) for policy in Allowance},
        "counts": dict(sorted(counts.items())),
        "faults": dict(sorted(faults.items())),
        "failed": failed,
        "problems": {report.command: report.problems for report in reports if not report.holds},
        "results": {report.command: report.result_hash for report in sorted(reports, key=lambda one: one.seed)},
    }


def _of_policy(reports: list[SimulationReport], policy: Allowance) -> dict[str, object]:
    ours = [report for report in reports if report.allowance == policy]
    overdraft: Counter[str] = Counter()
    for report in ours:
        overdraft.update(report.overdraft_units)
    redeemed_units = sum(report.redeemed_units for report in ours)
    asked_units = sum(report.counts.get("units asked offline", 0) for report in ours)
    served_units = sum(report.counts.get("units served offline", 0) for report in ours)
    return {
        "runs": len(ours),
        "redeemed_units": redeemed_units,
        "overdraft_units": dict(overdraft),
        "overdraft_percent": round(100 * overdraft["sale"] / max(1, redeemed_units), 3),
        "offline_units_asked": asked_units,
        "offline_units_served": served_units,
        "offline_served_percent": round(100 * served_units / max(1, asked_units), 1),
    }


def _print_summary(summary: dict[str, object]) -> None:
    shown = (
        "holds",
        "planned",
        "runs",
        "sales",
        "elapsed_s",
        "sales_per_second",
        "lost_acts",
        "by_policy",
        "faults",
        "failed",
        "problems",
    )
    print(json.dumps({name: summary[name] for name in shown}, indent=2))
    print(f"Everything is in {OUT}.")


if __name__ == "__main__":
    sys.exit(main())
