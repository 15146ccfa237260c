"""The closing report of a till's business day: what a manager counts, signs and keeps. Figures and codes; the words are the paper's.

Money is in minor units, points and pools in the ledger's units. Nothing here is personal data, and no cost of goods is in it.
"""

from enum import StrEnum

import msgspec

from pos_app.model.causes import CauseTotals
from pos_app.model.receipts import PaymentKind
from pos_app.model.sentinel import Suspicion

_NO_MONEY = frozenset({PaymentKind.POINTS.value, PaymentKind.INSTALMENTS.value, PaymentKind.ROUNDING.value})


class Taking(msgspec.Struct, frozen=True):
    """What came by one kind of payment, in minor units: with sales, on contracts, and what was given back with goods.

    Points and instalments are no money: what was sold for them. What is given back by instalments is owed less. Rounding is what coins
    could not pay: nobody has it.
    """

    kind: str
    sold_minor: int
    on_contracts_minor: int
    returned_minor: int

    @property
    def total_minor(self) -> int:
        """What is left of it."""
        return self.sold_minor + self.on_contracts_minor - self.returned_minor

    @property
    def is_money(self) -> bool:
        """Whether it can be counted in the drawer, or stands on the card terminal's list."""
        return self.kind not in _NO_MONEY


class ReceiptCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many receipts of which kind; ``unseen_returns`` are among ``returns``. The numbers are those of the day's first and last."""

    sales: int
    returns: int
    unseen_returns: int
    instalments: int
    first_number: str
    last_number: str
    coupons_used: int
    coupons_freed: int


