"""What the threads beside a till tell its header of headquarters."""

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.command_line.services import Services
from pos_app.settings import Hq, Settings, Storage
from pos_app.sync.decisions import Problem
from pos_app.sync.rounds import SyncReport
from pos_app.use_cases.sync_status import status_of
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import SyncStatus
from storage import journal


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """A till that has an address of headquarters and was never joined."""
    opened = open_till(Settings(hq=Hq(url="http://127.0.0.1:9")), tmp_path, programmes_in_force=())
    yield opened
    opened.close()


def test_that_a_till_that_has_not_joined_says_so_when_it_starts(till: Till) -> None:
    told: list[SyncStatus] = []
    services = Services(till, on_print_problem=lambda _problem: None, on_sync=told.append)
    services.start()
    services.stop()
    assert [(0, True, False)] == [(status.waiting_events, status.is_stopped, status.has_joined) for status in told]
    assert "has not joined headquarters" in told[0].problem


@pytest.mark.parametrize(
    ("problem", "is_away", "is_stopped"),
    [
        (None, False, False),
        (Problem.UNREACHABLE, True, False),
        (Problem.SLOW, True, False),
        (Problem.BUSY, False, False),
        (Problem.HQ_ERROR, False, False),
        (Problem.REVOKED, False, True),
        (Problem.FORK, False, True),
        (Problem.FENCED, False, True),
        (Problem.UNKNOWN_TILL, False, True),
        (Problem.UPGRADE, False, True),
    ],
)
def test_that_what_does_not_pass_by_itself_is_a_stop(
    till: Till, problem: Problem | None, is_away: bool, is_stopped: bool
) -> None:
    till.database.write(lambda connection: journal.change_terminal(connection, hq_public_key=bytes(32)))
    status = status_of(till, SyncReport(1, 500, 900, 1000, problem, "words"), None)
    assert (is_away, is_stopped, True) == (status.is_away, status.is_stopped, status.has_joined)
    assert (0, None, 900, "words") == (
        status.waiting_events,
        status.oldest_waiting_ms,
        status.last_contact_ms,
        status.problem,
    )


def test_that_a_mirror_is_copied_and_told_of(tmp_path: Path) -> None:
    mirror = tmp_path / "till.mirror"
    settings = Settings(storage=Storage(mirror=str(mirror)))
    opened = open_till(settings, tmp_path / "till", programmes_in_force=())
    told: queue.Queue[SyncStatus] = queue.Queue()
    services = Services(opened, on_print_problem=lambda _problem: None, on_sync=told.put)
    services.start()
    status = told.get(timeout=10)
    services.booked()
    services.stop()
    opened.close()
    assert (0, "", True, False) == (
        status.mirror_lag_events,
        status.mirror_problem,
        status.has_joined,
        status.is_stopped,
    )
    assert mirror.exists()
