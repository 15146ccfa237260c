"""Time as the till reads it, so that a test or a scenario can bring its own."""

import time
import uuid
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Where the moment comes from."""

    def utc_ms(self) -> int:
        """The wall clock, UTC, in milliseconds."""

    def monotonic_ms(self) -> int:
        """Milliseconds since the machine started; never goes back while it runs."""

    def boot_id(self) -> str:
        """Which start of the machine ``monotonic_ms`` counts from."""

    @property
    def is_trusted(self) -> bool:
        """Whether it is right whatever it says: a machine's clock can be wrong, a scenario's cannot."""


_PROCESS_BOOT_ID = str(uuid.uuid4())


class SystemClock:
    """The machine's own clocks."""

    is_trusted = False

    def __init__(self) -> None:
        kernel = Path("/proc/sys/kernel/random/boot_id")
        self._boot_id = kernel.read_text().strip() if kernel.exists() else _PROCESS_BOOT_ID

    def utc_ms(self) -> int:
        """The wall clock, UTC, in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds since the machine started."""
        return time.monotonic_ns() // 1_000_000

    def boot_id(self) -> str:
        """The kernel's boot id, or one of this process where there is none."""
        return self._boot_id


class ManualClock:
    """A clock that stands until it is moved: for scenarios, replays and tests."""

    def __init__(self, utc_ms: int, *, is_trusted: bool = True) -> None:
        self.now_ms = utc_ms
        self.is_trusted = is_trusted

    def utc_ms(self) -> int:
        """The moment it was set to."""
        return self.now_ms

    def monotonic_ms(self) -> int:
        """The same: this clock was never set back."""
        return self.now_ms

    def boot_id(self) -> str:
        """No machine was started."""
        return "00000000-0000-0000-0000-000000000000"
