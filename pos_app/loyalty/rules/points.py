"""``points``: so many points for each so much paid by money."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Points, Programme
from pos_app.loyalty.rating import Kind, Rating, Scale, steady
from pos_app.loyalty.rules.goods import full_weight
from pos_app.model.money import BASIS_POINTS


def prepare(_programme: Programme, rule: Points, scale: Scale) -> Kind:
    """A rate that is exact also where it is no whole number of basis points: the scale is made for it.

    One point, worth 0.01, for each 1.00 paid is a rate of 1 %:

    >>> programme = Programme(schema=1, id="points", version=1, name="Points", point_worth_minor=1)
    >>> from pos_app.loyalty.examples import receipt_of
    >>> rule = Points(id="base", points=1, per_minor=100)
    >>> prepare(programme, rule, Scale(factor=100, point_worth_minor=1)).rate(receipt_of([500]), []).rate
    10000
    """
    rate = rule.points * scale.point_worth_minor * BASIS_POINTS * scale.factor // rule.per_minor
    rating = Rating(reasons.POINTS, rate, {"points": rule.points, "per_minor": rule.per_minor})
    return steady(rating, full_weight(rule))
