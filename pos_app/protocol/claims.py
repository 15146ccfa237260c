"""The signed code of a receipt: what a member can show when the till that sold lost its disk before it could send the sale.

The code names the event that was lost and the points that it gave and took, and a MAC that only the till and headquarters can
make. HQ books a claim under that event's id, so the event adds nothing when it comes after all. No personal data is in it: the
account appears as a check that says whether a given account is meant, and nothing to anyone who does not have that account.

Written out, the code is ``POSC`` and base 32 of these bytes: the version (1), the terminal's number, incarnation, sequence, earned
and burned units (each a variable-length whole number: seven bits a byte, the lowest first), the length of the issuer's name and the
name in UTF-8 (none for ``shop``), the event's id (16), the account's check (5), the MAC (10: the first 80 bits of HMAC-SHA256).
"""

import hashlib
import hmac
import uuid

import msgspec

from pos_app.model.identifiers import TERMINAL_NUMBER_MAX
from pos_app.protocol import base32

PREFIX = "POSC"
CODE_CHARACTERS_MAX = 260
CHECK_BYTES = 5
MAC_BYTES = 10
ISSUER_BYTES_MAX = 64
_VERSION = 1
_UUID_BYTES = 16
_INCARNATION_MAX = 2**31 - 1
_NUMBER_MAX = 2**62
_UNITS_MAX = 10**12
_COMMON_ISSUER = "shop"
_KEY_PURPOSE = b"pos-app claim key 1\0"
_PURPOSE = b"pos-app claim 1\0"
_CHECK_PURPOSE = b"pos-app claim account 1\0"
_BITS, _CHARACTER_BITS = 8, 5
_SEVEN_BITS, _MORE = 0x7F, 0x80


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt's code says: the event it stands for, whose it is, and the points of ``issuer`` that it gave and took.

    ``account_check`` is compared by ``is_account``. A till proves nothing by making a code for itself: HQ checks what it can.
    """

    terminal_number: int
    incarnation: int
    seq: int
    event_id: str
    account_check: bytes
    earned_units: int
    burned_units: int
    issuer: str = _COMMON_ISSUER

    def is_account(self, account_ref: str) -> bool:
        """Whether the receipt was of this account."""
        return hmac.compare_digest(self.account_check, account_check(self.event_id, account_ref))


class SignedClaim(msgspec.Struct, frozen=True):
    """A claim as it was read from a code; ``is_authentic`` says whether the till with this key made it."""

    claim: Claim
    signed: bytes
    mac: bytes

    def is_authentic(self, nps_key: bytes) -> bool:
        """Whether the holder of the till's key made the code, compared in constant time."""
        return hmac.compare_digest(self.mac, _mac(nps_key, self.signed))


def account_check(event_id: str, account_ref: str) -> bytes:
    """The check of an account in the code of one event: another one on every receipt, so that codes do not show who is who."""
    return hashlib.sha256(_CHECK_PURPOSE + uuid.UUID(event_id).bytes + account_ref.encode()).digest()[:CHECK_BYTES]


def claim_key(nps_key: bytes) -> bytes:
    """The key of a till's claims, 32 bytes, from its NPS key (``protocol.nps.terminal_nps_key``), which HQ can derive."""
    return hmac.digest(nps_key, _KEY_PURPOSE, hashlib.sha256)


def claim_code(claim: Claim, nps_key: bytes) -> str:
    """The code as the receipt has it: capitals and digits only, so that a QR code holds it tightly.

    >>> example = Claim(
    ...     terminal_number=7, incarnation=1, seq=123, event_id="01890a5d-ac96-774b-bcce-b302099a8057",
    ...     account_check=account_check("01890a5d-ac96-774b-bcce-b302099a8057", "account-1"), earned_units=30, burned_units=0,
    ... )
    >>> claim_code(example, bytes(32))
    'POSC043G2YRY0000328ABPP9CXTBQK7B60G9KA05EBZCQ105VDXYE9CHJEWH68FS6'
    >>> read_claim(claim_code(example, bytes(32))).claim == example
    True
    """
    signed = _bytes_of(claim)
    return PREFIX + _text_of(signed + _mac(nps_key, signed))


