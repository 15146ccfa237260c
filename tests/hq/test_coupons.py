"""Coupons at HQ: reserved for one basket, used by one sale, and what becomes of a use too many. On both databases."""

import uuid
from pathlib import Path

import msgspec
import pytest

from hq import coupon_batches
from hq.coupons import RESERVED_HOURS_MAX, other_receipts
from hq.documents import publish_programme, published
from hq.metrics import read_figures
from hq.operate import RunningHq
from hq.policy import change_policy
from hq.retention import Retention, retain
from hq.tasks import list_tasks
from pos_app.errors import InputError
from pos_app.model.coupons import CouponBatch
from pos_app.model.evaluation import Discount, Reason
from pos_app.model.policy import Allowance
from pos_app.programmes import preset_text
from pos_app.protocol.coupons import coupon_code
from pos_app.protocol.events import PROGRAMMES_VERSION, AnyEvent, CouponVoidEvent, SaleEvent, UsedCoupon
from pos_app.protocol.messages import CouponAnswer, CouponRequest, decode_message, encode_message
from pos_app.protocol.signing import FRESH_MS
from pos_app.use_cases.coupon_making import CouponWish
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, START_MS, Journal, accepted, enrolment, moment, new_id, now_ms, refusal, sale
from tests.hq.ledgers import LATER_MS, assert_sound, book
from tests.hq.tills import Till, book_all, rows, taken_back, task_codes

RULE = "coupon/five-off"
OFF = Discount(1, "coupon", "five-off", 100, Reason("amount_off", {}))


@pytest.fixture
def batch(hq: RunningHq, tmp_path: Path) -> CouponBatch:
    """A published batch of three coupons for one receipt each."""
    return make(hq, tmp_path)


def make(hq: RunningHq, folder: Path, *, member: str = "", **more: object) -> CouponBatch:
    file = folder / "coupon.toml"
    file.write_text(preset_text("coupon"), encoding="utf-8")
    publish_programme(hq.engine, file)
    wish = CouponWish(rule=RULE, codes=3, **more)  # type: ignore[arg-type]
    return coupon_batches.make_batch(hq.engine, wish, member=member)[0]


def coupon(batch: CouponBatch, serial: int = 1) -> str:
    return f"{batch.batch_id}-{serial}"


def ask(journal: Journal, coupon_id: str, auth_id: str = "") -> str:
    """HQ's refusal, empty where it has reserved the coupon."""
    request = CouponRequest(auth_id or str(uuid.uuid4()), coupon_id)
    answer = accepted(journal.post("/coupons", encode_message(request)), CouponAnswer)
    assert request.auth_id == answer.auth_id
    return answer.refusal


def sold(*coupons: str, auth_id: str = "", utc_ms: int = START_MS, amounts: tuple[int, ...] = (1000,)) -> SaleEvent:
    made = sale(amounts=amounts, utc_ms=utc_ms)
    first, *others = made.lines
    lowered = msgspec.structs.replace(
        first, amount_minor=first.amount_minor - 100, payable_minor=first.payable_minor - 100
    )
    return msgspec.structs.replace(
        made,
        lines=(lowered, *others),
        total_minor=made.total_minor - 100,
        discounts=(OFF,),
        engine_input=msgspec.structs.replace(made.engine_input, coupons=(RULE,)),
        coupons=tuple(UsedCoupon(one, RULE, auth_id, "hold" if auth_id else "floor") for one in coupons),
        version=PROGRAMMES_VERSION,
    )


def void_of(coupon_id: str, auth_id: str) -> CouponVoidEvent:
    return CouponVoidEvent(event_id=new_id(), moment=moment(), auth_id=auth_id, coupon_id=coupon_id)


def states(hq: RunningHq) -> list[str]:
    return [state for (state,) in rows(hq.engine, "coupon_use", "state")]


def spent(hq: RunningHq) -> list[str]:
    """What tills are told to be used up."""
    found = rows(hq.engine, "document", "key", "body", kind="coupon_spent")
    return [key for key, body in found if body is not None]


# Reserving.


