from itertools import permutations
from typing import Any

import msgspec
import pytest
from sqlalchemy import update
from sqlalchemy.event import listens_for

from hq import settling, tables
from hq.apply import _apply_run
from hq.operate import RunningHq
from hq.received import Received
from hq.returns import SALE_MISSING, UNCLEAR, settle
from hq.settling import decide_sale, sales_to_choose_from
from hq.tasks import list_tasks, mark_done
from hq.working_set import WorkingSet
from pos_app.errors import InputError
from pos_app.loyalty.programme import parse_programme, programme_set
from pos_app.model.evaluation import Award, BurnShare, LotGrant
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import AnyEvent, BurnedLot, GrantedLot, MergeEvent, ReturnedLine, ReturnEvent, SaleEvent
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.journals import DAY_MS, START_MS, enrolment, moment, new_id, sale
from tests.hq.ledgers import LATER_MS, assert_sound
from tests.hq.tills import Till, book_all, programmes_known, rows, taken_back, task_codes, units, unseen
from tests.pos_app.loyalty.builders import preset

PIECE = 1000
NUMBER = "001-01-0000007"


def bought(*, pieces: int = 3, earned: int = 10, burned: int = 0, **changes: object) -> SaleEvent:
    """One line of so many pieces."""
    sold = sale(account_ref="a", card="299", amounts=(900,), earned=earned, burned=burned, **changes)  # type: ignore[arg-type]
    lines = tuple(msgspec.structs.replace(line, quantity_milli=pieces * PIECE) for line in sold.lines)
    parts = (BurnedLot(new_id(), burned, START_MS + 20 * DAY_MS),) if burned else ()
    return msgspec.structs.replace(sold, lines=lines, burned_lots=parts)


