"""Real tills take coupons beneath a real HQ: one use where it answers, a bounded number where it does not, and every till is told."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from hq import coupon_batches
from hq.documents import publish_programme
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.policy import change_policy
from hq.tasks import list_tasks
from pos_app.model.coupons import CouponBatch
from pos_app.programmes import preset_text
from pos_app.protocol.coupons import coupon_code
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncRounds
from pos_app.use_cases import published
from pos_app.use_cases.coupon_making import CouponWish
from pos_app.use_cases.coupon_refusals import CouponRefusedError
from pos_app.use_cases.finding_receipts import ask_headquarters
from pos_app.use_cases.joining import join_hq, private_key
from pos_app.use_cases.views import Basket, ClosedSale
from storage.outbox import SqliteOutbox
from tests.hq.journals import now_ms
from tests.hq.ledgers import assert_sound, book
from tests.hq.test_burning_tills import Line
from tests.hq.tills import rows
from tests.pos_app.sync.servers import Reply, serving
from tests.shop import DAY_MS, ENOUGH, TEA, Shop

pytestmark = pytest.mark.usefixtures("no_keystore")
RULE = "coupon/five-off"


class Joined:
    """A till that takes its programmes from this HQ, through a line of its own."""

    def __init__(self, stack: ExitStack, folder: Path, hq: RunningHq) -> None:
        self.hq = hq
        self.line = Line(hq.url)
        self.url = stack.enter_context(serving(Reply(self.line.carry))).url
        self.shop = Shop(
            folder, at_ms=now_ms(), till={"authority": "hq"}, hq={"url": self.url}, owners={"programmes": "hq"}
        )
        stack.callback(self.shop.close)
        join_hq(self.shop.till, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        self.sync()
        self.shop.reopen()

    def sync(self) -> None:
        """Send everything, let HQ book it, and fetch what came of it."""
        till = self.shop.till
        with HqClient(self.url, private_key=private_key(till)) as client:
            outbox = SqliteOutbox(till.database, take_documents=published.taker(till.settings.owners))
            rounds = SyncRounds(
                outbox, client, options=SyncOptions(), utc_ms=now_ms, fraction=lambda: 0.0, stopping=lambda: False
            )
            for _ in range(3):
                report = rounds.run()
                assert None is report.problem, report.problem_words
                book(self.hq)

    def put(self, code: str) -> Basket:
        """Two teas with a coupon."""
        basket = self.shop.basket(TEA, TEA)
        taken = self.shop.till.present_coupon(basket, code).result()
        return msgspec.structs.replace(basket, coupons=(taken.coupon,))

    def sell(self, code: str) -> SaleEvent:
        """Sell, and give the event."""
        return self.event_of(self.shop.till.close_sale(self.put(code), ENOUGH).result())

    def event_of(self, sold: ClosedSale) -> SaleEvent:
        ((body,),) = self.shop.query("SELECT body FROM event WHERE event_id = ?", sold.event_id)
        event = decode_body(body)
        assert isinstance(event, SaleEvent)
        return event

    def refusal(self, code: str) -> str:
        with pytest.raises(CouponRefusedError) as raised:
            self.put(code)
        return raised.value.code


@pytest.fixture
def open_till(hq: RunningHq, tmp_path: Path) -> Iterator[Callable[[], Joined]]:
    """Opens tills of this HQ's chain."""
    with ExitStack() as stack:

        def open_one() -> Joined:
            return Joined(stack, Path(tempfile.mkdtemp(dir=tmp_path)), hq)

        yield open_one


@pytest.fixture
def batch(hq: RunningHq, tmp_path: Path) -> CouponBatch:
    """Five coupons for one receipt each, at any till."""
    file = tmp_path / "coupon.toml"
    file.write_text(preset_text("coupon"), encoding="utf-8")
    publish_programme(hq.engine, file)
    return coupon_batches.make_batch(hq.engine, CouponWish(rule=RULE, codes=5))[0]


@pytest.fixture
def pair(batch: CouponBatch, open_till: Callable[[], Joined]) -> tuple[Joined, Joined]:
    """Two tills that know the batch."""
    return open_till(), open_till()


def code_of(batch: CouponBatch, serial: int = 1) -> str:
    return coupon_code(batch.secret, batch.batch_id, serial)


def uses(hq: RunningHq) -> list[str]:
    return [state for (state,) in rows(hq.engine, "coupon_use", "state")]


