"""Coupons at one till: made, scanned, used once, let go of, given back; and beneath a headquarters that answers, refuses or is away."""

import csv
import socket
import threading
from pathlib import Path

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.coupons import CouponBatch, CouponRefusal
from pos_app.model.policy import BurnBasis
from pos_app.model.products import Product
from pos_app.model.staff import Permission
from pos_app.protocol.coupons import coupon_code
from pos_app.protocol.events import CouponVoidEvent, SaleEvent, UsedCoupon, decode_body
from pos_app.protocol.messages import CouponAnswer, CouponRequest, ErrorAnswer, ErrorCode, decode_message
from pos_app.use_cases import coupon_holds, coupon_making, coupons
from pos_app.use_cases.coupon_making import CouponWish
from pos_app.use_cases.coupon_refusals import CouponRefusedError
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.views import Basket, ClosedSale
from storage import coupons as coupon_rows
from storage import journal, rebuild
from storage.database import Connection
from tests.conftest import OpenShop
from tests.pos_app.sync.servers import Reply, Request, Script, answer, serving, signed
from tests.pos_app.use_cases.burners import HQ_KEY, Beneath, hang_up
from tests.shop import ANA, BOB, DAY_MS, ENOUGH, HOUR_MS, TEA, Shop
from tests.staff import enter, hire

WAIT_S = 5
pytestmark = pytest.mark.usefixtures("no_keystore")
CREAM = Product("cream", "Cream", 2000, 0, department="COSMETICS")
FIVE, BEAUTY = "coupon/five-off", "coupon/beauty"
TODAY, TOMORROW = "2026-07-01", "2026-07-02"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop("coupon")
    opened.put(CREAM)
    return opened


def make(shop: Shop, rule: str = FIVE, *, codes: int = 3, member: str = "", **more: object) -> CouponBatch:
    wish = CouponWish(rule=rule, codes=codes, **more)  # type: ignore[arg-type]
    return shop.till.book_act(coupon_making.make, wish, member).result()


def code_of(batch: CouponBatch, serial: int = 1) -> str:
    return coupon_code(batch.secret, batch.batch_id, serial)


def put(shop: Shop, basket: Basket, code: str) -> Basket:
    taken = shop.till.present_coupon(basket, code).result()
    assert not taken.needs_approval
    return msgspec.structs.replace(basket, coupons=(*basket.coupons, taken.coupon))


def sell(shop: Shop, *codes: str, goods: tuple[Product, ...] = (TEA, TEA), card: str = "") -> ClosedSale:
    basket = shop.basket(*goods, card=card)
    for code in codes:
        basket = put(shop, basket, code)
    return shop.till.close_sale(basket, ENOUGH).result()


def event_of(shop: Shop, sale: ClosedSale) -> SaleEvent:
    ((body,),) = shop.query("SELECT body FROM event WHERE event_id = ?", sale.event_id)
    event = decode_body(body)
    assert isinstance(event, SaleEvent)
    return event


def refusal_of(shop: Shop, code: str, basket: Basket | None = None) -> str:
    with pytest.raises(CouponRefusedError) as raised:
        shop.till.present_coupon(basket or shop.basket(TEA, TEA), code).result()
    return raised.value.code


# At a till that decides itself.


def test_that_a_coupon_is_taken_once_and_its_sale_says_so(shop: Shop) -> None:
    batch = make(shop)
    sale = sell(shop, code_of(batch))
    event = event_of(shop, sale)
    assert (1500, 3) == (sale.quote.total_minor, event.version)
    assert (UsedCoupon(f"{batch.batch_id}-1", FIVE, "", "local"),) == event.coupons
    assert (FIVE,) == event.engine_input.coupons
    assert CouponRefusal.USED == refusal_of(shop, code_of(batch))
    assert 1500 == sell(shop, code_of(batch, 2)).quote.total_minor
    assert explain_receipt(shop.till, sale.receipt_number).agrees
    assert {} == shop.bad_findings()


