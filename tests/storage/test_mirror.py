"""The mirror's file: what is in it, what a power cut leaves of it, and what a flipped bit does to it."""

from pathlib import Path

import pytest

from pos_app.errors import InputError
from pos_app.protocol.chain import GENESIS, Envelope, event_hash
from storage.mirror import APPEND_BYTES_MAX, HEAD, Durable, MirroredEvent, MirrorFile, Record, read_mirror

NAME = "01890a5d-ac96-474b-bcce-b302099a8057"


def events(count: int) -> list[Record]:
    made: list[Record] = []
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
