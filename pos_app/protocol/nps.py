"""The one-time code of the question on the receipt: HQ can check it before the sale itself arrives.

A till holds a key of its own that HQ derives from its master key. The code is an HMAC over the event's id, cut to 50 bits: ten
characters that a customer can type. The link holds the till's number, the event's id and the code.
"""

import hashlib
import hmac
import uuid

import msgspec

from pos_app.model.identifiers import TERMINAL_NUMBER_MAX
from pos_app.protocol import base32

CODE_LENGTH = 10
"""Characters of 5 bits each."""
_EVENT_LENGTH = 26
_UUID_BITS = 128
_NUMBER_DIGITS_MAX = len(str(TERMINAL_NUMBER_MAX))
_TOKEN_PARTS = 3
_PURPOSE = b"pos-app nps 1\0"


class NpsToken(msgspec.Struct, frozen=True):
    """What a link claims; ``check`` says whether it is true."""

    terminal_number: int
    event_id: str
    code: str


def terminal_nps_key(master_key: bytes, terminal_id: str) -> bytes:
    """The key of one till, 32 bytes."""
    return hmac.digest(master_key, _PURPOSE + uuid.UUID(terminal_id).bytes, hashlib.sha256)


def one_time_code(nps_key: bytes, event_id: str) -> str:
    """The code of one event: 10 characters, 50 bits.

    >>> one_time_code(bytes(32), "01890a5d-ac96-774b-bcce-b302099a8057")
    'MZ60C0ESMM'
    """
    tag = hmac.digest(nps_key, _PURPOSE + uuid.UUID(event_id).bytes, hashlib.sha256)
    return base32.encode(int.from_bytes(tag[:8], "big") >> 64 - 5 * CODE_LENGTH, CODE_LENGTH)


def spaced(code: str) -> str:
    """The code as paper shows it, in two halves.

    >>> spaced("ABCDEFGHJK")
    'ABCDE-FGHJK'
    """
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def nps_token(*, terminal_number: int, event_id: str, nps_key: bytes) -> str:
    """``{terminal number}-{event id}-{code}``, all of it base 32 or digits."""
    event = base32.encode(uuid.UUID(event_id).int, _EVENT_LENGTH)
    return f"{terminal_number}-{event}-{one_time_code(nps_key, event_id)}"


def nps_url(*, base: str, terminal_number: int, event_id: str, nps_key: bytes) -> str:
    """The link for the receipt's QR code: ``{base}/n/{token}``."""
    token = nps_token(terminal_number=terminal_number, event_id=event_id, nps_key=nps_key)
    return f"{base.rstrip('/')}/n/{token}"


def parse_token(token: str) -> NpsToken | None:
    """What a link says, case and look-alikes forgiven; None for what is no token."""
    parts = token.split("-")
    if len(parts) != _TOKEN_PARTS or not (
        parts[0].isascii() and parts[0].isdigit() and len(parts[0]) <= _NUMBER_DIGITS_MAX
    ):
        return None
    number, event, code = int(parts[0]), base32.normalise(parts[1]), parse_code(parts[2])
    if not 1 <= number <= TERMINAL_NUMBER_MAX or len(event) != _EVENT_LENGTH or code is None:
        return None
    try:
        value = base32.decode(event)
    except ValueError:
        return None
    if value >> _UUID_BITS:
        return None
    return NpsToken(number, str(uuid.UUID(int=value)), code)


def parse_code(typed: str) -> str | None:
    """The code that someone typed, as ``one_time_code`` writes it; None if it cannot be one."""
    code = base32.normalise(typed)
    if len(code) != CODE_LENGTH:
        return None
    try:
        base32.decode(code)
    except ValueError:
        return None
    return code


def check(nps_key: bytes, event_id: str, code: str) -> bool:
    """Whether ``code`` belongs to the event, compared in constant time."""
    return hmac.compare_digest(one_time_code(nps_key, event_id).encode(), code.encode())
