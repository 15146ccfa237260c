"""The mirror's file: what is in it, what a power cut leaves of it, and what a flipped bit does to it."""

from pathlib import Path

import pytest

from pos_app.errors import InputError
from pos_app.protocol.chain import GENESIS, Envelope, event_hash
from storage import mirror
from storage.mirror import (
    APPEND_BYTES_MAX,
    HEAD,
    Durable,
    MirroredEvent,
    MirrorFile,
    Record,
    compact,
    doubled_places,
    read_mirror,
)

NAME = "01890a5d-ac96-474b-bcce-b302099a8057"


def events(count: int) -> list[MirroredEvent]:
    made: list[MirroredEvent] = []
    prev_hash = GENESIS
    for seq in range(1, count + 1):
        place, body = Envelope(NAME, 1, seq), f'{{"n":{seq}}}'.encode()
        digest = event_hash(prev_hash, place, body)
        made.append(MirroredEvent(place, prev_hash, digest, body))
        prev_hash = digest
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till.mirror"


def write(path: Path, *records: Record) -> Record | None:
    """Append; gives what the file ended with before."""
    file = MirrorFile(path)
    file.append(records)
    file.close()
    return file.last


def test_that_what_was_appended_is_read_again_and_only_by_its_owner(path: Path) -> None:
    first, second, third = events(3)
    durable = Durable(Envelope(NAME, 1, 2))
    assert write(path, first, second, durable) is None
    assert second == write(path, third)
    assert [first, second, durable, third] == list(read_mirror(path))
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("cut", [1, 5, 30, 90])
def test_that_a_torn_last_record_is_cut_off_cleanly(path: Path, cut: int) -> None:
    first, second = events(2)
    write(path, first, second)
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-cut])
    assert [first] == list(read_mirror(path))
    assert first == write(path, second)
    assert ([first, second], whole) == (list(read_mirror(path)), path.stat().st_size)


def test_that_a_tail_of_zeros_is_cut_off(path: Path) -> None:
    first, second = events(2)
    write(path, first)
    path.write_bytes(path.read_bytes() + bytes(500))
    assert [first] == list(read_mirror(path))
    assert first == write(path, second)
    assert [first, second] == list(read_mirror(path))


@pytest.mark.parametrize("length", [0, 3, len(HEAD) - 1])
def test_that_a_file_that_was_hardly_begun_is_begun_anew(path: Path, length: int) -> None:
    path.write_bytes(HEAD[:length])
    assert write(path, *events(1)) is None
    assert events(1) == list(read_mirror(path))


def test_that_a_flipped_bit_costs_one_record_and_no_other(path: Path) -> None:
    first, second, third = events(3)
    write(path, first, second, third)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b'{"n":2}') + 5] ^= 1
    path.write_bytes(raw)
    assert [first, None, third] == list(read_mirror(path))
    assert third == write(path)


def test_that_a_long_tail_that_makes_no_sense_is_kept_aside(path: Path) -> None:
    first, second = events(2)
    write(path, first)
    path.write_bytes(path.read_bytes() + b"\xff" * (4 * APPEND_BYTES_MAX))
    assert write(path, second) is None
    assert [second] == list(read_mirror(path))
    (aside,) = path.parent.glob("*.damaged-*")
    assert [first] == list(read_mirror(aside))


def test_that_a_length_that_is_wrong_costs_what_it_spans_and_nothing_behind(path: Path) -> None:
    first, second, third, fourth = events(4)
    write(path, first, second, third, fourth)
    raw = bytearray(path.read_bytes())
    for length in (b"\x00\x00\x00\x60", b"\xff\xff\xff\xff", b"\x00\x00\x01\x00"):
        at = raw.index(second.envelope.canonical()) - 5
        raw[at : at + 4] = length
        path.write_bytes(raw)
        assert [first, None, third, fourth] == list(read_mirror(path))
        assert fourth == write(path)


def test_that_damage_behind_a_wrong_length_is_passed_over(path: Path) -> None:
    first, second, third = events(3)
    write(path, first, second, third)
    raw = bytearray(path.read_bytes())
    at = raw.index(first.envelope.canonical()) - 5
    raw[at : at + 4] = b"\xff\xff\xff\xff"
    raw[raw.index(b'{"n":2}') + 5] ^= 1
    path.write_bytes(raw)
    assert [third] == [record for record in read_mirror(path) if record is not None]
    assert third == write(path)


