"""What programmes and rules may still give on this receipt: limits of the receipt, of a day, month, year, for ever, and budgets."""

from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.document import CAP_PERIODS, PRICE_LANE, AnyRule, Caps, Collect
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import EngineInput
from pos_app.model.money import BASIS_POINTS


class Limits:
    """What is left, in units (minor units for discounts), and what each rule with caps has given (a reward: how many times).

    ``has_any``: points are limited for the whole receipt or a longer time.
    """

    __slots__ = ("_engine_input", "_left", "_plan", "has_any", "point_units", "used")

    def __init__(self, plan: Plan, engine_input: EngineInput) -> None:
        self.point_units = 10**engine_input.points_exponent
        self.used: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._engine_input = engine_input
        self._plan = plan
        self.has_any = plan.limits_points

    def of_programmes(self, receipt: Receipt) -> None:
        """Reckon what each programme that has a limit for the receipt may give, now that it is known what is paid."""
        for programme in self._plan.with_limits:
            earning = programme.earning
            if earning.receipt_max_points is not None:
                self._left[programme.id] = earning.receipt_max_points * self.point_units
            if earning.receipt_max_bp is not None:
                worth = sum(receipt.paid_minor) * earning.receipt_max_bp * self.point_units
                most = worth // (BASIS_POINTS * self._plan.scale.point_worth_minor)
                self._left[programme.id] = min(self._left.get(programme.id, most), most)

    def left_units(self, giver: Contender) -> int | None:
        """The most that this giver's purse may still give, or None."""
        if giver.purse == giver.programme_id:
            return self._left.get(giver.purse)
        own = self._own(giver)
        programme_units = self.left_of_programme(giver)
        return own if programme_units is None else min(own, programme_units)

    def left_of_programme(self, giver: Contender) -> int | None:
        """The most points that the giver's programme may still give, or None; other things are not counted by it."""
        return self._left.get(giver.programme_id) if _gives_points(giver) else None

    def _own(self, giver: Contender) -> int:
        """What the rule's own caps leave; reckoned once."""
        if giver.purse not in self._left:
            assert giver.rule.caps is not None, "a purse of its own comes from caps"
            in_units = self.point_units if _gives_points(giver) else 1
            self._left[giver.purse] = _left_of(giver.rule.caps, giver.key, self._engine_input, in_units)
        return self._left[giver.purse]

    def take(self, giver: Contender, units: int) -> None:
        """Note that so many units were given."""
        if not self._left:
            return
        for purse in {giver.purse, giver.programme_id}:
            if purse in self._left and (purse == giver.purse or _gives_points(giver)):
                self._left[purse] -= units

    def note(self, giver: Contender, units: int) -> None:
        """Note what a rule with caps over a time has given: it counts for the member's next receipts."""
        if giver.rule.caps is not None and units:
            self.used[giver.key] = self.used.get(giver.key, 0) + units


def gives_points(rule: AnyRule) -> bool:
    """Whether what a rule gives is points; else it is money off, or units of a pool."""
    return rule.lane != PRICE_LANE and not isinstance(rule, Collect)


def _gives_points(giver: Contender) -> bool:
    return gives_points(giver.rule)


def _left_of(caps: Caps, key: str, engine_input: EngineInput, in_units: int) -> int:
    """The least that any of the caps leaves."""
    member = engine_input.member
    used = {} if member is None else member.used
    left = [] if caps.receipt is None else [caps.receipt * in_units]
    for period in CAP_PERIODS:
        most: int | None = getattr(caps, period)
        if most is not None:
            left.append(most * in_units - used.get(f"{key}:{period}", 0))
    if caps.budget is not None:
        left.append(engine_input.budgets.get(key, 0))
    return max(0, min(left))
