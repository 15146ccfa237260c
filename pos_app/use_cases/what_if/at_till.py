"""What-if at a till, for screens and the command line: who may see costs asks, and the till's own journal answers."""

from typing import TYPE_CHECKING

from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.staff import Permission
from pos_app.use_cases.what_if.asking import Question, what_if
from pos_app.use_cases.what_if.figures import WhatIf
from pos_app.use_cases.what_if.from_till import history_of
from pos_app.use_cases.what_if.history import History
from pos_app.use_cases.what_if.working import Progress, no_progress

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def read_history(till: "Till") -> History:
    """The till's history, on the caller's thread (seconds for a year). Raises ``NotAllowedError`` for who may not see costs."""
    till.require(Permission.READ_COST)
    return till.database.read(lambda connection: history_of(till, connection))


def what_if_at(
    till: "Till",
    candidate: ProgrammeSet,
    *,
    since: str,
    until: str = "",
    current: ProgrammeSet | None = None,
    burn_percent: int | None = None,
    cores: int = 1,
    progress: Progress = no_progress,
) -> WhatIf:
    """What ``candidate`` would have cost between two business dates, against ``current`` or the programmes in force.

    Call it beside the screen's thread: it takes seconds to minutes. Raises ``NotAllowedError`` and ``InputError``.
    """
    in_force = till.terms.programmes
    question = Question(candidate, current or in_force, in_force, since, until, burn_percent)
    return what_if(read_history(till), question, cores=cores, progress=progress)
