"""Real tills beneath a real HQ take one sale back in parts where what is spent is forgiven: all end where one return would."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from hq.operate import RunningHq
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts
from pos_app.use_cases.finding_receipts import find_returnable
from tests.hq.ledgers import assert_sound
from tests.hq.test_burning_tills import Joined
from tests.hq.tills import task_codes
from tests.shop import BOB, BREAD, ENOUGH, TEA

pytestmark = pytest.mark.usefixtures("no_keystore")

PROGRAMME = """
schema = 1
id = "points"
version = 1
name = "A tenth back of all but bread, and what is spent is forgiven"
point_worth_minor = 1

[burning]
burn_as = "price_reduction"

[returns]
spent = "clamp"

[[rules]]
kind = "fixed-card"
id = "tenth"
exclude_products = ["bread"]
other_rate_bp = 1000
rates_bp = {}
"""
TEA_LINE, BREAD_LINE = 1, 2


@pytest.fixture
def pair(hq: RunningHq, tmp_path: Path) -> Iterator[tuple[Joined, Joined]]:
    """Two tills of one chain."""
    with ExitStack() as stack:

        def joined(name: str) -> Joined:
            return Joined(stack, tmp_path / name, hq, PROGRAMME)

        yield joined("first"), joined("second")


def paid_by_points(till: Joined) -> str:
    """Tea and bread, with 30 points; the tea gave 97, and whatever Bob has is spent. Gives the receipt's number."""
    till.shop.join(BOB, "silver")
    till.shop.sell(*[TEA] * 10, card=BOB)
    till.sync()
    basket = till.shop.basket(TEA, BREAD, card=BOB)
    answer = till.till.authorise_burn(basket, 30).result()
    paid = msgspec.structs.replace(basket, burn_units=30, authorisation=answer.authorisation)
    sold = till.till.close_sale(paid, ENOUGH).result()
    assert (97, 30) == (sold.quote.result.earned_units, sold.quote.result.burn_units)
    left = till.available_units()
    till.till.book_act(account_acts.adjust, BOB, -left, reason=AdjustmentReason.CORRECTION).result()
    till.sync()
    return sold.receipt_number


def take_back(till: Joined, receipt_number: str, line_no: int, pieces: int = 1) -> None:
    find_returnable(till.till, receipt_number)
    till.till.return_goods(receipt_number, {line_no: pieces * 1000}).result()


@pytest.mark.parametrize("order", [(TEA_LINE, BREAD_LINE), (BREAD_LINE, TEA_LINE)])
@pytest.mark.parametrize("is_told", [True, False])
def test_that_two_tills_and_headquarters_end_where_one_return_ends(
    hq: RunningHq, pair: tuple[Joined, Joined], order: tuple[int, int], *, is_told: bool
) -> None:
    """The other till cannot see what the first one forgave: its own view is right when headquarters has booked both."""
    first, second = pair
    number = paid_by_points(first)
    second.sync()
    take_back(first, number, order[0])
    if is_told:
        first.sync()
    take_back(second, number, order[1])
    for till in (second, first, second):
        till.sync()

    assert [0, 0] == [first.available_units(), second.available_units()]
    assert [] == task_codes(hq.engine)
    assert [{}, {}] == [till.shop.bad_findings() for till in pair]
    assert_sound(hq)
