"""One round of the sync worker: send the journal, send personal records, fetch what changed. No thread, no waiting."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

import msgspec

from pos_app.errors import PosError
from pos_app.protocol.messages import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    PERSONAL_RECORDS_MAX,
    Batch,
    BatchAnswer,
    ChangesPage,
    Done,
    PersonalAnswer,
    PersonalUpload,
    ProgrammeSetUpload,
    SnapshotPage,
    encode_batch,
    encode_message,
)
from pos_app.sync.client import CallFailedError, HqClient
from pos_app.sync.decisions import (
    BACK_OFF_MAX_MS,
    WORDS,
    Advance,
    BackOff,
    Halve,
    HttpAnswer,
    Problem,
    Refusal,
    Rewind,
    SignAgain,
    Stop,
    WaitFor,
    back_off_ms,
    decide_message,
    decide_upload,
    is_signed,
    refused,
)
from pos_app.sync.ports import Outbox, PendingBatch, TerminalIdentity

_log = logging.getLogger(__name__)
_Message = TypeVar("_Message")
_UNAUTHENTICATED, _NOT_FOUND = 401, 404
_SNAPSHOT_PAGES_A_ROUND = 10
_REST_FOR_EACH_BUSY = 4
"""While accounts are loaded the writer is theirs for a fifth of the time at most; with a third, a sale took 1.2 times as long as alone."""
_NOTHING_ELSE_WILL_DO = {Problem.UNREACHABLE, Problem.SLOW, Problem.BUSY}
"""After these the other steps of a round are not worth trying."""


class SyncOptions(msgspec.Struct, frozen=True):
    """How much goes in one batch (bodies, uncompressed) and how long to sleep when there is nothing to send.

    HQ may want its tills to sleep longer than ``poll_ms``, never shorter.
    """

    batch_events_max: int = BATCH_EVENTS_MAX
    batch_bytes_max: int = BATCH_BYTES_MAX
    poll_ms: int = 2_000


class SyncReport(msgspec.Struct, frozen=True):
    """How the queue stands after a round. Times are UTC milliseconds; ``problem_words`` is a sentence for people.

    ``last_contact_ms`` is HQ's last answer since the program started (None: none yet). ``rejected_events`` counts what HQ took
    without effect since then. ``wait_ms`` is how long the worker sleeps now. ``snapshot_accounts``: accounts that a snapshot under way
    has brought since the program started (None: none is under way).
    """

    waiting_events: int
    oldest_waiting_ms: int | None
    last_contact_ms: int | None
    wait_ms: int
    problem: Problem | None = None
    problem_words: str = ""
    rejected_events: int = 0
    snapshot_accounts: int | None = None


class _PauseError(Exception):
    """Ends a step: nothing more can be done for now. Without ``wait_ms`` the back-off decides."""

    def __init__(self, problem: Problem, wait_ms: int | None = None) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.wait_ms = wait_ms
        self.words = WORDS[problem]


class SyncRounds:
    """What the worker's thread does, again and again. Not for two threads.

    ``fraction`` gives random numbers from 0 to below 1, ``utc_ms`` is the till's clock, ``stopping`` says that a long round should
    end early, ``pause_s`` waits so many seconds between the steps of loading accounts.
    """

    def __init__(
        self,
        outbox: Outbox,
        client: HqClient,
        *,
        options: SyncOptions,
        utc_ms: Callable[[], int],
        fraction: Callable[[], float],
        stopping: Callable[[], bool],
        pause_s: Callable[[float], object] = time.sleep,
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._options = options
        self._utc_ms = utc_ms
        self._fraction = fraction
        self._stopping = stopping
        self._pause_s = pause_s
        self._events_max = options.batch_events_max
        self._clock_offset_ms = 0
        self._failures = 0
        self._last_contact_ms: int | None = None
        self._rejected_events = 0
        self._wanted_sets: list[str] = []
        self._has_snapshots = True
        self._snapshot_accounts = 0
        self._unfinished = False
        self._hq_poll_ms = 0

    def run(self) -> SyncReport:
        """Do what can be done now, and say how it went. Raises nothing: an error of our own is logged and reported."""
        try:
            pause = self._steps()
            return self._reported(pause)
        except PosError as error:
            _log.warning("sync.storage code=%s", error.code)
            return self._broken(str(error))
        except Exception:  # noqa: BLE001 - a defect must not end the thread that saves sales at HQ; it is logged with its trace
            _log.exception("sync.own_error")
            return self._broken(WORDS[Problem.OWN_ERROR])

    def _steps(self) -> _PauseError | None:
        """Try each step; the first problem is the one to report."""
        first: _PauseError | None = None
        self._unfinished = False
        for step in (self._upload, self._send_programme_sets, self._send_personal, self._fetch_changes):
            try:
                step()
            except _PauseError as pause:
                first = first or pause
                if pause.problem in _NOTHING_ELSE_WILL_DO:
                    break
        return first

    def _reported(self, pause: _PauseError | None) -> SyncReport:
        figures = self._outbox.queue_figures()
        return SyncReport(
            waiting_events=figures.waiting_events,
            oldest_waiting_ms=figures.oldest_waiting_utc_ms,
            last_contact_ms=self._last_contact_ms,
            wait_ms=self._wait_ms(pause),
            problem=pause.problem if pause else None,
            problem_words=pause.words if pause else "",
            rejected_events=self._rejected_events,
            snapshot_accounts=self._snapshot_accounts if self._unfinished else None,
        )

    def _broken(self, words: str) -> SyncReport:
        """The report when the outbox itself cannot be asked."""
        return SyncReport(
            waiting_events=0,
            oldest_waiting_ms=None,
            last_contact_ms=self._last_contact_ms,
            wait_ms=self._wait_ms(_PauseError(Problem.OWN_ERROR)),
            problem=Problem.OWN_ERROR,
            problem_words=words,
            rejected_events=self._rejected_events,
        )

    def _wait_ms(self, pause: _PauseError | None) -> int:
        self._failures = self._failures + 1 if pause else 0
        if pause is None:
            return 0 if self._unfinished else max(self._options.poll_ms, self._hq_poll_ms)
        return back_off_ms(self._failures, fraction=self._fraction()) if pause.wait_ms is None else pause.wait_ms

    def _upload(self) -> None:
        """Send batches until the journal is empty."""
        identity = self._outbox.identity()
        first_seq = identity.acked_seq + 1
        rewound = False
        while not self._stopping() and (pending := self._next_batch(first_seq)) is not None:
            match self._send_batch(identity, pending):
                case Advance(answer):
                    self._advance(answer)
                    first_seq = answer.acked_seq + 1
                case Rewind(expected_seq) if expected_seq <= identity.pruned_seq:
                    _log.error("sync.rewound_too_far to=%d pruned=%d", expected_seq, identity.pruned_seq)
                    raise _PauseError(Problem.REWOUND_TOO_FAR, BACK_OFF_MAX_MS)
                case Rewind(expected_seq) if not rewound:
                    _log.warning("sync.rewind from=%d to=%d", first_seq, expected_seq)
                    self._outbox.rewind(expected_seq)
                    first_seq, rewound = expected_seq, True
                case Rewind():
                    raise _PauseError(Problem.RUBBISH)
                case Halve():
                    self._halve(pending)
                case refusal:
                    raise self._paused(refusal)

    def _next_batch(self, first_seq: int) -> PendingBatch | None:
        return self._outbox.next_batch(first_seq, events_max=self._events_max, bytes_max=self._options.batch_bytes_max)

    def _send_batch(self, identity: TerminalIdentity, pending: PendingBatch) -> Advance | Rewind | Refusal:
        batch = Batch(
            terminal_id=identity.terminal_id,
            incarnation=identity.incarnation,
            first_seq=pending.first_seq,
            prev_hash=pending.prev_hash,
            bodies=pending.bodies,
        )
        answer = self._call("POST", identity, "/batches", encode_batch(batch))
        return decide_upload(answer, first_seq=pending.first_seq, own_last_seq=max(identity.last_seq, batch.last_seq))

    def _advance(self, answer: BatchAnswer) -> None:
        for rejected in answer.rejected:
            _log.error("sync.rejected seq=%d reason=%s", rejected.seq, rejected.reason)
        self._rejected_events += len(answer.rejected)
        self._wanted_sets += (one for one in answer.wanted_sets if one not in self._wanted_sets)
        self._outbox.acknowledge(
            acked_seq=answer.acked_seq,
            durable_seq=answer.durable_seq,
            hq_gen=answer.hq_gen,
            hq_time_ms=answer.hq_time_ms,
        )
        self._events_max = min(self._options.batch_events_max, self._events_max * 2)
        self._contact()

    def _halve(self, pending: PendingBatch) -> None:
        if len(pending.bodies) == 1:
            raise _PauseError(Problem.EVENT_TOO_LARGE)
        self._events_max = len(pending.bodies) // 2

    def _send_personal(self) -> None:
        """Send personal records until HQ has confirmed all of them."""
        identity = self._outbox.identity()
        while not self._stopping() and (records := self._outbox.pending_personal(PERSONAL_RECORDS_MAX)):
            answer = self._call("POST", identity, "/personal-records", encode_message(PersonalUpload(records)))
            self._received(answer, PersonalAnswer)
            self._outbox.confirm_personal(records)

    def _send_programme_sets(self) -> None:
        """Send the programme sets that HQ asked for with its answers: it cannot replay receipts without them."""
        identity = self._outbox.identity()
        while not self._stopping() and self._wanted_sets:
            set_hash = self._wanted_sets[0]
            body = self._outbox.programme_set(set_hash)
            if body is None:
                _log.warning("sync.no_programme_set hash=%s", set_hash)
            else:
                upload = ProgrammeSetUpload(set_hash, body.decode())
                self._received(self._call("POST", identity, "/programme-sets", encode_message(upload)), Done)
            self._wanted_sets.remove(set_hash)

    def _fetch_changes(self) -> None:
        """Fetch pages of changes until there is no more; a snapshot first where the changes do not go on from what we have."""
        if not self._outbox.identity().cursor and self._has_snapshots and not self._fetch_snapshot():
            return
        while not self._stopping():
            identity = self._outbox.identity()
            page = self._changes_after(identity)
            if page.restart and identity.cursor:
                _log.warning("sync.restart")
                self._outbox.forget_cursor()
                return
            if page.more and page.next_cursor == identity.cursor:
                raise _PauseError(Problem.RUBBISH)
            self._outbox.apply_changes(page, self._rest)
            self._hq_poll_ms = 0 if page.policy is None else page.policy.poll_s * 1000
            if not page.more:
                return

    def _changes_after(self, identity: TerminalIdentity) -> ChangesPage:
        """The next page. HQ learns how far our journal goes: after a restore it waits until it has all of it."""
        journal_end = f"last_seq={identity.last_seq}&incarnation={identity.incarnation}"
        path = f"/changes?cursor={quote(identity.cursor, safe='')}&{journal_end}"
        return self._received(self._call("GET", identity, path), ChangesPage)

    def _fetch_snapshot(self) -> bool:
        """Fetch pages of a snapshot, begun or to be begun; whether the changes can be asked for now.

        After some pages the round ends, so that sales go up in between. An HQ of an older version has no snapshots: its changes
        begin from nothing.
        """
        for _ in range(_SNAPSHOT_PAGES_A_ROUND):
            identity = self._outbox.identity()
            if self._stopping():
                return False
            cursor = identity.snapshot_cursor
            must = msgspec.structs.replace(identity, hq_signs=True)
            answer = self._call("GET", must, f"/snapshot?cursor={quote(cursor, safe='')}")
            if answer.status == _NOT_FOUND and not identity.hq_signs:
                self._has_snapshots = False
                return True
            page = self._received(answer, SnapshotPage)
            if page.more and page.next_cursor == cursor:
                raise _PauseError(Problem.RUBBISH)
            self._outbox.apply_snapshot(page, asked_cursor=cursor, pause=self._rest)
            self._snapshot_accounts = 0 if page.restart or not cursor else self._snapshot_accounts
            self._snapshot_accounts += len(page.accounts)
            if not page.more:
                return True
        self._unfinished = True
        return False

    def _rest(self, busy_ms: int) -> None:
        """Between two steps: leave the writer to the sales for four times as long as the step took."""
        self._pause_s(_REST_FOR_EACH_BUSY * busy_ms / 1000)

    def _received(self, answer: HttpAnswer, kind: type[_Message]) -> _Message:
        """The message in the answer, or the end of this step."""
        message = decide_message(answer, kind)
        if isinstance(message, kind):
            self._contact()
            return message
        raise self._paused(message)

    def _call(self, method: str, identity: TerminalIdentity, path: str, body: bytes = b"") -> HttpAnswer:
        """One call; if the till's clock is wrong, once more by HQ's. A success that HQ did not sign ends the step.

        What an upload's answer calls safe is dropped here one day: so that is believed from HQ alone, too.
        """
        answer = self._call_once(method, identity.terminal_id, path, body)
        refusal = refused(answer)
        if isinstance(refusal, SignAgain):
            self._clock_offset_ms = refusal.hq_time_ms - self._utc_ms()
            answer = self._call_once(method, identity.terminal_id, path, body)
        if answer.status == _UNAUTHENTICATED:
            # What was learnt of the clock may be what is wrong, once somebody has set it: learn it anew.
            self._clock_offset_ms = 0
        if not is_signed(
            answer,
            terminal_id=identity.terminal_id,
            hq_public_key=identity.hq_public_key,
            must_be_signed=identity.hq_signs,
        ):
            raise _PauseError(Problem.UNSIGNED)
        return answer

    def _call_once(self, method: str, terminal_id: str, path: str, body: bytes) -> HttpAnswer:
        try:
            return self._client.call(
                method,
                f"/v1/terminals/{terminal_id}{path}",
                terminal_id=terminal_id,
                time_ms=self._utc_ms() + self._clock_offset_ms,
                body=body,
            )
        except CallFailedError as error:
            raise _PauseError(error.problem) from error

    def _paused(self, refusal: Refusal | object) -> _PauseError:
        match refusal:
            case Stop(reason):
                _log.error("sync.stopped reason=%s", reason.value)
                self._outbox.stop_burning(reason)
                return _PauseError(Problem(reason.value.lower()), BACK_OFF_MAX_MS)
            case WaitFor(wait_ms, problem):
                return _PauseError(problem, wait_ms)
            case BackOff(problem):
                return _PauseError(problem)
            case _:
                return _PauseError(Problem.RUBBISH)

    def _contact(self) -> None:
        self._last_contact_ms = self._utc_ms()
