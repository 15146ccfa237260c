import uuid
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from hq import tables
from hq.operate import RunningHq
from hq.terminals import revoke_terminal
from pos_app.protocol.chain import GENESIS
from pos_app.protocol.events import EVENT_VERSION_MAX, encode_body
from pos_app.protocol.messages import (
    REQUEST_BYTES_MAX,
    Batch,
    BatchAnswer,
    ErrorAnswer,
    Rejected,
    decode_message,
    encode_batch,
)
from pos_app.protocol.signing import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    RequestToSign,
    create_private_key,
    signed_headers,
)
from pos_app.sync.client import HqClient
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, START_MS, Journal, accepted, new_id, now_ms, refusal, sale


def outcomes(hq: RunningHq) -> Counter[str]:
    with hq.engine.connect() as connection:
        return Counter(connection.execute(select(tables.inbox.c.outcome)).scalars().all())


def task_codes(hq: RunningHq) -> list[str]:
    with hq.engine.connect() as connection:
        return list(connection.execute(select(tables.task.c.code).order_by(tables.task.c.task_id)).scalars())


def count(hq: RunningHq, table: str) -> int:
    with hq.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one()


def test_that_a_batch_is_acknowledged(hq: RunningHq, journal: Journal) -> None:
    answer = journal.upload(sale(), sale())

    assert (2, 0, 1, ()) == (answer.acked_seq, answer.durable_seq, answer.hq_gen, answer.rejected)
    assert abs(answer.hq_time_ms - now_ms()) < 60_000
    assert {"accepted": 2} == outcomes(hq)


def test_that_the_same_batch_two_hundred_times_is_one_sale(hq: RunningHq, journal: Journal) -> None:
    journal.append(sale())

    answers = {accepted(journal.send(journal.batch()), BatchAnswer).acked_seq for _ in range(200)}

    assert {1} == answers
    assert {"accepted": 1} == outcomes(hq)


def test_that_a_batch_that_overlaps_adds_only_what_is_new(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(), sale())
    journal.append(sale())

    assert 3 == accepted(journal.send(journal.batch(2)), BatchAnswer).acked_seq
    assert {"accepted": 3} == outcomes(hq)


def test_that_an_old_part_is_answered_with_all_that_hq_has(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(), sale(), sale())

    assert 3 == accepted(journal.send(journal.batch(1, 2)), BatchAnswer).acked_seq
    assert 3 == accepted(journal.send(journal.batch(2, 2)), BatchAnswer).acked_seq
    assert {"accepted": 3} == outcomes(hq)


def test_that_the_bodies_are_kept_as_they_came(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(), sale())

    with hq.engine.connect() as connection:
        rows = connection.execute(select(tables.inbox.c.seq, tables.inbox.c.body).order_by(tables.inbox.c.seq))
        assert list(enumerate(journal.bodies, start=1)) == [tuple(row) for row in rows]


def test_that_a_gap_is_named(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale())
    journal.append(sale(), sale())

    answer = journal.send(journal.batch(3))

    assert (409, ErrorAnswer("GAP", expected_seq=2)) == (answer.status, decode_message(answer.body, ErrorAnswer))
    assert {"accepted": 1} == outcomes(hq)


