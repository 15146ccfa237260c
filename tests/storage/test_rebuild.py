"""The rows of receipts built anew from their events."""

from typing import Any

import msgspec
import pytest

from pos_app.protocol.events import ReturnEvent, SaleEvent, UnseenReturnEvent, decode_body
from pos_app.use_cases.unseen_returning import unseen_goods
from storage import journal, rebuild
from storage.foreign_receipts import ForeignReceipt, keep_foreign
from storage.rebuild import RECEIPT_KINDS, ReceiptEvent, restore_sale_rows
from tests.conftest import OpenShop
from tests.shop import BOB, BREAD, PILLS, TEA, TENDER, Shop

PARTS = ("sale_line", "return_line", "unseen_line", "payment", "award")


def events(shop: Shop) -> list[ReceiptEvent]:
    bodies = shop.till.database.read(lambda c: list(journal.bodies_of(c, RECEIPT_KINDS)))
    decoded = [decode_body(body) for body in bodies]
    return [event for event in decoded if isinstance(event, ReceiptEvent)]


def rows(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    heads = shop.query("SELECT * FROM sale ORDER BY event_id")
    return {"sale": [head[:-1] for head in heads], **{name: shop.query(f"SELECT * FROM {name}") for name in PARTS}}


def lose_rows(shop: Shop) -> None:
    for table in ("print_job", *PARTS, "sale"):
        shop.till.database.write(lambda c, table=table: c.exec_driver_sql(f"DELETE FROM {table}").rowcount)  # type: ignore[misc]


def restore(shop: Shop) -> list[bool]:
    said = events(shop)
    return [shop.till.database.write(lambda c, event=event: restore_sale_rows(c, event)) for event in said]  # type: ignore[misc]


def test_that_every_kind_of_receipt_is_restored_from_its_event(open_shop: OpenShop) -> None:
    shop = open_shop(TENDER)
    shop.sell(TEA, BREAD, card=BOB)
    shop.wait(4_000_000)
    sale = shop.sell(TEA, PILLS, card=BOB, burn=3)
    shop.take_back(sale, line_1=1)
    shop.sell(TEA)
    shop.till.return_unseen("001-01-9999999", (unseen_goods(TEA), unseen_goods(BREAD))).result()
    before = rows(shop)
    assert {SaleEvent, ReturnEvent, UnseenReturnEvent} == {type(event) for event in events(shop)}
    assert [False] * 5 == restore(shop), "rows that are there are left alone"
    lose_rows(shop)
    assert [True] * 5 == restore(shop)
    assert before == rows(shop)
    assert [] == shop.query("SELECT 1 FROM print_job"), "nothing is printed a second time"
    assert {} == shop.bad_findings()


def test_that_receipts_beside_a_fiscal_till_are_restored(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", till={"mode": "beside"})
    shop.take_back(shop.sell(TEA, card=BOB, foreign="F-1"), line_1=1)
    before = rows(shop)
    lose_rows(shop)
    restore(shop)
    assert before == rows(shop)


def test_that_what_no_event_says_does_not_make_a_receipt_wrong(open_shop: OpenShop) -> None:
    """A return's card is the sale's: where the sale's event was pruned, nothing can be said of it."""
    shop = open_shop("fixed-card")
    sale = shop.sell(TEA, card=BOB)
    back = shop.take_back(sale, line_1=1)
    event = next(event for event in events(shop) if event.event_id == back.event_id)
    shop.damage("UPDATE event SET body = NULL WHERE event_id = ?", sale.event_id)
    assert shop.till.database.read(lambda c: rebuild.agree(c, event))
    shop.damage("UPDATE sale SET total_minor = 1 WHERE event_id = ?", back.event_id)
    assert not shop.till.database.read(lambda c: rebuild.agree(c, event))
    shop.damage("DELETE FROM sale WHERE event_id = ?", back.event_id)
    assert not shop.till.database.read(lambda c: rebuild.agree(c, event))


@pytest.mark.parametrize("keeps", [True, False])
def test_that_a_return_of_another_tills_sale_takes_its_card_from_the_foreign_receipt(
    open_shop: OpenShop, *, keeps: bool
) -> None:
    shop = open_shop("fixed-card")
    sale = shop.sell(TEA, card=BOB)
    back = shop.take_back(sale, line_1=1)
    (body,) = shop.query("SELECT body FROM event WHERE event_id = ?", sale.event_id)[0]
    if keeps:
        foreign = ForeignReceipt(sale.event_id, sale.receipt_number, body, (), 1)
        shop.till.database.write(lambda c: keep_foreign(c, foreign))
    shop.damage("UPDATE event SET body = NULL WHERE event_id = ?", sale.event_id)
    shop.damage("DELETE FROM sale WHERE event_id = ?", back.event_id)
    restore(shop)
    assert [(BOB if keeps else "",)] == shop.query("SELECT card_ref FROM sale WHERE event_id = ?", back.event_id)


def test_that_receipts_that_printed_one_number_are_both_kept(open_shop: OpenShop) -> None:
    """A disk that was rolled back prints numbers again; its mirror brings the first receipts back."""
    shop = open_shop("fixed-card")
    shop.sell(TEA, card=BOB)
    shop.sell(BREAD, card=BOB)
    first, second = [event for event in events(shop) if isinstance(event, SaleEvent)]
    again = msgspec.structs.replace(first, receipt_number=second.receipt_number)
    for event in (first, second):
        shop.damage("DELETE FROM print_job WHERE event_id = ?", event.event_id)
    shop.damage("DELETE FROM sale WHERE event_id = ?", first.event_id)
    assert shop.till.database.write(lambda c: restore_sale_rows(c, again))
    numbers = [number for (number,) in shop.query("SELECT receipt_number FROM sale ORDER BY receipt_number")]
    assert [second.receipt_number, f"{second.receipt_number}~2"] == numbers
    assert shop.till.database.read(lambda c: rebuild.agree(c, again))
    assert shop.till.database.read(lambda c: rebuild.agree(c, second))
