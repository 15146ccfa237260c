"""What is known when points are to be burned here: from rows to the facts of the allowance."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.allowance import (
    BurnAllowance,
    BurnFacts,
    allowance,
    confirmed_left_units,
    pool_allowance,
    refused_everywhere,
)
from pos_app.loyalty.ledger import is_spendable, own_leases
from pos_app.model.calendar import CLOCK_BACK_MS_MAX
from pos_app.model.identifiers import is_points
from pos_app.model.policy import BurnPolicy
from storage import accounts, burning, journal
from storage.accounts import AccountFacts
from storage.database import Connection
from storage.journal import Terminal

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

FRESH_MS = 60_000
"""How long HQ's word counts for rewards like an answer to a question."""
_decode_policy = msgspec.json.Decoder(BurnPolicy).decode


def policy_of(terminal: Terminal) -> BurnPolicy:
    """HQ's rules for burning here, or the defaults where it has sent none."""
    return _decode_policy(terminal.policy) if terminal.policy else BurnPolicy()


def burn_facts(
    till: "Till", connection: Connection, facts: AccountFacts, terminal: Terminal, *, now_ms: int, unit: str = ""
) -> BurnFacts:
    """What decides how much of this account may be burned here now, without asking anybody.

    Of the points that are burned today, or of another ``unit`` of the ledger.
    """
    issuer = unit or till.issuer_at(now_ms)
    policy = policy_of(terminal)
    moment_ms = till.trusted_ms(terminal, now_ms)
    unsynced = burning.unsynced(connection, facts.account_ref, issuer)
    # While the clock is believed a lot must be usable by the wall clock too: that is the time the event will carry.
    moments_ms = (moment_ms, now_ms) if till.believes_clock(terminal, now_ms) else (moment_ms,)
    lots = [
        lot
        for lot in facts.books.lots
        if lot.issuer == issuer and all(is_spendable(lot, at_ms=at_ms) for at_ms in moments_ms)
    ]
    leases = own_leases(facts.books.leases, holder=terminal.terminal_id, issuer=issuer, at_ms=max(moments_ms))
    own_units = sum(lot.remaining_units for lot in lots) + sum(lease.units for lease in leases)
    given_units = sum(lot.remaining_units for lot in lots if lot.lot_id in unsynced.given_lots)
    burned_of_given = sum(unsynced.burned_units.get(lot_id, 0) for lot_id in (*unsynced.given_lots, ""))
    unsynced_units = sum(unsynced.burned_units.values())
    return BurnFacts(
        decides_here=till.settings.till.authority == "local",
        policy=policy,
        card_status=facts.card_status,
        account_status=facts.account_status,
        offline_burning=facts.offline_burning,
        takes_our_word=terminal.sync_state == "ok",
        believes_clock=till.believes_clock(terminal, now_ms) and not is_behind_hq(terminal, now_ms),
        word_age_ms=None if terminal.last_contact_ms is None else max(0, moment_ms - terminal.last_contact_ms),
        hours_max=min(policy.confirmed_hours_max, till.settings.hq.offline_burn_hours_max),
        spendable_units=own_units,
        # Burns are taken off lots already: those of lots that HQ counts go back on, to be taken off by their own name.
        confirmed_units=own_units - given_units + unsynced_units - burned_of_given,
        held_units=burning.held_units(connection, facts.account_ref, issuer),
        unsynced_units=unsynced_units,
        burned_today_units=burning.burned_today_units(
            connection, facts.account_ref, issuer, till.business_date(now_ms)
        ),
        burned_since_contact_units=burning.burned_since_contact_units(connection, terminal),
        leased_units=sum(lease.units for lease in leases if not lease.recalled),
    )


def is_behind_hq(terminal: Terminal, now_ms: int) -> bool:
    """Whether the wall clock has gone back behind HQ's last word."""
    return terminal.last_contact_ms is not None and now_ms < terminal.last_contact_ms - CLOCK_BACK_MS_MAX


def decide_offline(till: "Till", connection: Connection, card_number: str) -> BurnAllowance | None:
    """The whole decision to burn offline, from the card on: reads, works out, asks nobody. None for a card never seen."""
    facts = accounts.find_by_card(connection, card_number)
    if facts is None:
        return None
    terminal = journal.read_terminal(connection)
    return allowance(burn_facts(till, connection, facts, terminal, now_ms=till.clock.utc_ms()))


def burnable_units(
    till: "Till", connection: Connection, facts: AccountFacts, terminal: Terminal, *, now_ms: int
) -> int:
    """The most that may be burned by what is known: what HQ may hold where it can be asked, else what goes without it."""
    if till.settings.till.authority == "local":
        return _spendable_locally(till, facts, terminal, now_ms=now_ms)
    known = burn_facts(till, connection, facts, terminal, now_ms=now_ms)
    if not till.authoriser.can_ask(terminal):
        return allowance(known).units
    if refused_everywhere(known) is not None:
        return 0
    own_held = burning.own_held_units(connection, facts.account_ref, till.issuer_at(now_ms))
    others_held = max(0, known.held_units - own_held)
    return min(known.spendable_units, confirmed_left_units(msgspec.structs.replace(known, held_units=others_held)))


def usable_pools(
    till: "Till", connection: Connection, facts: AccountFacts, terminal: Terminal, *, now_ms: int
) -> dict[str, int]:
    """What rewards may take here now, by unit of the ledger: of every pool that the member has, and of other issuers' points.

    The points that are burned today are not among them: their right is that of burning.
    """
    own_issuer = till.issuer_at(now_ms)
    units = {lot.issuer for lot in facts.books.lots if not is_points(lot.issuer)} | till.reward_issuers - {own_issuer}
    if till.settings.till.authority == "local":
        return {unit: _spendable_locally(till, facts, terminal, now_ms=now_ms, unit=unit) for unit in sorted(units)}
    is_live = till.authoriser.can_ask(terminal) and _is_fresh(till, terminal, now_ms)
    return {
        unit: pool_allowance(
            burn_facts(till, connection, facts, terminal, now_ms=now_ms, unit=unit),
            is_live=is_live,
        )
        for unit in sorted(units)
    }


def _is_fresh(till: "Till", terminal: Terminal, now_ms: int) -> bool:
    """Whether HQ spoke a moment ago: what it said of balances is what it would say if it were asked."""
    heard_ms = terminal.last_contact_ms
    return heard_ms is not None and 0 <= till.trusted_ms(terminal, now_ms) - heard_ms <= FRESH_MS


def _spendable_locally(till: "Till", facts: AccountFacts, terminal: Terminal, *, now_ms: int, unit: str = "") -> int:
    """Everything that can be used by the lots' dates; no query, since it is asked with every card at every such till."""
    may_burn = facts.card_status == "active" and facts.account_status == "active"
    if not (may_burn and till.believes_clock(terminal, now_ms)):
        return 0
    issuer = unit or till.issuer_at(now_ms)
    return sum(
        lot.remaining_units for lot in facts.books.lots if lot.issuer == issuer and is_spendable(lot, at_ms=now_ms)
    )
