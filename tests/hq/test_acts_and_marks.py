"""Acts and marks at headquarters: what real tills write is booked once, whatever tills do, and comes back to all of them."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hq.operate import RunningHq
from hq.replay import differs, replay
from hq.reports import totals
from hq.states import read_states, these
from hq.terminals import get_terminal
from pos_app.model.identifiers import derived_id
from pos_app.model.marks import Mark
from pos_app.protocol.events import ActEvent, AnyEvent, CardAction, MarkEvent, decode_body
from pos_app.protocol.messages import AccountState
from pos_app.use_cases import account_acts, acts, marking
from pos_app.use_cases.programmes import encode_programme_set
from tests.conftest import OpenShop
from tests.hq.journals import enrolment, moment, new_id
from tests.hq.ledgers import LATER_MS, assert_sound
from tests.hq.test_account_events import card, merge
from tests.hq.tills import Till, book_all, programmes_known, rows, task_codes, units
from tests.shop import ANA, BOB, TEA, Shop
from tests.storage.test_own_view import take

REF, BOB_REF = f"account-{ANA}", f"account-{BOB}"
ACTS = """
schema = 1
id = "acts"
version = 1
name = "Points for everything"
point_worth_minor = 1

[[rules]]
kind = "act"
id = "review"
act = "review"
points = 50
caps = { receipts_ever = 1 }

[[rules]]
kind = "act"
id = "survey"
act = "survey"
points = 10

[[rules]]
kind = "act"
id = "referred"
act = "referred"
points = 30

