"""``pos-app programme``: look at programme files before they run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, counted, print_json, speaking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_app.use_cases.programme_checking import Remark

app = typer.Typer(help="Look at programme files before they run.", no_args_is_help=True)


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Programme files, or folders of them: all that would run together.")
    ],
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Say what is wrong with programme files and where, and warn of what is odd: rules that never give anything, that cost too much.

    Of the settings it takes the bands of margin. Exits with 1 where a file would be refused; warnings refuse nothing.

    Examples: `pos-app programme check pharmacy.toml`, `pos-app programme check programmes`.
    """
    from pos_app.use_cases.programme_checking import check_files
    from pos_app.use_cases.settings_files import find_settings

    with speaking(as_json=as_json):
        bands_percent = find_settings(settings).margins.bands_percent
        count, remarks = check_files(files, bands_percent=bands_percent)
        errors = sum(remark.is_error for remark in remarks)
        if as_json:
            print_json({"files": count, "errors": errors, "remarks": [_plain(remark) for remark in remarks]})
        else:
            print_remarks(remarks)
            said = (counted(count, "file"), counted(errors, "error"), counted(len(remarks) - errors, "warning"))
            console.print(f"{', '.join(said)}.")
        if errors:
            raise typer.Exit(EXIT_FAILED)


@app.command()
def describe(
    programme: Annotated[str, typer.Argument(help="A programme file, or the name of a shipped programme.")],
    scenario: Annotated[
        Path | None, typer.Option(help="A scenario file with worked figures.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Print a page about a programme, in Markdown: what it does in words, worked figures, how to change it, its file.

    Examples: `pos-app programme describe pharmacy`, `pos-app programme describe mine.toml --scenario mine-scenario.toml > mine.md`.
    """
    from pos_app.loyalty.programme import parse_programme
    from pos_app.use_cases.describing.page import Example, page_of
    from pos_app.use_cases.programmes import text_named
    from pos_app.use_cases.scenario_file import read_scenario

    with speaking():
        text = text_named(programme)
        read = parse_programme(text, source=programme)
        example = None
        if scenario is not None:
            example = Example(read_scenario(scenario), scenario.read_text(encoding="utf-8-sig"), str(scenario))
        typer.echo(page_of(read, text, example), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of programme files. Beside your files it lets an editor that knows TOML check them as you type.

    Example: `pos-app programme schema > programme.schema.json`.
    """
    from pos_app.programmes import schema_text

    typer.echo(schema_text(), nl=False)


def print_remarks(remarks: "Iterable[Remark]") -> None:
    """A line each, as compilers and editors write them: file, line, column, then what is said."""
    from pos_app.command_line.lint_words import sentence

    for remark in remarks:
        place = [remark.file, *([remark.line, remark.column] if remark.line else [])]
        words = [":".join(map(str, place))] if remark.file else []
        words += ["error" if remark.is_error else "warning", *([remark.key] if remark.key else []), sentence(remark)]
        console.print(": ".join(words), markup=False, soft_wrap=True)


def _plain(remark: "Remark") -> dict[str, object]:
    from pos_app.command_line.lint_words import sentence

    return {
        "file": remark.file or None,
        "line": remark.line or None,
        "column": remark.column or None,
        "key": remark.key,
        "severity": "error" if remark.is_error else "warning",
        "code": remark.code,
        "values": remark.values,
        "words": sentence(remark),
    }
