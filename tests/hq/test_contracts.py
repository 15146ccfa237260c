"""Contracts at headquarters: agreed at one till, paid at others, lowered by goods that come back, in whatever order tills tell of it."""

from datetime import date

import msgspec
import pytest

from hq.contracts import KnownContract, list_contracts, totals_of
from hq.operate import RunningHq
from hq.states import read_states, these
from hq.terminals import get_terminal
from pos_app.model.contracts import Contract
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import AnyEvent, ContractEvent, InstalmentEvent, MergeEvent, ReturnEvent, decode_body
from pos_app.use_cases import contracts
from pos_app.use_cases.programmes import encode_programme_set
from pos_app.use_cases.quoting import Tender
from tests.conftest import OpenShop
from tests.hq.journals import enrolment, moment, new_id
from tests.hq.ledgers import assert_sound
from tests.hq.tills import Till, programmes_known, rows, task_codes
from tests.pos_app.use_cases.test_lending import COAT, lend
from tests.shop import ANA, BOB, Shop

REF, OTHER = f"account-{ANA}", f"account-{BOB}"
DAY = date(2026, 7, 1).isoformat()


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop("instalments")
    opened.put(COAT)
    return opened


@pytest.fixture
def events(shop: Shop) -> list[AnyEvent]:
    """A sale of 200.01 with its contract of 150.00, two payments of 50.00 and 20.00, and the coat comes back."""
    sale = lend(shop, COAT)
    for minor in (5_000, 2_000):
        shop.wait(1_000)
        shop.till.book_act(contracts.pay, sale.receipt_number, minor, Tender(PaymentKind.CASH, 0)).result()
    shop.take_back(sale, line_1=1)
    kinds = "('sale', 'contract', 'instalment', 'return')"
    bodies = shop.query(f"SELECT body FROM event WHERE kind IN {kinds} ORDER BY seq")
    return [decode_body(body) for (body,) in bodies]


def know(hq: RunningHq, shop: Shop) -> None:
    programmes = shop.till.terms.programmes
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())


def stands(hq: RunningHq) -> list[tuple[int, int, int]]:
    """What was agreed, paid and taken off, of every contract."""
    return rows(hq.engine, "contract", "total_minor", "paid_minor", "lowered_minor")


def owing(hq: RunningHq, on_date: str = DAY) -> tuple[KnownContract, ...]:
    return list_contracts(hq.engine, on_date=on_date)


def state_of(hq: RunningHq, till: Till, ref: str) -> tuple[Contract, ...]:
    with hq.engine.connect() as connection:
        terminal = get_terminal(connection, till.terminal_id)
        (state,) = read_states(connection, terminal, these(connection, [ref]))
    return state.contracts


def test_that_a_contract_is_known_and_owes_what_the_till_says(
    hq: RunningHq, shop: Shop, events: list[AnyEvent]
) -> None:
    know(hq, shop)
    till = Till(hq.engine)
    till.book(enrolment(REF, ANA, ""), *events[:3])
    (known,) = owing(hq)
    assert (REF, "store-1", 10_000, 0, "2026-08-30") == (
        known.account_ref,
        known.store_id,
        known.owed_minor,
        known.overdue_minor,
        known.next_due_on,
    )
    assert (known.contract,) == state_of(hq, till, REF)
    late = owing(hq, "2026-09-01")
    assert (1, 10_000, 1, 5_000) == msgspec.structs.astuple(totals_of(late, on_date="2026-09-01"))[1:]
    assert () == list_contracts(hq.engine, on_date=DAY, which="overdue")
    till.book(*events[3:])
    assert [(15_000, 7_000, 8_000)] == stands(hq)
    assert ((), ()) == (owing(hq), state_of(hq, till, REF))
    assert [("instalment", 2_000), ("instalment", 5_000), ("return", 20_001), ("sale", 20_001)] == rows(
        hq.engine, "sale", "kind", "total_minor"
    )
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_order_and_repetition_change_nothing(hq: RunningHq, shop: Shop, events: list[AnyEvent]) -> None:
    know(hq, shop)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(*(event for event in events if isinstance(event, InstalmentEvent)))
    second.book(*(event for event in events if isinstance(event, ReturnEvent)))
    assert ([(0, 7_000, 8_000)], ()) == (stands(hq), owing(hq))
    first.book(*(event for event in events if isinstance(event, ContractEvent)))
    Till(hq.engine, 3).book(*events)
    Till(hq.engine, 4).book(*reversed(events))
    assert [(15_000, 7_000, 8_000)] == stands(hq)
    assert [] == task_codes(hq.engine)


def paid_again(events: list[AnyEvent], minor: int) -> InstalmentEvent:
    payment = next(event for event in events if isinstance(event, InstalmentEvent))
    cash = msgspec.structs.replace(payment.payments[0], amount_minor=minor)
    return msgspec.structs.replace(
        payment,
        event_id=new_id(payment.moment.utc_ms),
        payments=(cash,),
        total_minor=minor,
        receipt_number="002-01-0000009",
    )


def test_that_money_that_two_tills_took_is_a_task(hq: RunningHq, shop: Shop, events: list[AnyEvent]) -> None:
    know(hq, shop)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(enrolment(REF, ANA, ""), *events[:3])
    second.book(paid_again(events, 10_000))
    assert [] == task_codes(hq.engine)
    second.book(paid_again(events, 1_000))
    assert ["contract_overpaid"] == task_codes(hq.engine)
    (over,) = list_contracts(hq.engine, on_date=DAY, which="overpaid")
    assert (1_000, 0) == (over.overpaid_minor, over.owed_minor)


@pytest.mark.parametrize("is_late", [False, True])
def test_that_a_merge_takes_what_is_owed_along(
    hq: RunningHq, shop: Shop, events: list[AnyEvent], *, is_late: bool
) -> None:
    know(hq, shop)
    till = Till(hq.engine)
    merge = MergeEvent(event_id=new_id(), moment=moment(), account_ref=OTHER, merged_ref=REF)
    till.book(enrolment(REF, ANA, ""), enrolment(OTHER, BOB, ""))
    if is_late:
        till.book(*events[:3])
        till.book(merge, events[3])
    else:
        till.book(*events[:3], merge, events[3])
    assert [(OTHER, 15_000, 7_000)] == rows(hq.engine, "contract", "account_ref", "total_minor", "paid_minor")
    assert 1 == len(state_of(hq, till, OTHER))
    assert_sound(hq)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contract_id": "0197c0de-0000-7000-8000-000000000001"}, "contract"),
        ({"parts": ()}, "contract"),
        ({"total_minor": 14_999}, "contract"),
        ({"sale_event_id": "none"}, "ref"),
        ({"number": ""}, "ref"),
    ],
)
def test_that_an_unsound_contract_is_not_booked(
    hq: RunningHq, events: list[AnyEvent], changes: dict[str, object], code: str
) -> None:
    Till(hq.engine).book(msgspec.structs.replace(events[1], **changes))
    assert ([code], []) == (task_codes(hq.engine), stands(hq))


@pytest.mark.parametrize("changes", [{"total_minor": 0}, {"total_minor": 4_999}, {"payments": ()}])
def test_that_an_unsound_payment_is_not_booked(
    hq: RunningHq, events: list[AnyEvent], changes: dict[str, object]
) -> None:
    Till(hq.engine).book(msgspec.structs.replace(events[2], **changes))
    assert (1, []) == (len(task_codes(hq.engine)), stands(hq))
