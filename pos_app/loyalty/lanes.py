"""Lanes: which rule wins a line, what multipliers add, and how the points of a lane are rounded once and shared out to its lines."""

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.limits import Limits
from pos_app.loyalty.plan import NOBODY, Lane
from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, Rating, Receipt, Scale
from pos_app.model.money import share_out, share_out_by


class Decided(msgspec.Struct, frozen=True, gc=False):
    """A lane decided for a receipt: the contenders' ratings, for every line the winner (its number, or ``NOBODY``), and what is given.

    ``gifts`` go line by line: what the winner gives, and after it what multipliers add to it. ``boosts`` are the ratings of the
    multipliers.
    """

    lane: Lane
    ratings: list[Rating]
    winners: list[int]
    gifts: list["Gift"]
    boosts: list[Rating]


class Gift(msgspec.Struct, gc=False):
    """What one rule gives one line (``index``): the worth, exact on the plan's scale, and the units that it comes to.

    ``lowered``: a limit for a line has lowered the worth.
    ``limited_units``: what a limit had left for the rule on this receipt, where it asked for more. ``guarded``: the guard has lowered it.
    """

    index: int
    giver: Contender
    rating: Rating
    worth: int
    lowered: bool = False
    units: int = 0
    limited_units: int | None = None
    guarded: bool = False


def decide(lane: Lane, receipt: Receipt, barred: frozenset[str] = frozenset()) -> Decided:
    """Let every contender rate the receipt; the highest worth wins a line, the first contender where worths are equal.

    ``barred``: rules that another one of their group has beaten.
    """
    ratings = lane.ratings(receipt)
    if barred:
        ratings = [
            _barred(rating) if contender.key in barred and rating.rate else rating
            for contender, rating in zip(lane.contenders, ratings, strict=True)
        ]
    winners, gifts = _by_kind(lane, receipt, ratings, barred)
    if lane.by_line:
        winners, gifts = _by_line(lane, receipt, ratings, winners, gifts)
    if not lane.boosters:
        return Decided(lane, ratings, winners, gifts, [])
    boosts = [booster.rating(receipt) for booster in lane.boosters]
    return Decided(lane, ratings, winners, _boosted(gifts, lane, boosts, receipt), boosts)


def _barred(rating: Rating) -> Rating:
    """A rule that is beaten gives nothing; what it counts it counts all the same."""
    return msgspec.structs.replace(rating, code=reasons.GROUP_BEATEN, rate=0)


def _by_kind(
    lane: Lane, receipt: Receipt, ratings: list[Rating], barred: frozenset[str]
) -> tuple[list[int], list[Gift]]:
    """The winners among those whose offers grow with what is paid alone: goods of one kind have one, which the lane remembers."""
    if lane.base_of is None:
        return [NOBODY] * len(receipt.lines), []
    contenders = lane.contenders
    bases = receipt.base_minor(lane.base_of)
    decisions = lane.decisions(ratings, barred, has_member=receipt.member is not None)
    winners = []
    gifts = []
    for index, kind in enumerate(receipt.goods):
        winner, factor = decisions[kind]
        worth = bases[index] * factor
        if worth > 0:
            winners.append(winner)
            gifts.append(Gift(index, contenders[winner], ratings[winner], worth))
        else:
            winners.append(NOBODY)
    return winners, gifts


def _by_line(
    lane: Lane, receipt: Receipt, ratings: list[Rating], winners: list[int], gifts: list[Gift]
) -> tuple[list[int], list[Gift]]:
    """The winners among all, given those among the others: who offers more goes first, and of equal ones the first contender."""
    worths = [0] * len(receipt.lines)
    for gift in gifts:
        worths[gift.index] = gift.worth
    for number in lane.by_line:
        if not ratings[number].rate:
            continue
        for index, offer in enumerate(offers_of(lane.contenders[number], ratings[number], receipt)):
            if offer > worths[index] or (offer and offer == worths[index] and number < winners[index]):
                worths[index] = offer
                winners[index] = number
    gifts = [
        Gift(index, lane.contenders[winner], ratings[winner], worths[index])
        for index, winner in enumerate(winners)
        if winner != NOBODY
    ]
    for number in lane.by_line:
        if number in winners and lane.contenders[number].line_max is not None:
            _note_lowered([gift for gift in gifts if gift.giver is lane.contenders[number]], receipt)
    return winners, gifts


def offers_of(contender: Contender, rating: Rating, receipt: Receipt) -> list[int]:
    """What a rule offers for each line, lowered to its limit for a line."""
    offers = _unlimited(contender, rating, receipt)
    most = contender.line_max
    return offers if most is None else [min(offer, most) for offer in offers]


def _unlimited(contender: Contender, rating: Rating, receipt: Receipt) -> list[int]:
    weights = contender.weights(receipt)
    if contender.kind.offers is not None:
        return contender.kind.offers(receipt, weights)
    rate = rating.rate
    bases = receipt.base_minor(contender.programme)
    return [base * rate * weight for base, weight in zip(bases, weights, strict=True)]


def _note_lowered(gifts: list[Gift], receipt: Receipt) -> None:
    """Note which gifts of a rule its limit for a line has lowered."""
    offers = _unlimited(gifts[0].giver, gifts[0].rating, receipt)
    for gift in gifts:
        gift.lowered = gift.worth < offers[gift.index]