def test_that_the_code_of_a_coupon_is_in_no_table_and_no_log(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    batch = make(shop)
    sell(shop, code_of(batch))
    code = code_of(batch)
    assert code not in caplog.text
    for (table,) in shop.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'personal_%'"):
        for row in shop.query(f"SELECT * FROM {table}"):
            for value in row:
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                assert code not in text
                assert code[13:22] not in text, table


def test_that_a_coupon_is_good_for_so_many_receipts(shop: Shop) -> None:
    code = code_of(make(shop, uses=2))
    assert [1500, 1500] == [sell(shop, code).quote.total_minor for _ in range(2)]
    assert CouponRefusal.USED == refusal_of(shop, code)


def test_that_a_coupon_that_gives_nothing_is_not_used_up(shop: Shop) -> None:
    batch = make(shop)
    basket = put(shop, shop.basket(TEA), code_of(batch))
    (line,) = shop.till.coupon_lines(basket, shop.till.quote(basket))
    assert line.reason is not None
    assert (False, 0, "when.receipt_from") == (line.gives, line.off_minor, line.reason.code)
    sale = shop.till.close_sale(basket, ENOUGH).result()
    assert ((), 1) == (event_of(shop, sale).coupons, event_of(shop, sale).version)
    basket = put(shop, shop.basket(TEA, TEA), code_of(batch))
    (line,) = shop.till.coupon_lines(basket, shop.till.quote(basket))
    assert (True, 500, "Coupons", None) == (line.gives, line.off_minor, line.name, line.reason)


def test_that_a_basket_without_goods_or_coupons_has_nothing_to_explain(shop: Shop) -> None:
    basket = shop.till.open_basket()
    assert () == shop.till.coupon_lines(basket, shop.till.quote(basket))
    basket = put(shop, basket, code_of(make(shop)))
    (line,) = shop.till.coupon_lines(basket, shop.till.quote(basket))
    assert (False, None) == (line.gives, line.reason)


def test_that_codes_of_nobody_are_told_apart(shop: Shop) -> None:
    batch = make(shop)
    good = code_of(batch)
    assert CouponRefusal.MISTYPED == refusal_of(shop, good[:-1])
    assert CouponRefusal.FORGED == refusal_of(shop, coupon_code(bytes(32), batch.batch_id, 1))
    assert CouponRefusal.UNKNOWN == refusal_of(shop, coupon_code(batch.secret, "00000", 1))
    assert CouponRefusal.UNKNOWN == refusal_of(shop, code_of(batch, 4))
    assert CouponRefusal.UNKNOWN == refusal_of(shop, code_of(batch, 0))


def test_that_guessing_is_slowed_and_told(shop: Shop) -> None:
    good, forged = code_of(make(shop)), coupon_code(bytes(32), "00000", 1)
    for _ in range(coupons.WRONG_CODES_MAX - 1):
        refusal_of(shop, forged)
    put(shop, shop.basket(TEA), good)
    for _ in range(coupons.WRONG_CODES_MAX):
        assert CouponRefusal.UNKNOWN == refusal_of(shop, forged)
    assert CouponRefusal.WAIT == refusal_of(shop, good)
    shop.wait(coupons.WAIT_MS)
    put(shop, shop.basket(TEA), good)
    shop.till.database.write(lambda _connection: None)
    assert [("coupon_guessing", "refused")] == shop.query(
        "SELECT action, outcome FROM audit WHERE action <> 'coupon_make'"
    )


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"first_date": TOMORROW}, CouponRefusal.NOT_YET),
        ({"last_date": "2026-06-30"}, CouponRefusal.OVER),
        ({"till_number": 9}, CouponRefusal.OTHER_TILL),
        ({"member": ANA}, CouponRefusal.OTHER_MEMBER),
    ],
)
def test_that_a_coupon_is_good_at_its_time_and_place(shop: Shop, more: dict[str, object], refusal: str) -> None:
    assert refusal == refusal_of(shop, code_of(make(shop, **more)))  # type: ignore[arg-type]


def test_that_the_days_of_a_coupon_are_said(shop: Shop) -> None:
    with pytest.raises(CouponRefusedError, match="from 2026-07-02 on"):
        shop.till.present_coupon(shop.basket(TEA), code_of(make(shop, first_date=TOMORROW))).result()


def test_that_a_withdrawn_batch_is_not_taken(shop: Shop) -> None:
    batch = make(shop)
    basket = put(shop, shop.basket(TEA, TEA), code_of(batch))
    shop.till.book_act(coupon_making.withdraw, batch.batch_id.lower()).result()
    assert CouponRefusal.WITHDRAWN == refusal_of(shop, code_of(batch))
    with pytest.raises(CouponRefusedError, match="withdrawn"):
        shop.till.close_sale(basket, ENOUGH).result()


