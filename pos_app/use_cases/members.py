"""From stored facts to the member that screens and the engine see."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

import msgspec

from pos_app.loyalty.document import Tiers
from pos_app.loyalty.knowing import Wanted, counts_now, in_window, is_among
from pos_app.loyalty.ledger import pool_views, view
from pos_app.loyalty.rules.progressive import THIS_MONTH
from pos_app.loyalty.tiers import tier_at, window_sum_minor
from pos_app.model.accounts import Member
from pos_app.model.calendar import month_of, months_back
from pos_app.model.marks import CHOSEN, DONE, SEGMENT, VERIFIED, Mark, of_name
from storage import marks, member_history
from storage.accounts import AccountFacts, MonthlySum
from storage.database import Connection
from storage.member_history import RuleUse

_ROLLING_MONTHS = 12


def sums_in_period(sums: Iterable[MonthlySum], *, periods: Mapping[str, str], business_date: str) -> dict[str, int]:
    """What each programme has counted in its period up to now: programme id to minor units.

    ``periods`` maps a programme to ``calendar_month``, ``rolling_12_months`` (this month and the eleven before it), ``for_ever`` or
    ``previous_month``, with which this month's sum comes too; sums are kept by month, so a rolling period moves with the months.
    """
    month = month_of(business_date)
    first_months = {
        "calendar_month": month,
        "rolling_12_months": months_back(month, _ROLLING_MONTHS - 1),
        "for_ever": "",
        "previous_month": months_back(month, 1),
    }
    totals = dict.fromkeys(periods, 0)
    totals |= {programme_id + THIS_MONTH: 0 for programme_id, period in periods.items() if period == "previous_month"}
    for monthly in sums:
        period = periods.get(monthly.programme_id)
        if period is not None and monthly.month >= first_months[period]:
            is_newer = period == "previous_month" and monthly.month >= month
            totals[monthly.programme_id + (THIS_MONTH if is_newer else "")] += monthly.sum_minor
    return totals


class Known(msgspec.Struct, frozen=True):
    """What the till knows of a member beyond balances, as ``MemberContext`` has it."""

    accumulators: dict[str, int]
    tiers: dict[str, str] = {}
    facts: tuple[str, ...] = ()
    used: dict[str, int] = {}
    pool_ends_ms: dict[str, int] = {}
    segments: tuple[str, ...] = ()
    chosen: dict[str, tuple[str, ...]] = {}
    verified: bool = False


def known_of(connection: Connection, facts: AccountFacts, wanted: Wanted, *, business_date: str) -> Known:
    """What the rules look at; what none of them looks at is not read."""
    sums = sums_in_period(facts.monthly_sums, periods=wanted.periods, business_date=business_date)
    month = month_of(business_date)
    of_account = marks.marks_of(connection, facts.account_ref) if wanted.marks else ()
    tiers: dict[str, str] = {}
    for programme_id, steps in wanted.tiers.items():
        sums[programme_id], tiers[programme_id] = _standing(facts.monthly_sums, programme_id, steps, month)
    return Known(
        accumulators=sums,
        tiers={programme_id: tier for programme_id, tier in tiers.items() if tier},
        facts=(
            *_birthday_facts(facts.birthday[-5:], wanted, business_date),
            *_bought_facts(connection, facts.account_ref, wanted, business_date),
        ),
        used=_used(connection, facts.account_ref, wanted, of_account, business_date),
        pool_ends_ms=_pool_ends_ms(facts, wanted),
        segments=of_name(of_account, SEGMENT),
        chosen=chosen_now(of_account, wanted, business_date),
        verified=bool(of_name(of_account, VERIFIED)),
    )


def _pool_ends_ms(facts: AccountFacts, wanted: Wanted) -> dict[str, int]:
    """When the last lot of each unit that is renewed ends."""
    ends: dict[str, int] = {}
    for lot in facts.books.lots:
        if lot.issuer in wanted.renewed and lot.remaining_units and lot.expires_at_ms is not None:
            ends[lot.issuer] = max(lot.expires_at_ms, ends.get(lot.issuer, 0))
    return ends


def _standing(sums: Iterable[MonthlySum], programme_id: str, tiers: Tiers, month: str) -> tuple[int, str]:
    """What was counted in the window of a programme's tiers, and the tier."""
    by_month = {one.month: one.sum_minor for one in sums if one.programme_id == programme_id}
    return window_sum_minor(tiers, by_month, month=month), tier_at(tiers, by_month, month=month)


