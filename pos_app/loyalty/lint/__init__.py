"""What is odd about programmes before they run: rules that never give anything, that fight, that cost more than the margin.

A finding refuses nothing: what a till cannot run at all is in ``checks``. Findings are exact: dates, hours and goods are reasoned
about as sets, and where that says nothing for sure there is no finding.
"""

from collections.abc import Iterable, Iterator, Sequence

from pos_app.loyalty.document import Programme
from pos_app.loyalty.lint.bands import idle_steps, idle_tiers, odd_margins, odd_successions, odd_windows
from pos_app.loyalty.lint.costs import over_margin, too_late
from pos_app.loyalty.lint.fights import beaten, idle_multipliers, ties
from pos_app.loyalty.lint.finding import CODES, Finding, Ruled
from pos_app.loyalty.lint.never import idle_sections, never_applies, never_gives, never_paid

__all__ = ["CODES", "Finding", "lint"]


def lint(programmes: Iterable[Programme], *, bands_percent: Sequence[int]) -> tuple[Finding, ...]:
    """What is odd about programmes that run together, by programme and in the order of their rules.

    ``bands_percent``: the lower ends of the published bands of margin.
    """
    documents = tuple(programmes)
    rules = tuple(Ruled(one, number, rule) for one in documents for number, rule in enumerate(one.rules))
    found = [*_each(documents, rules, bands_percent), *_together(documents, rules, bands_percent)]
    order = {programme.id: number for number, programme in enumerate(documents)}
    return tuple(sorted(found, key=lambda one: (order[one.programme_id], _number(one), one.code)))


def _each(documents: Sequence[Programme], rules: Sequence[Ruled], bands_percent: Sequence[int]) -> Iterator[Finding]:
    for programme in documents:
        yield from idle_sections(programme)
        yield from idle_tiers(programme, [one for one in rules if one.programme is programme])
    for ruled in rules:
        yield from never_applies(ruled)
        yield from never_gives(ruled)
        yield from never_paid(ruled, rules)
        yield from beaten(ruled, rules)
        yield from odd_windows(ruled)
        yield from idle_steps(ruled)
        yield from odd_margins(ruled, bands_percent)


def _together(
    documents: Sequence[Programme], rules: Sequence[Ruled], bands_percent: Sequence[int]
) -> Iterator[Finding]:
    yield from ties(rules)
    yield from idle_multipliers(rules)
    yield from odd_successions(documents)
    yield from over_margin(rules, [one.guard for one in documents if one.guard is not None], bands_percent)
    yield from too_late(documents, rules)


def _number(one: Finding) -> int:
    """The number of the rule that a finding is about; what is about the programme goes first."""
    number = one.path[1] if one.path[0] == "rules" else -1
    return number if isinstance(number, int) else -1