def test_that_a_coupon_is_reserved_for_one_basket(hq: RunningHq, enrol: Enrol, batch: CouponBatch) -> None:
    first, second = enrol(), enrol()
    auth_id = str(uuid.uuid4())
    assert ["", ""] == [ask(first, coupon(batch), auth_id) for _ in range(2)]
    assert "held" == ask(second, coupon(batch))
    assert "settled" == ask(second, coupon(batch), auth_id)
    assert "" == ask(second, coupon(batch, 2))
    first.upload(void_of(coupon(batch), auth_id))
    book(hq)
    assert "settled" == ask(first, coupon(batch), auth_id)
    assert "" == ask(second, coupon(batch))


def test_that_a_used_coupon_is_used(hq: RunningHq, journal: Journal, batch: CouponBatch) -> None:
    auth_id = str(uuid.uuid4())
    assert "" == ask(journal, coupon(batch), auth_id)
    journal.upload(sold(coupon(batch), auth_id=auth_id))
    book(hq)
    assert ["used", "settled"] == [ask(journal, coupon(batch)), ask(journal, coupon(batch), auth_id)]
    assert (["used"], [coupon(batch)]) == (states(hq), spent(hq))
    assert () == list_tasks(hq.engine)
    assert_sound(hq)


def test_that_a_coupon_for_several_receipts_is_reserved_so_often(
    hq: RunningHq, journal: Journal, tmp_path: Path
) -> None:
    twice = coupon(make(hq, tmp_path, uses=2))
    journal.upload(sold(twice))
    book(hq)
    assert ["", "held"] == [ask(journal, twice) for _ in range(2)]
    assert [] == spent(hq)


def test_that_what_was_made_by_nobody_or_withdrawn_is_not_reserved(
    hq: RunningHq, journal: Journal, batch: CouponBatch
) -> None:
    assert "unknown" == ask(journal, "AAAAA-1")
    coupon_batches.withdraw_batch(hq.engine, batch.batch_id)
    assert "withdrawn" == ask(journal, coupon(batch))
    with pytest.raises(InputError, match="No batch"):
        coupon_batches.withdraw_batch(hq.engine, "AAAAA")


def test_that_a_restored_headquarters_reserves_nothing(hq: RunningHq, journal: Journal, batch: CouponBatch) -> None:
    from hq.backup import begin_generation

    begin_generation(hq.engine)
    assert "restoring" == ask(journal, coupon(batch))


def test_that_a_reservation_that_nobody_ends_ends_by_itself(hq: RunningHq, enrol: Enrol, batch: CouponBatch) -> None:
    first, second = enrol(), enrol()
    assert "" == ask(first, coupon(batch))
    long_ago_ms = now_ms() - RESERVED_HOURS_MAX * 3_600_000 - 1
    with hq.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE coupon_use SET created_at_ms = {long_ago_ms}")
    assert "" == ask(second, coupon(batch))


def test_that_a_call_that_is_none_or_not_fresh_is_refused(hq: RunningHq, journal: Journal, batch: CouponBatch) -> None:
    assert (400, "MALFORMED") == refusal(journal.post("/coupons", b"{}"))
    no_coupon = b'{"auth_id":"%s","coupon_id":"%s-0"}' % (str(uuid.uuid4()).encode(), batch.batch_id.encode())
    assert (400, "MALFORMED") == refusal(journal.post("/coupons", no_coupon))
    good = encode_message(CouponRequest(str(uuid.uuid4()), coupon(batch)))
    assert (401, "STALE") == refusal(journal.post("/coupons", good, time_ms=now_ms() - FRESH_MS - 60_000))
    assert [] == states(hq)


# Booking.


def test_that_one_use_too_many_is_a_task_that_names_both_receipts(hq: RunningHq, batch: CouponBatch) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(sold(coupon(batch)))
    second.book(enrolment("a", "299"), sold(coupon(batch)))
    (task,) = list_tasks(hq.engine)
    assert ("coupon_twice", "002-01-0000002") == (task.code, task.event)
    assert task.what.endswith(f"{coupon(batch)} was used on 001-01-0000001 too.")
    assert (["used", "used"], [coupon(batch)]) == (states(hq), spent(hq))
    with hq.engine.connect() as connection:
        (figure,) = [one for one in read_figures(connection, now_ms=LATER_MS) if one.name == "pos_hq_open_tasks"]
        assert [({"code": "coupon_twice"}, 1.0)] == [(one.labels, one.value) for one in figure.samples]
        assert [] == other_receipts(connection, first.terminal_id, 1, 9)


