"""A rule that takes part in what a plan gives, ready to be asked."""

from collections.abc import Callable
from typing import Any

from pos_app.loyalty import reasons
from pos_app.loyalty.conditions import member_checks, receipt_checks
from pos_app.loyalty.document import (
    PRICE_LANE,
    Access,
    Act,
    AmountOff,
    AnyRule,
    Bonus,
    Collect,
    FixedCard,
    FixedPrice,
    MemberPrice,
    Multiply,
    Notice,
    Percent,
    Pharmacy,
    Points,
    Programme,
    Progressive,
    Reward,
)
from pos_app.loyalty.goods_kinds import ByGoods
from pos_app.loyalty.rating import (
    FULL_WEIGHT_PERCENT,
    NOTHING,
    Kind,
    Rating,
    Receipt,
    Scale,
    is_meant,
    rule_key,
    why_not_meant,
)
from pos_app.loyalty.rules import (
    amount_off,
    bonus,
    fixed_card,
    member_price,
    multiply,
    percent,
    pharmacy,
    points,
    progressive,
    unrated,
)
from pos_app.model.evaluation import EngineLine, Reason, ReasonValue

_KINDS: dict[type[AnyRule], Callable[[Programme, Any, Scale], Kind]] = {
    Access: unrated.prepare,
    Act: unrated.prepare,
    AmountOff: amount_off.prepare,
    Bonus: bonus.prepare,
    Collect: unrated.prepare,
    FixedCard: fixed_card.prepare,
    FixedPrice: member_price.prepare_fixed,
    MemberPrice: member_price.prepare,
    Multiply: multiply.prepare,
    Notice: unrated.prepare,
    Percent: percent.prepare,
    Pharmacy: pharmacy.prepare,
    Points: points.prepare,
    Progressive: progressive.prepare,
    Reward: unrated.prepare,
}
_NO_MEMBER = Reason(reasons.NO_MEMBER, {})
_NO_WEIGHTS: list[int] = []


class Contender:
    """A rule that takes part in a lane, ready to be asked.

    ``always``: what it says of every member's receipt, None where it must be asked. ``weight_of`` goods by this rule, ``weighing_of``
    them: what an award says of it, and ``unfit_of`` them: why it gives them nothing, None where it may. ``beating``: the reason of those
    that it beats. ``is_proportional``: what it offers grows with what is paid, for goods of one kind alike.
    """

    __slots__ = (
        "_is_conditional",
        "always",
        "beating",
        "chooses",
        "is_proportional",
        "key",
        "kind",
        "line_max",
        "member_checks",
        "programme",
        "programme_id",
        "purse",
        "receipt_checks",
        "rule",
        "rule_id",
        "unfit_of",
        "weighing_of",
        "weight_of",
    )

    def __init__(self, programme: Programme, rule: AnyRule, scale: Scale) -> None:
        self.programme = programme
        self.programme_id = programme.id
        self.rule = rule
        self.rule_id = rule.id
        self.key = rule_key(programme, rule)
        self.kind = _KINDS[type(rule)](programme, rule, scale)
        self.line_max = _line_max(programme, rule, scale)
        self.purse = self.key if has_limits(rule) else programme.id
        self.receipt_checks = receipt_checks(programme, rule)
        self.member_checks = member_checks(programme, rule)
        self._is_conditional = bool(self.receipt_checks or self.member_checks)
        self.always = None if self._is_conditional else self.kind.always
        self.chooses = rule.when is not None and rule.when.chosen is not None
        self.is_proportional = self.kind.offers is None and self.line_max is None and not self.chooses
        self.weight_of = ByGoods(self.kind.weight)
        self.weighing_of = ByGoods(self._weighing)
        self.unfit_of = ByGoods(self._unfit)
        self.beating = Reason(reasons.BEATEN, {"by_programme": programme.id, "by_rule": rule.id})

    def unmet(self, receipt: Receipt) -> Reason | None:
        """The first condition that does not hold, or None."""
        for check in self.receipt_checks:
            if reason := check(receipt.engine_input):
                return reason
        if receipt.member is None:
            return None if self.rule.anyone and not self.member_checks else _NO_MEMBER
        for member_check in self.member_checks:
            if reason := member_check(receipt.member, receipt.engine_input):
                return reason
        return None

    def rating(self, receipt: Receipt) -> Rating:
        """What the rule says of the receipt; nothing where a condition does not hold."""
        if (self._is_conditional or receipt.member is None) and self.unmet(receipt):
            return NOTHING
        kind = self.kind
        return kind.rate(receipt, self.weights(receipt) if kind.by_goods else _NO_WEIGHTS)

    def weights(self, receipt: Receipt) -> list[int]:
        """The weight of every line."""
        weight_of = self.weight_of
        weights = [weight_of[kind] for kind in receipt.goods]
        if self.chooses and receipt.member is not None:
            chosen = receipt.member.chosen.get(self.key, ())
            return [
                weight if line.product_code in chosen else 0
                for weight, line in zip(weights, receipt.lines, strict=True)
            ]
        return weights

    def _weighing(self, line: EngineLine) -> dict[str, ReasonValue]:
        """How goods are weighed, where their weight makes the points and is not the full one."""
        weight = self.kind.weight(line)
        if weight == FULL_WEIGHT_PERCENT or self.kind.offers is not None or isinstance(self.rule, Multiply):
            return {}
        return {"weight_percent": weight, "product_class": line.product_class.value, "band": line.band}

    def _unfit(self, line: EngineLine) -> Reason | None:
        if not is_meant(self.rule, line):
            return why_not_meant(self.rule, line)
        if not self.kind.weight(line):
            return Reason(reasons.WEIGHT_ZERO, {"product_class": line.product_class.value, "band": line.band})
        return None


def has_limits(rule: AnyRule) -> bool:
    """Whether what a rule gives on a receipt is limited by caps of its own."""
    caps = rule.caps
    return caps is not None and any(
        most is not None for most in (caps.receipt, caps.day, caps.month, caps.year, caps.ever, caps.budget)
    )


def _line_max(programme: Programme, rule: AnyRule, scale: Scale) -> int | None:
    """The most worth that the rule gives one line, or None."""
    if rule.lane == PRICE_LANE:
        return None if rule.caps is None or rule.caps.line is None else rule.caps.line * scale.minor_worth
    limits = [programme.earning.line_max_points, None if rule.caps is None else rule.caps.line]
    points = [most for most in limits if most is not None]
    return min(points) * scale.point_worth if points else None
