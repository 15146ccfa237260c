"""Counters without Qt."""

import pytest

from pos_app.use_cases.till import Till
from tests.ui.sale.counter import Counter
from ui.gallery.shop import (
    AMOXICILLIN,
    CARD_WITH_POINTS,
    IBUPROFEN,
    ROSEHIP_245_G,
    TOOTHPASTE,
    VITAMIN,
)


@pytest.fixture
def counter(till: Till) -> Counter:
    return Counter(till)


@pytest.fixture
def member(counter: Counter) -> Counter:
    """A basket of 31.55 with a member of 997 points."""
    counter.scan(VITAMIN, IBUPROFEN, AMOXICILLIN, ROSEHIP_245_G, TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)
    return counter
