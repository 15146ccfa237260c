"""``pos-app what-if``: what programmes would have cost on the shop's own receipts, before they go live."""

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pos_app.command_line.days import check_order
from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import error_console, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.errors import InputError

if TYPE_CHECKING:
    from pos_app.loyalty.programme import ProgrammeSet
    from pos_app.use_cases.what_if.asking import Question
    from pos_app.use_cases.what_if.figures import WhatIf
    from pos_app.use_cases.what_if.history import History

_PICTURES = (".png", ".pdf")


def what_if(
    programmes: Annotated[
        list[str],
        typer.Argument(metavar="PROGRAMME...", help="Files, or names of shipped programmes: all that would run."),
    ],
    since: Annotated[str, typer.Option(metavar="DATE", help="The first business date that counts, as 2026-01-31.")],
    until: Annotated[
        str, typer.Option(metavar="DATE", help="The last business date.", show_default="that of the last receipt")
    ] = "",
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROGRAMME",
            help="Compare with this programme; may be given several times.",
            show_default="the programmes in force",
        ),
    ] = None,
    burn_percent: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=100,
            help="How much of what can be burned members burn, where the real receipt does not say.",
            show_default="the shop's average",
        ),
    ] = None,
    cores: Annotated[int, typer.Option(min=1, max=64, help="How many cores work.", show_default="all")] = (
        os.cpu_count() or 1
    ),
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every figure into a CSV file.", dir_okay=False)
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw a picture: .png or .pdf.", dir_okay=False)
    ] = None,
    settings: SettingsOption = None,
    by: ByOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Play the shop's own receipts again under other programmes: what they would have cost, what would be owed, who wins and loses.

    Nothing is booked. The figures hold costs and margins: they are for managers.

    Examples: `pos-app what-if pharmacy.toml --since 2026-01-01`,
    `pos-app what-if pharmacy progressive --since 2026-01-01 --against fixed-card --chart what-if.pdf`.
    """
    from pos_app.command_line.what_if_output import print_answer, write_csv

    with speaking(as_json=as_json):
        _check(since, until, chart)
        candidate = _set_of(programmes)
        current = None if against is None else _set_of(against)
        history, question = _read(settings, by, candidate, current, (since, until, burn_percent))
        answer = _answer(history, question, cores)
        if csv is not None:
            write_csv(answer, csv)
        if chart is not None:
            _draw(answer, chart)
        if as_json:
            print_json(msgspec.to_builtins(answer))
        else:
            print_answer(answer)


def _check(since: str, until: str, chart: Path | None) -> None:
    check_order(_date(since), _date(until) if until else None, options="--since or --until")
    if chart is not None and chart.suffix.lower() not in _PICTURES:
        raise _refused("chart", f"{chart.name} is neither a .png nor a .pdf.", todo="Name the picture so.")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _refused("date", f"{text!r} is no date.", todo="Write it as 2026-01-31.") from error


def _set_of(names: list[str]) -> "ProgrammeSet":
    """Programme files, or shipped programmes by their names."""
    from pos_app.loyalty.programme import parse_programme, programme_set
    from pos_app.programmes import preset_text
    from pos_app.use_cases.programmes import read_file

    return programme_set(
        read_file(Path(name))
        if "." in name or Path(name).is_file()
        else parse_programme(preset_text(name), source=name)
        for name in names
    )


def _read(
    settings: Path | None,
    by: str,
    candidate: "ProgrammeSet",
    current: "ProgrammeSet | None",
    window: tuple[str, str, int | None],
) -> tuple["History", "Question"]:
    """The till's history and the question; the till is closed again, so that the work can go to several processes."""
    from pos_app.use_cases.what_if.asking import Question
    from pos_app.use_cases.what_if.at_till import read_history

    with opened(settings) as till:
        sign_in(till, by)
        in_force = till.terms.programmes
        return read_history(till), Question(candidate, current or in_force, in_force, *window)


def _answer(history: "History", question: "Question", cores: int) -> "WhatIf":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from pos_app.use_cases.what_if.asking import what_if as ask
    from pos_app.use_cases.what_if.asking import work_of

    columns = (TextColumn("receipts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Without a thread of its own, so that other processes can be forked.
    bar = Progress(*columns, console=error_console, auto_refresh=False, transient=True)
    with bar:
        task = bar.add_task("", total=work_of(history, question))

        def show(count: int) -> None:
            bar.update(task, advance=count)
            bar.refresh()

        return ask(history, question, cores=cores, progress=show)


def _draw(answer: "WhatIf", file: Path) -> None:
    from pos_app.use_cases.what_if.chart import picture_of
    from pos_app.use_cases.what_if.picture import pdf_of, png_of

    picture = picture_of(answer)
    try:
        file.write_bytes(pdf_of(picture) if file.suffix.lower() == ".pdf" else png_of(picture))
    except OSError as error:
        raise _refused("chart", f"{file} cannot be written ({error.strerror}).", todo="Name another place.") from error


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"what_if.{code}", what=sentence, safe="Nothing was changed.", todo=todo)
