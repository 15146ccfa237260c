"""What the threads beside a till tell its header of headquarters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.command_line.services import Services, _status
from pos_app.settings import Hq, Settings
from pos_app.sync.decisions import Problem
from pos_app.sync.rounds import SyncReport
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import SyncStatus


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
def test_that_what_does_not_pass_by_itself_is_a_stop(problem: Problem | None, is_away: bool, is_stopped: bool) -> None:
    status = _status(SyncReport(1, 500, 900, 1000, problem, "words"), now_ms=1_000)
    assert (is_away, is_stopped, True) == (status.is_away, status.is_stopped, status.has_joined)
    assert (1, 500, 900, "words") == (
        status.waiting_events,
        status.oldest_waiting_ms,
        status.last_contact_ms,
        status.problem,
    )
