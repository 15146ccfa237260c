"""A scenario's report for people: what came out of each step, with the reasons."""

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console
from pos_app.use_cases.scenario import Outcome, Report

_HIDDEN = {"reasons", "points_by_line"}


def print_report(report: Report) -> None:
    """A paragraph a step, as wide as the screen: what came out, what differs in red, and a line for each reason."""
    console.print(f"{report.title} ({report.file})", style="bold", markup=False)
    table = Table.grid(padding=(0, 2, 0, 0))
    for outcome in report.outcomes:
        table.add_row(str(outcome.number), f"[bold]{escape(f'{outcome.at}  {outcome.what}')}[/bold]")
        table.add_row("", _came_out(outcome))
        for reason in outcome.reasons:
            table.add_row("", f"[dim]{escape(reason)}[/dim]")
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
