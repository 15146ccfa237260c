"""Goods come back, and with them what the sale gave and what it took."""

import tempfile
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.model.staff import Permission, Role, StaffMember
from pos_app.protocol.events import AdjustmentReason, ReturnEvent, SaleEvent, decode_body
from pos_app.use_cases import account_acts, staff_changes
from pos_app.use_cases.goods_back import GRACE_DAYS, goods_back, summed
from pos_app.use_cases.returning import known_sales
from pos_app.use_cases.views import BasketLine, Refund
from storage import staff
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, DAY_MS, GOLD, PILLS, RICE, TEA, TENDER, Shop

EXPIRING = """
schema = 1
id = "points"
version = 1
name = "Points that live for three days"
point_worth_minor = 1

[earning]
life = { days = 3 }

[burning]
burn_as = "price_reduction"

[[rules]]
kind = "fixed-card"
id = "ten"
other_rate_bp = 1000
rates_bp = {}
"""


def refusal(shop: Shop, number: str, quantities_milli: dict[int, int]) -> tuple[str, str]:
    before = shop.query("SELECT count(*) FROM event")
    with pytest.raises(InputError) as refused:
        shop.till.return_goods(number, quantities_milli).result()
    assert before == shop.query("SELECT count(*) FROM event")
    return refused.value.code, refused.value.what


def test_that_a_full_return_gives_everything_back_and_takes_everything_back(shop: Shop) -> None:
    sale = shop.sell(TEA, BREAD, card=BOB)
    back = shop.take_back(sale, line_1=1, line_2=1)
    assert (1333, 39, 0, 0) == (back.refund_minor, back.clawed_back_units, back.restored_units, back.overdraft_units)
    assert "001-01-0000005" == back.receipt_number
    assert 0 == shop.member(BOB).balance.available_units
    assert {} == shop.bad_findings()


