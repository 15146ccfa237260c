"""Options that several commands have. Apart from ``opening``, so that opening the till does not import the command line's library."""

from pathlib import Path
from typing import Annotated

import typer


def _or_before_the_command(context: typer.Context, given: Path | None) -> Path | None:
    """``pos-app --settings shop.toml doctor`` means the same as ``pos-app doctor --settings shop.toml``."""
    before: Path | None = context.find_root().obj
    return before if given is None else given


SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        "-s",
        help="The till's settings file.",
        callback=_or_before_the_command,
        show_default="the usual place",
    ),
]
