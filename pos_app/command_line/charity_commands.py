"""``pos-app charity``: what was collected for causes."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pos_app.command_line.days import check_order
from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, print_json, speaking
from pos_app.model.money import text_from_minor

if TYPE_CHECKING:
    from pos_app.model.causes import CauseTotals

app = typer.Typer(name="charity", help="What was collected for causes.", no_args_is_help=True)

FromOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="The first business date: 2026-07-01.", show_default="all"),
]
UntilOption = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last business date.", show_default="all")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


@app.callback()
def charity() -> None:
    """What was collected for causes."""


@app.command()
def report(
    since: FromOption = None,
    until: UntilOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what this till collected for each cause: given by customers, given by the shop, taken back by returns.

    Example: `pos-app charity report --from 2026-07-01 --until 2026-09-30`.
    """
    from storage.donations import totals_by_cause

    with speaking(as_json=as_json), opened(settings) as opened_till:
        check_order(since, until)
        found = opened_till.database.read(
            lambda connection: totals_by_cause(connection, from_date=first_day(since), until_date=last_day(until))
        )
        if as_json:
            print_json(found)
        else:
            print_causes(found, exponent=opened_till.terms.currency.exponent)


def first_day(since: datetime | None) -> str:
    """The business date with which a report begins."""
    return (since or date.min).strftime("%Y-%m-%d")


def last_day(until: datetime | None) -> str:
    """The business date with which it ends."""
    return (until or date.max).strftime("%Y-%m-%d")


def print_causes(found: "Iterable[CauseTotals]", *, exponent: int) -> None:
    """A table with a row for each cause."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("cause", "customers", "shop", "returned", "in all")
    for one in found:
        figures = (one.by_customers_minor, one.by_shop_minor, one.returned_minor, one.total_minor)
        table.add_row(escape(one.cause), *(text_from_minor(minor, exponent=exponent) for minor in figures))
    console.print(table)