def test_that_a_rule_that_does_not_run_takes_no_coupon(shop: Shop) -> None:
    code = code_of(make(shop, BEAUTY))
    shop.wait(200 * DAY_MS)
    assert CouponRefusal.NO_RULE == refusal_of(shop, code, shop.basket(CREAM, card=ANA))
    shop.reopen("fixed-card")
    assert CouponRefusal.NO_RULE == refusal_of(shop, code)


def test_that_one_basket_takes_a_coupon_and_its_rule_once(shop: Shop) -> None:
    batch, other = make(shop), make(shop, BEAUTY)
    basket = put(shop, shop.basket(TEA, CREAM, card=ANA), code_of(batch))
    assert CouponRefusal.IN_BASKET == refusal_of(shop, code_of(batch), basket)
    assert CouponRefusal.SAME_RULE == refusal_of(shop, code_of(batch, 2), basket)
    both = put(shop, basket, code_of(other))
    assert 2 == len(event_of(shop, shop.till.close_sale(both, ENOUGH).result()).coupons)


def test_that_a_members_coupon_counts_only_with_their_card(shop: Shop) -> None:
    batch = make(shop, BEAUTY, member=ANA)
    basket = put(shop, shop.basket(CREAM, card=ANA), code_of(batch))
    assert 300 == shop.till.quote(basket).discount_minor
    others = msgspec.structs.replace(basket, member=shop.member(BOB))
    (line,) = shop.till.coupon_lines(others, shop.till.quote(others))
    assert (False, False) == (line.gives, line.is_theirs)
    assert () == event_of(shop, shop.till.close_sale(others, ENOUGH).result()).coupons


def test_that_a_members_coupon_follows_their_account(shop: Shop) -> None:
    from pos_app.use_cases import account_acts

    batch = make(shop, BEAUTY, member=ANA)
    shop.till.book_act(account_acts.merge, BOB, ANA).result()
    basket = put(shop, shop.basket(CREAM, card=ANA), code_of(batch))
    assert 300 == shop.till.quote(basket).discount_minor


def test_that_two_baskets_cannot_both_use_a_coupon(shop: Shop) -> None:
    code = code_of(make(shop))
    first, second = (put(shop, shop.basket(TEA, TEA), code) for _ in range(2))
    shop.till.close_sale(first, ENOUGH).result()
    with pytest.raises(CouponRefusedError, match="used up"):
        shop.till.close_sale(second, ENOUGH).result()


def test_that_a_batch_that_is_gone_is_not_used(shop: Shop) -> None:
    basket = put(shop, shop.basket(TEA, TEA), code_of(make(shop)))
    shop.till.database.write(lambda c: c.exec_driver_sql("DELETE FROM coupon_batch").rowcount)
    with pytest.raises(CouponRefusedError, match="withdrawn"):
        shop.till.close_sale(basket, ENOUGH).result()


# Goods come back.


def test_that_a_coupon_is_free_again_when_the_whole_receipt_comes_back_on_its_day(shop: Shop) -> None:
    code = code_of(make(shop))
    sale = sell(shop, code, goods=(TEA, CREAM))
    shop.take_back(sale, line_1=1)
    assert CouponRefusal.USED == refusal_of(shop, code)
    shop.take_back(sale, line_2=1)
    again = sell(shop, code)
    assert {} == shop.bad_findings()
    shop.wait(DAY_MS)
    shop.take_back(again, line_1=1, line_2=1)
    assert CouponRefusal.USED == refusal_of(shop, code)
    assert {} == shop.bad_findings()


# What is kept.


def test_that_the_doctor_finds_and_mends_what_was_changed(shop: Shop) -> None:
    batch = make(shop)
    sale = sell(shop, code_of(batch))
    freed = sell(shop, code_of(batch, 2))
    shop.take_back(freed, line_1=1, line_2=1)
    shop.damage("DELETE FROM coupon_use WHERE event_id = ?", sale.event_id)
    shop.damage("UPDATE coupon_use SET freed_by = ''")
    shop.damage("INSERT INTO coupon_use VALUES ('AAAAA-1', 'nothing', '2026-07-01', '', '')")
    assert "AAAAA-1" in shop.bad_findings()["coupons"]
    from pos_app.use_cases.repairing import repair

    (repaired,) = shop.till.database.write(lambda connection: repair(shop.till, connection))
    assert ("coupons", {"AAAAA-1", f"{batch.batch_id}-1", f"{batch.batch_id}-2"}) == (
        repaired.what,
        set(repaired.names),
    )
    assert {} == shop.bad_findings()
    assert CouponRefusal.USED == refusal_of(shop, code_of(batch))


