"""Exclusive groups: of the rules that name one group, the one that gives the most on the whole receipt applies alone."""

from collections.abc import Iterable

from pos_app.loyalty.lanes import offers_of
from pos_app.loyalty.plan import Contender, Lane
from pos_app.loyalty.rating import Receipt


def beaten_in_groups(lanes: Iterable[Lane], receipt: Receipt) -> frozenset[str]:
    """The rules that another one of their group beats; where two are worth the same the first one stays."""
    groups: dict[str, list[Contender]] = {}
    for lane in lanes:
        for contender in lane.contenders:
            if contender.rule.group is not None:
                groups.setdefault(contender.rule.group, []).append(contender)
    beaten: set[str] = set()
    for members in groups.values():
        totals = [_total(contender, receipt) for contender in members]
        best = totals.index(max(totals))
        beaten |= {contender.key for number, contender in enumerate(members) if number != best}
    return frozenset(beaten)


def _total(contender: Contender, receipt: Receipt) -> int:
    rating = contender.rating(receipt)
    return sum(offers_of(contender, rating, receipt)) if rating.rate else 0
