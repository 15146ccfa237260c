"""A database of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty till's database."""
    opened = open_database(tmp_path / "till")
    yield opened
    opened.close()
