"""The hash chain of a till's journal: an event's hash covers the one before it, its place and its bytes.

The chain of an incarnation starts at ``FIRST_SEQ`` with ``GENESIS`` before it. The same place with another hash is a fork: two
machines write under one name. A flipped bit on the disk breaks the chain at the damaged event.
"""

import hashlib
import struct
import uuid
from collections.abc import Iterable, Sequence

import msgspec

GENESIS = bytes(32)
FIRST_SEQ = 1
_PLACE = struct.Struct(">16sIQ")


class Envelope(msgspec.Struct, frozen=True):
    """Where an event stands: ``terminal_id`` (a UUID as text), ``incarnation`` (32 bits), gapless ``seq`` from 1 (64 bits)."""

    terminal_id: str
    incarnation: int
    seq: int

    def canonical(self) -> bytes:
        """The 28 bytes that are hashed: the UUID's 16, then both numbers, big endian."""
        return _PLACE.pack(uuid.UUID(self.terminal_id).bytes, self.incarnation, self.seq)


class Link(msgspec.Struct, frozen=True):
    """One event as it is stored: its place, the hash before it, its bytes, and the hash that was written down for it."""

    envelope: Envelope
    prev_hash: bytes
    body: bytes
    hash: bytes


class ChainBrokenError(Exception):
    """The journal is not what was written. ``envelope`` is the first event that does not fit, ``reason`` says why:
    ``place`` (a missing, repeated or foreign event), ``prev_hash`` or ``hash`` (changed bytes).
    """

    def __init__(self, envelope: Envelope, reason: str) -> None:
        super().__init__(f"The chain breaks at event {envelope.seq} of incarnation {envelope.incarnation}: {reason}.")
        self.envelope = envelope
        self.reason = reason


def event_hash(prev_hash: bytes, envelope: Envelope, body: bytes) -> bytes:
    """SHA256(prev_hash ‖ envelope ‖ body), 32 bytes.

    >>> event_hash(GENESIS, Envelope("00000000-0000-0000-0000-000000000001", 1, 1), b"{}").hex()[:16]
    'f9b6e7deaa8a56f2'
    """
    digest = hashlib.sha256(prev_hash)
    digest.update(envelope.canonical())
    digest.update(body)
    return digest.digest()


def chain_hashes(prev_hash: bytes, first: Envelope, bodies: Sequence[bytes]) -> list[bytes]:
    """The hashes of ``bodies`` that follow one another, the first of them standing at ``first``."""
    terminal = uuid.UUID(first.terminal_id).bytes
    hashes = []
    for seq, body in enumerate(bodies, start=first.seq):
        digest = hashlib.sha256(prev_hash)
        digest.update(_PLACE.pack(terminal, first.incarnation, seq))
        digest.update(body)
        prev_hash = digest.digest()
        hashes.append(prev_hash)
    return hashes


def verify_chain(links: Iterable[Link], *, first: Envelope, prev_hash: bytes = GENESIS) -> bytes:
    """The hash at the end of ``links``, which must begin at ``first`` after ``prev_hash`` and have no hole.

    Without a link it is ``prev_hash``. Raises ``ChainBrokenError`` at the first event that does not fit.
    """
    expected = first
    for link in links:
        if link.envelope != expected:
            raise ChainBrokenError(link.envelope, "place")
        if link.prev_hash != prev_hash:
            raise ChainBrokenError(link.envelope, "prev_hash")
        prev_hash = event_hash(prev_hash, link.envelope, link.body)
        if link.hash != prev_hash:
            raise ChainBrokenError(link.envelope, "hash")
        expected = Envelope(expected.terminal_id, expected.incarnation, expected.seq + 1)
    return prev_hash
