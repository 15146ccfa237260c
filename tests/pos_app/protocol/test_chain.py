import hashlib
import uuid

import msgspec
import pytest

from pos_app.protocol.chain import GENESIS, ChainBrokenError, Envelope, Link, chain_hashes, event_hash, verify_chain

TERMINAL = "01890a5d-ac96-474b-bcce-b302099a8057"
FIRST = Envelope(TERMINAL, 1, 1)
BODIES = (b"one", b"two", b"three")


def links() -> list[Link]:
    hashes = chain_hashes(GENESIS, FIRST, BODIES)
    return [
        Link(Envelope(TERMINAL, 1, seq), prev_hash, body, digest)
        for seq, prev_hash, body, digest in zip((1, 2, 3), (GENESIS, *hashes), BODIES, hashes, strict=False)
    ]


def broken(chain: list[Link]) -> tuple[int, str]:
    with pytest.raises(ChainBrokenError) as raised:
        verify_chain(chain, first=FIRST)
    return raised.value.envelope.seq, raised.value.reason


def test_that_a_hash_covers_the_one_before_the_place_and_the_bytes() -> None:
    envelope = Envelope(TERMINAL, 2, 3)
    place = uuid.UUID(TERMINAL).bytes + (2).to_bytes(4, "big") + (3).to_bytes(8, "big")

    assert place == envelope.canonical()
    assert hashlib.sha256(b"\1" * 32 + place + b"body").digest() == event_hash(b"\1" * 32, envelope, b"body")


def test_that_hashing_a_run_equals_hashing_one_by_one() -> None:
    prev_hash, expected = GENESIS, []
    for seq, body in enumerate(BODIES, start=1):
        prev_hash = event_hash(prev_hash, Envelope(TERMINAL, 1, seq), body)
        expected.append(prev_hash)

    assert expected == chain_hashes(GENESIS, FIRST, BODIES)


def test_that_a_whole_chain_verifies_to_its_last_hash() -> None:
    assert links()[-1].hash == verify_chain(links(), first=FIRST)


def test_that_an_empty_chain_ends_where_it_began() -> None:
    assert b"\1" * 32 == verify_chain([], first=FIRST, prev_hash=b"\1" * 32)


def test_that_a_chain_can_be_verified_from_a_checkpoint_on() -> None:
    assert links()[-1].hash == verify_chain(links()[1:], first=Envelope(TERMINAL, 1, 2), prev_hash=links()[0].hash)


def test_that_a_flipped_bit_is_found_where_it_is() -> None:
    chain = links()
    chain[1] = msgspec.structs.replace(chain[1], body=b"twp")

    assert (2, "hash") == broken(chain)


def test_that_a_missing_event_is_found() -> None:
    chain = links()

    assert (3, "place") == broken([chain[0], chain[2]])


def test_that_an_event_after_another_one_than_before_is_found() -> None:
    chain = links()
    chain[2] = msgspec.structs.replace(chain[2], prev_hash=GENESIS)

    assert (3, "prev_hash") == broken(chain)


@pytest.mark.parametrize("other", [Envelope(TERMINAL, 2, 1), Envelope(str(uuid.uuid4()), 1, 1)])
def test_that_an_event_of_another_chain_is_found(other: Envelope) -> None:
    chain = [msgspec.structs.replace(links()[0], envelope=other)]

    assert (1, "place") == broken(chain)
