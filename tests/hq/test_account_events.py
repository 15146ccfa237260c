import msgspec
import pytest
from sqlalchemy import select

from hq import tables
from hq.operate import RunningHq
from hq.personal import store_records
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import (
    AccountStatusEvent,
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    AuditEvent,
    CardAction,
    CardEvent,
    ErasureEvent,
    GrantedLot,
    LeaseReleaseEvent,
    MergeEvent,
)
from pos_app.protocol.messages import PersonalRecord, VersionedField
from tests.hq.journals import START_MS, enrolment, moment, new_id, sale
from tests.hq.ledgers import assert_sound
from tests.hq.tills import Till, rows, task_codes, units


def card(account_ref: str, number: str, action: CardAction, replaces: str = "") -> CardEvent:
    return CardEvent(
        event_id=new_id(),
        moment=moment(),
        account_ref=account_ref,
        card_number=number,
        action=action,
        replaces=replaces,
    )


def heard(hq: RunningHq) -> dict[str, int]:
    """When the tills heard of each account last, as a number of changes."""
    return dict(rows(hq.engine, "account_region", "account_ref", "change_no"))


def merge(account_ref: str, merged_ref: str, *, utc_ms: int = START_MS) -> MergeEvent:
    return MergeEvent(event_id=new_id(), moment=moment(utc_ms), account_ref=account_ref, merged_ref=merged_ref)


def status(account_ref: str, value: str) -> AccountStatusEvent:
    return AccountStatusEvent(event_id=new_id(), moment=moment(), account_ref=account_ref, status=value)


def adjustment(
    account_ref: str, change_units: int, reason: AdjustmentReason = AdjustmentReason.GOODWILL, lot_id: str = ""
) -> AdjustmentEvent:
    event_id = new_id()
    gift = LotGrant("", "shop", change_units, START_MS, None)
    gives = change_units > 0 and reason is not AdjustmentReason.FORGIVEN_OVERDRAFT
    return AdjustmentEvent(
        event_id=event_id,
        moment=moment(),
        account_ref=account_ref,
        units=change_units,
        reason=reason,
        granted=GrantedLot(lot_id or derived_id(event_id, "lot-1"), gift) if gives else None,
    )


def erasure(account_ref: str) -> ErasureEvent:
    return ErasureEvent(event_id=new_id(), moment=moment(), account_ref=account_ref)


def cards(hq: RunningHq) -> list[tuple[str, str, str]]:
    return rows(hq.engine, "card", "number", "account_ref", "status")


def test_that_a_family_card_joins_its_account_and_a_new_one_takes_the_place_of_a_lost_one(hq: RunningHq) -> None:
    Till(hq.engine).book(
        enrolment("a", "299"), card("a", "300", CardAction.ADD), card("a", "301", CardAction.REPLACE, replaces="299")
    )

    assert [("299", "a", "replaced"), ("300", "a", "active"), ("301", "a", "active")] == cards(hq)


