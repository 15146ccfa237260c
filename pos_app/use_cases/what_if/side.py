"""A set of programmes made ready for a replay: which sums, tiers, caps and facts its rules look at."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from pos_app.loyalty.document import CAP_PERIODS, POINTS_POOL, AnyRule, Birthday, Bought, Programme, Reward, Tiers
from pos_app.loyalty.programme import ProgrammeSet, accumulator_period
from pos_app.model.evaluation import EngineLine
from pos_app.model.identifiers import is_points, ledger_unit

_LEAP_DAY = "02-29"


class CapCounter(msgspec.Struct, frozen=True):
    """One counter that a cap goes by: ``name`` is what the engine calls it, ``rule_key`` whose it is."""

    name: str
    rule_key: str
    period: str
    counts_receipts: bool


class Side:
    """The programmes of one side. ``hears_strangers``: a rule of theirs applies without a card too."""

    def __init__(self, programmes: ProgrammeSet, *, points_exponent: int) -> None:
        documents = programmes.programmes
        rules = [(f"{programme.id}/{rule.id}", programme, rule) for programme in documents for rule in programme.rules]
        self.programmes = programmes
        self.point_worth_minor = documents[0].point_worth_minor if documents else 1
        self.periods = {one.id: period for one in documents if (period := accumulator_period(one)) is not None}
        self.tiers: dict[str, Tiers] = {one.id: one.tiers for one in documents if one.tiers is not None}
        self.caps = tuple(counter for key, _, rule in rules for counter in _counters(key, rule))
        self.budgets = {
            key: _in_units(rule, rule.caps.budget, points_exponent)
            for key, _, rule in rules
            if rule.caps is not None and rule.caps.budget is not None
        }
        self.asked_rewards = frozenset(key for key, _, rule in rules if isinstance(rule, Reward) and rule.take == "ask")
        self.birthdays = _wanted(rules, "birthday")
        self.bought: dict[str, Bought] = _wanted(rules, "bought")
        self.reward_keys = frozenset(key for key, _, rule in rules if isinstance(rule, Reward))
        self.hears_strangers = any(rule.anyone for *_, rule in rules)
        self.has_pools = any(not is_points(unit) for unit in _units(rules))

    @property
    def in_order_because(self) -> tuple[str, ...]:
        """Why the accounts cannot be replayed apart: codes, empty where they can."""
        return ("budget",) if self.budgets else ()

    def facts_of(self, birthday: str, business_date: str) -> tuple[str, ...]:
        """Which birthday windows the day is in, as the engine names them."""
        return tuple(
            f"{key}:birthday" for key, window in self.birthdays.items() if in_window(window, birthday, business_date)
        )


def _counters(key: str, rule: AnyRule) -> list[CapCounter]:
    if rule.caps is None:
        return []
    names = [(period, period, False) for period in CAP_PERIODS]
    names += [(f"receipts_{period}", period, True) for period in CAP_PERIODS]
    return [
        CapCounter(f"{key}:{name}", key, period, counts_receipts)
        for name, period, counts_receipts in names
        if getattr(rule.caps, name) is not None
    ]


def _in_units(rule: AnyRule, budget: int, points_exponent: int) -> int:
    units: int = budget if rule.lane == "price" else budget * 10**points_exponent
    return units


def _wanted(rules: list[tuple[str, Programme, AnyRule]], condition: str) -> dict[str, Any]:
    """The rules that ask for a condition, with it."""
    return {
        key: wanted
        for key, _, rule in rules
        if rule.when is not None and (wanted := getattr(rule.when, condition)) is not None
    }


def _units(rules: list[tuple[str, Programme, AnyRule]]) -> list[str]:
    return [ledger_unit(programme.issuer, getattr(rule, "pool", POINTS_POOL)) for _, programme, rule in rules]


@lru_cache(maxsize=65_536)
def in_window(window: Birthday, birthday: str, business_date: str) -> bool:
    """Whether a day is in the window around a birthday (``MM-DD``). On 29 February: the 28th in other years.

    >>> in_window(Birthday(before_days=1), "01-01", "2025-12-31")
    True
    """
    day = date.fromisoformat(business_date)
    nearest = (_birthday_in(birthday, day.year + years) for years in (-1, 0, 1))
    return any(
        begun - timedelta(days=window.before_days) <= day <= begun + timedelta(days=window.after_days)
        for begun in nearest
    )


def _birthday_in(birthday: str, year: int) -> date:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date.fromisoformat(f"{year}-{'02-28' if birthday == _LEAP_DAY and not is_leap else birthday}")


def is_among(bought: Bought, line: EngineLine) -> bool:
    """Whether a line is of the goods that a rule asks for."""
    return (
        line.department in bought.departments
        or line.category in bought.categories
        or line.product_code in bought.products
    )
