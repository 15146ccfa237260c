"""A circuit breaker: after failures in a row HQ is not asked for a while, so that nobody waits for what will not come. Pure."""

from typing import Self

import msgspec

FAILURES_MAX = 2
OPEN_MS = 30_000


class Breaker(msgspec.Struct, frozen=True):
    """``failures`` in a row so far; while it is open nobody asks until ``open_until_ms`` by a monotonic clock.

    After that the next one may try: a success closes it, one more failure opens it again.

    >>> broken = Breaker().failed(now_ms=0).failed(now_ms=10)
    >>> broken.allows(now_ms=30_009), broken.allows(now_ms=30_010), broken.succeeded().allows(now_ms=11)
    (False, True, True)
    """

    failures: int = 0
    open_until_ms: int = 0

    def allows(self, *, now_ms: int) -> bool:
        """Whether HQ may be asked now."""
        return self.failures < FAILURES_MAX or now_ms >= self.open_until_ms

    def failed(self, *, now_ms: int) -> Self:
        """No usable answer came."""
        return type(self)(self.failures + 1, now_ms + OPEN_MS)

    def succeeded(self) -> Self:
        """HQ answered, whatever it said."""
        return type(self)()
