"""Gaps and overlaps: of dates and hours, of programmes that follow each other, of steps, tiers and margins."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pos_app.loyalty.document import Pharmacy, Programme, Progressive
from pos_app.loyalty.lint import finding as codes
from pos_app.loyalty.lint.finding import Finding, Ruled
from pos_app.loyalty.lint.scope import conditions
from pos_app.loyalty.lint.times import exists, parts_of, span_of


def odd_windows(ruled: Ruled) -> Iterator[Finding]:
    """Windows of dates and hours that overlap, leave out one day or minute, or lie outside; days that no year has; stores outside."""
    yield from _dates(ruled)
    yield from _hours(ruled)
    when, programme = conditions(ruled), ruled.programme
    for day in sorted(when.holidays):
        if not exists(day):
            yield ruled.finding(codes.HOLIDAY_NONE, "when", "holidays", day=day)
    outside = when.stores - programme.stores if programme.stores & when.stores else ()
    if outside:
        yield ruled.finding(codes.STORES_OUTSIDE, "when", "stores", stores=", ".join(sorted(outside)))


def _dates(ruled: Ruled) -> Iterator[Finding]:
    begin, end = span_of(ruled.programme)
    spans = sorted((window.begin, window.end, number) for number, window in enumerate(conditions(ruled).dates))
    inside = [span for span in spans if span[0] <= end and begin <= span[1]]
    for first, last, number in spans if inside else ():
        if (first, last, number) not in inside:
            values = {"from_date": str(first), "until_date": str(last)}
            yield ruled.finding(codes.DATES_OUTSIDE, "when", "dates", number, **values)
    for (_, last, _), (first, _, number) in pairwise(inside):
        days = (first - last).days
        code = codes.DATES_OVERLAP if days <= 0 else codes.DATES_GAP
        if days <= 0 or days == 2:  # noqa: PLR2004 - the day after the next
            yield ruled.finding(code, "when", "dates", number, last=str(last), first=str(first))


def _hours(ruled: Ruled) -> Iterator[Finding]:
    windows = conditions(ruled).hours
    parts = sorted((begin, end, number) for number, one in enumerate(windows) for begin, end in parts_of(one))
    for (_, last, _), (first, _, number) in pairwise(parts):
        code = codes.HOURS_OVERLAP if first < last else codes.HOURS_GAP
        if first < last or first == last + 1:
            yield ruled.finding(code, "when", "hours", number, last=_clock(last), first=_clock(first))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def odd_successions(programmes: Sequence[Programme]) -> Iterator[Finding]:
    """Programmes of one issuer of which one begins on the last day of the other, or leaves out one day."""
    for before in programmes:
        for after in programmes:
            if before.active_until is None or after.active_from is None or before.issuer != after.issuer:
                continue
            days = (after.active_from - before.active_until).days
            if days in {0, 2}:
                code = codes.PROGRAMMES_GAP if days else codes.PROGRAMMES_OVERLAP
                values = {"before": before.id, "last": str(before.active_until), "first": str(after.active_from)}
                yield Finding(code, after.id, ("active_from",), values)


def idle_steps(ruled: Ruled) -> Iterator[Finding]:
    """Steps of a ladder that change nothing."""
    steps = ruled.rule.steps if isinstance(ruled.rule, Progressive) else ()
    for number, (before, step) in enumerate(pairwise(steps), start=1):
        if step.rate_bp == before.rate_bp and step.card_class in {"", before.card_class}:
            yield ruled.finding(codes.STEP_SAME, "steps", number, from_minor=step.from_minor)


def idle_tiers(programme: Programme, rules: Sequence[Ruled]) -> Iterator[Finding]:
    """Tiers above the first that nothing names and that have no benefits."""
    named = {name for one in rules for name in (*conditions(one).tiers, *getattr(one.rule, "tier_percent", ()))}
    for number, tier in enumerate(() if programme.tiers is None else programme.tiers.steps):
        if number and tier.id not in named and not tier.benefits:
            yield Finding(codes.TIER_UNUSED, programme.id, ("tiers", "steps", number), {"tier": tier.id})


def odd_margins(ruled: Ruled, bands_percent: Sequence[int]) -> Iterator[Finding]:
    """Margins of a rule that are no ends of published bands."""
    margins = ruled.rule.margin_percent if isinstance(ruled.rule, Pharmacy) else {}
    for name in sorted(margins, key=int):
        at = ("margin_percent", name)
        if int(name) > max(bands_percent):
            yield ruled.finding(codes.MARGIN_BEYOND, *at, margin=int(name), highest=max(bands_percent))
        elif int(name) not in bands_percent and int(name) > min(bands_percent):
            following = min(band for band in bands_percent if band > int(name))
            yield ruled.finding(codes.MARGIN_BETWEEN, *at, margin=int(name), following=following)
