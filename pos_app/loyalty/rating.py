"""What a rule sees of a receipt, and what it says about it."""

from collections.abc import Callable
from functools import cached_property
from math import lcm

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.document import AnyRule, Goods, Points, Programme
from pos_app.loyalty.goods_kinds import GoodsKind
from pos_app.model.evaluation import EngineInput, EngineLine, MemberContext, NextStep, Reason, ReasonValue
from pos_app.model.money import BASIS_POINTS, tax_included_minor

FULL_WEIGHT_PERCENT = 100


class Scale(msgspec.Struct, frozen=True, dict=True):
    """How worth is counted, exactly and in whole numbers: paid minor units x rate x weight in percent.

    ``factor`` makes every rate of the plan whole: a rate of r basis points counts r x ``factor``. ``unit_worth`` is the worth of
    one whole point. ``minor_worth`` is that of one minor unit.
    """

    factor: int
    point_worth_minor: int

    @cached_property
    def minor_worth(self) -> int:
        """The worth of one minor unit."""
        return BASIS_POINTS * FULL_WEIGHT_PERCENT * self.factor

    @cached_property
    def point_worth(self) -> int:
        """The worth of one whole point."""
        return self.point_worth_minor * self.minor_worth

    def rate_bp(self, rate_bp: int) -> int:
        """A rate in basis points, scaled."""
        return rate_bp * self.factor


def scale_for(rules: list[AnyRule], *, point_worth_minor: int) -> Scale:
    """A scale on which the rates of all these rules are whole, and a hundredth of each worth too.

    >>> scale_for([Points(id="third", points=1, per_minor=300)], point_worth_minor=1).factor
    300
    """
    parts = [rule.per_minor for rule in rules if isinstance(rule, Points)]
    return Scale(factor=lcm(FULL_WEIGHT_PERCENT, *parts), point_worth_minor=point_worth_minor)


class Receipt:
    """A receipt as rules see it: its lines without regulated goods, the kinds of their goods, and what each is worth to the shop.

    The lines have their prices before this receipt's discounts, and then after them; ``paid_minor`` is what is paid by money, once
    that is known, and ``net_minor`` that without tax, where it is not to be reckoned from it. ``member`` is None without a card, and
    ``card_class`` is empty then, as for a card of no class.
    """

    __slots__ = ("_net_minor", "card_class", "engine_input", "goods", "lines", "member", "paid_minor")

    def __init__(
        self,
        engine_input: EngineInput,
        lines: list[EngineLine],
        goods: list[GoodsKind],
        paid_minor: list[int],
        net_minor: list[int] | None = None,
    ) -> None:
        self.engine_input = engine_input
        self.lines = lines
        self.goods = goods
        self.paid_minor = paid_minor
        self.member: MemberContext | None = engine_input.member
        self.card_class = "" if engine_input.member is None else engine_input.member.card_class
        self._net_minor = net_minor

    def base_minor(self, programme: Programme) -> list[int]:
        """What each line earns on by this programme: what is paid by money, with its tax or without."""
        if programme.earning.base == "gross":
            return self.paid_minor
        if self._net_minor is None:
            self._net_minor = [
                paid - tax_included_minor(amount_minor=paid, rate_bp=line.tax_rate_bp)
                for paid, line in zip(self.paid_minor, self.lines, strict=True)
            ]
        return self._net_minor

    def tie_keys(self) -> list[tuple[int, str]]:
        """By what equal shares are told apart: the dearer line first, then the product's code."""
        return [(-line.amount_minor, line.product_code) for line in self.lines]


class Progress(msgspec.Struct, frozen=True, gc=False):
    """How far a progressive rule has brought the member: what this receipt counts, the class reached, and the next step."""

    counted_minor: int = 0
    class_reached: str = ""
    next_step: NextStep | None = None


class Rating(msgspec.Struct, frozen=True, gc=False):
    """What a rule gives for a receipt: a scaled rate, 0 for nothing.

    ``code`` and ``values`` go into the reason of every award, ``values`` without cost and without anything personal.
    """

    code: str
    rate: int
    values: dict[str, ReasonValue]
    progress: Progress | None = None


NOTHING = Rating("", 0, {})

RateFunction = Callable[[Receipt, list[int]], Rating]
"""What a rule says of a receipt, given the lines' weights (none but for a ``Kind`` that goes ``by_goods``)."""
WeightFunction = Callable[[EngineLine], int]
OffersFunction = Callable[[Receipt, list[int]], list[int]]
"""What a rule offers each line, given the lines' weights: exact worth, on the plan's scale."""


class Kind(msgspec.Struct, frozen=True):
    """A rule made ready: what it says of a receipt, how much the goods of a line weigh (0: not meant), and what it offers.

    Without ``offers`` it offers what is paid times its rate times the weight. ``always``: what it says of every receipt, None where
    it must be asked.
    """

    rate: RateFunction
    weight: WeightFunction
    offers: OffersFunction | None = None
    by_goods: bool = False
    always: Rating | None = None


def steady(rating: Rating, weight: WeightFunction, offers: OffersFunction | None = None) -> Kind:
    """A rule that says the same of every receipt."""
    return Kind(lambda *_: rating, weight, offers, always=rating)


Check = Callable[[EngineInput], Reason | None]
"""A condition: None where it holds, else why it does not."""
MemberCheck = Callable[[MemberContext, EngineInput], Reason | None]


def rule_key(programme: Programme, rule: AnyRule) -> str:
    """The name of a rule among all programmes."""
    return f"{programme.id}/{rule.id}"


def is_meant(goods: Goods, line: EngineLine) -> bool:
    """Whether this section of a programme is about the goods of a line."""
    return not is_excluded(goods, line) and (not has_only(goods) or is_named(goods, line))


def is_excluded(goods: Goods, line: EngineLine) -> bool:
    """Whether this section excludes the goods of a line."""
    return (
        line.product_class in goods.exclude_product_classes
        or line.category in goods.exclude_categories
        or line.department in goods.exclude_departments
        or line.product_code in goods.exclude_products
    )


def has_only(goods: Goods) -> bool:
    """Whether this section is about some goods only."""
    return bool(goods.only_product_classes or goods.only_departments or goods.only_categories or goods.only_products)


def is_named(goods: Goods, line: EngineLine) -> bool:
    """Whether this section names the goods of a line."""
    return (
        line.product_class in goods.only_product_classes
        or line.category in goods.only_categories
        or line.department in goods.only_departments
        or line.product_code in goods.only_products
    )


def why_not_meant(goods: Goods, line: EngineLine) -> Reason:
    """Why a section is not about the goods of a line."""
    if not is_excluded(goods, line):
        return Reason(reasons.NOT_NAMED, {})
    if line.product_class in goods.exclude_product_classes:
        values: dict[str, ReasonValue] = {"excluded_by": "product class", "excluded": line.product_class.value}
    elif line.category in goods.exclude_categories:
        values = {"excluded_by": "category", "excluded": line.category}
    elif line.department in goods.exclude_departments:
        values = {"excluded_by": "department", "excluded": line.department}
    else:
        values = {"excluded_by": "product", "excluded": line.product_code}
    return Reason(reasons.EXCLUDED, values)
