"""The closing report of a day: what is in it, what of other days is not, and how a figure that does not tie shows itself."""

import msgspec
import pytest

from pos_app.errors import InputError
from pos_app.model.causes import CauseTotals
from pos_app.model.closing import (
    CheckCode,
    ClosingReport,
    GoodsSums,
    MemberCounts,
    ProgrammeGave,
    Queue,
    Taking,
    TaxSums,
    UnitMoves,
    Unsettled,
)
from pos_app.model.products import Product
from pos_app.model.receipts import PaymentKind
from pos_app.model.sentinel import FindingCode
from pos_app.protocol.coupons import coupon_code
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts, acts, contracts, coupon_making, giving, lending
from pos_app.use_cases.closing import closing_report
from pos_app.use_cases.coupon_making import CouponWish
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.repairing import repair
from pos_app.use_cases.unseen_returning import UnseenGoods
from pos_app.use_cases.views import BasketLine
from storage import closing
from tests.conftest import OpenShop
from tests.pos_app.use_cases.burners import Beneath
from tests.pos_app.use_cases.test_acts import ACTS
from tests.shop import ANA, BOB, BREAD, DAY_MS, ENOUGH, HOUR_MS, NOBODY, TEA, TENDER, Shop
from tests.staff import enter, hire

DAY, NEXT = "2026-07-01", "2026-07-02"
REDUCTION = TENDER.replace('"tender"', '"price_reduction"')
CLAMPS = TENDER.replace("[burning]", '[returns]\nspent = "clamp"\n\n[burning]')
CENTS = {"code": "EUR", "exponent": 2, "cash_step_minor": 5}
COAT = Product("coat", "Coat", 30_000, 0)
CREAM = Product("cream", "Cream", 3000, 0)
BURGER = Product("burger", "Burger", 500, 0, category="BURGER")
pytestmark = pytest.mark.usefixtures("no_keystore")


def moves(report: ClosingReport, unit: str = "shop") -> UnitMoves:
    return next(one for one in report.points if one.unit == unit)


def told(report: ClosingReport) -> dict[tuple[str, str], int]:
    """The figures that do not tie, and by how much more is shown than booked."""
    return {(one.code.value, one.subject): one.difference for one in report.differences}


def goodwill(shop: Shop, units: int, *, reason: AdjustmentReason = AdjustmentReason.GOODWILL) -> None:
    shop.till.book_act(account_acts.adjust, BOB, units, reason=reason).result()


def test_that_a_quiet_day_is_all_zeros_and_ties(shop: Shop) -> None:
    report = closing_report(shop.till)
    assert (DAY, False, True, ()) == (report.business_date, report.is_over, report.ties, report.takings)
    assert (0, "", 0) == (report.receipts.sales, report.receipts.first_number, report.average_minor)
    assert [CheckCode.RECEIPTS, CheckCode.WORD_FOR_WORD] == [check.code for check in report.checks]


def test_that_goods_tax_and_payments_are_those_of_the_receipts(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER, currency=CENTS)
    first = shop.sell(TEA, BREAD)
    shop.sell(TEA, paid=(Tender(PaymentKind.CARD, 1000, "T-1"),))
    last = shop.sell(BasketLine(TEA, override_minor=900))
    shop.take_back(first, line_1=1)
    unseen = shop.till.return_unseen("009-01-0000001", (UnseenGoods(BREAD, 1000, 300),)).result()
    report = closing_report(shop.till)
    counts = report.receipts
    assert (3, 2, 1, 0) == (counts.sales, counts.returns, counts.unseen_returns, counts.instalments)
    assert (first.receipt_number, unseen.receipt_number) == (counts.first_number, counts.last_number)
    assert last.receipt_number < unseen.receipt_number
    assert report.goods == GoodsSums(
        list_minor=3333, discounts_minor=0, by_hand_minor=100, by_points_minor=0, sold_minor=3233, returned_minor=1300
    )
    assert (1078, 1933) == (report.average_minor, report.goods.net_minor)
    assert (TaxSums(1000, 33, 3), TaxSums(2000, 1900, 317)) == report.tax
    assert (Taking("card", 1000, 0, 0), Taking("cash", 2235, 0, 1300), Taking("rounding", -2, 0, 0)) == report.takings
    assert ((1935, True)) == (sum(one.total_minor for one in report.takings if one.is_money), report.ties)