class GoodsSums(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold, from the catalogue's prices down to the totals of the receipts, and what came back.

    ``by_hand_minor`` is what people took off prices (below 0: put on), ``by_points_minor`` what points took off as a price reduction.
    """

    list_minor: int
    discounts_minor: int
    by_hand_minor: int
    by_points_minor: int
    sold_minor: int
    returned_minor: int

    @property
    def net_minor(self) -> int:
        """Sold less returned."""
        return self.sold_minor - self.returned_minor


class TaxSums(msgspec.Struct, frozen=True):
    """One rate, returns taken off; ``gross_minor`` includes ``tax_minor``. ``rate_bp`` None: goods that came back of a receipt not here."""

    rate_bp: int | None
    gross_minor: int
    tax_minor: int


class ProgrammeGave(msgspec.Struct, frozen=True):
    """What the rules of one programme gave that day, before goods came back: money off, and points with what they can pay."""

    programme_id: str
    name: str
    discount_minor: int
    points_units: int
    points_worth_minor: int


class MemberCounts(msgspec.Struct, frozen=True):
    """Sales with a card, how many members that were, and how many cards were given to new ones."""

    receipts: int
    served: int
    joined: int


class UnitMoves(msgspec.Struct, frozen=True, kw_only=True):
    """What the day's ledger entries moved of one unit (points of an issuer, or a pool), as members feel it.

    ``opening_units`` and ``closing_units`` are what all members have less what they owe; None where headquarters keeps the balances.
    ``other_units`` is what no kind of event explains: 0 in sound books. ``forgiven_units`` moved nothing: they were spent before goods
    came back, and are not owed (below 0: more came back of what was forgiven before).
    """

    unit: str
    issued_units: int = 0
    burned_units: int = 0
    restored_units: int = 0
    clawed_back_units: int = 0
    expired_units: int = 0
    adjusted_units: int = 0
    written_off_units: int = 0
    other_units: int = 0
    forgiven_units: int = 0
    opening_units: int | None = None
    closing_units: int | None = None

    @property
    def change_units(self) -> int:
        """By how much what members have less what they owe is more at the end of the day."""
        given = self.issued_units + self.restored_units + self.adjusted_units + self.written_off_units
        return given - self.burned_units - self.clawed_back_units - self.expired_units + self.other_units


class CheckCode(StrEnum):
    """Which figure is compared."""

    RECEIPTS = "receipts"
    """Receipts in the tables, and in the journal."""
    WORD_FOR_WORD = "word_for_word"
    """Receipts, and those of them that are what their event says."""
    TOTALS = "totals"
    """Sold and paid on contracts less returned, by the receipts' heads and by the events."""
    LINES = "lines"
    """Sold less returned, by the receipts' heads and by their lines."""
    PAYMENTS = "payments"
    """The receipts' totals, and what was paid."""
    TAKINGS = "takings"
    """One kind of payment, by the tables and by the events."""
    TAX = "tax"
    """The tax of one rate, by the tables and by the events."""
    DISCOUNTS = "discounts"
    """What rules took off, by the tables and by the events."""
    BY_POINTS = "by_points"
    """What burned points are worth by the receipts' heads, and what they took off lines and paid."""
    AWARDS = "awards"
    """Points that rules awarded line by line, and what receipts say in all."""
    ISSUED = "issued"
    BURNED = "burned"
    RESTORED = "restored"
    CLAWED_BACK = "clawed_back"
    ADJUSTED = "adjusted"
    WRITTEN_OFF = "written_off"
    ZERO_SUM = "zero_sum"
    """What entries put somewhere, and what they took elsewhere."""
    EXPLAINED = "explained"
    """What entries moved, and what of it an event of the journal or the calendar explains."""
    BALANCE = "balance"
    """What members have less what they owe, by lots and debts and by all entries."""


class Measure(StrEnum):
    """What a figure counts."""

    COUNT = "count"
    MINOR = "minor"
    UNITS = "units"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the report beside the same from the books. ``booked`` None: what it would be compared with is past its retention.

    ``subject`` is the unit, the kind of payment or the tax rate, empty where there is one figure.
    """

    code: CheckCode
    measure: Measure
    shown: int
    booked: int | None
    subject: str = ""

    @property
    def difference(self) -> int:
        """By how much more is shown than booked; 0 where nothing is compared."""
        return 0 if self.booked is None else self.shown - self.booked


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """How the till stood with headquarters when the report was made; the fields are those of the till's status."""

    has_hq: bool
    has_joined: bool
    takes_our_word: bool
    waiting_events: int
    oldest_waiting_ms: int | None
    last_contact_ms: int | None


class Unsettled(msgspec.Struct, frozen=True, kw_only=True):
    """What was open when the report was made: holds of points and of coupons that no sale took yet, points burned and coupons taken
    that headquarters has not heard of, returns of the day that it settles, events of the day whose points it alone books, failed prints.
    """

    point_holds: int
    coupon_holds: int
    burned_alone_units: int
    coupons_alone: int
    unseen_returns: int
    left_to_hq: int
    failed_prints: int


class ClosingReport(msgspec.Struct, frozen=True, kw_only=True):
    """A business date of one till. ``is_over``: by the till's clock the day has ended, and nothing more can be booked on it.

    ``pruned_events`` of the day are past their retention: what needs them is not compared. ``findings`` None: not for whom it was made.
    """

    business_date: str
    store_id: str
    terminal_number: int
    made_at_ms: int
    is_over: bool
    receipts: ReceiptCounts
    goods: GoodsSums
    average_minor: int
    tax: tuple[TaxSums, ...]
    takings: tuple[Taking, ...]
    programmes: tuple[ProgrammeGave, ...]
    causes: tuple[CauseTotals, ...]
    members: MemberCounts
    points: tuple[UnitMoves, ...]
    checks: tuple[Check, ...]
    pruned_events: int
    findings: tuple[Suspicion, ...] | None
    queue: Queue
    unsettled: Unsettled

    @property
    def differences(self) -> tuple[Check, ...]:
        """The figures that do not tie to the ledger."""
        return tuple(check for check in self.checks if check.difference)

    @property
    def ties(self) -> bool:
        """Whether every figure that can be compared is what the books say."""
        return not self.differences
