"""The terminal and its chained journal."""

from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from pos_app.errors import StorageError
from pos_app.protocol.chain import GENESIS, Envelope, Link, verify_chain
from storage import journal
from storage.database import Database
from storage.journal import JournalRow, Terminal

HERE = "00000000-0000-0000-0000-00000000000a"
THERE = "00000000-0000-0000-0000-00000000000b"


@pytest.fixture
def founded(database: Database) -> Database:
    """A till that has its name."""
    database.write(lambda c: journal.found_terminal(c, terminal_id=HERE, terminal_number=7, store_id="store-1"))
    return database


def terminal(database: Database) -> Terminal:
    return database.read(journal.read_terminal)


def append(database: Database, *event_ids: str) -> None:
    def job(connection: Connection) -> None:
        for event_id in event_ids:
            now = journal.read_terminal(connection)
            journal.append_event(
                connection,
                now,
                event_id=event_id,
                kind="enrolment",
                body=b"body of " + event_id.encode(),
                utc_ms=1000,
                hlc=journal.next_hlc(now.last_hlc, 1000),
            )

    database.write(job)


def rows(database: Database, *, after_seq: int = 0, limit: int = 100) -> list[JournalRow]:
    return database.read(lambda c: journal.read_journal(c, journal.read_terminal(c), after_seq=after_seq, limit=limit))


def verified_end(database: Database) -> bytes:
    """The hash at the end of the present chain, every link of it checked."""
    now = terminal(database)
    links = [
        Link(Envelope(r.terminal_id, r.incarnation, r.seq), r.prev_hash, r.body or b"", r.hash) for r in rows(database)
    ]
    return verify_chain(links, first=Envelope(now.terminal_id, now.incarnation, 1))


def rename(database: Database, terminal_id: str, incarnation: int) -> None:
    database.write(lambda c: journal.begin_incarnation(c, terminal_id=terminal_id, incarnation=incarnation))


def test_that_a_till_is_founded_once(founded: Database) -> None:
    first = terminal(founded)
    founded.write(lambda c: journal.found_terminal(c, terminal_id=THERE, terminal_number=8, store_id="store-2"))
    assert first == terminal(founded)
    assert (HERE, 7, "store-1", 1, 0, GENESIS) == msgspec.structs.astuple(first)[:6]


def test_that_reading_a_till_that_was_not_founded_is_our_own_mistake(database: Database) -> None:
    with pytest.raises(AssertionError, match="was not founded"):
        terminal(database)


def test_that_events_follow_one_another_without_a_gap_and_verify(founded: Database) -> None:
    append(founded, "e-1", "e-2", "e-3")
    assert [(1, "e-1"), (2, "e-2"), (3, "e-3")] == [(row.seq, row.event_id) for row in rows(founded)]
    assert terminal(founded).last_hash == verified_end(founded)
    assert 3 == terminal(founded).last_seq


def test_that_the_journal_is_read_in_pages(founded: Database) -> None:
    append(founded, *(f"e-{number}" for number in range(1, 8)))
    assert ["e-3", "e-4"] == [row.event_id for row in rows(founded, after_seq=2, limit=2)]
    assert [] == rows(founded, after_seq=7)


def test_that_an_event_is_found_by_its_id_and_booked_once(founded: Database) -> None:
    append(founded, "e-1")
    found = founded.read(lambda c: journal.find_event(c, "e-1"))
    assert found == rows(founded)[0]
    assert b"body of e-1" == found.body
    assert None is founded.read(lambda c: journal.find_event(c, "e-2"))
    with pytest.raises(StorageError, match=r"event\.event_id"):
        append(founded, "e-1")
    assert 1 == terminal(founded).last_seq


@given(st.lists(st.integers(0, 2**41), min_size=1, max_size=20))
def test_that_the_logical_clock_never_goes_back_whatever_the_wall_clock_does(moments_ms: list[int]) -> None:
    last = 0
    for now_ms in moments_ms:
        following = journal.next_hlc(last, now_ms)
        assert following > last
        assert following >= now_ms << 16
        last = following


@pytest.mark.parametrize(("terminal_id", "incarnation"), [(HERE, 2), (THERE, 1), (THERE, 3)])
@pytest.mark.parametrize("durable_seq", [0, 2, 4])
def test_that_under_a_new_name_what_is_not_durable_begins_a_new_chain(
    founded: Database, terminal_id: str, incarnation: int, durable_seq: int
) -> None:
    append(founded, "e-1", "e-2", "e-3", "e-4")
    founded.write(lambda c: journal.change_terminal(c, acked_seq=4, durable_seq=durable_seq))
    rename(founded, terminal_id, incarnation)
    now = terminal(founded)
    assert (terminal_id, incarnation, 4 - durable_seq, 0, 0) == (
        now.terminal_id,
        now.incarnation,
        now.last_seq,
        now.acked_seq,
        now.durable_seq,
    )
    moved = [f"e-{number}" for number in range(durable_seq + 1, 5)]
    assert moved == [row.event_id for row in rows(founded)]
    assert [b"body of " + event_id.encode() for event_id in moved] == [row.body for row in rows(founded)]
    assert now.last_hash == verified_end(founded)
    append(founded, "e-5")
    assert terminal(founded).last_hash == verified_end(founded)


def test_that_events_of_a_former_name_stay_where_they_are(founded: Database) -> None:
    append(founded, "e-1", "e-2")
    before = rows(founded)
    founded.write(lambda c: journal.change_terminal(c, acked_seq=2, durable_seq=2))
    rename(founded, THERE, 1)
    append(founded, "e-3")
    assert before == [founded.read(partial(journal.find_event, event_id=one)) for one in ("e-1", "e-2")]
    assert ["e-3"] == [row.event_id for row in rows(founded)]


def test_that_a_till_that_lost_its_name_is_not_begun_anew(founded: Database) -> None:
    append(founded, "one")
    founded.write(lambda c: c.exec_driver_sql("DELETE FROM terminal"))
    with pytest.raises(StorageError, match="lost the till's identity"):
        founded.write(lambda c: journal.found_terminal(c, terminal_id=THERE, terminal_number=8, store_id="store-2"))


def acknowledged(database: Database) -> tuple[int, int, int]:
    """HQ's generation, and up to where it has acknowledged and keeps events."""
    now = terminal(database)
    return now.hq_gen, now.acked_seq, now.durable_seq


def test_that_the_last_event_is_offered_once_more_to_a_restored_hq(founded: Database) -> None:
    append(founded, "a", "b", "c")
    founded.write(lambda c: journal.change_terminal(c, acked_seq=3, durable_seq=3))
    for hq_gen, expected in ((1, (1, 3, 3)), (1, (1, 3, 3)), (2, (2, 2, 2)), (2, (2, 2, 2))):
        founded.write(partial(journal.note_generation, hq_gen=hq_gen))
        assert expected == acknowledged(founded)


def test_that_a_pruned_event_and_a_journal_without_any_are_not_offered_again(founded: Database) -> None:
    founded.write(journal.offer_last_again)
    assert (0, 0, 0) == acknowledged(founded)
    append(founded, "a", "b")
    founded.write(lambda c: journal.change_terminal(c, acked_seq=2, durable_seq=2, pruned_seq=2))
    founded.write(journal.offer_last_again)
    assert (0, 2, 2) == acknowledged(founded)
