from sqlalchemy import func, select

from hq import tables
from hq.apply import apply_inbox
from hq.operate import RunningHq
from hq.replay import replay
from hq.reports import totals
from hq.retention import Retention, retain
from hq.tasks import list_tasks, mark_done
from hq.terminals import revoke_terminal
from pos_app.protocol.events import encode_body
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, Journal, enrolment, now_ms, sale
from tests.hq.ledgers import LATER_MS


def kept(hq: RunningHq) -> list[int]:
    """The numbers of the events that have their body."""
    inbox = tables.inbox.c
    with hq.engine.connect() as connection:
        return list(connection.execute(select(inbox.seq).where(inbox.body.is_not(None)).order_by(inbox.seq)).scalars())


def test_that_old_bodies_go_and_the_chain_and_the_sums_stay(hq: RunningHq, journal: Journal) -> None:
    newer = encode_body(sale()).replace(b'"kind":"sale"', b'"kind":"dance"')
    journal.upload(enrolment("a", "299"), newer, enrolment("b", "300"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    replay(hq.engine, now_ms=now_ms())
    journal.upload(sale())
    before = totals(hq.engine)
    retention = Retention(body_days=400, report_days=0, quarantine_days=0)

    assert 0 == retain(hq.engine, retention, now_ms=now_ms() + 399 * DAY_MS).bodies
    assert 2 == retain(hq.engine, retention, now_ms=now_ms() + 401 * DAY_MS).bodies
    assert [2, 4] == kept(hq), "a task is open about the second, and the fourth is not booked yet"
    assert before == totals(hq.engine)


def test_that_a_receipt_keeps_its_body_until_it_was_computed_again_or_somebody_gave_it_up(
    hq: RunningHq, journal: Journal
) -> None:
    retention, later_ms = Retention(report_days=0), now_ms() + 401 * DAY_MS

    def dropped() -> int:
        return retain(hq.engine, retention, now_ms=later_ms).bodies

    journal.upload(enrolment("a", "299"), sale(account_ref="a", card="299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    assert (0, [1, 2]) == (dropped(), kept(hq))
    replay(hq.engine, now_ms=now_ms() + 6 * DAY_MS)
    assert (1, [2]) == (dropped(), kept(hq)), "it waits for its programmes"
    replay(hq.engine, now_ms=now_ms() + 8 * DAY_MS)
    (task,) = list_tasks(hq.engine)
    assert ("replay_set_missing", 0, [2]) == (task.code, dropped(), kept(hq))
    mark_done(hq.engine, task.task_id, now_ms=now_ms())
    assert (1, []) == (dropped(), kept(hq))


def test_that_an_event_whose_body_is_gone_is_still_known(hq: RunningHq, journal: Journal, enrol: Enrol) -> None:
    sold = sale(account_ref="a", card="299", earned=5)
    journal.upload(sold)
    apply_inbox(hq.engine, now_ms=LATER_MS)
    replay(hq.engine, now_ms=now_ms() + 8 * DAY_MS)
    (task,) = list_tasks(hq.engine)
    mark_done(hq.engine, task.task_id, now_ms=now_ms())
    assert 1 == retain(hq.engine, Retention(report_days=0), now_ms=now_ms() + 401 * DAY_MS).bodies
    again = enrol(terminal_number=journal.enrolled.terminal_number)

    assert () == again.upload(sold).rejected
    apply_inbox(hq.engine, now_ms=LATER_MS)
    assert (1, {"available": 5, "issued": -5}) == (totals(hq.engine).sales, totals(hq.engine).ledger_units)


def test_that_quarantine_and_reports_go_in_time(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale())
    apply_inbox(hq.engine, now_ms=LATER_MS)
    with hq.engine.begin() as connection:
        revoke_terminal(connection, 1)
    journal.send(journal.batch())

    gone = retain(hq.engine, Retention(report_days=1, quarantine_days=90), now_ms=now_ms() + 91 * DAY_MS)

    assert (1, 1) == (gone.sales, gone.quarantined)
    with hq.engine.connect() as connection:
        for table in (tables.sale, tables.payment, tables.quarantine):
            assert 0 == connection.execute(select(func.count()).select_from(table)).scalar_one()
    assert 1 == totals(hq.engine).sales
