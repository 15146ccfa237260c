"""Headquarters adds up what all tills collected for causes, as their receipts say it, each receipt once."""

import msgspec
import pytest

from hq.causes import causes_given
from hq.operate import RunningHq
from hq.replay import differs
from pos_app.model.causes import CauseTotals
from pos_app.protocol.events import AnyEvent, ReturnEvent, SaleEvent, decode_body
from pos_app.use_cases import giving
from pos_app.use_cases.programmes import encode_programme_set
from tests.conftest import OpenShop
from tests.hq.journals import enrolment
from tests.hq.ledgers import assert_sound
from tests.hq.tills import Till, programmes_known, task_codes, units
from tests.shop import ANA, BREAD, ENOUGH, TEA, Shop

REF = f"account-{ANA}"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop("charity")


def events_of(shop: Shop) -> list[AnyEvent]:
    (cause,) = giving.causes_now(shop.till).values()
    sales = []
    for card in (ANA, ""):
        basket = shop.basket(TEA, BREAD, card=card)
        product = giving.product_of(shop.till, cause)
        missing = giving.missing_minor(shop.till.quote(basket), basket, cause)
        sales.append(shop.till.close_sale(giving.with_gift(basket, product, missing, rounds_up=True), ENOUGH).result())
    shop.take_back(sales[0], line_1=1, line_3=1)
    bodies = shop.query("SELECT body FROM event WHERE kind IN ('sale', 'return') ORDER BY seq")
    return [decode_body(body) for (body,) in bodies]


def know(hq: RunningHq, shop: Shop) -> None:
    programmes = shop.till.terms.programmes
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())


def test_that_all_tills_are_added_up_by_cause(hq: RunningHq, shop: Shop) -> None:
    know(hq, shop)
    events = events_of(shop)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(enrolment(REF, ANA, ""), *events)
    second.book(*events)

    expected = CauseTotals("Planting trees", 134, 13, 77)
    assert (expected,) == causes_given(hq.engine, from_date="2026-07-01", until_date="2026-07-01")
    assert 70 == expected.total_minor
    assert () == causes_given(hq.engine, from_date="2026-07-02", until_date="2026-12-31")
    assert {"issued": -3, "available": 3} == units(hq.engine, REF, issuer="shop#trees")
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_what_a_receipt_gave_is_computed_again(shop: Shop) -> None:
    sale = next(event for event in events_of(shop) if isinstance(event, SaleEvent))
    assert not differs(sale, shop.till.terms.programmes)
    more = msgspec.structs.replace(sale.donated[0], amount_minor=1_000)
    assert differs(msgspec.structs.replace(sale, donated=(more,)), shop.till.terms.programmes)


@pytest.mark.parametrize(
    "changes", [{"amount_minor": 0}, {"amount_minor": 10**12 + 1}, {"cause": ""}, {"cause": "a\0b"}]
)
def test_that_unsound_gifts_are_not_booked(hq: RunningHq, shop: Shop, changes: dict[str, object]) -> None:
    sale, _anybody, back = events_of(shop)
    assert isinstance(sale, SaleEvent)
    assert isinstance(back, ReturnEvent)
    wrong = msgspec.structs.replace(sale.donated[0], **changes)
    Till(hq.engine).book(
        msgspec.structs.replace(sale, donated=(wrong,)), msgspec.structs.replace(back, donated_back=(wrong,))
    )
    assert ["donated", "donated"] == task_codes(hq.engine)
    assert () == causes_given(hq.engine, from_date="2026-07-01", until_date="2026-07-01")
