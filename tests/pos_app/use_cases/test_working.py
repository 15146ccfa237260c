"""What works now: from what is known to codes, for every state that a till can be in."""

from typing import Any

import msgspec
import pytest

from pos_app.loyalty.allowance import BurnFacts, BurnLimit
from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.model.policy import Allowance, BurnPolicy
from pos_app.sync.decisions import Problem
from pos_app.use_cases.sync_status import status_of
from pos_app.use_cases.working import Burning, Returns, ToDo, WorkFacts, facts_of, works_now
from storage import journal
from tests.conftest import OpenShop
from tests.shop import DAY_MS, NOON_MS, Shop

HOUR_MS = 3_600_000
ANYONE = BurnFacts(
    decides_here=False,
    policy=BurnPolicy(),
    card_status=CardStatus.ACTIVE,
    account_status=AccountStatus.ACTIVE,
    offline_burning=True,
    takes_our_word=True,
    believes_clock=True,
    word_age_ms=0,
    hours_max=72,
    spendable_units=10**12,
    confirmed_units=10**12,
    held_units=0,
    unsynced_units=0,
    burned_today_units=0,
    burned_since_contact_units=0,
    leased_units=0,
)
FACTS = WorkFacts(
    has_hq=True, has_joined=True, is_online=False, problem=Problem.UNREACHABLE, anyone=ANYONE, names_forgotten=False
)


def anyone(**changes: Any) -> BurnFacts:
    return msgspec.structs.replace(ANYONE, **changes)


@pytest.mark.parametrize(
    ("changes", "burning", "most", "why"),
    [
        ({}, Burning.OFFLINE, 5_000, BurnLimit.CARD_DAY),
        ({"is_online": True, "problem": None}, Burning.ONLINE, None, None),
        ({"anyone": anyone(burned_since_contact_units=99_000)}, Burning.OFFLINE, 1_000, BurnLimit.TILL_BUDGET),
        ({"anyone": anyone(burned_since_contact_units=10**6)}, Burning.NOT, None, BurnLimit.TILL_BUDGET),
        ({"anyone": anyone(word_age_ms=73 * HOUR_MS)}, Burning.NOT, None, BurnLimit.STALE),
        ({"anyone": anyone(word_age_ms=None)}, Burning.NOT, None, BurnLimit.NEVER_HEARD),
        ({"anyone": anyone(takes_our_word=False)}, Burning.NOT, None, BurnLimit.STOPPED),
        ({"anyone": anyone(believes_clock=False)}, Burning.NOT, None, BurnLimit.CLOCK),
        ({"anyone": anyone(policy=BurnPolicy(Allowance.NONE))}, Burning.NOT, None, BurnLimit.POLICY),
        (
            {"anyone": anyone(policy=BurnPolicy(Allowance.LEASE), leased_units=70)},
            Burning.OFFLINE,
            70,
            BurnLimit.LEASES,
        ),
        ({"anyone": anyone(decides_here=True), "has_hq": False, "problem": None}, Burning.LOCAL, None, None),
        (
            {"anyone": anyone(decides_here=True, believes_clock=False), "has_hq": False, "problem": None},
            Burning.NOT,
            None,
            BurnLimit.CLOCK,
        ),
    ],
)
def test_that_burning_is_named_with_its_bound_and_its_reason(
    changes: dict[str, Any], burning: Burning, most: int | None, why: BurnLimit | None
) -> None:
    works = works_now(msgspec.structs.replace(FACTS, **changes))
    assert (burning, most, why) == (works.burning, works.burn_units_max, works.why)
    assert works.selling
    assert works.earning
    assert (Returns.EVERY_RECEIPT if burning is Burning.ONLINE else Returns.OWN_RECEIPTS) is works.returns


@pytest.mark.parametrize(
    ("changes", "todo"),
    [
        ({}, ToDo.WAIT),
        ({"problem": None}, ToDo.NOTHING),
        ({"problem": None, "mirror_problem": True}, ToDo.MEND_MIRROR),
        ({"has_joined": False, "problem": None}, ToDo.JOIN),
        ({"problem": Problem.REVOKED, "anyone": anyone(takes_our_word=False)}, ToDo.CALL_SUPPORT),
        ({"problem": Problem.FORK}, ToDo.ENROL_AGAIN),
        ({"problem": Problem.FENCED}, ToDo.ENROL_AGAIN),
        ({"problem": Problem.UNKNOWN_TILL}, ToDo.ENROL_AGAIN),
        ({"problem": None, "anyone": anyone(takes_our_word=False)}, ToDo.ENROL_AGAIN),
        ({"problem": Problem.UPGRADE}, ToDo.UPDATE),
        ({"problem": Problem.RUBBISH}, ToDo.CHECK_ADDRESS),
        ({"problem": Problem.UNSIGNED}, ToDo.CHECK_ADDRESS),
        ({"problem": Problem.EVENT_TOO_LARGE}, ToDo.CALL_SUPPORT),
        ({"problem": Problem.REWOUND_TOO_FAR}, ToDo.CALL_SUPPORT),
        ({"anyone": anyone(believes_clock=False)}, ToDo.SET_CLOCK),
    ],
)
def test_that_somebody_is_told_what_to_do(changes: dict[str, Any], todo: ToDo) -> None:
    assert todo is works_now(msgspec.structs.replace(FACTS, **changes)).todo


@pytest.fixture
def beneath(open_shop: OpenShop) -> Shop:
    return open_shop("fixed-card", till={"authority": "hq"}, hq={"url": "https://hq.example.org"})


def change(shop: Shop, **values: object) -> None:
    shop.till.database.write(lambda connection: journal.change_terminal(connection, **values))


def test_that_the_facts_are_those_of_the_till(beneath: Shop) -> None:
    change(
        beneath, hq_public_key=bytes(32), last_contact_ms=NOON_MS - 31 * DAY_MS, trusted_ms=NOON_MS, sync_state="FORK"
    )
    facts = beneath.till.database.read(
        lambda connection: facts_of(beneath.till, connection, problem=None, is_online=False)
    )
    assert (True, True, True) == (facts.has_hq, facts.has_joined, facts.names_forgotten)
    assert (False, 31 * DAY_MS) == (facts.anyone.takes_our_word, facts.anyone.word_age_ms)


def test_that_a_till_that_asked_nobody_yet_has_a_status_too(beneath: Shop) -> None:
    status = status_of(beneath.till, None, None)
    assert (3, False, True) == (status.waiting_events, status.has_joined, status.is_stopped)
    assert status.works is not None
    assert ToDo.JOIN is status.works.todo
