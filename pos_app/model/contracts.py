"""A sale that is paid in parts: what was agreed, what of it is still owed, and since when. Amounts in minor units, days as ISO dates."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from pos_app.model.identifiers import derived_id
from pos_app.model.money import share_out


class Part(msgspec.Struct, frozen=True):
    """A part of a contract: so much until this date."""

    due_on: str
    amount_minor: int


class Contract(msgspec.Struct, frozen=True):
    """A contract as far as it is known: ``number`` is that of the sale's receipt.

    ``paid_minor`` was paid since, ``lowered_minor`` was taken off because goods came back.
    """

    contract_id: str
    number: str
    sale_event_id: str
    programme_id: str
    opened_on: str
    total_minor: int
    parts: tuple[Part, ...]
    paid_minor: int = 0
    lowered_minor: int = 0

    @property
    def owed_minor(self) -> int:
        """What is still to be paid."""
        return max(0, self.total_minor - self.paid_minor - self.lowered_minor)

    @property
    def left(self) -> tuple[Part, ...]:
        """The parts as they are still owed: payments take the earliest first, goods that came back the latest.

        >>> parts = (Part("2026-08-01", 40), Part("2026-09-01", 40), Part("2026-10-01", 40))
        >>> [part.amount_minor for part in Contract("c", "1", "s", "p", "2026-07-02", 120, parts, 50, 30).left]
        [30, 10]
        """
        amounts = [part.amount_minor for part in self.parts]
        _take(amounts, self.lowered_minor, reversed(range(len(amounts))))
        _take(amounts, self.paid_minor, range(len(amounts)))
        return tuple(Part(part.due_on, minor) for part, minor in zip(self.parts, amounts, strict=True) if minor)

    def overdue_minor(self, today: str) -> int:
        """What should have been paid before this day."""
        return sum(part.amount_minor for part in self.left if part.due_on < today)

    def due_minor(self, today: str) -> int:
        """What is due by this day, and where nothing is, the next part; 0 where nothing is owed."""
        left = self.left
        by_today = sum(part.amount_minor for part in left if part.due_on <= today)
        return by_today or (left[0].amount_minor if left else 0)


def _take(amounts: list[int], minor: int, order: Iterable[int]) -> None:
    for place in order:
        part = min(minor, amounts[place])
        amounts[place] -= part
        minor -= part


def contract_id_of(sale_event_id: str) -> str:
    """The id of a sale's contract, and of the event that says it: two machines name it the same."""
    return derived_id(sale_event_id, "contract")


def in_parts(total_minor: int, *, parts: int, every_days: int, today: str) -> tuple[Part, ...]:
    """A total in equal parts, the first of them due today; what cannot be shared evenly is in the first ones.

    >>> [(part.due_on, part.amount_minor) for part in in_parts(10_000, parts=3, every_days=30, today="2026-07-01")]
    [('2026-07-01', 3334), ('2026-07-31', 3333), ('2026-08-30', 3333)]
    """
    shares = share_out(total_minor, [1] * parts, list(range(parts)))
    first = date.fromisoformat(today)
    return tuple(
        Part((first + timedelta(days=number * every_days)).isoformat(), minor) for number, minor in enumerate(shares)
    )
