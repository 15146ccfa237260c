"""A till of the sample shop for every test of the screen: real SQLite in a folder of its own, a clock that stands."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from pos_app.settings import Settings
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.till import Till
from ui.application import make_application
from ui.gallery.shop import open_sample_till, sample_settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

OpenTill = Callable[..., Till]


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
