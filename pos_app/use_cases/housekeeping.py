"""What a till does for itself between sales: book what is due, give back what it will not use, let go of what is old.

Each chore does one small step at a time on the writer thread, behind the sales that wait, until it has nothing left to do.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from pos_app.protocol.chain import Envelope
from pos_app.protocol.checkpoints import Checkpoint, sign_checkpoint
from pos_app.use_cases import authorising, coupon_holds, leasing
from storage import journal, pruning
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_log = logging.getLogger(__name__)
_DAY_MS = 86_400_000

Chore = Callable[[], "Future[int]"]
"""Does one step; the future gives how much it did, 0 when nothing is left."""


class Housekeeping:
    """Runs the chores one after another. ``run`` may be called from any thread and as often as one likes; it never waits."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = tuple(chores)
        self._busy = threading.Lock()

    def run(self) -> None:
        """Begin, unless it is under way already."""
        if self._busy.acquire(blocking=False):
            self._do(0)

    def _do(self, number: int) -> None:
        if number == len(self._chores):
            self._busy.release()
            return
        with suppress(RuntimeError):  # the till closes: the rest is done at the next start
            self._chores[number]().add_done_callback(lambda step: self._go_on(number, step))

    def _go_on(self, number: int, step: "Future[int]") -> None:
        if step.cancelled():
            return
        error = step.exception()
        if error is not None:
            _log.warning("housekeeping.failed chore=%d error=%s", number, getattr(error, "code", type(error).__name__))
        self._do(number if error is None and step.result() else number + 1)


def chores_of(till: "Till", private_key: Callable[[], bytes]) -> tuple[Chore, ...]:
    """The chores of an open till. ``private_key`` is asked for where something is pruned: it signs for what is gone."""
    storage, hq = till.settings.storage, till.settings.hq
    key: list[bytes] = []

    def sign(envelope: Envelope, digest: bytes) -> Checkpoint:
        if not key:
            key.append(private_key())
        return sign_checkpoint(key[0], envelope, digest)

    def before_ms(connection: Connection, days: int) -> int:
        return journal.read_terminal(connection).trusted_ms - days * _DAY_MS

    def prune(connection: Connection) -> int:
        limit_ms = before_ms(connection, storage.keep_events_days)
        steps = (
            pruning.drop_bodies(connection, name, sign, before_ms=limit_ms) for name in pruning.names_in(connection)
        )
        return next((done for done in steps if done), 0)

    def drop_sales(connection: Connection) -> int:
        if not storage.keep_sales_days:
            return 0
        return pruning.drop_sales(connection, before_ms=before_ms(connection, storage.keep_sales_days))

    def wipe(connection: Connection) -> int:
        return pruning.wipe_confirmed_names(connection, out_of_touch_ms_max=hq.forget_names_days * _DAY_MS)

    submit = till.database.submit
    return (
        till.book_due,
        lambda: authorising.void_lapsed(till),
        lambda: coupon_holds.void_lapsed(till),
        lambda: leasing.release_due(till),
        lambda: submit(prune),
        lambda: submit(drop_sales),
        lambda: _folded(till, submit(wipe)),
    )


def _folded(till: "Till", step: "Future[int]") -> "Future[int]":
    """Names that were forgotten are to be gone from the write-ahead log as well."""

    def fold(done: "Future[int]") -> None:
        if not done.cancelled() and done.exception() is None and done.result():
            with suppress(RuntimeError):  # the till closes, which folds too
                till.database.submit_fold()

    step.add_done_callback(fold)
    return step
