"""Lanes: which rule wins a line, and how the points of a lane are rounded once and shared out to its lines."""

import msgspec

from pos_app.loyalty.plan import Contender
from pos_app.loyalty.rating import WORTH_SCALE, Rating, Receipt
from pos_app.model.money import share_out


class Lane(msgspec.Struct, frozen=True):
    """The contenders of a lane with their ratings, and for every line the winner (index, or None) and its exact worth.

    ``worths`` are in millionths of a minor unit, lowered to the programme's limit for a line.
    """

    contenders: tuple[Contender, ...]
    ratings: list[Rating]
    winners: list[int | None]
    worths: list[int]


class LaneUnits(msgspec.Struct, frozen=True):
    """The units of each line of a lane, and the programmes whose limit for the receipt lowered them, with what was left."""

    units: list[int]
    limited_to_units: dict[str, int]


class Scale(msgspec.Struct, frozen=True):
    """How worth becomes points: units in a whole point, and what a whole point is worth."""

    point_units: int
    point_worth_minor: int


def decide(contenders: tuple[Contender, ...], receipt: Receipt, scale: Scale) -> Lane:
    """Let every contender rate the receipt; the highest worth wins a line, the first contender where worths are equal."""
    ratings = [contender.rate(contender.programme, contender.rule, receipt) for contender in contenders]
    winners: list[int | None] = [None] * len(receipt.lines)
    worths = [0] * len(receipt.lines)
    for number, (contender, rating) in enumerate(zip(contenders, ratings, strict=True)):
        if not rating.rate_bp:
            continue
        offers = worths_of(contender, rating, receipt, scale)
        for index, offer in enumerate(offers):
            if offer > worths[index]:
                worths[index] = offer
                winners[index] = number
    return Lane(contenders, ratings, winners, worths)


def worths_of(contender: Contender, rating: Rating, receipt: Receipt, scale: Scale) -> list[int]:
    """What a rule offers for each line, lowered to its programme's limit for a line."""
    rate_bp = rating.rate_bp
    offers = [paid * rate_bp * weight for paid, weight in zip(receipt.paid_minor, rating.weights_percent, strict=True)]
    most_points = contender.programme.earning.line_max_points
    if most_points is None:
        return offers
    most = most_points * scale.point_worth_minor * WORTH_SCALE
    return [min(offer, most) for offer in offers]


def share_lane(lane: Lane, receipt: Receipt, scale: Scale, left_units: dict[str, int]) -> LaneUnits:
    """Round the lane's worth down once and share it out to programmes, then to their lines, by the largest remainder.

    ``left_units``: what programmes with a limit may still give on this receipt; what they give here is taken off it.
    Rounding per lane and not per rule keeps more goods from ever earning less when a line changes its winner.
    """
    lines_of: dict[str, list[int]] = {}
    for index, winner in enumerate(lane.winners):
        if winner is not None:
            lines_of.setdefault(lane.contenders[winner].programme.id, []).append(index)
    unit_worth = scale.point_worth_minor * WORTH_SCALE
    claims: dict[str, int] = {}
    limited: dict[str, int] = {}
    for programme_id, indexes in lines_of.items():
        claims[programme_id] = sum([lane.worths[index] for index in indexes]) * scale.point_units
        if programme_id in left_units and claims[programme_id] > left_units[programme_id] * unit_worth:
            limited[programme_id] = left_units[programme_id]
            claims[programme_id] = left_units[programme_id] * unit_worth
    units = [0] * len(lane.winners)
    shares = share_out(sum(claims.values()) // unit_worth, list(claims.values()), list(claims))
    for programme_id, given in zip(claims, shares, strict=True):
        if programme_id in left_units:
            left_units[programme_id] -= given
        _share_to_lines(given, lines_of[programme_id], lane, receipt, units)
    return LaneUnits(units, limited)


def _share_to_lines(given: int, indexes: list[int], lane: Lane, receipt: Receipt, units: list[int]) -> None:
    worths = [lane.worths[index] for index in indexes]
    keys = [(-receipt.lines[index].amount_minor, receipt.lines[index].product_code) for index in indexes]
    for index, share in zip(indexes, share_out(given, worths, keys), strict=True):
        units[index] = share