def test_that_the_uses_of_pruned_events_stand(shop: Shop) -> None:
    batch = make(shop)
    sale = sell(shop, code_of(batch))
    freed = sell(shop, code_of(batch, 2))
    back = shop.take_back(freed, line_1=1, line_2=1)
    shop.damage("UPDATE event SET body = NULL WHERE event_id IN (?, ?)", sale.event_id, back.event_id)
    assert "coupons" not in shop.bad_findings()
    assert CouponRefusal.USED == refusal_of(shop, code_of(batch))


def test_that_uses_are_restored_from_events(shop: Shop) -> None:
    batch = make(shop)
    sell(shop, code_of(batch))
    shop.take_back(sell(shop, code_of(batch, 2)), line_1=1, line_2=1)
    before = shop.query("SELECT * FROM coupon_use")
    events = [decode_body(body) for (body,) in shop.query("SELECT body FROM event WHERE kind IN ('sale', 'return')")]

    def lose_and_restore(connection: Connection) -> None:
        for table in ("coupon_use", "print_job", "payment", "discount", "sale_line", "return_line", "sale"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        for event in events:
            assert isinstance(event, rebuild.ReceiptEvent)
            rebuild.restore_sale_rows(connection, event)

    shop.till.database.write(lose_and_restore)
    assert before == shop.query("SELECT * FROM coupon_use")
    assert {} == shop.bad_findings()


def test_that_erasing_a_member_keeps_their_coupon(shop: Shop) -> None:
    from pos_app.use_cases import personal_data

    batch = make(shop, BEAUTY, member=ANA)
    personal_data.erase_member(shop.till, ANA)
    assert 300 == shop.till.quote(put(shop, shop.basket(CREAM, card=ANA), code_of(batch))).discount_minor


# Making.


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"rule": "coupon/none"}, "no rule that takes coupons"),
        ({"codes": 0}, "has 1 to"),
        ({"codes": 1_000_001}, "has 1 to"),
        ({"uses": 0}, "good for 1 to"),
        ({"first_date": "soon"}, "not a day"),
        ({"last_date": "20260701"}, "not a day"),
        ({"first_date": TOMORROW, "last_date": TODAY}, "before the first"),
    ],
)
def test_that_what_cannot_be_wanted_is_not_made(shop: Shop, wish: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make(shop, **({"rule": FIVE} | wish))  # type: ignore[arg-type]
    assert [] == shop.query("SELECT * FROM coupon_batch")


def test_that_a_till_makes_no_coupons_for_programmes_of_headquarters(open_shop: OpenShop) -> None:
    shop = open_shop("coupon", owners={"programmes": "hq"})
    with pytest.raises(InputError, match="Headquarters owns"):
        make(shop)


def test_that_only_some_may_make_print_and_withdraw(shop: Shop) -> None:
    batch = make(shop)
    hire(shop.till)
    enter(shop.till, "ben")
    for act in (coupon_making.withdraw, coupon_making.printed_again):
        with pytest.raises(NotAllowedError):
            shop.till.book_act(act, batch.batch_id).result()
    with pytest.raises(NotAllowedError):
        make(shop)


def test_that_a_batch_of_somebody_else_cannot_be_withdrawn(shop: Shop) -> None:
    with pytest.raises(InputError, match="No batch"):
        shop.till.book_act(coupon_making.withdraw, "AAAAA").result()


def test_that_the_codes_in_a_file_are_good(shop: Shop, tmp_path: Path) -> None:
    batch = make(shop)
    file = tmp_path / "codes.csv"
    coupon_making.write_codes(file, batch, name="Coupons", shop_name="Shop")
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [f"{batch.batch_id}-{serial}" for serial in (1, 2, 3)] == [row["coupon"] for row in rows]
    assert [1500] * 3 == [sell(shop, row["code"]).quote.total_minor for row in rows]


def test_that_a_file_that_cannot_be_written_leaves_the_batch(shop: Shop, tmp_path: Path) -> None:
    batch = make(shop)
    with pytest.raises(InputError, match="could not be written"):
        coupon_making.write_codes(tmp_path / "nowhere" / "codes.csv", batch, name="", shop_name="")
    assert batch == shop.till.book_act(coupon_making.printed_again, batch.batch_id).result()


@pytest.mark.parametrize(("name", "codes"), [("codes.txt", 1), ("codes.pdf", coupon_making.SHEET_CODES_MAX + 1)])
def test_that_a_file_of_another_kind_or_size_is_refused(name: str, codes: int) -> None:
    with pytest.raises(InputError):
        coupon_making.check_file(Path(name), codes=codes)


def test_that_a_look_at_a_code_says_what_is_known(shop: Shop) -> None:
    batch = make(shop)
    sell(shop, code_of(batch))
    look = shop.till.database.read(lambda c: coupon_making.look_at(c, code_of(batch)))
    assert look.batch is not None
    assert (True, 1, False, 1) == (look.is_genuine, look.used_here, look.is_spent, look.batch.used)
    forged = shop.till.database.read(lambda c: coupon_making.look_at(c, coupon_code(bytes(32), "00000", 1)))
    assert (False, None) == (forged.is_genuine, forged.batch)
    with pytest.raises(InputError, match="no coupon's code"):
        shop.till.database.read(lambda c: coupon_making.look_at(c, "POSK"))
    (listed,) = shop.till.database.read(coupon_making.list_batches)
    assert (batch.batch_id, 1) == (listed.batch_id, listed.used)
    assert "" == coupon_making.paper_name(shop.till.terms.programmes, "coupon/none")


# Beneath headquarters.


def reserves(refusal: str = "") -> Reply:
    """HQ reserves what is asked for, or refuses."""

    def to(request: Request) -> Script:
        asked = decode_message(request.body, CouponRequest)
        return signed(CouponAnswer(asked.auth_id, refusal), HQ_KEY).to(request)

    return Reply(to)


class Couponed(Beneath):
    """A till that has joined, with two batches that any till may take, and HQ's word from just now."""

    programmes = ("coupon",)

    def __init__(self, open_shop: OpenShop, url: str, **hq: object) -> None:
        super().__init__(open_shop, url, **hq)  # type: ignore[arg-type]
        self.batch = CouponBatch(batch_id="SHARE", rule=FIVE, codes=99, uses=1, secret=bytes(32))
        self.put_batches(self.batch)

    def put_batches(self, *batches: CouponBatch) -> None:
        self.till.database.write(lambda connection: coupon_rows.put_batches(connection, batches))

    def code(self, serial: int = 1) -> str:
        return code_of(self.batch, serial)

    def sell_with(self, *serials: int) -> SaleEvent:
        return event_of(self.shop, sell(self.shop, *map(self.code, serials)))

    def holds(self) -> list[tuple[str, str]]:
        return self.shop.query("SELECT coupon_id, state FROM coupon_hold ORDER BY created_at_ms, coupon_id")

    def voids(self) -> list[str]:
        return [event.auth_id for event in self.events() if isinstance(event, CouponVoidEvent)]


def asked_of(requests: list[Request]) -> list[CouponRequest]:
    return [decode_message(request.body, CouponRequest) for request in requests]


def test_that_a_coupon_is_reserved_first_and_used_by_the_sale(open_shop: OpenShop) -> None:
    with serving(reserves()) as hq:
        till = Couponed(open_shop, hq.url)
        event = till.sell_with(1)
        (asked,) = asked_of(hq.requests)
        assert "SHARE-1" == asked.coupon_id
        assert (UsedCoupon("SHARE-1", FIVE, asked.auth_id, "hold"),) == event.coupons
        assert [("SHARE-1", "used")] == till.holds()
        assert [] == till.voids()


def test_that_a_lost_reply_is_asked_for_again_under_the_same_id(open_shop: OpenShop) -> None:
    with serving(hang_up, reserves()) as hq:
        till = Couponed(open_shop, hq.url)
        event = till.sell_with(1)
        assert [event.coupons[0].auth_id] * 2 == [asked.auth_id for asked in asked_of(hq.requests)]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("used", CouponRefusal.USED),
        ("held", CouponRefusal.HELD),
        ("unknown", CouponRefusal.WITHDRAWN),
        ("withdrawn", CouponRefusal.WITHDRAWN),
        ("something new", CouponRefusal.NEEDS_HQ),
    ],
)
def test_that_what_headquarters_refuses_is_not_taken(open_shop: OpenShop, refusal: str, said: CouponRefusal) -> None:
    with serving(reserves(refusal)) as hq:
        till = Couponed(open_shop, hq.url)
        assert said == refusal_of(till.shop, till.code())
        assert [("SHARE-1", "refused")] == till.holds()
        assert (refusal == "used") == till.till.database.read(lambda c: coupon_rows.is_spent(c, "SHARE-1"))


