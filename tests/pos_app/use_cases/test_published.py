"""Products, programmes and staff of headquarters: taken where it owns them, and only what can be read."""

import msgspec
import pytest

from pos_app.loyalty.programme import encode_programme
from pos_app.model.coupons import CouponBatch
from pos_app.model.products import Product
from pos_app.model.staff import Role, StaffMember
from pos_app.protocol.draws import hash_of
from pos_app.protocol.messages import Document, StaffDocument
from pos_app.settings import Owners
from pos_app.use_cases.published import programmes_of_hq, taker
from storage import coupons, draws, staff
from tests.conftest import OpenShop
from tests.shop import BREAD, TEA, Shop, programme

ALL_OF_HQ = Owners("hq", "hq", "hq")
OLD_TEA = '{"code":"tea","name":"Tea","price_minor":1000,"tax_rate_bp":2000}'
"""As a headquarters of an older version publishes it."""
COCOA = Product("cocoa", "Cocoa", 500, 2000)


def product(one: Product, **changes: object) -> Document:
    return Document("product", one.code, msgspec.json.encode(msgspec.structs.replace(one, **changes)).decode())


def programme_document(name: str) -> Document:
    return Document("programme", name, encode_programme(programme(name)).decode())


def person(ref: str, **changes: object) -> Document:
    made = msgspec.structs.replace(StaffDocument(ref, "Ana", "manager"), **changes)
    return Document("staff", ref, msgspec.json.encode(made).decode())


def take(shop: Shop, *documents: Document, owners: Owners = ALL_OF_HQ, is_all: bool = False) -> None:
    shop.till.database.write(lambda connection: taker(owners)(connection, documents, is_all))


def codes(shop: Shop) -> set[str]:
    return {row[0] for row in shop.query("SELECT code FROM product")}


def of_hq(shop: Shop) -> list[str]:
    programmes = shop.till.database.read(programmes_of_hq)
    return [] if programmes is None else [one.id for one in programmes.programmes]


def people(shop: Shop) -> list[StaffMember]:
    return [row.member for row in shop.till.database.read(staff.list_staff)]


def test_that_products_come_change_and_go(shop: Shop) -> None:
    take(shop, product(COCOA), product(TEA, price_minor=1100), Document("product", BREAD.code, None))
    assert {"cocoa", "tea", "rice", "pills"} == codes(shop)
    assert 1100 == shop.product("tea").price_minor


def test_that_all_products_replace_all_products_but_nothing_replaces_nothing(shop: Shop) -> None:
    take(shop, is_all=True)
    assert 4 == len(codes(shop)), "HQ has not published any"
    take(shop, product(COCOA), is_all=True)
    assert {"cocoa"} == codes(shop)


def test_that_a_second_price_and_a_margin_band_come_along_and_need_not(shop: Shop) -> None:
    take(shop, product(COCOA, member_price_minor=450, margin_floor_percent=30), Document("product", "tea", OLD_TEA))
    cocoa, tea = shop.product("cocoa"), shop.product("tea")
    assert (450, 30, None, None) == (
        cocoa.member_price_minor,
        cocoa.margin_floor_percent,
        tea.member_price_minor,
        tea.margin_floor_percent,
    )


@pytest.mark.expects_log("published.unreadable")
@pytest.mark.parametrize(
    "document",
    [
        Document("product", "cocoa", "{}"),
        Document("product", "other", product(COCOA).body),
        product(COCOA, price_minor=-1),
        product(COCOA, member_price_minor=-1),
        product(COCOA, margin_floor_percent=101),
        Document("programme", "x", "{"),
        Document("programme", "x", programme_document("fixed-card").body),
    ],
)
def test_that_what_cannot_be_read_is_passed_over(shop: Shop, document: Document) -> None:
    take(shop, document, product(TEA, price_minor=7))
    assert ([], 7, 4) == (of_hq(shop), shop.product("tea").price_minor, len(codes(shop)))


def test_that_a_till_takes_nothing_of_what_it_keeps_itself(shop: Shop) -> None:
    take(shop, product(COCOA), programme_document("fixed-card"), person("ana"), owners=Owners(), is_all=True)
    assert (4, [], []) == (len(codes(shop)), of_hq(shop), people(shop))


