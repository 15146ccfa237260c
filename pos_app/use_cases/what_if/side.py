"""A set of programmes made ready for a replay: which sums, tiers, caps and facts its rules look at."""

from typing import Any

from pos_app.loyalty.budgets import budgets_of
from pos_app.loyalty.chances import chances_of
from pos_app.loyalty.document import POINTS_POOL, AnyRule, Bought, Programme, Reward, Tiers
from pos_app.loyalty.knowing import cap_counters, in_window, wanted_by
from pos_app.loyalty.programme import ProgrammeSet, accumulator_period
from pos_app.model.identifiers import is_points, ledger_unit
from pos_app.protocol.draws import roll


class Side:
    """The programmes of one side. ``hears_strangers``: a rule of theirs applies without a card too. ``lets_spend``: points can
    be spent, by burning or for a reward.
    """

    def __init__(self, programmes: ProgrammeSet, *, points_exponent: int) -> None:
        documents = programmes.programmes
        rules = [(f"{programme.id}/{rule.id}", programme, rule) for programme in documents for rule in programme.rules]
        self.programmes = programmes
        self.point_worth_minor = documents[0].point_worth_minor if documents else 1
        self.periods = {one.id: period for one in documents if (period := accumulator_period(one)) is not None}
        self.tiers: dict[str, Tiers] = {one.id: one.tiers for one in documents if one.tiers is not None}
        self.caps = tuple(counter for key, _, rule in rules for counter in cap_counters(key, rule))
        self.budgets = {
            one.rule: one.units(one.counted, points_exponent=points_exponent) for one in budgets_of(documents)
        }
        self.chances = chances_of(documents)
        self.asked_rewards = frozenset(key for key, _, rule in rules if isinstance(rule, Reward) and rule.take == "ask")
        self.birthdays = _wanted(rules, "birthday")
        self.bought: dict[str, Bought] = _wanted(rules, "bought")
        self.reward_keys = frozenset(key for key, _, rule in rules if isinstance(rule, Reward))
        self.hears_strangers = any(rule.anyone for *_, rule in rules)
        self.renewed = wanted_by(documents).renewed
        self.has_pools = any(not is_points(unit) for unit in _units(rules))
        self.lets_spend = any(one.burning is not None for one in documents) or any(
            isinstance(rule, Reward) and rule.pool == POINTS_POOL for *_, rule in rules
        )

    @property
    def in_order_because(self) -> tuple[str, ...]:
        """Why the accounts cannot be replayed apart: codes, empty where they can."""
        return ("budget",) if self.budgets else ()

    def rolls_of(self, receipt_id: str) -> dict[str, int]:
        """What chance would say to the rules on a receipt. Seeds are secret, so it goes by their hashes: other receipts win than in truth,
        and about as many. A roll follows from its receipt alone, so accounts can be replayed apart.
        """
        return {
            one.rule: roll(bytes.fromhex(one.seed_hash), receipt_number=receipt_id, rule=one.rule)
            for one in self.chances
        }

    def facts_of(self, birthday: str, business_date: str) -> tuple[str, ...]:
        """Which birthday windows the day is in, as the engine names them."""
        return tuple(
            f"{key}:birthday" for key, window in self.birthdays.items() if in_window(window, birthday, business_date)
        )


def _wanted(rules: list[tuple[str, Programme, AnyRule]], condition: str) -> dict[str, Any]:
    """The rules that ask for a condition, with it."""
    return {
        key: wanted
        for key, _, rule in rules
        if rule.when is not None and (wanted := getattr(rule.when, condition)) is not None
    }


def _units(rules: list[tuple[str, Programme, AnyRule]]) -> list[str]:
    return [ledger_unit(programme.issuer, getattr(rule, "pool", POINTS_POOL)) for _, programme, rule in rules]
