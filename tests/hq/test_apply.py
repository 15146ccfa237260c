import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import pytest
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.exc import OperationalError

from hq import apply, tables
from hq.apply import apply_set_aside
from hq.database import transact
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.reports import totals
from pos_app.protocol import events
from pos_app.protocol.events import SaleEvent, encode_body
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, enrolment, now_ms, sale
from tests.hq.ledgers import LATER_MS, assert_sound, book, state_of, tasks
from tests.hq.postgres import empty


def test_that_booking_again_changes_nothing(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=12))
    book(hq)
    before = totals(hq.engine)

    assert 0 == book(hq)
    assert before == totals(hq.engine)


def test_that_two_bookers_at_once_book_once(hq: RunningHq, enrol: Enrol) -> None:
    for journal in [enrol() for _ in range(3)]:
        journal.upload(*[sale(account_ref="a", card="299", earned=1) for _ in range(40)])

    with ThreadPoolExecutor(4) as bookers:
        list(bookers.map(lambda _: book(hq), range(4)))

    figures = totals(hq.engine)
    assert (120, {"issued": -120, "available": 120}) == (figures.sales, figures.ledger_units)
    assert_sound(hq)


def test_that_a_till_whose_run_somebody_else_is_booking_is_passed_by(postgres_hq: RunningHq) -> None:
    engine = postgres_hq.engine
    empty(engine)
    with taken(postgres_hq, 2) as (busy, free):
        with engine.begin() as other:
            other.execute(select(tables.terminal).where(of(busy)).with_for_update())
            assert 1 == book(postgres_hq)
            assert 1 == totals(engine).waiting_events
        assert 1 == book(postgres_hq)
        assert (2, 0) == (totals(engine).sales, totals(engine).waiting_events)
        assert free.terminal_id != busy.terminal_id


def test_that_two_workers_that_wait_for_each_other_both_go_on(postgres_hq: RunningHq) -> None:
    """A deadlock is ended by the database, and the one that it undid begins anew."""
    engine = postgres_hq.engine
    empty(engine)
    with engine.begin() as connection:
        for ref in ("a", "b"):
            connection.execute(tables.account.insert().values(account_ref=ref, provisional=False))
    met = threading.Barrier(2, timeout=10)
    attempts: list[str] = []

    def lock_both(order: str) -> None:
        def step(connection: Connection) -> None:
            attempts.append(order)
            for ref in order:
                connection.execute(select(tables.account).where(tables.account.c.account_ref == ref).with_for_update())
                if len(attempts) <= 2 and ref == order[0]:
                    met.wait()

        transact(engine, step)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lock_both, ("ab", "ba")))

    assert 3 == len(attempts)


@contextmanager
def taken(hq: RunningHq, count: int) -> Iterator[list[Journal]]:
    """Tills with a sale each that waits."""
    codes = [create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()) for _ in range(count)]
    journals = [Journal(hq.url, code) for code in codes]
    for journal in journals:
        journal.upload(sale())
    try:
        yield journals
    finally:
        for journal in journals:
            journal.close()


def of(journal: Journal) -> ColumnElement[bool]:
    return tables.terminal.c.terminal_id == journal.terminal_id


def test_that_a_task_that_somebody_else_did_meanwhile_is_left(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale())
    book(hq)

    assert not apply._book_again(hq.engine, 999, now_ms=LATER_MS)
    assert 1 == totals(hq.engine).sales


def test_that_a_database_that_is_away_sets_nothing_aside(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_options: object) -> None:
        raise OperationalError("SELECT 1", None, Exception("gone"), connection_invalidated=True)

    journal.upload(sale(), sale())
    with monkeypatch.context() as patch:
        patch.setattr(apply, "book_event", away)
        with pytest.raises(OperationalError):
            book(hq)

    assert [] == tasks(hq)
    assert 2 == book(hq)


