"""Booking a sale: everything of it, or nothing."""

import msgspec
import pytest

from pos_app.errors import InputError, StorageError
from pos_app.model.accounts import BalanceView, CardStatus
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases.booking import sums_of
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.views import BasketLine
from storage import accounts, journal
from storage.accounts import MonthlySum
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, DAY_MS, ENOUGH, HOUR_MS, NOON_MS, PILLS, TEA, TENDER, Shop


def events(shop: Shop) -> list[object]:
    return [decode_body(body) for (body,) in shop.query("SELECT body FROM event ORDER BY seq")]


def counts(shop: Shop) -> dict[str, int]:
    tables = ("event", "sale", "sale_line", "payment", "award", "entry", "lot", "accumulator", "print_job")
    return {table: shop.query(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


def refusal(shop: Shop, *goods: object, **how: object) -> str:
    """Why a sale is refused; nothing of it is booked."""
    before = counts(shop)
    with pytest.raises(InputError) as refused:
        shop.sell(*goods, **how)  # type: ignore[arg-type]
    assert before == counts(shop)
    return refused.value.code


def test_that_a_sale_is_booked_with_everything_that_belongs_to_it(shop: Shop) -> None:
    closed = shop.sell(TEA, BREAD, card=BOB, paid=(Tender(PaymentKind.CASH, 1500),))
    assert ("001-01-0000004", 1333, 167) == (closed.receipt_number, closed.quote.total_minor, closed.change_minor)
    assert BalanceView(39, 0) == closed.balance_after == shop.member(BOB).balance
    expected = {
        "event": 4, "sale": 1, "sale_line": 2, "payment": 1, "award": 2, "entry": 2, "lot": 1, "accumulator": 0, "print_job": 1,
    }  # fmt: skip
    assert expected == counts(shop)
    assert {} == shop.bad_findings()


def test_that_the_event_says_what_the_rows_say(shop: Shop) -> None:
    closed = shop.sell(TEA, card=BOB)
    shop.wait(1000)
    burned = shop.sell(TEA, BREAD, PILLS, card=BOB, burn=30)
    event = events(shop)[-1]
    assert isinstance(event, SaleEvent)
    result = burned.quote.result
    assert burned.quote.lines == event.lines
    assert burned.payments == event.payments
    assert (result.awards, result.burn_shares, 30, 30) == (
        event.awards,
        event.burn_shares,
        event.burn_units,
        event.burn_worth_minor,
    )
    first_lot = shop.query("SELECT lot_id FROM lot WHERE granted_units = ?", closed.quote.result.earned_units)[0][0]
    assert [(first_lot, 30, None, "fixed-card")] == [msgspec.structs.astuple(part) for part in event.burned_lots]
    assert (BOB, shop.member(BOB).account_ref) == (event.card_ref, event.account_ref)
    moment = event.moment
    assert ("store-1", "cashier-1", NOON_MS + 1000, "UTC", "2026-07-01") == (
        moment.store_id,
        moment.staff_ref,
        moment.utc_ms,
        moment.zone,
        moment.business_date,
    )
    assert shop.till.shift_id == moment.shift_id


def test_that_an_anonymous_sale_earns_nothing_and_needs_no_account(shop: Shop) -> None:
    closed = shop.sell(TEA)
    assert None is closed.balance_after
    assert (0, "") == shop.query("SELECT earned_units, standing FROM sale")[0]
    event = events(shop)[-1]
    assert isinstance(event, SaleEvent)
    assert ("", "", ()) == (event.account_ref, event.card_ref, event.granted_lots)


def test_that_receipts_are_numbered_without_a_gap(shop: Shop) -> None:
    numbers = [shop.sell(TEA).receipt_number for _ in range(3)]
    assert ["001-01-0000004", "001-01-0000005", "001-01-0000006"] == numbers


def test_that_the_logical_clock_goes_on_when_the_wall_clock_is_set_back(shop: Shop) -> None:
    shop.sell(TEA)
    shop.wait(-HOUR_MS)
    shop.sell(TEA)
    first, second = events(shop)[-2:]
    assert isinstance(first, SaleEvent)
    assert isinstance(second, SaleEvent)
    assert second.moment.utc_ms < first.moment.utc_ms
    assert second.moment.hlc > first.moment.hlc


# Refusals.


def test_that_an_empty_basket_is_refused(shop: Shop) -> None:
    assert "sale.empty" == refusal(shop)


def test_that_a_receipt_has_a_limit_of_lines(shop: Shop) -> None:
    assert "sale.lines" == refusal(shop, *[TEA] * 501)
    assert 500 == len(shop.sell(*[TEA] * 500).quote.lines)


def test_that_a_line_out_of_range_is_refused(shop: Shop) -> None:
    assert "sale.quantity_range" == refusal(shop, TEA, BasketLine(TEA, 1500))


def test_that_more_points_than_the_receipt_allows_are_refused(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    assert "sale.burn" == refusal(shop, TEA, card=BOB, burn=31)
    assert "sale.burn" == refusal(shop, TEA, card=BOB, burn=-1)
    assert "sale.burn" == refusal(shop, PILLS, card=BOB, burn=1)


def test_that_points_without_a_card_are_refused(shop: Shop) -> None:
    assert "sale.burn" == refusal(shop, TEA, burn=1)


def test_that_too_little_money_is_refused(shop: Shop) -> None:
    assert "sale.payment" == refusal(shop, TEA, paid=(Tender(PaymentKind.CASH, 999),))


def test_that_a_card_that_was_blocked_after_it_was_scanned_is_refused(shop: Shop) -> None:
    basket = shop.basket(TEA, card=BOB)
    shop.till.database.write(lambda c: accounts.set_card_status(c, BOB, CardStatus.BLOCKED))
    with pytest.raises(InputError) as refused:
        shop.till.close_sale(basket, ENOUGH).result()
    assert "sale.blocked" == refused.value.code
    with pytest.raises(InputError) as refused:
        shop.till.find_member(BOB)
    assert "card.blocked" == refused.value.code
    without = msgspec.structs.replace(basket, member=None)
    assert None is shop.till.close_sale(without, ENOUGH).result().member


def test_that_a_replaced_card_sells_while_the_lost_one_is_blocked(shop: Shop) -> None:
    new_card = "2990000000996"
    bob = shop.member(BOB).account_ref
    shop.till.database.write(
        lambda c: c.exec_driver_sql("INSERT INTO card (number, account_ref) VALUES (?, ?)", (new_card, bob))
    )
    shop.till.database.write(lambda c: accounts.set_card_status(c, BOB, CardStatus.BLOCKED))
    assert 30 == shop.sell(TEA, card=new_card).quote.result.earned_units


def test_that_a_card_that_went_to_another_account_meanwhile_must_be_scanned_again(shop: Shop) -> None:
    basket = shop.basket(TEA, card=BOB)
    ana = shop.member(ANA).account_ref
    shop.till.database.write(
        lambda c: c.exec_driver_sql("UPDATE card SET account_ref = ? WHERE number = ?", (ana, BOB))
    )
    with pytest.raises(InputError) as refused:
        shop.till.close_sale(basket, ENOUGH).result()
    assert "sale.card_moved" == refused.value.code
    assert 0 == counts(shop)["sale"]


def test_that_points_that_were_spent_meanwhile_are_not_spent_twice(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    first, second = (shop.basket(TEA, card=BOB, burn=30) for _ in range(2))
    shop.till.close_sale(first, ENOUGH).result()
    with pytest.raises(InputError) as refused:
        shop.till.close_sale(second, ENOUGH).result()
    assert "sale.balance" == refused.value.code


def test_that_a_basket_is_booked_once_however_often_it_is_closed(shop: Shop) -> None:
    basket = shop.basket(TEA, card=BOB)
    closings = [shop.till.close_sale(basket, ENOUGH) for _ in range(3)]
    assert basket.event_id == closings[0].result().event_id
    for closing in closings[1:]:
        with pytest.raises(InputError) as refused:
            closing.result()
        assert "sale.already_booked" == refused.value.code
    assert 1 == counts(shop)["sale"]
    assert 30 == shop.member(BOB).balance.available_units


def test_that_a_sale_that_the_disk_refuses_leaves_nothing_and_can_be_closed_again(shop: Shop) -> None:
    basket = shop.basket(*[TEA] * 100, card=BOB)
    before = counts(shop)
    pages = shop.till.database.submit_steps(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1").scalar_one())
    assert pages.result() > 1
    with pytest.raises(StorageError) as refused:
        shop.till.close_sale(basket, ENOUGH).result()
    assert "storage.full" == refused.value.code
    assert before == counts(shop)
    assert None is shop.till.database.read(lambda c: journal.find_event(c, basket.event_id))
    assert basket.event_id == shop.till.close_sale(basket, ENOUGH).result().event_id
    assert {} == shop.bad_findings()


# Beside a fiscal till.


def test_that_beside_a_till_the_number_of_its_receipt_is_needed(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", till={"mode": "beside"})
    assert "sale.foreign_receipt" == refusal(shop, TEA, card=BOB)
    assert "sale.foreign_receipt" == refusal(shop, TEA, card=BOB, foreign="  ")
    closed = shop.sell(TEA, card=BOB, paid=(), foreign=" F-17 ")
    assert ((Payment(PaymentKind.FOREIGN, 1000),), "F-17") == (closed.payments, closed.foreign_receipt)
    assert [("beside", "F-17")] == shop.query("SELECT mode, foreign_receipt FROM sale")
    assert 30 == shop.member(BOB).balance.available_units


# Points in time.


def test_that_what_is_due_is_booked_with_the_next_sale(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.sell(TEA, card=BOB)
    assert BalanceView(0, 5, next_start_ms=NOON_MS + HOUR_MS, **expiry(5)) == shop.member(BOB).balance
    shop.wait(HOUR_MS)
    assert (5, 5) == (shop.member(BOB).balance.available_units, shop.member(BOB).spendable_units)
    assert [(0,)] == shop.query("SELECT matured FROM lot")
    shop.sell(TEA, card=BOB, burn=5)
    # What is paid by money earns: 5 % of 9.50 are 0.475, four points of 0.10.
    assert [(0, 1), (4, 0)] == shop.query("SELECT remaining_units, matured FROM lot ORDER BY 1")
    shop.wait(11 * DAY_MS)
    assert 0 == shop.member(BOB).balance.pending_units + shop.member(BOB).balance.available_units
    shop.sell(TEA, card=BOB)
    kinds = "SELECT kind, sum(units) FROM entry GROUP BY kind ORDER BY kind"
    assert [("available", 0), ("expired", 4), ("issued", -14), ("pending", 5), ("redeemed", 5)] == shop.query(kinds)
    assert {} == shop.bad_findings()


def expiry(units: int) -> dict[str, int]:
    """Ten days after the day of the start, at midnight."""
    return {"next_expiry_ms": NOON_MS + 10 * DAY_MS + 12 * HOUR_MS, "next_expiry_units": units}


def test_that_a_class_moves_up_with_the_sale_and_stays(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    closed = shop.sell(BasketLine(TEA, 1000, 2_999_999), card=ANA)
    assert "standard" == shop.member(ANA).card_class
    assert closed.quote.result.next_step is not None
    assert 1 == closed.quote.result.next_step.missing_minor
    assert "plus" == shop.sell(BasketLine(TEA, 1000, 1), card=ANA).quote.result.class_after
    shop.reopen()
    ana = shop.member(ANA)
    assert ("plus", {"progressive": 3_000_000}, 2) == (ana.card_class, ana.accumulators, ana.receipts_before)


def test_that_sums_are_counted_in_the_month_of_the_trading_day() -> None:
    expected = (MonthlySum("p", "2026-06", 5),)
    assert expected == sums_of({"p": 5, "q": 0}, "2026-06-30")


def test_that_a_receipt_carries_how_its_member_stands(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    standing = msgspec.json.decode(shop.query("SELECT standing FROM sale")[0][0])
    assert ("silver", 30) == (standing["card_class"], standing["balance"]["available_units"])


def test_that_a_till_that_waits_for_its_name_prints_no_number_of_the_disk_it_may_stand_in_for(
    open_shop: OpenShop,
) -> None:
    shop = open_shop("fixed-card", hq={"url": "http://127.0.0.1:9"})
    assert "001-00-" == shop.sell(TEA).receipt_number[:7]