def looks_like_claim(text: str) -> bool:
    """Whether a scanned or typed text means to be such a code."""
    return text.strip().upper().startswith(PREFIX)


def read_claim(code: str) -> SignedClaim | None:
    """What a code says, true or not, case and spaces forgiven; None for what is no such code."""
    text = code.strip()
    if not looks_like_claim(text) or len(text) > CODE_CHARACTERS_MAX or not text.isascii():
        return None
    try:
        raw = _bytes_from(base32.normalise(text[len(PREFIX) :]))
        claim = _claim_of(_Reader(raw[:-MAC_BYTES]))
    except ValueError:
        return None
    return SignedClaim(claim, raw[:-MAC_BYTES], raw[-MAC_BYTES:])


def _mac(nps_key: bytes, signed: bytes) -> bytes:
    return hmac.digest(claim_key(nps_key), _PURPOSE + signed, hashlib.sha256)[:MAC_BYTES]


def _bytes_of(claim: Claim) -> bytes:
    issuer = b"" if claim.issuer == _COMMON_ISSUER else claim.issuer.encode()
    assert len(issuer) <= ISSUER_BYTES_MAX
    numbers = (claim.terminal_number, claim.incarnation, claim.seq, claim.earned_units, claim.burned_units, len(issuer))
    packed = b"".join(map(_packed, numbers))
    return bytes([_VERSION]) + packed + issuer + uuid.UUID(claim.event_id).bytes + claim.account_check


def _claim_of(reader: "_Reader") -> Claim:
    if reader.number(_VERSION) != _VERSION:
        raise ValueError("A version that is not known here.")
    terminal_number = reader.number(TERMINAL_NUMBER_MAX)
    incarnation = reader.number(_INCARNATION_MAX)
    seq = reader.number(_NUMBER_MAX)
    earned_units = reader.number(_UNITS_MAX)
    burned_units = reader.number(_UNITS_MAX)
    issuer = reader.take(reader.number(ISSUER_BYTES_MAX)).decode()
    event_id = str(uuid.UUID(bytes=reader.take(_UUID_BYTES)))
    check = reader.take(CHECK_BYTES)
    reader.end()
    if not (terminal_number and incarnation and seq):
        raise ValueError("Tills, incarnations and events are counted from 1.")
    return Claim(
        terminal_number=terminal_number,
        incarnation=incarnation,
        seq=seq,
        event_id=event_id,
        account_check=check,
        earned_units=earned_units,
        burned_units=burned_units,
        issuer=issuer or _COMMON_ISSUER,
    )


class _Reader:
    """Bytes read from front to back; raises ``ValueError`` for what is cut off, too large, or left over."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, count: int) -> bytes:
        part = self._raw[self._at : self._at + count]
        if len(part) < count:
            raise ValueError("The code is cut off.")
        self._at += count
        return part

    def number(self, most: int) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & _SEVEN_BITS) << shift
            shift += 7
            if value > most:
                raise ValueError("A number that is too large.")
            if not byte & _MORE:
                return value

    def end(self) -> None:
        if self._at != len(self._raw):
            raise ValueError("There is something behind the code.")


def _packed(value: int) -> bytes:
    packed = bytearray()
    while value > _SEVEN_BITS:
        packed.append(value & _SEVEN_BITS | _MORE)
        value >>= 7
    return bytes([*packed, value])


def _text_of(raw: bytes) -> str:
    """The bytes in base 32, zero bits at the end where the last character wants them."""
    length = -(-len(raw) * _BITS // _CHARACTER_BITS)
    spare = length * _CHARACTER_BITS - len(raw) * _BITS
    return base32.encode(int.from_bytes(raw, "big") << spare, length)


def _bytes_from(text: str) -> bytes:
    """The bytes behind a text in base 32; raises ``ValueError`` unless it is exactly what ``_text_of`` writes."""
    value = base32.decode(text)
    count, spare = divmod(len(text) * _CHARACTER_BITS, _BITS)
    if spare >= _CHARACTER_BITS or value & (1 << spare) - 1:
        raise ValueError("Bits at the end that belong to nothing.")
    return (value >> spare).to_bytes(count, "big")
