"""Who does it: the option ``--by``, and PINs from a prompt without echo or, for scripts, from a line of standard input each."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pos_app.errors import InputError, NotAllowedError
from pos_app.use_cases import staffing

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_LINE_MAX = 256

ByOption = Annotated[
    str, typer.Option("--by", help="Who does it: a staff reference. Their PIN is asked for.", show_default="nobody")
]


def sign_in(till: "Till", by: str) -> None:
    """Sign somebody in for one command; does nothing where the till wants no sign-in. Raises ``PosError``: nothing was done."""
    if not staffing.is_wanted(till):
        return
    if not by:
        raise NotAllowedError(
            "staff.not_signed_in",
            what="This till has staff: somebody who may do this must say who they are.",
            safe="Nothing was changed.",
            todo="Add --by with your staff reference; your PIN is asked for.",
        )
    till.sign_in(by, ask_secret(f"PIN of {by}")).result()


def ask_secret(prompt: str) -> str:
    """What is typed without echo, or the next line of standard input where no terminal is there. Never an argument."""
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True, err=True)).strip()
    line = sys.stdin.readline(_LINE_MAX)
    if not line:
        raise InputError(
            "staff.no_input",
            what=f"{prompt} was expected on standard input, and it has ended.",
            safe="Nothing was changed.",
            todo="Write each on a line of its own.",
        )
    return line.strip()


def ask_new_pin(staff_ref: str) -> str:
    """A PIN to set: typed twice at a terminal, one line from a script."""
    pin = ask_secret(f"New PIN of {staff_ref}")
    if sys.stdin.isatty() and pin != ask_secret("The same again"):
        raise InputError(
            "staff.pin_differs", what="These were two different PINs.", safe="Nothing was changed.", todo="Try again."
        )
    return pin
