"""How many points a till may let burn on its own: one mechanism with two calculators behind one setting of headquarters.

FLOOR keeps every till below a limit for each account and day and a budget of its own until headquarters has its burns. LEASE gives
out only what headquarters has set aside for this till. Whatever is asked here is bounded by both what HQ last said and what was
burned since, so that asking twice never gives twice. docs/explanation/burning-offline.md has the bounds with worked numbers.
"""

from enum import StrEnum

import msgspec

from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.model.policy import Allowance, BurnBasis, BurnPolicy

_HOUR_MS = 3_600_000


class BurnLimit(StrEnum):
    """What sets the limit: a stable code, for words on the screen."""

    BALANCE = "burn.offline.balance"
    """There are no more points."""
    CARD_BLOCKED = "burn.offline.card_blocked"
    CARD_REPLACED = "burn.offline.card_replaced"
    ACCOUNT = "burn.offline.account"
    """The account is frozen, blocked, or was merged into another."""
    CLOCK = "burn.offline.clock"
    """The wall clock cannot be right."""
    STOPPED = "burn.offline.stopped"
    """HQ no longer takes this till's word."""
    NEVER_HEARD = "burn.offline.never_heard"
    STALE = "burn.offline.stale"
    """HQ's last word on balances is too old."""
    ASK = "burn.offline.ask"
    """HQ wants to be asked for every burn of this account."""
    POLICY = "burn.offline.policy"
    """HQ lets nothing be burned offline."""
    CARD_DAY = "burn.offline.card_day"
    TILL_BUDGET = "burn.offline.till_budget"
    LEASES = "burn.offline.leases"
    """HQ has set aside no more for this till."""


class BurnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when somebody wants to burn offline. Points are units of one account and issuer, none below 0.

    ``decides_here``: the till is the authority. ``word_age_ms``: how old HQ's last word is by trusted time, None where HQ was
    never heard; ``hours_max`` how old it may be. ``spendable_units``: what could be burned by this till's own books, its own
    unsent earnings included. ``confirmed_units``: what HQ's last word lets be burned now by the lots' dates, this till's own leases
    included, before its own burns since; ``held_units`` HQ holds of it for other sales. ``unsynced_units``: burned here since that
    word. ``burned_today_units``: burned offline of this account on this business date. ``burned_since_contact_units``: burned
    offline of all accounts that HQ does not have yet. ``leased_units``: what is left of this till's own leases.
    """

    decides_here: bool
    policy: BurnPolicy
    card_status: CardStatus
    account_status: AccountStatus
    offline_burning: bool
    takes_our_word: bool
    believes_clock: bool
    word_age_ms: int | None
    hours_max: int
    spendable_units: int
    confirmed_units: int
    held_units: int
    unsynced_units: int
    burned_today_units: int
    burned_since_contact_units: int
    leased_units: int


class BurnAllowance(msgspec.Struct, frozen=True):
    """How much may be burned now without asking HQ, by what right, and what keeps it from being more."""

    units: int
    basis: BurnBasis
    limit: BurnLimit


def allowance(facts: BurnFacts) -> BurnAllowance:
    """What may be burned here now without asking anybody else. Above ``step_up_units`` a manager must still agree.

    A till with 5 000 a day for each card, 3 000 of it used, and HQ's word that 12 000 are there, 500 of them held elsewhere:

    >>> known = BurnFacts(
    ...     decides_here=False, policy=BurnPolicy(), card_status=CardStatus.ACTIVE, account_status=AccountStatus.ACTIVE,
    ...     offline_burning=True, takes_our_word=True, believes_clock=True, word_age_ms=0, hours_max=72, spendable_units=12_700,
    ...     confirmed_units=12_000, held_units=500, unsynced_units=3_000, burned_today_units=3_000,
    ...     burned_since_contact_units=40_000, leased_units=0,
    ... )
    >>> allowance(known)
    BurnAllowance(units=2000, basis=<BurnBasis.FLOOR: 'floor'>, limit=<BurnLimit.CARD_DAY: 'burn.offline.card_day'>)
    >>> allowance(msgspec.structs.replace(known, confirmed_units=4_000)).units
    500
    >>> allowance(msgspec.structs.replace(known, burned_since_contact_units=99_900)).units
    100
    """
    basis = _basis(facts)
    limit = _refusal(facts)
    if limit is not None:
        return BurnAllowance(0, basis, limit)
    return BurnAllowance(*_least(_bounds(facts, basis), basis=basis))


def pool_allowance(facts: BurnFacts, *, is_live: bool) -> int:
    """What rewards may take here now of a pool, without a hold: pools have none. ``facts`` are of the pool's unit.

    ``is_live``: HQ's word is as fresh as asking would be. Else a till takes from a pool of a member once, until HQ has heard of
    it, and only where HQ lets it burn offline by limits.

    Ten stamps by HQ's word, taken a moment ago on a till that is cut off, are not there a second time:

    >>> known = BurnFacts(
    ...     decides_here=False, policy=BurnPolicy(), card_status=CardStatus.ACTIVE, account_status=AccountStatus.ACTIVE,
    ...     offline_burning=True, takes_our_word=True, believes_clock=True, word_age_ms=0, hours_max=72, spendable_units=10,
    ...     confirmed_units=20, held_units=0, unsynced_units=10, burned_today_units=0,
    ...     burned_since_contact_units=0, leased_units=0,
    ... )
    >>> pool_allowance(known, is_live=True), pool_allowance(known, is_live=False)
    (10, 0)
    >>> pool_allowance(msgspec.structs.replace(known, unsynced_units=0, confirmed_units=10), is_live=False)
    10
    """
    refusal = refused_everywhere(facts)
    if refusal is not None or not facts.believes_clock:
        return 0
    if facts.decides_here:
        return facts.spendable_units
    if is_live:
        is_refused = not facts.takes_our_word
    else:
        by_limits = facts.policy.allowance is Allowance.FLOOR
        is_refused = not by_limits or facts.unsynced_units > 0 or _refusal_beneath_hq(facts) is not None
    return 0 if is_refused else min(facts.spendable_units, confirmed_left_units(facts))


def refused_everywhere(facts: BurnFacts) -> BurnLimit | None:
    """Why this member may burn nothing here, whoever is asked; None where there is no such reason."""
    if facts.card_status is CardStatus.BLOCKED:
        return BurnLimit.CARD_BLOCKED
    if facts.card_status is CardStatus.REPLACED:
        return BurnLimit.CARD_REPLACED
    return None if facts.account_status is AccountStatus.ACTIVE else BurnLimit.ACCOUNT


def confirmed_left_units(facts: BurnFacts) -> int:
    """What HQ can be asked for with a chance: its last word less what is held, and less what was burned here since.

    >>> from types import SimpleNamespace
    >>> confirmed_left_units(SimpleNamespace(confirmed_units=900, held_units=100, unsynced_units=300))
    500
    """
    return max(0, facts.confirmed_units - facts.held_units - facts.unsynced_units)


def _basis(facts: BurnFacts) -> BurnBasis:
    if facts.decides_here:
        return BurnBasis.LOCAL
    return BurnBasis.LEASE if facts.policy.allowance is Allowance.LEASE else BurnBasis.FLOOR


def _refusal(facts: BurnFacts) -> BurnLimit | None:
    """Why nothing at all may be burned, or None."""
    refusal = refused_everywhere(facts)
    if refusal is not None:
        return refusal
    if not facts.believes_clock:
        return BurnLimit.CLOCK
    return None if facts.decides_here else _refusal_beneath_hq(facts)


def _refusal_beneath_hq(facts: BurnFacts) -> BurnLimit | None:
    if not facts.takes_our_word:
        return BurnLimit.STOPPED
    if facts.policy.allowance is Allowance.NONE:
        return BurnLimit.POLICY
    if not facts.offline_burning:
        return BurnLimit.ASK
    if facts.word_age_ms is None:
        return BurnLimit.NEVER_HEARD
    return BurnLimit.STALE if facts.word_age_ms > facts.hours_max * _HOUR_MS else None


def _bounds(facts: BurnFacts, basis: BurnBasis) -> tuple[tuple[int, BurnLimit], ...]:
    """Every bound with its name; the first of equal ones is what people are told."""
    own = (facts.spendable_units, BurnLimit.BALANCE)
    match basis:
        case BurnBasis.LEASE:
            return (own, (facts.leased_units, BurnLimit.LEASES))
        case BurnBasis.FLOOR:
            policy = facts.policy
            return (
                own,
                (confirmed_left_units(facts), BurnLimit.BALANCE),
                (policy.card_day_units - facts.burned_today_units, BurnLimit.CARD_DAY),
                (policy.till_budget_units - facts.burned_since_contact_units, BurnLimit.TILL_BUDGET),
            )
        case _:
            return (own,)


def _least(bounds: tuple[tuple[int, BurnLimit], ...], *, basis: BurnBasis) -> tuple[int, BurnBasis, BurnLimit]:
    units, limit = min(bounds, key=lambda bound: bound[0])
    return max(0, units), basis, limit
