"""Which tests the coverage is measured by.

What a random case happens to reach does not count: branches that must be covered are covered by examples, in every run alike. So
tests of Hypothesis and those marked ``unmeasured`` (long histories, whole shops, other processes) run without the tracer, which
costs half as much again of everything that runs beneath it.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


def is_measured(item: pytest.Item) -> bool:
    """Whether the test counts for the coverage."""
    is_random = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return not is_random and item.get_closest_marker("unmeasured") is None


@contextmanager
def unmeasured() -> Iterator[None]:
    """Neither this thread nor those that it starts are measured; those that run already go on as they do."""
    of_this, of_new = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(of_new)
        sys.settrace(of_this)
