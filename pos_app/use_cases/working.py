"""What works at this till now, and what somebody can do about the rest: codes and values, from what is known. Pure but for ``facts_of``."""

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.allowance import BurnAllowance, BurnFacts, BurnLimit, allowance
from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.sync.decisions import Problem
from pos_app.use_cases.burning import policy_of
from storage import burning, journal, pruning
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_DAY_MS = 86_400_000
_PLENTY_UNITS = 10**12
_STOPS = frozenset({Problem.FORK, Problem.FENCED, Problem.UNKNOWN_TILL})


class Burning(StrEnum):
    """Whether points can be spent here now."""

    LOCAL = "local"
    """This till decides by itself."""
    ONLINE = "online"
    """Headquarters is asked for each burn."""
    OFFLINE = "offline"
    """Without headquarters, up to a bound."""
    NOT = "not"


class Returns(StrEnum):
    """Which receipts goods can be taken back from."""

    EVERY_RECEIPT = "every_receipt"
    """Those of other tills too: headquarters shows them."""
    OWN_RECEIPTS = "own_receipts"
    """Those of this till; of others only with a manager, and headquarters settles the points later."""


class ToDo(StrEnum):
    """What somebody should do, the most urgent."""

    NOTHING = "nothing"
    WAIT = "wait"
    """It comes back by itself."""
    JOIN = "join"
    ENROL_AGAIN = "enrol_again"
    CALL_SUPPORT = "call_support"
    CHECK_ADDRESS = "check_address"
    UPDATE = "update"
    SET_CLOCK = "set_clock"
    MEND_MIRROR = "mend_mirror"


class WorkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides what works. ``problem`` is the last round's (None: it went well); ``is_online``: HQ answered lately.

    ``anyone`` are the facts of burning for a member with plenty of points: what is left is this till's own bound.
    """

    has_hq: bool
    has_joined: bool
    is_online: bool
    problem: Problem | None
    anyone: BurnFacts
    names_forgotten: bool
    mirror_problem: bool = False


class WorksNow(msgspec.Struct, frozen=True, kw_only=True):
    """What works now. Selling and earning always do; they are named because people ask.

    ``burn_units_max`` is the most that a card can burn offline (None where nothing of this till bounds it), ``burn_step_up_units`` from
    where on a manager must agree; ``why`` says what sets the bound.
    """

    selling: bool = True
    earning: bool = True
    burning: Burning
    burn_units_max: int | None
    burn_step_up_units: int | None
    why: BurnLimit | None
    returns: Returns
    names_forgotten: bool
    todo: ToDo


def works_now(facts: WorkFacts) -> WorksNow:
    """What works at a till that is in this state."""
    allowed = allowance(facts.anyone)
    can_ask = facts.is_online and facts.has_joined and facts.anyone.takes_our_word and facts.anyone.believes_clock
    burning_now = _burning(facts, allowed, can_ask=can_ask)
    is_offline = burning_now is Burning.OFFLINE
    return WorksNow(
        burning=burning_now,
        burn_units_max=allowed.units if is_offline else None,
        burn_step_up_units=facts.anyone.policy.step_up_units if is_offline else None,
        why=allowed.limit if burning_now in {Burning.OFFLINE, Burning.NOT} else None,
        returns=Returns.EVERY_RECEIPT if can_ask else Returns.OWN_RECEIPTS,
        names_forgotten=facts.names_forgotten,
        todo=_todo(facts),
    )


def _burning(facts: WorkFacts, allowed: BurnAllowance, *, can_ask: bool) -> Burning:
    if facts.anyone.decides_here:
        return Burning.LOCAL if allowed.units else Burning.NOT
    if can_ask:
        return Burning.ONLINE
    return Burning.OFFLINE if allowed.units else Burning.NOT


def _todo(facts: WorkFacts) -> ToDo:  # noqa: PLR0911 - a table, one line each
    if not facts.anyone.believes_clock:
        return ToDo.SET_CLOCK
    if facts.has_hq and not facts.has_joined:
        return ToDo.JOIN
    if facts.problem is Problem.REVOKED:
        return ToDo.CALL_SUPPORT
    if facts.problem in _STOPS or not facts.anyone.takes_our_word:
        return ToDo.ENROL_AGAIN
    match facts.problem:
        case Problem.UPGRADE:
            return ToDo.UPDATE
        case Problem.RUBBISH | Problem.UNSIGNED:
            return ToDo.CHECK_ADDRESS
        case Problem.EVENT_TOO_LARGE | Problem.OWN_ERROR | Problem.REWOUND_TOO_FAR:
            return ToDo.CALL_SUPPORT
        case None:
            return ToDo.MEND_MIRROR if facts.mirror_problem else ToDo.NOTHING
        case _:
            return ToDo.WAIT


def facts_of(
    till: "Till", connection: Connection, *, problem: Problem | None, is_online: bool, mirror_problem: bool = False
) -> WorkFacts:
    """What is known at this till now; the caller says how its last round with headquarters went."""
    terminal = journal.read_terminal(connection)
    now_ms = till.clock.utc_ms()
    policy = policy_of(terminal)
    moment_ms = till.trusted_ms(terminal, now_ms)
    heard_ms = terminal.last_contact_ms
    anyone = BurnFacts(
        decides_here=till.settings.till.authority == "local",
        policy=policy,
        card_status=CardStatus.ACTIVE,
        account_status=AccountStatus.ACTIVE,
        offline_burning=True,
        takes_our_word=terminal.sync_state == "ok",
        believes_clock=till.believes_clock(terminal, now_ms),
        word_age_ms=None if heard_ms is None else max(0, moment_ms - heard_ms),
        hours_max=min(policy.confirmed_hours_max, till.settings.hq.offline_burn_hours_max),
        spendable_units=_PLENTY_UNITS,
        confirmed_units=_PLENTY_UNITS,
        held_units=0,
        unsynced_units=0,
        burned_today_units=0,
        burned_since_contact_units=burning.burned_since_contact_units(connection, terminal),
        leased_units=burning.leased_here_units(connection),
    )
    forgotten_ms = till.settings.hq.forget_names_days * _DAY_MS
    return WorkFacts(
        has_hq=bool(till.settings.hq.url),
        has_joined=terminal.hq_public_key is not None,
        is_online=is_online,
        problem=problem,
        anyone=anyone,
        names_forgotten=pruning.out_of_touch_ms(terminal) > forgotten_ms,
        mirror_problem=mirror_problem,
    )
