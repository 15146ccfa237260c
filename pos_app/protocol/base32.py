"""Crockford's base 32: digits and capitals without I, L, O and U, so that people can read a code from paper and type it.

https://www.crockford.com/base32.html
"""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_BITS = 5
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def normalise(typed: str) -> str:
    """What was meant: capitals, without hyphens and spaces, I and L read as 1, O as 0.

    >>> normalise("o1l-ab c")
    '011ABC'
    """
    return typed.upper().translate(_LOOK_ALIKES)


def encode(value: int, length: int) -> str:
    """``value`` >= 0 as ``length`` characters, zeros in front; it must fit.

    >>> encode(1234, 4)
    '016J'
    """
    assert 0 <= value < 1 << _BITS * length
    return "".join(_ALPHABET[value >> _BITS * place & 31] for place in reversed(range(length)))


def decode(text: str) -> int:
    """The number that a normalised text stands for; raises ``ValueError`` for any other character, or none.

    >>> decode("016J")
    1234
    """
    if not text:
        raise ValueError("An empty text is no number.")
    value = 0
    for character in text:
        if character not in _VALUES:
            raise ValueError("A character that base 32 does not have.")
        value = value << _BITS | _VALUES[character]
    return value