def test_that_points_add_up_from_day_to_day(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.sell(TEA, TEA, card=BOB)
    assert moves(closing_report(shop.till)) == UnitMoves(
        unit="shop", issued_units=10, opening_units=0, closing_units=10
    )
    shop.wait(DAY_MS)
    burned = shop.sell(TEA, TEA, card=BOB, burn=5)
    shop.take_back(burned, line_1=1, line_2=1)
    goodwill(shop, 7)
    second = closing_report(shop.till)
    assert moves(second) == UnitMoves(
        unit="shop",
        # Of 20.00 what 5 points pay (0.50) earns nothing: 5 % of 19.50 are 9.75, and whole points are rounded down.
        issued_units=9,
        burned_units=5,
        restored_units=5,
        clawed_back_units=9,
        adjusted_units=7,
        opening_units=10,
        closing_units=17,
    )
    assert ((Taking("cash", 1950, 0, 1950), Taking("points", 50, 0, 50)), True) == (second.takings, second.ties)
    shop.wait(40 * DAY_MS)
    shop.till.book_due().result()
    third = closing_report(shop.till)
    assert moves(third) == UnitMoves(unit="shop", expired_units=10, opening_units=17, closing_units=7)
    assert third.ties
    again = closing_report(shop.till, NEXT)
    assert again == msgspec.structs.replace(
        second,
        is_over=True,
        made_at_ms=shop.clock.now_ms,
        queue=again.queue,
        # The balance is that of now, and so compares other figures than on the evening.
        checks=again.checks,
    )
    assert again.ties


def test_that_other_days_are_left_out_by_the_business_date(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    shop.wait(15 * HOUR_MS)
    late = shop.sell(BREAD)
    shop.wait(2 * HOUR_MS)
    next_day = shop.sell(TEA, TEA, card=BOB)
    first, second = closing_report(shop.till, DAY), closing_report(shop.till, NEXT)
    assert (1333, 2000) == (first.goods.sold_minor, second.goods.sold_minor)
    assert (late.receipt_number, next_day.receipt_number) == (
        first.receipts.last_number,
        second.receipts.first_number,
    )
    assert ([30, 60], [30, 90]) == (
        [moves(first).issued_units, moves(second).issued_units],
        [moves(first).closing_units, moves(second).closing_units],
    )
    assert (True, False, True, True) == (first.is_over, second.is_over, first.ties, second.ties)
    assert (0, True) == (closing_report(shop.till, "2026-06-30").receipts.sales, first.ties)


def test_that_points_as_a_price_reduction_stand_between_list_prices_and_what_was_sold(open_shop: OpenShop) -> None:
    shop = open_shop(REDUCTION)
    shop.put(COAT)
    shop.sell(COAT, card=BOB)
    shop.wait(DAY_MS)
    shop.sell(COAT, card=BOB, burn=100)
    report = closing_report(shop.till)
    assert report.goods == GoodsSums(
        list_minor=30_000, discounts_minor=0, by_hand_minor=0, by_points_minor=1000, sold_minor=29_000, returned_minor=0
    )
    assert (("points", 145, 1450), True) == (
        (report.programmes[0].programme_id, report.programmes[0].points_units, report.programmes[0].points_worth_minor),
        report.ties,
    )


def test_that_discounts_and_coupons_are_told_by_programme(open_shop: OpenShop) -> None:
    shop = open_shop("coupon", "fixed-card")
    shop.put(CREAM)
    batch = shop.till.book_act(coupon_making.make, CouponWish(rule="coupon/five-off", codes=2), "").result()
    for serial in (1, 2):
        basket = shop.basket(CREAM, card=BOB)
        taken = shop.till.present_coupon(basket, coupon_code(batch.secret, batch.batch_id, serial)).result()
        sale = shop.till.close_sale(msgspec.structs.replace(basket, coupons=(taken.coupon,)), ENOUGH).result()
    shop.take_back(sale, line_1=1)
    report = closing_report(shop.till)
    assert (ProgrammeGave("coupon", "Coupons", 1000, 0, 0), "fixed-card", 150, 150) == (
        report.programmes[0],
        report.programmes[1].programme_id,
        report.programmes[1].points_units,
        report.programmes[1].points_worth_minor,
    )
    assert (2, 1, 1000) == (report.receipts.coupons_used, report.receipts.coupons_freed, report.goods.discounts_minor)
    assert report.ties


def test_that_stamps_are_a_unit_of_their_own(open_shop: OpenShop) -> None:
    shop = open_shop("stamp-card")
    shop.put(BURGER)
    for _ in range(10):
        sale = shop.sell(BURGER, card=BOB)
    shop.sell(BURGER, card=BOB)
    shop.take_back(sale, line_1=1)
    report = closing_report(shop.till)
    assert [
        UnitMoves(
            unit="shop#burger",
            issued_units=10,
            burned_units=10,
            clawed_back_units=1,
            opening_units=0,
            closing_units=-1,
        )
    ] == list(report.points)
    assert (("stamp-card", 500), True) == (
        (report.programmes[0].programme_id, report.programmes[0].discount_minor),
        report.ties,
    )


def test_that_debts_what_is_written_off_and_merges_keep_the_balance(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.put(COAT)
    earned = shop.sell(COAT, card=BOB)
    shop.wait(2 * HOUR_MS)
    shop.sell(COAT, card=BOB, burn=150)
    shop.take_back(earned, line_1=1)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    owed = shop.member(BOB).balance.overdraft_units
    goodwill(shop, owed, reason=AdjustmentReason.FORGIVEN_OVERDRAFT)
    report = closing_report(shop.till)
    assert (0, owed, True) == (moves(report).other_units, moves(report).written_off_units, report.ties)
    balance = shop.member(ANA).balance
    assert balance.pending_units + balance.available_units == moves(report).closing_units


def test_that_what_a_programme_forgives_is_told_and_no_difference(open_shop: OpenShop) -> None:
    shop = open_shop(CLAMPS)
    shop.put(COAT)
    earned = shop.sell(COAT, card=BOB)
    shop.wait(2 * HOUR_MS)
    shop.sell(TEA, *[TEA] * 14, card=BOB, burn=150)
    shop.take_back(earned, line_1=1)
    report = closing_report(shop.till)
    moved = moves(report)
    assert 150 == moved.clawed_back_units + moved.forgiven_units
    assert (True, True) == (moved.forgiven_units > 0, report.ties)


def test_that_causes_contracts_and_members_are_counted(open_shop: OpenShop) -> None:
    shop = open_shop("instalments", "charity", "fixed-card")
    shop.put(COAT)
    basket = shop.basket(COAT, card=BOB)
    agreement = shop.till.database.read(lambda c: lending.agreement_on(shop.till, c, basket, 30_000))
    lent = shop.till.close_sale(basket, [agreement.tender, *ENOUGH]).result()
    shop.till.book_act(contracts.pay, lent.receipt_number, 1_000, Tender(PaymentKind.CASH, 0)).result()
    (cause,) = giving.causes_now(shop.till).values()
    gift = giving.with_gift(shop.basket(BREAD), giving.product_of(shop.till, cause), 67)
    shop.till.close_sale(gift, ENOUGH).result()
    shop.till.enrol(NOBODY).result()
    shop.sell(TEA, card=BOB)
    report = closing_report(shop.till)
    lent_minor = agreement.tender.given_minor
    assert (Taking("cash", 31_400 - lent_minor, 1_000, 0), Taking("instalments", lent_minor, 0, 0)) == report.takings
    assert (CauseTotals("Planting trees", 67, report.causes[0].by_shop_minor, 0),) == report.causes
    # Ana, Bob and the gold card came with an import of that day.
    assert (MemberCounts(2, 1, 4), 1) == (report.members, report.receipts.instalments)
    assert report.ties


def test_that_points_for_acts_are_issued_by_their_programme(open_shop: OpenShop) -> None:
    shop = open_shop(ACTS)
    shop.till.book_act(acts.book_act, BOB, "review").result()
    report = closing_report(shop.till)
    assert (50, True) == (moves(report).issued_units, report.ties)
    assert (ProgrammeGave("acts", "Points for everything", 0, 50, 50),) == report.programmes


def test_that_the_sentinels_findings_are_for_those_who_may_read_the_audit_log(shop: Shop) -> None:
    goodwill(shop, 50)
    found = closing_report(shop.till).findings
    assert [FindingCode.ADJUSTMENTS] == [one.code for one in found or ()]
    hire(shop.till)
    enter(shop.till, "ben")
    assert closing_report(shop.till).findings is None
    enter(shop.till, "anna")
    assert found == closing_report(shop.till).findings


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            "UPDATE sale SET total_minor = total_minor + 100 WHERE kind = 'sale'",
            {("totals", ""): 100, ("payments", ""): 100, ("lines", ""): 100, ("word_for_word", ""): 1},
        ),
        (
            "UPDATE payment SET amount_minor = 1900 WHERE amount_minor = 2000",
            {("takings", "cash"): -100, ("payments", ""): 100, ("word_for_word", ""): 1},
        ),
        ("UPDATE payment SET kind = 'card'", {("takings", "cash"): -1000, ("takings", "card"): 1000}),
        ("UPDATE sale_line SET tax_minor = 1 WHERE line_no = 1", {("tax", "2000"): -166, ("word_for_word", ""): 1}),
        ("UPDATE sale_line SET tax_rate_bp = 1000 WHERE line_no = 1", {("tax", "1000"): 0}),
        ("UPDATE sale SET business_date = '2026-07-05' WHERE kind = 'return'", {("receipts", ""): -1}),
        ("UPDATE award SET units = units + 5 WHERE line_no = 1", {("awards", ""): 5, ("word_for_word", ""): 1}),
        (
            "UPDATE entry SET units = units + 1 WHERE kind = 'available' AND units > 0",
            {("zero_sum", "shop"): 1, ("balance", "shop"): -1},
        ),
        (
            "UPDATE entry SET units = units - 2 WHERE kind = 'issued' AND units < 0",
            {("issued", "shop"): -2, ("zero_sum", "shop"): -2},
        ),
        ("UPDATE lot SET remaining_units = remaining_units - 1", {("balance", "shop"): -1}),
        (
            "UPDATE event SET body = x'ff' WHERE kind = 'return'",
            {("word_for_word", ""): 1, ("clawed_back", "shop"): -30},
        ),
        (
            "UPDATE entry SET event_id = '00000000-0000-7000-8000-000000000000' WHERE units IN (60, -60)",
            {("explained", "shop"): 60, ("issued", "shop"): 60},
        ),
    ],
    ids=range(12),
)
def test_that_damage_shows_as_a_difference(shop: Shop, damage: str, expected: dict[tuple[str, str], int]) -> None:
    sale = shop.sell(TEA, TEA, card=BOB)
    shop.take_back(sale, line_1=1)
    assert closing_report(shop.till).ties
    shop.damage(damage)
    report = closing_report(shop.till)
    found = told(report)
    assert not report.ties
    assert {key: units for key, units in expected.items() if units} == {
        key: units for key, units in found.items() if key in expected
    }