def test_that_a_restored_headquarters_leaves_it_to_the_till(open_shop: OpenShop) -> None:
    with serving(reserves("restoring")) as hq:
        till = Couponed(open_shop, hq.url)
        assert "floor" == till.sell_with(1).coupons[0].basis


def test_that_a_till_that_is_shut_out_takes_no_shared_coupon(open_shop: OpenShop) -> None:
    stop = answer(403, ErrorAnswer(ErrorCode.REVOKED))
    with serving(stop) as hq:
        till = Couponed(open_shop, hq.url)
        assert CouponRefusal.STOPPED == refusal_of(till.shop, till.code())
        assert "REVOKED" == till.till.database.read(journal.read_terminal).sync_state
        assert 1 == len(till.voids()), "what was asked for is given back"


def test_that_a_till_alone_takes_so_many_coupons_from_one_contact_to_the_next(open_shop: OpenShop) -> None:
    till = Couponed(open_shop, "http://127.0.0.1:9")
    till.set_policy(till_coupons=2)
    assert ["floor", "floor"] == [till.sell_with(serial).coupons[0].basis for serial in (1, 2)]
    assert CouponRefusal.LIMIT == refusal_of(till.shop, till.code(3))
    last_seq = till.till.database.read(journal.read_terminal).last_seq
    till.change(acked_seq=last_seq)
    assert "floor" == till.sell_with(3).coupons[0].basis


