"""A database of its own for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path, empty_till: Path) -> Iterator[Database]:
    """An empty till's database."""
    shutil.copytree(empty_till, tmp_path / "till")
    opened = open_database(tmp_path / "till")
    yield opened
    opened.close()
