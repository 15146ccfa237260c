"""Which tills hear of which accounts, and how an account comes into a region."""

import pytest

from hq.apply import apply_inbox
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.regions import list_stores, move_store, with_region
from pos_app.errors import InputError
from pos_app.protocol.events import CardAction, CardEvent, ErasureEvent, MergeEvent
from pos_app.protocol.messages import (
    CardAnswer,
    ChangesPage,
    HoldAnswer,
    HoldRequest,
    PersonalRecord,
    SnapshotPage,
    VersionedField,
    encode_message,
)
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, accepted, enrolment, moment, new_id, now_ms, refusal, sale
from tests.hq.ledgers import LATER_MS


@pytest.fixture
def tills(hq: RunningHq, enrol: Enrol) -> tuple[Journal, Journal]:
    """A till in the north, and one in the south."""
    for store_id, region in (("store-1", "north"), ("store-2", "south")):
        create_enrolment_code(hq.engine, store_id, now_ms=now_ms(), region=region)
    return enrol(), enrol(store_id="store-2")


def record(account_ref: str, name: str = "Ана", version: int = 1) -> PersonalRecord:
    return PersonalRecord(account_ref, {"name": VersionedField(name, version, START_MS)})


def refs(page: ChangesPage | SnapshotPage) -> list[str]:
    return [state.account_ref for state in page.accounts]


def names(page: ChangesPage | SnapshotPage) -> list[str]:
    return [known.fields["name"].value for known in page.personal]


def book(hq: RunningHq) -> None:
    apply_inbox(hq.engine, now_ms=LATER_MS)


def look(journal: Journal, number: str) -> CardAnswer:
    return accepted(journal.get(f"/cards/{number}"), CardAnswer)


def snapshot(journal: Journal) -> SnapshotPage:
    return accepted(journal.get("/snapshot?cursor="), SnapshotPage)


def test_that_a_till_hears_of_its_region_only(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"))
    south.upload(enrolment("b", "300"))
    book(hq)

    assert (["a"], ["b"]) == (refs(north.page()), refs(south.page()))
    assert (["a"], ["b"]) == (refs(snapshot(north)), refs(snapshot(south)))


def test_that_a_sale_elsewhere_brings_the_account_with_its_holder(
    hq: RunningHq, tills: tuple[Journal, Journal]
) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"))
    book(hq)
    north.send_personal(record("a"))
    cursor = south.page().next_cursor
    south.upload(sale(account_ref="provisional", card="299", earned=7))
    book(hq)

    page = south.page(cursor)

    assert {"a", "provisional"} == set(refs(page))
    assert ["Ана"] == names(page)
    assert [7] == [lot.remaining_units for lot in north.page().accounts[0].lots]


def test_that_a_card_from_elsewhere_is_answered_and_subscribed(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=12))
    book(hq)
    north.send_personal(record("a"))
    cursor = south.page().next_cursor

    answers = [look(south, "299") for _ in range(2)]
    page = south.page(cursor)
    again = south.page(page.next_cursor)

    assert [("299", "a", [12])] * 2 == [
        (said.number, said.account.account_ref, [lot.remaining_units for lot in said.account.lots])
        for said in answers
        if said.account
    ]
    assert (["a"], ["Ана"], [], []) == (refs(page), names(page), refs(again), names(again))