def test_that_an_event_that_the_database_refuses_stands_alone(
    hq: RunningHq, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    refused = sale(account_ref="b", card="300", earned=7)
    journal.upload(enrolment("b", "300"), *[sale(account_ref="b", card="300", earned=1) for _ in range(9)], refused)
    journal.upload(sale())
    with hq.engine.begin() as connection:
        connection.execute(tables.sale.insert().values(row_in_the_way(journal, refused)))

    assert 12 == book(hq)
    assert [(11, "apply_failed")] == tasks(hq)
    assert (10, {"issued": -9, "available": 9}) == (totals(hq.engine).sales, totals(hq.engine).ledger_units)
    assert 1 == len([record for record in caplog.records if record.message.startswith("apply.failed")])
    assert_sound(hq)


def row_in_the_way(journal: Journal, event: SaleEvent) -> dict[str, object]:
    """A sale with this event's key, which no till sent."""
    moment = event.moment
    return {
        "business_date": moment.business_date,
        "event_id": event.event_id,
        "terminal_id": journal.terminal_id,
        "incarnation": 1,
        "seq": 1,
        "kind": "sale",
        "receipt_number": "",
        "account_ref": "",
        "store_id": "",
        "staff_ref": "",
        "shift_id": "",
        "utc_ms": 0,
        "total_minor": 0,
        "earned_units": 0,
        "burned_units": 0,
    }


def test_that_what_a_defect_set_aside_is_booked_once_it_is_mended(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError

    journal.upload(*[sale(account_ref="a", card="299", earned=5) for _ in range(3)])
    with monkeypatch.context() as patch:
        patch.setattr(apply, "book_event", defect)
        assert 3 == book(hq)
    assert (0, [(1, "apply_failed"), (2, "apply_failed"), (3, "apply_failed")]) == (totals(hq.engine).sales, tasks(hq))
    assert 3 == len(caplog.records)

    assert 3 == apply_set_aside(hq.engine, now_ms=LATER_MS)
    assert 0 == apply_set_aside(hq.engine, now_ms=LATER_MS)
    assert (3, [], {"issued": -15, "available": 15}) == (
        totals(hq.engine).sales,
        tasks(hq),
        totals(hq.engine).ledger_units,
    )


def test_that_a_newer_kind_waits_for_a_newer_hq(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    newer = encode_body(sale()).replace(b'"kind":"sale"', b'"kind":"gift"')
    journal.upload(newer, sale())
    assert 2 == book(hq)
    assert (0, [(1, "deferred")]) == (apply_set_aside(hq.engine, now_ms=LATER_MS), tasks(hq))
    assert ["apply.still_failing task=1 kind=ValidationError"] == caplog.messages

    decode = events.decode_body
    monkeypatch.setattr(events, "decode_body", lambda body: decode(body.replace(b'"kind":"gift"', b'"kind":"sale"')))
    assert (1, []) == (apply_set_aside(hq.engine, now_ms=LATER_MS), tasks(hq))
    assert 2 == totals(hq.engine).sales


def test_that_a_disk_copied_to_another_till_counts_once(hq: RunningHq, enrol: Enrol) -> None:
    first, copy = enrol(), enrol()
    sold = sale(account_ref="a", card="299", earned=5)
    first.upload(sold)
    copy.upload(sold, msgspec.structs.replace(sold, total_minor=1), enrolment("a", "299"))

    assert 4 == book(hq)
    assert [(2, "event_id_taken")] == tasks(hq)
    assert (1, {"issued": -5, "available": 5}) == (totals(hq.engine).sales, totals(hq.engine).ledger_units)


def test_that_a_till_hears_of_what_another_till_brought_before_it(hq: RunningHq, enrol: Enrol) -> None:
    """A copied disk counts its event on top of what it heard, until it hears that HQ has it."""
    first, copy = enrol(), enrol()
    sold = sale(account_ref="a", card="299", earned=5)
    first.upload(sold)
    book(hq)
    cursor = copy.page().next_cursor
    copy.upload(sold)
    book(hq)

    assert [("a", 1)] == [(state.account_ref, state.includes_seq) for state in copy.page(cursor).accounts]


def test_that_two_copies_in_one_run_count_once(hq: RunningHq, journal: Journal, enrol: Enrol) -> None:
    sold = sale(account_ref="a", card="299", earned=5)
    journal.upload(sold)
    again = enrol(terminal_number=journal.enrolled.terminal_number)
    again.upload(sold, sale(account_ref="a", card="299", earned=1))

    assert 3 == book(hq)
    assert (2, []) == (totals(hq.engine).sales, tasks(hq))
    assert (2, 2) == (state_of(again, "a").includes_incarnation, state_of(again, "a").includes_seq)


def test_that_a_new_incarnation_without_events_includes_everything(
    hq: RunningHq, journal: Journal, enrol: Enrol
) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=5))
    again = enrol(terminal_number=journal.enrolled.terminal_number)
    book(hq)
    book(hq)

    assert (2, 0) == (state_of(again, "a").includes_incarnation, state_of(again, "a").includes_seq)


def shuffled_shift(number: int) -> Sequence[SaleEvent]:
    """Sales of a few members at one till, some of them burning."""
    randomness = random.Random(number)
    return [
        sale(
            account_ref=f"a{member}",
            card=f"29{member}",
            earned=randomness.randrange(20),
            burned=randomness.randrange(10),
            utc_ms=START_MS + step * 1000,
        )
        for step in range(60)
        for member in [randomness.randrange(4)]
    ]


def test_that_the_order_of_tills_changes_no_sum(hq: RunningHq, enrol: Enrol) -> None:
    shifts = [shuffled_shift(number) for number in range(3)]
    journals = [enrol() for _ in shifts]
    for journal, shift in zip(journals, shifts, strict=True):
        journal.append(*shift)
    for last_seq in (20, 40, 60):
        for journal in random.Random(last_seq).sample(journals, 3):
            assert 200 == journal.send(journal.batch(last_seq - 19, last_seq)).status
            book(hq)

    figures = totals(hq.engine)
    earned = sum(sum(lot.grant.units for lot in event.granted_lots) for shift in shifts for event in shift)
    burned = sum(event.burn_units for shift in shifts for event in shift)
    assert (180, earned, burned) == (
        figures.sales,
        -figures.ledger_units["issued"],
        figures.ledger_units["redeemed"],
    )
    assert earned - burned == figures.ledger_units["available"] + figures.ledger_units.get("overdraft", 0)
    assert_sound(hq)
