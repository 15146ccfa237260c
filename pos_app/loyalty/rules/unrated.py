"""Kinds of rules that give no points and no discount by themselves: what they do is said where they are used."""

from pos_app.loyalty.document import AnyRule, Programme
from pos_app.loyalty.rating import Kind, Rating, Scale, steady
from pos_app.loyalty.rules.goods import full_weight


def prepare(_programme: Programme, rule: AnyRule, _scale: Scale) -> Kind:
    """Which goods the rule means; it rates nothing."""
    rating = Rating(str(rule.__struct_config__.tag), 1, {})
    return steady(rating, full_weight(rule))
