import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

CALLS = 500


@pytest.mark.parametrize("name", ["processEvents", "setText", "focusWidget", "isEnabled"])
def test_that_calling_qt_takes_no_references_from_none_true_and_false(qtbot: QtBot, name: str) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    calls: dict[str, Callable[[], object]] = {
        "processEvents": QCoreApplication.processEvents,
        "setText": lambda: label.setText("text"),
        "focusWidget": QApplication.focusWidget,
        "isEnabled": label.isEnabled,
    }
    before = [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(CALLS):
        calls[name]()
    lost = [old - sys.getrefcount(value) for old, value in zip(before, (None, True, False), strict=True)]
    assert max(lost) < CALLS // 10
