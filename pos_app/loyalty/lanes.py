"""Lanes: which rule wins a line, what multipliers add, and how the points of a lane are rounded once and shared out to its lines."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, NOTHING, Rating, Receipt, Scale
from pos_app.model.money import share_out

if TYPE_CHECKING:
    from pos_app.loyalty.limits import Limits
    from pos_app.loyalty.plan import Contender, Lane

NOBODY = -1


class Decided(msgspec.Struct, frozen=True, gc=False):
    """A lane decided for a receipt: the contenders' ratings, and for every line the winner (its number, or ``NOBODY``) and its worth.

    Worth is exact, on the plan's scale, lowered to the winner's limit for a line. ``boosts`` are the ratings of the multipliers.
    """

    lane: "Lane"
    ratings: list[Rating]
    winners: list[int]
    worths: list[int]
    boosts: list[Rating]


class Gift(msgspec.Struct, gc=False):
    """What one rule gives one line (``index``): the worth, and the units that it comes to."""

    index: int
    giver: "Contender"
    rating: Rating
    worth: int
    units: int = 0
    limited_units: int | None = None


def decide(lane: "Lane", receipt: Receipt, barred: frozenset[str] = frozenset()) -> Decided:
    """Let every contender rate the receipt; the highest worth wins a line, the first contender where worths are equal.

    ``barred``: rules that another one of their group has beaten.
    """
    ratings = [NOTHING if contender.key in barred else contender.rating(receipt) for contender in lane.contenders]
    boosts = [booster.rating(receipt) for booster in lane.boosters]
    if lane.is_uniform and receipt.lines:
        winners, worths = _by_known_winners(lane, receipt, ratings)
    else:
        winners, worths = _by_offers(lane, receipt, ratings)
    return Decided(lane, ratings, winners, worths, boosts)


def _by_known_winners(lane: "Lane", receipt: Receipt, ratings: list[Rating]) -> tuple[list[int], list[int]]:
    """Where offers grow with what is paid alone, goods of one key have one winner, which the lane remembers."""
    decisions = lane.decisions(ratings)
    winners = []
    worths = []
    bases = receipt.base_minor(lane.contenders[0].programme) if lane.contenders else receipt.paid_minor
    for index, key in enumerate(receipt.keys):
        known = decisions.get(key)
        if known is None:
            known = decisions[key] = _best_for(lane, ratings, receipt, index)
        winner, factor = known
        worth = bases[index] * factor
        worths.append(worth)
        winners.append(winner if worth else NOBODY)
    return winners, worths


def _best_for(lane: "Lane", ratings: list[Rating], receipt: Receipt, index: int) -> tuple[int, int]:
    """The winner of goods, and its rate times its weight."""
    winner, best = NOBODY, 0
    key, line = receipt.keys[index], receipt.lines[index]
    for number, (contender, rating) in enumerate(zip(lane.contenders, ratings, strict=True)):
        factor = rating.rate * contender.weight(key, line) if rating.rate else 0
        if factor > best:
            winner, best = number, factor
    return winner, best


def _by_offers(lane: "Lane", receipt: Receipt, ratings: list[Rating]) -> tuple[list[int], list[int]]:
    winners = [NOBODY] * len(receipt.lines)
    worths = [0] * len(receipt.lines)
    for number, (contender, rating) in enumerate(zip(lane.contenders, ratings, strict=True)):
        if not rating.rate:
            continue
        for index, offer in enumerate(offers_of(contender, rating, receipt)):
            if offer > worths[index]:
                worths[index] = offer
                winners[index] = number
    return winners, worths


def offers_of(contender: "Contender", rating: Rating, receipt: Receipt) -> list[int]:
    """What a rule offers for each line, lowered to its limit for a line."""
    weights = contender.weights(receipt)
    if contender.kind.offers is not None:
        offers = contender.kind.offers(receipt, weights)
    else:
        rate = rating.rate
        bases = receipt.base_minor(contender.programme)
        offers = [base * rate * weight for base, weight in zip(bases, weights, strict=True)]
    most = contender.line_max
    return offers if most is None else [min(offer, most) for offer in offers]


def gifts_of(decided: Decided, receipt: Receipt) -> list[Gift]:
    """What the lane gives, line by line: the winner's worth, and after it what multipliers add to it."""
    contenders, ratings, worths = decided.lane.contenders, decided.ratings, decided.worths
    gifts = [
        Gift(index, contenders[winner], ratings[winner], worths[index])
        for index, winner in enumerate(decided.winners)
        if winner != NOBODY
    ]
    if not decided.boosts:
        return gifts
    return [each for gift in gifts for each in (gift, *_boosted(gift, decided, receipt))]


def _boosted(gift: Gift, decided: Decided, receipt: Receipt) -> list[Gift]:
    """What the best multiplier adds to a gift, and every one that adds."""
    key, line = receipt.keys[gift.index], receipt.lines[gift.index]
    best: Gift | None = None
    found = []
    for booster, boost in zip(decided.lane.boosters, decided.boosts, strict=True):
        percent = boost.rate * booster.weight(key, line) // FULL_WEIGHT_PERCENT
        worth = gift.worth * percent // FULL_WEIGHT_PERCENT
        if booster.line_max is not None:
            worth = min(worth, booster.line_max)
        if not worth:
            continue
        extra = Gift(gift.index, booster, boost, worth)
        if booster.rule.adds:
            found.append(extra)
        elif best is None or worth > best.worth:
            best = extra
    return [best, *found] if best else found


def share_points(gifts: list[Gift], receipt: Receipt, scale: Scale, limits: "Limits") -> None:
    """Round the lane's worth down once and share it out to its purses, then to their lines, by the largest remainder.

    A purse is a programme, or a rule with a limit of its own for the receipt or a longer time. Rounding per lane and not per rule
    keeps more goods from ever earning less when a line changes its winner.
    """
    purses: dict[str, list[Gift]] = {}
    for gift in gifts:
        purses.setdefault(gift.giver.purse, []).append(gift)
    point_worth = scale.point_worth
    claims: dict[str, int] = {}
    for purse, given in purses.items():
        claim = sum([gift.worth for gift in given]) * limits.point_units
        most = limits.left_units(given[0].giver)
        if most is not None and claim > most * point_worth:
            claim = most * point_worth
            for gift in given:
                gift.limited_units = most
        claims[purse] = claim
    total = sum(claims.values()) // point_worth
    shares = [total] if len(claims) == 1 else share_out(total, list(claims.values()), list(claims))
    for units, given in zip(shares, purses.values(), strict=True):
        limits.take(given[0].giver, units)
        _share_to_lines(units, given, receipt)


def _share_to_lines(units: int, gifts: list[Gift], receipt: Receipt) -> None:
    lines = receipt.lines
    keys = [(-lines[gift.index].amount_minor, lines[gift.index].product_code, gift.giver.key) for gift in gifts]
    for gift, share in zip(gifts, share_out(units, [gift.worth for gift in gifts], keys), strict=True):
        gift.units = share
