"""The purse of a replay against the ledger: whatever happens, both have the same lots, debts and sums."""

import uuid
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.loyalty import ledger
from pos_app.loyalty.ledger import AccountKind, Books, LotUnits
from pos_app.model.evaluation import LotGrant
from pos_app.use_cases.what_if.purse import NEVER, Lot, Purse

HOUR_MS = 3_600_000
ISSUER = "shop"
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("grant"), st.integers(1, 40), st.sampled_from([0, 2, 5]), st.sampled_from([None, 6, 12, 12, 30])
        ),
        st.tuples(st.just("burn"), st.integers(1, 60)),
        st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 40), st.booleans()),
        st.tuples(st.just("remove"), st.integers(1, 50)),
        st.tuples(st.just("wait"), st.integers(1, 9)),
    ),
    max_size=40,
)


class Both:
    """One account in the ledger, and its purse."""

    def __init__(self) -> None:
        self.books = Books("account")
        self.purse = Purse()
        self.at_ms = 1_000 * HOUR_MS
        self.lots: list[tuple[str, Lot, int]] = []
        self.expired: dict[str, int] = {}
        self.expired_units = 0

    def pass_time(self) -> None:
        booking = ledger.book_due(self.books, at_ms=self.at_ms)
        for entry in booking.entries:
            if entry.kind is AccountKind.EXPIRED:
                self.expired[entry.lot_id] = self.expired.get(entry.lot_id, 0) + entry.units
        self.books = booking.books
        self.expired_units += sum(units for _, units in self.purse.pass_time(self.at_ms))

    def grant(self, event_id: str, units: int, pending_hours: int, life_hours: int | None) -> None:
        start_ms = self.at_ms + pending_hours * HOUR_MS
        # Whole days, as the calendar gives them, so that lots of several receipts expire together.
        day_ms = 24 * HOUR_MS
        expiry_ms = None if life_hours is None else (start_ms + life_hours * HOUR_MS) // day_ms * day_ms + day_ms
        grants = [LotGrant("programme", ISSUER, units, start_ms, expiry_ms)]
        granted = ledger.lots_granted(grants, account_ref="account", event_id=event_id, at_ms=self.at_ms)
        self.books = ledger.book_sale(
            self.books, event_id=event_id, at_ms=self.at_ms, burn_units=0, burn_issuer=ISSUER, granted=granted
        ).books
        lot = Lot(units, starts_at_ms=start_ms, expires_at_ms=expiry_ms, receipt_id=event_id)
        self.purse.credit(lot, at_ms=self.at_ms)
        self.lots.append((granted[0].lot_id, lot, units))

    def burn(self, event_id: str, units: int) -> None:
        before = self.books
        self.books = ledger.book_sale(
            before, event_id=event_id, at_ms=self.at_ms, burn_units=units, burn_issuer=ISSUER, granted=()
        ).books
        parts = ledger.allocate_burn(before.lots, units=units, issuer=ISSUER, at_ms=self.at_ms)
        # Lots that expire together and are all taken come in any order.
        expected = sorted((part.lot_id, part.units) for part in parts)
        assert expected == sorted((lot.lot_id, part) for lot, part in self.purse.burn(units))

    def back(self, event_id: str, number: int, units: int, *, clamps: bool) -> None:
        if not self.lots:
            return
        lot_id, lot, granted = self.lots[number % len(self.lots)]
        units = min(units, granted)
        booking = ledger.book_return(
            self.books,
            event_id=event_id,
            claw_back=[LotUnits(lot_id, units)],
            issuer=ISSUER,
            restored=(),
            expired_units=self.expired,
            clamps=clamps,
        )
        for entry in booking.entries:
            if entry.kind is AccountKind.EXPIRED:
                self.expired[lot_id] += entry.units
        self.books = booking.books
        left = units - self.purse.cancel(lot, units)
        lapsed = min(left, lot.expired_units)
        lot.expired_units -= lapsed
        left -= lapsed
        left -= self.purse.cancel_from_any(left)
        self.purse.overdraft_units += 0 if clamps else left

    def remove(self, event_id: str, units: int) -> None:
        self.books = ledger.book_removal(self.books, event_id=event_id, units=units, issuer=ISSUER).books
        self.purse.overdraft_units += units - self.purse.cancel_from_any(units)

    def check(self) -> None:
        expected = sorted((lot.lot_id, lot.remaining_units) for lot in self.books.lots if lot.remaining_units)
        assert expected == sorted((lot.lot_id, lot.remaining_units) for lot in self.purse.lots())
        seen = ledger.view(self.books, issuer=ISSUER, at_ms=self.at_ms)
        assert (seen.available_units, seen.available_units + seen.pending_units, seen.overdraft_units) == (
            self.purse.available_units,
            self.purse.owed_units,
            self.purse.overdraft_units,
        )


def play(both: Both, steps: list[tuple[Any, ...]], prefix: int) -> None:
    for number, (what, *values) in enumerate(steps):
        event_id = str(uuid.UUID(int=prefix * 1000 + number))
        both.pass_time()
        match what:
            case "grant":
                both.grant(event_id, *values)
            case "burn":
                both.burn(event_id, *values)
            case "back":
                both.back(event_id, values[0], values[1], clamps=values[2])
            case "remove":
                both.remove(event_id, *values)
            case _:
                both.at_ms += values[0] * 3 * HOUR_MS
        both.pass_time()
        both.check()


@given(STEPS)
@settings(deadline=None)
def test_that_a_purse_holds_what_the_ledger_holds(steps: list[tuple[Any, ...]]) -> None:
    both = Both()
    play(both, steps, 1)
    assert sum(lot.expired_units for _, lot, _ in both.lots) == sum(both.expired.values())


@given(STEPS, STEPS)
@settings(deadline=None, max_examples=50)
def test_that_merged_purses_hold_what_merged_accounts_hold(
    first: list[tuple[Any, ...]], second: list[tuple[Any, ...]]
) -> None:
    one, other = Both(), Both()
    play(one, first, 1)
    play(other, second, 2)
    one.at_ms = other.at_ms = max(one.at_ms, other.at_ms)
    one.pass_time()
    other.pass_time()
    _, taking = ledger.book_merge(other.books, one.books, event_id=str(uuid.UUID(int=9)))
    one.books = taking.books
    one.purse.take_over(other.purse, at_ms=one.at_ms)
    one.check()


def test_that_what_never_expires_goes_last() -> None:
    purse = Purse()
    for units, expires_at_ms in ((5, None), (3, 100)):
        purse.credit(Lot(units, starts_at_ms=0, expires_at_ms=expires_at_ms, lot_id=str(expires_at_ms)), at_ms=0)
    assert [(100, 3), (NEVER, 1)] == [(lot.expires_at_ms, units) for lot, units in purse.burn(4)]
    assert 4 == purse.owed_units
