"""Batches of coupons as documents say them."""

import msgspec
import pytest

from pos_app.model.coupons import CouponBatch, batch_of, coupon_id

BATCH = CouponBatch(batch_id="7KQ2M", rule="coupon/five-off", codes=9, uses=1, secret=bytes(32))


def test_that_a_batch_survives_its_document() -> None:
    assert BATCH == msgspec.json.decode(msgspec.json.encode(BATCH), type=CouponBatch)


@pytest.mark.parametrize(
    "change",
    [{"batch_id": "7KQ2"}, {"codes": 0}, {"uses": 0}, {"first_date": "soon"}, {"till_number": -1}, {"secret": "AAAA"}],
)
def test_that_a_batch_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(BATCH) | change, CouponBatch)


def test_that_a_coupon_is_called_by_its_batch_and_number() -> None:
    assert "7KQ2M" == batch_of(coupon_id("7KQ2M", 7))
