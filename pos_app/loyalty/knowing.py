"""What rules look at and only the till knows of a member: which sums, tiers, caps, birthdays and goods bought lately."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

import msgspec

from pos_app.loyalty.document import CAP_PERIODS, Act, AnyRule, Birthday, Bought, Chosen, Collect, Programme, Tiers
from pos_app.loyalty.programme import accumulator_period
from pos_app.loyalty.rating import rule_key
from pos_app.model.identifiers import ledger_unit
from pos_app.model.products import ProductClass

_LEAP_DAY = "02-29"
_DATE_LENGTH = {"day": 10, "month": 7, "year": 4, "ever": 0}


class CapCounter(msgspec.Struct, frozen=True):
    """One counter that a cap goes by: ``name`` is what the engine calls it, ``rule_key`` whose it is."""

    name: str
    rule_key: str
    period: str
    counts_receipts: bool


class Wanted(msgspec.Struct, frozen=True):
    """What the rules of some programmes look at: by programme the period of its sum and its tiers, by rule the rest.

    ``renewed``: units of the ledger of which new lots begin where the last one ends. ``marks``: some rule asks what is known of the
    member beside points.
    """

    periods: dict[str, str]
    tiers: dict[str, Tiers]
    birthdays: dict[str, Birthday]
    bought: dict[str, Bought]
    counters: tuple[CapCounter, ...]
    renewed: frozenset[str] = frozenset()
    chosen: dict[str, Chosen] = {}
    marks: bool = False


def wanted_by(programmes: Iterable[Programme]) -> Wanted:
    """What the rules of these programmes look at."""
    documents = tuple(programmes)
    rules = [(rule_key(programme, rule), rule) for programme in documents for rule in programme.rules]
    conditions = [(key, rule.when) for key, rule in rules if rule.when is not None]
    return Wanted(
        periods={one.id: period for one in documents if (period := accumulator_period(one)) is not None},
        tiers={one.id: one.tiers for one in documents if one.tiers is not None},
        birthdays={key: when.birthday for key, when in conditions if when.birthday is not None},
        bought={key: when.bought for key, when in conditions if when.bought is not None},
        counters=tuple(counter for key, rule in rules for counter in cap_counters(key, rule)),
        renewed=frozenset(
            ledger_unit(programme.issuer, rule.pool)
            for programme in documents
            for rule in programme.rules
            if isinstance(rule, Collect) and rule.begins == "after_last"
        ),
        chosen={key: when.chosen for key, when in conditions if when.chosen is not None},
        marks=any(programme.segments for programme in documents)
        or any(when.segments or when.verified or when.chosen for _, when in conditions)
        or any(isinstance(rule, Act) for _, rule in rules),
    )


def cap_counters(key: str, rule: AnyRule) -> Iterator[CapCounter]:
    """The counters of the caps of one rule."""
    names = [(period, period, False) for period in CAP_PERIODS]
    names += [(f"receipts_{period}", period, True) for period in CAP_PERIODS]
    for name, period, counts_receipts in names:
        if rule.caps is not None and getattr(rule.caps, name) is not None:
            yield CapCounter(f"{key}:{name}", key, period, counts_receipts)


def counts_now(counter: CapCounter, *, used_on: str, business_date: str) -> bool:
    """Whether what was given on one business date counts for a cap on another.

    >>> counts_now(CapCounter("p/r:month", "p/r", "month", False), used_on="2026-02-28", business_date="2026-03-01")
    False
    """
    length = _DATE_LENGTH[counter.period]
    return used_on[:length] == business_date[:length]


@lru_cache(maxsize=65_536)
def in_window(window: Birthday, birthday: str, business_date: str) -> bool:
    """Whether a day is in the window around a birthday (``MM-DD``). On 29 February: the 28th in other years.

    >>> in_window(Birthday(before_days=1), "01-01", "2025-12-31")
    True
    """
    day = date.fromisoformat(business_date)
    try:
        nearest = [_birthday_in(birthday, day.year + years) for years in (-1, 0, 1)]
    except ValueError:  # what somebody else has written into the record is no day of a year
        return False
    return any(
        begun - timedelta(days=window.before_days) <= day <= begun + timedelta(days=window.after_days)
        for begun in nearest
    )


def _birthday_in(birthday: str, year: int) -> date:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date.fromisoformat(f"{year}-{'02-28' if birthday == _LEAP_DAY and not is_leap else birthday}")


class SomeGoods(Protocol):
    """Goods as receipts know them."""

    @property
    def product_code(self) -> str:
        """The code under which they were sold."""

    @property
    def product_class(self) -> ProductClass:
        """What the law says they are."""

    @property
    def department(self) -> str:
        """The department of the catalogue."""

    @property
    def category(self) -> str:
        """The category of the catalogue."""


def is_among(bought: Bought, goods: SomeGoods) -> bool:
    """Whether goods are those that a rule asks for; no rule sees regulated ones."""
    return goods.product_class is not ProductClass.REGULATED and (
        goods.department in bought.departments
        or goods.category in bought.categories
        or goods.product_code in bought.products
    )
