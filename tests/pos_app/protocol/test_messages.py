import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol import messages
from pos_app.protocol.chain import GENESIS, Envelope
from pos_app.protocol.messages import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    Batch,
    BatchAnswer,
    ErrorAnswer,
    ErrorCode,
    MalformedError,
    PersonalRecord,
    PersonalUpload,
    TooLargeError,
    VersionedField,
    decode_batch,
    decode_message,
    encode_batch,
    encode_message,
)

TERMINAL = "01890a5d-ac96-474b-bcce-b302099a8057"


def batch(*bodies: bytes, first_seq: int = 1) -> Batch:
    return Batch(TERMINAL, 1, first_seq, GENESIS, bodies)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=20), st.integers(1, 2**40))
def test_that_a_batch_survives_the_journey(bodies: list[bytes], first_seq: int) -> None:
    sent = batch(*bodies, first_seq=first_seq)

    assert sent == decode_batch(encode_batch(sent))


def test_that_a_batch_knows_its_ends() -> None:
    sent = batch(b"a", b"b", b"c", first_seq=7)

    assert (Envelope(TERMINAL, 1, 7), 9) == (sent.first, sent.last_seq)


@given(st.binary(max_size=400))
def test_that_rubbish_is_malformed_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_batch(raw)


@given(st.data())
def test_that_a_batch_cut_anywhere_is_malformed(data: st.DataObject) -> None:
    raw = encode_batch(batch(b"some", b"bodies", b"x" * 300))
    cut = data.draw(st.integers(0, len(raw) - 1))

    with pytest.raises(MalformedError):
        decode_batch(raw[:cut])


def test_that_bytes_behind_a_batch_are_malformed() -> None:
    with pytest.raises(MalformedError):
        decode_batch(encode_batch(batch(b"a")) + b"more")


def test_that_the_largest_batch_is_taken() -> None:
    sent = batch(*[b"x" * (BATCH_BYTES_MAX // BATCH_EVENTS_MAX)] * BATCH_EVENTS_MAX)

    assert sent == decode_batch(encode_batch(sent))


def test_that_one_event_too_many_is_too_large() -> None:
    with pytest.raises(TooLargeError):
        decode_batch(encode_batch(batch(*[b"x"] * (BATCH_EVENTS_MAX + 1))))


def test_that_one_byte_too_many_is_too_large() -> None:
    with pytest.raises(TooLargeError):
        decode_batch(encode_batch(batch(b"x" * (BATCH_BYTES_MAX + 1))))


def test_that_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)

    tracemalloc.start()
    with pytest.raises(TooLargeError):
        decode_batch(bomb)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 10_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"terminal_id": "not-a-uuid"},
        {"terminal_id": TERMINAL.upper()},
        {"incarnation": 0},
        {"first_seq": 0},
        {"prev_hash": b"short"},
        {"bodies": ()},
    ],
)
def test_that_a_batch_with_a_field_out_of_bounds_is_malformed(changes: dict[str, object]) -> None:
    raw = zlib.compress(msgspec.msgpack.encode(msgspec.structs.replace(batch(b"a"), **changes)))

    with pytest.raises(MalformedError):
        decode_batch(raw)


def test_that_a_newer_side_may_add_fields() -> None:
    newer = {**msgspec.to_builtins(BatchAnswer(5, 4, 1, 1000)), "added_later": {"x": 1}}

    assert BatchAnswer(5, 4, 1, 1000) == decode_message(msgspec.json.encode(newer), BatchAnswer)


def test_that_an_unknown_code_of_an_error_is_still_an_error_answer() -> None:
    assert ErrorAnswer("SOMETHING_NEW") == decode_message(b'{"code":"SOMETHING_NEW"}', ErrorAnswer)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"acked_seq":-1}', b"\xff\xfe", b"[" * 100_000])
def test_that_an_answer_that_is_none_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_message(raw, BatchAnswer)


def test_that_personal_records_survive_the_journey() -> None:
    sent = PersonalUpload((PersonalRecord("ref", {"name": VersionedField("Ана Šarić", 2, 1000)}),))

    assert sent == decode_message(encode_message(sent), PersonalUpload)


def test_that_no_text_of_a_message_may_hold_a_nul() -> None:
    with pytest.raises(MalformedError):
        decode_message(b'{"records":[{"account_ref":"a\\u0000b","fields":{}}]}', PersonalUpload)


def test_that_every_code_is_its_own_name() -> None:
    assert [code.name for code in ErrorCode] == [code.value for code in ErrorCode]


def test_that_a_message_cannot_exceed_what_a_till_reads() -> None:
    assert messages.ANSWER_BYTES_MAX > messages.REQUEST_BYTES_MAX > BATCH_BYTES_MAX
