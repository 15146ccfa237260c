"""Stamps and rewards at headquarters: events of real tills, booked in whatever order, end where the tills stand."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from hq.apply import apply_set_aside
from hq.metrics import _overdraft
from hq.operate import RunningHq
from hq.replay import differs
from hq.reports import totals
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import (
    POOLS_VERSION,
    AnyEvent,
    ReturnEvent,
    SaleEvent,
    UnseenLine,
    UnseenReturnEvent,
    decode_body,
)
from pos_app.use_cases.programmes import encode_programme_set
from pos_app.use_cases.views import BasketLine
from tests.conftest import OpenShop
from tests.hq.journals import DAY_MS, enrolment, moment, new_id
from tests.hq.ledgers import LATER_MS, assert_sound
from tests.hq.tills import Till, book_all, programmes_known, rows, task_codes, units
from tests.pos_app.use_cases.test_pools import BURGER, FORGIVING, STAMPS, burgers, give_back
from tests.shop import ANA, TEA, Shop

REF = f"account-{ANA}"
UNIT = "shop#burger"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop(STAMPS)
    opened.put(BURGER)
    return opened


def events_of(shop: Shop) -> list[AnyEvent]:
    return [decode_body(body) for (body,) in shop.query("SELECT body FROM event ORDER BY seq")]


def know(hq: RunningHq, shop: Shop) -> None:
    programmes = shop.till.terms.programmes
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())


def at_till(shop: Shop, unit: str) -> dict[str, int]:
    """What the till's entries say of a unit, by kind."""
    found = shop.query("SELECT kind, SUM(units) FROM entry WHERE issuer = ? GROUP BY kind", unit)
    return {kind: units for kind, units in found if units}


def assert_same(hq: RunningHq, shop: Shop) -> None:
    assert [] == task_codes(hq.engine)
    for unit in ("shop", UNIT):
        assert at_till(shop, unit) == units(hq.engine, REF, issuer=unit)
    assert_sound(hq)


def some_shopping(shop: Shop) -> None:
    """Stamps, a free burger, a mug, a voucher, and some of it comes back."""
    first = shop.sell(burgers(4), card=ANA)
    free = shop.sell(burgers(2), TEA, card=ANA)
    shop.sell(burgers(9), BasketLine(TEA, 3000), card=ANA)
    asked = shop.sell(burgers(2), BasketLine(TEA, 2000), card=ANA, takes=("burgers/mug", "burgers/voucher"))
    shop.take_back(free, line_1=1)
    shop.take_back(asked, line_2=1)
    shop.take_back(first, line_1=3)
    shop.take_back(asked, line_1=2, line_2=1)


@pytest.mark.parametrize("knows_programmes", [True, False])
def test_that_headquarters_books_what_the_till_did(hq: RunningHq, shop: Shop, *, knows_programmes: bool) -> None:
    if knows_programmes:
        know(hq, shop)
    some_shopping(shop)
    Till(hq.engine).book(enrolment(REF, ANA, ""), *events_of(shop))

    assert_same(hq, shop)


@pytest.mark.parametrize("knows_programmes", [True, False])
@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_that_headquarters_takes_back_what_it_forgave_as_the_till_did(
    hq: RunningHq, open_shop: OpenShop, order: tuple[int, int], *, knows_programmes: bool
) -> None:
    shop = open_shop(FORGIVING)
    shop.put(BURGER)
    if knows_programmes:
        know(hq, shop)
    shop.sell(burgers(3), card=ANA)
    sale = shop.sell(burgers(2), TEA, card=ANA, takes=("burgers/mug",))
    shop.sell(burgers(1), card=ANA)
    shop.sell(TEA, card=ANA, takes=("burgers/mug",))
    for line_no in order:
        give_back(shop, sale, line_no, 2 if line_no == 1 else 1)
    Till(hq.engine).book(enrolment(REF, ANA, ""), *events_of(shop))

    assert 1 == at_till(shop, UNIT)["available"]
    assert_same(hq, shop)


