"""Who is calling: the signature over a request, against the key that the till enrolled with."""

import re
import threading
from collections import OrderedDict

import msgspec
from sqlalchemy import Connection

from hq.refusals import RefusedError
from hq.terminals import Terminal, find_terminal
from pos_app.protocol.messages import ErrorCode
from pos_app.protocol.signing import FRESH_MS, NONCE_BYTES, RequestToSign, verify

_SIGNATURE_BYTES = 64
_TERMINAL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME_DIGITS_MAX = 16
_NONCES_MAX = 100_000


class SignedCall(msgspec.Struct, frozen=True):
    """A request as it came, with the signature that it claims."""

    request: RequestToSign
    signature: bytes

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the owner of this key sent exactly this."""
        return verify(public_key, self.signature, self.request.canonical())


def read_signed_call(
    *, method: str, path: str, body: bytes, terminal_id: str, time_ms: str, nonce: str, signature: str
) -> SignedCall:
    """The request with its four headers as they came; raises ``RefusedError`` (401) for headers that cannot be signed ones."""
    try:
        signature_bytes = bytes.fromhex(signature)
        nonce_fits = len(bytes.fromhex(nonce)) == NONCE_BYTES
    except ValueError as error:
        raise RefusedError(ErrorCode.UNAUTHENTICATED) from error
    terminal_fits = terminal_id == "" or _TERMINAL_ID.fullmatch(terminal_id) is not None
    time_fits = time_ms.isascii() and time_ms.isdigit() and len(time_ms) <= _TIME_DIGITS_MAX
    if not (terminal_fits and time_fits and nonce_fits and len(signature_bytes) == _SIGNATURE_BYTES):
        raise RefusedError(ErrorCode.UNAUTHENTICATED)
    return SignedCall(RequestToSign(method, path, terminal_id, int(time_ms), nonce, body), signature_bytes)


def authenticate(connection: Connection, call: SignedCall) -> Terminal:
    """The till that signed this call; raises ``RefusedError`` (401) for an unknown till or another key."""
    terminal = find_terminal(connection, call.request.terminal_id) if call.request.terminal_id else None
    if terminal is None or not call.is_signed_by(terminal.public_key):
        raise RefusedError(ErrorCode.UNAUTHENTICATED)
    return terminal


def authenticate_active(connection: Connection, call: SignedCall) -> Terminal:
    """The same, and raise ``RefusedError`` (403) for a till that was shut out."""
    terminal = authenticate(connection, call)
    if terminal.revoked:
        raise RefusedError(ErrorCode.REVOKED)
    return terminal


class Freshness:
    """Refuses a reading request that is old or was seen before, so that what someone recorded cannot be asked again.

    The nonces of the last minutes are kept in memory, at most so many. Any thread may call it.
    """

    def __init__(self, *, nonces_max: int = _NONCES_MAX) -> None:
        self._nonces_max = nonces_max
        self._seen: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, call: SignedCall, *, now_ms: int) -> None:
        """Raise ``RefusedError``: STALE with our time when the call's is too far off, UNAUTHENTICATED when it is a repetition."""
        request = call.request
        if abs(request.time_ms - now_ms) > FRESH_MS:
            raise RefusedError(ErrorCode.STALE, hq_time_ms=now_ms)
        key = (request.terminal_id, request.nonce)
        with self._lock:
            self._forget(now_ms)
            if key in self._seen:
                raise RefusedError(ErrorCode.UNAUTHENTICATED)
            self._seen[key] = now_ms

    def _forget(self, now_ms: int) -> None:
        """Drop what is too old to pass the first check, and the oldest beyond the limit."""
        while self._seen:
            oldest = next(iter(self._seen.values()))
            if len(self._seen) < self._nonces_max and now_ms - oldest <= 2 * FRESH_MS:
                return
            self._seen.popitem(last=False)
