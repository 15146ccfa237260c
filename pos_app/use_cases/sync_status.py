"""How a till stands with headquarters, in figures and codes: for the header of the window and for ``pos-app status``."""

from typing import TYPE_CHECKING

from pos_app.sync.decisions import Problem
from pos_app.use_cases.views import SyncStatus
from pos_app.use_cases.working import facts_of, works_now
from storage import journal
from storage.outbox import SqliteOutbox

if TYPE_CHECKING:
    from pos_app.sync.rounds import SyncReport
    from pos_app.use_cases.mirroring import MirrorStatus
    from pos_app.use_cases.till import Till

_AWAY = frozenset({Problem.UNREACHABLE, Problem.SLOW})
_PASSING = _AWAY | {Problem.HQ_ERROR, Problem.BUSY}
_NOT_JOINED = "This till has not joined headquarters. Sales are kept here. Make a code there and join with it."


def status_of(till: "Till", report: "SyncReport | None", mirror: "MirrorStatus | None") -> SyncStatus:
    """The status after the last round (None: no round yet, or a till that has not joined). Any thread; opens its own connection."""
    mirror_problem = "" if mirror is None else mirror.problem
    problem = None if report is None else report.problem
    now_ms = till.clock.utc_ms()
    with till.database.reading() as connection:
        terminal = journal.read_terminal(connection)
        facts = facts_of(
            till,
            connection,
            problem=problem,
            is_online=report is not None and problem not in _PASSING,
            mirror_problem=bool(mirror_problem),
        )
    waits_to_join = facts.has_hq and not facts.has_joined
    figures = SqliteOutbox(till.database).queue_figures()
    oldest_ms = figures.oldest_waiting_utc_ms
    return SyncStatus(
        waiting_events=figures.waiting_events,
        oldest_waiting_ms=None if oldest_ms is None else max(0, now_ms - oldest_ms),
        last_contact_ms=terminal.last_contact_ms
        if report is None
        else report.last_contact_ms or terminal.last_contact_ms,
        problem=_NOT_JOINED if waits_to_join else "" if report is None else report.problem_words,
        is_away=problem in _AWAY,
        is_stopped=waits_to_join or (problem is not None and problem not in _PASSING),
        has_joined=not waits_to_join,
        snapshot_accounts=None if report is None else report.snapshot_accounts,
        mirror_lag_events=None if mirror is None else mirror.lag_events,
        mirror_problem=mirror_problem,
        works=works_now(facts),
        problem_code="" if problem is None else problem.value,
    )