def _birthday_facts(birthday: str, wanted: Wanted, business_date: str) -> list[str]:
    if not birthday:
        return []
    return [f"{key}:birthday" for key, window in wanted.birthdays.items() if in_window(window, birthday, business_date)]


def _bought_facts(connection: Connection, account_ref: str, wanted: Wanted, business_date: str) -> list[str]:
    if not wanted.bought:
        return []
    days = max(bought.days for bought in wanted.bought.values())
    goods = member_history.goods_bought(connection, account_ref, since=days_before(business_date, days))
    return [
        f"{key}:bought"
        for key, bought in wanted.bought.items()
        if any(one.business_date >= days_before(business_date, bought.days) and is_among(bought, one) for one in goods)
    ]


def days_before(business_date: str, days: int) -> str:
    """The date so many days before.

    >>> days_before("2026-03-01", 1)
    '2026-02-28'
    """
    return (date.fromisoformat(business_date) - timedelta(days=days)).isoformat()


def chosen_now(of_account: Iterable[Mark], wanted: Wanted, business_date: str) -> dict[str, tuple[str, ...]]:
    """The products that each rule goes by, the newest choice first: those of its days, and no more than it takes."""
    chosen: dict[str, tuple[str, ...]] = {}
    for key, choice in wanted.chosen.items():
        first = days_before(business_date, choice.days)
        found = [one for one in of_account if one.name == f"{CHOSEN}{key}" and one.since_date >= first]
        newest = sorted(found, key=lambda one: one.since_date, reverse=True)[: choice.products]
        if newest:
            chosen[key] = tuple(mark.value for mark in newest)
    return chosen


def _uses(connection: Connection, account_ref: str, of_account: Iterable[Mark]) -> list[RuleUse]:
    """What rules with caps gave here, and acts that other tills booked: how much those gave is not known here."""
    uses = member_history.rule_uses(connection, account_ref)
    here = {(use.event_id, use.rule) for use in uses}
    for mark in of_account:
        rule = mark.name.removeprefix(DONE)
        if rule != mark.name and (mark.value, rule) not in here:
            uses.append(RuleUse(rule, mark.since_date, 0, mark.value))
    return uses


def _used(
    connection: Connection, account_ref: str, wanted: Wanted, of_account: Iterable[Mark], business_date: str
) -> dict[str, int]:
    if not wanted.counters:
        return {}
    used: dict[str, int] = {}
    uses = _uses(connection, account_ref, of_account)
    for counter in wanted.counters:
        for use in uses:
            if use.rule == counter.rule_key and counts_now(
                counter, used_on=use.business_date, business_date=business_date
            ):
                used[counter.name] = used.get(counter.name, 0) + (1 if counter.counts_receipts else use.units)
    return used


def member_of(
    facts: AccountFacts,
    *,
    issuer: str,
    at_ms: int,
    known: Known,
    spendable_units: int,
    pools: Mapping[str, int] = MappingProxyType({}),
    needs_right: bool = False,
) -> Member:
    """The member as of one moment. ``spendable_units`` is what may be burned here and now, ``pools`` what rewards may take."""
    return Member(
        account_ref=facts.account_ref,
        card_number=facts.card_number,
        card_status=facts.card_status,
        name=facts.name,
        phone=facts.phone,
        card_class=facts.card_class,
        balance=view(facts.books, issuer=issuer, at_ms=at_ms),
        accumulators=known.accumulators,
        receipts_before=facts.receipts_count,
        spendable_units=spendable_units,
        birthday=facts.birthday,
        provisional=facts.provisional,
        account_status=facts.account_status,
        pool_balances=pool_views(facts.books, at_ms=at_ms),
        pools=dict(pools),
        needs_right=needs_right,
        tiers=known.tiers,
        facts=known.facts,
        used=known.used,
        pool_ends_ms=known.pool_ends_ms,
        segments=known.segments,
        chosen=known.chosen,
        verified=known.verified,
    )
