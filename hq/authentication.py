"""Who is calling: the signature over a request, against the key that the till enrolled with."""

import re

import msgspec
from sqlalchemy import Connection, Engine, delete
from sqlalchemy.dialects import postgresql, sqlite

from hq import tables
from hq.refusals import RefusedError
from hq.terminals import Terminal, find_terminal, note_contact
from pos_app.protocol.messages import ErrorCode
from pos_app.protocol.signing import FRESH_MS, NONCE_BYTES, RequestToSign, verify

_SIGNATURE_BYTES = 64
_TERMINAL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME_DIGITS_MAX = 16


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


def authenticate_fresh(engine: Engine, call: SignedCall, *, now_ms: int) -> Terminal:
    """The till that signed this reading call just now, so that what someone recorded cannot be asked again.

    Raises ``RefusedError``: as ``authenticate_active``, STALE with our time when the call's is too far off, UNAUTHENTICATED when it
    is a repetition. The nonces of the last minutes are in the database, whichever worker answers.
    """
    with engine.begin() as connection:
        terminal = authenticate_fresh_in(connection, call, now_ms=now_ms)
        note_contact(connection, terminal, now_ms=now_ms, clock_drift_ms=call.request.time_ms - now_ms)
    return terminal


def authenticate_fresh_in(connection: Connection, call: SignedCall, *, now_ms: int) -> Terminal:
    """The same inside the transaction that serves the call: the nonce is used up if and only if that commits."""
    terminal = authenticate_active(connection, call)
    if abs(call.request.time_ms - now_ms) > FRESH_MS:
        raise RefusedError(ErrorCode.STALE, hq_time_ms=now_ms)
    if not _is_first(connection, call.request, now_ms=now_ms):
        raise RefusedError(ErrorCode.UNAUTHENTICATED)
    return terminal


def forget_nonces(engine: Engine, *, now_ms: int) -> int:
    """Drop the nonces that are too old to pass the check of the time; gives how many."""
    with engine.begin() as connection:
        old = delete(tables.nonce).where(tables.nonce.c.seen_at_ms < now_ms - 2 * FRESH_MS)
        return connection.execute(old).rowcount


def _is_first(connection: Connection, request: RequestToSign, *, now_ms: int) -> bool:
    row = postgresql.insert(tables.nonce) if connection.dialect.name == "postgresql" else sqlite.insert(tables.nonce)
    nonce = {"terminal_id": request.terminal_id, "nonce": request.nonce.lower(), "seen_at_ms": now_ms}
    kept = row.values(nonce).on_conflict_do_nothing().returning(tables.nonce.c.nonce)
    return connection.execute(kept).first() is not None
