import uuid

import httpx
import pytest
from sqlalchemy import select

from hq import tables
from hq.authentication import SignedCall
from hq.enrolment import CODE_LIFE_MS, create_enrolment_code, receive_enrolment
from hq.operate import RunningHq
from hq.refusals import RefusedError
from pos_app.errors import InputError, SyncError
from pos_app.protocol.messages import Batch, EnrolRequest, ErrorCode, encode_message
from pos_app.protocol.nps import terminal_nps_key
from pos_app.protocol.signing import RequestToSign, create_private_key, public_key_of, sign
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, now_ms, sale


def new_code(hq: RunningHq, **options: object) -> str:
    return create_enrolment_code(hq.engine, "store-1", now_ms=now_ms(), **options)  # type: ignore[arg-type]


def refused_code(hq: RunningHq, code: str, **options: object) -> str:
    with pytest.raises(SyncError) as raised:
        Journal(hq.url, code, **options)  # type: ignore[arg-type]
    return raised.value.code


def test_that_a_till_gets_a_name_a_number_and_its_keys(hq: RunningHq, journal: Journal) -> None:
    answer = journal.enrolled
    with hq.engine.connect() as connection:
        own = connection.execute(select(tables.headquarters)).one()

    assert (1, 1, "store-1", 1, hq.url) == (
        answer.terminal_number,
        answer.incarnation,
        answer.store_id,
        answer.hq_gen,
        answer.nps_url_base,
    )
    assert terminal_nps_key(own.master_key, answer.terminal_id) == answer.nps_key
    assert public_key_of(own.private_key) == answer.hq_public_key
    assert 1 == journal.upload(sale()).acked_seq


def test_that_a_code_serves_one_till(hq: RunningHq) -> None:
    code = new_code(hq)
    Journal(hq.url, code).close()

    assert "sync.code_refused" == refused_code(hq, code)


def test_that_a_till_that_missed_the_answer_may_ask_again(hq: RunningHq) -> None:
    code, key = new_code(hq), create_private_key()
    first, second = (Journal(hq.url, code, private_key=key) for _ in range(2))
    first.close()
    second.close()

    assert first.terminal_id == second.terminal_id


def test_that_a_code_is_read_as_people_type_it(hq: RunningHq) -> None:
    code = new_code(hq)
    Journal(hq.url, f"  {code.lower().replace('-', ' ').replace('0', 'o')} ").close()


@pytest.mark.parametrize("code", ["", "AAAA-BBBB-CCCC", "' OR 1=1", "Ж" * 60])
def test_that_an_unknown_code_is_refused(hq: RunningHq, code: str) -> None:
    assert "sync.code_refused" == refused_code(hq, code)


def enrol_call(code: str, key: bytes, *, signed_by: bytes = b"") -> SignedCall:
    body = encode_message(EnrolRequest(code, public_key_of(key)))
    request = RequestToSign("POST", "/v1/enrolments", "", 1, "ab" * 16, body)
    return SignedCall(request, sign(signed_by or key, request.canonical()))


def test_that_a_code_dies_after_fifteen_minutes(hq: RunningHq) -> None:
    code, made_ms = new_code(hq), now_ms()
    late = made_ms + CODE_LIFE_MS + 60_000

    with pytest.raises(RefusedError) as raised:
        receive_enrolment(hq.engine, enrol_call(code, create_private_key()), now_ms=late, public_url="")
    assert ErrorCode.CODE_REFUSED == raised.value.code
    assert receive_enrolment(
        hq.engine, enrol_call(code, create_private_key()), now_ms=made_ms + CODE_LIFE_MS - 60_000, public_url=""
    )


def test_that_a_key_that_the_till_does_not_hold_is_refused(hq: RunningHq) -> None:
    call = enrol_call(new_code(hq), create_private_key(), signed_by=create_private_key())

    with pytest.raises(RefusedError) as raised:
        receive_enrolment(hq.engine, call, now_ms=now_ms(), public_url="")
    assert ErrorCode.UNAUTHENTICATED == raised.value.code


def test_that_codes_are_not_kept_in_the_clear(hq: RunningHq) -> None:
    code = new_code(hq).replace("-", "")

    with hq.engine.connect() as connection:
        row = connection.execute(select(tables.enrolment_code)).one()
    assert all(code not in str(value) and code.encode() != value for value in row)


def test_that_a_number_is_granted_if_it_is_free(hq: RunningHq, enrol: Enrol) -> None:
    numbers = [enrol(number_wish=wish).enrolled.terminal_number for wish in (7, 7, 0, 1, 999)]

    assert [7, 1, 2, 3, 999] == numbers


def test_that_a_till_keeps_the_name_of_its_journal(enrol: Enrol) -> None:
    name = str(uuid.uuid4())
    till, copy = enrol(terminal_id=name), enrol(terminal_id=name)

    assert (name, 1) == (till.terminal_id, till.incarnation)
    assert copy.terminal_id != name
    assert 2 == copy.incarnation


def test_that_a_till_that_comes_back_gets_a_new_incarnation(enrol: Enrol) -> None:
    till = enrol()
    again = enrol(terminal_number=1)

    assert (till.terminal_id, 1, 2) == (again.terminal_id, again.enrolled.terminal_number, again.incarnation)
    assert 401 == till.send(_one_sale(till)).status


def _one_sale(journal: Journal) -> Batch:
    journal.append(sale())
    return journal.batch()


def test_that_a_code_for_a_till_that_is_none_is_refused_by_name(hq: RunningHq) -> None:
    with pytest.raises(InputError) as raised:
        new_code(hq, terminal_number=5)

    assert "5" in raised.value.what


def test_that_there_is_an_end_of_numbers(hq: RunningHq, enrol: Enrol, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq.enrolment.TERMINAL_NUMBER_MAX", 2)
    enrol()
    enrol()

    assert "sync.code_refused" == refused_code(hq, new_code(hq))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 10_000, b'{"code":"x","public_key":"AAAA"}'])
def test_that_rubbish_is_refused(hq: RunningHq, content: bytes) -> None:
    signed = {"X-Pos-Time": "1", "X-Pos-Nonce": "ab" * 16, "X-Pos-Signature": "00" * 64}

    assert 400 == httpx.post(hq.url + "/v1/enrolments", content=content, headers=signed).status_code
    assert 401 == httpx.post(hq.url + "/v1/enrolments", content=content).status_code


def test_that_a_store_keeps_its_name(hq: RunningHq) -> None:
    for store_name in ("Ljekarna", ""):
        new_code(hq, store_name=store_name)

    with hq.engine.connect() as connection:
        assert [("store-1", "Ljekarna", "main")] == [tuple(row) for row in connection.execute(select(tables.store))]
