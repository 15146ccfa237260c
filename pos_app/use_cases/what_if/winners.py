"""Who gets more by the candidate than now, and who gets less: by kind of member, and the extremes in numbers only."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import msgspec

from pos_app.use_cases.what_if.figures import AccountTally, Affected, GroupFigures, Run
from pos_app.use_cases.what_if.history import Bought
from pos_app.use_cases.what_if.side import Side

SHOWN_MAX = 5
_RECENT_DAYS, _LAPSED_DAYS = 30, 90
_DECILES = 10


class _Buyer(msgspec.Struct):
    """What one member bought, before any rule."""

    receipts: int = 0
    sales_minor: int = 0
    last_date: str = ""
    gain_minor: int = 0
    card_class: str = ""
    decile: int = 0
    segment: str = ""


Answer = tuple[tuple[GroupFigures, ...], tuple[Affected, ...], tuple[Affected, ...], int, int]


def winners_and_losers(
    window: Iterable[Bought],
    candidate: Run,
    current: Run,
    *,
    sides: tuple[Side, Side],
    points_exponent: int,
    until: str,
) -> Answer:
    """The groups, who gains and who loses most, how many nothing changes for, and how many members there are.

    A member's gain is what the candidate promises them more: money off, and points at their worth. Segments go by the days since
    the last receipt (30, 90) and by whether the member came at least as often as the middle one. Deciles go by spending, 1 is the most.
    """
    buyers = _buyers(window, candidate)
    for account_ref, buyer in buyers.items():
        worths = [
            _promised(run.accounts.get(account_ref, AccountTally()), side, points_exponent)
            for run, side in zip((candidate, current), sides, strict=True)
        ]
        buyer.gain_minor = worths[0] - worths[1]
        buyer.card_class = current.accounts.get(account_ref, AccountTally()).card_class
    ordered = sorted(buyers.items(), key=lambda item: (-item[1].sales_minor, item[0]))
    members = [buyer for _, buyer in ordered]
    _put_segments(members, until)
    groups = (
        *_groups("segment", members, lambda one: one.segment),
        *_groups("card_class", members, lambda one: one.card_class),
        *_groups("spending_decile", members, lambda one: f"{one.decile:02d}"),
    )
    by_gain = sorted(members, key=lambda one: (-one.gain_minor, -one.sales_minor, -one.receipts))
    gained = [one for one in by_gain if one.gain_minor > 0][:SHOWN_MAX]
    lost = [one for one in reversed(by_gain) if one.gain_minor < 0][:SHOWN_MAX]
    unchanged = sum(not one.gain_minor for one in members)
    return groups, _affected(gained), _affected(lost), unchanged, len(members)


def _buyers(window: Iterable[Bought], run: Run) -> dict[str, _Buyer]:
    """Members by account; what a merged account bought is with the one that took it over."""
    buyers: dict[str, _Buyer] = {}
    for one in window:
        if one.account_ref:
            buyer = buyers.setdefault(run.survivors.get(one.account_ref, one.account_ref), _Buyer())
            buyer.receipts += 1
            buyer.sales_minor += one.total_minor
            buyer.last_date = max(buyer.last_date, one.business_date)
    return buyers


def _promised(tally: AccountTally, side: Side, points_exponent: int) -> int:
    worth_minor: int = tally.units * side.point_worth_minor // 10**points_exponent
    return tally.off_minor + worth_minor


def _put_segments(members: Sequence[_Buyer], until: str) -> None:
    """``members`` are sorted by what they spent, the most first."""
    middle = sorted(one.receipts for one in members)[len(members) // 2] if members else 0
    last_day = date.fromisoformat(until)
    for rank, one in enumerate(members):
        one.decile = rank * _DECILES // len(members) + 1
        days = (last_day - date.fromisoformat(one.last_date)).days
        when = "recent" if days <= _RECENT_DAYS else "cooling" if days <= _LAPSED_DAYS else "lapsed"
        one.segment = f"{when}_{'often' if one.receipts >= middle else 'seldom'}"


def _groups(kind: str, members: Sequence[_Buyer], name_of: Callable[[_Buyer], str]) -> list[GroupFigures]:
    found: dict[str, list[_Buyer]] = {}
    for one in members:
        found.setdefault(name_of(one), []).append(one)
    return [
        GroupFigures(
            kind=kind,
            name=name,
            members=len(some),
            winners=sum(one.gain_minor > 0 for one in some),
            losers=sum(one.gain_minor < 0 for one in some),
            sales_minor=sum(one.sales_minor for one in some),
            gain_minor=sum(one.gain_minor for one in some),
        )
        for name, some in sorted(found.items())
    ]


def _affected(members: Iterable[_Buyer]) -> tuple[Affected, ...]:
    return tuple(Affected(one.gain_minor, one.sales_minor, one.receipts, one.decile) for one in members)
