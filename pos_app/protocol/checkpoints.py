"""A checkpoint vouches for the pruned beginning of a till's chain: its place, the hash there, and the till's own signature.

The bodies up to it are gone, so their hashes cannot be computed again. Whoever verifies the chain starts behind the checkpoint, with
its hash as the hash before the first event that is left.
"""

import msgspec

from pos_app.protocol.chain import Envelope
from pos_app.protocol.signing import sign, verify

_SCHEME = b"pos-app checkpoint 1\n"


class Checkpoint(msgspec.Struct, frozen=True):
    """Where pruning of one chain has come to: the last pruned event's place and hash (32 bytes), signed (64 bytes)."""

    envelope: Envelope
    hash: bytes
    signature: bytes


def sign_checkpoint(private_key: bytes, envelope: Envelope, digest: bytes) -> Checkpoint:
    """The checkpoint at this event, whose hash is ``digest``, signed with the till's key."""
    return Checkpoint(envelope, digest, sign(private_key, _to_sign(envelope, digest)))


def is_genuine(checkpoint: Checkpoint, public_key: bytes) -> bool:
    """Whether the till with this key made the checkpoint, and nobody has changed it since.

    >>> from pos_app.protocol.signing import create_private_key, public_key_of
    >>> key = create_private_key()
    >>> place = Envelope("00000000-0000-0000-0000-000000000001", 1, 7)
    >>> made = sign_checkpoint(key, place, bytes(32))
    >>> is_genuine(made, public_key_of(key)), is_genuine(made, bytes(32))
    (True, False)
    """
    return verify(public_key, checkpoint.signature, _to_sign(checkpoint.envelope, checkpoint.hash))


def _to_sign(envelope: Envelope, digest: bytes) -> bytes:
    return _SCHEME + envelope.canonical() + digest