def test_that_the_order_and_repetition_of_events_change_nothing(hq: RunningHq, shop: Shop) -> None:
    know(hq, shop)
    some_shopping(shop)
    events = events_of(shop)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    returns = [event for event in events if isinstance(event, ReturnEvent)]
    sales = [event for event in events if isinstance(event, SaleEvent)]
    first.book(enrolment(REF, ANA, ""), *returns)
    second.book(*sales)
    first.book(*sales)
    second.book(*returns)

    here = {kind: n for kind, n in units(hq.engine, REF, issuer=UNIT).items() if kind in {"available", "overdraft"}}
    there = {kind: n for kind, n in at_till(shop, UNIT).items() if kind in {"available", "overdraft"}}
    assert sum(here.values()) == sum(there.values())
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_a_receipt_with_stamps_and_rewards_is_computed_the_same(hq: RunningHq, shop: Shop) -> None:
    some_shopping(shop)
    sales = [event for event in events_of(shop) if isinstance(event, SaleEvent)]
    assert [False] * len(sales) == [differs(sale, shop.till.terms.programmes) for sale in sales]

    collecting = sales[0]
    (lot,) = collecting.pool_lots
    forged: list[dict[str, Any]] = [
        {"collected": ()},
        {"pool_lots": (msgspec.structs.replace(lot, grant=msgspec.structs.replace(lot.grant, units=40)),)},
    ]
    for changes in forged:
        assert differs(msgspec.structs.replace(collecting, **changes), shop.till.terms.programmes)
    assert differs(msgspec.structs.replace(sales[1], taken=()), shop.till.terms.programmes)


def test_that_a_return_of_an_older_till_takes_stamps_back_all_the_same(hq: RunningHq, shop: Shop) -> None:
    know(hq, shop)
    sale = shop.sell(burgers(3), card=ANA)
    shop.take_back(sale, line_1=1)
    *others, back = events_of(shop)
    assert isinstance(back, ReturnEvent)
    older = msgspec.structs.replace(back, version=1, collected_back=(), restored_taken=())
    Till(hq.engine).book(enrolment(REF, ANA, ""), *others, older)

    assert_same(hq, shop)


def test_that_a_till_that_takes_other_stamps_back_than_its_programmes_say_is_a_task(hq: RunningHq, shop: Shop) -> None:
    know(hq, shop)
    sale = shop.sell(burgers(3), card=ANA)
    shop.take_back(sale, line_1=1)
    *others, back = events_of(shop)
    assert isinstance(back, ReturnEvent)
    Till(hq.engine).book(enrolment(REF, ANA, ""), *others, msgspec.structs.replace(back, collected_back=()))

    assert ["return_differs"] == task_codes(hq.engine)
    assert {"issued": -2, "available": 2} == units(hq.engine, REF, issuer=UNIT)


def test_that_goods_that_came_back_unseen_give_their_stamps_back(hq: RunningHq, shop: Shop) -> None:
    know(hq, shop)
    sale = shop.sell(burgers(3), card=ANA)
    till = Till(hq.engine)
    till.write(enrolment(REF, ANA, ""), *events_of(shop))
    at = moment(sale.utc_ms + DAY_MS)
    unseen = UnseenReturnEvent(
        event_id=new_id(),
        moment=at,
        receipt_number="002-01-0000009",
        sale_receipt_number=sale.receipt_number,
        lines=(UnseenLine("burger", "Burger", 2000, 1000, 0, 0),),
        payments=(),
        total_minor=1000,
    )
    till.book(unseen)

    assert {"issued": -1, "available": 1} == units(hq.engine, REF, issuer=UNIT)
    assert {"issued": -10, "available": 10} == units(hq.engine, REF)
    assert_sound(hq)


