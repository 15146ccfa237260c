"""``multiply``: raises what the rules of its lane give, for everybody or by the member's tier."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Multiply, Programme
from pos_app.loyalty.rating import FULL_WEIGHT_PERCENT, Kind, Rating, Receipt, Scale
from pos_app.loyalty.rules.goods import full_weight


def prepare(programme: Programme, rule: Multiply, _scale: Scale) -> Kind:
    """The rate is what comes on top, in percent: 100 for double.

    >>> from pos_app.loyalty.examples import receipt_of
    >>> programme = Programme(schema=1, id="happy", version=1, name="Happy", point_worth_minor=1)
    >>> rule = Multiply(id="double", percent=200)
    >>> prepare(programme, rule, Scale(factor=100, point_worth_minor=1)).rate(receipt_of([500]), []).rate
    100
    """

    def rate(receipt: Receipt, _: list[int]) -> Rating:
        tier = "" if receipt.member is None else receipt.member.tiers.get(programme.id, "")
        percent = rule.tier_percent.get(tier, rule.percent)
        values: dict[str, int | str] = {"multiplied_percent": percent}
        return Rating(reasons.MULTIPLY, percent - FULL_WEIGHT_PERCENT, values | ({"tier": tier} if tier else {}))

    return Kind(rate, full_weight(rule))