def test_that_the_doctors_repair_makes_the_report_tie_again(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.sell(BREAD)
    for change in (
        "UPDATE sale SET total_minor = 1 WHERE kind = 'sale'",
        "DELETE FROM payment WHERE amount_minor = 333",
    ):
        shop.damage(change)
    assert not closing_report(shop.till).ties
    shop.till.book_act(repair).result()
    report = closing_report(shop.till)
    assert (True, 1333, sale.receipt_number) == (report.ties, report.goods.sold_minor, report.receipts.first_number)


def test_that_a_receipt_whose_rows_are_lost_is_missed(shop: Shop) -> None:
    shop.sell(TEA)
    shop.damage("DELETE FROM sale")
    report = closing_report(shop.till)
    assert {
        ("receipts", ""): -1,
        ("word_for_word", ""): 1,
        ("totals", ""): -1000,
        ("takings", "cash"): -1000,
        ("tax", "2000"): -167,
    } == told(report)


def test_that_past_their_retention_details_are_not_compared_and_said_so(shop: Shop) -> None:
    sale = shop.sell(TEA, BREAD, card=BOB)
    shop.take_back(sale, line_1=1)
    shop.damage("UPDATE event SET body = NULL WHERE kind <> 'enrolment'")
    report = closing_report(shop.till)
    not_compared = {check.code.value for check in report.checks if check.booked is None}
    assert {"totals", "tax", "takings", "awards", "issued", "clawed_back"} == not_compared
    assert (2, True, 1333) == (report.pruned_events, report.ties, report.goods.sold_minor)
    assert (39, 29) == (moves(report).issued_units, moves(report).clawed_back_units)
    assert (TaxSums(1000, 333, 30), TaxSums(2000, 0, 0)) == report.tax


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("DELETE FROM sale_line", (2000,)),
        ("UPDATE event SET body = NULL WHERE kind = 'sale'", (2000,)),
        ("DELETE FROM sale_line; UPDATE event SET body = NULL WHERE kind = 'sale'", (None,)),
    ],
    ids=["rows gone", "event pruned", "both gone"],
)
def test_that_tax_of_goods_of_an_earlier_day_goes_by_the_rate_that_is_known(
    shop: Shop, damage: str, expected: tuple[int | None, ...]
) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.wait(DAY_MS)
    shop.take_back(sale, line_1=1)
    for change in damage.split("; "):
        shop.damage(change)
    report = closing_report(shop.till)
    assert (tuple(TaxSums(rate_bp, -1000, -167) for rate_bp in expected), True) == (report.tax, report.ties)


