"""Merging, leasing, giving, taking and forgiving: first the facts one by one, then the laws that hold for any books."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.ledger import (
    AccountKind,
    Booking,
    Books,
    LotUnits,
    book_forgiveness,
    book_gift,
    book_lease,
    book_merge,
    book_release,
    book_removal,
    book_repayment,
    book_return,
    book_sale,
    forecast,
    view,
)
from pos_app.model.accounts import BalanceView, Expiring, Lease, Lot
from pos_app.model.identifiers import derived_id
from tests.pos_app.loyalty.strategies import any_speed
from tests.pos_app.loyalty.test_ledger import NOW_MS, RETURN_ID, SALE_ID, lot, lot_id, moves

ISSUERS = ("shop", "partner")


def lease(number: int, units: int, *, of: int, holder: str = "till-1", expires_at_ms: int | None = None) -> Lease:
    return Lease(f"lease-{number}", holder, "shop", lot_id(of), units, expires_at_ms)


def remaining(books: Books) -> list[tuple[str, int]]:
    return [(one.lot_id.lstrip("0-"), one.remaining_units) for one in books.lots]


def test_that_a_gift_repays_the_overdraft_first() -> None:
    booking = book_gift(Books("a-1", (), {"shop": 4}), event_id=SALE_ID, lot=lot(1, 10))
    expected = [("issued", -10, "1"), ("available", 10, "1"), ("available", -4, "1"), ("overdraft", 4, "1")]
    assert expected == moves(booking)
    assert ({}, [("1", 6)]) == (booking.books.overdraft_units, remaining(booking.books))


def test_that_points_are_taken_away_soonest_expiring_first_and_the_rest_is_owed() -> None:
    books = Books("a-1", (lot(1, 5), lot(2, 5, expires_at_ms=NOW_MS), lot(3, 5, issuer="partner")))
    booking = book_removal(books, event_id=SALE_ID, units=12, issuer="shop")
    expected = [
        ("available", -5, "2"),
        ("issued", 5, "2"),
        ("available", -5, "1"),
        ("issued", 5, "1"),
        ("overdraft", -2, ""),
        ("issued", 2, ""),
    ]
    assert expected == moves(booking)


def test_that_no_more_is_forgiven_than_is_owed() -> None:
    books = Books("a-1", (), {"shop": 4})
    booking = book_forgiveness(books, event_id=SALE_ID, units=9, issuer="shop")
    assert [("write_off", -4, ""), ("overdraft", 4, "")] == moves(booking)
    assert {} == booking.books.overdraft_units
    assert () == book_forgiveness(books, event_id=SALE_ID, units=9, issuer="partner").entries


def test_that_a_debt_beside_points_is_repaid_from_them() -> None:
    lots = (
        lot(1, 5),
        lot(2, 3, starts_at_ms=NOW_MS, expires_at_ms=NOW_MS + 9, matured=False),
        lot(3, 9, issuer="partner"),
    )
    booking = book_repayment(Books("a-1", lots, {"shop": 4}), event_id=SALE_ID)
    assert [("pending", -3, "2"), ("overdraft", 3, "2"), ("available", -1, "1"), ("overdraft", 1, "1")] == moves(
        booking
    )
    assert ({}, [("1", 4), ("2", 0), ("3", 9)]) == (booking.books.overdraft_units, remaining(booking.books))
    assert () == book_repayment(booking.books, event_id=RETURN_ID).entries


def test_that_a_lease_takes_from_lots_in_the_order_of_burning() -> None:
    books = Books("a-1", (lot(1, 5), lot(2, 5, expires_at_ms=NOW_MS + 1)))
    booking = book_lease(books, event_id=SALE_ID, holder="till-1", issuer="shop", units=7, at_ms=NOW_MS)
    assert [("available", -5, "2"), ("leased", 5, "2"), ("available", -2, "1"), ("leased", 2, "1")] == moves(booking)
    expected = (
        Lease(derived_id(SALE_ID, "lease-1"), "till-1", "shop", lot_id(2), 5, NOW_MS + 1),
        Lease(derived_id(SALE_ID, "lease-2"), "till-1", "shop", lot_id(1), 2),
    )
    assert expected == booking.books.leases == booking.changed_leases


def test_that_no_more_is_leased_than_there_is() -> None:
    booking = book_lease(Books("a-1", (lot(1, 5),)), event_id=SALE_ID, holder="h", issuer="shop", units=9, at_ms=NOW_MS)
    assert [5] == [one.units for one in booking.books.leases]
    assert () == book_lease(Books("a-1"), event_id=SALE_ID, holder="h", issuer="shop", units=9, at_ms=NOW_MS).entries


def test_that_the_holder_burns_its_lease_first_and_another_till_does_not() -> None:
    books = Books(
        "a-1", (lot(1, 5), lot(2, 0)), leases=(lease(1, 3, of=2), lease(2, 3, of=2, expires_at_ms=NOW_MS + 1))
    )
    own = book_sale(
        books, event_id=SALE_ID, at_ms=NOW_MS, burn_units=4, burn_issuer="shop", granted=(), holder="till-1"
    )
    assert [("leased", -3, "2"), ("redeemed", 3, "2"), ("leased", -1, "2"), ("redeemed", 1, "2")] == moves(own)
    assert (lease(1, 2, of=2),) == own.books.leases
    assert {"lease-1": 2, "lease-2": 0} == {one.lease_id: one.units for one in own.changed_leases}
    other = book_sale(
        books, event_id=SALE_ID, at_ms=NOW_MS, burn_units=4, burn_issuer="shop", granted=(), holder="till-2"
    )
    assert [("available", -4, "1"), ("redeemed", 4, "1")] == moves(other)


def test_that_a_release_goes_back_to_its_lot_once() -> None:
    books = Books("a-1", (msgspec.structs.replace(lot(1, 9), remaining_units=4),), leases=(lease(1, 5, of=1),))
    booking = book_release(books, event_id=SALE_ID, lease_id="lease-1", units=9)
    assert [("leased", -5, "1"), ("available", 5, "1")] == moves(booking)
    assert (9, ()) == (booking.books.lots[0].remaining_units, booking.books.leases)
    assert () == book_release(booking.books, event_id=SALE_ID, lease_id="lease-1", units=9).entries
    assert () == book_release(books, event_id=SALE_ID, lease_id="lease-1", units=0).entries


def test_that_a_lease_that_suffices_leaves_the_next_alone_and_an_expired_one_is_not_burned() -> None:
    old = lease(1, 9, of=1, expires_at_ms=NOW_MS)
    books = Books("a-1", (lot(1, 0),), leases=(old, lease(2, 3, of=1), lease(3, 3, of=1)))
    booking = book_sale(
        books, event_id=SALE_ID, at_ms=NOW_MS, burn_units=3, burn_issuer="shop", granted=(), holder="till-1"
    )
    assert [("leased", -3, "1"), ("redeemed", 3, "1")] == moves(booking)
    assert (old, lease(3, 3, of=1)) == booking.books.leases


def test_that_a_release_repays_a_debt_and_what_has_expired_meanwhile_does_not_come_back() -> None:
    lots = (msgspec.structs.replace(lot(1, 9, expires_at_ms=NOW_MS), remaining_units=4),)
    books = Books("a-1", lots, {"shop": 2}, (lease(1, 5, of=1),))
    repaid = book_release(books, event_id=SALE_ID, lease_id="lease-1", units=3, at_ms=NOW_MS - 1)
    assert [("leased", -3, "1"), ("available", 3, "1"), ("available", -2, "1"), ("overdraft", 2, "1")] == moves(repaid)
    late = book_release(books, event_id=SALE_ID, lease_id="lease-1", units=3, at_ms=NOW_MS)
    assert [("leased", -3, "1"), ("expired", 3, "1")] == moves(late)
    assert (4, 2) == (late.books.lots[0].remaining_units, late.books.leases[0].units)


def test_that_leased_points_are_the_members_until_they_expire() -> None:
    books = Books(
        "a-1",
        (lot(1, 4, expires_at_ms=NOW_MS + 7),),
        leases=(lease(1, 5, of=1, expires_at_ms=NOW_MS + 3), lease(2, 6, of=2)),
        leased_elsewhere_units={"shop": 2},
    )
    expected = BalanceView(available_units=17, pending_units=0, next_expiry_ms=NOW_MS + 3, next_expiry_units=5)
    assert expected == view(books, issuer="shop", at_ms=NOW_MS)
    assert 12 == view(books, issuer="shop", at_ms=NOW_MS + 3).available_units


def test_that_what_other_tills_hold_counts_until_it_is_over() -> None:
    ends = (Expiring(NOW_MS + 3, 2), Expiring(NOW_MS + 5, 1))
    books = Books("a-1", leased_elsewhere_units={"shop": 7, "partner": 4}, elsewhere_expiring={"shop": ends})
    moments = (NOW_MS, NOW_MS + 3, NOW_MS + 5)
    assert [7, 5, 4] == [view(books, issuer="shop", at_ms=at_ms).available_units for at_ms in moments]
    assert 4 == view(books, issuer="partner", at_ms=NOW_MS + 5).available_units


def test_that_a_merge_moves_lots_leases_and_debts() -> None:
    pending = lot(2, 3, starts_at_ms=NOW_MS, matured=False)
    source = Books(
        "a-2",
        tuple(msgspec.structs.replace(one, account_ref="a-2") for one in (lot(1, 5), pending, lot(3, 0))),
        {"partner": 4},
        (lease(1, 6, of=3),),
        {"shop": 1},
    )
    target = Books(
        "a-1",
        (lot(9, 10, issuer="partner"),),
        leased_elsewhere_units={"shop": 2, "partner": 3},
        elsewhere_expiring={"shop": (Expiring(NOW_MS + 9, 2),)},
    )
    giving, taking = book_merge(source, target, event_id=SALE_ID)
    expected = [
        ("available", -5, "1"),
        ("issued", 5, "1"),
        ("pending", -3, "2"),
        ("issued", 3, "2"),
        ("leased", -6, "3"),
        ("issued", 6, "3"),
        ("issued", -4, ""),
        ("overdraft", 4, ""),
    ]
    assert expected == moves(giving)
    assert (0, {}, (), {}) == (
        sum(one.remaining_units for one in giving.books.lots),
        giving.books.overdraft_units,
        giving.books.leases,
        giving.books.leased_elsewhere_units,
    )
    assert {"a-1"} == {one.account_ref for one in taking.books.lots}
    assert [("9", 6), ("1", 5), ("2", 3), ("3", 0)] == remaining(taking.books)
    assert ((lease(1, 6, of=3),), {"shop": 3, "partner": 3}, {"shop": (Expiring(NOW_MS + 9, 2),)}) == (
        taking.books.leases,
        taking.books.leased_elsewhere_units,
        taking.books.elsewhere_expiring,
    )
    assert [("available", -4, "9"), ("overdraft", 4, "9")] == moves(taking)[-2:]


def test_that_a_return_takes_back_what_has_expired_of_its_lot_before_it_makes_a_debt() -> None:
    booking = book_return(
        Books("a-1", (lot(2, 1),)),
        event_id=RETURN_ID,
        claw_back=[LotUnits(lot_id(1), 5)],
        issuer="shop",
        restored=(),
        expired_units={lot_id(1): 3},
    )
    expected = [
        ("expired", -3, "1"),
        ("issued", 3, "1"),
        ("available", -1, "2"),
        ("issued", 1, "2"),
        ("overdraft", -1, ""),
        ("issued", 1, ""),
    ]
    assert expected == moves(booking)


def test_that_a_programme_that_clamps_forgives_what_is_spent() -> None:
    booking = book_return(
        Books("a-1", (lot(1, 2),)),
        event_id=RETURN_ID,
        claw_back=[LotUnits(lot_id(1), 5)],
        issuer="shop",
        restored=(),
        clamps=True,
    )
    assert [("available", -2, "1"), ("issued", 2, "1")] == moves(booking)
    assert {} == booking.books.overdraft_units


def test_that_what_comes_back_pays_for_what_an_earlier_return_of_the_sale_forgave() -> None:
    """Of 9 that came back 5 repay a debt and 1 is taken for these goods; of the 7 forgiven before the other 3 are taken."""
    booking = book_return(
        Books("a-1", (lot(1, 4, expires_at_ms=NOW_MS + 9),), {"shop": 5}),
        event_id=RETURN_ID,
        claw_back=[LotUnits(lot_id(8), 5)],
        issuer="shop",
        restored=[lot(2, 6), lot(3, 3)],
        clamps=True,
        forgiven_units={"shop": 7},
    )
    assert ([("1", 0), ("2", 0), ("3", 0)], {}) == (remaining(booking.books), booking.books.overdraft_units)
    assert [("available", -3, "3"), ("issued", 3, "3")] == moves(booking)[-2:]


def test_that_for_what_was_forgiven_no_more_is_taken_than_comes_back() -> None:
    booking = book_return(
        Books("a-1", (lot(1, 4), lot(5, 9, issuer="shop#mugs"))),
        event_id=RETURN_ID,
        claw_back=(),
        issuer="shop",
        restored=[lot(2, 6), lot(3, 3, issuer="shop#stamps"), lot(4, 2, issuer="shop#mugs")],
        clamps=True,
        clamped_pools=("shop#stamps",),
        forgiven_units={"shop": 7, "shop#stamps": 1, "shop#mugs": 2},
    )
    assert [("1", 4), ("5", 9), ("2", 0), ("3", 2), ("4", 2)] == remaining(booking.books)
    owing = book_return(
        Books("a-1"),
        event_id=RETURN_ID,
        claw_back=(),
        issuer="shop",
        restored=[lot(2, 6)],
        forgiven_units={"shop": 7},
    )
    assert [("2", 6)] == remaining(owing.books), "a sale that forgives nothing has nothing forgiven"


def test_that_each_issuer_takes_back_its_own() -> None:
    booking = book_return(
        Books("a-1", (lot(1, 9),)),
        event_id=RETURN_ID,
        claw_back=[LotUnits(lot_id(8), 2), LotUnits(lot_id(7), 3, "partner")],
        issuer="shop",
        restored=(),
    )
    assert {"partner": 3} == booking.books.overdraft_units
    assert [("1", 7)] == remaining(booking.books)


def test_that_a_forecast_says_what_expires_when_leases_too() -> None:
    books = Books(
        "a-1",
        (
            lot(1, 4, expires_at_ms=NOW_MS + 7),
            lot(2, 5, expires_at_ms=NOW_MS + 3, starts_at_ms=NOW_MS + 1, matured=False),
            lot(3, 6),
            lot(4, 7, expires_at_ms=NOW_MS),
            lot(5, 0, expires_at_ms=NOW_MS + 3),
            lot(6, 8, expires_at_ms=NOW_MS + 3, issuer="partner"),
        ),
        leases=(lease(1, 1, of=1, expires_at_ms=NOW_MS + 7), lease(2, 2, of=3)),
    )
    assert (Expiring(NOW_MS + 3, 5), Expiring(NOW_MS + 7, 5)) == forecast(books, issuer="shop", at_ms=NOW_MS)


# The laws.

_units = st.integers(0, 20)


@st.composite
def lots(draw: st.DrawFn, account_ref: str = "a-1", first: int = 1) -> tuple[Lot, ...]:
    drawn = draw(
        st.lists(
            st.tuples(
                _units,
                _units,
                st.sampled_from(ISSUERS),
                st.booleans(),
                st.none() | st.integers(NOW_MS + 1, NOW_MS + 3),
            ),
            max_size=4,
        )
    )
    return tuple(
        Lot(lot_id(number), account_ref, issuer, "p", 0, expires_at_ms, left + spent, left, matured)
        for number, (left, spent, issuer, matured, expires_at_ms) in enumerate(drawn, start=first)
    )


@st.composite
def all_books(draw: st.DrawFn, account_ref: str = "a-1", first: int = 1) -> Books:
    """Books as they come about: a debt only where the issuer has nothing left, and some of it leased out."""
    books = Books(account_ref, draw(lots(account_ref, first)))
    for issuer in ISSUERS:
        wanted = draw(_units)
        event_id = derived_id(SALE_ID, f"{account_ref}{issuer}")
        books = book_lease(books, event_id=event_id, holder="till-1", issuer=issuer, units=wanted, at_ms=NOW_MS).books
    owed = {issuer: draw(_units) for issuer in ISSUERS if not points(books)[issuer]}
    return msgspec.structs.replace(books, overdraft_units={issuer: units for issuer, units in owed.items() if units})


def points(books: Books) -> Counter[str]:
    """By issuer, what is in the lots."""
    sums: Counter[str] = Counter()
    for one in books.lots:
        sums[one.issuer] += one.remaining_units
    return sums


def worth(books: Books) -> dict[str, int]:
    """By issuer, everything that is the member's, less what they owe."""
    sums = points(books)
    for one in books.leases:
        sums[one.issuer] += one.units
    return {issuer: sums[issuer] - books.overdraft_units.get(issuer, 0) for issuer in ISSUERS}


