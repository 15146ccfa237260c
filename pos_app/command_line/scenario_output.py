"""A scenario's report for people: a table of what came out, with the reasons."""

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console
from pos_app.use_cases.scenario import Outcome, Report

_HIDDEN = {"reasons", "points_by_line"}


def print_report(report: Report) -> None:
    """One row a step; a difference in red below what came out."""
    table = Table("", "when", "what", "came out", "why", title=f"{report.title} ({report.file})", show_lines=True)
    for outcome in report.outcomes:
        table.add_row(
            str(outcome.number), outcome.at, outcome.what, _came_out(outcome), "\n".join(map(escape, outcome.reasons))
        )
    console.print(table)
    verdict = "[green]holds[/green]" if report.holds else "[bold red]does not hold[/bold red]"
    console.print(f"{escape(report.file)}: {verdict}\n")


def _came_out(outcome: Outcome) -> str:
    """What is not zero, in one paragraph; each difference in red on a line of its own."""
    shown = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in outcome.got.items()
        if name not in _HIDDEN and value.strip("0.")
    ]
    wrong = [f"[bold red]{escape(difference)}[/bold red]" for difference in outcome.differences]
    return "\n".join([escape(", ".join(shown)), *wrong])