def test_that_a_card_is_blocked_and_free_again_but_a_replaced_one_stays_replaced(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(enrolment("a", "299"), card("a", "299", CardAction.BLOCK), card("b", "300", CardAction.BLOCK))
    blocked = cards(hq)
    till.book(card("a", "299", CardAction.UNBLOCK))
    free = cards(hq)
    till.book(card("a", "301", CardAction.REPLACE, replaces="299"), card("a", "299", CardAction.UNBLOCK))

    assert [("299", "a", "blocked"), ("300", "b", "blocked")] == blocked
    assert [("299", "a", "active"), ("300", "b", "blocked")] == free
    assert ("299", "a", "replaced") == cards(hq)[0]


@pytest.mark.parametrize(
    "event",
    [
        card("b", "299", CardAction.ADD),
        card("b", "299", CardAction.BLOCK),
        card("b", "301", CardAction.REPLACE, replaces="299"),
        card("new", "301", CardAction.REPLACE, replaces="299"),
    ],
)
def test_that_a_card_of_somebody_else_is_left_alone(hq: RunningHq, event: CardEvent) -> None:
    Till(hq.engine).book(enrolment("a", "299"), enrolment("b", "300"), event)

    assert [("299", "a", "active"), ("300", "b", "active")] == cards(hq)
    assert ["card_taken"] == task_codes(hq.engine)


def test_that_a_till_that_gave_somebody_elses_card_away_hears_whose_it_is(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(enrolment("a", "299"), enrolment("b", "300"))
    before = heard(hq)
    till.book(card("b", "299", CardAction.ADD))

    assert ({"a", "b"}, True) == (set(heard(hq)), all(number > before[ref] for ref, number in heard(hq).items()))


def test_that_what_an_unknown_card_earned_goes_to_whoever_it_is_given_to(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(sale(account_ref="unknown", card="300", earned=7))
    second.book(enrolment("a", "299"), sale(account_ref="a", card="299", earned=5), card("a", "300", CardAction.ADD))
    first.book(sale(account_ref="unknown", card="300", earned=1))

    assert ({"issued": -13, "available": 13}, {}) == (units(hq.engine, "a"), units(hq.engine, "unknown"))
    assert [("299", "a", "active"), ("300", "a", "active")] == cards(hq)
    assert [(3750,)] == rows(hq.engine, "accumulator", "sum_minor", account_ref="a")
    assert [(3,)] == rows(hq.engine, "account", "receipts_count", account_ref="a")
    assert [] == rows(hq.engine, "accumulator", "sum_minor", account_ref="unknown")
    assert_sound(hq)


def test_that_a_merge_moves_everything_once_in_either_direction(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(
        enrolment("a", "299"),
        sale(account_ref="a", card="299", earned=5),
        enrolment("b", "300"),
        sale(account_ref="b", card="300", burned=7),
        status("b", "frozen"),
    )
    first.book(merge("a", "b"), merge("a", "b"))
    second.book(merge("b", "a"), sale(account_ref="b", card="300", earned=4))

    assert {"redeemed": 7, "issued": -7} == units(hq.engine, "b")
    assert {"issued": -2, "available": 2} == units(hq.engine, "a")
    statuses = rows(hq.engine, "account", "account_ref", "status", "merged_into", "receipts_count")
    assert [("a", "frozen", "", 3), ("b", "merged", "a", 0)] == statuses
    assert [("299", "a", "active"), ("300", "a", "active")] == cards(hq)
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_points_that_are_over_repay_nothing_in_a_merge(hq: RunningHq) -> None:
    Till(hq.engine).book(
        sale(account_ref="a", card="299", earned=5, expires_ms=START_MS + 1000),
        sale(account_ref="b", card="300", burned=7),
        merge("b", "a", utc_ms=START_MS + 2000),
    )
    assert ({"issued": -5, "expired": 5}, -7) == (units(hq.engine, "a"), units(hq.engine, "b")["overdraft"])
    assert_sound(hq)


def test_that_merges_follow_one_another_in_one_run(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(
        *(sale(account_ref=ref, card=number, earned=5) for ref, number in (("a", "1"), ("b", "2"), ("c", "3"))),
        merge("b", "a"),
        merge("c", "b"),
        merge("a", "never-seen"),
        merge("a", "a"),
        merge("nobody", "nobody"),
        sale(account_ref="never-seen", card="9", earned=1),
    )

    assert {"issued": -16, "available": 16} == units(hq.engine, "c")
    assert [("1", "c"), ("2", "c"), ("3", "c"), ("9", "c")] == rows(hq.engine, "card", "number", "account_ref")
    assert_sound(hq)


def test_that_the_holder_follows_a_merge_and_is_forgotten_everywhere(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(enrolment("a", "299"), enrolment("b", "300"))
    with hq.engine.begin() as connection:
        store_records(connection, [PersonalRecord("b", {"name": VersionedField("Ana", 1, START_MS)})])
    till.book(merge("a", "b"))
    held = rows(hq.engine, "personal_field", "account_ref", "value")
    till.book(erasure("b"))
    with hq.engine.begin() as connection:
        store_records(connection, [PersonalRecord("a", {"name": VersionedField("Ana", 1, START_MS)})])
        store_records(connection, [PersonalRecord("b", {"name": VersionedField("Ana", 1, START_MS)})])

    assert [("a", "Ana")] == held
    assert [] == rows(hq.engine, "personal_field", "value")


def test_that_an_erasure_takes_what_somebody_wrote_and_leaves_sums(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=5)
    till.book(sold)
    with hq.engine.begin() as connection:
        connection.execute(
            tables.nps_answer.insert().values(
                event_id=sold.event_id,
                terminal_id=till.terminal_id,
                score=9,
                comment="Ana says thanks",
                language="en",
                answered_at_ms=START_MS,
            )
        )
    till.book(erasure("a"))

    assert [(9, "")] == rows(hq.engine, "nps_answer", "score", "comment")
    assert {"issued": -5, "available": 5} == units(hq.engine, "a")


def test_that_an_account_is_frozen_and_free_again(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(status("a", "frozen"))
    frozen = rows(hq.engine, "account", "status")
    till.book(status("a", "active"))

    assert ([("frozen",)], [("active",)]) == (frozen, rows(hq.engine, "account", "status"))


def test_that_points_are_given_taken_and_forgiven(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(adjustment("a", 10), adjustment("a", -14), adjustment("a", 9, AdjustmentReason.FORGIVEN_OVERDRAFT))

    assert {"issued": 4, "write_off": -4} == units(hq.engine, "a")
    assert [("adjustment", 4)] == rows(hq.engine, "overdraft_cause", "cause", "units")
    assert_sound(hq)


def test_that_audit_events_stay_in_the_inbox(hq: RunningHq) -> None:
    Till(hq.engine).book(AuditEvent(event_id=new_id(), moment=moment(), action="adjust_points"))

    assert ([], []) == (rows(hq.engine, "booked_event", "seq"), task_codes(hq.engine))
    assert [("audit",)] == rows(hq.engine, "inbox", "kind")


def test_that_an_event_that_comes_from_two_chains_has_one_effect(hq: RunningHq) -> None:
    first, copy, other = Till(hq.engine, 1), Till(hq.engine, 2), Till(hq.engine, 3)
    gift = adjustment("a", 10)
    first.book(gift)
    copy.book(gift)
    other.book(msgspec.structs.replace(gift, reference="OTHER"))

    assert {"issued": -10, "available": 10} == units(hq.engine, "a")
    assert ["event_id_taken"] == task_codes(hq.engine)
    with hq.engine.connect() as connection:
        assert 1 == len(connection.execute(select(tables.booked_event)).all())


def wrong_gift() -> AdjustmentEvent:
    return msgspec.structs.replace(adjustment("a", 10), units=11)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (adjustment("a", 0), "range"),
        (adjustment("a", 5, lot_id=new_id()), "lot_id"),
        (wrong_gift(), "range"),
        (adjustment("a", -5, AdjustmentReason.FORGIVEN_OVERDRAFT), "range"),
        (msgspec.structs.replace(adjustment("a", 5), issuer="partner"), "ref"),
        (status("a", "merged"), "status"),
        (merge("", "b"), "ref"),
        (erasure("a" * 65), "ref"),
        (card("a", "\n", CardAction.ADD), "ref"),
        (LeaseReleaseEvent(event_id=new_id(), moment=moment(), account_ref="a", lease_id="x", units=1), "ref"),
        (LeaseReleaseEvent(event_id=new_id(), moment=moment(), account_ref="a", lease_id=new_id(), units=-1), "range"),
        (
            LeaseReleaseEvent(event_id=new_id(), moment=moment(), account_ref="a", lease_id=new_id(), units=1),
            "unknown_account",
        ),
    ],
)
def test_that_what_cannot_be_is_a_task_without_effect(hq: RunningHq, event: AnyEvent, code: str) -> None:
    till = Till(hq.engine)
    till.book(event, adjustment("b", 3))

    assert ([code], {"issued": -3, "available": 3}) == (task_codes(hq.engine), units(hq.engine, "b"))
    assert [("b",)] == rows(hq.engine, "account", "account_ref")
