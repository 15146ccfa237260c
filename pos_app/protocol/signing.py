"""Ed25519 signatures of requests: one scheme for all of them.

Signed are the method, the path with its query, the till's id, its time, a nonce and the SHA-256 of the body exactly as sent. So
the signature can be checked before anything is unpacked. The time never decides about an upload: repeating one has no effect,
and a till whose clock is wrong must not be locked out. Where a repetition would give something away (reading) or have an
effect on another day (a hold that was refused), HQ wants a time near its own and answers ``STALE`` with its clock otherwise; the
till then signs by HQ's clock.
"""

import hashlib

import msgspec

TERMINAL_HEADER = "X-Pos-Terminal"
TIME_HEADER = "X-Pos-Time"
NONCE_HEADER = "X-Pos-Nonce"
SIGNATURE_HEADER = "X-Pos-Signature"
ANSWER_SIGNATURE_HEADER = "X-Pos-Answer-Signature"
NONCE_BYTES = 16
FRESH_MS = 300_000
"""How far the time of a reading request or of a hold may be from HQ's clock."""
_SCHEME = b"pos-app request 1\n"
_ANSWER_SCHEME = b"pos-app answer 1\n"


class RequestToSign(msgspec.Struct, frozen=True):
    """What a signature covers. ``path`` begins with a slash and includes the query; ``nonce`` is hexadecimal.

    ``terminal_id`` is empty for a till that has none yet.
    """

    method: str
    path: str
    terminal_id: str
    time_ms: int
    nonce: str
    body: bytes

    def canonical(self) -> bytes:
        """The bytes that are signed; no field but the last may hold a line break, and headers and paths cannot."""
        fields = (self.method, self.path, self.terminal_id, str(self.time_ms), self.nonce)
        return _SCHEME + "\n".join(fields).encode() + b"\n" + hashlib.sha256(self.body).digest()


def answer_to_sign(*, terminal_id: str, nonce: str, body: bytes) -> bytes:
    """The bytes by which HQ signs an answer: bound to the till and to the one request (its ``nonce``) that it answers."""
    return _ANSWER_SCHEME + f"{terminal_id}\n{nonce}\n".encode() + hashlib.sha256(body).digest()


def create_private_key() -> bytes:
    """A new private key, 32 bytes from the system's randomness."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private_key: bytes) -> bytes:
    """The public key that belongs to a private one, 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def sign(private_key: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes; the same for the same message."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private_key).sign(message)


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of the key signed this; False, never an error, for rubbish of any length."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_headers(private_key: bytes, request: RequestToSign) -> dict[str, str]:
    """The headers that carry the signature of ``request``."""
    return {
        TERMINAL_HEADER: request.terminal_id,
        TIME_HEADER: str(request.time_ms),
        NONCE_HEADER: request.nonce,
        SIGNATURE_HEADER: sign(private_key, request.canonical()).hex(),
    }
