"""``progressive``: the rate grows with what is bought, on this receipt or on the card over a period."""

from bisect import bisect_right
from itertools import compress

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Programme, Progressive, Step
from pos_app.loyalty.rating import Kind, Progress, Rating, Receipt, Scale
from pos_app.loyalty.rules.goods import full_weight
from pos_app.model.evaluation import NextStep

THIS_MONTH = ":this_month"
"""Where a programme goes by the month before, the accumulator of this name says what has been counted this month."""


def prepare(programme: Programme, rule: Progressive, scale: Scale) -> Kind:
    """The rate of the step that the sum has reached: this receipt's sum, or the accumulated sum before this receipt.

    Goods that are not meant neither earn nor count. An accumulated sum moves up after the receipt, and with it the class.

    >>> from pos_app.loyalty.examples import receipt_of
    >>> programme = Programme(schema=1, id="ladder", version=1, name="Ladder", point_worth_minor=1)
    >>> steps = (Step(from_minor=0, rate_bp=50), Step(from_minor=3_000_000, rate_bp=100))
    >>> rule = Progressive(id="sum", on="accumulated", period="for_ever", steps=steps)
    >>> kind = prepare(programme, rule, Scale(factor=1, point_worth_minor=1))
    >>> rating = kind.rate(receipt_of([2000], accumulators={"ladder": 2_999_000}), [100])
    >>> rating.rate, rating.progress.counted_minor, rating.progress.next_step
    (50, 2000, None)
    """
    by_receipt = rule.on == "receipt"
    ladder = _Ladder(programme, rule, scale)

    def rate(receipt: Receipt, weights: list[int]) -> Rating:
        counted_minor = sum(compress(receipt.base_minor(programme), weights))
        if by_receipt:
            return ladder.rating(reasons.PROGRESSIVE_RECEIPT, counted_minor, counted_minor, counted_minor=0)
        sums = {} if receipt.member is None else receipt.member.accumulators
        sum_minor = sums.get(programme.id, 0)
        grows_from_minor = sums.get(programme.id + THIS_MONTH, 0) if rule.period == "previous_month" else sum_minor
        after_minor = grows_from_minor + counted_minor
        return ladder.rating(reasons.PROGRESSIVE_ACCUMULATED, sum_minor, after_minor, counted_minor=counted_minor)

    return Kind(rate, full_weight(rule), by_goods=True)


class _Ladder:
    """The steps of a rule, ready to be looked up."""

    def __init__(self, programme: Programme, rule: Progressive, scale: Scale) -> None:
        self._programme_id = programme.id
        self._on = "next_month" if rule.period == "previous_month" else rule.on
        self._steps = rule.steps
        self._starts = [step.from_minor for step in rule.steps]
        self._rates = [scale.rate_bp(step.rate_bp) for step in rule.steps]
        self._classes = _classes_reached(rule.steps)

    def rating(self, code: str, sum_minor: int, after_minor: int, *, counted_minor: int) -> Rating:
        """The rate of the step that ``sum_minor`` has reached, and the progress to ``after_minor``.

        A sum that returns have made negative stands on the first step.
        """
        reached = max(0, bisect_right(self._starts, sum_minor) - 1)
        after = bisect_right(self._starts, after_minor)
        step = self._steps[reached]
        return Rating(
            code,
            self._rates[reached],
            {"rate_bp": step.rate_bp, "sum_minor": sum_minor, "from_minor": step.from_minor},
            Progress(counted_minor, self._classes[after], self._next_step(after, after_minor)),
        )

    def _next_step(self, number: int, sum_minor: int) -> NextStep | None:
        if number == len(self._steps):
            return None
        step = self._steps[number]
        missing_minor = step.from_minor - sum_minor
        return NextStep(self._programme_id, self._on, missing_minor, step.rate_bp, step.card_class)


def _classes_reached(steps: tuple[Step, ...]) -> list[str]:
    """The class of the highest step that names one, by how many steps are reached."""
    reached = [""]
    for step in steps:
        reached.append(step.card_class or reached[-1])
    return reached