def test_that_another_event_in_the_same_place_is_a_fork(
    hq: RunningHq, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.upload(sale(), sale())
    journal.bodies[1] = encode_body(sale())

    assert (409, "FORK") == refusal(journal.send(journal.batch()))
    assert (409, "FORK") == refusal(journal.send(journal.batch(2)))
    assert {"accepted": 2} == outcomes(hq)
    assert [f"inbox.fork terminal={journal.terminal_id} seq=2"] * 2 == caplog.messages


@pytest.mark.expects_log("inbox.fork")
def test_that_a_new_event_after_another_past_is_a_fork(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(), sale())
    journal.bodies[0] = encode_body(sale())
    journal.append(sale())

    assert (409, "FORK") == refusal(journal.send(journal.batch(3)))


@pytest.mark.expects_log("inbox.fork")
def test_that_a_first_batch_begins_at_the_genesis(journal: Journal) -> None:
    journal.append(sale())
    batch = msgspec.structs.replace(journal.batch(), prev_hash=b"\1" * 32)

    assert (409, "FORK") == refusal(journal.send(batch))


def test_that_a_body_changed_on_the_way_is_refused(hq: RunningHq, journal: Journal) -> None:
    journal.append(sale())
    sent = encode_batch(journal.batch())
    path = f"/v1/terminals/{journal.terminal_id}/batches"
    signed = RequestToSign("POST", path, journal.terminal_id, now_ms(), "ab" * 16, sent)
    headers = signed_headers(journal.private_key, signed)
    other = encode_batch(msgspec.structs.replace(journal.batch(), bodies=(encode_body(sale()),)))

    assert 401 == httpx.post(hq.url + path, headers=headers, content=other).status_code
    assert {} == outcomes(hq)
    assert 200 == httpx.post(hq.url + path, headers=headers, content=sent).status_code


@pytest.mark.parametrize("name", [TERMINAL_HEADER, TIME_HEADER, NONCE_HEADER, SIGNATURE_HEADER])
def test_that_a_header_changed_on_the_way_is_refused(hq: RunningHq, journal: Journal, name: str) -> None:
    path = f"/v1/terminals/{journal.terminal_id}/batches"
    signed = RequestToSign("POST", path, journal.terminal_id, now_ms(), "ab" * 16, b"x")
    headers = signed_headers(journal.private_key, signed)

    for value in ("", "x", "²", "0" * 10_000, "-1", "ff"):
        changed = {key.encode(): text.encode() for key, text in headers.items()} | {
            name.encode(): value.encode("latin-1")
        }
        assert 401 == httpx.post(hq.url + path, headers=changed, content=b"x").status_code


def test_that_another_key_is_refused(hq: RunningHq, journal: Journal, enrol: Enrol) -> None:
    journal.append(sale())
    other = enrol()
    batch = encode_batch(journal.batch())
    path = f"/v1/terminals/{journal.terminal_id}/batches"

    for key in (create_private_key(), other.private_key):
        with HqClient(hq.url, private_key=key) as client:
            answer = client.call("POST", path, terminal_id=journal.terminal_id, time_ms=now_ms(), body=batch)
            assert (401, "UNAUTHENTICATED") == refusal(answer)


def test_that_a_till_speaks_only_for_itself(journal: Journal, enrol: Enrol) -> None:
    other = enrol()
    journal.append(sale())
    foreign = journal.client.call(
        "POST",
        f"/v1/terminals/{other.terminal_id}/batches",
        terminal_id=journal.terminal_id,
        time_ms=now_ms(),
        body=encode_batch(journal.batch()),
    )

    assert (401, "UNAUTHENTICATED") == refusal(foreign)
    assert (400, "MALFORMED") == refusal(other.send(journal.batch()))


def test_that_an_unknown_till_is_refused(hq: RunningHq, journal: Journal) -> None:
    stranger = str(uuid.uuid4())
    answer = journal.client.call(
        "POST", f"/v1/terminals/{stranger}/batches", terminal_id=stranger, time_ms=now_ms(), body=b"x"
    )

    assert (401, "UNAUTHENTICATED") == refusal(answer)


@pytest.mark.parametrize("terminal_id", ["", "x", "' OR 1=1 --", "0" * 36])
def test_that_a_name_that_is_none_is_refused(journal: Journal, terminal_id: str) -> None:
    answer = journal.client.call(
        "POST", "/v1/terminals/x/batches", terminal_id=terminal_id, time_ms=now_ms(), body=b"x"
    )

    assert (401, "UNAUTHENTICATED") == refusal(answer)


def test_that_a_wrong_clock_does_not_lock_a_till_out(hq: RunningHq, journal: Journal) -> None:
    journal.append(sale())
    batch = encode_batch(journal.batch())

    for time_ms in (0, now_ms() - 3650 * DAY_MS, now_ms() + 3650 * DAY_MS):
        assert 200 == journal.post("/batches", batch, time_ms=time_ms).status
    with hq.engine.connect() as connection:
        drift_ms = connection.execute(select(tables.terminal.c.clock_drift_ms)).scalar_one()
    assert abs(drift_ms - 3650 * DAY_MS) < 60_000


def test_that_a_batch_that_is_cut_off_is_malformed(journal: Journal) -> None:
    journal.append(sale())

    assert (400, "MALFORMED") == refusal(journal.post("/batches", encode_batch(journal.batch())[:-1]))


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\0" * 1000, zlib.compress(b"not a batch")])
def test_that_what_is_no_batch_is_malformed(journal: Journal, content: bytes) -> None:
    assert (400, "MALFORMED") == refusal(journal.post("/batches", content))


def test_that_a_bomb_is_not_unpacked(journal: Journal) -> None:
    assert (413, "TOO_LARGE") == refusal(journal.post("/batches", zlib.compress(b"\0" * 100_000_000, 9)))


def test_that_one_event_too_many_is_too_large(hq: RunningHq, journal: Journal) -> None:
    batch = Batch(journal.terminal_id, 1, 1, GENESIS, (b"{}",) * 501)

    assert (413, "TOO_LARGE") == refusal(journal.send(batch))
    assert {} == outcomes(hq)


def test_that_too_large_a_request_is_refused_before_it_is_read(journal: Journal) -> None:
    assert (413, "TOO_LARGE") == refusal(journal.post("/batches", b"x" * (REQUEST_BYTES_MAX + 1)))


def test_that_a_protocol_that_is_too_old_is_told_to_upgrade(journal: Journal) -> None:
    journal.append(sale())

    assert (426, "UPGRADE") == refusal(journal.send(msgspec.structs.replace(journal.batch(), protocol=-2)))
    assert 200 == journal.send(msgspec.structs.replace(journal.batch(), protocol=-1)).status


def test_that_the_same_id_with_another_body_is_rejected_and_a_task(hq: RunningHq, journal: Journal) -> None:
    first = sale()
    twin = msgspec.structs.replace(first, total_minor=9)
    journal.upload(first)

    answers = [journal.upload(twin, sale()), accepted(journal.send(journal.batch(2)), BatchAnswer)]

    assert [(3, (Rejected(2, "event_id_taken"),))] * 2 == [(a.acked_seq, a.rejected) for a in answers]
    assert {"accepted": 2, "rejected": 1} == outcomes(hq)
    assert ["event_id_taken"] == task_codes(hq)


def test_that_two_bodies_of_one_id_in_one_batch_are_told_apart(hq: RunningHq, journal: Journal) -> None:
    first = sale()

    answer = journal.upload(first, msgspec.structs.replace(first, total_minor=9), first)

    assert (Rejected(2, "event_id_taken"),) == answer.rejected
    assert {"accepted": 1, "rejected": 1, "repeated": 1} == outcomes(hq)


def test_that_rubbish_between_repetitions_is_rejected_too(hq: RunningHq, journal: Journal) -> None:
    first = sale()
    journal.upload(first)

    assert (Rejected(3, "unreadable"),) == journal.upload(first, b"rubbish", sale()).rejected
    assert {"accepted": 2, "repeated": 1, "rejected": 1} == outcomes(hq)


def test_that_events_under_a_new_incarnation_count_once(hq: RunningHq, journal: Journal, enrol: Enrol) -> None:
    journal.upload(sale(), sale())
    again = enrol(terminal_number=journal.enrolled.terminal_number)
    again.bodies = list(journal.bodies)

    answer = again.upload(sale())

    assert (journal.terminal_id, 2) == (again.terminal_id, again.incarnation)
    assert (3, ()) == (answer.acked_seq, answer.rejected)
    assert {"accepted": 3, "repeated": 2} == outcomes(hq)


def test_that_the_old_incarnation_is_fenced_off(journal: Journal, enrol: Enrol) -> None:
    journal.append(sale())
    again = enrol(terminal_number=journal.enrolled.terminal_number)
    again.append(sale())

    assert (401, "UNAUTHENTICATED") == refusal(journal.send(journal.batch()))
    assert (410, "FENCED") == refusal(again.send(msgspec.structs.replace(again.batch(), incarnation=1)))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable"),
        (b"\xff\xfe", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"kind":"sale"}', "unreadable"),
        (b'{"kind":"SALE!","event_id":"01890a5d-ac96-774b-bcce-b302099a8057","version":1}', "unreadable"),
        (b'{"kind":"sale","event_id":"01890a5d-ac96-774b-bcce-b302099a8057","version":1}', "invalid"),
        (encode_body(sale(event_id=new_id().upper())), "invalid"),
    ],
)
def test_that_a_signed_event_that_fails_is_kept_and_acknowledged_without_effect(
    hq: RunningHq, journal: Journal, body: bytes, reason: str
) -> None:
    answer = journal.upload(sale(), body, sale())

    assert (3, (Rejected(2, reason),)) == (answer.acked_seq, answer.rejected)
    assert {"accepted": 2, "rejected": 1} == outcomes(hq)
    assert [reason] == task_codes(hq)


