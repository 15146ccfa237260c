from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from pos_app.model.policy import BurnPolicy
from pos_app.protocol.messages import (
    AccountState,
    Batch,
    BatchAnswer,
    ChangesPage,
    Done,
    ErrorAnswer,
    PersonalAnswer,
    PersonalRecord,
    PersonalUpload,
    ProgrammeSetUpload,
    Rejected,
    VersionedField,
    decode_batch,
    decode_message,
)
from pos_app.protocol.signing import public_key_of
from pos_app.sync.client import HqClient
from pos_app.sync.decisions import WORDS, Problem
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds
from tests.pos_app.sync.servers import Request, Script, Server, answer, raw, serving, signed
from tests.pos_app.sync.tills import TERMINAL, Till, opened_till

NOW_MS = 1_800_000_000_000
KEY = bytes(range(32))
HQ_KEY = bytes(reversed(range(32)))
OLDEST_MS = 1_767_268_800_000


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with opened_till(tmp_path) as opened:
        opened.follow("1.1", hq_public_key=public_key_of(HQ_KEY))
        yield opened


def acked(seq: int, **changes: object) -> Script:
    taken = BatchAnswer(acked_seq=seq, durable_seq=0, hq_gen=1, hq_time_ms=NOW_MS)
    return answer(200, msgspec.structs.replace(taken, **changes))


def page(cursor: str = "1.1", *, more: bool = False, **changes: object) -> Script:
    empty = ChangesPage((), (), next_cursor=cursor, hq_gen=1, more=more)
    return answer(200, msgspec.structs.replace(empty, **changes))


NOTHING_CHANGED = page()


class Rounds:
    """Rounds against a server with scripts."""

    def __init__(self, till: Till, server: Server, options: SyncOptions, stopping: Callable[[], bool]) -> None:
        self.now_ms = NOW_MS
        self.rests_s: list[float] = []
        self.client = HqClient(server.url, private_key=KEY, call_timeout_ms=2_000)
        self.rounds = SyncRounds(
            till.outbox,
            self.client,
            options=options,
            utc_ms=lambda: self.now_ms,
            fraction=lambda: 0.5,
            stopping=stopping,
            pause_s=self.rests_s.append,
        )

    def run(self) -> SyncReport:
        return self.rounds.run()


def run_round(
    till: Till, *scripts: Script, options: SyncOptions | None = None, stopping: Callable[[], bool] = lambda: False
) -> tuple[SyncReport, Server]:
    """One round against these answers."""
    with serving(*scripts) as server:
        rounds = Rounds(till, server, options or SyncOptions(), stopping)
        report = rounds.run()
        rounds.client.close()
        return report, server


def batches(server: Server) -> list[Batch]:
    return [decode_batch(request.body) for request in server.requests if request.path.endswith("/batches")]


def called(request: Request) -> str:
    """The last part of the path, without its query."""
    return urlsplit(request.path).path.split("/")[-1]


def cursor_of(request: Request) -> str:
    return parse_qs(urlsplit(request.path).query, keep_blank_values=True)["cursor"][0]


def sequences(server: Server) -> list[tuple[int, int]]:
    return [(batch.first_seq, batch.last_seq) for batch in batches(server)]


def test_that_the_journal_goes_up_in_order_and_is_acknowledged(till: Till) -> None:
    till.write(b"1", b"2", b"3")

    report, server = run_round(till, acked(2), acked(3), NOTHING_CHANGED, options=SyncOptions(batch_events_max=2))

    assert [(b"1", b"2"), (b"3",)] == [batch.bodies for batch in batches(server)]
    assert 3 == till.outbox.identity().acked_seq
    assert (0, None, NOW_MS, None, "") == (
        report.waiting_events,
        report.oldest_waiting_ms,
        report.last_contact_ms,
        report.problem,
        report.problem_words,
    )


def test_that_nothing_to_send_asks_only_for_changes(till: Till) -> None:
    report, server = run_round(till, NOTHING_CHANGED)

    expected = f"/v1/terminals/{till.outbox.identity().terminal_id}/changes?cursor=1.1&last_seq=0&incarnation=1"
    assert [expected] == [request.path for request in server.requests]
    assert 2_000 == report.wait_ms


@pytest.mark.parametrize(("wanted", "slept_ms"), [([0], 2_000), ([1], 2_000), ([60], 60_000), ([60, None], 2_000)])
def test_that_a_till_with_nothing_to_send_sleeps_as_long_as_headquarters_wants(
    till: Till, wanted: list[int | None], slept_ms: int
) -> None:
    policies = [None if poll_s is None else BurnPolicy(poll_s=poll_s) for poll_s in wanted]
    pages = [ChangesPage((), (), next_cursor="1.1", hq_gen=1, more=False, policy=policy) for policy in policies]
    with serving(*(signed(one, HQ_KEY) for one in pages)) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        reports = [rounds.run() for _ in pages]
        rounds.client.close()
    assert (None, slept_ms) == (reports[-1].problem, reports[-1].wait_ms)