def check(booking: Booking, before: Books) -> Books:
    """What holds for every booking; gives the books after it."""
    sums: Counter[tuple[str, str, str]] = Counter()
    change: Counter[tuple[str, AccountKind]] = Counter()
    for entry in booking.entries:
        assert entry.units
        sums[entry.account_ref, entry.event_id, entry.issuer] += entry.units
        change[entry.issuer, entry.kind] += entry.units
    assert not any(sums.values())
    assert [1] * len(booking.entries[1:]) == [two.entry_no - one.entry_no for one, two in pairwise(booking.entries)]
    after = booking.books
    for one in after.lots:
        assert 0 <= one.remaining_units <= one.granted_units
    assert all(one.units > 0 for one in after.leases)
    for issuer in ISSUERS:
        in_lots = change[issuer, AccountKind.AVAILABLE] + change[issuer, AccountKind.PENDING]
        assert in_lots == points(after)[issuer] - points(before)[issuer]
        owed = after.overdraft_units.get(issuer, 0) - before.overdraft_units.get(issuer, 0)
        assert -change[issuer, AccountKind.OVERDRAFT] == owed
    return after


@given(all_books(), st.sampled_from(ISSUERS), _units)
@any_speed
def test_that_lease_and_release_change_nothing(books: Books, issuer: str, units: int) -> None:
    after = check(
        book_lease(books, event_id=RETURN_ID, holder="till-2", issuer=issuer, units=units, at_ms=NOW_MS), books
    )
    assert worth(books) == worth(after)
    for one in after.leases:
        if one.holder == "till-2":
            after = check(
                book_release(
                    after, event_id=derived_id(RETURN_ID, one.lease_id), lease_id=one.lease_id, units=one.units
                ),
                after,
            )
    assert books == after


