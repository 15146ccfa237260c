"""``pos-app hq``: run headquarters and look after its tills."""

from typing import Annotated

import typer

from pos_app.command_line import hq_accounts_commands, hq_coupons_commands, hq_draw_commands, hq_upkeep_commands
from pos_app.command_line.hq_options import DatabaseOption, default_database_url
from pos_app.command_line.output import console, print_json, speaking
from pos_app.errors import InputError
from pos_app.model.identifiers import TERMINAL_NUMBER_MAX

app = typer.Typer(help="Headquarters: the service that tills sync with. Without a command it runs with its defaults.")


hq_accounts_commands.register(app)
hq_upkeep_commands.register(app)
hq_draw_commands.register(app)
app.add_typer(hq_coupons_commands.app, name="coupons")


@app.callback(invoke_without_command=True)
def headquarters(context: typer.Context) -> None:
    """Run headquarters with its defaults (SQLite, this machine only), or one of the commands below.

    Examples: `pos-app hq`, `pos-app hq serve --port 9000`, `pos-app hq enrol-code store-1`.
    """
    if context.invoked_subcommand is None:
        serve(default_database_url())


@app.command()
def serve(
    database: DatabaseOption,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8765,
    public_url: Annotated[str, typer.Option(help="Where receipts send customers: https://hq.example.org")] = "",
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer requests; more than one needs PostgreSQL.")
    ] = 1,
    appliers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that book what came in; more than one needs PostgreSQL.")
    ] = 1,
    backlog: Annotated[
        int, typer.Option(min=500, help="While more events than this wait to be booked, tills are asked to come later.")
    ] = 200_000,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer /metrics for Prometheus on this port.")
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="The address for that; by default this machine only.")
    ] = "127.0.0.1",
) -> None:
    """Run headquarters until it is interrupted; it makes and upgrades its own tables.

    Example: `pos-app hq serve --database postgresql+psycopg://pos@localhost/pos`.
    """
    from hq import operate
    from pos_app import logs

    logs.configure(folder=None)
    with speaking():
        operate.serve(
            database,
            operate.Serving(
                host=host,
                port=port,
                public_url=public_url,
                workers=workers,
                appliers=appliers,
                backlog_events_max=backlog,
                metrics_port=metrics_port,
                metrics_host=metrics_host,
            ),
        )


@app.command("enrol-code")
def enrol_code(
    store: Annotated[str, typer.Argument(help="The store that the till stands in.")],
    database: DatabaseOption,
    store_name: Annotated[str, typer.Option(help="The store's name, if it is new.")] = "",
    till_number: Annotated[
        int | None,
        typer.Option(
            min=1, max=TERMINAL_NUMBER_MAX, help="The number of a till that comes back, after its disk was lost."
        ),
    ] = None,
    region: Annotated[
        str,
        typer.Option(help="The region of a new store: its tills hear of the members of that region. By default: main."),
    ] = "",
) -> None:
    """Make a one-time code with which a till of a store can join, good for 15 minutes.

    Example: `pos-app hq enrol-code store-1`, `pos-app hq enrol-code store-2 --region north`.
    """
    from hq import operate

    with speaking():
        code = operate.create_enrolment_code(
            database, store, store_name=store_name, terminal_number=till_number, region=region
        )
        console.print(code)


@app.command()
def region(
    store: Annotated[str, typer.Argument(help="The store to put into a region.")],
    name: Annotated[str, typer.Argument(help="The region, one word: north.")],
    database: DatabaseOption,
) -> None:
    """Put a store into a region, with the members that bought there: its tills then fetch the region's accounts.

    Example: `pos-app hq region store-1 north`.
    """
    from hq import operate

    with speaking():
        members = operate.move_store(database, store, name)
        console.print(f"{store} is of the region {name}; {members} accounts that bought there are known in it.")


@app.command()
def regions(database: DatabaseOption) -> None:
    """Print the regions with their stores. Example: `pos-app hq regions`."""
    from hq import operate

    with speaking():
        for name, store in operate.list_stores(database):
            console.print(f"{name}: {store}")


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(min=1, max=TERMINAL_NUMBER_MAX, help="The till's number.")],
    database: DatabaseOption,
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
        waiting = ", ".join(map(str, operate.tills_to_report(database)))
        console.print(f"Until these tills have, it holds no points: {waiting or 'none'}.")


@app.command()
def totals(
    database: DatabaseOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave the ledger out, which is read as a whole otherwise.")
    ] = False,
) -> None:
    """Print what headquarters has of each till, and whether its ledger balances. Example: `pos-app hq totals --json`."""
    from rich.table import Table

    from hq import operate

    with speaking(as_json=as_json):
        figures = operate.totals(database, whole_ledger=not quick)
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
        ledger = "not read" if quick else figures.ledger_sum_units
        console.print(f"Ledger sum {ledger}, open tasks {figures.open_tasks}.")
        if figures.ledger_sum_units or figures.stored_balances_differ:
            raise InputError(
                "hq.ledger", what="The ledger does not balance.", safe="Nothing was changed.", todo="Keep the database."
            )