def test_that_coupons_of_one_basket_count_together(open_shop: OpenShop) -> None:
    till = Couponed(open_shop, "http://127.0.0.1:9")
    till.set_policy(till_coupons=1)
    beauty = CouponBatch(batch_id="BEAVT", rule=BEAUTY, codes=9, uses=1, secret=bytes(32))
    till.put_batches(beauty)
    till.shop.put(CREAM)
    basket = put(till.shop, till.shop.basket(CREAM, TEA, card=ANA), till.code())
    assert CouponRefusal.LIMIT == refusal_of(till.shop, code_of(beauty), basket)
    till.set_policy(till_coupons=2)
    basket = put(till.shop, basket, code_of(beauty))
    till.set_policy(till_coupons=1)
    with pytest.raises(CouponRefusedError, match="as many coupons"):
        till.till.close_sale(basket, ENOUGH).result()


@pytest.mark.parametrize("allowance", ["none", "lease"])
def test_that_without_limits_a_till_takes_only_its_own_coupons_alone(open_shop: OpenShop, allowance: str) -> None:
    till = Couponed(open_shop, "http://127.0.0.1:9")
    till.set_policy(allowance=allowance)
    assert CouponRefusal.NEEDS_HQ == refusal_of(till.shop, till.code())
    own = make(till.shop)
    assert "local" == event_of(till.shop, sell(till.shop, code_of(own))).coupons[0].basis
    number = till.till.database.read(journal.read_terminal).terminal_number
    till.put_batches(msgspec.structs.replace(till.batch, batch_id="HERE1", till_number=number))
    of_this_till = code_of(msgspec.structs.replace(till.batch, batch_id="HERE1"))
    assert "local" == event_of(till.shop, sell(till.shop, of_this_till)).coupons[0].basis


def test_that_a_till_alone_believes_what_headquarters_said_before(open_shop: OpenShop) -> None:
    till = Couponed(open_shop, "http://127.0.0.1:9")
    basket = put(till.shop, till.shop.basket(TEA, TEA), till.code(1))
    till.till.database.write(lambda c: coupon_rows.put_spent(c, ["SHARE-1", "SHARE-2"]))
    assert CouponRefusal.USED == refusal_of(till.shop, till.code(2))
    with pytest.raises(CouponRefusedError, match="used up"):
        till.till.close_sale(basket, ENOUGH).result()
    till.till.database.write(lambda c: coupon_rows.forget_spent(c, ["SHARE-2"]))
    assert "floor" == till.sell_with(2).coupons[0].basis