@given(all_books(), all_books("a-2", 50))
@any_speed
def test_that_a_merge_conserves_points_leases_and_debts(target: Books, source: Books) -> None:
    giving, taking = book_merge(source, target, event_id=SALE_ID)
    given_away, taken_over = check(giving, source), check(taking, target)
    assert dict.fromkeys(ISSUERS, 0) == worth(given_away)
    together = {issuer: worth(source)[issuer] + worth(target)[issuer] for issuer in ISSUERS}
    assert together == worth(taken_over)
    assert source.leases + target.leases == tuple(sorted(taken_over.leases, key=lambda one: one in target.leases))
    for issuer, owed in taken_over.overdraft_units.items():
        assert not (owed and points(taken_over)[issuer]), "no debt stands beside points"


@given(all_books(), st.sampled_from(ISSUERS), _units, _units)
@any_speed
def test_that_what_is_given_and_taken_away_again_leaves_the_worth(
    books: Books, issuer: str, units: int, forgiven: int
) -> None:
    gift = Lot(lot_id(99), "a-1", issuer, "", NOW_MS, None, units, units, matured=True)
    given_to = check(book_gift(books, event_id=SALE_ID, lot=gift), books)
    taken = check(book_removal(given_to, event_id=RETURN_ID, units=units, issuer=issuer), given_to)
    assert worth(books) == worth(taken)
    owed = taken.overdraft_units.get(issuer, 0)
    after = check(book_forgiveness(taken, event_id=RETURN_ID, units=forgiven, issuer=issuer), taken)
    assert worth(taken)[issuer] + min(owed, forgiven) == worth(after)[issuer]


