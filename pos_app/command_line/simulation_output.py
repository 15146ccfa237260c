"""A simulated chain's report for people."""

from collections.abc import Mapping
from itertools import zip_longest

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console, counted
from pos_app.simulation.report import SimulationReport

_LOST_SHOWN_MAX = 5
_COLUMNS = 2


def print_report(report: SimulationReport) -> None:
    """What happened, what was lost and why, what does not hold, and the verdict with the command that repeats it."""
    console.print(_figures("What happened", report.counts))
    console.print(_figures("What went wrong on purpose", report.faults))
    console.print(_points(report))
    _print_lost(report)
    for problem in report.problems:
        console.print(f"[bold red]{escape(problem)}[/bold red]")
    console.print(_verdict(report))
    console.print(f"Again: {escape(report.command)}   result {report.result_hash}")


def _figures(title: str, figures: Mapping[str, int]) -> Table:
    """Names and numbers in two columns."""
    table = Table(title=title, title_justify="left", show_header=False)
    cells = [(escape(name), f"{number:,}") for name, number in figures.items()] or [("nothing", "")]
    half = -(-len(cells) // _COLUMNS)
    for left, right in zip_longest(cells[:half], cells[half:], fillvalue=("", "")):
        table.add_row(*left, *right)
    return table


def _points(report: SimulationReport) -> Table:
    offline = report.offline_served_percent
    figures = {
        "issued": f"{report.issued_units:,}",
        "redeemed": f"{report.redeemed_units:,}",
        **{f"overdraft, {cause}": f"{units:,}" for cause, units in report.overdraft_units.items()},
        "overdraft of what was burned": f"{report.overdraft_percent:.2f} %",
        "offline burns served": "none asked" if offline is None else f"{offline:.0f} % of the points",
    }
    table = Table(title="Points", title_justify="left", show_header=False)
    for name, figure in figures.items():
        table.add_row(name, figure)
    return table


def _print_lost(report: SimulationReport) -> None:
    if not report.lost:
        return
    reasons = ", ".join(sorted(set(report.lost.values())))
    console.print(
        f"{counted(len(report.lost), 'acknowledged act')} died before headquarters had {'it' if len(report.lost) == 1 else 'them'}"
        f" ({escape(reasons)}), as nothing but a mirror can prevent:"
    )
    for event_id in list(report.lost)[:_LOST_SHOWN_MAX]:
        console.print(f"  {event_id}")
    if len(report.lost) > _LOST_SHOWN_MAX:
        console.print(f"  and {len(report.lost) - _LOST_SHOWN_MAX} more; --json lists them all")


def _verdict(report: SimulationReport) -> str:
    sales = report.counts.get("sales", 0)
    seconds = report.elapsed_ms / 1000
    figures = f"{sales:,} sales in {seconds:.0f} s ({report.sales_per_second} a second)"
    if report.holds:
        return f"[bold green]Everything holds[/bold green]: {figures}, at peace after {report.rounds_to_peace} rounds."
    return f"[bold red]{counted(len(report.problems), 'thing')} did not hold[/bold red]: {figures}."
