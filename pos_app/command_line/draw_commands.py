"""``pos-app draw``: chance that anybody can check: open a draw, hold a lottery, publish it, and check what somebody has published."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, counted, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in

if TYPE_CHECKING:
    from pos_app.protocol.draws import Difference, LotteryReport, Report

app = typer.Typer(help="Draws that anybody can check: open, hold, publish, verify.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="The programme's TOML file.", metavar="FILE", dir_okay=False)]
ProgrammeArgument = Annotated[
    str, typer.Argument(help="The id of a programme in force, or its file.", metavar="PROGRAMME")
]
OutOption = Annotated[Path, typer.Option(help="Where the published file goes.", metavar="FILE", dir_okay=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


@app.command("open")
def open_draw(file: FileArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Make a secret seed, keep it at this till, and write its SHA-256 into a programme's file: from then on it is committed.

    Example: `pos-app draw open programmes/prize-game.toml`.
    """
    from pos_app.use_cases.draw_files import commit_seed
    from pos_app.use_cases.drawing import keep_seed, new_seed

    with speaking(), opened(settings) as till:
        sign_in(till, by)
        programme = commit_seed(file, new_seed(), keep=lambda seed: till.book_act(keep_seed, seed).result())
        print_opened(file, programme.draw.seed_hash if programme.draw else "")


@app.command()
def hold(
    programme: ProgrammeArgument, by: ByOption = "", settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Draw the winners of a lottery on its day or later, and book their prizes. A second time gives the same and books nothing.

    Example: `pos-app draw hold lottery`.
    """
    from pos_app.use_cases import drawing
    from pos_app.use_cases.draw_files import find_programme

    with speaking(as_json=as_json), opened(settings) as till:
        sign_in(till, by)
        found = find_programme(programme, till.terms.programmes.programmes)
        print_winners(till.book_act(drawing.hold, found).result(), as_json=as_json)


@app.command()
def publish(programme: ProgrammeArgument, out: OutOption, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Write everything of a draw that is over into a file, its seed too: whoever has it can recompute every win.

    Example: `pos-app draw publish lottery --out lottery-2026.json`.
    """
    from pos_app.use_cases import drawing
    from pos_app.use_cases.draw_files import find_programme, write_report

    with speaking(), opened(settings) as till:
        sign_in(till, by)
        found = find_programme(programme, till.terms.programmes.programmes)
        report = till.book_act(drawing.publish, found).result()
        write_report(report, out)
        print_published(report, out)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A published draw.", metavar="FILE", dir_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Recompute a published draw from its seed, and say what differs; it needs that file and nothing else.

    Exits with 1 where something differs. Example: `pos-app draw verify lottery-2026.json`.
    """
    from pos_app.protocol import draws
    from pos_app.use_cases.draw_files import read_report
    from receipts.lines import plain

    with speaking(as_json=as_json):
        report = read_report(file)
        differences = draws.verify(report)
        if as_json:
            print_json({"seed_hash": report.seed_hash, "holds": not differences, "differences": differences})
        else:
            for one in differences:
                console.print(plain(difference_words(one)), style="bold red", markup=False)
            console.print(plain(_size(report)), markup=False)
            console.print(
                f"SHA-256 of the seed, as receipts print it: {report.seed_hash}", markup=False, soft_wrap=True
            )
            console.print("Something differs." if differences else "Everything follows from the seed.")
        if differences:
            raise typer.Exit(EXIT_FAILED)


def difference_words(one: "Difference") -> str:
    """What does not follow from the seed, in words."""
    if one.code == "winner":
        return f"{one.where}: {_ticket(one.expected)} wins by the seed, the file says {_ticket(one.found)}."
    if one.code == "seed":
        return f"The SHA-256 of the seed in the file is {one.expected}, the file says {one.found}."
    if one.code == "winners":
        return f"{one.expected} prizes have a winner by the seed, the file has {one.found}."
    if one.code == "order":
        return "The tickets are not in the order of their receipts, or a lot of them is there twice."
    kind = "the roll" if one.code == "roll" else "whether it wins"
    return f"{one.where}: {kind} is {one.expected} by the seed, the file says {one.found}."


def _ticket(winner: str) -> str:
    """The ticket of a winner, and what it wins."""
    from pos_app.protocol.draws import Won

    won = msgspec.json.decode(winner, type=Won)
    return f"ticket {won.ticket} of {won.receipt or won.lot} ({won.prize})"


def print_opened(file: Path, seed_hash: str) -> None:
    """What was committed, and what comes next."""
    console.print(f"{file.name} names the seed now: {seed_hash}", markup=False, soft_wrap=True)
    console.print("Load the file where it runs. The seed stays secret until the draw is published.")


def print_winners(report: "LotteryReport", *, as_json: bool) -> None:
    """Who won, by the receipts that gave the tickets; never the seed."""
    from rich.markup import escape
    from rich.table import Table

    if as_json:
        tickets = sum(one.count for one in report.tickets)
        print_json({"programme": report.programme, "tickets": tickets, "winners": report.winners})
        return
    table = Table("number", "prize", "ticket", "receipt")
    for won in report.winners:
        table.add_row(str(won.number), escape(won.prize), str(won.ticket), won.receipt or won.lot)
    console.print(table)
    left = len(report.prizes) - len(report.winners)
    if left:
        console.print(f"There were fewer tickets than prizes: {counted(left, 'prize')} left.")


def print_published(report: "Report", out: Path) -> None:
    """What stands in the file."""
    console.print(f"{_size(report)} They are in {out}; `pos-app draw verify` recomputes them.", markup=False)


def _size(report: "Report") -> str:
    from pos_app.protocol.draws import ChanceReport

    if isinstance(report, ChanceReport):
        won = sum(one.won for one in report.rolls)
        return f"{report.name}: {counted(len(report.rolls), 'roll')}, {counted(won, 'win')}."
    tickets = sum(one.count for one in report.tickets)
    return f"{report.name}: {counted(tickets, 'ticket')}, {counted(len(report.winners), 'winner')}."
