"""What the sentinel finds in a day's receipts."""

from typing import Any

import pytest

from pos_app.model.sentinel import Adjusted, CardCame, Deed, FindingCode, Suspicion, Watched, suspicions
from pos_app.settings import Sentinel

MINUTE_MS = 60_000
ONLY_CARDS = Sentinel(card_share_percent=0)
QUIET = Sentinel(card_receipts=0, late_cards=0, burn_return_hours=0, unseen_returns=0, adjustments=0)


def receipt(number: int, *, minute: int = 0, account: str = "ana", staff: str = "ben", **more: Any) -> Watched:
    values: dict[str, Any] = {"deed": Deed.SALE, "utc_ms": minute * MINUTE_MS} | more
    return Watched(receipt_number=f"r{number}", staff_ref=staff, account_ref=account, **values)


def codes(found: tuple[Suspicion, ...]) -> list[str]:
    return [one.code.value for one in found]


def test_that_one_card_again_and_again_at_one_cashier_is_found_within_its_window() -> None:
    receipts = [receipt(number, minute=40 * number) for number in range(4)]
    found = suspicions(receipts, [], Sentinel(card_receipts=4, card_window_minutes=120, card_share_percent=0))
    values = {"receipts": 4, "window_minutes": 120}
    assert (Suspicion(FindingCode.CARD_AGAIN, "ben", "ana", ("r0", "r1", "r2", "r3"), values),) == found
    assert () == suspicions(receipts, [], Sentinel(card_receipts=4, card_window_minutes=119, card_share_percent=0))
    assert () == suspicions(receipts[:3], [], ONLY_CARDS)


def test_that_one_card_at_two_cashiers_and_sales_without_a_card_are_not() -> None:
    split = [receipt(number, staff="ben" if number % 2 else "eva") for number in range(6)]
    nobody = [receipt(number, account="") for number in range(9)]
    assert () == suspicions(split + nobody, [], ONLY_CARDS)


def test_that_a_large_share_of_a_cashiers_member_receipts_is_found() -> None:
    spread = [receipt(number, minute=600 * number) for number in range(4)]
    others = [receipt(10 + number, account=f"other-{number}") for number in range(6)]
    nobody = [receipt(20 + number, account="") for number in range(50)]
    found = suspicions([*spread, *others, *nobody], [], Sentinel(card_share_percent=40))
    assert [(FindingCode.CARD_SHARE, {"receipts": 4, "share_percent": 40})] == [(one.code, one.values) for one in found]
    assert () == suspicions([*spread, *others, *nobody], [], Sentinel(card_share_percent=41))


def test_that_cards_that_come_while_paying_are_counted_for_a_cashier_whosever_they_are() -> None:
    late = [receipt(number, account=f"m{number}", card_came=CardCame.WHILE_PAYING.value) for number in range(3)]
    found = suspicions(late, [], Sentinel(late_cards=3))
    assert (Suspicion(FindingCode.CARD_WHILE_PAYING, "ben", "", ("r0", "r1", "r2"), {"receipts": 3}),) == found
    assert () == suspicions(late[:2], [], Sentinel(late_cards=3))


def test_that_a_card_after_the_goods_is_found_if_it_is_always_the_same() -> None:
    late = [receipt(number, card_came=CardCame.AFTER_GOODS.value) for number in range(3)]
    others = [receipt(9 + n, account=f"m{n}", card_came=CardCame.AFTER_GOODS.value) for n in range(9)]
    assert ["card_after_goods"] == codes(suspicions([*late, *others], [], Sentinel(late_cards=3)))
    assert () == suspicions(others, [], Sentinel(late_cards=3))


def back(number: int, **more: Any) -> Watched:
    values: dict[str, Any] = {"deed": Deed.RETURN, "burned_units": 50, "of_receipt": "r1", "sold_ms": 0} | more
    return receipt(number, **values)


def test_that_points_that_come_back_soon_are_found_with_what_was_burned_again() -> None:
    receipts = [receipt(1, burned_units=50), back(2, minute=30), receipt(3, minute=40, burned_units=45)]
    found = suspicions(receipts, [], Sentinel())
    values = {"returned_units": 50, "after_minutes": 30, "burned_again_units": 45}
    assert (Suspicion(FindingCode.BURN_RETURNED, "ben", "ana", ("r1", "r2", "r3"), values),) == found


@pytest.mark.parametrize(
    "late", [back(2, minute=24 * 60), back(2, burned_units=0), back(2, sold_ms=None)], ids=["late", "cash", "unknown"]
)
def test_that_other_returns_are_not(late: Watched) -> None:
    assert () == suspicions([late], [], Sentinel(burn_return_hours=24))


def test_that_returns_without_a_receipt_are_counted_for_a_cashier() -> None:
    unseen = [receipt(number, account="", deed=Deed.UNSEEN_RETURN) for number in range(3)]
    found = suspicions([*unseen, receipt(9, account="", deed=Deed.UNSEEN_RETURN, staff="eva")], [], Sentinel())
    assert (Suspicion(FindingCode.UNSEEN_RETURNS, "ben", "", ("r0", "r1", "r2"), {"receipts": 3}),) == found


def test_that_points_given_by_hand_are_found() -> None:
    acts = [Adjusted("anna", "ana", 100), Adjusted("anna", "ana", -20), Adjusted("anna", "bob", 5)]
    found = suspicions([], acts, Sentinel(adjustments=2))
    values = {"adjustments": 2, "net_units": 80}
    assert (Suspicion(FindingCode.ADJUSTMENTS, "anna", "ana", (), values),) == found


def test_that_a_limit_of_zero_leaves_a_check_out() -> None:
    receipts = [receipt(number, card_came=CardCame.WHILE_PAYING.value) for number in range(9)]
    receipts += [receipt(10 + number, account="", deed=Deed.UNSEEN_RETURN) for number in range(9)]
    assert () == suspicions([*receipts, back(30)], [Adjusted("anna", "ana", 100)], QUIET)
