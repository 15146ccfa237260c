"""Sales and returns as rows."""

import pytest

from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import ReturnedLine
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.views import BasketLine
from storage import journal, sales
from storage.sales import TillTotals
from tests.conftest import OpenShop
from tests.shop import BOB, BREAD, NOON_MS, RICE, TEA, Shop


def test_that_a_sale_is_read_back_as_it_was_booked(shop: Shop) -> None:
    shop.sell(TEA, TEA, card=BOB)
    paid = (Tender(PaymentKind.CARD, 500, "T-77"), Tender(PaymentKind.CASH, 5000))
    closed = shop.sell(BasketLine(TEA, 2000, 1900), BasketLine(RICE, 1234, batch="L1"), card=BOB, burn=50, paid=paid)
    by_number = shop.till.database.read(lambda c: sales.find_sale(c, receipt_number=closed.receipt_number))
    by_event = shop.till.database.read(lambda c: sales.find_sale_by_event(c, closed.event_id))
    assert by_number is not None
    assert by_number == by_event
    result = closed.quote.result
    assert closed.quote.lines == by_number.lines
    assert closed.payments == by_number.payments
    assert result.awards == by_number.awards
    assert {share.line_no: share.units for share in result.burn_shares} == by_number.burn_units
    lots = shop.query("SELECT lot_id FROM lot WHERE granted_units = ?", result.earned_units)
    assert {lot_id for (lot_id,) in lots} == set(by_number.award_lots)
    head = by_number.head
    assert ("sale", 50, 50, result.earned_units, NOON_MS) == (
        head.kind,
        head.burn_units,
        head.burn_worth_minor,
        head.earned_units,
        head.utc_ms,
    )


def test_that_an_unknown_number_or_event_is_no_sale(shop: Shop) -> None:
    assert None is shop.till.database.read(lambda c: sales.find_sale(c, receipt_number="001-01-0000001"))
    assert None is shop.till.database.read(lambda c: sales.find_sale_by_event(c, "e-1"))


def test_that_what_came_back_is_summed_by_line(shop: Shop) -> None:
    closed = shop.sell(BasketLine(TEA, 3000), BasketLine(BREAD, 2000), card=BOB)
    first = shop.take_back(closed, line_1=1)
    second = shop.take_back(closed, line_1=2, line_2=1)
    back = shop.till.database.read(lambda c: sales.returned_before(c, closed.event_id))
    assert {1: 3000, 2: 1000} == {line_no: line.quantity_milli for line_no, line in back.items()}
    assert {1: 3000, 2: 333} == {line_no: line.refund_minor for line_no, line in back.items()}
    now = shop.till.database.read(lambda c: sales.lines_of_return(c, second.event_id))
    assert (ReturnedLine(1, 2000, 2000, 334, 60, 0), ReturnedLine(2, 1000, 333, 30, 10, 0)) == now
    assert 1 == len(shop.till.database.read(lambda c: sales.lines_of_return(c, first.event_id)))


def test_that_the_newest_receipt_is_known_also_after_the_till_got_another_number(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", till={"number": 9})
    assert None is shop.till.database.read(sales.last_event_id)
    sale = shop.sell(TEA)
    assert sale.event_id == shop.till.database.read(sales.last_event_id)
    shop.till.database.write(lambda c: journal.change_terminal(c, terminal_number=2))
    back = shop.take_back(sale, line_1=1)
    assert back.receipt_number < sale.receipt_number
    assert back.event_id == shop.till.database.read(sales.last_event_id)


@pytest.mark.parametrize("asked", [0, 1])
def test_that_it_is_known_whom_the_question_was_asked_and_when(shop: Shop, asked: int) -> None:
    closed = shop.sell(TEA, card=BOB)
    shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE sale SET asks_nps = ?", (asked,)))
    account_ref = shop.member(BOB).account_ref

    def since(since_ms: int, ref: str = account_ref) -> bool:
        return shop.till.database.read(lambda c: sales.asked_since(c, ref, since_ms=since_ms))

    assert bool(asked) == since(closed.utc_ms - 1)
    assert not since(closed.utc_ms)
    assert not since(0, ref="account-of-another")


def test_that_the_tills_totals_are_the_sums_of_its_rows(shop: Shop) -> None:
    assert TillTotals(0, 0, 0, 0, 0, 0, 0) == shop.till.database.read(sales.till_totals)
    first = shop.sell(TEA, card=BOB)
    shop.sell(TEA, BREAD, card=BOB, burn=20)
    shop.take_back(first, line_1=1)
    expected = TillTotals(
        sales=2,
        returns=1,
        total_minor=1000 + 1313,
        returned_minor=1000,
        earned_units=30 + 39,
        burned_units=20,
        ledger_sum_units=0,
    )
    assert expected == shop.till.database.read(sales.till_totals)


def test_that_the_receipts_are_listed_in_order(shop: Shop) -> None:
    sold = [shop.sell(TEA).event_id for _ in range(3)]
    assert sold == shop.till.database.read(sales.event_ids)
