"""``progressive``: the rate grows with what is bought, on this receipt or on the card over a period."""

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Programme, Progressive, Step
from pos_app.loyalty.rating import Progress, Rating, Receipt, full_weights
from pos_app.model.evaluation import NextStep


def rate(programme: Programme, rule: Progressive, receipt: Receipt) -> Rating:
    """The rate of the step that the sum has reached: this receipt's sum, or the accumulated sum before this receipt.

    Excluded goods neither earn nor count. An accumulated sum moves up after the receipt, and with it the class.

    >>> from pos_app.model.evaluation import EngineLine, MemberContext
    >>> from pos_app.model.products import ProductClass
    >>> programme = Programme(schema=1, id="ladder", version=1, name="Ladder", point_worth_minor=1)
    >>> steps = (Step(from_minor=0, rate_bp=50), Step(from_minor=3_000_000, rate_bp=100))
    >>> rule = Progressive(id="sum", on="accumulated", period="for_ever", steps=steps)
    >>> tea = EngineLine(1, "tea", ProductClass.GENERAL, "", "FOOD", "TEA", 1000, 2000)
    >>> member = MemberContext("a-1", "", accumulators={"ladder": 2_999_000}, receipts_before=4, spendable_units=0)
    >>> rating = rate(programme, rule, Receipt(lines=[tea], paid_minor=[2000], member=member))
    >>> rating.rate_bp, rating.progress.counted_minor, rating.progress.next_step
    (50, 2000, None)
    """
    weights_percent = full_weights(rule, receipt.lines)
    counted_minor = sum(paid for paid, weight in zip(receipt.paid_minor, weights_percent, strict=True) if weight)
    if rule.on == "receipt":
        sum_minor = after_minor = counted_minor
        code, counted_minor = reasons.PROGRESSIVE_RECEIPT, 0
    else:
        sum_minor = receipt.member.accumulators.get(programme.id, 0)
        after_minor = sum_minor + counted_minor
        code = reasons.PROGRESSIVE_ACCUMULATED
    step = _reached(rule, sum_minor)
    return Rating(
        code=code,
        rate_bp=step.rate_bp,
        weights_percent=weights_percent,
        values={"sum_minor": sum_minor, "from_minor": step.from_minor},
        progress=Progress(
            counted_minor=counted_minor,
            class_reached=_class_reached(rule, after_minor),
            next_step=_next_step(programme, rule, after_minor),
        ),
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
