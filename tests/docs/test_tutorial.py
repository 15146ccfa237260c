"""The tutorial, followed to the letter: its files are written, its commands run, its keys pressed, its figures compared."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

from pos_app.command_line.app import app
from pos_app.command_line.opening import till_of
from pos_app.command_line.output import console
from pos_app.command_line.window import wired_window
from pos_app.programmes import preset_text
from pos_app.settings import load_settings
from tests.docs.pages import blocks, tables, text_of
from ui.application import make_application
from ui.widgets import TextLine

TUTORIAL = text_of("docs/tutorial/first-sale.md")
OPEN_THE_TILL = "pos-app --settings settings.toml"
KEYS = {"Enter": Qt.Key.Key_Return, "F4": Qt.Key.Key_F4, "F9": Qt.Key.Key_F9, "F10": Qt.Key.Key_F10}
WAIT_MS = 15_000

pytestmark = pytest.mark.usefixtures("shop_folder")


@pytest.fixture
def shop_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's folder after the first step."""
    (tmp_path / "programmes").mkdir()
    (tmp_path / "programmes" / "fixed-card.toml").write_text(preset_text("fixed-card"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    console.width = 80
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return tmp_path


def test_that_the_tutorial_works_to_the_letter(shop_folder: Path, qtbot: QtBot) -> None:
    steps = [
        block for block in blocks(TUTORIAL) if block.file_name or block.language == "text" or "pos-app" in block.text
    ]
    printed = ""
    for block in steps:
        if block.file_name:
            (shop_folder / block.file_name).write_text(block.text, encoding="utf-8")
        elif block.language == "text":
            assert _comparable(block.text) == _comparable(printed)
        elif block.text.strip() == OPEN_THE_TILL:
            _sell(qtbot)
        else:
            printed = _run(block.text)
    assert (shop_folder / "ana.pdf").read_bytes().startswith(b"%PDF")


def _comparable(output: str) -> list[str]:
    """The lines without what a newer library changes."""
    return [re.sub(r"SQLite [0-9.]+", "SQLite", line).rstrip() for line in output.splitlines()]


def _run(command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "pos-app"
    result = CliRunner().invoke(app, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _sell(qtbot: QtBot) -> None:
    rows = [row for table in tables(TUTORIAL) for row in table]
    assert len(rows) > 10
    make_application("en")
    till = till_of(load_settings(Path("settings.toml")))
    try:
        with wired_window(till) as window:
            window.show()
            qtbot.waitActive(window)
            for typed, pressed, seen in rows:
                if typed:
                    QTest.keyClicks(window.focusWidget(), typed.strip("`"))
                QTest.keyClick(window.focusWidget(), KEYS[pressed])
                phrases = re.findall(r"\*\*(.+?)\*\*", seen)
                assert phrases
                qtbot.waitUntil(_sees(window, phrases), timeout=WAIT_MS)
    finally:
        till.close()


def _sees(window: QWidget, phrases: list[str]) -> Callable[[], None]:
    def check() -> None:
        shown: list[QLabel | TextLine] = [*window.findChildren(QLabel), *window.findChildren(TextLine)]
        texts = [widget.text() for widget in shown if widget.isVisible()]
        missing = [phrase for phrase in phrases if not any(phrase in text for text in texts)]
        assert not missing, f"{missing} not among {texts}"

    return check
