"""PINs and the recovery code: what is accepted, how they are hashed, how long a wrong one makes wait.

A PIN is hashed as Argon2id(HMAC-SHA256(pepper, PIN)): six digits alone would fall within minutes to whoever has the database; the
pepper is not in it. Hashing takes about a tenth of a second and 64 MiB, on purpose: never call it on the screen's thread or on the
writer's.
"""

import hashlib
import hmac
import os
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pos_app.errors import InputError
from pos_app.protocol import base32

if TYPE_CHECKING:
    from argon2 import PasswordHasher

PIN_DIGITS_MIN = 6
PIN_DIGITS_MAX = 12
FAILURES_MAX = 10
"""So many wrong PINs in a row lock somebody out until a manager opens the lock."""
_FREE_FAILURES = 2
_WAIT_MAX_MS = 300_000
_SECOND_MS = 1_000
_RECOVERY_CHARACTERS = 16
_RECOVERY_BYTES = 10
_GROUP = 4


def check_pin(pin: str) -> None:
    """Raise ``InputError`` unless it may become a PIN: six to twelve digits, not all the same, no straight run up or down."""
    check_shape(pin)
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        raise _refused("pin_trivial", "This PIN is too easy to guess.", "Choose other digits.")


def check_shape(pin: str) -> None:
    """Raise ``InputError`` for what cannot be a PIN at all."""
    if not (pin.isascii() and pin.isdigit() and PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX):
        raise _refused(
            "pin_shape", f"A PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits and nothing else.", "Type it again."
        )


def hash_pin(pin: str, pepper: bytes) -> str:
    """The hash as it is stored, with its salt and parameters."""
    return _hasher().hash(_peppered(pin, pepper))


def pin_is_right(pin_hash: str, pin: str, pepper: bytes) -> bool:
    """Whether the PIN belongs to the hash, compared in constant time. An empty hash fits nothing and takes as long."""
    return _is_right(pin_hash or _hash_of_nothing(), _peppered(pin, pepper)) and bool(pin_hash)


def wants_new_hash(pin_hash: str) -> bool:
    """Whether the hash was made with parameters that are no longer the recommended ones."""
    return _hasher().check_needs_rehash(pin_hash)


def wait_ms(failures: int) -> int:
    """How long the next try waits after so many wrong PINs in a row, in milliseconds.

    >>> [wait_ms(failures) // 1000 for failures in range(10)]
    [0, 0, 0, 1, 2, 4, 8, 16, 32, 64]
    """
    if failures <= _FREE_FAILURES:
        return 0
    return min(_SECOND_MS << (failures - _FREE_FAILURES - 1), _WAIT_MAX_MS)


def make_recovery_code() -> str:
    """A code of 80 random bits in Crockford's base 32, shown once to the first manager: ``7K3M-9QZX-4TWB-0H5C``."""
    code = base32.encode(int.from_bytes(os.urandom(_RECOVERY_BYTES)), _RECOVERY_CHARACTERS)
    return "-".join(code[start : start + _GROUP] for start in range(0, _RECOVERY_CHARACTERS, _GROUP))


def hash_recovery_code(code: str) -> str:
    """Its hash, without the pepper: it must hold when the pepper is lost, and its 80 bits need none."""
    return _hasher().hash(base32.normalise(code))


def recovery_code_is_right(recovery_hash: str, code: str) -> bool:
    """Whether this is the code, however it was typed: with or without hyphens, in small letters, O for 0."""
    return _is_right(recovery_hash or _hash_of_nothing(), base32.normalise(code)) and bool(recovery_hash)


def pepper_mark(pepper: bytes) -> str:
    """What tells this pepper from any other, and gives nothing of it away."""
    return hmac.new(pepper, b"pos-app pepper", hashlib.sha256).hexdigest()[:16]


def _peppered(pin: str, pepper: bytes) -> bytes:
    return hmac.new(pepper, pin.encode(), hashlib.sha256).digest()


def _is_right(wanted: str, secret: str | bytes) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(wanted, secret)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> "PasswordHasher":
    """Argon2id with the library's recommended parameters. Imported late: no sale needs it."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _hash_of_nothing() -> str:
    """A hash that no PIN fits, so that somebody unknown takes as long as somebody known."""
    return _hasher().hash(os.urandom(32))


def _refused(code: str, sentence: str, todo: str) -> InputError:
    return InputError(f"staff.{code}", what=sentence, safe="Nothing was changed.", todo=todo)
