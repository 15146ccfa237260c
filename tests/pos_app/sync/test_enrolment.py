import socket

import pytest

from pos_app.errors import SyncError
from pos_app.protocol.messages import EnrolAnswer, EnrolRequest, ErrorAnswer, decode_message
from pos_app.protocol.signing import RequestToSign, public_key_of, verify
from pos_app.sync.enrolment import enrol
from tests.pos_app.sync.servers import Script, answer, serving

KEY = bytes(range(32))
TERMINAL = "01890a5d-ac96-474b-bcce-b302099a8057"
TAKEN = EnrolAnswer(
    terminal_id=TERMINAL,
    terminal_number=7,
    incarnation=1,
    store_id="store-1",
    hq_gen=1,
    nps_url_base="https://hq.example",
    nps_key=bytes(32),
    hq_public_key=bytes(32),
)


def ask(url: str) -> EnrolAnswer:
    return enrol(
        url, code=" ABCD-EFGH \n", private_key=KEY, time_ms=5, number_wish=7, terminal_id=TERMINAL, incarnation=2
    )


def refused(*scripts: Script) -> SyncError:
    with serving(*scripts) as server, pytest.raises(SyncError) as raised:
        ask(server.url)
    return raised.value


def test_that_a_till_shows_its_code_its_key_and_its_journals_name() -> None:
    with serving(answer(200, TAKEN)) as server:
        assert TAKEN == ask(server.url)
        (request,) = server.requests

    assert EnrolRequest("ABCD-EFGH", public_key_of(KEY), 7, TERMINAL, 2) == decode_message(request.body, EnrolRequest)


def test_that_the_request_shows_that_the_till_holds_the_key() -> None:
    with serving(answer(200, TAKEN)) as server:
        ask(server.url)
        (request,) = server.requests

    nonce, signature = request.headers["x-pos-nonce"], bytes.fromhex(request.headers["x-pos-signature"])
    signed = RequestToSign("POST", "/v1/enrolments", "", 5, nonce, request.body)
    assert verify(public_key_of(KEY), signature, signed.canonical())


def test_that_a_refused_code_says_what_to_do() -> None:
    error = refused(answer(403, ErrorAnswer("CODE_REFUSED")))

    assert "sync.code_refused" == error.code
    assert "new code" in error.todo


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (answer(200, b"<html>"), "sync.rubbish"),
        (answer(500), "sync.hq_error"),
        (answer(429, b"", Retry_After="5"), "sync.busy"),
        (answer(413), "sync.rubbish"),
    ],
)
def test_that_any_other_answer_changes_nothing_and_says_so(script: Script, code: str) -> None:
    error = refused(script)

    assert (code, "Nothing was changed.") == (error.code, error.safe)


def test_that_an_hq_that_is_away_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(SyncError) as raised:
        ask(url)

    assert "sync.unreachable" == raised.value.code
