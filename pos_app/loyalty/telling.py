"""What a receipt tells the cashier beside points: what to say to this member, and what this customer may not buy."""

from collections.abc import Iterator

from pos_app.loyalty import reasons
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.document import Notice as NoticeRule
from pos_app.loyalty.plan import Plan
from pos_app.loyalty.rating import Receipt, has_only
from pos_app.model.evaluation import Lock, Notice, Reason, Refusal


def notices_of(plan: Plan, receipt: Receipt) -> tuple[Notice, ...]:
    """The sentences of every notice whose conditions hold, and some of whose goods are here where it names some."""
    return tuple(
        Notice(contender.programme.id, contender.rule.id, contender.rule.text)
        for contender in plan.notices
        if isinstance(contender.rule, NoticeRule) and contender.unmet(receipt) is None and _concerns(contender, receipt)
    )


def _concerns(contender: Contender, receipt: Receipt) -> bool:
    return not has_only(contender.rule) or any(contender.weights(receipt))


def locks_of(plan: Plan, receipt: Receipt) -> tuple[Lock, ...]:
    """The lines that are for others: goods that access rules name, and none of those lets this customer buy."""
    locks = []
    for index, (line, goods) in enumerate(zip(receipt.lines, receipt.goods, strict=True)):
        naming = [contender for contender in plan.accesses if contender.weight_of[goods]]
        unmet = [_barrier(contender, index, receipt) for contender in naming]
        if naming and (reason := unmet[0]) and None not in unmet:
            first = naming[0]
            locks.append(Lock(line.line_no, first.programme.id, first.rule.id, reason))
    return tuple(locks)


def _barrier(contender: Contender, index: int, receipt: Receipt) -> Reason | None:
    """Why an access rule that names a line does not let this customer buy it, or None."""
    if reason := contender.unmet(receipt):
        return reason
    return None if contender.weights(receipt)[index] else Reason(reasons.WHEN_CHOSEN, {})


def silent(plan: Plan, receipt: Receipt) -> Iterator[Refusal]:
    """The notices that are not said, and the access rules that do not let this customer buy a line, but for what locks it."""
    for contender in plan.notices:
        reason = contender.unmet(receipt)
        if reason is None and not _concerns(contender, receipt):
            reason = Reason(reasons.NOT_NAMED, {})
        if reason is not None:
            yield Refusal(0, contender.programme.id, contender.rule.id, reason)
    locked = {(one.line_no, one.programme_id, one.rule_id) for one in locks_of(plan, receipt)}
    for index, (line, goods) in enumerate(zip(receipt.lines, receipt.goods, strict=True)):
        for contender in plan.accesses:
            name = (line.line_no, contender.programme.id, contender.rule.id)
            if name not in locked and contender.weight_of[goods] and (barrier := _barrier(contender, index, receipt)):
                yield Refusal(*name, barrier)
