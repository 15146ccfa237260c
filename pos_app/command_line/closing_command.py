"""``pos-app closing-report``: a business day of this till, on the screen, as JSON, as a PDF, or on the receipt printer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.errors import InputError

if TYPE_CHECKING:
    from pos_app.model.closing import ClosingReport
    from pos_app.use_cases.till import Till
    from receipts.document import Document

_COLUMNS = 64
_ON_SCREEN = "en"
"""The command line speaks English; paper speaks the shop's language."""


def closing_report(
    date: Annotated[str, typer.Option("--date", help="The business date: 2026-07-01.", show_default="today")] = "",
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Write it into this PDF.", dir_okay=False, show_default="none")
    ] = None,
    on_paper: Annotated[bool, typer.Option("--print", help="Print it on the receipt printer.")] = False,
) -> None:
    """Close a business day: receipts, goods, tax, takings, what programmes gave, points, and whether every figure ties to the ledger.

    It changes nothing and can be made again. The sentinel's findings are for managers and auditors.
    Exits with 1 where a figure does not tie.
    Examples: `pos-app closing-report`, `pos-app closing-report --date 2026-07-01 --print --by anna`.
    """
    from pos_app.use_cases.closing import closing_report as report_of

    with speaking(as_json=as_json), opened(settings) as opened_till:
        sign_in(opened_till, by)
        report = report_of(opened_till, date)
        if pdf is not None:
            _write_pdf(_document(opened_till, report), pdf)
        if on_paper:
            _print(opened_till, _document(opened_till, report))
        if as_json:
            print_json({**msgspec.to_builtins(report), "ties": report.ties})
        elif pdf is None and not on_paper:
            _show(_document(opened_till, report, language=_ON_SCREEN))
        elif not report.ties:
            console.print("Not every figure ties to the ledger: the report says which.", markup=False)
        if not report.ties:
            raise typer.Exit(EXIT_FAILED)


def _document(till: "Till", report: "ClosingReport", *, language: str = "") -> "Document":
    from receipts.closing import ClosingFacts, lay_out_closing
    from receipts.facts import ShopFacts

    shop = till.settings.shop
    return lay_out_closing(
        ClosingFacts(
            shop=ShopFacts(shop.name, shop.address, shop.tax_number),
            report=report,
            currency=till.terms.currency,
            points_exponent=till.terms.points_exponent,
            zone=shop.zone,
            locale=shop.locale,
            language=language or shop.language,
            causes=till.causes_by_unit,
        )
    )


def _show(document: "Document") -> None:
    from receipts.text import render_text

    console.print(render_text(document, _COLUMNS), markup=False, soft_wrap=True, end="")


def _write_pdf(document: "Document", file: Path) -> None:
    from receipts.pdf import render_pdf

    try:
        file.write_bytes(render_pdf(document))
    except OSError as error:
        raise InputError(
            "closing.not_written",
            what=f"{file} cannot be written ({error.strerror}).",
            safe="Nothing was changed.",
            todo="Name another place with --pdf.",
        ) from error


def _print(till: "Till", document: "Document") -> None:
    from pos_app.command_line.services import sender_of
    from receipts.escpos_bytes import render_escpos

    send = sender_of(till.settings, till.database.path.parent)
    if send is None:
        raise InputError(
            "closing.no_printer",
            what="This till has no receipt printer.",
            safe="Nothing was changed.",
            todo="Name one in [printer] of the settings, or write a file with --pdf.",
        )
    send(render_escpos(document, till.settings.printer))
