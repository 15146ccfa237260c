"""``percent``: one rate for some goods: a discount, or points."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Percent, Programme
from pos_app.loyalty.rating import Kind, Rating, Scale, steady
from pos_app.loyalty.rules.goods import full_weight


def prepare(_programme: Programme, rule: Percent, scale: Scale) -> Kind:
    """The same rate for everybody.

    >>> programme = Programme(schema=1, id="sale", version=1, name="Sale", point_worth_minor=1)
    >>> from pos_app.loyalty.examples import receipt_of
    >>> prepare(programme, Percent(id="all", rate_bp=1000), Scale(factor=1, point_worth_minor=1)).rate(receipt_of([500]), []).rate
    1000
    """
    rating = Rating(reasons.PERCENT, scale.rate_bp(rule.rate_bp), {"rate_bp": rule.rate_bp})
    return steady(rating, full_weight(rule))
