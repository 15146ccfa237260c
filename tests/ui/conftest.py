"""A till of the sample shop for every test of the screen: real SQLite in a folder of its own, a clock that stands."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.settings import Settings
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.till import Till
from tests.ui.hands import Hands
from ui.application import make_application, set_language
from ui.bridge import Bridge
from ui.gallery.shop import open_sample_till, sample_settings
from ui.window import TillWindow

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

OpenTill = Callable[..., Till]


@pytest.fixture
def english_after(qapp: QApplication) -> Iterator[QApplication]:
    """For a test that changes the language."""
    yield qapp
    set_language(qapp, "en")


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return make_application("en")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample shop's database, filled once and copied for each test."""
    folder = tmp_path_factory.mktemp("sample") / "till"
    till, _clock = open_sample_till(folder, sample_settings())
    till.close()
    return folder


@pytest.fixture
def open_sample(tmp_path: Path, filled: Path) -> Iterator[OpenTill]:
    """Opens tills of the sample shop; they are closed when the test ends."""
    tills: list[Till] = []

    def open_one(settings: Settings | None = None, **options: Any) -> Till:
        folder = tmp_path / f"till-{len(tills)}"
        shutil.copytree(filled, folder)
        till, _clock = open_sample_till(folder, settings or sample_settings(), **options)
        tills.append(till)
        return till

    yield open_one
    for till in tills:
        till.close()


@pytest.fixture
def till(open_sample: OpenTill) -> Till:
    return open_sample()


def clock_of(till: Till) -> ManualClock:
    assert isinstance(till.clock, ManualClock)
    return till.clock


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[[Till], Hands]]:
    """Opens the window of a till, with a print queue that has no printer; closed when the test ends."""
    windows: list[TillWindow] = []

    def open_one(till: Till) -> Hands:
        bridge = Bridge(till.database.close_reader)
        printing = PrintQueue(till, None, bridge.printer_changed.emit)
        window = TillWindow(till, bridge, printing=printing)
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is window.view.entry.field)
        return Hands(qtbot, window)

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def hands(open_window: Callable[[Till], Hands], till: Till) -> Hands:
    return open_window(till)
