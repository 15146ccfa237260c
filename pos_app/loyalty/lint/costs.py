"""What rules may cost, beside the margin, and what members cannot use."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction

from pos_app.loyalty.document import Guard, Pending, Pharmacy, Programme, Reward
from pos_app.loyalty.document.values import POINTS_POOL, PendingChoice
from pos_app.loyalty.lint import finding as codes
from pos_app.loyalty.lint.finding import Finding, Ruled
from pos_app.loyalty.lint.goods import excluded, only
from pos_app.loyalty.lint.never import collects
from pos_app.loyalty.lint.scope import conditions
from pos_app.loyalty.lint.times import days_of, span_of
from pos_app.loyalty.lint.worth import most, share_in_band
from pos_app.model.money import BASIS_POINTS

_PERCENT = 100
_DAY_HOURS = 24


def over_margin(everyone: Sequence[Ruled], guards: Sequence[Guard], bands_percent: Sequence[int]) -> Iterator[Finding]:
    """Rules that cost more than the margin, or that the guard always lowers. ``bands_percent``: the published bands' lower ends."""
    if guards:
        yield from _lowered(everyone, guards, max(bands_percent))
        return
    found = [one for ruled in everyone for one in _unguarded(ruled, bands_percent)]
    yield from found or _together(everyone, bands_percent)


def _unguarded(ruled: Ruled, bands_percent: Sequence[int]) -> Iterator[Finding]:
    share = most(ruled)
    if share is None:
        return
    shares = [_in_band(ruled, share, floor) for floor in bands_percent]
    lost = _lost(shares, bands_percent)
    if lost is not None:
        yield ruled.finding(codes.COST_MARGIN, rate_bp=_bp(max(shares)), below_percent=lost)


def _in_band(ruled: Ruled, share: Fraction, floor_percent: int) -> Fraction:
    rule = ruled.rule
    return share_in_band(rule, floor_percent) if isinstance(rule, Pharmacy) and rule.margin_percent else share


def _lost(shares: Sequence[Fraction], bands_percent: Sequence[int]) -> int | None:
    """Below what margin such shares cost more than it, where that is half of the bands or more; else None.

    The goods of a band have less margin than where the next one begins.
    """
    ends = [*bands_percent[1:], _PERCENT]
    lost = [end for share, end in zip(shares, ends, strict=True) if share * _PERCENT >= end]
    return max(lost) if 2 * len(lost) >= len(ends) else None


def _together(everyone: Sequence[Ruled], bands_percent: Sequence[int]) -> Iterator[Finding]:
    """Rules without conditions and caps, for all goods, of different lanes: what they give adds up on every receipt."""
    best: dict[tuple[str, str], tuple[Fraction, Ruled]] = {}
    for ruled in everyone:
        share, rule = most(ruled), ruled.rule
        if share is None or not _is_plain(ruled):
            continue
        lane = (rule.lane, f"{ruled.programme.id}/{rule.id}" if rule.adds else "")
        if lane not in best or best[lane][0] < share:
            best[lane] = (share, ruled)
    sums = [sum((_in_band(one, share, floor) for share, one in best.values()), Fraction(0)) for floor in bands_percent]
    lost = _lost(sums, bands_percent)
    if lost is not None:
        given = [ruled for _, ruled in best.values()]
        names = ", ".join(one.rule.id for one in given)
        yield given[-1].finding(codes.COST_TOGETHER, rules=names, rate_bp=_bp(max(sums)), below_percent=lost)


def _is_plain(ruled: Ruled) -> bool:
    """Whether a rule applies to every member and all goods, without an end."""
    programme, rule = ruled.programme, ruled.rule
    is_for_all = not programme.segments and not programme.stores and rule.when is None
    return is_for_all and rule.caps is None and rule.group is None and not any((*only(rule), *excluded(rule)))


def _lowered(everyone: Sequence[Ruled], guards: Sequence[Guard], top_percent: int) -> Iterator[Finding]:
    allowed = Fraction(top_percent * min(guard.margin_percent for guard in guards), _PERCENT * _PERCENT)
    if all(guard.unknown == "allow" for guard in guards) or not allowed:
        return
    for ruled in everyone:
        share = most(ruled)
        if share is not None and share > allowed:
            yield ruled.finding(codes.GUARD_LOWERS, rate_bp=_bp(share), most_bp=_bp(allowed))


def _bp(share: Fraction) -> int:
    return int(share * BASIS_POINTS)


def too_late(programmes: Sequence[Programme], everyone: Sequence[Ruled]) -> Iterator[Finding]:
    """Points and units that can be used only when all that takes them is over."""
    for programme in programmes:
        begin, _ = span_of(programme)
        mine = [one for one in everyone if one.programme.issuer == programme.issuer]
        ends = [span_of(one)[1] for one in programmes if one.issuer == programme.issuer and one.burning is not None]
        first = _usable_from(begin, programme.earning.pending)
        if (last := _last_day(mine, POINTS_POOL, ends)) and last < first:
            values = {"first": str(first), "last": str(last)}
            yield Finding(codes.POINTS_TOO_LATE, programme.id, ("earning",), values)
        for ruled in mine:
            if ruled.programme is programme and (pool := collects(ruled)):
                yield from _pool_too_late(ruled, pool, mine)


def _pool_too_late(ruled: Ruled, pool: str, mine: Sequence[Ruled]) -> Iterator[Finding]:
    spans = days_of(ruled.programme, conditions(ruled)).spans
    pending = getattr(ruled.rule, "pending", None) or ruled.programme.earning.pending
    last = _last_day(mine, pool, [])
    if spans and last and last < (first := _usable_from(spans[0][0], pending)):
        yield ruled.finding(codes.POINTS_TOO_LATE, first=str(first), last=str(last))


def _last_day(mine: Sequence[Ruled], pool: str, ends: Sequence[date]) -> date | None:
    """The last day on which anything takes units of the pool; None where nothing does."""
    spans = [
        span
        for one in mine
        if isinstance(one.rule, Reward) and one.rule.pool == pool
        for span in days_of(one.programme, conditions(one)).spans
    ]
    return max([*ends, *(end for _, end in spans)], default=None)


def _usable_from(begin: date, pending: PendingChoice) -> date:
    """The first day on which what is given from ``begin`` on can be used."""
    if isinstance(pending, Pending):
        return begin + timedelta(days=pending.hours // _DAY_HOURS)
    return begin + timedelta(days=pending == "next_day")
