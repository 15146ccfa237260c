"""What every till knows of a member beside points: marks, and how they change. Pure; tills and headquarters go by the same.

A mark has a name: ``verified``; ``segment`` (its value: which one); ``referred_by`` (the account that brought the member); ``chosen:``
and a rule (a product that the member chose); ``done:`` and a rule (an act that the rule gave points for, by its event).
"""

import re
from collections.abc import Iterable

import msgspec

VERIFIED = "verified"
SEGMENT = "segment"
REFERRED_BY = "referred_by"
CHOSEN = "chosen:"
DONE = "done:"

MARKS_MAX = 100
"""The most marks of one member: choices and acts make room first, the oldest before the others."""
OF_A_RULE_MAX = 20
"""The most choices, or acts, of one rule that are kept: the newest."""
_CHOICE = re.compile(r"chosen:[a-z0-9][a-z0-9_-]{0,63}/[a-z0-9][a-z0-9_-]{0,63}")
_WITH_VALUE = frozenset({SEGMENT, REFERRED_BY})


class Mark(msgspec.Struct, frozen=True, order=True):
    """One mark of a member; ``since_date`` is the business date on which it was made."""

    name: str
    value: str
    since_date: str


def can_be_set(name: str, value: str) -> bool:
    """Whether somebody can make such a mark.

    >>> can_be_set("verified", ""), can_be_set("segment", "staff"), can_be_set("segment", ""), can_be_set("done:p/r", "x")
    (True, True, False, False)
    """
    if name == VERIFIED:
        return value == ""
    return value != "" and (name in _WITH_VALUE or _CHOICE.fullmatch(name) is not None)


def changed(marks: Iterable[Mark], mark: Mark, *, on: bool) -> tuple[Mark, ...]:
    """The marks with this one, or without it. One that is made again has the new date; somebody was brought by one member only.

    >>> changed([Mark("referred_by", "ana", "2026-01-01")], Mark("referred_by", "bob", "2026-01-02"), on=True)
    (Mark(name='referred_by', value='bob', since_date='2026-01-02'),)
    """
    others = [one for one in marks if not _is_replaced(one, mark)]
    return _kept([*others, mark] if on else others)


def _is_replaced(one: Mark, mark: Mark) -> bool:
    return one.name == mark.name and (one.value == mark.value or mark.name == REFERRED_BY)


def merged(survivors: Iterable[Mark], others: Iterable[Mark], *, refs: Iterable[str]) -> tuple[Mark, ...]:
    """The marks of two accounts that are one: of what both have the earlier stays. ``refs`` are both: nobody brought themselves."""
    first: dict[tuple[str, str], Mark] = {}
    own = frozenset(refs)
    for mark in (*survivors, *others):
        if mark.name == REFERRED_BY and mark.value in own:
            continue
        # Of who brought the member there is one, by whichever account it is known since earlier.
        key = mark.name, "" if mark.name == REFERRED_BY else mark.value
        before = first.get(key)
        if before is None or mark.since_date < before.since_date:
            first[key] = mark
    return _kept(first.values())


def of_name(marks: Iterable[Mark], name: str) -> tuple[str, ...]:
    """The values of all marks of a name, in their order."""
    return tuple(mark.value for mark in marks if mark.name == name)


def _kept(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """In order, and no more than are kept."""
    lasting: list[Mark] = []
    of_rules: list[Mark] = []
    for mark in sorted(marks, key=lambda one: (one.since_date, one.value), reverse=True):
        if not mark.name.startswith((CHOSEN, DONE)):
            lasting.append(mark)
        elif sum(one.name == mark.name for one in of_rules) < OF_A_RULE_MAX:
            of_rules.append(mark)
    return tuple(sorted([*lasting, *of_rules][:MARKS_MAX]))
