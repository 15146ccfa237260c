"""From stored facts to the member that screens and the engine see."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pos_app.loyalty.ledger import pool_views, view
from pos_app.model.accounts import Member
from pos_app.model.calendar import month_of, months_back
from storage.accounts import AccountFacts, MonthlySum

_ROLLING_MONTHS = 12


def sums_in_period(sums: Iterable[MonthlySum], *, periods: Mapping[str, str], business_date: str) -> dict[str, int]:
    """What each programme has counted in its period up to now: programme id to minor units.

    ``periods`` maps a programme to ``calendar_month``, ``rolling_12_months`` (this month and the eleven before it) or
    ``for_ever``; sums are kept by month, so a rolling period moves with the months.
    """
    month = month_of(business_date)
    first_months = {
        "calendar_month": month,
        "rolling_12_months": months_back(month, _ROLLING_MONTHS - 1),
        "for_ever": "",
    }
    totals = dict.fromkeys(periods, 0)
    for monthly in sums:
        period = periods.get(monthly.programme_id)
        if period is not None and monthly.month >= first_months[period]:
            totals[monthly.programme_id] += monthly.sum_minor
    return totals


def member_of(
    facts: AccountFacts,
    *,
    issuer: str,
    at_ms: int,
    business_date: str,
    periods: Mapping[str, str],
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
        accumulators=sums_in_period(facts.monthly_sums, periods=periods, business_date=business_date),
        receipts_before=facts.receipts_count,
        spendable_units=spendable_units,
        birthday=facts.birthday,
        provisional=facts.provisional,
        account_status=facts.account_status,
        pool_balances=pool_views(facts.books, at_ms=at_ms),
        pools=dict(pools),
        needs_right=needs_right,
    )
