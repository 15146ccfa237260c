"""What a basket comes to, and what was handed over for it."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.errors import InputError
from pos_app.loyalty.programme import programme_set
from pos_app.model.accounts import BalanceView, CardStatus, Member
from pos_app.model.money import Currency
from pos_app.model.receipts import Payment, PaymentKind, TaxRow
from pos_app.use_cases.quoting import (
    Settlement,
    Tender,
    Terms,
    check_line,
    in_cash,
    member_context,
    quote,
    settle,
    settle_beside,
)
from pos_app.use_cases.views import Basket, BasketLine, Quote
from tests.shop import BREAD, NOON_MS, PILLS, RICE, TEA, TENDER, programme

EVENT_ID = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
CASH, CARD, POINTS, ROUNDING = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.POINTS, PaymentKind.ROUNDING


def terms(*programmes: str, exponent: int = 2, step_minor: int = 1, points_exponent: int = 0) -> Terms:
    return Terms(
        Currency("EUR", exponent, step_minor), points_exponent, programme_set(map(programme, programmes)), "UTC"
    )


def member(**changes: object) -> Member:
    made = Member("a-1", "1", CardStatus.ACTIVE, "", "", "gold", BalanceView(1000, 0), {}, 5, 1000)
    return msgspec.structs.replace(made, **changes)


def quoted(*lines: BasketLine, by: Terms, holder: Member | None = None, burn: int = 0) -> Quote:
    return quote(Basket(EVENT_ID, lines, holder, burn), by, utc_ms=NOON_MS, business_date="2026-07-01")


def plain(*lines: BasketLine, step_minor: int = 1) -> Quote:
    return quoted(*lines, by=terms(step_minor=step_minor))


def of(total_minor: int, *, step_minor: int = 1) -> Quote:
    return plain(BasketLine(TEA, 1000, total_minor), step_minor=step_minor)


def cash(given_minor: int) -> Tender:
    return Tender(CASH, given_minor)


def card(given_minor: int) -> Tender:
    return Tender(CARD, given_minor, "T-1")


# What it comes to.


def test_that_quantities_prices_and_tax_add_up() -> None:
    sale = plain(BasketLine(TEA, 2000), BasketLine(RICE, 1234), BasketLine(PILLS))
    assert [2000, 309, 2000] == [line.payable_minor for line in sale.lines]
    assert [333, 28, 0] == [line.tax_minor for line in sale.lines]
    assert (TaxRow(0, 2000, 0), TaxRow(1000, 309, 28), TaxRow(2000, 2000, 333)) == sale.tax
    assert (4309, 4309, 4309) == (sale.gross_minor, sale.total_minor, sale.to_pay_minor)


def test_that_an_override_is_a_discount_and_is_taxed_as_asked() -> None:
    sale = plain(BasketLine(TEA, 2000, 1500))
    line = sale.lines[0]
    assert (2000, 1500, 250) == (line.list_minor, line.amount_minor, line.tax_minor)
    assert (2000, 500, 1500) == (sale.gross_minor, sale.discount_minor, sale.total_minor)


def test_that_points_that_reduce_the_price_reduce_the_tax() -> None:
    sale = quoted(BasketLine(TEA), BasketLine(BREAD), by=terms("fixed-card"), holder=member(), burn=400)
    assert [300, 100] == [line.burn_minor for line in sale.lines]
    assert [700, 233] == [line.payable_minor for line in sale.lines]
    assert [117, 21] == [line.tax_minor for line in sale.lines]
    assert (933, 933) == (sale.total_minor, sale.to_pay_minor)


def test_that_points_that_pay_like_money_leave_total_and_tax_as_they_are() -> None:
    sale = quoted(BasketLine(TEA), by=terms(TENDER), holder=member(), burn=40)
    assert (1000, 600, 600) == (sale.total_minor, sale.to_pay_minor, sale.cash_to_pay_minor)
    assert 167 == sale.lines[0].tax_minor
    assert (Payment(POINTS, 400), Payment(CASH, 600, 1000)) == settle(sale, (cash(1000),), terms().currency).payments


@pytest.mark.parametrize(
    ("exponent", "step_minor", "total_minor", "to_pay_in_cash_minor"),
    [
        (0, 1, 1003, 1003),
        (0, 100, 1050, 1100),
        (2, 5, 1002, 1000),
        (2, 5, 1003, 1005),
        (3, 5, 1002, 1000),
        (3, 250, 1125, 1250),
    ],
)
def test_that_cash_is_rounded_to_what_coins_can_pay_in_every_currency(
    exponent: int, step_minor: int, total_minor: int, to_pay_in_cash_minor: int
) -> None:
    by = terms(exponent=exponent, step_minor=step_minor)
    sale = quoted(BasketLine(TEA, 1000, total_minor), by=by)
    assert (total_minor, to_pay_in_cash_minor) == (sale.to_pay_minor, sale.cash_to_pay_minor)


def test_that_points_may_have_decimals() -> None:
    sale = quoted(
        BasketLine(TEA), by=terms("fixed-card", points_exponent=2), holder=member(spendable_units=5000), burn=2500
    )
    assert (2500, 25, 975) == (sale.result.burn_units, sale.result.burn_worth_minor, sale.total_minor)
    assert 975 * 5 == sale.result.earned_units


@pytest.mark.parametrize(
    ("birthday", "expected"), [("07-01", True), ("07-02", False), ("", False), ("1980-07-01", True)]
)
def test_that_the_engine_learns_of_a_birthday_and_not_of_whose(birthday: str, expected: bool) -> None:
    holder = member(birthday=birthday, name="Ana", phone="1")
    context = member_context(holder, utc_ms=NOON_MS, zone="UTC")
    assert expected == context.birthday
    assert "Ana" not in str(context)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (BasketLine(RICE, 0), "sale.quantity_range"),
        (BasketLine(RICE, -1), "sale.quantity_range"),
        (BasketLine(RICE, 10_000_001), "sale.quantity_range"),
        (BasketLine(TEA, 1500), "sale.quantity_range"),
        (BasketLine(TEA, 1000, -1), "sale.amount_range"),
        (BasketLine(TEA, 1000, 10**12 + 1), "sale.amount_range"),
        (BasketLine(msgspec.structs.replace(TEA, price_minor=10**12), 2000), "sale.amount_range"),
    ],
)
def test_that_a_line_out_of_range_is_refused(line: BasketLine, code: str) -> None:
    with pytest.raises(InputError) as refused:
        check_line(line)
    assert code == refused.value.code


@pytest.mark.parametrize("line", [BasketLine(RICE, 1), BasketLine(TEA, 10_000_000), BasketLine(TEA, 1000, 0)])
def test_that_a_line_at_the_edge_is_taken(line: BasketLine) -> None:
    assert line is check_line(line)


# How it is paid.


@pytest.mark.parametrize(
    ("total_minor", "step_minor", "tenders", "payments", "change_minor"),
    [
        (1000, 1, (cash(2000),), (Payment(CASH, 1000, 2000),), 1000),
        (1000, 1, (cash(600), cash(400)), (Payment(CASH, 1000, 1000),), 0),
        (1000, 1, (card(1000),), (Payment(CARD, 1000, 1000, "T-1"),), 0),
        (1000, 1, (card(1000), cash(50)), (Payment(CARD, 1000, 1000, "T-1"),), 50),
        (1000, 1, (card(700), cash(500)), (Payment(CARD, 700, 700, "T-1"), Payment(CASH, 300, 500)), 200),
        (1002, 5, (cash(1000),), (Payment(CASH, 1000, 1000), Payment(ROUNDING, 2)), 0),
        (1003, 5, (cash(1010),), (Payment(CASH, 1005, 1010), Payment(ROUNDING, -2)), 5),
        (1003, 5, (card(1003),), (Payment(CARD, 1003, 1003, "T-1"),), 0),
        (
            1003,
            5,
            (card(1000), cash(5)),
            (Payment(CARD, 1000, 1000, "T-1"), Payment(CASH, 5, 5), Payment(ROUNDING, -2)),
            0,
        ),
        (2, 5, (cash(0),), (Payment(CASH, 0, 0), Payment(ROUNDING, 2)), 0),
        (0, 1, (), (), 0),
    ],
)
def test_that_what_was_handed_over_becomes_payments_that_sum_to_the_total(
    total_minor: int, step_minor: int, tenders: tuple[Tender, ...], payments: tuple[Payment, ...], change_minor: int
) -> None:
    settlement = settle(of(total_minor, step_minor=step_minor), tenders, Currency("EUR", 2, step_minor))
    assert Settlement(payments, change_minor) == settlement
    assert total_minor == sum(payment.amount_minor for payment in payments)


@pytest.mark.parametrize(
    ("tenders", "why"),
    [
        ((), "less than the total"),
        ((cash(999),), "less than the total"),
        ((card(600), cash(399)), "less than the total"),
        ((card(1001),), "taken by card"),
        ((card(600), card(600)), "taken by card"),
        ((card(-1), cash(1001)), "out of range"),
        ((cash(-5), card(1000)), "out of range"),
        ((cash(2**63),), "out of range"),
    ],
)
def test_that_too_little_or_too_much_by_card_is_refused(tenders: tuple[Tender, ...], why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        settle(of(1000), tenders, Currency("EUR", 2))
    assert "sale.payment" == refused.value.code


@given(st.integers(0, 10**6), st.sampled_from([1, 5, 50, 100]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_that_nobody_pays_too_much_or_too_little(
    total_minor: int, step_minor: int, by_card: int, in_coins: int
) -> None:
    currency = Currency("EUR", 2, step_minor)
    try:
        settlement = settle(of(total_minor, step_minor=step_minor), (card(by_card), cash(in_coins)), currency)
    except InputError:
        assert by_card > total_minor or by_card + in_coins < total_minor + step_minor
        return
    kept = Counter({payment.kind: payment.amount_minor for payment in settlement.payments})
    assert total_minor == sum(kept.values())
    assert by_card == kept[CARD]
    assert in_coins == kept[CASH] + settlement.change_minor
    assert settlement.change_minor >= 0
    assert 0 == kept[CASH] % step_minor
    assert 2 * abs(kept[ROUNDING]) <= step_minor


def test_that_beside_a_till_points_as_tender_pay_and_the_fiscal_till_takes_the_rest() -> None:
    sale = quoted(BasketLine(TEA), by=terms(TENDER), holder=member(), burn=40)
    assert Settlement((Payment(POINTS, 400), Payment(PaymentKind.FOREIGN, 600)), 0) == settle_beside(sale)
    assert Settlement((Payment(PaymentKind.FOREIGN, 1003),), 0) == settle_beside(of(1003, step_minor=5))


def test_that_cash_goes_out_as_it_comes_in() -> None:
    assert (Payment(CASH, 1000), Payment(ROUNDING, 2)) == in_cash(1002, Currency("EUR", 2, 5))
    assert (Payment(CASH, 1002),) == in_cash(1002, Currency("EUR", 2))
