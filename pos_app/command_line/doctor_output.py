"""The doctor's findings for people."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console
from pos_app.use_cases.checking import Finding, Verdict
from pos_app.use_cases.repairing import Repaired

_STYLES = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BAD: "bold red"}


def print_findings(findings: Sequence[Finding]) -> None:
    """One row a check."""
    table = Table("check", "", "what was found", show_lines=False)
    for finding in findings:
        style = _STYLES[finding.verdict]
        table.add_row(finding.check, f"[{style}]{finding.verdict.value}[/{style}]", escape(finding.words))
    console.print(table)


def print_repaired(repaired: Sequence[Repaired]) -> None:
    """What the repair has changed, by name."""
    if not repaired:
        console.print("Nothing was to be repaired.")
    for one in repaired:
        console.print(f"Repaired {one.what}: {', '.join(one.names)}.", markup=False)
