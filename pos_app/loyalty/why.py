"""Why a receipt gives what it gives: everything that happened, or did not, with its reason; and how much of a reason somebody may see.

What goods cost the shop is for those who may read it. A reason holds no cost, but what a rule weighed by a margin, or which goods a
guard left nothing for, tells the band that the margin is in: ``shown_to`` decides, in this one place, what everybody else sees.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from pos_app.loyalty import reasons
from pos_app.model.evaluation import EngineResult, Reason, ReasonValue
from pos_app.model.identifiers import is_points
from pos_app.model.staff import PERMISSIONS, Permission, Role

MINOR = "minor"
"""The unit of an amount of money."""
POINTS = "points"
"""The unit of an amount of points; that of a pool is its name in the ledger (``shop#stamps``)."""

_OF_MARGIN = frozenset({"weight_percent", "product_class", "band"})
"""Values by which a rule weighed goods: perhaps by their margin, and the reason does not say by what."""
WEIGHTED = "weighted"
"""The value that stands for them where they are not shown."""
_SILENT = frozenset({reasons.WEIGHT_ZERO, reasons.GUARD})
"""Refusals that goods of another margin would not get: everybody else sees that there is nothing to give."""


class Kind(StrEnum):
    """What happened."""

    DISCOUNT = "discount"
    POINTS = "points"
    COLLECTED = "collected"
    TAKEN = "taken"
    """A reward that the member took."""
    BURNED = "burned"
    DONATED = "donated"
    """Money for a cause, from the customer or from the shop."""
    NOTICE = "notice"
    LOCKED = "locked"
    """This customer may not buy the goods."""
    REFUSED = "refused"


class Because(msgspec.Struct, frozen=True):
    """One thing that happened on a line (``line_no`` 0: on the whole receipt), or was refused, and why.

    ``amount`` is in ``unit``: ``minor`` (what a rule took off), ``points``, or a pool's name in the ledger; 0 without a unit where
    nothing is counted. ``text`` is the manager's own: a notice, or what a reward gives in words.
    """

    kind: Kind
    line_no: int
    programme_id: str
    rule_id: str
    reason: Reason
    amount: int = 0
    unit: str = ""
    text: str = ""


def may_read_cost(role: Role) -> bool:
    """Whether somebody of this role may see what goods cost, and what tells it."""
    return Permission.READ_COST in PERMISSIONS[role]


def shown_to(reason: Reason, role: Role) -> Reason:
    """The reason as this role may see it: without what would tell a margin, for those who may not read costs.

    >>> award = Reason("pharmacy", {"rate_bp": 300, "base_minor": 1000, "weight_percent": 200, "band": "C", "lowered_by": "guard"})
    >>> shown_to(award, Role.CASHIER).values
    {'rate_bp': 300, 'base_minor': 1000, 'lowered_by': 'guard', 'weighted': 'goods'}
    >>> shown_to(Reason("weight_zero", {"product_class": "medicine", "band": "C"}), Role.CASHIER)
    Reason(code='nothing_to_give', values={})
    >>> shown_to(award, Role.AUDITOR) == award
    True
    """
    if may_read_cost(role):
        return reason
    if reason.code in _SILENT:
        return Reason(reasons.NOTHING_TO_GIVE, {})
    if "weight_percent" not in reason.values:
        return reason
    values: dict[str, ReasonValue] = {name: value for name, value in reason.values.items() if name not in _OF_MARGIN}
    return Reason(reason.code, {**values, WEIGHTED: "goods"})


def because_of(result: EngineResult, *, role: Role) -> tuple[Because, ...]:
    """Everything that a receipt gave and, where ``explain`` worked it out, refused: by line, what was given first."""
    found = [*_prices(result), *_points(result), *_pools(result), *_donated(result), *_told(result), *_refused(result)]
    seen = [msgspec.structs.replace(one, reason=shown_to(one.reason, role)) for one in found]
    return tuple(sorted(seen, key=lambda one: one.line_no))


def _prices(result: EngineResult) -> Iterator[Because]:
    for one in result.discounts:
        yield Because(
            Kind.DISCOUNT, one.line_no, one.programme_id, one.rule_id, one.reason, amount=one.amount_minor, unit=MINOR
        )


def _points(result: EngineResult) -> Iterator[Because]:
    for share in result.burn_shares:
        values: dict[str, ReasonValue] = {"burned_units": share.units, "worth_minor": share.worth_minor}
        reason = Reason(reasons.PAID_WITH_POINTS, values)
        yield Because(Kind.BURNED, share.line_no, "", "", reason, amount=share.units, unit=POINTS)
    for one in result.awards:
        yield Because(
            Kind.POINTS, one.line_no, one.programme_id, one.rule_id, one.reason, amount=one.units, unit=POINTS
        )


def _donated(result: EngineResult) -> Iterator[Because]:
    for one in result.donated:
        reason = Reason(reasons.DONATED, {"cause": one.cause})
        yield Because(Kind.DONATED, one.line_no, one.programme_id, "", reason, amount=one.amount_minor, unit=MINOR)


def _pools(result: EngineResult) -> Iterator[Because]:
    for one in result.collected:
        yield Because(
            Kind.COLLECTED, one.line_no, one.programme_id, one.rule_id, one.reason, amount=one.units, unit=one.unit
        )
    for taken in result.taken:
        yield Because(
            Kind.TAKEN,
            0,
            taken.programme_id,
            taken.rule_id,
            taken.reason,
            amount=taken.units,
            unit=POINTS if is_points(taken.unit) else taken.unit,
            text=taken.gives,
        )


def _told(result: EngineResult) -> Iterator[Because]:
    for notice in result.notices:
        reason = Reason(reasons.NOTICE, {})
        yield Because(Kind.NOTICE, 0, notice.programme_id, notice.rule_id, reason, text=notice.text)
    for lock in result.locks:
        yield Because(Kind.LOCKED, lock.line_no, lock.programme_id, lock.rule_id, lock.reason)


def _refused(result: EngineResult) -> Iterator[Because]:
    for one in result.refusals:
        yield Because(Kind.REFUSED, one.line_no, one.programme_id, one.rule_id, one.reason)
