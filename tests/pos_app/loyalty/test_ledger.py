"""The ledger's arithmetic, example by example. The machine in ``test_ledger_machine`` walks through long histories."""

import msgspec
import pytest

from pos_app.loyalty.ledger import (
    AccountKind,
    Booking,
    Books,
    Entry,
    LotUnits,
    allocate_burn,
    book_due,
    book_return,
    book_sale,
    is_expired,
    is_spendable,
    lots_granted,
    view,
)
from pos_app.model.accounts import BalanceView, Lot
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id

NOW_MS = 1_000_000
SALE_ID = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
RETURN_ID = "017f22e2-79b0-7cc3-98c4-dc0c0c073990"


def lot_id(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def lot(
    number: int,
    units: int,
    *,
    starts_at_ms: int = 0,
    expires_at_ms: int | None = None,
    matured: bool = True,
    issuer: str = "shop",
) -> Lot:
    return Lot(lot_id(number), "a-1", issuer, "p", starts_at_ms, expires_at_ms, units, units, matured)


def moves(booking: Booking) -> list[tuple[str, int, str]]:
    """The entries as (kind, units, lot's number)."""
    return [(entry.kind.value, entry.units, entry.lot_id.lstrip("0-")) for entry in booking.entries]


def test_that_a_burn_takes_the_soonest_expiring_lot_first_and_never_expiring_ones_last() -> None:
    lots = [lot(1, 5), lot(2, 5, expires_at_ms=NOW_MS + 20), lot(3, 5, expires_at_ms=NOW_MS + 10)]
    taken = allocate_burn(lots, units=12, issuer="shop", at_ms=NOW_MS)
    assert (LotUnits(lot_id(3), 5), LotUnits(lot_id(2), 5), LotUnits(lot_id(1), 2)) == taken


def test_that_a_burn_takes_only_what_is_usable_now_and_of_its_issuer() -> None:
    lots = [
        lot(1, 5, starts_at_ms=NOW_MS + 1, matured=False),
        lot(2, 5, expires_at_ms=NOW_MS),
        lot(3, 5, issuer="partner"),
        lot(4, 5, starts_at_ms=NOW_MS, expires_at_ms=NOW_MS + 1),
    ]
    assert (LotUnits(lot_id(4), 5),) == allocate_burn(lots, units=20, issuer="shop", at_ms=NOW_MS)


@pytest.mark.parametrize(
    ("starts_at_ms", "expires_at_ms", "spendable", "expired"),
    [
        (NOW_MS, None, True, False),
        (NOW_MS + 1, None, False, False),
        (0, NOW_MS + 1, True, False),
        (0, NOW_MS, False, True),
    ],
)
def test_that_points_live_from_their_start_until_just_before_their_expiry(
    starts_at_ms: int, expires_at_ms: int | None, *, spendable: bool, expired: bool
) -> None:
    one = lot(1, 5, starts_at_ms=starts_at_ms, expires_at_ms=expires_at_ms)
    assert (spendable, expired) == (is_spendable(one, at_ms=NOW_MS), is_expired(one, at_ms=NOW_MS))


def test_that_an_empty_lot_is_not_spendable() -> None:
    assert not is_spendable(msgspec.structs.replace(lot(1, 5), remaining_units=0), at_ms=NOW_MS)


def test_that_a_sale_burns_then_earns_and_every_entry_has_its_counterpart() -> None:
    granted = lots_granted(
        [LotGrant("p", "shop", 7, NOW_MS + 1, None)], account_ref="a-1", event_id=SALE_ID, at_ms=NOW_MS
    )
    booking = book_sale(
        Books("a-1", (lot(1, 5),)), event_id=SALE_ID, at_ms=NOW_MS, burn_units=3, burn_issuer="shop", granted=granted
    )
    new = derived_id(SALE_ID, "lot-1")
    expected = (
        Entry("a-1", SALE_ID, 1, AccountKind.AVAILABLE, "shop", -3, lot_id(1)),
        Entry("a-1", SALE_ID, 2, AccountKind.REDEEMED, "shop", 3, lot_id(1)),
        Entry("a-1", SALE_ID, 3, AccountKind.ISSUED, "shop", -7, new),
        Entry("a-1", SALE_ID, 4, AccountKind.PENDING, "shop", 7, new),
    )
    assert expected == booking.entries
    assert [(lot_id(1), 2), (new, 7)] == [(one.lot_id, one.remaining_units) for one in booking.changed_lots]
    assert booking.changed_lots == booking.books.lots


def test_that_lots_are_pending_until_they_start_and_have_ids_that_follow_from_the_sale() -> None:
    grants = [LotGrant("a", "shop", 5, NOW_MS, None), LotGrant("b", "partner", 6, NOW_MS + 1, NOW_MS + 9)]
    first, second = lots_granted(grants, account_ref="a-1", event_id=SALE_ID, at_ms=NOW_MS)
    assert Lot(derived_id(SALE_ID, "lot-1"), "a-1", "shop", "a", NOW_MS, None, 5, 5, matured=True) == first
    assert (
        Lot(derived_id(SALE_ID, "lot-2"), "a-1", "partner", "b", NOW_MS + 1, NOW_MS + 9, 6, 6, matured=False) == second
    )


def test_that_what_no_lot_can_give_is_booked_as_overdraft() -> None:
    booking = book_sale(
        Books("a-1", (lot(1, 5),)), event_id=SALE_ID, at_ms=NOW_MS, burn_units=8, burn_issuer="shop", granted=()
    )
    expected = [("available", -5, "1"), ("redeemed", 5, "1"), ("overdraft", -3, ""), ("redeemed", 3, "")]
    assert expected == moves(booking)
    assert {"shop": 3} == booking.books.overdraft_units


def test_that_what_has_expired_since_the_sale_gives_before_any_lot() -> None:
    booking = book_sale(
        Books("a-1", (lot(1, 5),)),
        event_id=SALE_ID,
        at_ms=NOW_MS,
        burn_units=20,
        burn_issuer="shop",
        granted=(),
        expired_units={lot_id(2): 8, lot_id(3): 0, lot_id(4): 4},
    )
    taken = [("expired", -8, "2"), ("redeemed", 8, "2"), ("expired", -4, "4"), ("redeemed", 4, "4")]
    taken += [("available", -5, "1"), ("redeemed", 5, "1"), ("overdraft", -3, ""), ("redeemed", 3, "")]
    assert (taken, {"shop": 3}) == (moves(booking), booking.books.overdraft_units)


def test_that_no_more_comes_from_what_has_expired_than_was_burned() -> None:
    booking = book_sale(
        Books("a-1", (lot(1, 5),)),
        event_id=SALE_ID,
        at_ms=NOW_MS,
        burn_units=3,
        burn_issuer="shop",
        granted=(),
        expired_units={lot_id(2): 8, lot_id(3): 5},
    )
    assert ([("expired", -3, "2"), ("redeemed", 3, "2")], {}) == (moves(booking), booking.books.overdraft_units)


def test_that_the_next_credit_of_the_same_issuer_repays_the_overdraft() -> None:
    books = Books("a-1", (), {"shop": 10})
    grants = [LotGrant("p", "partner", 4, NOW_MS, None), LotGrant("q", "shop", 15, NOW_MS + 1, None)]
    granted = lots_granted(grants, account_ref="a-1", event_id=SALE_ID, at_ms=NOW_MS)
    booking = book_sale(books, event_id=SALE_ID, at_ms=NOW_MS, burn_units=0, burn_issuer="shop", granted=granted)
    assert {} == booking.books.overdraft_units
    assert [4, 5] == [one.remaining_units for one in booking.books.lots]
    assert [("pending", -10), ("overdraft", 10)] == [move[:2] for move in moves(booking)[-2:]]


def test_that_a_return_takes_points_from_the_sales_own_lot_first() -> None:
    books = Books("a-1", (lot(1, 5, expires_at_ms=NOW_MS + 1), lot(2, 5)))
    booking = book_return(books, event_id=RETURN_ID, claw_back=[LotUnits(lot_id(2), 4)], issuer="shop", restored=())
    assert [("available", -4, "2"), ("issued", 4, "2")] == moves(booking)


def test_that_a_return_of_spent_points_takes_other_lots_soonest_expiring_first_then_owes() -> None:
    books = Books("a-1", (lot(1, 5), lot(2, 2, expires_at_ms=NOW_MS + 1), lot(4, 9, issuer="partner")))
    booking = book_return(
        books,
        event_id=RETURN_ID,
        claw_back=[LotUnits(lot_id(2), 3), LotUnits(lot_id(3), 7)],
        issuer="shop",
        restored=(),
    )
    expected = [
        ("available", -2, "2"),
        ("issued", 2, "2"),
        ("available", -5, "1"),
        ("issued", 5, "1"),
        ("overdraft", -3, ""),
        ("issued", 3, ""),
    ]
    assert expected == moves(booking)
    assert {"shop": 3} == booking.books.overdraft_units
    assert [0, 0, 9] == [one.remaining_units for one in booking.books.lots]


def test_that_a_return_of_pending_points_takes_them_from_pending() -> None:
    books = Books("a-1", (lot(1, 5, starts_at_ms=NOW_MS + 1, matured=False),))
    booking = book_return(books, event_id=RETURN_ID, claw_back=[LotUnits(lot_id(1), 5)], issuer="shop", restored=())
    assert [("pending", -5, "1"), ("issued", 5, "1")] == moves(booking)


def test_that_burned_points_come_back_before_earned_ones_are_taken() -> None:
    booking = book_return(
        Books("a-1"), event_id=RETURN_ID, claw_back=[LotUnits(lot_id(9), 3)], issuer="shop", restored=[lot(1, 4)]
    )
    expected = [("redeemed", -4, "1"), ("available", 4, "1"), ("available", -3, "1"), ("issued", 3, "1")]
    assert expected == moves(booking)
    assert {} == booking.books.overdraft_units


def test_that_a_lot_of_nothing_comes_back_and_moves_nothing() -> None:
    nothing = lot(1, 0)
    booking = book_return(Books("a-1"), event_id=RETURN_ID, claw_back=(), issuer="shop", restored=[nothing])
    assert ((nothing,), ()) == (booking.books.lots, booking.entries)


def test_that_maturing_and_expiry_are_booked_once_under_ids_that_follow_from_the_lot() -> None:
    waiting = lot(1, 5, starts_at_ms=10, expires_at_ms=20, matured=False)
    matured = book_due(Books("a-1", (waiting,)), at_ms=10)
    assert [("pending", -5, "1"), ("available", 5, "1")] == moves(matured)
    assert {derived_id(lot_id(1), "mature")} == {entry.event_id for entry in matured.entries}
    assert () == book_due(matured.books, at_ms=19).entries
    expired = book_due(matured.books, at_ms=20)
    assert [("available", -5, "1"), ("expired", 5, "1")] == moves(expired)
    assert {derived_id(lot_id(1), "expire")} == {entry.event_id for entry in expired.entries}
    assert () == book_due(expired.books, at_ms=1_000).changed_lots


def test_that_points_that_nobody_looked_at_in_time_mature_and_expire_in_one_go() -> None:
    booking = book_due(Books("a-1", (lot(1, 5, starts_at_ms=10, expires_at_ms=20, matured=False),)), at_ms=20)
    expected = [("pending", -5, "1"), ("available", 5, "1"), ("available", -5, "1"), ("expired", 5, "1")]
    assert expected == moves(booking)
    assert [1, 2, 1, 2] == [entry.entry_no for entry in booking.entries], "numbered within each derived event"


def test_that_points_that_expire_before_they_start_expire_from_pending() -> None:
    booking = book_due(Books("a-1", (lot(1, 5, starts_at_ms=30, expires_at_ms=20, matured=False),)), at_ms=20)
    assert [("pending", -5, "1"), ("expired", 5, "1")] == moves(booking)


def test_that_an_empty_lot_matures_without_an_entry() -> None:
    spent = msgspec.structs.replace(lot(1, 5, matured=False), remaining_units=0)
    booking = book_due(Books("a-1", (spent,)), at_ms=NOW_MS)
    assert ((), (msgspec.structs.replace(spent, matured=True),)) == (booking.entries, booking.changed_lots)


def test_that_a_view_goes_by_the_dates_whether_or_not_they_are_booked() -> None:
    lots = (
        lot(1, 5, starts_at_ms=NOW_MS, matured=False),
        lot(2, 6, starts_at_ms=NOW_MS + 5, matured=False, expires_at_ms=NOW_MS + 9),
        lot(3, 7, expires_at_ms=NOW_MS),
        lot(4, 8, expires_at_ms=NOW_MS + 9),
        lot(5, 9, issuer="partner"),
    )
    expected = BalanceView(
        available_units=13,
        pending_units=6,
        overdraft_units=2,
        next_expiry_ms=NOW_MS + 9,
        next_expiry_units=14,
        next_start_ms=NOW_MS + 5,
    )
    assert expected == view(Books("a-1", lots, {"shop": 2, "partner": 1}), issuer="shop", at_ms=NOW_MS)


def test_that_empty_books_show_nothing() -> None:
    assert BalanceView(0, 0) == view(Books("a-1"), issuer="shop", at_ms=NOW_MS)


def test_that_taking_more_than_a_lot_has_is_our_own_mistake() -> None:
    from pos_app.loyalty.ledger import _Draft

    with pytest.raises(AssertionError, match="never goes below zero"):
        _Draft(Books("a-1"), SALE_ID).take(lot(1, 5), 6)