def _boosted(gifts: list[Gift], lane: Lane, boosts: list[Rating], receipt: Receipt) -> list[Gift]:
    """The gifts, each with what multipliers add to it."""
    weights = [booster.weights(receipt) for booster in lane.boosters]
    boosters = tuple(zip(lane.boosters, boosts, weights, strict=True))
    return [each for gift in gifts for each in (gift, *_extras(gift, boosters))]


def _extras(gift: Gift, boosters: tuple[tuple[Contender, Rating, list[int]], ...]) -> list[Gift]:
    """What the best multiplier adds to a gift, and every one that adds."""
    best: Gift | None = None
    found = []
    for booster, boost, weights in boosters:
        percent = boost.rate * weights[gift.index] // FULL_WEIGHT_PERCENT
        offer = gift.worth * percent // FULL_WEIGHT_PERCENT
        worth = offer if booster.line_max is None else min(offer, booster.line_max)
        if not worth:
            continue
        extra = Gift(gift.index, booster, boost, worth, lowered=worth < offer)
        if booster.rule.adds:
            found.append(extra)
        elif best is None or worth > best.worth:
            best = extra
    return [best, *found] if best else found


Purses = dict[str, tuple[list[Gift], list[int]]]
"""The gifts that come out of each purse, and what each of them is worth."""


def share_points(gifts: list[Gift], receipt: Receipt, scale: Scale, limits: Limits) -> None:
    """Round the lane's worth down once and share it out to its programmes, then to their purses, then to lines, by the largest remainder.

    A purse is a programme, or a rule with a limit of its own for the receipt or a longer time. Rounding per lane and not per rule
    keeps more goods from ever earning less when a line changes its winner.
    """
    purses: Purses = {}
    for gift in gifts:
        purse = gift.giver.purse
        if purse in purses:
            given, worths = purses[purse]
            given.append(gift)
            worths.append(gift.worth)
        else:
            purses[purse] = [gift], [gift.worth]
    units = (_units_within if limits.has_any else _units_of)(purses, scale, limits)
    for number, (given, worths) in enumerate(purses.values()):
        _share_to_lines(units[number], given, worths, receipt)


def _units_of(purses: Purses, scale: Scale, limits: Limits) -> list[int]:
    """The units of each purse where nothing is limited: every purse is a programme."""
    point_units = limits.point_units
    claims = [sum(worths) * point_units for _, worths in purses.values()]
    return share_out(sum(claims) // scale.point_worth, claims, list(purses))


def _units_within(purses: Purses, scale: Scale, limits: Limits) -> list[int]:
    """The units of each purse within all limits, of which less is left then."""
    programmes: dict[str, Purses] = {}
    for purse, given in purses.items():
        programmes.setdefault(given[0][0].giver.programme_id, {})[purse] = given
    claims = [_claims(given, scale, limits) for given in programmes.values()]
    sums = [sum(each) for each in claims]
    shares = share_out(sum(sums) // scale.point_worth, sums, list(programmes))
    units: dict[str, int] = {}
    for share, each, programme_purses in zip(shares, claims, programmes.values(), strict=True):
        names = list(programme_purses)
        units |= zip(names, _within(share, each, scale, names), strict=True)
    for purse, (gifts, _) in purses.items():
        limits.take(gifts[0].giver, units[purse])
    return [units[purse] for purse in purses]


def _claims(purses: Purses, scale: Scale, limits: Limits) -> list[int]:
    """What each purse of a programme is worth, lowered to what its own limits and those of the programme leave."""
    claims = [_lowered(given, sum(worths), scale, limits) for given, worths in purses.values()]
    gifts = [gift for given, _ in purses.values() for gift in given]
    most = limits.left_of_programme(gifts[0].giver)
    if len(claims) > 1 and most is not None and sum(claims) > most * scale.point_worth:
        for gift in gifts:
            gift.limited_units = most
        return share_out(most * scale.point_worth, claims, list(purses))
    return claims


def _lowered(gifts: list[Gift], worth: int, scale: Scale, limits: Limits) -> int:
    claim: int = worth * limits.point_units
    most = limits.left_units(gifts[0].giver)
    if most is None or claim <= most * scale.point_worth:
        return claim
    for gift in gifts:
        gift.limited_units = most
    return most * scale.point_worth


def _within(units: int, claims: list[int], scale: Scale, purses: list[str]) -> list[int]:
    """The units of a programme for each of its purses, none of which gets more than its claim rounded up."""
    if len(claims) == 1:
        return [units]
    shares = share_out(units, claims, purses)
    most = [-(-claim // scale.point_worth) for claim in claims]
    over = sum(max(0, share - limit) for share, limit in zip(shares, most, strict=True))
    shares = [min(share, limit) for share, limit in zip(shares, most, strict=True)]
    for number in sorted(range(len(purses)), key=purses.__getitem__):
        more = min(over, most[number] - shares[number])
        shares[number] += more
        over -= more
    return shares


def _share_to_lines(units: int, gifts: list[Gift], worths: list[int], receipt: Receipt) -> None:
    if len(gifts) == 1:
        gifts[0].units = units
        return

    def tie_key(place: int) -> tuple[int, str, str]:
        gift = gifts[place]
        line = receipt.lines[gift.index]
        return -line.amount_minor, line.product_code, gift.giver.key

    shares = share_out_by(units, worths, tie_key)
    for place, gift in enumerate(gifts):
        gift.units = shares[place]
