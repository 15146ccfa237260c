"""``pos-app simulate-chain``: evidence on your own machine that no sale and no point is lost or counted twice."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pos_app.command_line.output import EXIT_FAILED, print_json, speaking
from pos_app.errors import InputError
from pos_app.model.policy import Allowance

if TYPE_CHECKING:
    from pos_app.simulation.options import FaultRates

_RATE_MAX = 10_000


def simulate_chain(
    tills: Annotated[int, typer.Option(min=1, max=50, help="How many tills the chain has.")] = 4,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days are played.")] = 3,
    seed: Annotated[int, typer.Option(help="Everything that happens follows from it.")] = 1,
    sales_per_day: Annotated[int, typer.Option(min=1, max=5000, help="How many sales each till has a day.")] = 100,
    allowance: Annotated[
        Allowance, typer.Option(help="What headquarters lets tills burn while they cannot reach it.")
    ] = Allowance.FLOOR,
    database_url: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="An empty PostgreSQL database for headquarters; a copy of it is made beside it.",
            show_default="an SQLite file",
        ),
    ] = "",
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="A new folder in which the databases stay.", show_default="they are removed"
        ),
    ] = None,
    faults: Annotated[bool, typer.Option("--faults/--no-faults", help="Whether anything goes wrong.")] = True,
    rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="How often one thing goes wrong, in place of the usual; may be given again for others.",
            show_default="none",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Play days of a whole chain in one process: real tills, a real headquarters, virtual time, and everything going wrong.

    Networks fail in every way, programs die between two writes, disks are lost, copied and rolled back, clocks jump, headquarters
    dies and comes back from yesterday's backup, and shoppers burn all they can wherever a till is offline. Then everything is healed
    and checked against a simple model. Exits with 1 where something does not hold. The same seed gives the same run.

    Examples: `pos-app simulate-chain`, `pos-app simulate-chain --tills 8 --days 14 --seed 7 --allowance lease`.
    """
    from pos_app.command_line.simulation_output import print_report
    from pos_app.simulation.options import NO_FAULTS, FaultRates, SimulationOptions
    from pos_app.simulation.running import simulate

    with speaking(as_json=as_json):
        if database_url and not database_url.startswith("postgresql://"):
            raise _refused("database_url", "The database of a simulation is a PostgreSQL, or none is named.")
        if keep is not None and keep.exists():
            raise _refused("keep", f"The folder {keep} is there already.")
        report = simulate(
            SimulationOptions(
                tills=tills,
                days=days,
                seed=seed,
                sales_per_day=sales_per_day,
                allowance=allowance,
                database_url=database_url,
                keep_folder="" if keep is None else str(keep),
                faults=_rates(FaultRates() if faults else NO_FAULTS, rate or []),
            )
        )
        if as_json:
            print_json(msgspec.to_builtins(report) | {"holds": report.holds})
        else:
            print_report(report)
        if not report.holds:
            raise typer.Exit(EXIT_FAILED)


def _rates(base: "FaultRates", given: list[str]) -> "FaultRates":
    """The rates with those that were given."""
    changed = {}
    for word in given:
        name, _, number = word.partition("=")
        if name not in base.__struct_fields__ or not number.isascii() or not number.isdigit():
            names = ", ".join(base.__struct_fields__)
            raise _refused("rate", f"{word} is no rate: NAME=NUMBER with one of these names is: {names}.")
        changed[name] = min(int(number), _RATE_MAX)
    return base.changed(**changed)


def _refused(code: str, sentence: str) -> InputError:
    return InputError(f"simulation.{code}", what=sentence, safe="Nothing was started.", todo="Give another one.")
