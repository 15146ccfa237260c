"""What people note of a member at a real till: events, rows, audit, what rules make of it, and what is refused."""

from typing import Any

import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.marks import Mark
from pos_app.protocol.events import MarkEvent, decode_body
from pos_app.use_cases import account_acts, marking
from pos_app.use_cases.repairing import repair
from storage import marks
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, DAY_MS, GOLD, NOBODY, NOON_MS, PILLS, TEA, Shop
from tests.staff import BEN, enter, hire

OFFERS = """
schema = 1
id = "offers"
version = 1
name = "Chosen products"
point_worth_minor = 1

[[rules]]
kind = "percent"
id = "favourite"
lane = "price"
rate_bp = 2000
exclude_products = ["rice"]
when = { chosen = { products = 2, days = 7 } }

[[rules]]
kind = "notice"
id = "vip"
text = "VIP: serve first"
when = { verified = true, segments = ["vip"] }
"""
FAVOURITE = "offers/favourite"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(OFFERS)


def do(shop: Shop, act: Any, *arguments: Any, **named: Any) -> Any:
    return shop.till.book_act(act, *arguments, **named).result()


def refusal(shop: Shop, act: Any, *arguments: Any, **named: Any) -> str:
    before = shop.query("SELECT count(*) FROM event")
    with pytest.raises(InputError) as refused:
        do(shop, act, *arguments, **named)
    assert before == shop.query("SELECT count(*) FROM event"), "a refusal books nothing"
    return refused.value.code


def marks_of(shop: Shop, card: str) -> tuple[Mark, ...]:
    return shop.till.database.read(lambda c: marks.marks_of(c, shop.member(card).account_ref))


def total_minor(shop: Shop, *goods: Any) -> int:
    return shop.sell(*goods, card=ANA).quote.total_minor


def test_that_a_mark_has_its_event_its_row_and_its_entry_of_the_audit_log(shop: Shop) -> None:
    assert do(shop, marking.verify, ANA).verified
    ((body,),) = shop.query("SELECT body FROM event WHERE kind = 'mark'")
    event = decode_body(body)
    assert isinstance(event, MarkEvent)
    assert (f"account-{ANA}", "verified", "", True, 3) == (
        event.account_ref,
        event.name,
        event.value,
        event.on,
        event.version,
    )
    assert (Mark("verified", "", "2026-07-01"),) == marks_of(shop, ANA)
    assert [("mark_member", f"account-{ANA}")] == shop.query("SELECT action, subject FROM audit")
    assert not do(shop, marking.verify, ANA, withdraw=True).verified
    assert () == marks_of(shop, ANA)
    assert {} == shop.bad_findings()


def test_that_a_notice_is_for_verified_members_of_its_segment(shop: Shop) -> None:
    def notices() -> list[str]:
        return [one.text for one in shop.till.quote(shop.basket(TEA, card=ANA)).result.notices]

    do(shop, marking.verify, ANA)
    assert [] == notices()
    assert ("vip",) == do(shop, marking.put_in_segment, ANA, "vip").segments
    assert ["VIP: serve first"] == notices()
    do(shop, marking.put_in_segment, ANA, "vip", remove=True)
    assert [] == notices()


def test_that_what_is_noted_already_or_not_there_is_refused(shop: Shop) -> None:
    assert "mark.same" == refusal(shop, marking.verify, ANA, withdraw=True)
    assert "mark.same" == refusal(shop, marking.put_in_segment, ANA, "vip", remove=True)
    do(shop, marking.verify, ANA)
    do(shop, marking.put_in_segment, ANA, "vip")
    assert "mark.same" == refusal(shop, marking.verify, ANA)
    assert "mark.same" == refusal(shop, marking.put_in_segment, ANA, "vip")
    assert "account.unknown" == refusal(shop, marking.verify, NOBODY)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_that_a_segment_has_a_name_that_every_till_can_read(shop: Shop, name: str) -> None:
    assert "mark.segment" == refusal(shop, marking.put_in_segment, ANA, name)


def test_that_a_member_is_in_so_many_segments_at_most(shop: Shop) -> None:
    for number in range(marking.SEGMENTS_MAX):
        do(shop, marking.put_in_segment, ANA, f"s-{number}")
    assert "mark.segments" == refusal(shop, marking.put_in_segment, ANA, "one-more")


def test_that_a_chosen_product_is_cheaper_for_its_days(shop: Shop) -> None:
    assert 1000 == total_minor(shop, TEA)
    assert {FAVOURITE: ("tea",)} == do(shop, marking.choose, ANA, FAVOURITE, "tea").chosen
    assert (800, 1133) == (total_minor(shop, TEA), total_minor(shop, TEA, BREAD))
    shop.wait(7 * DAY_MS)
    assert 800 == total_minor(shop, TEA), "the seventh day after the choice"
    shop.wait(DAY_MS)
    assert 1000 == total_minor(shop, TEA)
    do(shop, marking.choose, ANA, FAVOURITE, "tea")
    assert 800 == total_minor(shop, TEA)
    assert (Mark(f"chosen:{FAVOURITE}", "tea", "2026-07-09"),) == marks_of(shop, ANA)
    assert {} == shop.bad_findings()