def test_that_rejected_events_are_counted_and_passed(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    till.write(b"1", b"2")

    report, _ = run_round(till, acked(2, rejected=(Rejected(1, "invalid"),)), NOTHING_CHANGED)

    assert (1, 2) == (report.rejected_events, till.outbox.identity().acked_seq)
    assert ["sync.rejected seq=1 reason=invalid"] == caplog.messages


@pytest.mark.expects_log("sync.rewind")
def test_that_a_restored_hq_gets_everything_again(till: Till) -> None:
    till.write(b"1", b"2", b"3")
    till.outbox.acknowledge(acked_seq=2, durable_seq=0, hq_gen=1, hq_time_ms=NOW_MS)

    report, server = run_round(till, answer(409, ErrorAnswer("GAP", expected_seq=1)), acked(3), NOTHING_CHANGED)

    assert [(3, 3), (1, 3)] == sequences(server)
    assert (None, 3) == (report.problem, till.outbox.identity().acked_seq)


@pytest.mark.expects_log("sync.rewind")
def test_that_an_hq_that_cannot_make_up_its_mind_backs_off(till: Till) -> None:
    till.write(b"1", b"2", b"3")
    till.outbox.acknowledge(acked_seq=2, durable_seq=0, hq_gen=1, hq_time_ms=NOW_MS)

    report, server = run_round(
        till,
        answer(409, ErrorAnswer("GAP", expected_seq=2)),
        answer(409, ErrorAnswer("GAP", expected_seq=1)),
        NOTHING_CHANGED,
    )

    assert Problem.RUBBISH == report.problem
    assert [(3, 3), (2, 3)] == sequences(server)


@pytest.mark.expects_log("sync.stopped")
@pytest.mark.parametrize(
    ("status", "code", "problem"),
    [(409, "FORK", Problem.FORK), (410, "FENCED", Problem.FENCED), (403, "REVOKED", Problem.REVOKED)],
)
def test_that_an_hq_that_shuts_the_till_out_stops_burning_and_keeps_the_queue(
    till: Till, status: int, code: str, problem: Problem
) -> None:
    till.write(b"1")

    report, _ = run_round(till, answer(status, ErrorAnswer(code)), NOTHING_CHANGED)

    assert (problem, WORDS[problem], 1, 300_000) == (
        report.problem,
        report.problem_words,
        report.waiting_events,
        report.wait_ms,
    )
    assert code == till.sync_state


def test_that_too_large_a_batch_is_halved_and_grows_again(till: Till) -> None:
    till.write(*[str(number).encode() for number in range(10)])

    report, server = run_round(
        till, answer(413), answer(413), acked(2), acked(6), acked(10), NOTHING_CHANGED, options=SyncOptions()
    )

    assert [(1, 10), (1, 5), (1, 2), (3, 6), (7, 10)] == sequences(server)
    assert report.problem is None


def test_that_one_event_that_is_too_large_is_kept(till: Till) -> None:
    till.write(b"1")

    report, _ = run_round(till, answer(413), NOTHING_CHANGED)

    assert (Problem.EVENT_TOO_LARGE, 1) == (report.problem, report.waiting_events)


def test_that_an_older_program_goes_on_queueing(till: Till) -> None:
    till.write(b"1")

    report, _ = run_round(till, answer(426, ErrorAnswer("UPGRADE")), NOTHING_CHANGED)

    assert (Problem.UPGRADE, 1, 300_000) == (report.problem, report.waiting_events, report.wait_ms)


def test_that_a_busy_hq_is_left_alone_for_as_long_as_it_said(till: Till) -> None:
    till.write(b"1")

    report, server = run_round(till, answer(429, b"", Retry_After="7"))

    assert (Problem.BUSY, 7_000, 1) == (report.problem, report.wait_ms, len(server.requests))


def test_that_rubbish_keeps_everything_and_says_since_when(till: Till) -> None:
    till.write(b"1", b"2")

    report, _ = run_round(till, answer(200, b"<html>"))

    assert (Problem.RUBBISH, 2, OLDEST_MS, None) == (
        report.problem,
        report.waiting_events,
        report.oldest_waiting_ms,
        report.last_contact_ms,
    )


def test_that_failures_in_a_row_wait_longer_and_a_success_starts_anew(till: Till) -> None:
    till.write(b"1")
    down = raw(b"")
    with serving(down, down, down, acked(1), NOTHING_CHANGED, down) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        waits = [rounds.run().wait_ms for _ in range(5)]
        rounds.client.close()

    assert [1_000, 2_000, 4_000, 2_000, 1_000] == waits


def test_that_a_wrong_clock_is_corrected_by_hqs_answer_and_remembered(till: Till) -> None:
    hq_ms = NOW_MS - 3_600_000
    stale = answer(401, ErrorAnswer("STALE", hq_time_ms=hq_ms))
    with serving(stale, NOTHING_CHANGED, NOTHING_CHANGED) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        reports = [rounds.run(), rounds.run()]
        rounds.client.close()

    assert [None, None] == [report.problem for report in reports]
    assert [str(NOW_MS), str(hq_ms), str(hq_ms)] == [request.headers["x-pos-time"] for request in server.requests]


@pytest.mark.parametrize(("clock_ms", "said_ms"), [(-NOW_MS, 0), (10**17, 2**53)])
def test_that_a_clock_beyond_all_bounds_is_corrected_too(till: Till, clock_ms: int, said_ms: int) -> None:
    stale = answer(401, ErrorAnswer("STALE", hq_time_ms=NOW_MS))
    with serving(stale, NOTHING_CHANGED) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        rounds.now_ms = clock_ms
        report = rounds.run()
        rounds.client.close()

    assert report.problem is None
    assert [str(said_ms), str(NOW_MS)] == [request.headers["x-pos-time"] for request in server.requests]


def test_that_what_was_learnt_of_the_clock_is_forgotten_when_hq_does_not_know_the_till(till: Till) -> None:
    stale = answer(401, ErrorAnswer("STALE", hq_time_ms=NOW_MS))
    unknown = answer(401, ErrorAnswer("UNAUTHENTICATED"))
    with serving(stale, NOTHING_CHANGED, unknown, NOTHING_CHANGED) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        rounds.now_ms = 2 * NOW_MS
        reports = [rounds.run()]
        rounds.now_ms = NOW_MS - 5
        reports += [rounds.run(), rounds.run()]
        rounds.client.close()

    assert [None, Problem.UNKNOWN_TILL, None] == [report.problem for report in reports]
    assert [2 * NOW_MS, NOW_MS, 0, NOW_MS - 5] == [int(request.headers["x-pos-time"]) for request in server.requests]


def test_that_an_hq_that_finds_its_own_time_stale_is_rubbish(till: Till) -> None:
    report, server = run_round(till, answer(401, ErrorAnswer("STALE", hq_time_ms=5)))

    assert (Problem.RUBBISH, 2) == (report.problem, len(server.requests))


RECORD = PersonalRecord("ref-1", {"name": VersionedField("Ана", 1, 5), "phone": VersionedField("1", 1, 5)})
CONFIRMED = answer(200, PersonalAnswer(stored=1, hq_gen=1, hq_time_ms=NOW_MS))


def test_that_personal_records_go_up_apart_from_the_journal_and_once(till: Till) -> None:
    till.know(RECORD)

    _, server = run_round(till, CONFIRMED, NOTHING_CHANGED)
    _, later = run_round(till, NOTHING_CHANGED)

    assert PersonalUpload((RECORD,)) == decode_message(server.requests[0].body, PersonalUpload)
    assert ["changes"] == [called(request) for request in later.requests]


def test_that_personal_records_that_hq_refuses_stay_and_hold_nothing_else_up(till: Till) -> None:
    till.know(RECORD)
    till.write(b"1")

    report, server = run_round(till, acked(1), answer(400, ErrorAnswer("MALFORMED")), page("1.5"))

    assert (Problem.RUBBISH, 0) == (report.problem, report.waiting_events)
    assert (RECORD,) == till.outbox.pending_personal(10)
    assert "1.5" == till.outbox.identity().cursor
    assert 3 == len(server.requests)


def test_that_changes_are_fetched_page_by_page_and_remembered(till: Till) -> None:
    record = PersonalRecord("ref-2", {"name": VersionedField("Ana", 3, 9)})
    state = AccountState("ref-2", "active", "", (), (), {}, {}, 0, 1, 0)

    _, server = run_round(till, page("1.5", more=True, accounts=(state,), personal=(record,)), page("1.9"))

    assert ["1.1", "1.5"] == [cursor_of(request) for request in server.requests]
    assert "1.9" == till.outbox.identity().cursor


def test_that_a_page_that_leads_nowhere_is_rubbish(till: Till) -> None:
    report, server = run_round(till, page("1.5", more=True), page("1.5", more=True))

    assert (Problem.RUBBISH, 2) == (report.problem, len(server.requests))


def test_that_a_till_that_stops_ends_its_round_early(till: Till) -> None:
    till.write(b"1")

    _, server = run_round(till, NOTHING_CHANGED, stopping=lambda: True)

    assert [] == server.requests


def test_that_storage_that_fails_is_reported_in_its_own_words(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    full = "CREATE TRIGGER refuse BEFORE UPDATE ON terminal BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END"
    till.write(b"1")
    till.database.write(lambda connection: connection.exec_driver_sql(full))

    report, _ = run_round(till, acked(1), NOTHING_CHANGED)

    assert Problem.OWN_ERROR == report.problem
    assert "the disk refuses" in report.problem_words
    assert ["sync.storage code=storage.refused"] == caplog.messages


def test_that_a_defect_is_logged_with_its_trace_and_ends_nothing(
    till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    with serving(NOTHING_CHANGED) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        monkeypatch.setattr(till.outbox, "identity", defect)
        broken = rounds.run()
        monkeypatch.undo()
        mended = rounds.run()
        rounds.client.close()

    assert (Problem.OWN_ERROR, WORDS[Problem.OWN_ERROR]) == (broken.problem, broken.problem_words)
    assert mended.problem is None
    assert ["sync.own_error"] == caplog.messages
    assert "ZeroDivisionError" in caplog.text


def want(*hashes: str) -> Script:
    return acked(1, wanted_sets=hashes)


SET_HASH, UNKNOWN_HASH = "ab" * 32, "cd" * 32
DONE = answer(200, Done(NOW_MS))


@pytest.mark.expects_log("sync.no_programme_set")
def test_that_programme_sets_go_up_when_hq_asks_for_them_and_only_those_that_the_till_has(till: Till) -> None:
    till.keep_programme_set(SET_HASH, b"[]")
    till.write(b"1")

    report, server = run_round(till, want(UNKNOWN_HASH, SET_HASH, SET_HASH), DONE, NOTHING_CHANGED)

    assert report.problem is None
    assert ["batches", "programme-sets", "changes"] == [called(request) for request in server.requests]
    assert ProgrammeSetUpload(SET_HASH, "[]") == decode_message(server.requests[1].body, ProgrammeSetUpload)


def test_that_a_programme_set_that_hq_did_not_take_is_sent_again(till: Till) -> None:
    till.keep_programme_set(SET_HASH, b"[]")
    till.write(b"1")
    with serving(want(SET_HASH), answer(500), NOTHING_CHANGED, DONE, NOTHING_CHANGED) as server:
        rounds = Rounds(till, server, SyncOptions(), lambda: False)
        problems = [rounds.run().problem, rounds.run().problem]
        rounds.client.close()

    assert [Problem.HQ_ERROR, None] == problems
    assert ["batches", "programme-sets", "changes", "programme-sets", "changes"] == [
        called(request) for request in server.requests
    ]


@pytest.mark.expects_log("sync.rewound_too_far")
def test_that_an_hq_that_wants_what_it_had_called_safe_is_named_in_words_and_nothing_breaks(till: Till) -> None:
    till.write(b"1", b"2", b"3")
    till.outbox.acknowledge(acked_seq=2, durable_seq=2, hq_gen=1, hq_time_ms=NOW_MS)
    till.change(pruned_seq=1)

    report, _ = run_round(till, answer(409, ErrorAnswer("GAP", expected_seq=1)), NOTHING_CHANGED)

    assert (Problem.REWOUND_TOO_FAR, 300_000, 1) == (report.problem, report.wait_ms, report.waiting_events)
    assert "mirror" in report.problem_words
    assert (2, 2) == (till.terminal.acked_seq, till.terminal.durable_seq)


@pytest.mark.expects_log("sync.stopped")
@pytest.mark.parametrize(("status", "code"), [(409, "FORK"), (410, "FENCED")])
def test_that_a_till_that_was_shut_out_enrols_again_and_sends_what_is_not_safe(
    till: Till, status: int, code: str
) -> None:
    till.write(b"1", b"2", b"3")
    till.outbox.acknowledge(acked_seq=2, durable_seq=1, hq_gen=1, hq_time_ms=NOW_MS)
    ids = till.event_ids()
    run_round(till, answer(status, ErrorAnswer(code)), NOTHING_CHANGED)
    assert code == till.sync_state

    till.begin_incarnation(TERMINAL, 2)
    report, server = run_round(till, acked(2), NOTHING_CHANGED)

    (batch,) = batches(server)
    assert (2, 1, (b"2", b"3")) == (batch.incarnation, batch.first_seq, batch.bodies)
    assert (None, ids) == (report.problem, till.event_ids())


def test_that_a_till_that_was_shut_out_for_good_goes_on_sending(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    till.write(b"1")
    refusal = answer(403, ErrorAnswer("REVOKED"))
    run_round(till, refusal, refusal)
    till.write(b"2")

    _, server = run_round(till, refusal, refusal)

    assert [(1, 2)] == sequences(server), "what it sends goes to quarantine"
    assert "sync.stopped reason=REVOKED" in caplog.messages
