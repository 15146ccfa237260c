"""Loading every account of HQ: in pages, resumed, restarted, beside sales, and from an HQ that has no such thing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from pos_app.model.policy import BurnPolicy
from pos_app.protocol.messages import ErrorAnswer, SnapshotPage
from pos_app.sync.client import HqClient
from pos_app.sync.decisions import Problem
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds
from storage.database import open_database
from tests.pos_app.sync.servers import Reply, Request, Script, answer, serving, signed
from tests.pos_app.sync.small_hq import HQ_KEY, NOW_MS, SmallHq, account
from tests.pos_app.sync.tills import Till, opened_till

OTHER_KEY = bytes(range(1, 33))


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with opened_till(tmp_path) as opened:
        opened.found()
        opened.change(hq_gen=1, hq_public_key=SmallHq.public_key)
        yield opened


class Syncing:
    """Rounds of one till with one HQ."""

    def __init__(self, till: Till, url: str, *, stopping: Callable[[], bool]) -> None:
        self.rests_s: list[float] = []
        self.client = HqClient(url, private_key=bytes(32), call_timeout_ms=5_000)
        self._rounds = SyncRounds(
            till.outbox,
            self.client,
            options=SyncOptions(),
            utc_ms=lambda: NOW_MS,
            fraction=lambda: 0.5,
            stopping=stopping,
            pause_s=self.rests_s.append,
        )

    def run(self) -> SyncReport:
        return self._rounds.run()


@contextmanager
def syncing(till: Till, *scripts: Script | Reply, stopping: Callable[[], bool] = lambda: False) -> Iterator[Syncing]:
    with serving(*scripts) as server:
        at_work = Syncing(till, server.url, stopping=stopping)
        yield at_work
        at_work.client.close()


def known(till: Till) -> dict[str, int]:
    """Every account with its points."""
    rows = till.database.reader().exec_driver_sql(
        "SELECT account_ref, coalesce(sum(remaining_units), 0) FROM account LEFT JOIN lot USING (account_ref) GROUP BY 1"
    )
    return {str(row[0]): int(row[1]) for row in rows}


def of(hq: SmallHq) -> dict[str, int]:
    return {ref: sum(lot.remaining_units for lot in state.lots) for ref, state in hq.accounts.items()}


def names(till: Till) -> int:
    return int(till.database.reader().exec_driver_sql("SELECT count(*) FROM personal_field").scalar_one())


def test_that_a_till_that_joined_gets_every_account_and_then_follows_the_changes(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(7)))
    with syncing(till, hq.reply) as at_work:
        reports = [at_work.run()]
        hq.put(account(3, units=55))
        reports += [at_work.run()]

    assert [None, None] == [report.problem for report in reports]
    assert ["snapshot", "snapshot 1/0/ref-000002", "snapshot 1/0/ref-000005", "changes 1.0", "changes 1.0"] == hq.paths
    assert (of(hq), 7) == (known(till), names(till))
    assert "1.1" == till.outbox.identity().cursor
    assert BurnPolicy(card_day_units=77) == msgspec.json.decode(till.terminal.policy, type=BurnPolicy)
    assert [] == at_work.rests_s[:-1], "nobody waited for the first load; the change is one step"


def test_that_a_snapshot_that_was_broken_off_goes_on_where_it_was(tmp_path: Path) -> None:
    hq = SmallHq(*(account(number) for number in range(9)))
    killed = Till(open_database(tmp_path))
    killed.found()
    killed.change(hq_gen=1, hq_public_key=SmallHq.public_key)
    with syncing(killed, hq.reply, stopping=lambda: len(hq.paths) == 2) as at_work:
        at_work.run()
    half = killed.outbox.identity()
    killed.database.abandon()

    with opened_till(tmp_path) as again, syncing(again, hq.reply) as at_work:
        assert (half, 6) == (again.outbox.identity(), len(known(again))), "a kill loses nothing of it"
        hq.paths.clear()
        assert at_work.run().problem is None
        assert (f"snapshot {half.snapshot_cursor}", of(hq)) == (hq.paths[0], known(again))


@pytest.mark.expects_log("sync.restart")
def test_that_an_hq_that_was_restored_in_the_middle_is_asked_from_the_beginning(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(9)))
    with syncing(till, hq.reply, stopping=lambda: len(hq.paths) == 2) as at_work:
        at_work.run()
    hq.restore(*(account(number, units=number) for number in range(4, 9)))
    with syncing(till, hq.reply) as at_work:
        report = at_work.run()

    assert None is report.problem
    assert of(hq) == known(till), "what the backup does not know is gone here too"
    assert (2, "2.0") == (till.outbox.identity().hq_gen, till.outbox.identity().cursor)


@pytest.mark.expects_log("sync.restart", "sync.rewind")
@pytest.mark.parametrize("has_news", [False, True], ids=["it says so", "its answer to a sale shows it"])
def test_that_an_hq_that_was_restored_later_gives_a_new_snapshot(till: Till, has_news: bool) -> None:
    hq = SmallHq(*(account(number) for number in range(5)))
    with syncing(till, hq.reply) as at_work:
        at_work.run()
        hq.restore(account(1, units=7))
        if has_news:
            till.write(b"{}")
        problems = [at_work.run().problem, at_work.run().problem]

    assert [None, None] == problems
    assert {"ref-000001": 7} == known(till)
    assert 1 == names(till)


def test_that_what_changes_during_a_snapshot_is_fetched_after_it(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(5)))
    with syncing(till, hq.reply, stopping=lambda: len(hq.paths) == 2) as at_work:
        at_work.run()
    hq.put(account(0, units=1))
    hq.put(account(99, units=9))
    with syncing(till, hq.reply) as at_work:
        at_work.run()

    assert of(hq) == known(till)


def test_that_a_long_snapshot_lets_sales_go_up_in_between(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(25)), page_accounts=1)
    with syncing(till, hq.reply) as at_work:
        first = at_work.run()
        till.write(b"{}")
        second = at_work.run()
        third = at_work.run()

    assert [(10, 0), (20, 0), (None, 2_000)] == [(one.snapshot_accounts, one.wait_ms) for one in (first, second, third)]
    assert "batches" in hq.paths
    assert of(hq) == known(till)


@pytest.mark.expects_log("sync.restart")
def test_that_the_loading_of_accounts_leaves_the_till_to_its_sales(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(60)), page_accounts=60)
    with syncing(till, hq.reply) as at_work:
        at_work.run()
        hq.restore(*hq.accounts.values())
        at_work.run()
        at_work.run()

    assert 6 == len(at_work.rests_s), "60 accounts and 60 names, 25 at a time"
    assert all(rest_s > 0 for rest_s in at_work.rests_s)


def test_that_an_older_hq_without_snapshots_gives_its_changes_from_nothing(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(5)))
    hq.has_snapshots = False
    with syncing(till, hq.reply) as at_work:
        problems = [at_work.run().problem]
        hq.put(account(0, units=1))
        problems += [at_work.run().problem]

    assert [None, None] == problems
    assert ["snapshot", "changes", "changes 1.0"] == hq.paths
    assert of(hq) == known(till)


@pytest.mark.expects_log("sync.restart")
def test_that_an_older_hq_that_was_restored_gives_its_changes_from_nothing_again(till: Till) -> None:
    hq = SmallHq(*(account(number) for number in range(5)))
    hq.has_snapshots = False
    with syncing(till, hq.reply) as at_work:
        at_work.run()
        hq.restore(account(1, units=7))
        problems = [at_work.run().problem, at_work.run().problem]

    assert [None, None] == problems
    assert 7 == known(till)["ref-000001"]


def test_that_an_hq_that_signs_cannot_turn_into_one_that_does_not(till: Till) -> None:
    hq = SmallHq(account(1))
    with syncing(till, hq.reply) as at_work:
        at_work.run()
        hq.put(account(1, units=9))
        hq.has_snapshots = False
        report = at_work.run()
        till.outbox.forget_cursor()
        later = at_work.run()

    assert (Problem.UNSIGNED, Problem.RUBBISH) == (report.problem, later.problem)
    assert {"ref-000001": 100} == known(till)


def test_that_an_acknowledgement_that_hq_did_not_sign_is_not_believed(till: Till) -> None:
    hq = SmallHq(account(1))
    with syncing(till, hq.reply) as at_work:
        at_work.run()
        till.write(b"{}")
        hq.has_snapshots = False
        assert Problem.UNSIGNED == at_work.run().problem

    assert (1, 0) == (hq.acked_seq, till.outbox.identity().acked_seq)


def test_that_an_answer_that_hq_did_not_sign_is_not_taken(till: Till) -> None:
    hq = SmallHq(account(1))
    hq.key = OTHER_KEY
    with syncing(till, hq.reply) as at_work:
        report = at_work.run()

    assert (Problem.UNSIGNED, {}) == (report.problem, known(till))
    assert "not sign" in report.problem_words


@pytest.mark.parametrize("signature", ["", "no hexadecimal", "00" * 64])
def test_that_a_snapshot_without_a_good_signature_is_not_taken(till: Till, signature: str) -> None:
    page = SnapshotPage((account(1),), (), next_cursor="1", changes_cursor="1.0", hq_gen=1, more=False)
    headers = {"X_Pos_Answer_Signature": signature} if signature else {}
    with syncing(till, answer(200, page, **headers)) as at_work:
        report = at_work.run()

    assert (Problem.UNSIGNED, {}) == (report.problem, known(till))


def test_that_an_answer_to_another_request_is_not_taken(till: Till) -> None:
    page = SnapshotPage((account(1),), (), next_cursor="1", changes_cursor="1.0", hq_gen=1, more=False)
    recorded: list[Script] = []

    def replay(request: Request) -> Script:
        if not recorded:
            other = msgspec.structs.replace(request, headers={**request.headers, "x-pos-nonce": "00"})
            recorded.append(signed(page, HQ_KEY).to(other))
        return recorded[0]

    with syncing(till, Reply(replay)) as at_work:
        assert Problem.UNSIGNED == at_work.run().problem


def test_that_a_snapshot_that_leads_nowhere_is_rubbish(till: Till) -> None:
    page = SnapshotPage((account(1),), (), next_cursor="", changes_cursor="1.0", hq_gen=1, more=True)
    with syncing(till, signed(page, HQ_KEY)) as at_work:
        assert Problem.RUBBISH == at_work.run().problem


def test_that_an_hq_that_is_busy_with_its_snapshot_is_left_alone(till: Till) -> None:
    with syncing(till, answer(503, ErrorAnswer("BUSY"), Retry_After="9")) as at_work:
        report = at_work.run()

    assert (Problem.BUSY, 9_000) == (report.problem, report.wait_ms)


def test_that_what_the_till_booked_meanwhile_is_never_forgotten(till: Till) -> None:
    hq = SmallHq(account(1), account(2))
    till.write(b'{"account_ref":"own-1"}')
    till.know_account("own-1")
    till.know_account("other-till")
    with syncing(till, hq.reply) as at_work:
        at_work.run()
    assert {"ref-000001", "ref-000002", "own-1"} == set(known(till)), "HQ has acknowledged it and not yet booked it"

    hq.applied_seq = 1
    till.outbox.forget_cursor()
    with syncing(till, hq.reply) as at_work:
        at_work.run()
    assert {"ref-000001", "ref-000002"} == set(known(till))