def test_that_programmes_are_kept_and_used_from_the_next_start_on(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", owners={"programmes": "hq"})
    take(shop, programme_document("pharmacy"))
    assert ["fixed-card"] == [one.id for one in shop.till.terms.programmes.programmes]
    shop.reopen()
    assert ["pharmacy"] == [one.id for one in shop.till.terms.programmes.programmes]
    take(shop, programme_document("progressive"), is_all=True)
    assert ["progressive"] == of_hq(shop)
    take(shop, Document("programme", "progressive", None))
    shop.reopen()
    assert ["fixed-card"] == [one.id for one in shop.till.terms.programmes.programmes], "its own again"


@pytest.mark.expects_log("published.programmes")
def test_that_programmes_that_cannot_run_together_do_not_keep_the_till_from_opening(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", owners={"programmes": "hq"})
    other_worth = programme_document("pharmacy").body or ""
    other_worth = other_worth.replace('"point_worth_minor":1,', '"point_worth_minor":7,')
    take(shop, programme_document("progressive"), Document("programme", "pharmacy", other_worth))
    shop.reopen()
    assert ["fixed-card"] == [one.id for one in shop.till.terms.programmes.programmes]


def test_that_people_come_and_go(shop: Shop) -> None:
    take(shop, person("ana"), person("bob", role="cashier"))
    assert [StaffMember("ana", "Ana", Role.MANAGER), StaffMember("bob", "Ana", Role.CASHIER)] == people(shop)
    take(shop, person("bob", role="cashier"), is_all=True)
    assert [False, True] == [one.active for one in people(shop)]
    take(shop, is_all=True)
    assert [False, True] == [one.active for one in people(shop)]


@pytest.mark.expects_log("published.unreadable kind=seed")
def test_that_seeds_are_taken_that_are_what_their_hashes_say(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", owners={"programmes": "hq"})
    seed, other = bytes(range(32)), bytes(32)
    take = taker(shop.till.settings.owners)

    def take_all(*given: Document) -> dict[str, bytes]:
        shop.till.database.write(lambda connection: take(connection, given, False))
        return shop.till.database.read(draws.usable_seeds)

    good = Document("seed", hash_of(seed), f'{{"seed":"{seed.hex()}"}}')
    bad = [
        Document("seed", hash_of(other), body)
        for body in (good.body, '{"seed":"zz"}', "[]", '{"seed":""}', f'{{"seed":"{other.hex()}00"}}')
    ]
    assert {hash_of(seed): seed} == take_all(good, *bad)
    assert {} == take_all(Document("seed", hash_of(seed), None))


def batch(batch_id: str, **changes: object) -> CouponBatch:
    made = CouponBatch(batch_id=batch_id, rule="coupon/five-off", codes=2, uses=1, secret=bytes(32))
    return msgspec.structs.replace(made, **changes)


def batch_document(one: CouponBatch) -> Document:
    return Document("coupon", one.batch_id, msgspec.json.encode(one).decode())


def batch_ids(shop: Shop) -> list[str]:
    return [one.batch_id for one in shop.till.database.read(coupons.list_batches)]


def test_that_batches_of_coupons_come_change_and_go(shop: Shop) -> None:
    own = batch("AAAAA", is_own=True)
    shop.till.database.write(lambda connection: coupons.put_batches(connection, [own]))
    take(
        shop, batch_document(batch("BBBBB")), batch_document(batch("CCCCC")), Document("coupon_spent", "BBBBB-1", "{}")
    )
    take(shop, batch_document(batch("BBBBB", withdrawn=True)), Document("coupon", "CCCCC", None))
    assert [own, batch("BBBBB", withdrawn=True)] == shop.till.database.read(coupons.list_batches)
    take(shop, Document("coupon_spent", "BBBBB-1", None), Document("coupon_spent", "BBBBB-2", "{}"))
    assert {"BBBBB-2"} == shop.till.database.read(coupons.spent_ids)
    take(shop, batch_document(batch("DDDDD")), is_all=True)
    assert (["AAAAA", "DDDDD"], set()) == (batch_ids(shop), shop.till.database.read(coupons.spent_ids))


def test_that_a_till_with_its_own_programmes_takes_no_coupons(shop: Shop) -> None:
    take(shop, batch_document(batch("BBBBB")), Document("coupon_spent", "BBBBB-1", "{}"), owners=Owners())
    assert ([], set()) == (batch_ids(shop), shop.till.database.read(coupons.spent_ids))


@pytest.mark.expects_log("published.unreadable kind=coupon")
@pytest.mark.parametrize(
    "document",
    [
        Document("coupon", "BBBBB", "{}"),
        Document("coupon", "CCCCC", msgspec.json.encode(batch("BBBBB")).decode()),
        batch_document(batch("BBBBB", is_own=True)),
    ],
    ids=["no batch", "another's", "a till's own"],
)
def test_that_a_batch_that_cannot_be_read_is_left(shop: Shop, document: Document) -> None:
    take(shop, document)
    assert [] == batch_ids(shop)