def test_that_the_newest_choices_count_and_one_too_many_is_refused(shop: Shop) -> None:
    do(shop, marking.choose, ANA, FAVOURITE, "tea")
    shop.wait(DAY_MS)
    do(shop, marking.choose, ANA, FAVOURITE, "bread")
    assert {FAVOURITE: ("bread", "tea")} == shop.member(ANA).chosen
    shop.put(TEA.__class__("milk", "Milk", 100, 0))
    assert "mark.chosen" == refusal(shop, marking.choose, ANA, FAVOURITE, "milk")
    assert "mark.same" == refusal(shop, marking.choose, ANA, FAVOURITE, "bread")
    shop.wait(7 * DAY_MS)
    do(shop, marking.choose, ANA, FAVOURITE, "milk")
    assert {FAVOURITE: ("milk", "bread")} == shop.member(ANA).chosen


def test_that_one_choice_too_many_is_refused_in_the_singular_too(open_shop: OpenShop) -> None:
    shop = open_shop(OFFERS.replace("products = 2", "products = 1"))
    do(shop, marking.choose, ANA, FAVOURITE, "tea")
    with pytest.raises(InputError, match="One product may be chosen in 7 days, and that is done"):
        do(shop, marking.choose, ANA, FAVOURITE, "bread")


@pytest.mark.parametrize("product", ["nothing", "pills", "rice"])
def test_that_only_goods_of_the_rule_can_be_chosen(shop: Shop, product: str) -> None:
    assert "mark.product" == refusal(shop, marking.choose, ANA, FAVOURITE, product)


def test_that_only_a_rule_that_offers_a_choice_takes_one(open_shop: OpenShop, shop: Shop) -> None:
    assert "mark.rule" == refusal(shop, marking.choose, ANA, "offers/vip", "tea")
    assert "mark.rule" == refusal(open_shop("fixed-card"), marking.choose, ANA, FAVOURITE, "tea")


def test_that_the_till_knows_which_rules_would_take_a_product(shop: Shop) -> None:
    assert [[FAVOURITE], []] == [[one.key for one in marking.choices_for(shop.till, goods)] for goods in (TEA, PILLS)]


def test_that_who_brought_a_member_is_noted_before_they_pay_and_never_in_a_circle(shop: Shop) -> None:
    do(shop, marking.refer, BOB, ANA)
    do(shop, marking.refer, BOB, GOLD)
    assert (Mark("referred_by", f"account-{GOLD}", "2026-07-01"),) == marks_of(shop, BOB)
    assert "mark.same" == refusal(shop, marking.refer, BOB, GOLD)
    assert "mark.self" == refusal(shop, marking.refer, BOB, BOB)
    assert "mark.circle" == refusal(shop, marking.refer, GOLD, BOB)
    shop.sell(TEA, card=ANA)
    assert "mark.late" == refusal(shop, marking.refer, ANA, BOB)


def test_that_a_member_is_enrolled_with_who_brought_them(shop: Shop) -> None:
    shop.till.enrol(NOBODY, referred_by=ANA).result()
    assert (Mark("referred_by", f"account-{ANA}", "2026-07-01"),) == marks_of(shop, NOBODY)


def test_that_nobody_is_enrolled_where_the_card_of_who_brought_them_is_not_known(shop: Shop) -> None:
    with pytest.raises(InputError) as refused:
        shop.till.enrol(NOBODY, referred_by="2990000000057").result()
    assert "enrol.referred_by" == refused.value.code
    assert None is shop.till.find_member(NOBODY)


def test_that_marks_come_along_when_accounts_are_merged_and_the_earlier_date_stays(shop: Shop) -> None:
    do(shop, marking.verify, BOB)
    do(shop, marking.refer, ANA, BOB)
    shop.wait(DAY_MS)
    do(shop, marking.verify, ANA)
    do(shop, marking.put_in_segment, BOB, "vip")
    do(shop, account_acts.merge, ANA, BOB)
    assert (Mark("segment", "vip", "2026-07-02"), Mark("verified", "", "2026-07-01")) == marks_of(shop, ANA)
    do(shop, marking.verify, f"account-{BOB}", withdraw=True)
    assert not shop.member(ANA).verified
    assert {} == shop.bad_findings()


def test_that_a_cashier_notes_choices_and_a_manager_the_rest(shop: Shop) -> None:
    hire(shop.till)
    enter(shop.till, BEN.staff_ref)
    do(shop, marking.choose, ANA, FAVOURITE, "tea")
    do(shop, marking.refer, BOB, ANA)
    with pytest.raises(NotAllowedError):
        do(shop, marking.verify, ANA)
    with pytest.raises(NotAllowedError):
        do(shop, marking.put_in_segment, ANA, "vip")


def test_that_the_doctor_finds_marks_that_are_not_the_events_and_puts_them_right(shop: Shop) -> None:
    do(shop, marking.verify, ANA)
    shop.damage("UPDATE account_mark SET since_date = '2020-01-01'")
    assert f"account account-{ANA}: the marks" in shop.bad_findings()["counters"]
    (repaired,) = shop.till.database.write(lambda c: repair(shop.till, c))
    assert ("marks", (f"account-{ANA}",)) == (repaired.what, repaired.names)
    assert (Mark("verified", "", "2026-07-01"),) == marks_of(shop, ANA)
    assert NOON_MS == shop.clock.now_ms
