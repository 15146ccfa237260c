"""``bonus``: so many points for a receipt with some goods, or for each piece of them."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Bonus, Programme
from pos_app.loyalty.rating import Kind, Rating, Receipt, Scale, steady
from pos_app.loyalty.rules.goods import full_weight
from pos_app.model.money import MILLI, share_out


def prepare(programme: Programme, rule: Bonus, scale: Scale) -> Kind:
    """The points of the receipt are shared out to the goods by what is paid for them.

    >>> from pos_app.loyalty.examples import receipt_of
    >>> programme = Programme(schema=1, id="extra", version=1, name="Extra", point_worth_minor=1)
    >>> scale = Scale(factor=1, point_worth_minor=1)
    >>> kind = prepare(programme, Bonus(id="welcome", points=30), scale)
    >>> [worth // scale.point_worth for worth in kind.offers(receipt_of([1000, 2000]), [100, 100])]
    [10, 20]
    """
    worth = rule.points * scale.point_worth
    rating = Rating(reasons.BONUS, 1, {"points": rule.points})

    def for_the_receipt(receipt: Receipt, weights: list[int]) -> list[int]:
        paid = [minor if weight else 0 for minor, weight in zip(receipt.base_minor(programme), weights, strict=True)]
        return share_out(worth if any(paid) else 0, paid, receipt.tie_keys())

    def for_each_piece(receipt: Receipt, weights: list[int]) -> list[int]:
        paid = zip(receipt.lines, receipt.base_minor(programme), weights, strict=True)
        return [worth * (line.quantity_milli // MILLI) if minor and weight else 0 for line, minor, weight in paid]

    return steady(rating, full_weight(rule), for_each_piece if rule.per == "piece" else for_the_receipt)
