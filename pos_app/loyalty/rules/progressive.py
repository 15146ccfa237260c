"""``progressive``: the rate grows with what is bought, on this receipt or on the card over a period."""

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

    def rate(receipt: Receipt, weights: list[int]) -> Rating:
        paid = zip(receipt.base_minor(programme), weights, strict=True)
        counted_minor = sum([minor for minor, weight in paid if weight])
        return _on_receipt(counted_minor) if by_receipt else _accumulated(receipt, counted_minor)

    def _on_receipt(sum_minor: int) -> Rating:
        return _rated(reasons.PROGRESSIVE_RECEIPT, sum_minor, sum_minor, Progress(), rule, programme, scale)

    def _accumulated(receipt: Receipt, counted_minor: int) -> Rating:
        sums = {} if receipt.member is None else receipt.member.accumulators
        sum_minor = sums.get(programme.id, 0)
        grows_from_minor = sums.get(programme.id + THIS_MONTH, 0) if rule.period == "previous_month" else sum_minor
        after_minor = grows_from_minor + counted_minor
        progress = Progress(counted_minor, _class_reached(rule, after_minor))
        return _rated(reasons.PROGRESSIVE_ACCUMULATED, sum_minor, after_minor, progress, rule, programme, scale)

    return Kind(rate, full_weight(rule), by_goods=True)


def _rated(
    code: str,
    sum_minor: int,
    after_minor: int,
    progress: Progress,
    rule: Progressive,
    programme: Programme,
    scale: Scale,
) -> Rating:
    step = _reached(rule, sum_minor)
    return Rating(
        code,
        scale.rate_bp(step.rate_bp),
        {"rate_bp": step.rate_bp, "sum_minor": sum_minor, "from_minor": step.from_minor},
        Progress(progress.counted_minor, progress.class_reached, _next_step(programme, rule, after_minor)),
    )


def _reached(rule: Progressive, sum_minor: int) -> Step:
    """The highest step that a sum has reached; a sum that returns have made negative stands on the first."""
    reached = rule.steps[0]
    for step in rule.steps:
        if step.from_minor <= sum_minor:
            reached = step
    return reached


def _class_reached(rule: Progressive, sum_minor: int) -> str:
    """The class of the highest reached step that names one."""
    reached = ""
    for step in rule.steps:
        if step.from_minor <= sum_minor and step.card_class:
            reached = step.card_class
    return reached


def _next_step(programme: Programme, rule: Progressive, sum_minor: int) -> NextStep | None:
    for step in rule.steps:
        if step.from_minor > sum_minor:
            return NextStep(
                programme_id=programme.id,
                on=rule.on,
                missing_minor=step.from_minor - sum_minor,
                rate_bp=step.rate_bp,
                card_class=step.card_class,
            )
    return None