def test_that_two_tills_that_give_one_free_burger_each_leave_a_debt_of_stamps(hq: RunningHq, shop: Shop) -> None:
    shop.sell(burgers(4), card=ANA)
    shop.sell(burgers(1), card=ANA)
    first, second = (event for event in events_of(shop) if isinstance(event, SaleEvent))
    other_id = new_id(second.moment.utc_ms)
    twin = msgspec.structs.replace(
        second,
        event_id=other_id,
        receipt_number="002-01-0000002",
        granted_lots=tuple(
            msgspec.structs.replace(lot, lot_id=derived_id(other_id, "lot-1")) for lot in second.granted_lots
        ),
        pool_lots=tuple(
            msgspec.structs.replace(lot, lot_id=derived_id(other_id, "pool-1")) for lot in second.pool_lots
        ),
    )
    Till(hq.engine, 1).book(enrolment(REF, ANA, ""), first, second)
    Till(hq.engine, 2).book(twin)

    account = rows(hq.engine, "account", "account_ref", "offline_burning")
    assert [(REF, False)] == account, "from now on headquarters wants to be asked"
    assert -4 == sum(n for kind, n in units(hq.engine, REF, issuer=UNIT).items() if kind in {"available", "overdraft"})
    with hq.engine.connect() as connection:
        assert [] == _overdraft(connection), "stamps are no points"
    assert "overdraft" not in totals(hq.engine).ledger_units
    assert_sound(hq)


def _twist(change: Callable[[SaleEvent], dict[str, Any]]) -> Callable[[SaleEvent], SaleEvent]:
    return lambda sale: msgspec.structs.replace(sale, **change(sale))


def _bad_sales() -> Iterator[tuple[str, Callable[[SaleEvent], SaleEvent]]]:
    replace = msgspec.structs.replace
    yield "lot_id", _twist(lambda sale: {"pool_lots": (replace(sale.pool_lots[0], lot_id=new_id()),)})
    yield "pools", _twist(lambda sale: {"pool_lots": ()})
    yield "pools", _twist(lambda sale: {"collected": (replace(sale.collected[0], units=10**15),)})
    yield "pools", _twist(lambda sale: {"collected": (replace(sale.collected[0], line_no=9),)})
    yield (
        "pools",
        _twist(
            lambda sale: {
                "collected": (replace(sale.collected[0], unit="shop"),),
                "pool_lots": (replace(sale.pool_lots[0], grant=replace(sale.pool_lots[0].grant, issuer="shop")),),
            }
        ),
    )
    yield "taken", _twist(lambda sale: {"taken_lots": ()})
    yield "taken", _twist(lambda sale: {"taken": (replace(sale.taken[0], units=-4),)})
    yield "ref", _twist(lambda sale: {"taken": (replace(sale.taken[0], unit="\n"),)})
    yield "range", _twist(lambda sale: {"taken_lots": (replace(sale.taken_lots[0], units=-4),)})


@pytest.mark.parametrize(("reason", "change"), list(_bad_sales()))
def test_that_a_sale_that_cannot_be_is_a_task_and_moves_nothing(
    hq: RunningHq, shop: Shop, reason: str, change: Callable[[SaleEvent], SaleEvent]
) -> None:
    shop.sell(burgers(4), card=ANA)
    shop.sell(burgers(2), card=ANA)
    first, second = (event for event in events_of(shop) if isinstance(event, SaleEvent))
    Till(hq.engine).book(enrolment(REF, ANA, ""), first, change(second))

    assert [reason] == task_codes(hq.engine)
    assert {"issued": -4, "available": 4} == units(hq.engine, REF, issuer=UNIT)


def test_that_what_an_older_headquarters_kept_for_later_is_booked_whole(hq: RunningHq, shop: Shop) -> None:
    """An older one does not know the version: it keeps the event, and a newer one books all of it."""
    know(hq, shop)
    sale = shop.sell(burgers(3), card=ANA)
    shop.take_back(sale, line_1=1)
    events = events_of(shop)
    assert {POOLS_VERSION} == {event.version for event in events if isinstance(event, SaleEvent | ReturnEvent)}
    till = Till(hq.engine)
    till.write(enrolment(REF, ANA, ""))
    till.write(*events)
    with hq.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE inbox SET outcome = 'deferred' WHERE kind IN ('sale', 'return')")
    book_all(hq.engine)
    assert {} == units(hq.engine, REF, issuer=UNIT)
    apply_set_aside(hq.engine, now_ms=LATER_MS)
    book_all(hq.engine)

    assert_same(hq, shop)
