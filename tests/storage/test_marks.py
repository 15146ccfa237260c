"""Marks as the till keeps them: on top of HQ's state, through a merge at HQ, and from a mirror."""

import pytest

from pos_app.model.marks import Mark
from pos_app.protocol.events import MarkEvent
from pos_app.use_cases import marking
from storage import marks
from tests.conftest import OpenShop
from tests.hq.journals import moment, new_id
from tests.shop import ANA, BOB, Shop
from tests.storage.test_own_view import HQ, seq, state, take

BOB_REF, ANA_REF = f"account-{BOB}", f"account-{ANA}"
VIP = Mark("segment", "vip", "2026-07-01")
STAFF = Mark("segment", "staff", "2026-06-01")


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop("fixed-card", **HQ)


def marks_of(shop: Shop, ref: str) -> tuple[Mark, ...]:
    return shop.till.database.read(lambda c: marks.marks_of(c, ref))


def test_that_a_mark_that_was_made_here_stays_on_top_until_hq_knows(shop: Shop) -> None:
    counted = seq(shop)
    shop.till.book_act(marking.put_in_segment, BOB, "vip").result()
    take(shop, state(BOB, counts=counted, marks=(STAFF,)))
    assert (STAFF, VIP) == marks_of(shop, BOB_REF)
    take(shop, state(BOB, counts=seq(shop), marks=(STAFF,)))
    assert (STAFF,) == marks_of(shop, BOB_REF)


def test_that_a_mark_of_an_account_that_hq_has_merged_goes_to_its_survivor(shop: Shop) -> None:
    counted = seq(shop)
    shop.till.book_act(marking.put_in_segment, BOB, "vip").result()
    take(
        shop,
        state(ANA, counts=counted, marks=(STAFF,)),
        state(BOB, counts=counted, status="merged", merged_into=ANA_REF, cards=()),
    )
    assert (STAFF, VIP) == marks_of(shop, ANA_REF)


def test_that_what_is_said_of_an_account_that_is_not_known_here_is_not_kept(shop: Shop) -> None:
    for ref in ("nobody", BOB_REF):
        event = MarkEvent(event_id=new_id(), moment=moment(), account_ref=ref, name="segment", value="x")
        shop.till.database.write(lambda c, event=event: marks.note_event(c, event))  # type: ignore[misc]
    assert [(BOB_REF, "x")] == shop.query("SELECT account_ref, value FROM account_mark")


def test_that_a_database_without_marks_has_none_that_are_wrong(shop: Shop) -> None:
    assert [] == shop.till.database.read(marks.wrong_accounts)
