"""What tills send beside events: every field of every message with values that it must not have."""

import json
import uuid
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from pos_app.protocol.messages import (
    INCARNATION_WISH_MAX,
    EnrolAnswer,
    EnrolRequest,
    HoldRequest,
    MalformedError,
    PersonalRecord,
    PersonalUpload,
    ProgrammeSetUpload,
    VersionedField,
    decode_message,
    encode_message,
)
from pos_app.protocol.signing import public_key_of
from tests.hq.abuse.digests import without_effect
from tests.hq.abuse.specimens import (
    NUMBERS,
    OTHER_TYPES,
    PROGRAMMES,
    PROGRAMMES_BODY,
    STEP,
    TEXTS,
    as_bytes,
    places,
    replaced,
    value_at,
    without,
)
from tests.hq.abuse.wire import assert_alive, prepared
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, now_ms, refusal, sale

NEW_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NEAR_IDS = (NEW_ID + "\n", NEW_ID.upper(), "{" + NEW_ID + "}", NEW_ID.replace("-", ""), "x" * 36)
MESSAGES: dict[str, msgspec.Struct] = {
    "/holds": HoldRequest(NEW_ID, "a", "shop", 1, str(uuid.UUID(int=1))),
    "/personal-records": PersonalUpload((PersonalRecord("a", {"name": VersionedField("Ana", 1, 1)}),)),
    "/programme-sets": ProgrammeSetUpload(PROGRAMMES.hash, PROGRAMMES_BODY),
}


def spoilt(message: msgspec.Struct) -> Iterator[bytes]:
    """The message with everything done to it that can be done to JSON."""
    tree = json.loads(encode_message(message))
    for at in places(tree, object):
        value = value_at(tree, at)
        others = NUMBERS if type(value) is int else (*TEXTS, *NEAR_IDS) if type(value) is str else ()
        yield from (as_bytes(replaced(tree, at, other)) for other in (*others, *OTHER_TYPES))
        if at:
            yield as_bytes(without(tree, at))
    for at in places(tree, dict):
        inner = value_at(tree, at)
        for name in ("\0", "x" * 300, "\ud800", "extra"):
            yield as_bytes(replaced(tree, at, inner | {name: next(iter(inner.values()))}))
    whole = as_bytes(tree)
    yield from (b"", b"null", b"[]", b'"x"', b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"\0" + whole, whole * 2)
    yield from (whole[:end] for end in range(1, len(whole), max(1, len(whole) // 20)))
    yield whole[:-1] + b"," + whole[1:]


def is_sound(body: bytes, kind: type[Any]) -> bool:
    """Whether it still is such a message."""
    try:
        decode_message(body, kind)
    except MalformedError:
        return False
    return True


@pytest.mark.parametrize("path", MESSAGES)
def test_that_what_is_not_the_message_is_refused_without_effect(
    hq: RunningHq, enrol: Enrol, journal: Journal, path: str
) -> None:
    prepared(hq, journal)
    bodies = list(spoilt(MESSAGES[path]))
    unsound = [body for body in bodies if not is_sound(body, type(MESSAGES[path]))]

    with without_effect(hq.engine):
        assert {(400, "MALFORMED")} == {refusal(journal.post(path, body)) for body in unsound[:: min(STEP, 3)]}
    statuses = {journal.post(path, body).status for body in bodies if body not in unsound}

    assert statuses <= {200, 400}
    assert_alive(hq, enrol())


def test_that_what_is_no_enrolment_is_refused_without_effect(hq: RunningHq, journal: Journal) -> None:
    code = create_enrolment_code(hq.engine, "store-1", now_ms=now_ms())
    wish = EnrolRequest(code, public_key_of(journal.private_key), 7, NEW_ID, 1)

    def answer(body: bytes) -> tuple[int, str]:
        return refusal(journal.client.call("POST", "/v1/enrolments", terminal_id="", time_ms=now_ms(), body=body))

    other_code = encode_message(msgspec.structs.replace(wish, code="0000-0000-0000"))
    unsound = [body for body in spoilt(wish) if not is_sound(body, EnrolRequest)]
    with without_effect(hq.engine):
        assert {(400, "MALFORMED")} == {answer(body) for body in unsound}
        assert (403, "CODE_REFUSED") == answer(other_code)


def test_that_an_incarnation_leaves_room_for_the_next(hq: RunningHq, enrol: Enrol) -> None:
    first = enrol()

    def wish(incarnation: int, **changes: object) -> tuple[int, bytes]:
        code = create_enrolment_code(hq.engine, "store-1", now_ms=now_ms(), **changes)  # type: ignore[arg-type]
        body = encode_message(EnrolRequest(code, public_key_of(first.private_key), 0, first.terminal_id, incarnation))
        answer = first.client.call("POST", "/v1/enrolments", terminal_id="", time_ms=now_ms(), body=body)
        return answer.status, answer.body

    for changes in ({}, {"terminal_number": first.enrolled.terminal_number}):
        status, body = wish(INCARNATION_WISH_MAX, **changes)
        assert (200, INCARNATION_WISH_MAX + 1) == (status, decode_message(body, EnrolAnswer).incarnation)
        assert 400 == wish(INCARNATION_WISH_MAX + 1, **changes)[0]


def test_that_what_is_no_batch_is_refused_without_effect(hq: RunningHq, journal: Journal) -> None:
    journal.append(sale())
    tree = msgspec.to_builtins(journal.batch(), builtin_types=(bytes,))
    others: list[object] = [
        *NUMBERS[:7],
        -(2**63),
        1.5,
        float("nan"),
        None,
        True,
        "",
        "\0",
        b"",
        b"x" * 31,
        [],
        {},
        [1],
        NEW_ID,
    ]
    bodies = [
        msgspec.msgpack.encode(replaced(tree, at, other))
        for at in places(tree, object)
        for other in others
        if at not in {("protocol",), ("bodies", 0)} and not (at == ("bodies",) and other == b"x" * 31)
    ]
    whole = msgspec.msgpack.encode(tree)
    bodies += [whole[:end] for end in range(0, len(whole), 97)]
    bodies += [b"\x91" * 100_000, b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xffx", whole + b"\0", b"\xc1", b"\x80"]

    with without_effect(hq.engine):
        answers = {refusal(journal.post("/batches", zlib.compress(body))) for body in bodies}
    journal.upload()

    assert answers <= {(400, "MALFORMED"), (409, "GAP"), (409, "FORK"), (410, "FENCED"), (426, "UPGRADE")}
