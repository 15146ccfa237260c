"""A till of the sample shop for every test of the screen: real SQLite in a folder of its own, a clock that stands."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture
def open_sample(tmp_path: Path) -> Iterator[OpenTill]:
    """Opens tills of the sample shop; they are closed when the test ends."""
    tills: list[Till] = []

    def open_one(settings: Settings | None = None, **options: object) -> Till:
        folder = tmp_path / f"till-{len(tills)}"
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
