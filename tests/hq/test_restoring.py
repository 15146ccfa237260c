import pytest

from hq.backup import begin_generation
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.restoring import is_restoring, waiting_for, write_off
from hq.terminals import revoke_terminal
from pos_app.errors import InputError
from pos_app.protocol.signing import create_private_key
from pos_app.sync.enrolment import enrol
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, now_ms, sale
from tests.hq.ledgers import book


def waits(hq: RunningHq) -> list[int]:
    with hq.engine.connect() as connection:
        numbers = waiting_for(connection)
        assert is_restoring(connection) == bool(numbers)
        return numbers


def report(journal: Journal, cursor: str, last_seq: int, incarnation: int = 1) -> str:
    """Ask for changes and say how far the journal goes; gives the next cursor."""
    path = f"/changes?cursor={cursor}&incarnation={incarnation}&last_seq={last_seq}"
    assert 200 == journal.get(path).status
    return journal.page(cursor).next_cursor


def test_that_a_new_hq_waits_for_nobody(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale())

    assert [] == waits(hq)


def test_that_a_till_has_reported_once_it_goes_by_the_new_generation_and_hq_has_all_of_it(
    hq: RunningHq, journal: Journal
) -> None:
    journal.upload(sale())
    old = journal.page().next_cursor
    assert 2 == begin_generation(hq.engine)
    seen = [waits(hq)]
    report(journal, old, 1)
    seen.append(waits(hq))
    new = journal.snapshot().changes_cursor
    report(journal, new, 2)
    seen.append(waits(hq))
    journal.upload(sale())
    report(journal, new, 2)
    seen.append(waits(hq))
    # What is only in the inbox is not in the ledger yet.
    book(hq)
    report(journal, new, 2, incarnation=9)
    seen.append(waits(hq))
    report(journal, new, 2)

    assert [[1], [1], [1], [1], [1]] == seen
    assert [] == waits(hq)


def test_that_a_till_with_nothing_to_send_reports_too(hq: RunningHq, journal: Journal) -> None:
    begin_generation(hq.engine)
    report(journal, journal.snapshot().changes_cursor, 0)

    assert [] == waits(hq)


@pytest.mark.parametrize("said", ["", "&last_seq=0", "&last_seq=-1&incarnation=1", "&last_seq=x&incarnation=1"])
def test_that_a_till_that_does_not_say_how_far_it_is_has_not_reported(
    hq: RunningHq, journal: Journal, said: str
) -> None:
    begin_generation(hq.engine)
    cursor = journal.snapshot().changes_cursor

    assert 200 == journal.get(f"/changes?cursor={cursor}{said}").status
    assert [1] == waits(hq)


def test_that_nobody_waits_for_tills_that_are_shut_out_written_off_or_new(hq: RunningHq, enrol: Enrol) -> None:
    enrol(), enrol()
    begin_generation(hq.engine)
    enrol()
    with hq.engine.begin() as connection:
        revoke_terminal(connection, 1)
    assert [2] == waits(hq)
    write_off(hq.engine, 2)

    assert [] == waits(hq)
    with pytest.raises(InputError):
        write_off(hq.engine, 99)


@pytest.mark.parametrize(("last_seq", "expected"), [(0, []), (7, [1])])
def test_that_a_till_that_a_restored_hq_has_forgotten_is_waited_for(
    hq: RunningHq, last_seq: int, expected: list[int]
) -> None:
    begin_generation(hq.engine)
    code = create_enrolment_code(hq.engine, "store-1", now_ms=now_ms())
    enrol(hq.url, code=code, private_key=create_private_key(), time_ms=now_ms(), last_seq=last_seq)
    assert expected == waits(hq)
