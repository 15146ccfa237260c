"""What happens when: jobs at moments of virtual time."""

import heapq
from collections.abc import Callable

from pos_app.simulation.clocks import World

Job = Callable[[], None]


class Agenda:
    """Jobs in the order of their moments, equal moments in the order in which they were noted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._jobs: list[tuple[int, int, Job]] = []
        self._number = 0

    def at(self, at_ms: int, job: Job) -> None:
        """Do this then, or at once where that is past."""
        self._number += 1
        heapq.heappush(self._jobs, (at_ms, self._number, job))

    def run_until(self, end_ms: int) -> None:
        """Let time pass, and do what its moments ask for."""
        while self._jobs and self._jobs[0][0] < end_ms:
            at_ms, _number, job = heapq.heappop(self._jobs)
            self._world.now_ms = max(self._world.now_ms, at_ms)
            job()
        self._world.now_ms = max(self._world.now_ms, end_ms)