def test_that_beneath_headquarters_balances_are_its_and_what_waits_is_told(open_shop: OpenShop) -> None:
    beneath = Beneath(open_shop, "http://127.0.0.1:9")
    shop = beneath.shop
    shop.sell(TEA, card=BOB)
    shop.till.return_unseen("009-01-0000001", (UnseenGoods(BREAD, 1000, 300),)).result()
    report = closing_report(shop.till)
    assert UnitMoves(unit="shop", issued_units=30) == moves(report)
    assert report.queue == Queue(
        has_hq=True,
        has_joined=True,
        takes_our_word=True,
        waiting_events=6,
        oldest_waiting_ms=0,
        last_contact_ms=report.queue.last_contact_ms,
    )
    assert report.unsettled == Unsettled(
        point_holds=0,
        coupon_holds=0,
        burned_alone_units=0,
        coupons_alone=0,
        unseen_returns=1,
        left_to_hq=0,
        failed_prints=0,
    )
    shop.damage("DELETE FROM entry")
    assert 1 == closing_report(shop.till).unsettled.left_to_hq


@pytest.mark.parametrize("day", ["yesterday", "20260701", "2026-7-1", "2026-02-30"])
def test_that_what_is_no_date_is_refused(shop: Shop, day: str) -> None:
    with pytest.raises(InputError, match="is not a date"):
        closing_report(shop.till, day)


def test_that_a_report_is_of_one_moment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell(TEA)
    heads_of = closing.heads_of

    def and_sell(*arguments: object) -> object:
        found = heads_of(*arguments)  # type: ignore[arg-type]
        shop.sell(BREAD)
        return found

    monkeypatch.setattr(closing, "heads_of", and_sell)
    report = closing_report(shop.till)
    assert (True, 1000) == (report.ties, report.goods.list_minor)
    monkeypatch.undo()
    assert 1333 == closing_report(shop.till).goods.list_minor