@st.composite
def returns(draw: st.DrawFn) -> tuple[tuple[LotUnits, ...], tuple[Lot, ...]]:
    """Parts to claw back, of lots that are there and of some that are not, and burned points that come back."""
    parts = draw(st.lists(st.tuples(st.integers(1, 5), _units), max_size=3))
    restored = draw(st.lists(st.integers(1, 20), max_size=2))
    return (
        tuple(LotUnits(lot_id(number), units) for number, units in parts),
        tuple(
            Lot(lot_id(90 + number), "a-1", "shop", "", NOW_MS, None, units, units, matured=True)
            for number, units in enumerate(restored)
        ),
    )


@given(all_books(), returns(), st.data())
@any_speed
def test_that_any_partition_of_a_return_ends_where_one_return_ends(
    books: Books, whole: tuple[tuple[LotUnits, ...], tuple[Lot, ...]], data: st.DataObject
) -> None:
    books = msgspec.structs.replace(books, lots=tuple(one for one in books.lots if one.issuer == "shop"))
    claw_back, restored = whole
    once = check(book_return(books, event_id=RETURN_ID, claw_back=claw_back, issuer="shop", restored=restored), books)
    pieces = [
        *(([LotUnits(part.lot_id, units)], ()) for part in claw_back for units in _cut(data, part.units)),
        *(((), [one]) for one in restored),
    ]
    after = books
    for number, (claw, back) in enumerate(data.draw(st.permutations(pieces))):
        event_id = derived_id(RETURN_ID, str(number))
        booking = book_return(after, event_id=event_id, claw_back=claw, issuer="shop", restored=back)
        after = check(booking, after)
    assert worth(once) == worth(after)
    assert once.overdraft_units == after.overdraft_units


