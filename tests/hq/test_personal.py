import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hq import tables
from hq.apply import apply_inbox
from hq.operate import RunningHq
from hq.personal import _rank
from pos_app.protocol.events import ErasureEvent, MergeEvent
from pos_app.protocol.messages import PERSONAL_RECORDS_MAX, PersonalAnswer, PersonalRecord, VersionedField
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, Journal, accepted, enrolment, moment, new_id, now_ms, refusal
from tests.hq.ledgers import LATER_MS


def field(value: str, version: int = 1, changed_at_ms: int = 5) -> VersionedField:
    return VersionedField(value, version, changed_at_ms)


def stored(hq: RunningHq) -> dict[tuple[str, str], str]:
    c = tables.personal_field.c
    with hq.engine.connect() as connection:
        return {(ref, name): value for ref, name, value in connection.execute(select(c.account_ref, c.field, c.value))}


def changes(hq: RunningHq) -> list[int]:
    with hq.engine.connect() as connection:
        return list(connection.execute(select(tables.personal_change.c.change_no)).scalars())


def test_that_records_are_kept_once_however_often_they_come(hq: RunningHq, journal: Journal) -> None:
    record = PersonalRecord("a", {"name": field("Ана"), "phone": field("+385 1")})

    answers = [accepted(journal.send_personal(record), PersonalAnswer).stored]
    first = changes(hq)
    answers += [accepted(journal.send_personal(record), PersonalAnswer).stored for _ in range(4)]

    assert [1] * 5 == answers
    assert {("a", "name"): "Ана", ("a", "phone"): "+385 1"} == stored(hq)
    assert (1, first) == (len(first), changes(hq))


def test_that_each_field_has_a_version_of_its_own(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.send_personal(PersonalRecord("a", {"name": field("old", 1), "phone": field("new", 2)}))
    second.send_personal(PersonalRecord("a", {"name": field("new", 2), "phone": field("old", 1)}))

    assert {("a", "name"): "new", ("a", "phone"): "new"} == stored(hq)


def test_that_a_forgotten_holder_stays_so_whatever_is_newer_and_comes_back_as_somebody_new(
    hq: RunningHq, journal: Journal
) -> None:
    journal.upload(enrolment("a", "299"))
    journal.send_personal(PersonalRecord("a", {"name": field("Ana")}))
    journal.upload(ErasureEvent(event_id=new_id(), moment=moment(), account_ref="a"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    newer = PersonalRecord("a", {"name": field("Ana", version=99, changed_at_ms=LATER_MS + DAY_MS)})

    assert 1 == accepted(journal.send_personal(newer), PersonalAnswer).stored, "or the till would send it for ever"
    assert {} == stored(hq)
    journal.upload(enrolment("b", "300"))
    journal.send_personal(PersonalRecord("b", {"name": field("Ana")}))
    assert {("b", "name"): "Ana"} == stored(hq)


@pytest.mark.parametrize("forgotten", ["a", "b"])
@pytest.mark.parametrize("order", ["forgotten, merged", "forgotten, booked, merged", "merged, forgotten"])
def test_that_who_is_forgotten_in_one_of_two_merged_accounts_is_forgotten_in_both(
    hq: RunningHq, journal: Journal, forgotten: str, order: str
) -> None:
    journal.upload(enrolment("a", "299"), enrolment("b", "300"))
    journal.send_personal(*(PersonalRecord(ref, {"name": field("Ana")}) for ref in "ab"))
    erasure = ErasureEvent(event_id=new_id(), moment=moment(), account_ref=forgotten)
    merged = MergeEvent(event_id=new_id(), moment=moment(), account_ref="a", merged_ref="b")
    apply_inbox(hq.engine, now_ms=LATER_MS)
    before = journal.page().next_cursor
    for step in order.split(", "):
        if step == "booked":
            apply_inbox(hq.engine, now_ms=LATER_MS)
        else:
            journal.upload(erasure if step == "forgotten" else merged)
    apply_inbox(hq.engine, now_ms=LATER_MS)
    journal.send_personal(*(PersonalRecord(ref, {"name": field("Ana", 9, LATER_MS)}) for ref in "ab"))

    page = journal.page(before)
    assert ({}, ()) == (stored(hq), page.personal)
    assert "a" in page.erased


def test_that_the_winner_does_not_depend_on_the_order(hq: RunningHq, journal: Journal) -> None:
    rivals = [field("b", 2, 7), field("a", 2, 7), field("z", 1, 9), field("y", 2, 6)]
    random.Random(1).shuffle(rivals)

    for rival in rivals:
        journal.send_personal(PersonalRecord("a", {"name": rival}))

    assert {("a", "name"): "b"} == stored(hq)


def test_that_one_upload_may_name_an_account_twice(hq: RunningHq, journal: Journal) -> None:
    journal.send_personal(PersonalRecord("a", {"name": field("2", 2)}), PersonalRecord("a", {"name": field("1", 1)}))

    assert {("a", "name"): "2"} == stored(hq)


def test_that_a_nul_in_a_value_loses_no_record(hq: RunningHq, journal: Journal) -> None:
    assert 200 == journal.send_personal(PersonalRecord("a", {"name": field("A\0na\0")})).status
    assert {("a", "name"): "Ana"} == stored(hq)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"records":[{"account_ref":"","fields":{}}]}',
        b'{"records":[{"account_ref":"a\\u0000","fields":{}}]}',
        b'{"records":[{"account_ref":"a","fields":{"name":{"value":1,"version":1,"changed_at_ms":1}}}]}',
        b"[" * 10_000,
    ],
)
def test_that_what_is_no_record_is_malformed(hq: RunningHq, journal: Journal, content: bytes) -> None:
    assert (400, "MALFORMED") == refusal(journal.post("/personal-records", content))
    assert {} == stored(hq)


def test_that_too_many_records_are_malformed(journal: Journal) -> None:
    records = [PersonalRecord(str(number), {"name": field("x")}) for number in range(PERSONAL_RECORDS_MAX + 1)]

    assert (400, "MALFORMED") == refusal(journal.send_personal(*records))
    assert 200 == journal.send_personal(*records[1:]).status


def test_that_personal_data_appears_in_no_log(
    hq: RunningHq, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with hq.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE personal_field RENAME TO hidden")
    try:
        answer = journal.send_personal(PersonalRecord("a", {"name": field("Sekretović")}))
    finally:
        with hq.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO personal_field")

    assert (503, "BUSY") == refusal(answer)
    assert any(record.name == "hq.app" for record in caplog.records)
    assert "Sekretović" not in caplog.text


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from("abc")), min_size=1, max_size=6))
def test_that_rivals_have_one_winner(rivals: list[tuple[int, int, str]]) -> None:
    fields = [VersionedField(value, version, changed) for version, changed, value in rivals]

    assert max(fields, key=_rank) == max(reversed(fields), key=_rank)


def test_that_hqs_clock_comes_with_the_answer(journal: Journal) -> None:
    answer = accepted(journal.send_personal(), PersonalAnswer)

    assert (0, 1) == (answer.stored, answer.hq_gen)
    assert abs(answer.hq_time_ms - now_ms()) < 60_000
