"""``pos-app import``: fill a shop from files or from the Complete Journey data."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, counted, speaking

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

app = typer.Typer(
    help="Fill the shop: products and members from CSV files, or the Complete Journey data.", no_args_is_help=True
)

FileArgument = Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with a header row.")]


@app.command()
def products(file: FileArgument, settings: SettingsOption = None) -> None:
    """Add or replace products. Every bad row is named, and nothing is imported unless all rows are good.

    Columns: code, name, price, tax_rate; and if you like class (regulated, medicine, high_margin, general), band, department,
    category, cost, sold_by_weight. Example: `pos-app import products products.csv`.
    """
    from pos_app.use_cases.importing import import_products

    _run(import_products, file, settings, "product")


@app.command()
def members(file: FileArgument, settings: SettingsOption = None) -> None:
    """Add members. Every bad row is named, and nothing is imported unless all rows are good.

    Columns: card_number; and if you like name, phone, birthday (YYYY-MM-DD or MM-DD), card_class.
    Example: `pos-app import members members.csv`.
    """
    from pos_app.use_cases.importing import import_members

    _run(import_members, file, settings, "member")


def _run(use_case: "Callable[[Till, Path], int]", file: Path, settings: Path | None, noun: str) -> None:
    with speaking(), opened(settings) as till:
        console.print(f"{counted(use_case(till, file), noun)} imported.")


@app.command("complete-journey")
def complete_journey(settings: SettingsOption = None) -> None:
    """Fill an empty shop with the products, prices and households of the Complete Journey data.

    Example: `pos-app import complete-journey`.
    """
    from pos_app.use_cases.complete_journey import fill_shop, load_journey

    with speaking(), opened(settings) as till:
        journey = load_journey(baskets_max=0)
        fill_shop(till, journey)
        goods, members = counted(len(journey.products), "product"), counted(len(journey.members), "member")
        console.print(f"{goods} and {members} imported.")
        for reason, lines in journey.left_out.items():
            console.print(f"{counted(lines, 'line')} left out: {reason}.")