@given(all_books(), returns(), st.data())
@any_speed
def test_that_any_partition_of_a_return_that_forgives_ends_where_one_return_ends(
    books: Books, whole: tuple[tuple[LotUnits, ...], tuple[Lot, ...]], data: st.DataObject
) -> None:
    books = msgspec.structs.replace(books, lots=tuple(one for one in books.lots if one.issuer == "shop"))
    claw_back, restored = whole
    # A return names each lot once.
    claw_back = tuple({part.lot_id: part for part in claw_back}.values())
    there = {one.lot_id for one in books.lots}
    expired = {part.lot_id: data.draw(_units) for part in claw_back if part.lot_id not in there}
    parts: list[tuple[list[LotUnits], list[Lot]]] = [([], []), ([], []), ([], [])]
    for part in claw_back:
        for number, units in enumerate(_cut(data, part.units, into=3)):
            parts[number][0].append(LotUnits(part.lot_id, units))
    for one in restored:
        for number, units in enumerate(_cut(data, one.granted_units, into=3)):
            lot_of_part = derived_id(one.lot_id, str(number))
            parts[number][1].append(
                msgspec.structs.replace(one, lot_id=lot_of_part, granted_units=units, remaining_units=units)
            )
    once = _forgiving(books, [(claw_back, restored)], expired)
    after = _forgiving(books, data.draw(st.permutations(parts)), expired)
    assert (worth(once), once.overdraft_units) == (worth(after), after.overdraft_units)