def test_that_a_card_that_nobody_knows_is_answered_too(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    north, _ = tills

    said = look(north, "999")
    assert ("999", None) == (said.number, said.account)
    assert (404, "NOT_FOUND") == refusal(north.get("/cards/%00"))
    assert 404 == north.get("/cards/").status
    assert hq.url


def test_that_what_was_looked_up_counts_what_the_till_sent(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"))
    south.upload(sale())
    book(hq)

    said = look(south, "299").account

    assert said is not None
    assert (1, 1) == (said.includes_incarnation, said.includes_seq)


def test_that_every_region_hears_of_a_merge_a_block_and_an_erasure(
    hq: RunningHq, tills: tuple[Journal, Journal]
) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"))
    south.upload(enrolment("b", "300"))
    book(hq)
    south.send_personal(record("b"))
    cursors = [till.page().next_cursor for till in tills]
    north.upload(MergeEvent(event_id=new_id(), moment=moment(), account_ref="a", merged_ref="b"))
    book(hq)
    merged = [till.page(cursor) for till, cursor in zip(tills, cursors, strict=True)]
    blocked = CardEvent(event_id=new_id(), moment=moment(), account_ref="a", card_number="300", action=CardAction.BLOCK)
    north.upload(blocked, ErasureEvent(event_id=new_id(), moment=moment(), account_ref="b"))
    book(hq)
    last = [till.page(page.next_cursor) for till, page in zip(tills, merged, strict=True)]

    assert [["a", "b"], ["a", "b"]] == [refs(page) for page in merged]
    assert [["Ана"], ["Ана"]] == [names(page) for page in merged]
    assert [("a", "b"), ("a", "b")] == [page.erased for page in last]
    assert [["blocked"]] * 2 == [
        [card.status for card in page.accounts[0].cards if card.number == "300"] for page in last
    ]


def test_that_a_name_changed_elsewhere_reaches_every_region(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"))
    book(hq)
    look(south, "299")
    cursor = south.page().next_cursor
    north.send_personal(record("a", "Anna", version=2))

    page = south.page(cursor)

    assert (["a"], ["Anna"], []) == (refs(page), names(page), names(south.page(page.next_cursor)))


def test_that_points_held_elsewhere_bring_the_account(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=12))
    book(hq)
    cursor = south.page().next_cursor
    request = HoldRequest(new_id(now_ms()), "a", "shop", 5)

    assert 5 == accepted(south.post("/holds", encode_message(request)), HoldAnswer).held_units
    assert ["a"] == refs(south.page(cursor))


def test_that_a_store_that_moves_brings_its_members_and_begins_anew(
    hq: RunningHq, tills: tuple[Journal, Journal]
) -> None:
    north, south = tills
    north.upload(enrolment("a", "299"), sale(account_ref="a", card="299"))
    south.upload(enrolment("b", "300"), sale(account_ref="b", card="300"))
    book(hq)
    cursor, part = north.page().next_cursor, snapshot(north).next_cursor

    assert 1 == move_store(hq.engine, "store-1", "south")

    page = north.page(cursor)
    assert (True, ["a", "b"]) == (page.restart, refs(page))
    assert accepted(north.get(f"/snapshot?cursor={part}"), SnapshotPage).restart
    assert (["a", "b"], ["a", "b"]) == (refs(snapshot(north)), refs(south.page()))
    assert not north.page(page.next_cursor).restart
    assert [("south", "store-1"), ("south", "store-2")] == list_stores(hq.engine)


def test_that_a_region_is_a_word_and_a_store_is_in_one(hq: RunningHq, tills: tuple[Journal, Journal]) -> None:
    for region in ("North", "two words", "", "x" * 25, "a.b"):
        with pytest.raises(InputError, match="cannot name"):
            move_store(hq.engine, "store-1", region)
    with pytest.raises(InputError, match="no store"):
        move_store(hq.engine, "nowhere", "north")
    with pytest.raises(InputError, match="is of the region north"):
        create_enrolment_code(hq.engine, "store-1", now_ms=now_ms(), region="south")
    assert len(create_enrolment_code(hq.engine, "store-1", now_ms=now_ms())) > 0
    assert tills


def test_that_regions_are_kept_in_their_order() -> None:
    assert ["a", "a b", "a b", ""] == [
        with_region("", "a"),
        with_region("b", "a"),
        with_region("a b", "b"),
        with_region("", ""),
    ]


def test_that_a_cursor_of_an_older_headquarters_goes_on(hq: RunningHq, journal: Journal) -> None:
    """Where holders had changes of their own, the number is read once more."""
    journal.upload(enrolment("a", "299"))
    book(hq)
    gen, number, *_ = journal.page().next_cursor.split(".")

    page = journal.page(f"{gen}.{number}.p.YQ")

    assert (["a"], False) == (refs(page), page.restart)
    assert [] == refs(journal.page(f"{gen}.{number}.z."))
