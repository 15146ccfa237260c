"""Receipts that HQ showed."""

import msgspec

from pos_app.protocol.events import ReturnedLine
from storage.foreign_receipts import (
    ForeignReceipt,
    find_all_foreign,
    find_foreign,
    find_foreign_by_event,
    keep_foreign,
)
from tests.shop import Shop

SHOWN = ForeignReceipt("e-1", "007-01-0000001", b"{}", (), asked_at_ms=5)


def test_that_a_receipt_is_found_by_its_number_and_by_its_event(shop: Shop) -> None:
    shop.till.database.write(lambda c: keep_foreign(c, SHOWN))
    assert SHOWN == shop.till.database.read(lambda c: find_foreign(c, receipt_number="007-01-0000001"))
    assert SHOWN == shop.till.database.read(lambda c: find_foreign_by_event(c, "e-1"))
    assert None is shop.till.database.read(lambda c: find_foreign(c, receipt_number="007-01-0000002"))


def test_that_the_newest_word_is_kept(shop: Shop) -> None:
    later = ForeignReceipt("e-1", "007-01-0000001", b"{1}", (ReturnedLine(1, 1000, 300, 50, 3, 0),), asked_at_ms=9)
    for one in (SHOWN, later):
        shop.till.database.write(lambda c, one=one: keep_foreign(c, one))  # type: ignore[misc]
    assert later == shop.till.database.read(lambda c: find_foreign_by_event(c, "e-1"))
    assert [(1,)] == shop.query("SELECT count(*) FROM foreign_receipt")


def test_that_all_receipts_of_one_number_are_kept(shop: Shop) -> None:
    other = msgspec.structs.replace(SHOWN, event_id="e-2")
    unlike = msgspec.structs.replace(SHOWN, event_id="e-3", receipt_number="007-01-00000012")
    for one in (SHOWN, other, unlike, other):
        shop.till.database.write(lambda c, one=one: keep_foreign(c, one))  # type: ignore[misc]
    number = SHOWN.receipt_number
    assert (SHOWN, other) == shop.till.database.read(lambda c: find_all_foreign(c, receipt_number=number))
    assert other == shop.till.database.read(lambda c: find_foreign_by_event(c, "e-2"))
