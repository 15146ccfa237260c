"""``pos-app hq draw`` and ``budgets``: draws among the members of all tills, and how far budgets are used up."""

from typing import Annotated

import typer

from pos_app.command_line.draw_commands import (
    FileArgument,
    JsonOption,
    OutOption,
    ProgrammeArgument,
    print_opened,
    print_published,
    print_winners,
)
from pos_app.command_line.hq_options import DatabaseOption
from pos_app.command_line.output import console, print_json, speaking
from pos_app.errors import InputError
from pos_app.settings import is_zone

ZoneOption = Annotated[str, typer.Option(help="The IANA time zone in which the draw's days begin and end.")]
draws = typer.Typer(help="Draws of the whole chain: open, hold, publish.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to ``pos-app hq``."""
    app.add_typer(draws, name="draw")
    app.command()(budgets)


@draws.command("open")
def open_draw(file: FileArgument, database: DatabaseOption) -> None:
    """Make a secret seed, keep it here, and write its SHA-256 into a programme's file. Publish that file then.

    Tills get the seed where chance needs it there; that of a lottery stays here. Example: `pos-app hq draw open prize-game.toml`.
    """
    from hq import draws as of_hq
    from hq import operate

    with speaking(), operate.opened(database) as engine:
        programme = of_hq.open_draw(engine, file)
        print_opened(file, programme.draw.seed_hash if programme.draw else "")


@draws.command()
def hold(
    programme: ProgrammeArgument,
    database: DatabaseOption,
    zone: ZoneOption = "UTC",
    without_waiting: Annotated[
        bool,
        typer.Option("--without-waiting", help="Also where a till was not heard since the last tickets were given."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw the winners of a lottery on its day or later, and book their prizes. A second time gives the same and books nothing.

    Example: `pos-app hq draw hold lottery --zone Europe/Zagreb`.
    """
    from hq import draws as of_hq
    from hq import operate

    with speaking(as_json=as_json), operate.opened(database) as engine:
        found = of_hq.programme_of(engine, programme)
        report = of_hq.hold(engine, found, now_ms=operate.now_ms(), zone_name=_checked(zone), waits=not without_waiting)
        print_winners(report, as_json=as_json)


@draws.command()
def publish(programme: ProgrammeArgument, out: OutOption, database: DatabaseOption, zone: ZoneOption = "UTC") -> None:
    """Write everything of a draw that is over into a file, its seed too: whoever has it can recompute every win.

    Example: `pos-app hq draw publish prize-game --out prize-game-2026.json`.
    """
    from hq import draws as of_hq
    from hq import operate
    from pos_app.use_cases.draw_files import write_report

    with speaking(), operate.opened(database) as engine:
        found = of_hq.programme_of(engine, programme)
        report = of_hq.publish(engine, found, now_ms=operate.now_ms(), zone_name=_checked(zone))
        write_report(report, out)
        print_published(report, out)


def budgets(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """List the budgets of rules: how much they are, what tills may give of them, and what they gave. Example: `pos-app hq budgets`."""
    from rich.table import Table

    from hq import operate
    from hq.budgets import list_budgets

    with speaking(as_json=as_json), operate.opened(database) as engine:
        found = list_budgets(engine)
        if as_json:
            print_json(found)
            return
        table = Table("rule", "budget", "shared out to tills", "given")
        for one in found:
            table.add_row(one.rule, str(one.counted), str(one.allotted), str(one.used))
        console.print(table)


def _checked(zone: str) -> str:
    if not is_zone(zone):
        raise InputError(
            "draw.zone",
            what=f"There is no time zone {zone}.",
            safe="Nothing was drawn.",
            todo="Write it as Europe/Zagreb.",
        )
    return zone
