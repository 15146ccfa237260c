from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from ui.keys import KEY_NAMES, Command
from ui.widgets import command_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "keys.md"


def pressed(key: Qt.Key) -> Command | None:
    return command_of(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))


def test_that_every_command_but_finish_has_a_key_of_its_own() -> None:
    own = {command: name for command, name in KEY_NAMES.items() if command is not Command.FINISH}
    assert set(own) == set(Command) - {Command.FINISH}
    assert len(set(own.values())) == len(own)
    assert KEY_NAMES[Command.FINISH] == KEY_NAMES[Command.CASH]


def test_that_buttons_name_the_keys_that_work() -> None:
    for key in Qt.Key:
        command = pressed(key)
        if command is not None and key is not Qt.Key.Key_Return:
            assert KEY_NAMES[command] == QKeySequence(key).toString()
    assert pressed(Qt.Key.Key_Return) is Command.CONFIRM
    assert pressed(Qt.Key.Key_A) is None


def test_that_the_page_of_keys_names_each_of_them() -> None:
    rows = [row.split("|")[1] for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    named = {name.strip() for row in rows for name in row.split(",")} - {"Key"}
    assert named == set(KEY_NAMES.values())