_Part = tuple[Sequence[LotUnits], Sequence[Lot]]


def _forgiving(books: Books, parts: Sequence[_Part], expired_units: Mapping[str, int]) -> Books:
    """These returns of one sale, one after another, each told what those before it forgave; gives the books after them."""
    forgiven = 0
    expired = Counter(expired_units)
    for number, (claw_back, restored) in enumerate(parts):
        booking = book_return(
            books,
            event_id=derived_id(RETURN_ID, str(number)),
            claw_back=claw_back,
            issuer="shop",
            restored=restored,
            expired_units=expired,
            clamps=True,
            forgiven_units={"shop": forgiven},
        )
        for entry in booking.entries:
            forgiven -= entry.units if entry.kind is AccountKind.ISSUED else 0
            expired[entry.lot_id] += entry.units if entry.kind is AccountKind.EXPIRED else 0
        forgiven += sum(part.units for part in claw_back)
        assert forgiven >= 0, "no more is taken than was asked for"
        books = check(booking, books)
    return books


def _cut(data: st.DataObject, units: int, *, into: int = 2) -> list[int]:
    """So many parts that sum to ``units``, some of them nothing perhaps."""
    ends = sorted(data.draw(st.integers(0, units)) for _ in range(into - 1))
    return [end - begin for begin, end in pairwise([0, *ends, units])]


