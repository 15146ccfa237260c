"""The allowance: how many points a till may let burn by itself, and that it never passes any of its bounds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.allowance import (
    BurnAllowance,
    BurnFacts,
    BurnLimit,
    allowance,
    confirmed_left_units,
    pool_allowance,
    refused_everywhere,
)
from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.model.policy import Allowance, BurnBasis, BurnPolicy

HOUR_MS = 3_600_000
units = st.integers(0, 20_000)
policies = st.builds(
    BurnPolicy, allowance=st.sampled_from(Allowance), card_day_units=units, till_budget_units=units, lease_units=units
)


def known(**changes: object) -> BurnFacts:
    """A till beneath HQ, heard of just now, with plenty of everything."""
    plenty = BurnFacts(
        decides_here=False,
        policy=BurnPolicy(card_day_units=5_000, till_budget_units=100_000),
        card_status=CardStatus.ACTIVE,
        account_status=AccountStatus.ACTIVE,
        offline_burning=True,
        takes_our_word=True,
        believes_clock=True,
        word_age_ms=0,
        hours_max=72,
        spendable_units=50_000,
        confirmed_units=50_000,
        held_units=0,
        unsynced_units=0,
        burned_today_units=0,
        burned_since_contact_units=0,
        leased_units=700,
    )
    return msgspec.structs.replace(plenty, **changes)


facts = st.builds(
    BurnFacts,
    decides_here=st.booleans(),
    policy=policies,
    card_status=st.sampled_from(CardStatus),
    account_status=st.sampled_from(AccountStatus),
    offline_burning=st.booleans(),
    takes_our_word=st.booleans(),
    believes_clock=st.booleans(),
    word_age_ms=st.none() | st.integers(0, 100 * HOUR_MS),
    hours_max=st.integers(1, 72),
    spendable_units=units,
    confirmed_units=units,
    held_units=units,
    unsynced_units=units,
    burned_today_units=units,
    burned_since_contact_units=units,
    leased_units=units,
)
LEASES = BurnPolicy(allowance=Allowance.LEASE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (5_000, BurnBasis.FLOOR, BurnLimit.CARD_DAY)),
        ({"confirmed_units": 4_000, "held_units": 500}, (3_500, BurnBasis.FLOOR, BurnLimit.BALANCE)),
        ({"confirmed_units": 4_000, "unsynced_units": 4_100}, (0, BurnBasis.FLOOR, BurnLimit.BALANCE)),
        ({"burned_today_units": 4_990}, (10, BurnBasis.FLOOR, BurnLimit.CARD_DAY)),
        ({"burned_since_contact_units": 99_999}, (1, BurnBasis.FLOOR, BurnLimit.TILL_BUDGET)),
        ({"burned_since_contact_units": 200_000}, (0, BurnBasis.FLOOR, BurnLimit.TILL_BUDGET)),
        ({"spendable_units": 30}, (30, BurnBasis.FLOOR, BurnLimit.BALANCE)),
        ({"policy": LEASES}, (700, BurnBasis.LEASE, BurnLimit.LEASES)),
        ({"policy": LEASES, "spendable_units": 600}, (600, BurnBasis.LEASE, BurnLimit.BALANCE)),
        ({"policy": BurnPolicy(allowance=Allowance.NONE)}, (0, BurnBasis.FLOOR, BurnLimit.POLICY)),
        ({"card_status": CardStatus.BLOCKED}, (0, BurnBasis.FLOOR, BurnLimit.CARD_BLOCKED)),
        ({"card_status": CardStatus.REPLACED}, (0, BurnBasis.FLOOR, BurnLimit.CARD_REPLACED)),
        ({"account_status": AccountStatus.FROZEN}, (0, BurnBasis.FLOOR, BurnLimit.ACCOUNT)),
        ({"account_status": AccountStatus.MERGED}, (0, BurnBasis.FLOOR, BurnLimit.ACCOUNT)),
        ({"believes_clock": False}, (0, BurnBasis.FLOOR, BurnLimit.CLOCK)),
        ({"takes_our_word": False}, (0, BurnBasis.FLOOR, BurnLimit.STOPPED)),
        ({"offline_burning": False}, (0, BurnBasis.FLOOR, BurnLimit.ASK)),
        ({"word_age_ms": None}, (0, BurnBasis.FLOOR, BurnLimit.NEVER_HEARD)),
        ({"word_age_ms": 72 * HOUR_MS}, (5_000, BurnBasis.FLOOR, BurnLimit.CARD_DAY)),
        ({"word_age_ms": 72 * HOUR_MS + 1}, (0, BurnBasis.FLOOR, BurnLimit.STALE)),
        ({"decides_here": True, "word_age_ms": None}, (50_000, BurnBasis.LOCAL, BurnLimit.BALANCE)),
        ({"decides_here": True, "believes_clock": False}, (0, BurnBasis.LOCAL, BurnLimit.CLOCK)),
        ({"decides_here": True, "card_status": CardStatus.REPLACED}, (0, BurnBasis.LOCAL, BurnLimit.CARD_REPLACED)),
    ],
    ids=str,
)
def test_that_the_tightest_bound_decides_and_is_named(
    changes: dict[str, object], expected: tuple[int, BurnBasis, BurnLimit]
) -> None:
    assert BurnAllowance(*expected) == allowance(known(**changes))


@given(facts)
def test_that_no_bound_is_ever_passed(one: BurnFacts) -> None:
    allowed = allowance(one)
    assert 0 <= allowed.units <= one.spendable_units
    if allowed.units and allowed.basis is not BurnBasis.LOCAL:
        assert (one.takes_our_word, one.believes_clock, one.offline_burning) == (True, True, True)
        assert one.word_age_ms is not None
        assert one.word_age_ms <= one.hours_max * HOUR_MS
    if allowed.units and allowed.basis is BurnBasis.FLOOR:
        assert one.burned_today_units + allowed.units <= one.policy.card_day_units
        assert one.burned_since_contact_units + allowed.units <= one.policy.till_budget_units
        assert allowed.units <= one.confirmed_units - one.held_units - one.unsynced_units
    if allowed.units and allowed.basis is BurnBasis.LEASE:
        assert allowed.units <= one.leased_units
    if refused_everywhere(one) is not None:
        assert 0 == allowed.units


@given(facts, units)
def test_that_burning_in_parts_never_gives_more_than_burning_at_once(one: BurnFacts, part_units: int) -> None:
    at_once = allowance(one)
    part = min(part_units, at_once.units)
    after = msgspec.structs.replace(
        one,
        spendable_units=one.spendable_units - part,
        unsynced_units=one.unsynced_units + part,
        burned_today_units=one.burned_today_units + part,
        burned_since_contact_units=one.burned_since_contact_units + part,
        leased_units=max(0, one.leased_units - part),
    )
    assert at_once.units == part + allowance(after).units


@given(facts)
def test_that_what_hq_is_asked_for_is_what_it_confirmed_less_what_is_gone(one: BurnFacts) -> None:
    left = confirmed_left_units(one)
    assert max(0, one.confirmed_units - one.held_units - one.unsynced_units) == left


def test_that_a_till_that_decides_itself_takes_from_a_pool_what_is_there() -> None:
    assert 7 == pool_allowance(known(decides_here=True, spendable_units=7), is_live=False)
    assert 0 == pool_allowance(known(decides_here=True, card_status=CardStatus.BLOCKED), is_live=False)