[[rules]]
kind = "act"
id = "referral"
act = "referral"
points = 40
"""
AT_HQ: dict[str, Any] = {"till": {"authority": "hq"}, "hq": {"url": "https://hq.example.org"}}


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(ACTS, **AT_HQ)


@pytest.fixture
def other(open_shop: OpenShop) -> Shop:
    return open_shop(ACTS, **AT_HQ)


def events_of(shop: Shop) -> list[AnyEvent]:
    """What the till did, but for the enrolments of its members, which both tills of a test have."""
    bodies = shop.query("SELECT body FROM event WHERE kind <> 'enrolment' ORDER BY seq")
    return [decode_body(body) for (body,) in bodies]


def do(shop: Shop, act: Any, *arguments: Any, **named: Any) -> Any:
    return shop.till.book_act(act, *arguments, **named).result()


def know(hq: RunningHq, shop: Shop) -> None:
    programmes = shop.till.terms.programmes
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())


def state_for(hq: RunningHq, till: Till, ref: str = REF) -> AccountState:
    with hq.engine.connect() as connection:
        (state,) = read_states(connection, get_terminal(connection, till.terminal_id), these(connection, [ref]))
    return state


def marks(hq: RunningHq) -> list[tuple[str, ...]]:
    return rows(hq.engine, "account_mark", "account_ref", "name", "value", "since_date")


def mark(ref: str, name: str, value: str = "", *, on: bool = True, date: str = "2026-01-01") -> MarkEvent:
    return MarkEvent(
        event_id=new_id(), moment=moment(business_date=date), account_ref=ref, name=name, value=value, on=on
    )


def test_that_an_act_is_booked_replayed_and_counted(hq: RunningHq, shop: Shop) -> None:
    know(hq, shop)
    do(shop, acts.book_act, ANA, "review")
    do(shop, acts.book_act, ANA, "survey")
    Till(hq.engine).book(*events_of(shop))

    assert {"issued": -60, "available": 60} == units(hq.engine, REF)
    assert [(0, "review", 50), (0, "survey", 10)] == rows(hq.engine, "award", "line_no", "rule_id", "units")
    (till,) = totals(hq.engine).terminals
    assert (60, 0) == (till.issued_units, till.sales)
    replay(hq.engine, now_ms=LATER_MS)
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_an_act_that_comes_out_otherwise_is_a_difference(shop: Shop) -> None:
    do(shop, acts.book_act, ANA, "review")
    (event,) = (one for one in events_of(shop) if isinstance(one, ActEvent))
    programmes = shop.till.terms.programmes
    assert not differs(event, programmes)
    assert differs(msgspec.structs.replace(event, used={}), programmes)


def test_that_an_act_that_two_tills_book_happens_once_and_both_hear_of_it(
    hq: RunningHq, shop: Shop, other: Shop
) -> None:
    tills = Till(hq.engine, 1), Till(hq.engine, 2)
    do(shop, acts.book_act, ANA, "review")
    other.wait(1)
    do(other, acts.book_act, ANA, "review")
    do(other, acts.book_act, ANA, "survey")
    for till, where in zip(tills, (shop, other), strict=True):
        till.book(*events_of(where))

    assert {"issued": -60, "available": 60} == units(hq.engine, REF)
    assert [] == task_codes(hq.engine)
    shop.wait(1)
    for till, where in zip(tills, (shop, other), strict=True):
        take(where, state_for(hq, till))
        assert 60 == where.member(ANA).balance.available_units
    assert_sound(hq)


def test_that_an_act_of_another_till_is_known_here_and_not_given_again(hq: RunningHq, shop: Shop, other: Shop) -> None:
    till = Till(hq.engine, 1)
    do(shop, acts.book_act, ANA, "review")
    till.book(*events_of(shop))
    take(other, state_for(hq, Till(hq.engine, 2)))
    with pytest.raises(Exception, match="Points for it are given 1 time at most"):
        do(other, acts.book_act, ANA, "review")


def test_that_marks_of_one_till_come_to_the_others_and_own_later_ones_stay_on_top(
    hq: RunningHq, shop: Shop, other: Shop
) -> None:
    do(shop, marking.verify, ANA)
    do(shop, marking.put_in_segment, ANA, "vip")
    Till(hq.engine, 1).book(*events_of(shop))
    do(other, marking.put_in_segment, ANA, "staff")
    take(other, state_for(hq, Till(hq.engine, 2)))
    member = other.member(ANA)
    assert (Mark("segment", "vip", "2026-07-01"), Mark("verified", "", "2026-07-01")) == state_for(
        hq, Till(hq.engine, 3)
    ).marks
    assert [("segment", "staff"), ("segment", "vip"), ("verified", "")] == other.query(
        "SELECT name, value FROM account_mark ORDER BY name, value"
    )
    assert member.account_ref == REF


def test_that_the_mark_that_is_booked_later_counts(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(
        enrolment("a", "299"),
        mark("a", "verified", date="2026-01-02"),
        mark("a", "verified", date="2026-01-01"),
        mark("a", "segment", "vip"),
        mark("a", "segment", "vip", on=False),
        mark("a", "referred_by", "b"),
        mark("a", "referred_by", "c"),
        mark("a", "referred_by", "a"),
    )
    assert [("a", "referred_by", "c", "2026-01-01"), ("a", "verified", "", "2026-01-01")] == marks(hq)
    assert [] == task_codes(hq.engine)


def test_that_marks_come_along_in_a_merge_in_the_order_of_the_events(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(
        enrolment("a", "299"),
        enrolment("b", "300"),
        mark("b", "verified", date="2026-01-01"),
        mark("a", "verified", date="2026-01-05"),
        mark("a", "referred_by", "b"),
        merge("a", "b"),
        mark("b", "segment", "vip", date="2026-01-06"),
    )
    expected = [("a", "segment", "vip", "2026-01-06"), ("a", "verified", "", "2026-01-01")]
    assert expected == marks(hq)
    till.book(mark("b", "referred_by", "a"), mark("a", "verified", on=False))
    assert expected[:1] == marks(hq)


def test_that_a_card_that_joins_a_member_later_brings_its_marks(hq: RunningHq) -> None:
    Till(hq.engine).book(
        mark("p", "segment", "vip"), card("p", "300", CardAction.ADD), enrolment("a", "299"), enrolment("a", "300")
    )
    assert [("a", "segment", "vip", "2026-01-01")] == marks(hq)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (mark("a", "verified", "yes"), "mark"),
        (mark("a", "segment"), "mark"),
        (mark("a", "done:acts/review", "x"), "mark"),
        (mark("a", "chosen:Acts", "x"), "mark"),
        (mark("a", "segment", "x" * 65), "ref"),
        (mark("a", "segment", "vip", date="soon"), "date"),
    ],
    ids=["value", "no value", "not to be set", "no rule", "too long", "no date"],
)
def test_that_an_unsound_mark_is_a_task(hq: RunningHq, event: MarkEvent, code: str) -> None:
    Till(hq.engine).book(enrolment("a", "299"), event)
    assert [code] == task_codes(hq.engine)
    assert [] == marks(hq)


def _other_lot(event: ActEvent) -> ActEvent:
    (granted,) = event.granted_lots
    lot_id = derived_id(event.event_id, "lot-2")
    return msgspec.structs.replace(event, granted_lots=(msgspec.structs.replace(granted, lot_id=lot_id),))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_other_lot, "lot_id"),
        (lambda event: msgspec.structs.replace(event, act="other"), "act"),
        (lambda event: msgspec.structs.replace(event, awards=()), "awards"),
        (lambda event: msgspec.structs.replace(event, cause="x"), "ref"),
    ],
    ids=["lot", "act", "awards", "cause"],
)
def test_that_an_unsound_act_is_a_task(
    hq: RunningHq, shop: Shop, change: Callable[[ActEvent], ActEvent], code: str
) -> None:
    do(shop, acts.book_act, ANA, "review")
    (event,) = (one for one in events_of(shop) if isinstance(one, ActEvent))
    Till(hq.engine).book(change(event))
    assert [code] == task_codes(hq.engine)
    assert {} == units(hq.engine, REF)


def test_that_a_referral_is_booked_once_though_the_new_member_bought_at_two_tills(
    hq: RunningHq, shop: Shop, other: Shop
) -> None:
    tills = Till(hq.engine, 1), Till(hq.engine, 2)
    do(shop, marking.refer, BOB, ANA)
    do(other, marking.refer, BOB, ANA)
    shop.sell(TEA, card=BOB)
    other.sell(TEA, card=BOB)
    for till, where in zip(tills, (shop, other), strict=True):
        till.book(*events_of(where))
    assert ({"issued": -30, "available": 30}, {"issued": -40, "available": 40}) == (
        units(hq.engine, BOB_REF),
        units(hq.engine, REF),
    )
    assert [] == task_codes(hq.engine)


def test_that_a_referral_that_came_back_is_gone_at_every_till(hq: RunningHq, shop: Shop, other: Shop) -> None:
    tills = Till(hq.engine, 1), Till(hq.engine, 2)
    do(shop, marking.refer, BOB, ANA)
    sale = shop.sell(TEA, card=BOB)
    events = events_of(shop)
    tills[0].book(*events)
    shop.take_back(sale, line_1=1)
    tills[0].book(*events_of(shop)[len(events) :])
    book_all(hq.engine)
    assert ({}, {}) == (units(hq.engine, BOB_REF), units(hq.engine, REF))
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_accounts_that_are_merged_at_a_till_keep_the_marks_of_both(hq: RunningHq, shop: Shop) -> None:
    till = Till(hq.engine)
    do(shop, marking.verify, BOB)
    do(shop, account_acts.merge, ANA, BOB)
    till.book(*events_of(shop))
    assert [(REF, "verified", "", "2026-07-01")] == marks(hq)
