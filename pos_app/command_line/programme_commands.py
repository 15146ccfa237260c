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