def test_that_a_release_after_its_lots_expiry_expires_and_repays_nothing() -> None:
    expired = msgspec.structs.replace(lot(1, 9, expires_at_ms=NOW_MS), remaining_units=0)
    books = Books("a-1", (expired,), {"shop": 3}, leases=(lease(1, 5, of=1, expires_at_ms=NOW_MS),))
    booking = book_release(books, event_id=SALE_ID, lease_id="lease-1", units=5, at_ms=NOW_MS)
    assert [("leased", -5, "1"), ("expired", 5, "1")] == moves(booking)
    assert ({"shop": 3}, ()) == (booking.books.overdraft_units, booking.changed_lots)


def test_that_a_release_repays_the_overdraft_first() -> None:
    books = Books("a-1", (lot(1, 0),), {"shop": 3}, leases=(lease(1, 5, of=1),))
    booking = book_release(books, event_id=SALE_ID, lease_id="lease-1", units=5, at_ms=NOW_MS)
    expected = [("leased", -5, "1"), ("available", 5, "1"), ("available", -3, "1"), ("overdraft", 3, "1")]
    assert expected == moves(booking)
    assert ({}, [("1", 2)]) == (booking.books.overdraft_units, remaining(booking.books))


def test_that_a_repayment_takes_the_soonest_expiring_points_of_the_issuer() -> None:
    books = Books("a-1", (lot(1, 5), lot(2, 5, expires_at_ms=NOW_MS), lot(3, 5, issuer="partner")), {"shop": 7})
    booking = book_repayment(books, event_id=SALE_ID)
    expected = [("available", -5, "2"), ("overdraft", 5, "2"), ("available", -2, "1"), ("overdraft", 2, "1")]
    assert expected == moves(booking)
    assert () == book_repayment(booking.books, event_id=SALE_ID).entries