def test_that_a_long_file_is_opened_by_its_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = events(100)
    write(path, *made)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    seen: list[int] = []
    decode = mirror._decoded
    monkeypatch.setattr(mirror, "_TAIL_BYTES", 500)

    def counted(raw: bytes) -> Record | None:
        seen.append(1)
        return decode(raw)

    monkeypatch.setattr(mirror, "_decoded", counted)
    assert made[-1] == write(path, Durable(Envelope(NAME, 1, 2)))
    assert 10 > len(seen)
    assert 101 == len(list(read_mirror(path)))


def test_that_a_tail_without_an_event_is_searched_further_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_TAIL_BYTES", 50)
    monkeypatch.setattr(mirror, "_BLOCK_BYTES", 64)
    made = events(20)
    write(path, *made, *[Durable(Envelope(NAME, 1, seq)) for seq in range(20)])
    assert made[-1] == write(path)
    only_durable = path.with_name("other")
    write(only_durable, *[Durable(Envelope(NAME, 1, seq)) for seq in range(20)])
    assert None is write(only_durable, *made)
    assert 40 == len(list(read_mirror(only_durable)))


def durable(seq: int) -> Durable:
    return Durable(Envelope(NAME, 1, seq))


def always() -> bool:
    return True


def test_that_a_compacted_file_has_what_must_stay_and_goes_on(path: Path) -> None:
    made = events(6)
    write(path, *made[:3], durable(2), *made[3:5], durable(4))
    assert compact(path, {(NAME, 1): 3}, goes_on=always)
    assert [*made[3:5], durable(4)] == list(read_mirror(path))
    assert 0o600 == path.stat().st_mode & 0o777
    assert made[4] == write(path, made[5])
    assert [path] == list(path.parent.iterdir())


def test_that_both_events_of_one_place_stay_in_a_compacted_file(path: Path) -> None:
    first, second, third = events(3)
    body = b"of the disk that was put back"
    other = MirroredEvent(second.envelope, first.hash, event_hash(first.hash, second.envelope, body), body)
    write(path, first, second, first, other, third)
    assert {second.envelope} == doubled_places(path)
    assert compact(path, {(NAME, 1): 3}, goes_on=always)
    assert [second, other] == list(read_mirror(path))


def test_that_damage_and_other_names_stay_in_a_compacted_file(path: Path) -> None:
    first, second, third, fourth = events(4)
    write(path, first, second, third, fourth)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b'{"n":2}') + 5] ^= 1
    path.write_bytes(raw)
    assert compact(path, {(NAME, 1): 3}, goes_on=always)
    assert [None, fourth] == list(read_mirror(path))
    whole = path.read_bytes()
    assert not compact(path, {("01890a5d-ac96-474b-bcce-b302099a8058", 1): 9, (NAME, 2): 9}, goes_on=always)
    assert whole == path.read_bytes()


def test_that_compacting_gives_way_and_leaves_the_file_as_it_was(path: Path) -> None:
    write(path, *events(3))
    whole = path.read_bytes()
    path.with_name("till.mirror.new").write_bytes(b"of a power cut")
    assert not compact(path, {(NAME, 1): 3}, goes_on=iter([True, True, True, True, False]).__next__)
    assert (whole, [path]) == (path.read_bytes(), list(path.parent.iterdir()))
    write(path.with_name("none"))
    assert not compact(path.with_name("none"), {(NAME, 1): 3}, goes_on=always)


def test_that_a_file_that_is_no_mirror_is_not_compacted(path: Path) -> None:
    path.write_bytes(b"Something that somebody wants to keep.")
    with pytest.raises(InputError, match="not a mirror"):
        compact(path, {(NAME, 1): 9}, goes_on=always)
    assert b"Something that somebody wants to keep." == path.read_bytes()


def test_that_a_record_of_an_unknown_kind_is_one_that_cannot_be_read(path: Path) -> None:
    write(path, Durable(Envelope(NAME, 1, 1)))
    path.write_bytes(path.read_bytes().replace(b"D", b"X"))
    assert [None] == list(read_mirror(path))


def test_that_another_file_is_no_mirror_and_stays_as_it_is(path: Path) -> None:
    path.write_bytes(b"Something that somebody wants to keep.")
    for use in (lambda: MirrorFile(path), lambda: list(read_mirror(path))):
        with pytest.raises(InputError, match="not a mirror"):
            use()
    assert b"Something that somebody wants to keep." == path.read_bytes()


def test_that_a_file_that_is_not_there_cannot_be_read(path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read_mirror(path))
