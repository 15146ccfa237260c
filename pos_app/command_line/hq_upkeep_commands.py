"""``pos-app hq publish``, ``backup``, ``retain`` and what else keeps headquarters going."""

from pathlib import Path
from typing import Annotated

import typer

from pos_app.command_line.hq_options import DatabaseOption
from pos_app.command_line.output import console, counted, print_json, speaking
from pos_app.command_line.programme_commands import print_remarks
from pos_app.model.identifiers import TERMINAL_NUMBER_MAX
from pos_app.settings import STANDARD_MARGINS, Margins, margin_bands_problem

_KINDS = {"products": "product", "programme": "programme", "staff": "staff"}
_BANDS = ",".join(map(str, STANDARD_MARGINS.bands_percent))
_PERCENT = 100
KindArgument = Annotated[str, typer.Argument(help="What it is: products, programme or staff.", metavar="KIND")]


def register(app: typer.Typer) -> None:
    """Add these commands to ``pos-app hq``."""
    app.command()(publish)
    app.command()(withdraw)
    app.command()(published)
    app.command()(backup)
    app.command("verify-backup")(verify_backup)
    app.command()(restore)
    app.command("write-off-till")(write_off_till)
    app.command()(retain)
    app.command()(openapi)


def _margins(text: str) -> Margins:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) <= _PERCENT for part in parts):
        raise typer.BadParameter(f"percentages like {_BANDS} are needed")
    margins = Margins(tuple(map(int, parts)))
    if problem := margin_bands_problem(margins):
        raise typer.BadParameter(problem)
    return margins


def _kind(name: str) -> str:
    if name not in _KINDS:
        raise typer.BadParameter(f"one of {', '.join(_KINDS)} is needed")
    return _KINDS[name]


def publish(
    kind: KindArgument,
    file: Annotated[Path, typer.Argument(help="A CSV file of products or staff, or a programme's TOML or JSON.")],
    database: DatabaseOption,
    decimals: Annotated[int, typer.Option(min=0, max=3, help="The decimals of the prices in a file of products.")] = 2,
    margin_bands: Annotated[
        str, typer.Option(help="Lower ends of the bands of margin that tills may know, in percent.", metavar="LIST")
    ] = _BANDS,
) -> None:
    """Publish products, a programme or staff to the tills that take them from headquarters. What is published stays until withdrawn.

    Of a programme it says what is odd about it beside those that are published; one that cannot run together with them is refused.

    Examples: `pos-app hq publish products products.csv`, `pos-app hq publish programme bonus.toml`.
    """
    from hq import operate
    from pos_app.protocol.messages import DocumentKind

    which, margins = DocumentKind(_kind(kind)), _margins(margin_bands)
    with speaking():
        if which is DocumentKind.PROGRAMME:
            print_remarks(operate.check_programme(database, file, margins=margins))
        changed = operate.publish(database, which, file, exponent=decimals, margins=margins)
        console.print(f"{counted(changed, which.value)} new or changed; tills fetch them when they next ask.")


def withdraw(
    kind: KindArgument,
    key: Annotated[
        str, typer.Argument(help="The product's code, the programme's id, or the reference of who works there.")
    ],
    database: DatabaseOption,
) -> None:
    """Take back what was published. Example: `pos-app hq withdraw products 4006381333931`."""
    from hq import operate
    from pos_app.protocol.messages import DocumentKind

    with speaking():
        operate.withdraw(database, DocumentKind(_kind(kind)), key)
        console.print(f"{key} is withdrawn.")


def published(
    database: DatabaseOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """List what is published. Example: `pos-app hq published`."""
    from hq import operate

    with speaking(as_json=as_json):
        documents = operate.published(database)
        if as_json:
            print_json(documents)
            return
        for document in documents:
            console.print(f"{document.kind}  {document.key}", markup=False)


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup's file is to be written.")], database: DatabaseOption
) -> None:
    """Write a backup while headquarters runs. It holds headquarters' keys: guard it. Example: `pos-app hq backup /var/backups/pos`."""
    from hq import operate

    with speaking():
        console.print(str(operate.back_up(database, folder)), markup=False, soft_wrap=True)


def verify_backup(
    file: Annotated[Path, typer.Argument(help="The file of a backup.")],
    database: DatabaseOption,
    scratch: Annotated[
        str, typer.Option(help="An empty PostgreSQL database to read it into; without it one is made and dropped.")
    ] = "",
) -> None:
    """Read a backup into a scratch database, verify every till's chain, and call what it holds durable.

    Only what is durable do tills drop. Example: `pos-app hq verify-backup /var/backups/pos/hq-20260101-030000-000.zip`.
    """
    from hq import operate

    with speaking():
        verified = operate.verify_backup(database, file, scratch_url=scratch)
        console.print(
            f"The backup is whole: {counted(verified.events, 'event')} of {counted(verified.tills, 'till')} are durable now."
        )


def restore(file: Annotated[Path, typer.Argument(help="The file of a backup.")], database: DatabaseOption) -> None:
    """Fill an empty database from a backup, and let every till send again what it lacks.

    Example: `pos-app hq restore hq-20260101-030000-000.zip --database postgresql+psycopg://pos@localhost/pos_new`.
    """
    from hq import operate

    with speaking():
        generation = operate.restore_backup(database, file)
        console.print(f"Headquarters is restored, generation {generation}. Every till will send again what is missing.")


def write_off_till(
    number: Annotated[int, typer.Argument(min=1, max=TERMINAL_NUMBER_MAX, help="The till's number.")],
    database: DatabaseOption,
) -> None:
    """Go on after a restore without waiting for this till. Example: `pos-app hq write-off-till 7`."""
    from hq import operate

    with speaking():
        operate.write_off_till(database, number)
        waiting = operate.tills_to_report(database)
        left = ", ".join(map(str, waiting)) or "none"
        console.print(f"Headquarters no longer waits for till {number}. It still waits for: {left}.")


def retain(
    database: DatabaseOption,
    body_days: Annotated[
        int, typer.Option(min=0, help="How long events keep their bodies once they are booked; 0: for ever.")
    ] = 400,
    report_days: Annotated[
        int, typer.Option(min=0, help="How long the copies of sales for reports stay; 0: for ever.")
    ] = 1100,
    quarantine_days: Annotated[
        int, typer.Option(min=0, help="How long it is kept what tills sent that are shut out.")
    ] = 90,
) -> None:
    """Drop what is past its retention; run it every night. Points, balances and the chain stay. Example: `pos-app hq retain`."""
    from hq import operate
    from hq.retention import Retention

    with speaking():
        gone = operate.retain(database, Retention(body_days, report_days, quarantine_days))
        console.print(
            f"Dropped: {counted(gone.bodies, 'body', 'bodies')}, {counted(gone.sales, 'sale')} of the reports,"
            f" {counted(gone.quarantined, 'upload')} in quarantine."
        )


def openapi() -> None:
    """Print headquarters' calls as an OpenAPI document. Example: `pos-app hq openapi > openapi.json`."""
    from hq import openapi as described

    typer.echo(described.document().decode())
