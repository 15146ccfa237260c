import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from hq import apply
from hq.apply import apply_set_aside
from hq.operate import RunningHq
from hq.reports import totals
from pos_app.protocol import events
from pos_app.protocol.events import SaleEvent, encode_body
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, enrolment, sale, sale_return
from tests.hq.ledgers import LATER_MS, assert_sound, book, lot_of_five, state_of, tasks


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


def test_that_a_run_that_somebody_else_booked_meanwhile_is_left(hq: RunningHq, journal: Journal) -> None:
    newer = encode_body(sale()).replace(b'"kind":"sale"', b'"kind":"gift"')
    journal.upload(sale(), newer)
    run = apply._next_run(hq.engine, journal.terminal_id)

    for _ in range(2):
        apply._book(hq.engine, run, now_ms=LATER_MS)

    assert [(2, "deferred")] == tasks(hq)
    assert 1 == totals(hq.engine).sales


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
    theirs = sale(account_ref="a", card="299", earned=5)
    journal.upload(theirs)
    book(hq)
    stealing = sale_return(
        sale(account_ref="b", card="300"), clawed_back={}, restored_lots=lot_of_five(theirs.granted_lots[0].lot_id)
    )
    journal.upload(enrolment("b", "300"), *[sale(account_ref="b", card="300", earned=1) for _ in range(9)], stealing)
    journal.upload(sale())

    assert 12 == book(hq)
    assert [(12, "apply_failed")] == tasks(hq)
    assert (11, {"issued": -14, "available": 14}) == (totals(hq.engine).sales, totals(hq.engine).ledger_units)
    assert 1 == len([record for record in caplog.records if record.message.startswith("apply.failed")])
    assert_sound(hq)


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
