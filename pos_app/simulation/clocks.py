"""Virtual time: the true time of the run, and what each till's clock makes of it."""

import uuid

_MILLION = 1_000_000


class World:
    """The true time, UTC milliseconds; HQ's clock shows it."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def utc_ms(self) -> int:
        """The true time."""
        return self.now_ms


class TillClock:
    """A till's clock, which drifts and can be set wrong. ``drift_ppm``: how much too fast it goes."""

    is_trusted = False

    def __init__(self, world: World, *, drift_ppm: int = 0) -> None:
        self._world = world
        self._drift_ppm = drift_ppm
        self._offset_ms = 0
        self._set_ms = world.now_ms
        self._booted_ms = world.now_ms
        self._boot_id = str(uuid.uuid4())

    def utc_ms(self) -> int:
        """What the wall clock shows."""
        return self._world.now_ms + self._error_ms()

    def true_ms(self) -> int:
        """What a right clock would show."""
        return self._world.now_ms

    def monotonic_ms(self) -> int:
        """Milliseconds since the machine started."""
        return self._world.now_ms - self._booted_ms

    def boot_id(self) -> str:
        """Which start of the machine it was."""
        return self._boot_id

    def reboot(self) -> None:
        """The machine starts again; the wall clock goes on."""
        self._booted_ms = self._world.now_ms
        self._boot_id = str(uuid.uuid4())

    def jump(self, by_ms: int) -> None:
        """Somebody, or an empty battery, sets the clock wrong by so much more."""
        self._offset_ms = self._error_ms() + by_ms
        self._set_ms = self._world.now_ms

    def set_right(self) -> None:
        """Somebody sets the clock right."""
        self._offset_ms = 0
        self._set_ms = self._world.now_ms

    def copy(self) -> "TillClock":
        """The clock of a copied machine."""
        other = TillClock(self._world, drift_ppm=self._drift_ppm)
        other._offset_ms, other._set_ms = self._offset_ms, self._set_ms
        return other

    def _error_ms(self) -> int:
        return self._offset_ms + (self._world.now_ms - self._set_ms) * self._drift_ppm // _MILLION
