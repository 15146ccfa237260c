"""HQ on a real PostgreSQL, and on SQLite, behind a real server on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq, running
from tests.hq.journals import Journal, now_ms
from tests.hq.postgres import empty, new_database, opened, postgres_server
from tests.measuring import unmeasured

Enrol = Callable[..., Journal]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs on both databases is measured on SQLite."""
    for item in items:
        if "postgres_hq" in getattr(getattr(item, "callspec", None), "params", {}).values():
            item.add_marker("unmeasured")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    with postgres_server(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_hq(postgres_url: str) -> Iterator[RunningHq]:
    """HQ on PostgreSQL, serving."""
    with new_database(postgres_url) as url, opened(url) as engine, ExitStack() as stack:
        with unmeasured():
            serving = stack.enter_context(running(engine, books=False))
        yield serving


@pytest.fixture(scope="session")
def sqlite_hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHq]:
    """HQ on SQLite, serving."""
    path = tmp_path_factory.mktemp("sqlite") / "hq.sqlite3"
    with opened(f"sqlite:///{path}") as engine, running(engine, books=False) as serving:
        yield serving


@pytest.fixture(params=["postgres_hq", "sqlite_hq"])
def hq(request: pytest.FixtureRequest) -> RunningHq:
    """An empty HQ of each kind on loopback; what comes in waits until a test books it."""
    serving: RunningHq = request.getfixturevalue(request.param)
    empty(serving.engine)
    return serving


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
