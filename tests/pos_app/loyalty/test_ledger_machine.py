"""Long histories of buying, burning, returning and waiting, against a model that knows single points and nothing else.

The model holds one tuple a point. It was written from the promise (soonest expiring first, own lot first, what is not there is
owed, the next credit repays), not from the code.
"""

import uuid
from collections import Counter
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pos_app.loyalty.ledger import (
    AccountKind,
    Booking,
    Books,
    LotUnits,
    book_due,
    book_return,
    book_sale,
    lots_granted,
    view,
)
from pos_app.model.accounts import Lot
from pos_app.model.evaluation import LotGrant

ISSUERS = ("shop", "partner")
_NEVER = float("inf")


class Point(NamedTuple):
    """One point in the model; sorts as it is spent."""

    expires: float
    lot_id: str
    starts: int
    issuer: str


class Sold(NamedTuple):
    """A sale that goods may come back of: what it gave, by lot, and what it burned."""

    gave: tuple[tuple[str, int], ...]
    burned: int
    issuer: str


class Ledger(RuleBasedStateMachine):
    """Two issuers, one account."""

    @initialize()
    def open_account(self) -> None:
        self.now = 0
        self.numbers = 0
        self.books = Books("a-1")
        self.points: list[Point] = []
        self.owed: Counter[str] = Counter()
        self.sold: list[Sold] = []
        self.balance: Counter[tuple[str, AccountKind]] = Counter()
        self.names: set[tuple[str, int]] = set()

    @rule(
        burn=st.integers(0, 30),
        issuer=st.sampled_from(ISSUERS),
        gives=st.lists(
            st.tuples(st.sampled_from(ISSUERS), st.integers(1, 20), st.integers(0, 5), st.none() | st.integers(1, 12)),
            max_size=2,
        ),
    )
    def buy(self, burn: int, issuer: str, gives: list[tuple[str, int, int, int | None]]) -> None:
        event_id = self._event_id()
        grants = [
            LotGrant("p", whose, units, self.now + wait, None if life is None else self.now + wait + life)
            for whose, units, wait, life in gives
        ]
        granted = lots_granted(grants, account_ref="a-1", event_id=event_id, at_ms=self.now)
        self._book(
            book_sale(
                self.books, event_id=event_id, at_ms=self.now, burn_units=burn, burn_issuer=issuer, granted=granted
            )
        )
        usable = sorted(p for p in self.points if p.issuer == issuer and p.starts <= self.now < p.expires)
        self._spend(usable[:burn])
        self.owed[issuer] += burn - len(usable[:burn])
        for lot in granted:
            self._credit(lot)
        self.sold.append(Sold(tuple((lot.lot_id, lot.granted_units) for lot in granted), burn, issuer))

    @precondition(lambda self: self.sold)
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        sold = self.sold.pop(data.draw(st.integers(0, len(self.sold) - 1)))
        restored_units = data.draw(st.integers(0, sold.burned))
        back = [LotUnits(lot_id, data.draw(st.integers(0, units))) for lot_id, units in sold.gave]
        event_id = self._event_id()
        restored = [
            Lot(
                str(uuid.UUID(int=self.numbers << 8)),
                "a-1",
                sold.issuer,
                "",
                self.now,
                self.now + 14,
                units,
                units,
                matured=True,
            )
            for units in [restored_units]
            if units
        ]
        self._book(book_return(self.books, event_id=event_id, claw_back=back, issuer=sold.issuer, restored=restored))
        for lot in restored:
            self._credit(lot)
        missing = 0
        for part in back:
            own = sorted(p for p in self.points if p.lot_id == part.lot_id)[: part.units]
            self._spend(own)
            missing += part.units - len(own)
        others = sorted(p for p in self.points if p.issuer == sold.issuer)[:missing]
        self._spend(others)
        self.owed[sold.issuer] += missing - len(others)

    @rule(hours=st.integers(1, 6))
    def wait(self, hours: int) -> None:
        self.now += hours

    @rule()
    def book_what_is_due(self) -> None:
        booking = book_due(self.books, at_ms=self.now)
        assert booking == book_due(self.books, at_ms=self.now), "two machines book the same"
        self._book(booking)
        assert () == book_due(self.books, at_ms=self.now).changed_lots, "what is booked is not due again"
        self._spend([p for p in self.points if p.expires <= self.now])

    @invariant()
    def the_view_equals_the_model(self) -> None:
        for issuer in ISSUERS:
            alive = [p for p in self.points if p.issuer == issuer and p.expires > self.now]
            shown = view(self.books, issuer=issuer, at_ms=self.now)
            assert sum(p.starts <= self.now for p in alive) == shown.available_units
            assert sum(p.starts > self.now for p in alive) == shown.pending_units
            assert self.owed[issuer] == shown.overdraft_units
            soonest = min((p.expires for p in alive), default=_NEVER)
            assert (None if soonest == _NEVER else soonest) == shown.next_expiry_ms
            assert sum(p.expires == soonest != _NEVER for p in alive) == shown.next_expiry_units

    @invariant()
    def stored_figures_equal_the_sum_of_their_entries(self) -> None:
        for issuer in ISSUERS:
            held = sum(lot.remaining_units for lot in self.books.lots if lot.issuer == issuer)
            in_entries = self.balance[issuer, AccountKind.AVAILABLE] + self.balance[issuer, AccountKind.PENDING]
            assert held == in_entries
            assert self.books.overdraft_units.get(issuer, 0) == -self.balance[issuer, AccountKind.OVERDRAFT]

    def _event_id(self) -> str:
        self.numbers += 1
        return str(uuid.UUID(int=self.numbers))

    def _book(self, booking: Booking) -> None:
        sums: Counter[tuple[str, str]] = Counter()
        for entry in booking.entries:
            assert entry.units, "every entry moves something"
            assert (entry.event_id, entry.entry_no) not in self.names, "an entry is booked once"
            self.names.add((entry.event_id, entry.entry_no))
            sums[entry.event_id, entry.issuer] += entry.units
            self.balance[entry.issuer, entry.kind] += entry.units
        assert not any(sums.values()), "every booking sums to zero for each issuer"
        for lot in booking.books.lots:
            assert 0 <= lot.remaining_units <= lot.granted_units
        assert set(booking.changed_lots) <= set(booking.books.lots)
        self.books = booking.books

    def _credit(self, lot: Lot) -> None:
        repaid = min(self.owed[lot.issuer], lot.granted_units)
        self.owed[lot.issuer] -= repaid
        expires = _NEVER if lot.expires_at_ms is None else lot.expires_at_ms
        point = Point(expires, lot.lot_id, lot.starts_at_ms, lot.issuer)
        self.points += [point] * (lot.granted_units - repaid)

    def _spend(self, points: list[Point]) -> None:
        left = Counter(self.points)
        left.subtract(points)
        self.points = list(left.elements())


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=100, stateful_step_count=40, deadline=None, report_multiple_bugs=False)
