"""All chance of a run comes from its seed, the product's own included: ids, nonces, the order in which equal things stand."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager


def stream(seed: int, name: str) -> random.Random:
    """Random numbers for one purpose: another purpose that draws more or less does not change them."""
    return random.Random(f"{seed}/{name}")  # noqa: S311 - a simulation, no secret


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within the block this process draws the system's randomness from the seed.

    Every id that the product mints comes from ``os.urandom``, by itself or through ``uuid`` and ``secrets``. Without this a failing
    run could not be repeated: lots of the same day are taken in the order of their ids. Use it in a process of its own.
    """
    numbers = stream(seed, "system")
    replaced = os.urandom, random._urandom  # type: ignore[attr-defined]  # noqa: SLF001 - secrets draws through it
    os.urandom = random._urandom = numbers.randbytes  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        yield
    finally:
        os.urandom, random._urandom = replaced  # type: ignore[attr-defined]  # noqa: SLF001
