"""Requests that were changed on the way, that somebody else signed, or that were heard and sent again."""

import uuid
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import update

from hq import tables
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.terminals import revoke_terminal
from pos_app.protocol.messages import (
    EnrolRequest,
    HoldRequest,
    PersonalRecord,
    PersonalUpload,
    ProgrammeSetUpload,
    VersionedField,
    encode_batch,
    encode_message,
)
from pos_app.protocol.signing import (
    FRESH_MS,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    RequestToSign,
    create_private_key,
    public_key_of,
    signed_headers,
)
from tests.hq.abuse.digests import without_effect
from tests.hq.abuse.specimens import PROGRAMMES, PROGRAMMES_BODY
from tests.hq.abuse.wire import do_everything, prepared
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, now_ms, sale

_FLIPS = 40


class Call:
    """One signed request, as somebody on the way hears it."""

    def __init__(self, journal: Journal, method: str, path: str, body: bytes = b"", *, time_ms: int = 0) -> None:
        self.method, self.body = method, body
        self.path = f"/v1/terminals/{journal.terminal_id}{path}"
        signed = RequestToSign(method, self.path, journal.terminal_id, time_ms or now_ms(), uuid.uuid4().hex, body)
        self.headers = signed_headers(journal.private_key, signed)

    def send(
        self, client: httpx.Client, *, path: str = "", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> int:
        """Send it, with another path or body or with some other headers; gives the status."""
        content = self.body if body is None else body
        sent = self.headers | (headers or {})
        return client.request(self.method, path or self.path, content=content, headers=sent).status_code


def calls(journal: Journal) -> list[Call]:
    """One of each call that a till makes."""
    journal.append(sale(account_ref="a", card="299", earned=5))
    records = PersonalUpload((PersonalRecord("a", {"name": VersionedField("Ana", 1, 1)}),))
    return [
        Call(journal, "POST", "/batches", encode_batch(journal.batch())),
        Call(journal, "POST", "/personal-records", encode_message(records)),
        Call(journal, "POST", "/holds", encode_message(HoldRequest(str(uuid.uuid4()), "a", "shop", 5))),
        Call(journal, "POST", "/programme-sets", encode_message(ProgrammeSetUpload(PROGRAMMES.hash, PROGRAMMES_BODY))),
        Call(journal, "GET", "/changes?cursor="),
        Call(journal, "GET", "/snapshot?cursor="),
        Call(journal, "GET", "/receipts/001-01-0000001"),
    ]


@pytest.fixture
def client(hq: RunningHq) -> httpx.Client:
    """A connection of somebody on the way."""
    return httpx.Client(base_url=hq.url)


def test_that_a_flipped_bit_anywhere_is_refused(hq: RunningHq, journal: Journal, client: httpx.Client) -> None:
    with client, without_effect(hq.engine):
        for call in calls(journal):
            for at in range(0, len(call.body), max(1, len(call.body) // _FLIPS)):
                flipped = bytes([*call.body[:at], call.body[at] ^ 1, *call.body[at + 1 :]])
                assert 401 == call.send(client, body=flipped)
            assert 401 == call.send(client, body=call.body + b"\0")


def test_that_a_request_is_good_for_one_till_and_one_address(
    hq: RunningHq, journal: Journal, enrol: Enrol, client: httpx.Client
) -> None:
    other = enrol()
    with client, without_effect(hq.engine):
        for call in calls(journal):
            theirs = call.path.replace(journal.terminal_id, other.terminal_id)
            assert {401} == {
                call.send(client, path=theirs),
                call.send(client, path=theirs, headers={TERMINAL_HEADER: other.terminal_id}),
                call.send(client, headers={TERMINAL_HEADER: other.terminal_id}),
                call.send(client, headers={TERMINAL_HEADER: ""}),
                call.send(client, headers={TIME_HEADER: str(now_ms() + 1)}),
                call.send(client, headers={NONCE_HEADER: uuid.uuid4().hex}),
                call.send(client, headers={SIGNATURE_HEADER: "00" * 64}),
                call.send(client, path=call.path + ("&x=1" if "?" in call.path else "?x=1")),
            }
            assert call.send(client, path=call.path.upper()) in {401, 404}


def test_that_another_key_opens_nothing(hq: RunningHq, journal: Journal, enrol: Enrol, client: httpx.Client) -> None:
    other = enrol()
    mine = journal.private_key
    with client, without_effect(hq.engine):
        for key in (other.private_key, create_private_key(), bytes(32)):
            journal.private_key = key
            assert {401} == {call.send(client) for call in calls(journal)}
    journal.private_key = mine


def is_fresh(call: Call) -> bool:
    """Whether headquarters takes this only from somebody who asks just now."""
    return call.method == "GET" or call.path.endswith("/holds")


def test_that_what_was_asked_cannot_be_asked_again(hq: RunningHq, journal: Journal, client: httpx.Client) -> None:
    prepared(hq, journal)
    paths = ("/changes?cursor=", "/snapshot?cursor=", "/receipts/001-01-0000001")
    hold = encode_message(HoldRequest(str(uuid.uuid4()), "a", "shop", 1))
    with client:
        for call in filter(is_fresh, calls(journal)):
            assert 200 == call.send(client)
            with without_effect(hq.engine):
                repeated = {NONCE_HEADER: call.headers[NONCE_HEADER].upper()}
                assert [401, 401] == [call.send(client), call.send(client, headers=repeated)]
        with without_effect(hq.engine):
            for late_ms in (-FRESH_MS - 60_000, FRESH_MS + 60_000, -now_ms() + 1):
                for path in paths:
                    assert 401 == Call(journal, "GET", path, time_ms=now_ms() + late_ms).send(client)
                assert 401 == Call(journal, "POST", "/holds", hold, time_ms=now_ms() + late_ms).send(client)


def test_that_what_was_sent_has_no_effect_again(hq: RunningHq, journal: Journal, client: httpx.Client) -> None:
    prepared(hq, journal)
    sent = [call for call in calls(journal) if not is_fresh(call)]
    with client:
        first = [call.send(client) for call in sent]
        do_everything(hq)
        with without_effect(hq.engine):
            again = [call.send(client) for call in sent * 3]
            do_everything(hq)

    assert ([200] * len(sent), [200] * 3 * len(sent)) == (first, again)


def test_that_an_enrolment_heard_on_the_way_gives_no_second_till(hq: RunningHq, client: httpx.Client) -> None:
    key, stranger = create_private_key(), create_private_key()
    code = create_enrolment_code(hq.engine, "store-1", now_ms=now_ms())

    def call(code: str, private_key: bytes, public_key: bytes) -> Callable[[], int]:
        body = encode_message(EnrolRequest(code, public_key))
        signed = RequestToSign("POST", "/v1/enrolments", "", now_ms(), uuid.uuid4().hex, body)
        headers = signed_headers(private_key, signed)
        return lambda: client.post("/v1/enrolments", content=body, headers=headers).status_code

    honest = call(code, key, public_key_of(key))
    with client:
        with without_effect(hq.engine):
            assert 401 == call(code, stranger, public_key_of(key))()
        assert 200 == honest()
        with without_effect(hq.engine):
            assert [200, 403] == [honest(), call(code, stranger, public_key_of(stranger))()]
        long_ago = update(tables.enrolment_code).values(expires_at_ms=now_ms() - 1)
        with hq.engine.begin() as connection:
            connection.execute(long_ago)
        with without_effect(hq.engine):
            assert 403 == honest()


def test_that_a_till_that_was_shut_out_does_nothing(hq: RunningHq, journal: Journal, client: httpx.Client) -> None:
    with hq.engine.begin() as connection:
        revoke_terminal(connection, journal.enrolled.terminal_number)
    batch, *others = calls(journal)
    with client:
        assert 403 == batch.send(client)
        with without_effect(hq.engine):
            assert {403} == {call.send(client) for call in (batch, *others)}
