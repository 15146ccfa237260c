"""HQ on a real PostgreSQL, and on SQLite, behind a real server on loopback."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hq.database import open_engine
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq, running
from tests.hq.journals import Journal, now_ms
from tests.hq.postgres import empty, new_database, opened, postgres_server

Enrol = Callable[..., Journal]


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    with postgres_server(tmp_path_factory.mktemp("postgres") / "data", durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """One prepared HQ database in it."""
    with new_database(postgres_url) as url, opened(url) as engine:
        yield engine


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared HQ database to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "hq.sqlite3"
    with opened(f"sqlite:///{path}"):
        return path


@pytest.fixture(params=["postgresql", "sqlite"])
def hq_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, prepared HQ database of each kind."""
    if request.param == "postgresql":
        engine: Engine = request.getfixturevalue("postgres_engine")
        empty(engine)
        yield engine
    else:
        path = shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path)
        engine = open_engine(f"sqlite:///{path}")
        yield engine
        engine.dispose()


@pytest.fixture
def hq(hq_engine: Engine) -> Iterator[RunningHq]:
    """HQ on loopback; what comes in waits until a test books it."""
    with running(hq_engine, books=False) as serving:
        yield serving


@pytest.fixture
def enrol(hq: RunningHq) -> Iterator[Enrol]:
    """Makes tills that are enrolled at this HQ."""
    journals: list[Journal] = []

    def make(*, store_id: str = "store-1", terminal_number: int | None = None, **wish: object) -> Journal:
        code = create_enrolment_code(hq.engine, store_id, now_ms=now_ms(), terminal_number=terminal_number)
        journals.append(Journal(hq.url, code, **wish))  # type: ignore[arg-type]
        return journals[-1]

    yield make
    for journal in journals:
        journal.close()


@pytest.fixture
def journal(enrol: Enrol) -> Journal:
    """One enrolled till."""
    return enrol()
