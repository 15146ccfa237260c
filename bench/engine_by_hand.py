"""The reference that the engine is measured against: three shipped programmes written out by hand, for speed alone.

``fixed-card``, ``pharmacy`` and ``progressive`` as they ship, in one lane, points without fractions, worth 0.01 each. It knows
no documents, gives no reasons, no lots, no burning, and must give the same points for every line as the engine does.
"""

from collections.abc import Sequence

from pos_app.model.evaluation import EngineLine, MemberContext
from pos_app.model.products import ProductClass

PROGRAMMES = ("fixed-card", "pharmacy", "progressive")

_REGULATED = ProductClass.REGULATED
_MEDICINE = ProductClass.MEDICINE
_HIGH_MARGIN = ProductClass.HIGH_MARGIN
_CARD_BP = {"silver": 300, "gold": 500, "platinum": 700}
_LEVEL_BP = {"silver": 400, "gold": 500}
_BAND_PERCENT = {"2": 200, "3": 300}
_WORTH_SCALE = 1_000_000


def points_by_hand(lines: Sequence[EngineLine], member: MemberContext) -> list[int]:  # noqa: C901, PLR0912 - one function, for speed
    """The points of each line, in the order of the lines."""
    card = _CARD_BP.get(member.card_class, 0) * 100
    level_bp = _LEVEL_BP.get(member.card_class, 300)
    ladder = 10_000 if member.accumulators.get("progressive", 0) >= 3_000_000 else 5_000
    points = [0] * len(lines)
    won: dict[int, list[tuple[int, int, str, int]]] = {}
    totals: dict[int, int] = {}
    for index, line in enumerate(lines):
        product_class = line.product_class
        amount = line.amount_minor
        if product_class == _REGULATED or not amount:
            continue
        best, winner = card, 0
        weight = _BAND_PERCENT.get(line.band)
        if weight is None:
            weight = 200 if product_class == _HIGH_MARGIN else 100
        bonus = level_bp * weight
        if bonus > best:
            best, winner = bonus, 1
        if ladder > best and product_class != _MEDICINE:
            best, winner = ladder, 2
        worth = amount * best
        if winner in won:
            won[winner].append((-worth, -amount, line.product_code, index))
            totals[winner] += worth
        else:
            won[winner] = [(-worth, -amount, line.product_code, index)]
            totals[winner] = worth

    lane = sum(totals.values())
    if not lane:
        return points
    whole = lane // _WORTH_SCALE
    given = {winner: whole * total // lane for winner, total in totals.items()}
    left = whole - sum(given.values())
    if left:
        claims = sorted((-(whole * total % lane), -total, winner) for winner, total in totals.items())
        for _remainder, _total, winner in claims[:left]:
            given[winner] += 1

    for winner, claims_of_lines in won.items():
        amount, total = given[winner], totals[winner]
        left = amount
        remainders = []
        for minus_worth, minus_amount, code, index in claims_of_lines:
            share, remainder = divmod(amount * -minus_worth, total)
            points[index] = share
            left -= share
            remainders.append((-remainder, minus_worth, minus_amount, code, index))
        if left:
            remainders.sort()
            for claim in remainders[:left]:
                points[claim[4]] += 1
    return points
