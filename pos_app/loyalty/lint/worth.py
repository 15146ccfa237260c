"""What rules give, as shares of what is paid: exact, and known for the kinds whose worth grows with it alone."""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from pos_app.loyalty.document import (
    AmountOff,
    Bonus,
    FixedCard,
    FixedPrice,
    MemberPrice,
    Multiply,
    Percent,
    Pharmacy,
    Points,
    Programme,
    Progressive,
)
from pos_app.loyalty.lint.finding import Ruled
from pos_app.loyalty.lint.goods import is_within
from pos_app.loyalty.lint.scope import conditions
from pos_app.model.money import BASIS_POINTS

Shares = tuple[Fraction, Fraction]
"""The lowest and the highest share of what is paid."""
_FULL_PERCENT = 100


def shares(ruled: Ruled, card_class: str) -> Shares | None:
    """What a rule gives a card of this class for its goods; None where that is no share of what is paid."""
    reckoned = _SHARES.get(type(ruled.rule))
    return None if reckoned is None else reckoned(ruled.programme, ruled.rule, card_class)


def most(ruled: Ruled) -> Fraction | None:
    """The highest share that a rule gives anybody."""
    given = [shares(ruled, card_class) for card_class in classes_of(ruled)]
    return None if None in given else max(high for _, high in filter(None, given))


def classes_of(*some: Ruled) -> list[str]:
    """The classes of card that these rules may tell apart; the empty one stands for every other."""
    return sorted({"", *(name for ruled in some for name in ruled.programme.card_classes)})


def share_in_band(rule: Pharmacy, floor_percent: int) -> Fraction:
    """The highest share that goods without a published bonus band get, whose margin is at least so much."""
    reached = [(int(name), weight) for name, weight in rule.margin_percent.items() if int(name) <= floor_percent]
    weights = [max(reached)[1]] if reached else [*rule.class_percent.values(), _FULL_PERCENT]
    return _of_bp(max([rule.rate_bp, *rule.levels_bp.values()])) * max(weights) / _FULL_PERCENT


def gives_nothing(ruled: Ruled) -> bool:
    """Whether a rule gives nobody anything, nor moves the class of a card."""
    rule = ruled.rule
    if isinstance(rule, Multiply):
        return max([rule.percent, *rule.tier_percent.values()]) == _FULL_PERCENT
    if isinstance(rule, Progressive) and any(step.card_class for step in rule.steps):
        return False
    return most(ruled) == 0


def beats(winner: Ruled, loser: Ruled, *, is_first: bool) -> bool:
    """Whether a rule surely gives as much as the other wherever both apply, and wins: by more, or ``is_first`` where worth is equal."""
    one, other = winner.rule, loser.rule
    alike = _ALIKE.get(type(one))
    if alike is not None and type(one) is type(other):
        worth = alike(winner, loser)
        return worth is not None and (worth > 0 or (worth == 0 and is_first))
    return all(_gives_more(winner, loser, name, is_first=is_first) for name in _classes_met(winner, loser))


def is_equal(one: Ruled, other: Ruled) -> bool:
    """Whether two rules give everybody the same share."""
    given = [shares(ruled, name) for ruled in (one, other) for name in _classes_met(one, other)]
    return None not in given and len({share for pair in given if pair for share in pair}) == 1


def _classes_met(one: Ruled, other: Ruled) -> list[str]:
    wanted = conditions(other).card_classes
    return [name for name in classes_of(one, other) if not wanted or name in wanted]


def _gives_more(winner: Ruled, loser: Ruled, card_class: str, *, is_first: bool) -> bool:
    mine, theirs = shares(winner, card_class), shares(loser, card_class)
    if mine is None or theirs is None:
        return False
    return mine[0] > theirs[1] or (mine[0] == theirs[1] and is_first)


@lru_cache(maxsize=1024)
def _of_bp(rate_bp: int) -> Fraction:
    return Fraction(rate_bp, BASIS_POINTS)


def _fixed_card(_: Programme, rule: FixedCard, card_class: str) -> Shares:
    share = _of_bp(rule.rates_bp.get(card_class, rule.other_rate_bp))
    return share, share


def _percent(_: Programme, rule: Percent, __: str) -> Shares:
    return _of_bp(rule.rate_bp), _of_bp(rule.rate_bp)


def _points(programme: Programme, rule: Points, _: str) -> Shares:
    share = Fraction(rule.points * programme.point_worth_minor, rule.per_minor)
    return share, share


def _progressive(_: Programme, rule: Progressive, __: str) -> Shares:
    return _of_bp(rule.steps[0].rate_bp), _of_bp(rule.steps[-1].rate_bp)


def _pharmacy(_: Programme, rule: Pharmacy, card_class: str) -> Shares:
    share = _of_bp(rule.levels_bp.get(card_class, rule.rate_bp))
    tables = (rule.band_percent, rule.margin_percent, rule.class_percent)
    weights = [_FULL_PERCENT, *(weight for table in tables for weight in table.values())]
    return share * min(weights) / _FULL_PERCENT, share * max(weights) / _FULL_PERCENT


def _by_points(winner: Ruled, loser: Ruled) -> int | None:
    """Points for a receipt are shared out to its goods, so these must be the same."""
    one, other = winner.rule, loser.rule
    assert isinstance(one, Bonus)
    assert isinstance(other, Bonus)
    is_alike = one.per == other.per and (one.per == "piece" or is_within(one, other))
    return one.points - other.points if is_alike else None


def _by_amount(winner: Ruled, loser: Ruled) -> int | None:
    """Of cheap goods both take all that they cost, so the larger amount is never sure to give more."""
    one, other = winner.rule, loser.rule
    assert isinstance(one, AmountOff)
    assert isinstance(other, AmountOff)
    return min(0, one.off_minor - other.off_minor) if is_within(one, other) else None


def _by_price(winner: Ruled, loser: Ruled) -> int | None:
    one, other = winner.rule, loser.rule
    assert isinstance(one, FixedPrice)
    assert isinstance(other, FixedPrice)
    return other.price_minor - one.price_minor


def _by_multiple(winner: Ruled, loser: Ruled) -> int | None:
    one, other = winner.rule, loser.rule
    assert isinstance(one, Multiply)
    assert isinstance(other, Multiply)
    tiers = {*one.tier_percent, *other.tier_percent}
    if tiers and winner.programme.id != loser.programme.id:
        return None
    differences = [one.percent - other.percent]
    differences += [one.tier_percent.get(t, one.percent) - other.tier_percent.get(t, other.percent) for t in tiers]
    return min(differences)


_SHARES: dict[type, Callable[[Programme, Any, str], Shares]] = {
    FixedCard: _fixed_card,
    Percent: _percent,
    Pharmacy: _pharmacy,
    Points: _points,
    Progressive: _progressive,
}
_ALIKE: dict[type, Callable[[Ruled, Ruled], int | None]] = {
    AmountOff: _by_amount,
    Bonus: _by_points,
    FixedPrice: _by_price,
    MemberPrice: lambda _winner, _loser: 0,
    Multiply: _by_multiple,
}
