"""The naive model against sums done by hand."""

import msgspec

from pos_app.simulation.promises import NOBODY, LineShares, Promise, Promises


def made(*promises: Promise) -> Promises:
    book = Promises()
    for promise in promises:
        book.record(promise)
    return book


BOUGHT = Promise(
    "sale",
    "sale",
    1,
    "till-1",
    issued_units={"shop": 10, "partner": 3},
    redeemed_units={"shop": 5},
    sale="sale",
    lines={1: LineShares(3, (("shop", 10), ("partner", 3)), (("shop", 5),))},
)


def test_that_promises_that_never_arrived_count_for_nothing() -> None:
    sums = made(BOUGHT).sums([])
    assert ({}, {}) == (sums.issued_units, sums.redeemed_units)


def test_that_pieces_that_came_back_take_their_floor_whoever_took_them() -> None:
    back = [Promise(name, "return", 1, "till-2", sale="sale", returned={1: 1}) for name in ("one", "two")]
    book = made(BOUGHT, *back)
    # 2 of 3 pieces: floor(20/3) of 10, floor(6/3) of 3, floor(10/3) of 5.
    sums = book.sums(["sale", "one", "two"])
    assert {(1, "shop"): 10 - 6, (1, "partner"): 3 - 2} == sums.issued_units
    assert {(1, "shop"): 5 - 3} == sums.redeemed_units


def test_that_no_more_comes_back_than_was_bought() -> None:
    back = Promise("back", "return", 1, "till-2", sale="sale", returned={1: 9})
    assert {} == made(BOUGHT, back).sums(["sale", "back"]).issued_units


def test_that_a_return_of_a_lost_sale_takes_nothing() -> None:
    back = Promise("back", "return", 1, "till-2", sale="sale", returned={1: 1})
    assert {} == made(BOUGHT, back).sums(["back"]).issued_units


def two_sales_of_one_number() -> tuple[Promise, Promise, Promise]:
    """Two members' sales with one number, and goods that came back unseen with it."""
    first, second = (
        msgspec.structs.replace(
            BOUGHT, event_id=name, sale=name, shopper=shopper, number="7", goods={code: 1}, redeemed_units={}
        )
        for name, shopper, code in (("first", 1, "tea"), ("second", 2, "tea"))
    )
    back = Promise("back", "unseen_return", 2, "till-2", sale="second", number="7", goods={"tea": 1}, returned={1: 3})
    return first, second, back


def test_that_unseen_goods_go_back_to_the_sale_that_they_were_settled_on() -> None:
    book = made(*two_sales_of_one_number())
    kept = {(2, "shop"): 10, (2, "partner"): 3}
    assert kept == book.sums(book.made, {"back": "first"}).issued_units
    assert kept != book.sums(book.made, {"back": "second"}).issued_units
    assert 4 == len(book.sums(book.made, {"back": ""}).issued_units)


def test_that_unseen_goods_that_went_back_to_the_wrong_sale_or_to_none_are_found() -> None:
    first, second, back = two_sales_of_one_number()
    book = made(first, second, back)
    both, one = {"7": ("first", "second")}, {"7": ("first",)}
    assert [] == [*book.misplaced(book.made, {"back": "first"}, both), *book.misplaced(book.made, {}, both)]
    assert ["back went back to second"] == list(book.misplaced(book.made, {"back": "second"}, one))
    assert ["back did not go back to first"] == list(book.misplaced(book.made, {}, one))
    ham = made(first, second, msgspec.structs.replace(back, goods={"ham": 1}))
    assert [] == list(ham.misplaced(ham.made, {}, one))
    assert ["back went back to first"] == list(ham.misplaced(ham.made, {"back": "first"}, one))
    seen = made(first, back, Promise("seen", "return", 1, "till-1", sale="first", returned={1: 1}))
    assert [] == list(seen.misplaced(seen.made, {}, one))


def test_that_merged_shoppers_are_one_household_once_the_merge_arrived() -> None:
    other = Promise("other", "sale", 2, "till-1", issued_units={"shop": 4})
    merge = Promise("merge", "merge", 2, "till-1", joins=1)
    book = made(BOUGHT, other, merge)
    assert {(1, "shop"): 14, (1, "partner"): 3} == book.sums(["sale", "other", "merge"]).issued_units
    assert {(1, "shop"): 10, (1, "partner"): 3, (2, "shop"): 4} == book.sums(["sale", "other"]).issued_units


def test_that_nobody_has_no_purse() -> None:
    anonymous = Promise("cash", "sale", NOBODY, "till-1", issued_units={"shop": 4})
    assert {} == made(anonymous).sums(["cash"]).issued_units


CLAIM = Promise("claim", "claim", 1, "till-2", issued_units={"shop": 10}, redeemed_units={"shop": 5}, sale="sale")


def test_that_a_claim_stands_for_a_sale_that_never_came() -> None:
    again = Promise("claim-2", "claim", 1, "till-3", issued_units={"shop": 10}, redeemed_units={"shop": 5}, sale="sale")
    sums = made(BOUGHT, CLAIM, again).sums(["claim", "claim-2"])
    assert ({(1, "shop"): 10}, {(1, "shop"): 5}) == (sums.issued_units, sums.redeemed_units)


def test_that_a_claim_counts_though_goods_of_the_lost_sale_came_back_before() -> None:
    back = Promise("back", "return", 1, "till-2", sale="sale", returned={1: 1})
    assert {(1, "shop"): 10} == made(BOUGHT, CLAIM, back).sums(["back", "claim"]).issued_units


def test_that_a_sale_that_came_after_its_claim_adds_only_what_no_code_says() -> None:
    sums = made(BOUGHT, CLAIM).sums(["claim", "sale"])
    assert ({(1, "shop"): 10, (1, "partner"): 3}, {(1, "shop"): 5}) == (sums.issued_units, sums.redeemed_units)


def test_that_only_what_was_promised_can_be_lost() -> None:
    book = made(BOUGHT)
    book.risk(["sale", "unknown"], "the disk was lost")
    book.risk(["sale"], "the disk was rolled back")
    assert {"sale": "the disk was lost"} == book.at_risk
