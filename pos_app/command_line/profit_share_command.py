"""``pos-app profit-share``: what the members' purchases of a quarter brought, and their share of it in points."""

import csv as csv_files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, folded, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.errors import InputError
from pos_app.model.money import text_from_minor

if TYPE_CHECKING:
    from pos_app.use_cases.profit_sharing import Quarter
    from pos_app.use_cases.till import Till


def profit_share(
    programme: Annotated[str, typer.Argument(help="The id of a programme that shares profit.")],
    quarter: Annotated[str, typer.Argument(help="As 2026-Q3.")],
    book: Annotated[bool, typer.Option("--book", help="Pay it out: once, however often it is asked for.")] = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the shares into a CSV file.", dir_okay=False)
    ] = None,
    settings: SettingsOption = None,
    by: ByOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Reckon the members' share of the margin of this till's receipts in a quarter; nothing is booked without `--book`.

    The figures hold margins: they are for managers. Example: `pos-app profit-share profit-share 2026-Q3 --book`.
    """
    from pos_app.use_cases.profit_sharing import share_profit

    with speaking(as_json=as_json), opened(settings) as till:
        sign_in(till, by)
        found = till.book_act(share_profit, programme, quarter, is_booked=book).result()
        if csv is not None:
            _write_csv(found, csv)
        if as_json:
            print_json(found)
        else:
            _print(till, found, is_booked=book)


def _print(till: "Till", found: "Quarter", *, is_booked: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    exponent = till.terms.currency.exponent
    table = Table(
        folded("account"),
        "paid, without tax",
        "margin",
        "points",
        "booked",
        title=f"{found.programme_id} {found.quarter}",
    )
    for share in found.shares:
        money = (text_from_minor(minor, exponent=exponent) for minor in (share.net_minor, share.margin_minor))
        table.add_row(
            escape(share.account_ref), *money, till.points_text(share.units), "yes" if share.is_booked else "no"
        )
    console.print(table)
    if found.unknown_cost:
        console.print(f"Products without a cost here, which do not count: {len(found.unknown_cost)}.")
    if not is_booked:
        console.print("Nothing was booked: add --book when the quarter is over.")


def _write_csv(found: "Quarter", path: Path) -> None:
    """Minor units and units of points, as other programs read them."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv_files.writer(file)
            rows.writerow(("account_ref", "net_minor", "margin_minor", "units", "booked"))
            for share in found.shares:
                rows.writerow(
                    (share.account_ref, share.net_minor, share.margin_minor, share.units, int(share.is_booked))
                )
    except OSError as error:
        raise InputError(
            "profit_share.csv",
            what=f"{path.name} cannot be written ({error.strerror}).",
            safe="What was booked is booked.",
            todo="Name another place and run it again: nothing is booked twice.",
        ) from error