def test_that_what_two_tills_take_back_adds_up_to_what_one_would(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = bought()
    first.book(sold)
    # Neither knows of the other: each would take back 3 of 10 points for the first of three pieces.
    first.write(taken_back(sold, {1: PIECE}))
    second.write(taken_back(sold, {1: PIECE}))
    book_all(hq.engine)
    two_back = units(hq.engine, "a")
    first.book(taken_back(sold, {1: PIECE}))

    assert {"issued": -4, "available": 4} == two_back
    assert {} == units(hq.engine, "a")
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_what_exceeds_the_sale_moves_no_points_and_is_a_task(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = bought()
    first.book(sold)
    first.write(taken_back(sold, {1: 2 * PIECE}))
    second.write(taken_back(sold, {1: 2 * PIECE}), taken_back(sold, {1: PIECE}))
    book_all(hq.engine)

    assert {} == units(hq.engine, "a")
    assert ["returned_too_much", "returned_too_much"] == task_codes(hq.engine)
    assert [PIECE, 2 * PIECE] == [milli for (milli,) in rows(hq.engine, "return_line", "quantity_milli")]
    assert [300, 600, 600] == sorted(minor for (minor,) in rows(hq.engine, "sale", "total_minor", kind="return"))
    assert [(0,)] == rows(hq.engine, "accumulator", "sum_minor")
    assert_sound(hq)


def test_that_the_same_return_from_two_chains_is_one(hq: RunningHq) -> None:
    first, copy = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = bought()
    back = taken_back(sold, {1: PIECE})
    first.book(sold, back)
    copy.book(sold, back)

    assert {"issued": -7, "available": 7} == units(hq.engine, "a")
    assert [] == task_codes(hq.engine)


def test_that_a_return_waits_for_its_sale_and_is_settled_when_it_comes(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = bought()
    second.book(taken_back(sold, {1: PIECE}))
    waiting = units(hq.engine, "a"), task_codes(hq.engine), rows(hq.engine, "sale", "kind")
    first.book(sold)

    assert ({}, ["sale_missing"], [("return",)]) == waiting
    assert ({"issued": -7, "available": 7}, []) == (units(hq.engine, "a"), task_codes(hq.engine))
    book_all(hq.engine)
    assert {"issued": -7, "available": 7} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_a_return_of_something_that_is_no_sale_is_a_task(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    card = enrolment("a", "299")
    second.book(taken_back(bought(), {1: PIECE}, sale_event_id=card.event_id))
    first.book(card, taken_back(bought(), {1: PIECE}, sale_event_id=card.event_id))

    assert ["not_a_sale", "not_a_sale"] == task_codes(hq.engine)


def test_that_burned_points_come_back_with_their_dates_and_days_of_grace(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = bought(earned=0, burned=9)
    undated = msgspec.structs.replace(
        bought(earned=0, burned=9), account_ref="b", card_ref="300", burned_lots=(), event_id=new_id()
    )
    back, no_dates = taken_back(sold, {1: PIECE}), taken_back(undated, {1: PIECE})
    till.book(sale(account_ref="a", card="299", earned=9), sale(account_ref="b", card="300", earned=9))
    till.book(sold, undated, back, no_dates, now_ms=START_MS + 2 * DAY_MS)

    restored = derived_id(back.event_id, "restored-1"), START_MS + 20 * DAY_MS, 3
    made_up = derived_id(no_dates.event_id, "restored-0"), START_MS + (1 + 365) * DAY_MS, 3
    of_lot = ("lot_id", "expires_at_ms", "remaining_units")
    assert [restored] == rows(hq.engine, "lot", *of_lot, account_ref="a", remaining_units=3)
    assert [made_up] == rows(hq.engine, "lot", *of_lot, account_ref="b", remaining_units=3)
    assert_sound(hq)


def test_that_points_that_have_expired_are_not_owed(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = bought(expires_ms=START_MS + DAY_MS // 2)
    till.book(sold, taken_back(sold, {1: 3 * PIECE}))

    assert {} == units(hq.engine, "a")
    assert_sound(hq)


def test_that_what_is_spent_is_owed_counted_by_its_cause_and_forgiven_where_the_programme_clamps(hq: RunningHq) -> None:
    till = Till(hq.engine)
    kind, strict = bought(), msgspec.structs.replace(bought(), account_ref="b", card_ref="300")
    spend = [
        sale(account_ref=ref, card=card, burned=10, utc_ms=START_MS + 1) for ref, card in (("a", "299"), ("b", "300"))
    ]
    till.book(kind, strict, *spend)
    till.book(taken_back(kind, {1: 3 * PIECE}, clamps=True), taken_back(strict, {1: 3 * PIECE}))

    assert {"issued": -10, "redeemed": 10} == units(hq.engine, "a")
    assert {"redeemed": 10, "overdraft": -10} == units(hq.engine, "b")
    assert [("b", "clawback", 10)] == rows(hq.engine, "overdraft_cause", "account_ref", "cause", "units")
    assert [("a", True), ("b", True)] == rows(hq.engine, "account", "account_ref", "offline_burning")
    assert_sound(hq)


CLAMPING = """
schema = 1
id = "points"
version = 1
name = "What is spent is forgiven"
point_worth_minor = 1

[returns]
spent = "clamp"

[[rules]]
kind = "fixed-card"
id = "ten"
other_rate_bp = 1000
rates_bp = {}
"""


def merging(account_ref: str, merged_ref: str) -> MergeEvent:
    return MergeEvent(event_id=new_id(), moment=moment(), account_ref=account_ref, merged_ref=merged_ref)


def paid_by_points(hq: RunningHq | None) -> SaleEvent:
    """Three lines: the first two earned 5 points each, and 12 were burned on the last two. HQ knows the programme, if one is told."""
    programmes = programme_set([parse_programme(CLAMPING, source="points.toml")])
    if hq is not None:
        programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())
    sold = sale(account_ref="a", card="299", amounts=(500, 500, 500), earned=10, burned=12, utc_ms=START_MS + 1)
    (grant,) = sold.granted_lots
    reason = sold.awards[0].reason
    return msgspec.structs.replace(
        sold,
        engine_input=msgspec.structs.replace(sold.engine_input, programme_set_hash=programmes.hash),
        awards=tuple(Award(number, "points", "ten", 5, reason) for number in (1, 2)),
        granted_lots=(
            msgspec.structs.replace(grant, grant=msgspec.structs.replace(grant.grant, programme_id="points")),
        ),
        burn_shares=(BurnShare(2, 6, 6), BurnShare(3, 6, 6)),
        burned_lots=(BurnedLot(new_id(), 12),),
    )


@pytest.mark.parametrize("how", ["in one run", "each by itself", "before the sale", "around a merge"])
@pytest.mark.parametrize("knows_programmes", [True, False])
@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_that_a_sale_ends_at_the_same_points_in_whatever_parts_and_order_tills_take_it_back(
    hq: RunningHq, order: tuple[int, ...], how: str, *, knows_programmes: bool
) -> None:
    """12 come back and 10 are taken, though the member had spent them. No till knows what came back at the other."""
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = paid_by_points(hq if knows_programmes else None)
    had, spent = (
        sale(account_ref="a", card="299", earned=earned, burned=burned, utc_ms=START_MS + 2 * burned)
        for earned, burned in ((12, 0), (0, 10))
    )
    # Beneath a headquarters that lacks the programmes, what the till says of forgiving counts.
    words: dict[str, Any] = {} if knows_programmes else {"clamps": True}
    backs = [taken_back(sold, {line_no: PIECE}, utc_ms=START_MS + DAY_MS + line_no, **words) for line_no in order]
    first.book(had)
    if how != "before the sale":
        first.book(sold, spent)
    for number, back in enumerate(backs):
        (first, second)[number % 2].write(back)
        if how != "in one run":
            book_all(hq.engine)
        if how == "around a merge" and number == 1:
            first.book(sale(account_ref="z", card="300"), merging("z", "a"))
    book_all(hq.engine)
    if how == "before the sale":
        first.book(spent)
        first.book(sold)

    figures = units(hq.engine, "z" if how == "around a merge" else "a")
    assert (2, 0) == (figures["available"], figures.get("overdraft", 0))
    assert [] == task_codes(hq.engine)
    assert_sound(hq)


def test_that_what_unseen_goods_were_forgiven_is_paid_by_what_comes_back_later(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = msgspec.structs.replace(paid_by_points(hq), receipt_number=NUMBER)
    till.book(sale(account_ref="a", card="299", earned=12), sold)
    till.book(sale(account_ref="a", card="299", burned=10, utc_ms=START_MS + 2))
    till.book(unseen(NUMBER, (sold.lines[0].product_code, PIECE)))
    forgiven = units(hq.engine, "a")
    till.book(unseen(NUMBER, (sold.lines[2].product_code, PIECE)))

    assert (0, 1) == (forgiven.get("available", 0), units(hq.engine, "a")["available"])
    assert ([], True) == (task_codes(hq.engine), "overdraft" not in units(hq.engine, "a"))
    assert_sound(hq)


def test_that_points_are_taken_from_the_account_that_took_the_other_over(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(sale(account_ref="z", card="299"))
    sold = bought()
    second.book(sold)
    second.book(taken_back(sold, {1: 3 * PIECE}))

    assert ({}, {}) == (units(hq.engine, "z"), units(hq.engine, "a"))
    assert [("merged",)] == rows(hq.engine, "account", "status", account_ref="a")


def test_that_counted_sums_leave_the_month_of_the_sale(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = bought()
    till.book(sold, taken_back(sold, {1: 2 * PIECE}, utc_ms=START_MS + 40 * DAY_MS))

    assert [("2026-01", 300)] == rows(hq.engine, "accumulator", "month", "sum_minor")


def test_that_a_return_is_computed_again_where_hq_has_the_programmes(hq: RunningHq) -> None:
    programmes = programme_set([preset("fixed-card")])
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())
    till = Till(hq.engine)
    sold = bought()
    engine_input = msgspec.structs.replace(sold.engine_input, programme_set_hash=programmes.hash)
    sold = msgspec.structs.replace(sold, engine_input=engine_input)
    honest = taken_back(sold, {1: PIECE}, programmes=programmes)
    liar = taken_back(sold, {1: PIECE}, programmes=programmes, before=honest.lines, clawed_back=())
    till.book(sold, honest, liar)

    assert {"issued": -4, "available": 4} == units(hq.engine, "a")
    assert ["return_differs"] == task_codes(hq.engine)


def test_that_rules_that_hq_cannot_run_fall_back_to_shares(hq: RunningHq) -> None:
    programmes = programme_set([preset("fixed-card")])
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())
    till = Till(hq.engine)
    sold = bought()
    engine_input = msgspec.structs.replace(sold.engine_input, programme_set_hash=programmes.hash, semantics=99)
    sold = msgspec.structs.replace(sold, engine_input=engine_input)
    till.book(sold, taken_back(sold, {1: PIECE}))

    assert {"issued": -7, "available": 7} == units(hq.engine, "a")


@pytest.mark.parametrize(
    "words",
    [
        {"clawed_back": ()},
        {"restored_lots": (GrantedLot(new_id(), LotGrant("", "shop", 4, START_MS, None)),)},
        {"lines": (ReturnedLine(1, PIECE, 300, 0, 99, 0),)},
    ],
)
def test_that_words_that_do_not_fit_the_sale_do_not_count(hq: RunningHq, words: dict[str, Any]) -> None:
    till = Till(hq.engine)
    sold = bought()
    till.book(sold, taken_back(sold, {1: PIECE}, **words))

    assert {"issued": -7, "available": 7} == units(hq.engine, "a")


def test_that_an_unseen_return_is_settled_once_its_sale_is_there(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = bought(receipt_number="001-01-0000007")
    code = sold.lines[0].product_code
    second.book(unseen("001-01-0000007", (code, PIECE)))
    waiting = rows(hq.engine, "unseen_return", "settled_at_ms"), rows(hq.engine, "sale", "kind", "total_minor")
    first.book(sold)
    settled = units(hq.engine, "a")
    book_all(hq.engine)
    first.book(taken_back(sold, {1: 2 * PIECE}))

    assert ([(None,)], [("return", 100)]) == waiting
    assert {"issued": -7, "available": 7} == settled
    assert [(LATER_MS,)] == rows(hq.engine, "unseen_return", "settled_at_ms")
    assert ({}, []) == (units(hq.engine, "a"), task_codes(hq.engine))
    assert_sound(hq)


def test_that_a_till_hears_how_the_account_stands_when_its_return_moved_nothing(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = bought()
    first.book(sold, taken_back(sold, {1: 2 * PIECE}), taken_back(sold, {1: PIECE}))
    before = rows(hq.engine, "account_region", "change_no")
    second.book(taken_back(sold, {1: PIECE}))
    assert before < rows(hq.engine, "account_region", "change_no")


def test_that_unseen_goods_that_the_receipt_has_not_all_move_nothing_and_are_a_task(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = bought(receipt_number=NUMBER)
    code = sold.lines[0].product_code
    till.book(
        sold,
        unseen(NUMBER, (code, 2 * PIECE), ("other", PIECE)),
        unseen(NUMBER, (code, 2 * PIECE), utc_ms=START_MS + 2 * DAY_MS),
        unseen(NUMBER, (code, 2 * PIECE), utc_ms=START_MS + 3 * DAY_MS),
    )
    book_all(hq.engine)

    assert ({"issued": -4, "available": 4}, [UNCLEAR] * 2) == (units(hq.engine, "a"), task_codes(hq.engine))
    assert [(2 * PIECE,)] == rows(hq.engine, "return_line", "quantity_milli")
    assert_sound(hq)


def of_another_member(code: str, **changes: object) -> SaleEvent:
    """A later sale of the same number: the disk was put back and went on."""
    sold = bought(receipt_number=NUMBER)
    line = msgspec.structs.replace(sold.lines[0], product_code=code)
    return msgspec.structs.replace(sold, account_ref="b", card_ref="300", lines=(line,), **changes)


def test_that_unseen_goods_go_back_to_the_one_sale_of_their_number_that_has_them(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    sold, other = bought(receipt_number=NUMBER), of_another_member("soap")
    first.book(sold, other)
    second.book(unseen(NUMBER, ("soap", 3 * PIECE)))

    assert ({"issued": -10, "available": 10}, {}) == (units(hq.engine, "a"), units(hq.engine, "b"))
    assert [] == task_codes(hq.engine)
    assert 2 == len(rows(hq.engine, "receipt", "event_id", receipt_number=NUMBER))
    assert_sound(hq)


def test_that_unseen_goods_wait_for_another_sale_of_their_number(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    second.book(unseen(NUMBER, ("soap", PIECE)))
    first.book(bought(receipt_number=NUMBER))
    waiting = task_codes(hq.engine), rows(hq.engine, "unseen_return", "settled_at_ms", "sales_seen")
    other = of_another_member("soap")
    first.book(other)

    assert ([UNCLEAR], [(None, 1)]) == waiting
    assert ([], {"issued": -7, "available": 7}) == (task_codes(hq.engine), units(hq.engine, "b"))
    assert {"issued": -10, "available": 10} == units(hq.engine, "a")
    assert_sound(hq)


def unclear(hq: RunningHq) -> tuple[int, SaleEvent, SaleEvent]:
    """Two sales of one number that both have the unseen goods: the task about them, and the sales."""
    till = Till(hq.engine)
    sold = bought(receipt_number=NUMBER)
    code = sold.lines[0].product_code
    # Of the second one piece is back already.
    other = of_another_member(code)
    till.book(sold, other, taken_back(other, {1: PIECE}), unseen(NUMBER, (code, 2 * PIECE)))
    ((task_id,),) = rows(hq.engine, "task", "task_id", code=UNCLEAR, done_at_ms=None)
    return task_id, sold, other


def test_that_unseen_goods_that_several_sales_of_their_number_have_wait_for_a_persons_word(hq: RunningHq) -> None:
    task_id, sold, other = unclear(hq)
    first, second = sales_to_choose_from(hq.engine, task_id)
    untouched = units(hq.engine, "a"), units(hq.engine, "b")
    decide_sale(hq.engine, task_id, other.event_id, now_ms=LATER_MS)

    assert ({"issued": -10, "available": 10}, {"issued": -7, "available": 7}) == untouched
    assert {sold.event_id: ("a", True), other.event_id: ("b", True)} == {
        one.event_id: (one.account_ref, one.has_all) for one in (first, second)
    }
    assert ({}, []) == (units(hq.engine, "b"), task_codes(hq.engine))
    assert [(LATER_MS,)] == rows(hq.engine, "unseen_return", "settled_at_ms")
    assert_sound(hq)


def test_that_as_much_as_a_sale_has_left_goes_back_to_it_when_a_person_says_so(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = bought(receipt_number=NUMBER)
    code = sold.lines[0].product_code
    till.book(sold, taken_back(sold, {1: 2 * PIECE}), unseen(NUMBER, (code, 2 * PIECE)))
    ((task_id,),) = rows(hq.engine, "task", "task_id")
    (one,) = sales_to_choose_from(hq.engine, task_id)
    decide_sale(hq.engine, task_id, one.event_id, now_ms=LATER_MS)

    assert (False, {}, []) == (one.has_all, units(hq.engine, "a"), task_codes(hq.engine))
    assert_sound(hq)


def test_that_what_cannot_be_decided_is_refused(hq: RunningHq) -> None:
    task_id, sold, other = unclear(hq)
    first = Till(hq.engine, 2)
    first.book(taken_back(other, {1: 2 * PIECE}))
    with pytest.raises(InputError):
        decide_sale(hq.engine, task_id, other.event_id, now_ms=LATER_MS)
    with pytest.raises(InputError):
        decide_sale(hq.engine, task_id, new_id(), now_ms=LATER_MS)
    with pytest.raises(InputError):
        sales_to_choose_from(hq.engine, task_id + 100)
    decide_sale(hq.engine, task_id, sold.event_id, now_ms=LATER_MS)
    with pytest.raises(InputError):
        decide_sale(hq.engine, task_id, sold.event_id, now_ms=LATER_MS)
    assert {"issued": -4, "available": 4} == units(hq.engine, "a")


def test_that_no_points_go_back_with_unseen_goods_once_somebody_called_their_task_done(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    second.book(unseen(NUMBER, ("soap", PIECE)))
    first.book(bought(receipt_number=NUMBER))
    (task,) = list_tasks(hq.engine)
    mark_done(hq.engine, task.task_id, now_ms=LATER_MS)
    first.book(of_another_member("soap"))

    assert ([], {"issued": -10, "available": 10}) == (task_codes(hq.engine), units(hq.engine, "b"))
    assert [(LATER_MS,)] == rows(hq.engine, "unseen_return", "settled_at_ms")


def test_that_unseen_goods_of_a_sale_past_its_retention_are_a_task(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = bought(receipt_number=NUMBER)
    till.book(sold)
    with hq.engine.begin() as connection:
        connection.execute(update(tables.inbox).values(body=None))
    till.book(unseen(NUMBER, (sold.lines[0].product_code, PIECE)))

    assert (["not_a_sale"], [(LATER_MS,)]) == (task_codes(hq.engine), rows(hq.engine, "unseen_return", "settled_at_ms"))


def test_that_an_unseen_return_of_an_anonymous_sale_moves_no_points(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(receipt_number="001-01-0000007", amounts=(100,))
    till.book(sold, unseen("001-01-0000007", (sold.lines[0].product_code, PIECE)))

    assert [] == rows(hq.engine, "entry", "units")
    assert [(PIECE,)] == rows(hq.engine, "return_line", "quantity_milli")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (taken_back(bought(), {1: PIECE}, lines=()), "lines"),
        (taken_back(bought(), {1: PIECE}, sale_event_id="x"), "ref"),
        (taken_back(bought(), {1: PIECE}, lines=(ReturnedLine(1, 0, 0, 0, 0, 0),)), "lines"),
        (taken_back(bought(), {1: PIECE}, lines=(ReturnedLine(1, 1, 0, 0, -1, 0),)), "range"),
        (unseen("001-01-0000007"), "lines"),
        (unseen("", ("1", PIECE)), "ref"),
        (unseen("001-01-0000007", ("1", 0)), "lines"),
        (msgspec.structs.replace(bought(), lines=()), "lines"),
        (msgspec.structs.replace(bought(), burn_shares=(BurnShare(2, 1, 1),)), "lines"),
        (msgspec.structs.replace(bought(), burned_lots=(BurnedLot("x", -1),)), "range"),
        (msgspec.structs.replace(bought(), granted_lots=()), "awards"),
        (msgspec.structs.replace(bought(), auth_id="x"), "ref"),
    ],
)
def test_that_what_cannot_be_taken_back_is_a_task(hq: RunningHq, event: AnyEvent, code: str) -> None:
    Till(hq.engine).book(event)

    assert [code] == task_codes(hq.engine)
    assert [] == rows(hq.engine, "sale", "kind")


@pytest.mark.expects_log("settle.failed")
def test_that_one_that_cannot_be_settled_keeps_no_other_waiting(hq: RunningHq, monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till(hq.engine)
    first, second = (sale(account_ref=ref, card=card, earned=4) for ref, card in (("a", "299"), ("b", "300")))
    till.book(taken_back(first, {1: 1000}), taken_back(second, {1: 1000}))

    def failing(work: WorkingSet, received: Received, event: ReturnEvent, *, now_ms: int) -> None:
        assert event.sale_event_id != first.event_id, "a defect"
        settle(work, received, event, now_ms=now_ms)

    with monkeypatch.context() as patch:
        patch.setattr(settling, "settle", failing)
        till.book(first, second)
    assert [SALE_MISSING] == task_codes(hq.engine)
    book_all(hq.engine)
    assert [] == task_codes(hq.engine)


def test_that_a_sale_that_another_applier_books_meanwhile_is_read(hq: RunningHq) -> None:
    engine = hq.engine
    sold = bought()
    first, copy = Till(engine, 1), Till(engine, 2)
    first.write(enrolment("a", "299"), sold)
    copy.write(enrolment("a", "299"), sold, taken_back(sold, {1: PIECE}))
    interrupted: list[str] = []

    @listens_for(engine, "before_cursor_execute")
    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not interrupted and "FROM account" in statement and "FOR UPDATE" in statement:
            interrupted.append(statement)
            _apply_run(engine, first.terminal_id, now_ms=LATER_MS)

    _apply_run(engine, copy.terminal_id, now_ms=LATER_MS)
    assert (engine.dialect.name == "postgresql") == bool(interrupted), "SQLite has one writer: nobody comes between"
    book_all(engine)
    assert [] == task_codes(engine)
    assert 1 == len(rows(engine, "return_line", "line_no"))
