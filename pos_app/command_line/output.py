"""What every command prints the same way: an error's three sentences, tables, JSON."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.console import Console

from pos_app.errors import PosError

if TYPE_CHECKING:
    from rich.table import Column

EXIT_FAILED = 1
EXIT_REFUSED = 2

console = Console(highlight=False)
error_console = Console(stderr=True, highlight=False)


@contextmanager
def speaking(*, as_json: bool = False) -> Iterator[None]:
    """Turn an expected error into its sentences, or into JSON on standard output, and exit with 2."""
    try:
        yield
    except PosError as error:
        if as_json:
            print_json({"error": {"code": error.code, "what": error.what, "safe": error.safe, "todo": error.todo}})
        else:
            error_console.print(error.what, style="bold red", markup=False)
            error_console.print(f"{error.safe} {error.todo}", markup=False)
        raise typer.Exit(EXIT_REFUSED) from error


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and its English noun.

    >>> counted(1, "product"), counted(0, "product"), counted(2, "body", "bodies")
    ('1 product', '0 products', '2 bodies')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def folded(heading: str) -> "Column":
    """A column of references, which break to the next line where the screen is narrow: cut off they would name nothing."""
    from rich.table import Column

    return Column(heading, overflow="fold")


def print_json(value: object) -> None:
    """One JSON document on standard output, as another program reads it."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
