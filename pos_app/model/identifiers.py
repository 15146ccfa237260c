"""Identifiers: event ids (UUIDv7, RFC 9562), receipt numbers, account refs. Time and randomness are arguments."""

import uuid
from collections.abc import Iterator

_RANDOM_BYTES = 10
_VERSION_AT = 14
_NAMED = "5"
"""Where a UUID says of which version it is, and what one says that follows from a name."""
_POINTS = "points"
POOL_MARK = "#"
"""Stands between issuer and pool in a unit of the ledger; no issuer and no pool can have it in its name."""
SAME_NUMBER = "~"
"""Marks the number of a receipt that was printed under the number of another one; none is printed with it."""
TERMINAL_NUMBER_MAX = 99_999
"""Tills of one chain are numbered from 1 on; receipts begin with the number."""


def uuid7(*, utc_ms: int, random_bytes: bytes) -> uuid.UUID:
    """A UUIDv7 of the moment ``utc_ms`` and ten random bytes (RFC 9562, section 5.7)."""
    assert len(random_bytes) == _RANDOM_BYTES
    value = (utc_ms & (2**48 - 1)) << 80 | int.from_bytes(random_bytes, "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    return uuid.UUID(int=value)


def derived_id(parent_id: str, purpose: str) -> str:
    """An id that follows from another one, so that two machines that book the same thing name it the same."""
    return str(uuid.uuid5(uuid.UUID(parent_id), purpose))


def is_derived(some_id: str) -> bool:
    """Whether an id was derived from another one (a UUIDv5), not made up.

    >>> is_derived(derived_id("0197c0de-0000-7000-8000-000000000000", "x")), is_derived("0197c0de-0000-7000-8000-000000000000")
    (True, False)
    """
    return some_id[_VERSION_AT : _VERSION_AT + 1] == _NAMED


def receipt_number(*, terminal_number: int, incarnation: int, seq: int) -> str:
    """The number printed on a receipt: terminal, incarnation and sequence; unique in the chain, Code 128 friendly.

    >>> receipt_number(terminal_number=7, incarnation=1, seq=123)
    '007-01-0000123'
    """
    return f"{terminal_number:03d}-{incarnation:02d}-{seq:07d}"


def kept_numbers(printed: str) -> Iterator[str]:
    """The numbers under which receipts of one printed number are kept, the first as it is printed.

    A disk that was put back prints numbers again that it had printed before; all those receipts are real.

    >>> numbers = kept_numbers("001-01-0000007")
    >>> next(numbers), next(numbers), next(numbers)
    ('001-01-0000007', '001-01-0000007~2', '001-01-0000007~3')
    """
    yield printed
    count = 2
    while True:
        yield f"{printed}{SAME_NUMBER}{count}"
        count += 1


def ledger_unit(issuer: str, pool: str) -> str:
    """What the ledger counts a pool in: the issuer alone for points, and for every other pool its own unit of that issuer.

    >>> ledger_unit("shop", "points"), ledger_unit("shop", "stamps")
    ('shop', 'shop#stamps')
    """
    return issuer if pool == _POINTS else f"{issuer}{POOL_MARK}{pool}"


def pool_of(unit: str) -> str:
    """The pool of a ledger unit.

    >>> pool_of("shop"), pool_of("shop#stamps")
    ('points', 'stamps')
    """
    return unit.partition(POOL_MARK)[2] or _POINTS


def is_points(unit: str) -> bool:
    """Whether a ledger unit counts points, and not a pool of another kind.

    >>> is_points("shop"), is_points("shop#stamps")
    (True, False)
    """
    return POOL_MARK not in unit