def test_that_a_newer_kind_of_event_is_kept_for_later(hq: RunningHq, journal: Journal) -> None:
    newer = f'{{"kind":"gift","event_id":"{new_id()}","version":1,"x":1}}'.encode()
    version = encode_body(sale()).replace(b'"version":1', f'"version":{EVENT_VERSION_MAX + 1}'.encode())

    answer = journal.upload(newer, version)

    assert (2, ()) == (answer.acked_seq, answer.rejected)
    assert {"deferred": 2} == outcomes(hq)


def test_that_a_till_that_was_shut_out_is_put_in_quarantine(hq: RunningHq, journal: Journal) -> None:
    journal.append(sale())
    with hq.engine.begin() as connection:
        assert revoke_terminal(connection, journal.enrolled.terminal_number)

    assert {(403, "REVOKED")} == {refusal(journal.send(journal.batch())) for _ in range(3)}
    assert (0, 1) == (count(hq, "inbox"), count(hq, "quarantine"))


def test_that_quarantine_has_an_end(hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq.inbox._QUARANTINE_MAX", 2)
    with hq.engine.begin() as connection:
        revoke_terminal(connection, journal.enrolled.terminal_number)

    for content in (b"1", b"2", b"3"):
        assert (403, "REVOKED") == refusal(journal.post("/batches", content))
    assert 2 == count(hq, "quarantine")


def test_that_a_till_that_sends_twice_at_once_is_taken_once(hq: RunningHq, journal: Journal) -> None:
    journal.append(*[sale() for _ in range(50)])
    content = encode_batch(journal.batch())
    path = f"/v1/terminals/{journal.terminal_id}/batches"

    def send(_number: int) -> int:
        with HqClient(hq.url, private_key=journal.private_key) as client:
            answer = client.call("POST", path, terminal_id=journal.terminal_id, time_ms=now_ms(), body=content)
            return accepted(answer, BatchAnswer).acked_seq

    with ThreadPoolExecutor(8) as senders:
        assert [50] * 16 == list(senders.map(send, range(16)))
    assert {"accepted": 50} == outcomes(hq)


def test_that_tills_send_at_the_same_time(hq: RunningHq, enrol: Enrol) -> None:
    journals = [enrol() for _ in range(6)]
    for journal in journals:
        journal.append(*[sale(utc_ms=START_MS) for _ in range(30)])

    with ThreadPoolExecutor(6) as senders:
        answers = list(senders.map(lambda journal: accepted(journal.send(journal.batch()), BatchAnswer), journals))

    assert [30] * 6 == [answer.acked_seq for answer in answers]
    assert {"accepted": 180} == outcomes(hq)
