"""What a till keeps of coupons."""

import msgspec

from pos_app.model.coupons import CouponBatch
from storage import coupons
from tests.shop import Shop

OWN = CouponBatch(batch_id="AAAAA", rule="coupon/five-off", codes=2, uses=1, secret=bytes(32), is_own=True)
SHARED = msgspec.structs.replace(OWN, batch_id="BBBBB", rule="coupon/beauty", is_own=False, last_date="2026-12-31")


def test_that_batches_are_kept_replaced_and_forgotten(shop: Shop) -> None:
    database = shop.till.database
    database.write(lambda c: coupons.put_batches(c, [OWN, SHARED]))
    changed = msgspec.structs.replace(SHARED, withdrawn=True)
    database.write(lambda c: coupons.put_batches(c, [changed]))
    assert [changed, OWN] == database.read(coupons.list_batches)
    assert changed == database.read(lambda c: coupons.find_batch(c, "BBBBB"))
    database.write(lambda c: coupons.forget_batches(c, ["AAAAA", "BBBBB"]))
    assert [OWN] == database.read(coupons.list_batches), "nobody else can forget what was made here"
    assert None is database.read(lambda c: coupons.find_batch(c, "BBBBB"))


def test_that_what_headquarters_says_of_coupons_is_kept(shop: Shop) -> None:
    database = shop.till.database
    database.write(lambda c: coupons.put_spent(c, ["BBBBB-1", "BBBBB-2", "BBBBB-1"]))
    database.write(lambda c: coupons.forget_spent(c, ["BBBBB-2", "BBBBB-3"]))
    assert {"BBBBB-1"} == database.read(coupons.spent_ids)
    assert database.read(lambda c: coupons.is_spent(c, "BBBBB-1"))
    assert not database.read(lambda c: coupons.is_spent(c, "BBBBB-2"))


def test_that_reservations_are_found_while_they_are_open(shop: Shop) -> None:
    database = shop.till.database
    for number in (1, 2, 3):
        database.write(lambda c, n=number: coupons.ask(c, f"auth-{n}", "BBBBB-1", created_at_ms=n))  # type: ignore[misc]
    database.write(lambda c: coupons.set_state(c, "auth-1", "held"))
    database.write(lambda c: coupons.set_state(c, "auth-2", "refused"))
    found = database.read(lambda c: coupons.open_holds(c, created_before_ms=4))
    assert [("auth-1", "held", True), ("auth-3", "asked", True)] == [
        (hold.auth_id, hold.state, hold.is_open) for hold in found
    ]
    refused = database.read(lambda c: coupons.find_hold(c, "auth-2"))
    assert refused is not None
    assert not refused.is_open
    assert None is database.read(lambda c: coupons.find_hold(c, "auth-9"))