def test_that_the_event_says_what_came_back(shop: Shop) -> None:
    sale = shop.sell(TEA, BREAD, card=BOB)
    shop.take_back(sale, line_2=1)
    event = decode_body(shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT 1")[0][0])
    assert isinstance(event, ReturnEvent)
    assert (sale.event_id, 333, shop.member(BOB).account_ref) == (
        event.sale_event_id,
        event.total_minor,
        event.account_ref,
    )
    lot_id = shop.query("SELECT lot_id FROM lot")[0][0]
    assert [(lot_id, -10)] == [(change.lot_id, change.units) for change in event.clawed_back]
    assert [(2, 1000, 333, 30, 10, 0)] == [
        (one.line_no, one.quantity_milli, one.refund_minor, one.tax_minor, one.earned_units, one.burned_units)
        for one in event.lines
    ]


def test_that_an_anonymous_sale_comes_back_without_points(shop: Shop) -> None:
    back = shop.take_back(shop.sell(TEA, PILLS), line_1=1, line_2=1)
    assert (3000, 0, 0) == (back.refund_minor, back.clawed_back_units, back.restored_units)
    assert {} == shop.bad_findings()


def test_that_points_that_were_spent_already_are_owed(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.sell(BREAD, card=BOB, burn=30)
    back = shop.take_back(sale, line_1=1)
    assert (30, 21) == (back.clawed_back_units, back.overdraft_units)
    balance = shop.member(BOB).balance
    assert (0, 21) == (balance.available_units, balance.overdraft_units)
    shop.sell(TEA, card=BOB)
    balance = shop.member(BOB).balance
    assert (9, 0) == (balance.available_units, balance.overdraft_units)
    assert {} == shop.bad_findings()


def test_that_burned_points_come_back_with_the_price_that_they_reduced(shop: Shop) -> None:
    shop.sell(TEA, card=GOLD)
    sale = shop.sell(TEA, BREAD, card=GOLD, burn=40)
    assert 1293 == sale.quote.total_minor
    back = shop.take_back(sale, line_1=1, line_2=1)
    assert (1293, 40) == (back.refund_minor, back.restored_units)
    assert 50 == shop.member(GOLD).balance.available_units


def test_that_points_that_paid_like_money_come_back_as_points_and_not_as_money(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.sell(*[TEA] * 10, card=BOB)
    shop.wait(DAY_MS)
    sale = shop.sell(TEA, BREAD, card=BOB, burn=40)
    assert (1333, 933) == (sale.quote.total_minor, sale.quote.to_pay_minor)
    first = shop.take_back(sale, line_1=1)
    second = shop.take_back(sale, line_2=1)
    assert (933, 40) == (first.refund_minor + second.refund_minor, first.restored_units + second.restored_units)
    taken, given = (
        dict(shop.query("SELECT p.kind, sum(amount_minor) FROM payment AS p JOIN sale USING (event_id) WHERE " + where))
        for where in ("event_id = 'X' GROUP BY 1".replace("X", sale.event_id), "sale.kind = 'return' GROUP BY p.kind")
    )
    assert {"points": 400, "cash": 933} == taken == given
    assert [(1333,)] == shop.query("SELECT sum(total_minor) FROM sale WHERE kind = 'return'")
    assert {} == shop.bad_findings()


@pytest.mark.parametrize("days_later", [0, 3, 10])
@pytest.mark.parametrize("life_days", [3, 20])
def test_that_burned_points_keep_their_expiry_but_get_days_of_grace(
    open_shop: OpenShop, life_days: int, days_later: int
) -> None:
    shop = open_shop(EXPIRING.replace("days = 3", f"days = {life_days}"))
    shop.sell(TEA, card=ANA)
    own_expiry_ms = shop.query("SELECT expires_at_ms FROM lot")[0][0]
    sale = shop.sell(TEA, card=ANA, burn=100)
    shop.wait(days_later * DAY_MS)
    shop.take_back(sale, line_1=1)
    expires_ms = shop.query("SELECT expires_at_ms FROM lot WHERE lot_id NOT IN (SELECT lot_id FROM award)")[0][0]
    assert max(own_expiry_ms, shop.clock.now_ms + GRACE_DAYS * DAY_MS) == expires_ms


def test_that_points_that_never_expire_come_back_so(shop: Shop) -> None:
    shop.sell(TEA, card=GOLD)
    shop.take_back(shop.sell(TEA, card=GOLD, burn=40), line_1=1)
    assert [(None, 40)] == shop.query(
        "SELECT expires_at_ms, remaining_units FROM lot WHERE lot_id NOT IN (SELECT lot_id FROM award)"
    )


def test_that_points_of_several_lots_come_back_to_the_lots_dates_in_the_order_in_which_they_were_burned(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(EXPIRING.replace("days = 3", "days = 100"))
    shop.sell(BREAD, card=ANA)
    shop.wait(5 * DAY_MS)
    shop.sell(BREAD, card=ANA)
    sale = shop.sell(BasketLine(TEA, 2000), card=ANA, burn=60)
    shop.take_back(sale, line_1=1)
    shop.take_back(sale, line_1=1)
    restored = "SELECT granted_units FROM lot WHERE lot_id NOT IN (SELECT lot_id FROM award) ORDER BY expires_at_ms, granted_units"
    assert [(3,), (30,), (27,)] == shop.query(restored)


def test_that_what_a_programme_counted_goes_back_to_its_month(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    sale = shop.sell(BasketLine(TEA, 3000), PILLS, card=ANA)
    shop.wait(31 * DAY_MS)
    shop.sell(TEA, card=ANA)
    shop.take_back(sale, line_1=2, line_2=1)
    months = "SELECT month, sum_minor FROM accumulator ORDER BY month"
    assert [("2026-07", 1000), ("2026-08", 1000)] == shop.query(months)
    shop.take_back(sale, line_1=1)
    assert [("2026-07", 0), ("2026-08", 1000)] == shop.query(months)


def test_that_a_receipt_for_a_return_names_the_members_class_of_today(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    sale = shop.sell(TEA, card=ANA)
    shop.sell(BasketLine(TEA, 1000, 3_000_000), card=ANA)
    assert "plus" == shop.member(ANA).card_class
    shop.take_back(sale, line_1=1)
    standing = shop.query("SELECT standing FROM sale WHERE kind = 'return'")[0][0]
    assert '"card_class":"plus"' in standing


def test_that_a_refund_in_cash_is_what_coins_can_pay(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", currency={"cash_step_minor": 5})
    sale = shop.sell(BREAD)
    shop.take_back(sale, line_1=1)
    rows = "SELECT p.kind, amount_minor FROM payment AS p JOIN sale USING (event_id) WHERE sale.kind = 'return' ORDER BY payment_no"
    assert [("cash", 335), ("rounding", -2)] == shop.query(rows)
    assert {} == shop.bad_findings()


def test_that_beside_a_till_the_money_goes_back_there(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", till={"mode": "beside"})
    sale = shop.sell(TEA, card=BOB, paid=(), foreign="F-17")
    shop.take_back(sale, line_1=1)
    event = decode_body(shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT 1")[0][0])
    assert isinstance(event, ReturnEvent)
    assert (Payment(PaymentKind.FOREIGN, 1000),) == event.payments


@pytest.mark.parametrize(
    ("quantities_milli", "code"),
    [
        ({}, "return.nothing"),
        ({4: 1000}, "return.line"),
        ({0: 1000}, "return.line"),
        ({1: 2000}, "return.quantity"),
        ({1: 0}, "return.quantity"),
        ({1: -1000}, "return.quantity"),
        ({1: 500}, "return.quantity"),
        ({3: 1000, 1: 2000}, "return.quantity"),
    ],
)
def test_that_what_was_not_sold_does_not_come_back(shop: Shop, quantities_milli: dict[int, int], code: str) -> None:
    sale = shop.sell(TEA, BREAD, BasketLine(RICE, 1500), card=BOB)
    assert code == refusal(shop, sale.receipt_number, quantities_milli)[0]


def test_that_the_same_goods_do_not_come_back_twice(shop: Shop) -> None:
    sale = shop.sell(BasketLine(TEA, 2000), card=BOB)
    shop.take_back(sale, line_1=2)
    assert "return.quantity" == refusal(shop, sale.receipt_number, {1: 1000})[0]


def test_that_goods_by_weight_come_back_in_parts(shop: Shop) -> None:
    sale = shop.sell(BasketLine(RICE, 1500))
    assert 125 == shop.till.return_goods(sale.receipt_number, {1: 500}).result().refund_minor


def test_that_an_unknown_receipt_and_a_receipt_for_a_return_are_refused(shop: Shop) -> None:
    sale = shop.sell(TEA)
    back = shop.take_back(sale, line_1=1)
    assert "return.unknown" == refusal(shop, "001-01-9999999", {1: 1000})[0]
    assert "return.unknown" == refusal(shop, back.receipt_number, {1: 1000})[0]


def test_that_what_is_due_is_booked_with_a_return(open_shop: OpenShop) -> None:
    shop = open_shop(EXPIRING)
    shop.sell(TEA, card=ANA)
    shop.wait(2 * DAY_MS)
    sale = shop.sell(BREAD, card=ANA)
    shop.wait(2 * DAY_MS)
    shop.take_back(sale, line_1=1)
    assert [("expired", 100)] == shop.query("SELECT kind, units FROM entry WHERE kind = 'expired'")
    assert {} == shop.bad_findings()


def test_that_a_shop_under_hq_leaves_what_is_due_to_hq(open_shop: OpenShop) -> None:
    shop = open_shop(EXPIRING, till={"authority": "hq"}, hq={"url": "https://hq.example.org"})
    shop.sell(TEA, card=ANA)
    shop.wait(4 * DAY_MS)
    shop.take_back(shop.sell(BREAD, card=ANA), line_1=1)
    assert [] == shop.query("SELECT kind, units FROM entry WHERE kind = 'expired'")


def test_that_a_return_uses_the_programmes_of_the_day_of_the_sale(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    sale = shop.sell(TEA, TEA, card=ANA)
    shop.reopen("fixed-card")
    shop.take_back(sale, line_1=1)
    assert [(1000,)] == shop.query("SELECT sum_minor FROM accumulator")


# Any sequence of partial returns ends where one full return ends.

Pieces = list[int]
_baskets = st.tuples(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 2000)), min_size=1, max_size=3), st.integers(0, 300)
)


def _end(shop: Shop, card: str) -> dict[str, Any]:
    """Where a member and the money stand, whatever way led there."""
    member = shop.member(card)
    sums = shop.query(
        "SELECT sum(quantity_milli), sum(refund_minor), sum(tax_minor), sum(r.earned_units), sum(r.burned_units)"
        " FROM return_line AS r JOIN sale USING (event_id) WHERE account_ref = ? GROUP BY line_no ORDER BY line_no",
        member.account_ref,
    )
    balance = member.balance
    return {
        "lines": sums,
        "points": balance.available_units + balance.pending_units - balance.overdraft_units,
        "counted": member.accumulators,
    }


# Each example is two members' histories on a database of its own: shrinking one would take minutes.
@settings(max_examples=12, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(_baskets, st.data(), st.sampled_from([("fixed-card", "progressive"), (TENDER,), ("pharmacy",)]))
def test_that_any_sequence_of_partial_returns_ends_where_one_full_return_ends(
    basket: tuple[list[tuple[int, int]], int], data: st.DataObject, programmes: tuple[str, ...]
) -> None:
    bought, wish = basket
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder) / "till", *programmes)
        try:
            shop.join(BOB, "silver")
            shop.join(GOLD, "silver")
            lines = [BasketLine(TEA, pieces * 1000, pieces * each_minor) for pieces, each_minor in bought]
            for card in (BOB, GOLD):
                shop.sell(*[TEA] * 10, card=card)
            shop.wait(3 * DAY_MS)
            burn = min(wish, shop.till.quote(shop.basket(*lines, card=BOB)).result.burnable_units)
            by_parts, at_once = (shop.sell(*lines, card=card, burn=burn) for card in (BOB, GOLD))
            for part in _parts(data, [pieces for pieces, _ in bought]):
                back = shop.take_back(by_parts, **{f"line_{line}": pieces for line, pieces in part.items()})
                assert min(back.refund_minor, back.clawed_back_units, back.restored_units) >= 0
            shop.take_back(at_once, **{f"line_{line}": pieces for line, (pieces, _) in enumerate(bought, start=1)})
            assert _end(shop, GOLD) == _end(shop, BOB)
            assert at_once.quote.total_minor == sum(row[1] for row in _end(shop, GOLD)["lines"])
            assert {} == shop.bad_findings()
        finally:
            shop.close()


def _parts(data: st.DataObject, left: Pieces) -> list[dict[int, int]]:
    """All the pieces in some order, a few at a time."""
    left, parts = list(left), []
    while any(left):
        part = {
            line: taken
            for line, pieces in enumerate(left, start=1)
            if pieces and (taken := data.draw(st.integers(0, pieces)))
        }
        if not part:
            line = next(number for number, pieces in enumerate(left, start=1) if pieces)
            part = {line: 1}
        for line, taken in part.items():
            left[line - 1] -= taken
        parts.append(part)
    return parts


# What is spent, what expired, whose points, and how the money goes back.

CLAMPING = EXPIRING.replace("[burning]", '[returns]\nspent = "clamp"\n\n[burning]')
RE_EVALUATED = """
schema = 1
id = "steps"
version = 1
name = "More for larger receipts"
point_worth_minor = 1

[returns]
method = "re-evaluate"

[[rules]]
kind = "progressive"
id = "steps"
on = "receipt"
steps = [{ from_minor = 0, rate_bp = 100 }, { from_minor = 2000, rate_bp = 1000 }]
"""
CAFE = """
schema = 1
id = "cafe"
version = 1
name = "Points of the cafe next door"
point_worth_minor = 1
issuer = "cafe"

[[rules]]
kind = "fixed-card"
id = "cafe"
adds = true
other_rate_bp = 200
rates_bp = {}
"""


def test_that_what_was_spent_is_forgiven_where_the_programme_says_so(open_shop: OpenShop) -> None:
    shop = open_shop(CLAMPING)
    sale = shop.sell(TEA, card=ANA)
    shop.sell(BREAD, card=ANA, burn=100)
    back = shop.take_back(sale, line_1=1)
    assert (100, 0, 77) == (back.clawed_back_units, back.overdraft_units, back.forgiven_units)
    balance = shop.member(ANA).balance
    assert (0, 0) == (balance.available_units, balance.overdraft_units)
    event = decode_body(shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT 1")[0][0])
    assert isinstance(event, ReturnEvent)
    assert event.clamps
    assert {} == shop.bad_findings()


FORGIVING_TEA = CLAMPING.replace('id = "ten"', 'id = "ten"\nexclude_products = ["rice"]')
"""The same, and rice earns nothing."""


def spend(shop: Shop, card: str) -> None:
    """Whatever the member has is gone, elsewhere."""
    units = shop.member(card).balance.available_units
    shop.till.book_act(account_acts.adjust, card, -units, reason=AdjustmentReason.CORRECTION).result()


@pytest.mark.parametrize("burn", [50, 200])
@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_that_points_that_come_back_pay_for_what_was_forgiven_whatever_comes_back_first(
    open_shop: OpenShop, order: tuple[int, ...], burn: int
) -> None:
    shop = open_shop(FORGIVING_TEA)
    for card in (ANA, BOB):
        shop.sell(TEA, TEA, TEA, card=card)
    by_parts, at_once = (shop.sell(TEA, BREAD, RICE, card=card, burn=burn) for card in (ANA, BOB))
    for card in (ANA, BOB):
        spend(shop, card)
    parts = [shop.take_back(by_parts, **{f"line_{line}": 1}) for line in order]
    whole = shop.take_back(at_once, line_1=1, line_2=1, line_3=1)
    earned = by_parts.quote.result.earned_units
    assert earned == whole.clawed_back_units
    assert (max(0, earned - burn), 0) == (whole.forgiven_units, whole.reclaimed_units)
    assert whole.forgiven_units == sum(back.forgiven_units - back.reclaimed_units for back in parts)
    balances = [shop.member(card).balance for card in (ANA, BOB)]
    assert [(max(0, burn - earned), 0)] * 2 == [(one.available_units, one.overdraft_units) for one in balances]
    assert _end(shop, BOB) == _end(shop, ANA)
    assert {} == shop.bad_findings()


def test_that_a_quote_says_what_is_taken_besides_for_what_was_forgiven(open_shop: OpenShop) -> None:
    """Tea gave 96, of which 40 come back with it; the other 56 were forgiven. Rice brings 10 back, and they pay for that."""
    shop = open_shop(FORGIVING_TEA)
    shop.sell(TEA, card=ANA)
    sale = shop.sell(TEA, RICE, card=ANA, burn=50)
    spend(shop, ANA)
    tea = shop.take_back(sale, line_1=1)
    assert (96, 40, 56, 0) == (tea.clawed_back_units, tea.restored_units, tea.forgiven_units, tea.reclaimed_units)
    quoted = shop.till.quote_return(
        known_sales(shop.till.database.reader(), sale.receipt_number)[0], {2: 1000}, Refund()
    )
    rice = shop.take_back(sale, line_2=1)
    assert [(0, 10, 0, 10)] * 2 == [
        (one.clawed_back_units, one.restored_units, one.forgiven_units, one.reclaimed_units) for one in (quoted, rice)
    ]
    assert 0 == shop.member(ANA).balance.available_units
    assert {} == shop.bad_findings()


@pytest.mark.parametrize("between", ["a gift", "a merge", "a restart"])
def test_that_for_what_was_forgiven_nothing_is_taken_but_what_comes_back(open_shop: OpenShop, between: str) -> None:
    shop = open_shop(FORGIVING_TEA)
    shop.sell(TEA, card=ANA)
    sale = shop.sell(TEA, RICE, card=ANA, burn=50)
    spend(shop, ANA)
    shop.take_back(sale, line_1=1)
    match between:
        case "a gift":
            shop.till.book_act(account_acts.adjust, ANA, 70, reason=AdjustmentReason.GOODWILL).result()
        case "a merge":
            shop.till.book_act(account_acts.merge, BOB, ANA).result()
        case _:
            shop.reopen(FORGIVING_TEA)
    back = shop.take_back(sale, line_2=1)
    balance = shop.member(ANA).balance
    assert (10, 10) == (back.restored_units, back.reclaimed_units)
    assert (70 if between == "a gift" else 0, 0) == (balance.available_units, balance.overdraft_units)
    assert {} == shop.bad_findings()


@pytest.mark.parametrize("booked_before", [True, False])
def test_that_points_that_expired_meanwhile_are_not_owed(open_shop: OpenShop, booked_before: bool) -> None:
    shop = open_shop(EXPIRING)
    sale = shop.sell(TEA, BREAD, card=ANA)
    shop.sell(RICE, card=ANA, burn=60)
    shop.wait(4 * DAY_MS)
    while booked_before and shop.till.book_due().result():
        pass
    first = shop.take_back(sale, line_1=1)
    second = shop.take_back(sale, line_2=1)
    assert (100, 73, 27) == (first.clawed_back_units, first.lapsed_units, first.overdraft_units)
    assert (33, 0, 33) == (second.clawed_back_units, second.lapsed_units, second.overdraft_units)
    expired = "SELECT sum(units) FROM entry WHERE kind = 'expired' AND lot_id IN (SELECT lot_id FROM award WHERE event_id = ?)"
    assert [(0,)] == shop.query(expired, sale.event_id)
    assert {} == shop.bad_findings()


def test_that_points_go_back_to_the_issuer_that_gave_them(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", CAFE)
    sale = shop.sell(TEA, card=BOB)
    shop.take_back(sale, line_1=1)
    issued = (
        "SELECT issuer, sum(units) FROM entry WHERE kind = 'issued' AND event_id <> ? GROUP BY issuer ORDER BY issuer"
    )
    assert [("cafe", 20), ("shop", 30)] == shop.query(issued, sale.event_id)
    event = decode_body(shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT 1")[0][0])
    assert isinstance(event, ReturnEvent)
    assert {("cafe", -20), ("", -30)} == {(change.issuer, change.units) for change in event.clawed_back}
    assert {} == shop.bad_findings()


def test_that_the_rest_of_a_receipt_is_rated_again_where_the_programme_says_so(open_shop: OpenShop) -> None:
    shop = open_shop(RE_EVALUATED)
    sale = shop.sell(BasketLine(TEA, 2000), BREAD, card=ANA)
    assert 233 == sale.quote.result.earned_units
    first = shop.take_back(sale, line_1=1)
    assert (220, 13) == (first.clawed_back_units, shop.member(ANA).balance.available_units)
    second = shop.take_back(sale, line_1=1, line_2=1)
    assert (13, 0) == (second.clawed_back_units, shop.member(ANA).balance.available_units)
    assert {} == shop.bad_findings()


def test_that_the_event_computes_its_return_again(open_shop: OpenShop) -> None:
    shop = open_shop(RE_EVALUATED, "progressive")
    sale = shop.sell(BasketLine(TEA, 3000), BREAD, card=ANA)
    shop.take_back(sale, line_1=1)
    shop.wait(31 * DAY_MS)
    shop.take_back(sale, line_1=1, line_2=1)
    bodies = shop.query("SELECT body FROM event WHERE kind IN ('sale', 'return') ORDER BY seq")
    sold, *returns = (decode_body(body) for (body,) in bodies)
    assert isinstance(sold, SaleEvent)
    for event in returns:
        assert isinstance(event, ReturnEvent)
        again = goods_back(
            sold,
            shop.till.terms.programmes,
            before=summed(event.returned_before),
            quantities_milli={line.line_no: line.quantity_milli for line in event.lines},
        )
        told = (event.lines, event.total_minor, event.counted, event.clamps, "2026-07-01")
        assert told == (again.lines, again.total_minor, again.counted, again.clamps, event.sale_business_date)
        assert [(change.lot_id, -change.units) for change in event.clawed_back] == [
            (part.lot_id, part.units) for part in again.clawed_back
        ]


def test_that_confirming_twice_books_once(shop: Shop) -> None:
    sale = shop.sell(BasketLine(TEA, 2000), card=BOB)
    event_id = shop.till.open_basket().event_id
    shop.till.return_goods(sale.receipt_number, {1: 1000}, event_id=event_id).result()
    with pytest.raises(InputError) as refused:
        shop.till.return_goods(sale.receipt_number, {1: 1000}, event_id=event_id).result()
    assert "return.already_booked" == refused.value.code
    assert [(1000,)] == shop.query("SELECT sum(quantity_milli) FROM return_line")


def test_that_money_goes_back_to_the_card_as_it_is(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", currency={"cash_step_minor": 5})
    sale = shop.sell(BREAD)
    back = shop.till.return_goods(sale.receipt_number, {1: 1000}, refund=Refund(PaymentKind.CARD, "T-88")).result()
    rows = (
        "SELECT p.kind, amount_minor, reference FROM payment AS p JOIN sale USING (event_id) WHERE sale.kind = 'return'"
    )
    assert [("card", 333, "T-88")] == shop.query(rows)
    assert 333 == back.paid_back_minor


def test_that_a_quote_says_what_booking_books(open_shop: OpenShop) -> None:
    shop = open_shop(EXPIRING, currency={"cash_step_minor": 5})
    sale = shop.sell(TEA, BREAD, card=ANA)
    shop.sell(RICE, card=ANA, burn=25)
    (known,) = shop.till.database.read(lambda c: known_sales(c, sale.receipt_number))
    assert known is not None
    before = shop.query("SELECT count(*) FROM entry")
    quote = shop.till.quote_return(known, {1: 1000, 2: 1000}, Refund())
    assert before == shop.query("SELECT count(*) FROM entry")
    back = shop.take_back(sale, line_1=1, line_2=1)
    assert (quote.has_account, quote.knows_account) == (True, True)
    for name in (
        "refund_minor",
        "paid_back_minor",
        "clawed_back_units",
        "restored_units",
        "overdraft_units",
        "lapsed_units",
    ):
        assert getattr(back, name) == getattr(quote, name), name


def test_that_points_of_a_merged_account_go_back_from_the_one_that_took_it_over(shop: Shop) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    back = shop.take_back(sale, line_1=1)
    assert (30, 0, 0) == (back.clawed_back_units, back.overdraft_units, shop.member(ANA).balance.available_units)
    assert {} == shop.bad_findings()


def test_that_points_that_expired_at_an_account_in_the_middle_of_merges_are_not_owed(open_shop: OpenShop) -> None:
    shop = open_shop(EXPIRING)
    sale = shop.sell(TEA, card=ANA)
    shop.till.book_act(account_acts.merge, BOB, ANA).result()
    shop.wait(4 * DAY_MS)
    while shop.till.book_due().result():
        pass
    shop.till.book_act(account_acts.merge, GOLD, BOB).result()
    back = shop.take_back(sale, line_1=1)
    assert (100, 100, 0) == (back.clawed_back_units, back.lapsed_units, back.overdraft_units)
    assert {} == shop.bad_findings()


def test_that_points_that_are_over_pay_for_no_return_where_headquarters_books_expiry(open_shop: OpenShop) -> None:
    shop = open_shop(EXPIRING, till={"authority": "hq"}, hq={"url": "https://hq.example.org"})
    shop.sell(TEA, card=ANA)
    shop.wait(2 * DAY_MS)
    sale = shop.sell(TEA, card=ANA)
    earned_units = sale.quote.result.lots[0].units
    shop.wait(2 * DAY_MS)
    shop.till.book_act(account_acts.adjust, ANA, -earned_units, reason=AdjustmentReason.FRAUD).result()
    back = shop.take_back(sale, line_1=1)
    assert (earned_units, earned_units) == (back.clawed_back_units, back.overdraft_units)


def test_that_who_may_not_take_goods_back_needs_somebody_who_may(shop: Shop) -> None:
    sale = shop.sell(TEA)
    staff_changes.add(shop.till, "mo", name="Mo", role=Role.MANAGER, pin="493817")
    auditor = StaffMember("ivo", "Ivo", Role.AUDITOR)
    shop.till.database.write(lambda connection: staff.put_staff(connection, auditor, utc_ms=1))
    shop.till.attendance.member = auditor
    with pytest.raises(NotAllowedError) as refused:
        shop.take_back(sale, line_1=1)
    assert "staff.not_allowed" == refused.value.code
    assert [(0,)] == shop.query("SELECT count(*) FROM return_line")
    approval = shop.till.approve(Permission.RETURN, staff_ref="mo", pin="493817", subject=sale.receipt_number).result()
    back = shop.till.return_goods(sale.receipt_number, {1: 1000}, approval=approval).result()
    event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", back.event_id)[0][0])
    assert isinstance(event, ReturnEvent)
    assert ("ivo", "mo") == (event.moment.staff_ref, event.approved_by)
    audit = "SELECT staff_ref, approver_ref, subject FROM audit WHERE action = 'return'"
    assert [("ivo", "mo", sale.receipt_number)] == shop.query(audit)
