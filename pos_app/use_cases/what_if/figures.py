"""What a replay counts, and what the manager reads. Sums only, so that it does not matter who was counted first."""

import msgspec

from pos_app.model.money import BASIS_POINTS


class RuleTally(msgspec.Struct):
    """What one rule gave: points in units, money off in minor units, and on how many receipts."""

    units: int = 0
    off_minor: int = 0
    receipts: int = 0

    def add(self, other: "RuleTally") -> None:
        """Count another tally too."""
        self.units += other.units
        self.off_minor += other.off_minor
        self.receipts += other.receipts


class Tally(msgspec.Struct):
    """The sums of a month, or of all of it; points in units, money in minor units. ``members_touched``: whom programmes gave something.

    ``sales_minor`` is what was paid by money, with tax, less what went back. ``given_units`` to ``adjusted_units`` are all that moves
    points: given, less taken back with goods, burned as payment and for rewards, less what came back of both, expired, and by hand.
    ``discount_minor`` and ``reward_minor`` are what rules and rewards took off, ``burned_minor`` what burned points paid, each less
    what went back. ``net_minor`` and ``goods_cost_minor``: sales without tax, and cost, of goods whose cost is known.
    """

    receipts: int = 0
    member_receipts: int = 0
    returns: int = 0
    members_touched: int = 0
    sales_minor: int = 0
    member_sales_minor: int = 0
    given_units: int = 0
    taken_back_units: int = 0
    burned_units: int = 0
    reward_units: int = 0
    given_back_units: int = 0
    expired_units: int = 0
    adjusted_units: int = 0
    burned_minor: int = 0
    discount_minor: int = 0
    reward_minor: int = 0
    rewards_taken: int = 0
    net_minor: int = 0
    goods_cost_minor: int = 0
    uncosted_minor: int = 0
    rules: dict[str, RuleTally] = {}

    def add(self, other: "Tally") -> None:
        """Count another tally too."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for key, rule in other.rules.items():
            self.rules.setdefault(key, RuleTally()).add(rule)

    @property
    def cost_minor(self) -> int:
        """What the programmes cost: discounts, rewards, and points that paid."""
        return self.discount_minor + self.reward_minor + self.burned_minor

    @property
    def margin_minor(self) -> int:
        """What is left of the sales of goods whose cost is known, without tax and cost."""
        return self.net_minor - self.goods_cost_minor

    @property
    def owed_change_units(self) -> int:
        """By how much the points owed grew, debts of members taken off."""
        return (
            self.given_units
            - self.taken_back_units
            - self.burned_units
            - self.reward_units
            + self.given_back_units
            - self.expired_units
            + self.adjusted_units
        )


_SUMS = tuple(name for name in Tally.__struct_fields__ if name != "rules")


class AccountTally(msgspec.Struct):
    """What one member's side of it is: what was promised to them (points and money off), what they burned, and their class at the end."""

    units: int = 0
    off_minor: int = 0
    burned_units: int = 0
    card_class: str = ""


class Run(msgspec.Struct):
    """One side, replayed: by month, by account, and what is owed. ``skipped`` counts returns and merges of what was not there.

    ``survivors``: merged accounts, and who took them over.
    """

    months: dict[str, Tally] = {}
    accounts: dict[str, AccountTally] = {}
    opening_units: int = 0
    owed_units: int = 0
    overdraft_units: int = 0
    skipped: int = 0
    survivors: dict[str, str] = {}

    def add(self, other: "Run") -> None:
        """Count what another core has replayed; no account is in both."""
        for month, tally in other.months.items():
            self.months.setdefault(month, Tally()).add(tally)
        self.accounts |= other.accounts
        self.survivors |= other.survivors
        self.opening_units += other.opening_units
        self.owed_units += other.owed_units
        self.overdraft_units += other.overdraft_units
        self.skipped += other.skipped


class MonthFigures(msgspec.Struct, frozen=True):
    """A month of one side, and what was owed at its end (points in units, and their worth; debts of members taken off)."""

    month: str
    tally: Tally
    owed_units: int
    liability_minor: int


class SideFigures(msgspec.Struct, frozen=True):
    """One side: its programmes, the sums, and every month. ``owed_units`` is at the end, ``overdraft_units`` what members owe.

    ``lets_spend``: some programme lets points be spent; where none does, what is given costs nothing yet.
    """

    programmes: tuple[str, ...]
    point_worth_minor: int
    total: Tally
    months: tuple[MonthFigures, ...]
    owed_units: int
    overdraft_units: int
    liability_minor: int
    cost_minor: int
    margin_minor: int
    breakage_bp: int
    lets_spend: bool = True

    @property
    def names(self) -> str:
        """The programmes, for people."""
        return ", ".join(self.programmes) or "none"


class GroupFigures(msgspec.Struct, frozen=True):
    """Members of one kind: how many get more by the candidate and how many less, and how much in all."""

    kind: str
    name: str
    members: int
    winners: int
    losers: int
    sales_minor: int
    gain_minor: int


class Affected(msgspec.Struct, frozen=True):
    """One member among those who are affected most: numbers only."""

    gain_minor: int
    sales_minor: int
    receipts: int
    spending_decile: int


class WhatIf(msgspec.Struct, frozen=True):
    """The answer. ``in_order_because`` says why one core had to do it all; empty where accounts are independent.

    ``burn_bp`` of what could be burned is burned where the real receipts do not say; ``burn_is_assumed``: they never do.
    ``card_receipts_bp`` and ``card_sales_bp``: how much of the receipts, and of the prices before rules, was with a card.
    ``is_against_now``: ``current`` is what runs now.
    """

    since: str
    until: str
    currency_code: str
    currency_exponent: int
    points_exponent: int
    candidate: SideFigures
    current: SideFigures
    groups: tuple[GroupFigures, ...]
    most_gained: tuple[Affected, ...]
    most_lost: tuple[Affected, ...]
    members: int
    unchanged: int
    card_receipts_bp: int
    card_sales_bp: int
    burn_bp: int
    burn_is_assumed: bool
    in_order_because: tuple[str, ...]
    left_out: int
    skipped: int
    is_against_now: bool = True

    @property
    def current_words(self) -> str:
        """What the side that the candidate is compared with is called: it is not what runs now where others were named."""
        return "now" if self.is_against_now else f"against {self.current.names}"

    @property
    def spending_words(self) -> str:
        """Under which side points cannot be spent, in a sentence: its cost then tells half of it. Empty where they can be."""
        sides = (("candidate", self.candidate), (self.current_words, self.current))
        stuck = [words for words, side in sides if not side.lets_spend and (side.total.given_units or side.owed_units)]
        return f"Points cannot be spent ({'; '.join(stuck)}): they are owed, and cost nothing here." if stuck else ""


def share_bp(part: int, whole: int) -> int:
    """A share in basis points, rounded down; 0 of nothing.

    >>> share_bp(1, 3), share_bp(1, 0)
    (3333, 0)
    """
    return part * BASIS_POINTS // whole if whole else 0
