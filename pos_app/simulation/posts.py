"""A place in the chain: a machine, its cashier, and the manager who does what the screen says when headquarters shuts it out."""

from collections import Counter
from collections.abc import Callable

from pos_app.errors import InputError, SyncError
from pos_app.simulation.bounds import BurnWatch
from pos_app.simulation.counter import Cashier
from pos_app.simulation.fuses import KilledError
from pos_app.simulation.headquarters import SimulatedHq
from pos_app.simulation.machines import Machine
from pos_app.simulation.promises import Promises
from pos_app.simulation.shop import store_id
from pos_app.sync.decisions import Problem
from pos_app.sync.rounds import SyncReport
from pos_app.use_cases.joining import join_hq

_SHUT_OUT = {Problem.FORK, Problem.FENCED, Problem.REVOKED}
_UNKNOWN_TIMES = 3


class Post:
    """One till of the chain. ``number`` is HQ's number for it, 0 until it has one of its own (a copied machine)."""

    def __init__(
        self,
        machine: Machine,
        number: int,
        promises: Promises,
        watch: BurnWatch,
        counts: Counter[str],
        is_restoring: Callable[[], bool],
        posts: list["Post"],
    ) -> None:
        self.machine = machine
        self.number = number
        self.cashier = Cashier(machine, promises, watch, counts, is_restoring)
        self.has_joined = False
        self.has_mirror_to_restore = False
        self._watch = watch
        self._posts = posts
        self._counts = counts
        self._unknown = 0

    def join(self, hq: SimulatedHq) -> bool:
        """The manager asks HQ for a code and types it; False where that did not work this time."""
        comes_back = self.number and hq.knows_number(self.number)
        store = store_id(self.machine.settings.till.number)
        code = hq.enrolment_code(store, terminal_number=self.number if comes_back else None)
        try:
            answer = join_hq(self.machine.till, code, client_of=self.machine.line.client)
        except (SyncError, InputError) as error:
            self._counts[f"refused: {error.code}"] += 1
            return False
        except KilledError:
            self.cashier.revive()
            return False
        for post in self._posts:
            # A restored HQ gives numbers out again that it has forgotten: who had this one is a new till to it.
            post.number = 0 if post.number == answer.terminal_number else post.number
        self.number = answer.terminal_number
        self.has_joined = True
        self._unknown = 0
        self._counts["enrolled"] += 1
        self._restore_mirror()
        return True

    def _restore_mirror(self) -> None:
        """What the doctor says after a disk was lost or put back, once the till has joined."""
        if self.has_mirror_to_restore:
            self.machine.restore_mirror()
            self.has_mirror_to_restore = False
            self._counts["restored from the mirror"] += 1

    def _check_acknowledged(self, hq: SimulatedHq) -> None:
        """After a good round HQ has what the till believes that it has, and not something else in its place.

        A restored HQ lacks some of it until every till has reported.
        """
        place = self.machine.acknowledged()
        if place is not None and not hq.has(place) and not hq.is_restoring():
            self._watch.found(
                f"{self.machine.name} holds number {place.seq} for sent, and headquarters has another or none"
            )

    def sync(self, hq: SimulatedHq, *, dies_after: int | None = None) -> SyncReport | None:
        """One round, and what a manager does about its outcome; None where the program died of it."""
        if not self.has_joined and not (hq.is_up and self.join(hq)):
            return None
        try:
            with self.machine.living(dies_after):
                self.machine.look_after()
                report = self.machine.sync()
        except KilledError:
            self.cashier.revive()
            return None
        if report.problem is None:
            self._watch.heard(self.machine.memory)
            self._check_acknowledged(hq)
            self._restore_mirror()
        self._unknown = self._unknown + 1 if report.problem is Problem.UNKNOWN_TILL else 0
        if report.problem in _SHUT_OUT or self._unknown >= _UNKNOWN_TIMES:
            self._counts[f"shut out: {report.problem}"] += 1
            self.join(hq)
        return report