def test_that_two_tills_cannot_use_a_coupon_twice_while_headquarters_answers(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    basket = first.put(code_of(batch))
    assert "coupon.held" == second.refusal(code_of(batch))
    sale = first.event_of(first.shop.till.close_sale(basket, ENOUGH).result())
    assert ("hold", 1500) == (sale.coupons[0].basis, sale.total_minor)
    first.sync()
    assert "coupon.used" == second.refusal(code_of(batch))
    assert (["used"], ()) == (uses(hq), list_tasks(hq.engine))
    assert_sound(hq)


def test_that_a_coupon_that_was_taken_off_is_free_for_the_other_till(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    basket = first.put(code_of(batch))
    first.shop.till.give_up_coupons(basket.coupons).result()
    first.sync()
    assert "hold" == second.sell(code_of(batch)).coupons[0].basis
    second.sync()
    assert ["used", "voided"] == uses(hq)


def test_that_a_lost_answer_is_one_use(hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]) -> None:
    first, second = pair
    first.line.loses_answers_to = "/coupons"
    sale = first.sell(code_of(batch))
    assert "floor" == sale.coupons[0].basis
    assert ["held"] == uses(hq)
    assert "coupon.held" == second.refusal(code_of(batch))
    first.sync()
    assert ["used"] == uses(hq)


def test_that_two_tills_that_are_both_cut_off_use_a_coupon_twice_and_no_more(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]
) -> None:
    """What can go wrong, and how it ends: a task that names both receipts, and no third use anywhere."""
    change_policy(hq.engine, {"till_coupons": 2})
    for till in pair:
        till.sync()
        till.line.loses_answers_to = "/coupons"
    # What they ask is lost on its way back, so each reserves for itself what the other cannot know.
    with hq.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM coupon_use")
    first, second = pair
    sales = [till.sell(code_of(batch)) for till in pair]
    assert ["floor", "floor"] == [sale.coupons[0].basis for sale in sales]
    assert "coupon.used" == first.refusal(code_of(batch))
    assert "floor" == first.sell(code_of(batch, 2)).coupons[0].basis
    assert "coupon.limit" == first.refusal(code_of(batch, 3))
    first.sync()
    second.sync()
    (task,) = list_tasks(hq.engine)
    numbers = {sale.receipt_number for sale in sales}
    assert "coupon_twice" == task.code
    assert numbers == {task.event, task.what.rpartition(" was used on ")[2].removesuffix(" too.")}
    first.sync()
    third = first
    for till in (second, third):
        assert "coupon.used" == till.refusal(code_of(batch))
        assert {} == till.shop.bad_findings()
    assert "floor" == first.sell(code_of(batch, 3)).coupons[0].basis, "a new contact, a new bound"
    assert_sound(hq)


def test_that_a_till_that_was_told_refuses_without_headquarters(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    first.sell(code_of(batch))
    first.sync()
    second.sync()
    second.line.loses_answers_to = "/coupons"
    assert "coupon.used" == second.refusal(code_of(batch))
    assert [(f"{batch.batch_id}-1",)] == second.shop.query("SELECT coupon_id FROM coupon_spent")


def test_that_a_return_at_the_other_till_frees_a_coupon(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    sale = first.sell(code_of(batch))
    first.sync()
    second.sync()
    ask_headquarters(second.shop.till, sale.receipt_number)
    second.shop.till.return_goods(sale.receipt_number, {1: 1000, 2: 1000}).result()
    second.sync()
    assert ["freed"] == uses(hq)
    assert [] == second.shop.query("SELECT coupon_id FROM coupon_spent")
    assert "hold" == second.sell(code_of(batch)).coupons[0].basis


def test_that_batches_come_go_and_are_withdrawn(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined], open_till: Callable[[], Joined]
) -> None:
    first, second = pair
    other = coupon_batches.make_batch(hq.engine, CouponWish(rule=RULE, codes=1))[0]
    assert "coupon.unknown" == first.refusal(code_of(other))
    coupon_batches.withdraw_batch(hq.engine, batch.batch_id)
    first.sync()
    assert "coupon.withdrawn" == first.refusal(code_of(batch))
    assert "coupon.withdrawn" == second.refusal(code_of(batch)), "headquarters knows what this till does not know yet"
    assert "hold" == first.sell(code_of(other)).coupons[0].basis
    late = open_till()
    known = late.shop.query("SELECT batch_id, withdrawn, is_own FROM coupon_batch ORDER BY withdrawn")
    assert [(other.batch_id, 0, 0), (batch.batch_id, 1, 0)] == known


def test_that_a_batch_for_one_till_needs_no_headquarters(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    change_policy(hq.engine, {"allowance": "lease"})
    alone = coupon_batches.make_batch(hq.engine, CouponWish(rule=RULE, codes=1, till_number=1))[0]
    for till in pair:
        till.sync()
        till.line.loses_answers_to = "/coupons"
    assert "coupon.needs_hq" == first.refusal(code_of(batch))
    assert "coupon.other_till" == second.refusal(code_of(alone))
    assert "local" == first.sell(code_of(alone)).coupons[0].basis
    assert "coupon.used" == first.refusal(code_of(alone))
    first.sync()
    assert ((), ["used", "voided"]) == (list_tasks(hq.engine), sorted(uses(hq)))


def test_that_a_snapshot_brings_the_batches_and_what_is_used_up(
    hq: RunningHq, batch: CouponBatch, pair: tuple[Joined, Joined], open_till: Callable[[], Joined]
) -> None:
    first, _second = pair
    first.sell(code_of(batch))
    first.sync()
    late = open_till()
    late.line.loses_answers_to = "/coupons"
    assert "coupon.used" == late.refusal(code_of(batch))
    late.shop.wait(4 * DAY_MS)
    assert "coupon.stale" == late.refusal(code_of(batch, 2))
