"""``pos-app staff`` and ``pos-app audit`` as people and scripts use them."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pos_app.command_line.app import app
from pos_app.command_line.output import console
from tests.staff import PINS, RECOVERY_CODE

REPOSITORY = Path(__file__).parents[3]
CODE = re.compile(r"Recovery code: (([0-9A-Z]{4}-){3}[0-9A-Z]{4})")
pytestmark = pytest.mark.usefixtures("no_keystore")


@pytest.fixture
def settings(tmp_path: Path, empty_till: Path) -> Path:
    """The settings file of an empty till in a zone east of Greenwich."""
    shutil.copytree(empty_till, tmp_path / "till")
    file = tmp_path / "shop.toml"
    folder = json.dumps(str(tmp_path / "till"))
    file.write_text(f'[storage]\nfolder = {folder}\n[shop]\nzone = "Europe/Moscow"\n', encoding="utf-8")
    return file


class Ran:
    """How a command ended; ``lines`` are what it read from standard input."""

    def __init__(self, settings: Path, *arguments: str, lines: tuple[str, ...] = ()) -> None:
        console.width = 200
        typed = "".join(f"{line}\n" for line in lines)
        result = CliRunner().invoke(app, [*arguments, "--settings", str(settings)], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        self.raw = result.stdout
        self.out, self.err = (" ".join(text.split()) for text in (result.stdout, result.stderr))

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


def hire_anna(settings: Path) -> str:
    """The first manager; gives the recovery code."""
    ran = Ran(settings, "staff", "add", "anna", "--role", "manager", "--name", "Anna K.", lines=(PINS["anna"],))
    found = CODE.search(ran.out)
    assert found is not None, ran.err
    return found[1]


def test_that_people_are_added_listed_changed_and_leave(settings: Path) -> None:
    assert 2 == Ran(settings, "staff", "add", "ben", lines=(PINS["ben"],)).code
    hire_anna(settings)
    by_anna = ("--by", "anna")
    added = Ran(settings, "staff", "add", "ben", *by_anna, lines=(PINS["anna"], PINS["ben"]))
    assert (0, "ben works here as cashier.") == (added.code, added.out)
    changed = Ran(settings, "staff", "role", "ben", "pharmacist", *by_anna, lines=(PINS["anna"],))
    assert "ben is pharmacist now." == changed.out
    own = Ran(settings, "staff", "set-pin", "ben", "--by", "ben", lines=(PINS["ben"], "918273"))
    assert "ben has a new PIN." == own.out
    assert "ben can sign in again." == Ran(settings, "staff", "reset", "ben", *by_anna, lines=(PINS["anna"],)).out
    left = Ran(settings, "staff", "deactivate", "ben", *by_anna, lines=(PINS["anna"],))
    assert "ben can no longer sign in." == left.out
    assert [("ben", "pharmacist", False, True), ("anna", "manager", True, True)] == [
        (one["staff_ref"], one["role"], one["active"], one["has_pin"])
        for one in Ran(settings, "staff", "list", "--json").json
    ]
    assert {"anna", "Anna", "manager", "set"} <= set(Ran(settings, "staff", "list").out.split())


@pytest.mark.parametrize(
    ("arguments", "lines", "said"),
    [
        (("staff", "add", "eva"), ("836152",), "Add --by with your staff reference"),
        (("staff", "add", "eva", "--by", "anna"), ("118822", "836152"), "This is not the PIN."),
        (("staff", "add", "eva", "--by", "anna"), (), "was expected on standard input"),
        (("staff", "add", "eva", "--by", "anna"), (PINS["anna"], "123456"), "too easy to guess"),
        (("staff", "reset", "eva", "--by", "anna"), (PINS["anna"],), "Nobody called eva works here."),
        (("audit",), (), "Add --by with your staff reference"),
        (("audit", "--since", "yesterday", "--by", "anna"), (PINS["anna"],), "'yesterday' is not a day or a time."),
        (
            ("audit", "--since", "2026-07-02", "--until", "2026-07-01", "--by", "anna"),
            (PINS["anna"],),
            "The last day is before the first.",
        ),
    ],
)
def test_that_a_refusal_says_what_to_do(
    settings: Path, arguments: tuple[str, ...], lines: tuple[str, ...], said: str
) -> None:
    hire_anna(settings)
    ran = Ran(settings, *arguments, lines=lines)
    assert 2 == ran.code
    assert said in ran.err
    assert "Nothing was changed." in ran.err


def test_that_the_recovery_code_starts_over(settings: Path) -> None:
    code = hire_anna(settings)
    (settings.parent / "till" / "pin.pepper").unlink()
    lost = Ran(settings, "staff", "list", lines=())
    assert 0 == lost.code
    assert "reset-pepper" in Ran(settings, "audit", "--by", "anna", lines=(PINS["anna"],)).err
    wrong = Ran(settings, "staff", "reset-pepper", "anna", lines=(RECOVERY_CODE, "836152"))
    assert "This is not the recovery code." in wrong.err
    ran = Ran(settings, "staff", "reset-pepper", "anna", lines=(code, "836152"))
    assert "Every PIN is void." in ran.out
    assert CODE.search(ran.out) is not None
    assert 0 == Ran(settings, "audit", "--by", "anna", lines=("836152",)).code


def test_that_the_audit_log_is_searched_by_day_in_the_shops_zone(settings: Path) -> None:
    hire_anna(settings)

    def actions(*options: str) -> list[str]:
        ran = Ran(settings, "audit", "--by", "anna", "--json", *options, lines=(PINS["anna"],))
        return [row["action"] for row in ran.json]

    assert ["staff_add", "sign_in"] == actions()
    assert ["staff_add"] == actions("--action", "staff_add", "--subject", "an", "--text", "MANAGER")
    assert [] == actions("--until", "2020-01-01")
    assert [] == actions("--since", "2999-12-31T23:59")
    assert 5 == len(actions("--since", "2020-01-01", "--until", "2999-12-31", "--staff", "anna"))
    table = Ran(settings, "audit", "--by", "anna", "--limit", "1", lines=(PINS["anna"],))
    assert "sign_in" in table.out


def test_that_a_pin_is_typed_twice_at_a_terminal_and_never_shown(settings: Path) -> None:
    mine, its = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "pos_app", "staff", "add", "anna", "--role", "manager", "--settings", str(settings)],
        cwd=REPOSITORY,
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
    )
    os.close(its)
    seen = b""
    answers = {b"New PIN of anna: ": b"493817\n", b"The same again: ": b"493817\n"}
    try:
        while select.select([mine], [], [], 60)[0]:
            try:
                seen += os.read(mine, 1024)
            except OSError:  # the other end is closed: Linux says so with an error
                break
            for prompt in [prompt for prompt in answers if seen.endswith(prompt)]:
                os.write(mine, answers.pop(prompt))
    finally:
        running.kill() if running.poll() is None and answers else running.wait(60)
        os.close(mine)
    assert {} == answers
    assert 0 == running.returncode
    assert b"493817" not in seen
    assert b"anna works here as manager." in seen
