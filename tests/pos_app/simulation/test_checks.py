"""The checks at the end of a run, on facts made by hand: each finds what it is for."""

import msgspec

from pos_app.simulation import checks
from pos_app.simulation.facts import HqFacts, LotInTime
from pos_app.simulation.promises import Households, LineShares, Promise, PromisedLot, Promises

NOTHING = HqFacts(
    arrived=frozenset(),
    sales={},
    receipts={},
    unseen={},
    entries={},
    balances={},
    lots={},
    leased={},
    homes={},
    owners={},
    overdrafts={},
    owed=(),
    booked_ms={},
    causes={},
    unbalanced=(),
    tasks={},
    open_tasks={},
    replay_differences=0,
    not_replayed=0,
    lease_ends=frozenset(),
    lots_of_time=(),
    expired={},
    now_ms=100,
)
LOT = LotInTime("lot", "shop", 10, 10, starts_at_ms=0, expires_at_ms=200, matured=True)


def facts(**values: object) -> HqFacts:
    return msgspec.structs.replace(NOTHING, **values)


def time_problems(*lots: LotInTime, promised: PromisedLot | None = None, **values: object) -> list[str]:
    book = Promises()
    book.record(Promise("sale", "sale", 1, "till-1", lots=() if promised is None else (promised,)))
    return list(checks.time_problems(book, facts(lots_of_time=lots, arrived=frozenset({"sale"}), **values)))


def test_that_nothing_to_complain_of_is_nothing() -> None:
    assert [] == list(checks.task_problems(NOTHING, anything_died=False))
    assert [] == [*checks.debt_problems(NOTHING), *checks.lease_problems(NOTHING), *checks.hold_problems([])]
    assert [] == time_problems(LOT, promised=PromisedLot("lot", "shop", 10, 0, 200))


def test_that_a_task_that_means_a_defect_is_found() -> None:
    peoples = facts(tasks={"card_taken": 1, "overdraft_again": 2, "sale_missing": 3})
    assert [] == list(checks.task_problems(peoples, anything_died=False))
    assert ["1 tasks mean a defect: range: 2"] == list(
        checks.task_problems(facts(tasks={"range": 2}), anything_died=True)
    )


def test_that_unseen_goods_that_nobody_was_asked_about_are_found() -> None:
    book = Promises()
    sale = Promise("sale", "sale", 1, "till-1", sale="sale", lines={1: LineShares(1)}, number="7", goods={"tea": 1})
    back = Promise("back", "unseen_return", 1, "till-2", sale="x", number="7", goods={"ham": 1}, returned={1: 1})
    for promise in (sale, back):
        book.record(promise)
    left = facts(arrived=frozenset(book.made), receipts={"7": ("sale",)}, unseen={"back": ""})
    asked = msgspec.structs.replace(left, tasks={"unseen_unclear": 1})
    wrong = msgspec.structs.replace(left, unseen={"back": "sale"})
    assert [] == [*checks.unseen_problems(book, asked), *checks.unseen_problems(book, NOTHING)]
    assert [
        "1 returns without a receipt were not settled, and nobody was asked about all of them: back",
        "1 returns without a receipt were settled wrongly: back went back to sale",
    ] == [*checks.unseen_problems(book, left), *checks.unseen_problems(book, wrong)]


def test_that_a_return_waits_for_a_sale_only_where_something_died() -> None:
    waiting = facts(tasks={"sale_missing": 1}, open_tasks={"sale_missing": 1})
    assert 1 == len(list(checks.task_problems(waiting, anything_died=False)))
    assert [] == list(checks.task_problems(waiting, anything_died=True))
    assert 1 == len(list(checks.task_problems(facts(tasks={"unknown_account": 1}), anything_died=False)))


def test_that_receipts_that_come_out_otherwise_are_found() -> None:
    found = list(checks.task_problems(facts(replay_differences=1, not_replayed=2), anything_died=False))
    assert [
        "1 receipts come out otherwise when they are computed again",
        "The receipts of 2 tills were not all computed again",
    ] == found


def test_that_points_beside_a_debt_are_found() -> None:
    both = facts(entries={("a", "shop", "overdraft"): -3, ("a", "shop", "pending"): 2, ("b", "shop", "overdraft"): -3})
    assert ["1 owe points and have some: ('a', 'shop')"] == list(checks.debt_problems(both))


def test_that_a_cause_that_hq_counted_otherwise_is_found() -> None:
    owed = (("a", "sale", "restored", 5),)
    assert [] == list(checks.debt_problems(facts(owed=owed, causes={"restored": 5})))
    assert 1 == len(list(checks.debt_problems(facts(owed=owed, causes={"concurrent": 5}))))


def test_that_a_lease_that_came_back_by_itself_is_found() -> None:
    ended = facts(lease_ends=frozenset({"release", "clock"}), arrived=frozenset({"release"}))
    assert ["1 leases came back without an event of a till: clock"] == list(checks.lease_problems(ended))


def test_that_a_hold_that_is_left_is_found() -> None:
    assert ["1 holds are held for nobody: auth"] == list(checks.hold_problems(["auth"]))


def test_that_a_lot_with_other_dates_than_promised_is_found() -> None:
    assert 1 == len(time_problems(LOT, promised=PromisedLot("lot", "shop", 10, 0, 201)))


def test_that_a_lot_that_is_over_or_has_begun_is_booked_as_such() -> None:
    over = msgspec.structs.replace(LOT, expires_at_ms=100)
    waits = msgspec.structs.replace(LOT, matured=False)
    assert ["1 lots are over and have points: lot"] == time_problems(over)
    assert ["1 lots have begun and wait: lot"] == time_problems(waits)
    assert [] == time_problems(msgspec.structs.replace(over, remaining_units=0), expired={"lot": (10, 100)})


def test_that_nothing_expires_before_its_time_or_twice() -> None:
    for units, at_ms in ((10, 199), (11, 200)):
        assert 1 == len(time_problems(LOT, expired={"lot": (units, at_ms)}))


def test_that_what_died_explains_a_debt_that_is_left() -> None:
    book = Promises()
    book.record(Promise("lost", "sale", 1, "till-1", issued_units={"shop": 7}))
    book.risk(["lost"], "the disk was lost")
    debts = checks.debts_of(
        book,
        Households(),
        facts(
            entries={("a", "shop", "overdraft"): -5},
            homes={"a": "a"},
            owners={"card": "a"},
            owed=(("a", "sale", "sale", 5), ("a", "back", "return", 2)),
        ),
        {"card": 1},
    )
    assert ({1: 5}, {1: 7}, [("sale", 1, 5)]) == (
        debts.left,
        debts.died_units,
        [(owed.event_id, owed.household, owed.units) for owed in debts.concurrent],
    )
