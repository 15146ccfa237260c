"""What a till whose points HQ decides about may burn: what HQ counts, for as long as HQ was heard of late."""

import pytest

from pos_app.protocol.queue import StopReason
from storage import accounts, journal
from tests.shop import BOB, TEA, Shop
from tests.storage.test_outbox import acknowledge, beneath, hq_lot, outbox, page, state

__all__ = ["beneath"]


def spendable(shop: Shop) -> int:
    return shop.member(BOB).spendable_units


def test_that_only_what_hq_counts_may_be_burned(beneath: Shop) -> None:
    acknowledge(beneath, 3, 3)
    outbox(beneath).apply_changes(page(state(beneath, hq_lot("l-1", 50), includes_seq=3)))
    assert 50 == spendable(beneath)
    beneath.sell(TEA, card=BOB)
    assert (80, 50) == (beneath.member(BOB).balance.available_units, spendable(beneath))
    own = beneath.query("SELECT lot_id FROM lot WHERE lot_id <> 'l-1'")[0][0]
    outbox(beneath).apply_changes(page(state(beneath, hq_lot("l-1", 50), hq_lot(own, 30), includes_seq=4)))
    assert 80 == spendable(beneath)


def test_that_nothing_may_be_burned_before_hq_was_ever_heard(beneath: Shop) -> None:
    beneath.till.database.write(lambda c: accounts.put_lots(c, [hq_lot("l-1", 50)]))
    assert (50, 0) == (beneath.member(BOB).balance.available_units, spendable(beneath))


@pytest.mark.parametrize(("hours_since", "expected"), [(0, 50), (72, 50), (73, 0), (-1, 50), (-2, 0)], ids=str)
def test_that_nothing_may_be_burned_too_long_after_hq_was_heard_nor_with_a_clock_that_went_back(
    beneath: Shop, hours_since: int, expected: int
) -> None:
    acknowledge(beneath, 3, 3)
    outbox(beneath).apply_changes(page(state(beneath, hq_lot("l-1", 50), includes_seq=3)))
    beneath.wait(hours_since * 3_600_000)
    assert expected == spendable(beneath)


def test_that_nothing_may_be_burned_once_hq_takes_our_word_no_more(beneath: Shop) -> None:
    acknowledge(beneath, 3, 3)
    outbox(beneath).apply_changes(page(state(beneath, hq_lot("l-1", 50), includes_seq=3)))
    outbox(beneath).stop_burning(StopReason.REVOKED)
    assert (50, 0) == (beneath.member(BOB).balance.available_units, spendable(beneath))


@pytest.mark.parametrize("durable_seq", [3, 4])
def test_that_after_joining_again_what_was_not_durable_must_be_counted_anew(beneath: Shop, durable_seq: int) -> None:
    beneath.sell(TEA, card=BOB)
    lot_id = beneath.query("SELECT lot_id FROM lot")[0][0]
    acknowledge(beneath, 4, durable_seq)
    outbox(beneath).apply_changes(page(state(beneath, hq_lot(lot_id, 30), includes_seq=4)))
    assert 30 == spendable(beneath)
    other = "00000000-0000-0000-0000-00000000000b"
    beneath.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=other, incarnation=1))
    assert (30 if durable_seq == 4 else 0) == spendable(beneath)