def test_that_a_till_that_was_out_of_touch_for_too_long_takes_no_shared_coupon(open_shop: OpenShop) -> None:
    till = Couponed(open_shop, "http://127.0.0.1:9")
    till.shop.wait(73 * HOUR_MS)
    assert CouponRefusal.STALE == refusal_of(till.shop, till.code())
    till.change(last_contact_ms=None)
    assert CouponRefusal.STALE == refusal_of(till.shop, till.code())


def test_that_a_large_coupon_wants_a_manager_while_headquarters_is_away(open_shop: OpenShop) -> None:
    till = Couponed(open_shop, "http://127.0.0.1:9")
    till.set_policy(step_up_units=499)
    hire(till.till)
    enter(till.till, "ben")
    basket = till.shop.basket(TEA, TEA)
    wanted = till.till.present_coupon(basket, till.code()).result()
    assert wanted.needs_approval
    from pos_app.use_cases.staffing import Approval

    approval = Approval("a", "anna", Permission.BURN_STEP_UP, "SHARE-1", till.shop.clock.monotonic_ms() + 9_999)
    till.till.attendance.keep(approval)
    taken = till.till.present_coupon(basket, till.code(), auth_id=wanted.coupon.auth_id, approval=approval).result()
    assert (False, BurnBasis.FLOOR) == (taken.needs_approval, taken.coupon.basis)
    basket = msgspec.structs.replace(basket, coupons=(taken.coupon,))
    till.till.close_sale(basket, ENOUGH).result()
    assert [("coupon_step_up", "anna")] == till.shop.query(
        "SELECT action, approver_ref FROM audit WHERE action = 'coupon_step_up'"
    )
    # Without the manager's word it cannot be booked either.
    other = till.till.present_coupon(till.shop.basket(TEA), till.code(2)).result()
    assert not other.needs_approval
    large = msgspec.structs.replace(till.shop.basket(TEA, TEA), coupons=(other.coupon,))
    with pytest.raises(CouponRefusedError, match="worth more by now"):
        till.till.close_sale(large, ENOUGH).result()


def test_that_what_was_reserved_and_not_used_is_given_back(open_shop: OpenShop) -> None:
    with serving(*[reserves()] * 3) as hq:
        till = Couponed(open_shop, hq.url)
        basket = put(till.shop, till.shop.basket(TEA), till.code(1))
        till.till.close_sale(basket, ENOUGH).result()
        assert [("SHARE-1", "voided")] == till.holds()
        dropped = put(till.shop, till.shop.basket(TEA, TEA), till.code(2))
        for _ in range(2):
            till.till.give_up_coupons(dropped.coupons).result()
        assert [asked.auth_id for asked in asked_of(hq.requests)] == till.voids()


def test_that_a_reservation_that_lies_about_is_given_back_and_cannot_be_used(open_shop: OpenShop) -> None:
    with serving(reserves()) as hq:
        till = Couponed(open_shop, hq.url, hold_minutes_max=5)
        basket = put(till.shop, till.shop.basket(TEA, TEA), till.code())
        assert 0 == coupon_holds.void_lapsed(till.till).result()
        till.shop.wait(6 * 60_000)
        assert 1 == coupon_holds.void_lapsed(till.till).result()
        with pytest.raises(CouponRefusedError, match="too long"):
            till.till.close_sale(basket, ENOUGH).result()


def test_that_the_next_start_gives_back_what_was_left(open_shop: OpenShop) -> None:
    with serving(reserves()) as hq:
        till = Couponed(open_shop, hq.url)
        put(till.shop, till.shop.basket(TEA, TEA), till.code())
        till.shop.reopen()
        assert [("SHARE-1", "voided")] == till.holds()


def test_that_an_answer_that_takes_too_long_is_not_waited_for(open_shop: OpenShop) -> None:
    decided = threading.Event()

    def take_long(_connection: socket.socket) -> None:
        decided.wait(WAIT_S)

    with serving(Reply(lambda _request: take_long)) as hq:
        till = Couponed(open_shop, hq.url, hold_timeout_ms=100)
        assert "floor" == till.sell_with(1).coupons[0].basis
        decided.set()


def test_that_a_refusal_survives_a_process_pool() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(CouponRefusedError(CouponRefusal.OVER, {"day": TODAY})))
    assert ("coupon.over", {"day": TODAY}) == (error.code, error.values)
