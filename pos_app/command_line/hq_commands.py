"""``pos-app hq``: run headquarters and look after its tills."""

from typing import Annotated

import platformdirs
import typer

from pos_app.command_line.output import console, print_json, speaking
from pos_app.errors import InputError

app = typer.Typer(help="Headquarters: the service that tills sync with. Without a command it runs with its defaults.")


def _database_url() -> str:
    """SQLite in the user's data folder, to try headquarters out."""
    folder = platformdirs.user_data_path("pos-app-hq", appauthor=False, ensure_exists=True)
    return f"sqlite:///{folder / 'hq.sqlite3'}"


DatabaseOption = Annotated[
    str,
    typer.Option(
        "--database",
        help="A SQLAlchemy address: postgresql+psycopg://user@host/name, or sqlite:///file to try it out.",
        envvar="POS_APP_HQ_DATABASE",
        default_factory=_database_url,
        show_default="SQLite in your data folder",
    ),
]


@app.callback(invoke_without_command=True)
def headquarters(context: typer.Context) -> None:
    """Run headquarters with its defaults (SQLite, this machine only), or one of the commands below.

    Examples: `pos-app hq`, `pos-app hq serve --port 9000`, `pos-app hq enrol-code store-1`.
    """
    if context.invoked_subcommand is None:
        serve(_database_url())


@app.command()
def serve(
    database: DatabaseOption,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8765,
    public_url: Annotated[str, typer.Option(help="Where receipts send customers: https://hq.example.org")] = "",
) -> None:
    """Run headquarters until it is interrupted; it makes and upgrades its own tables.

    Example: `pos-app hq serve --database postgresql+psycopg://pos@localhost/pos`.
    """
    from hq import operate
    from pos_app import logs

    logs.configure(folder=None)
    with speaking():
        operate.serve(database_url=database, host=host, port=port, public_url=public_url)


@app.command("enrol-code")
def enrol_code(
    store: Annotated[str, typer.Argument(help="The store that the till stands in.")],
    database: DatabaseOption,
    store_name: Annotated[str, typer.Option(help="The store's name, if it is new.")] = "",
    till_number: Annotated[
        int | None, typer.Option(min=1, max=999, help="The number of a till that comes back, after its disk was lost.")
    ] = None,
) -> None:
    """Make a one-time code with which a till of a store can join, good for 15 minutes.

    Example: `pos-app hq enrol-code store-1`.
    """
    from hq import operate

    with speaking():
        code = operate.create_enrolment_code(database, store, store_name=store_name, terminal_number=till_number)
        console.print(code)


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(min=1, max=999, help="The till's number.")], database: DatabaseOption
) -> None:
    """Shut a till out: it can go on selling, but headquarters no longer takes its word. Example: `pos-app hq revoke 7`."""
    from hq import operate

    with speaking():
        operate.revoke(database, number)
        console.print(f"Till {number} is shut out.")


@app.command()
def restored(database: DatabaseOption) -> None:
    """Say that this database was restored from a backup: every till then sends again what is missing.

    Example: `pos-app hq restored`.
    """
    from hq import operate

    with speaking():
        operate.declare_restored(database)
        console.print("Every till will send again what headquarters is missing.")


@app.command()
def totals(
    database: DatabaseOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Print what headquarters has of each till. Example: `pos-app hq totals --json`."""
    from rich.table import Table

    from hq import operate

    with speaking(as_json=as_json):
        figures = operate.totals(database)
        if as_json:
            print_json(figures)
            return
        table = Table(
            "till", "store", "events", "sales", "returns", "sales, minor units", "points issued", "points burned"
        )
        for terminal in figures.terminals:
            table.add_row(
                *map(
                    str,
                    (
                        terminal.terminal_number,
                        terminal.store_id,
                        terminal.received_events,
                        terminal.sales,
                        terminal.returns,
                        terminal.sales_minor,
                        terminal.issued_units,
                        terminal.burned_units,
                    ),
                )
            )
        console.print(table)
        console.print(f"Ledger sum {figures.ledger_sum_units}, open tasks {figures.open_tasks}.")
        if figures.ledger_sum_units or figures.stored_balances_differ:
            raise InputError(
                "hq.ledger", what="The ledger does not balance.", safe="Nothing was changed.", todo="Keep the database."
            )