def test_that_the_same_sale_again_uses_a_coupon_once(hq: RunningHq, batch: CouponBatch) -> None:
    event = sold(coupon(batch))
    Till(hq.engine, 1).book(event)
    Till(hq.engine, 2).book(event)
    assert (["used"], []) == (states(hq), task_codes(hq.engine))


def test_that_two_sales_under_one_reservation_are_two_uses(hq: RunningHq, batch: CouponBatch) -> None:
    auth_id = str(uuid.uuid4())
    Till(hq.engine).book(sold(coupon(batch), auth_id=auth_id), sold(coupon(batch), auth_id=auth_id))
    assert (["used", "used"], ["coupon_twice"]) == (states(hq), task_codes(hq.engine))


def test_that_a_sale_after_its_void_counts(hq: RunningHq, batch: CouponBatch) -> None:
    """A till that was alone may use what it had given back by the time that headquarters hears of it."""
    auth_id = str(uuid.uuid4())
    till = Till(hq.engine)
    till.book(void_of(coupon(batch), auth_id), sold(coupon(batch), auth_id=auth_id), void_of(coupon(batch), auth_id))
    assert (["used"], []) == (states(hq), task_codes(hq.engine))


def test_that_another_tills_void_ends_nothing(hq: RunningHq, enrol: Enrol, batch: CouponBatch) -> None:
    first, second = enrol(), enrol()
    auth_id = str(uuid.uuid4())
    ask(first, coupon(batch), auth_id)
    second.upload(void_of(coupon(batch), auth_id))
    book(hq)
    assert ["held"] == states(hq)


def test_that_coupons_of_unknown_batches_are_kept_and_not_judged(hq: RunningHq) -> None:
    Till(hq.engine).book(sold("AAAAA-1"), sold("AAAAA-1"))
    assert (["used", "used"], [], []) == (states(hq), task_codes(hq.engine), spent(hq))


def test_that_tills_that_always_ask_are_told_only_of_a_use_too_many(hq: RunningHq, batch: CouponBatch) -> None:
    change_policy(hq.engine, {"allowance": Allowance.LEASE})
    till = Till(hq.engine)
    till.book(sold(coupon(batch)))
    assert [] == spent(hq)
    till.book(sold(coupon(batch)))
    assert [coupon(batch)] == spent(hq)


@pytest.mark.parametrize(
    "changes",
    [
        {"coupons": ()},
        {"coupons": (UsedCoupon("AAAAA-1", "coupon/other"),)},
        {"coupons": (UsedCoupon("AAAAA-1", RULE), UsedCoupon("AAAAA-2", RULE))},
        {"coupons": (UsedCoupon("AAAAA-1", RULE), UsedCoupon("AAAAA-1", "coupon/other"))},
        {"coupons": (UsedCoupon("AAAAU-1", RULE),)},
        {"coupons": (UsedCoupon("AAAAA-0", RULE),)},
        {"discounts": ()},
    ],
)
def test_that_a_sale_whose_coupons_cannot_be_its_own_is_not_booked(hq: RunningHq, changes: dict[str, object]) -> None:
    Till(hq.engine).book(msgspec.structs.replace(sold("AAAAA-1"), **changes))
    assert (["coupons"], []) == (task_codes(hq.engine), states(hq))


@pytest.mark.parametrize(
    "event",
    [
        void_of("AAAAA", str(uuid.UUID(int=1))),
        msgspec.structs.replace(taken_back(sale(amounts=(100,)), {1: 1000}), freed_coupons=("A", "A")),
    ],
    ids=["void", "return"],
)
def test_that_what_is_no_coupon_is_not_booked(hq: RunningHq, event: AnyEvent) -> None:
    Till(hq.engine).book(event)
    assert ["coupons"] == task_codes(hq.engine)


# Goods come back.


def test_that_a_coupon_is_free_again_when_all_of_its_receipt_came_back(hq: RunningHq, batch: CouponBatch) -> None:
    event = sold(coupon(batch), amounts=(1000, 300))
    first = taken_back(event, {1: 1000}, utc_ms=START_MS + 1)
    second = taken_back(
        event, {2: 1000}, before=first.lines, utc_ms=START_MS + 2, freed_coupons=(coupon(batch), "AAAAA-1")
    )
    till, other = Till(hq.engine, 1), Till(hq.engine, 2)
    till.book(event, first)
    assert (["used"], [coupon(batch)]) == (states(hq), spent(hq))
    other.book(second)
    assert (["freed"], []) == (states(hq), spent(hq))
    till.book(sold(coupon(batch)))
    assert (["freed", "used"], []) == (states(hq), task_codes(hq.engine))


