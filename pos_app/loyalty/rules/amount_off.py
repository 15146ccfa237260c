"""``amount-off``: so much off the sum of some goods."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import AmountOff, Programme
from pos_app.loyalty.rating import Kind, Rating, Receipt, Scale, steady
from pos_app.loyalty.rules.goods import full_weight
from pos_app.model.money import share_out


def prepare(_programme: Programme, rule: AmountOff, scale: Scale) -> Kind:
    """The amount, but no more than the goods cost, shared out to them by their prices.

    >>> from pos_app.loyalty.examples import receipt_of
    >>> programme = Programme(schema=1, id="coupon", version=1, name="Coupon", point_worth_minor=1)
    >>> scale = Scale(factor=1, point_worth_minor=1)
    >>> kind = prepare(programme, AmountOff(id="five", off_minor=500), scale)
    >>> [worth // scale.minor_worth for worth in kind.offers(receipt_of([300, 1200]), [100, 100])]
    [100, 400]
    """
    rating = Rating(reasons.AMOUNT_OFF, 1, {"off_minor": rule.off_minor})

    def offers(receipt: Receipt, weights: list[int]) -> list[int]:
        prices = [line.amount_minor if weight else 0 for line, weight in zip(receipt.lines, weights, strict=True)]
        shares = share_out(min(rule.off_minor, sum(prices)), prices, receipt.tie_keys())
        return [share * scale.minor_worth for share in shares]

    return steady(rating, full_weight(rule), offers)
