"""The question and its answer: what would these programmes have cost, on the shop's own receipts, and who would win and lose?"""

from datetime import date, datetime, timedelta

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.calendar import zone
from pos_app.model.money import BASIS_POINTS
from pos_app.use_cases.what_if.figures import MonthFigures, Run, SideFigures, Tally, WhatIf, share_bp
from pos_app.use_cases.what_if.history import Bought, History
from pos_app.use_cases.what_if.side import Side
from pos_app.use_cases.what_if.winners import winners_and_losers
from pos_app.use_cases.what_if.working import Progress, Work, encoded, no_progress, work_through

ASSUMED_BURN_BP = 5_000
"""How much of what could be burned is burned where no receipt says it: half."""


class Question(msgspec.Struct, frozen=True):
    """What is asked. ``candidate`` would run, ``current`` is what it is compared with, ``in_force`` ran before ``since``.

    Dates are business dates, both included; an empty ``until`` is that of the last receipt. ``burn_percent``: how much of what could be
    burned is burned where the real receipt does not say, None for the shop's own average.
    """

    candidate: ProgrammeSet
    current: ProgrammeSet
    in_force: ProgrammeSet
    since: str
    until: str = ""
    burn_percent: int | None = None


def what_if(history: History, question: Question, *, cores: int = 1, progress: Progress = no_progress) -> WhatIf:
    """The answer; raises ``InputError`` where there are no receipts between these dates.

    The same on any number of cores. Other processes get the history without a copy where the program has one thread only.
    """
    history = _up_to(history, question.until)
    until = question.until or (history.happenings[-1].business_date if history.happenings else "")
    window = [one for one in history.happenings if isinstance(one, Bought) and one.business_date >= question.since]
    if not window:
        raise InputError(
            "what_if.empty",
            what="There are no receipts between these dates.",
            safe="Nothing was changed.",
            todo="Name an earlier day with --since.",
        )
    burn_bp, is_assumed = _burn_bp(history, question)
    sides = [Side(one, points_exponent=history.points_exponent) for one in (question.candidate, question.current)]
    reasons = tuple(sorted({reason for side in sides for reason in side.in_order_because}))
    work = Work(
        in_force=encoded(question.in_force),
        sides=(encoded(question.candidate), encoded(question.current)),
        by_today=(True, False),
        since=question.since,
        since_ms=begins_ms(history, question.since),
        end_ms=begins_ms(history, until, days_later=1),
        burn_bp=burn_bp,
    )
    candidate, current = work_through(history, work, cores=1 if reasons else cores, progress=progress)
    groups, most_gained, most_lost, unchanged, members = winners_and_losers(
        window, candidate, current, sides=(sides[0], sides[1]), points_exponent=history.points_exponent, until=until
    )
    with_card = [one for one in window if one.account_ref]
    return WhatIf(
        since=question.since,
        until=until,
        currency_code=history.currency_code,
        currency_exponent=history.currency_exponent,
        points_exponent=history.points_exponent,
        candidate=_figures(history, sides[0], candidate),
        current=_figures(history, sides[1], current),
        groups=groups,
        most_gained=most_gained,
        most_lost=most_lost,
        members=members,
        unchanged=unchanged,
        card_receipts_bp=share_bp(len(with_card), len(window)),
        card_sales_bp=share_bp(sum(one.total_minor for one in with_card), sum(one.total_minor for one in window)),
        burn_bp=burn_bp,
        burn_is_assumed=is_assumed,
        in_order_because=reasons,
        left_out=history.left_out,
        skipped=candidate.skipped,
        is_against_now=question.current.hash == question.in_force.hash,
    )


def work_of(history: History, question: Question) -> int:
    """How many happenings are replayed in all, for whoever shows progress."""
    count = sum(not question.until or one.business_date <= question.until for one in history.happenings)
    before = sum(one.business_date < question.since for one in history.happenings)
    return before + 2 * (count - before)


def _up_to(history: History, until: str) -> History:
    if not until:
        return history
    kept = tuple(one for one in history.happenings if one.business_date <= until)
    return msgspec.structs.replace(history, happenings=kept)


def _burn_bp(history: History, question: Question) -> tuple[int, bool]:
    """How much is burned where the receipt does not say, and whether no receipt says it."""
    known = [one for one in history.happenings if isinstance(one, Bought) and one.burnable_units]
    if question.burn_percent is not None:
        return question.burn_percent * 100, not known
    if not known:
        return ASSUMED_BURN_BP, True
    burned = sum(one.burned_units for one in known)
    return min(BASIS_POINTS, share_bp(burned, sum(one.burnable_units for one in known))), False


def begins_ms(history: History, business_date: str, *, days_later: int = 0) -> int:
    """The first moment of a business date, or of one some days later."""
    day = date.fromisoformat(business_date) + timedelta(days=days_later)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone(history.zone))
    return int(midnight.timestamp()) * 1000 + history.day_starts_minute * 60_000


def _figures(history: History, side: Side, run: Run) -> SideFigures:
    total = Tally()
    owed_units = run.opening_units
    months = []
    for month in sorted(run.months):
        tally = run.months[month]
        total.add(tally)
        owed_units += tally.owed_change_units
        months.append(MonthFigures(month, tally, owed_units, _worth(owed_units, side, history)))
    total.members_touched = sum(1 for one in run.accounts.values() if one.units or one.off_minor or one.burned_units)
    assert owed_units == run.owed_units - run.overdraft_units, "every unit that moved was counted"
    return SideFigures(
        programmes=tuple(one.id for one in side.programmes.programmes),
        point_worth_minor=side.point_worth_minor,
        total=total,
        months=tuple(months),
        owed_units=run.owed_units,
        overdraft_units=run.overdraft_units,
        liability_minor=_worth(run.owed_units, side, history),
        cost_minor=total.cost_minor,
        margin_minor=total.margin_minor,
        breakage_bp=share_bp(total.expired_units, total.given_units),
        lets_spend=side.lets_spend,
    )


def _worth(units: int, side: Side, history: History) -> int:
    worth_minor: int = units * side.point_worth_minor // 10**history.points_exponent
    return worth_minor
