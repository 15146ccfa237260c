"""Real tills and a real HQ: a contract is agreed at one till and paid at another, and both know what is still owed."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from hq.contracts import list_contracts
from hq.operate import RunningHq
from pos_app.model.receipts import PaymentKind
from pos_app.use_cases import contracts
from pos_app.use_cases.quoting import Tender
from tests.hq.ledgers import assert_sound
from tests.hq.test_burning_tills import Joined
from tests.hq.tills import task_codes
from tests.pos_app.use_cases.test_lending import COAT, lend
from tests.shop import NOBODY

pytestmark = pytest.mark.usefixtures("no_keystore")
EXACTLY = Tender(PaymentKind.CASH, 0)


def open_till(stack: ExitStack, folder: Path, hq: RunningHq) -> Joined:
    joined = Joined(stack, folder, hq, "instalments")
    joined.shop.put(COAT)
    return joined


def owed(till: Joined) -> list[int]:
    return [one.owed_minor for one in till.shop.member(NOBODY).contracts]


def test_that_a_contract_is_paid_at_any_till(hq: RunningHq, tmp_path: Path) -> None:
    with ExitStack() as stack:
        first, second = (open_till(stack, tmp_path / name, hq) for name in ("first", "second"))
        first.till.enrol(NOBODY).result()
        sale = lend(first.shop, COAT, card=NOBODY)
        first.sync()
        second.sync()
        assert ([15_000], [15_000]) == (owed(first), owed(second))

        second.till.book_act(contracts.pay, sale.receipt_number, 6_000, EXACTLY).result()
        assert ([15_000], [9_000]) == (owed(first), owed(second))
        second.sync()
        first.sync()
        assert ([9_000], [9_000]) == (owed(first), owed(second))

        back = first.shop.take_back(sale, line_1=1)
        assert (9_000, 11_001) == (back.lowered_minor, back.paid_back_minor)
        first.sync()
        second.sync()
        assert ([], []) == (owed(first), owed(second))
        assert () == list_contracts(hq.engine, on_date="2099-01-01")
        assert [] == task_codes(hq.engine)
        assert_sound(hq)
