"""The code of a coupon: what its paper says, and whether its batch made it.

Written out, a code is ``POSK`` and 19 characters of base 32: five of the batch, four of the number in it, nine of a MAC (the first 45
bits of HMAC-SHA256 by the batch's secret), and one that checks the others. Who does not have the secret finds a code with one try in
2^45. The last character tells what was mistyped from what was made up: it finds every wrong character and every two that changed places.
"""

import hashlib
import hmac

import msgspec

from pos_app.model.coupons import coupon_id
from pos_app.protocol import base32

PREFIX = "POSK"
SECRET_BYTES = 32
BATCH_CHARACTERS = 5
CODE_CHARACTERS = 23
TYPED_CHARACTERS_MAX = 64
_SERIAL_CHARACTERS = 4
_MAC_CHARACTERS = 9
_MAC_BYTES = 6
_MAC_SPARE_BITS = 3
_PURPOSE = b"pos-app coupon 1\0"
_BATCH_ENDS = BATCH_CHARACTERS
_SERIAL_ENDS = _BATCH_ENDS + _SERIAL_CHARACTERS
_MAC_ENDS = _SERIAL_ENDS + _MAC_CHARACTERS
_FIELD_BITS = 0b100000
_FIELD_POLYNOMIAL = 0b100101


class CouponCode(msgspec.Struct, frozen=True):
    """What a code says. ``is_genuine`` says whether the batch with this secret made it."""

    batch_id: str
    serial: int
    mac: int

    @property
    def coupon_id(self) -> str:
        """What the coupon is called in events and logs."""
        return coupon_id(self.batch_id, self.serial)

    def is_genuine(self, secret: bytes) -> bool:
        """Whether the holder of the batch's secret made the code, compared in constant time."""
        made = _mac(secret, self.batch_id, self.serial)
        return hmac.compare_digest(made.to_bytes(_MAC_BYTES, "big"), self.mac.to_bytes(_MAC_BYTES, "big"))


def coupon_code(secret: bytes, batch_id: str, serial: int) -> str:
    """The code of one coupon, capitals and digits only.

    >>> coupon_code(bytes(32), "7KQ2M", 42)
    'POSK7KQ2M001AX4Z39BQ5AC'
    >>> read_coupon("posk 7kq2m-oo1a-x4z-39b-q5ac") == read_coupon(coupon_code(bytes(32), "7KQ2M", 42))
    True
    """
    serial_text = base32.encode(serial, _SERIAL_CHARACTERS)
    body = batch_id + serial_text + base32.encode(_mac(secret, batch_id, serial), _MAC_CHARACTERS)
    code = PREFIX + body + base32.encode(_check(body), 1)
    assert len(code) == CODE_CHARACTERS
    return code


def spaced(code: str) -> str:
    """A code in groups, for people to type.

    >>> spaced("POSK7KQ2M001AX4Z39BQ5AC")
    'POSK 7KQ2M 001A X4Z39 BQ5AC'
    """
    return " ".join((code[:4], code[4:9], code[9:13], code[13:18], code[18:]))


def looks_like_coupon(text: str) -> bool:
    """Whether a scanned or typed text means to be such a code."""
    return text.strip().upper().startswith(PREFIX)


def read_coupon(text: str) -> CouponCode | None:
    """What a code says, true or not, case, spaces and hyphens forgiven; None for one that was mistyped, or is none."""
    if len(text) > TYPED_CHARACTERS_MAX or not text.isascii() or not looks_like_coupon(text):
        return None
    body = base32.normalise(text.strip()[len(PREFIX) :])
    if len(body) != CODE_CHARACTERS - len(PREFIX):
        return None
    try:
        check = base32.decode(body[_MAC_ENDS:])
        serial = base32.decode(body[_BATCH_ENDS:_SERIAL_ENDS])
        mac = base32.decode(body[_SERIAL_ENDS:_MAC_ENDS])
        if _check(body[:_MAC_ENDS]) != check:
            return None
    except ValueError:
        return None
    return CouponCode(body[:_BATCH_ENDS], serial, mac)


def _mac(secret: bytes, batch_id: str, serial: int) -> int:
    digest = hmac.digest(secret, _PURPOSE + f"{batch_id}-{serial}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:_MAC_BYTES], "big") >> _MAC_SPARE_BITS


def _check(body: str) -> int:
    """Each character weighed by another power of a generator of the field of 32: no two weights are equal within 31 characters.

    So one wrong character and any two that changed places give another sum. A check of the same alphabet, unlike ISO 7064's.
    """
    total = 0
    for character in body:
        total = _doubled(total ^ base32.decode(character))
    return total


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _FIELD_POLYNOMIAL if value & _FIELD_BITS else value
