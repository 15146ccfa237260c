"""``member-price`` and ``fixed-price``: another price for some goods, where it is less."""

from collections.abc import Callable

from pos_app.loyalty import reasons
from pos_app.loyalty.document import FixedPrice, MemberPrice, Programme
from pos_app.loyalty.rating import Kind, OffersFunction, Rating, Receipt, Scale, steady
from pos_app.loyalty.rules.goods import full_weight
from pos_app.model.evaluation import EngineLine
from pos_app.model.money import line_amount_minor


def prepare(_programme: Programme, rule: MemberPrice, scale: Scale) -> Kind:
    """The difference to the second price that the catalogue holds; nothing where it holds none."""
    rating = Rating(reasons.MEMBER_PRICE, 1, {})
    return steady(rating, full_weight(rule), _down_to(lambda line: line.member_minor, scale))


def prepare_fixed(_programme: Programme, rule: FixedPrice, scale: Scale) -> Kind:
    """The difference to the price that the rule names.

    >>> from pos_app.loyalty.examples import receipt_of
    >>> programme = Programme(schema=1, id="offer", version=1, name="Offer", point_worth_minor=1)
    >>> scale = Scale(factor=1, point_worth_minor=1)
    >>> kind = prepare_fixed(programme, FixedPrice(id="tea", price_minor=199), scale)
    >>> [worth // scale.minor_worth for worth in kind.offers(receipt_of([250, 150]), [100, 100])]
    [51, 0]
    """
    rating = Rating(reasons.FIXED_PRICE, 1, {"price_minor": rule.price_minor})

    def price(line: EngineLine) -> int:
        return line_amount_minor(unit_price_minor=rule.price_minor, quantity_milli=line.quantity_milli)

    return steady(rating, full_weight(rule), _down_to(price, scale))


def _down_to(price: Callable[[EngineLine], int | None], scale: Scale) -> OffersFunction:
    def offers(receipt: Receipt, weights: list[int]) -> list[int]:
        lowered = []
        for line, weight in zip(receipt.lines, weights, strict=True):
            price_minor = price(line) if weight else None
            lowered.append(0 if price_minor is None else max(0, line.amount_minor - price_minor) * scale.minor_worth)
        return lowered

    return offers