def test_that_a_return_that_came_first_frees_when_its_sale_comes(hq: RunningHq, batch: CouponBatch) -> None:
    event = sold(coupon(batch))
    Till(hq.engine, 2).book(taken_back(event, {1: 1000}, utc_ms=START_MS + 1, freed_coupons=(coupon(batch),)))
    Till(hq.engine, 1).book(event)
    book_all(hq.engine)
    assert ["freed"] == states(hq)


@pytest.mark.parametrize(("utc_ms", "quantity_milli"), [(START_MS + DAY_MS, 2000), (START_MS + 1, 1000)])
def test_that_a_till_cannot_free_what_did_not_all_come_back_on_its_day(
    hq: RunningHq, batch: CouponBatch, utc_ms: int, quantity_milli: int
) -> None:
    event = sold(coupon(batch))
    two = (msgspec.structs.replace(event.lines[0], quantity_milli=2000),)
    event = msgspec.structs.replace(event, lines=two)
    Till(hq.engine).book(event, taken_back(event, {1: quantity_milli}, utc_ms=utc_ms, freed_coupons=(coupon(batch),)))
    assert ["used"] == states(hq)


def test_that_a_coupon_that_was_used_too_often_stays_used_after_one_return(hq: RunningHq, batch: CouponBatch) -> None:
    first, second = sold(coupon(batch)), sold(coupon(batch))
    Till(hq.engine, 1).book(first)
    Till(hq.engine, 2).book(second, taken_back(second, {1: 1000}, utc_ms=START_MS + 1, freed_coupons=(coupon(batch),)))
    assert (["freed", "used"], [coupon(batch)]) == (states(hq), spent(hq))


# Batches.


def test_that_batches_are_listed_with_what_was_used_and_published_to_nobody_else(
    hq: RunningHq, batch: CouponBatch
) -> None:
    Till(hq.engine).book(sold(coupon(batch)))
    (listed,) = coupon_batches.list_batches(hq.engine)
    assert (batch.batch_id, 3, 1) == (listed.batch_id, listed.codes, listed.used)
    assert ["programme"] == [document.kind for document in published(hq.engine)], "a list of coupons is a list of money"
    found, name = coupon_batches.find_batch(hq.engine, batch.batch_id.lower())
    assert (batch, "Coupons") == (found, name)


def test_that_a_batch_may_be_for_a_member_by_card_or_account(hq: RunningHq, tmp_path: Path) -> None:
    Till(hq.engine).book(enrolment("a", "299"))
    assert ["a", "a"] == [make(hq, tmp_path, member=name).account_ref for name in ("299", "a")]
    with pytest.raises(InputError, match="no member"):
        make(hq, tmp_path, member="nobody")


def test_that_coupons_that_ended_long_ago_are_forgotten(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    old, endless = make(hq, tmp_path, last_date="2026-01-31"), make(hq, tmp_path)
    Till(hq.engine, 99).book(sold(coupon(old)), sold(coupon(endless)))
    later_ms = START_MS + 2_000 * DAY_MS
    retain(hq.engine, Retention(report_days=0), now_ms=later_ms)
    assert 2 == len(states(hq))
    retain(hq.engine, Retention(report_days=1_100), now_ms=later_ms)
    assert [endless.batch_id] == [one.batch_id for one in coupon_batches.list_batches(hq.engine)]
    assert ([coupon(endless)], [coupon(endless)]) == (
        [name for (name,) in rows(hq.engine, "coupon_use", "coupon_id")],
        spent(hq),
    )
    told = {
        document.key: document.body for document in journal.page().documents if document.key.startswith(old.batch_id)
    }
    assert {old.batch_id: None, coupon(old): None} == told


def test_that_a_code_is_in_no_table_of_headquarters(hq: RunningHq, journal: Journal, batch: CouponBatch) -> None:
    from sqlalchemy import select

    from hq import tables

    ask(journal, coupon(batch))
    code = coupon_code(batch.secret, batch.batch_id, 1)
    with hq.engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert code[9:] not in str(tuple(row)), table.name


def test_that_an_answer_can_be_read_by_a_till() -> None:
    answer = CouponAnswer(str(uuid.UUID(int=1)), "used", 5)
    assert answer == decode_message(encode_message(answer), CouponAnswer)
