"""Whatever order tills come in, how often they send what, and who books: HQ ends with the same points, and none from nothing."""

import threading
from collections import Counter

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from hq import tables
from hq.apply import apply_inbox
from hq.operate import RunningHq
from hq.policy import change_policy
from hq.settling import settle_waiting
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import (
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    BurnedLot,
    CardAction,
    CardEvent,
    ErasureEvent,
    GrantedLot,
    MergeEvent,
    SaleEvent,
)
from tests.hq.journals import START_MS, enrolment, moment, new_id, sale
from tests.hq.ledgers import LATER_MS
from tests.hq.postgres import empty
from tests.hq.tills import Till, book_all, rows, taken_back, unseen

TILLS = 3
PIECES = 3
ACCOUNTS = st.sampled_from(["a", "b", "c"])
SALE = st.tuples(st.just("sale"), ACCOUNTS, st.integers(0, 20), st.integers(0, 20))
BACK = st.tuples(st.sampled_from(["back", "unseen"]), st.integers(0, 9), st.integers(1, PIECES))
GIFT = st.tuples(st.just("adjust"), ACCOUNTS, st.integers(-20, 20).filter(bool))
OTHER = st.one_of(
    st.tuples(st.just("merge"), ACCOUNTS, ACCOUNTS),
    st.tuples(st.sampled_from(["erase", "enrol", "card"]), ACCOUNTS),
)
PLANS = st.lists(
    st.tuples(st.integers(0, TILLS - 1), st.one_of(SALE, SALE, BACK, BACK, GIFT, OTHER)), min_size=4, max_size=10
)
Plan = list[tuple[int, tuple[object, ...]]]
Journals = list[list[AnyEvent]]


def sold(number: int, account_ref: str, earned: int, burned: int) -> SaleEvent:
    """One line of three pieces."""
    made = sale(
        account_ref=account_ref,
        card=f"29{account_ref}",
        amounts=(900,),
        earned=earned,
        burned=burned,
        utc_ms=START_MS + number * 1000,
        receipt_number=f"001-01-{number:07d}",
    )
    lines = tuple(msgspec.structs.replace(line, quantity_milli=PIECES * 1000) for line in made.lines)
    parts = (BurnedLot(new_id(), burned),) if burned else ()
    return msgspec.structs.replace(made, lines=lines, burned_lots=parts)


def adjusted(account_ref: str, units: int) -> AdjustmentEvent:
    event_id = new_id()
    gift = GrantedLot(derived_id(event_id, "lot-1"), LotGrant("", "shop", units, START_MS, None))
    return AdjustmentEvent(
        event_id=event_id,
        moment=moment(),
        account_ref=account_ref,
        units=units,
        reason=AdjustmentReason.CORRECTION,
        granted=gift if units > 0 else None,
    )


def without_too_much(plan: Plan, sales_count: int) -> Plan:
    """The plan without goods that came back unseen where more of the sale would come back than was bought.

    Then the first to come is believed, and a person decides about the others: no order is like another.
    """
    came_back, unseen_of, kept = Counter[int](), set[int](), []
    for till, step in plan:
        if step[0] in {"back", "unseen"} and sales_count:
            number, pieces = int(str(step[1])) % sales_count, int(str(step[2]))
            is_told_apart = step[0] == "back" and number not in unseen_of
            if not is_told_apart and came_back[number] + pieces > PIECES:
                continue
            came_back[number] += pieces
            unseen_of |= set() if is_told_apart else {number}
        kept.append((till, step))
    return kept


def journals_of(plan: Plan) -> Journals:
    """What each till writes; goods come back of any till's sale, also one that is written later."""
    sales = [sold(number, *step[1:]) for number, (_, step) in enumerate(plan) if step[0] == "sale"]  # type: ignore[arg-type]
    left = iter(sales)
    journals: Journals = [[] for _ in range(TILLS)]
    for till, (kind, *values) in without_too_much(plan, len(sales)):
        event: AnyEvent | None = None
        match kind:
            case "sale":
                event = next(left)
            case "back" | "unseen" if sales:
                of = sales[int(str(values[0])) % len(sales)]
                milli = int(str(values[1])) * 1000
                code = of.lines[0].product_code
                event = taken_back(of, {1: milli}) if kind == "back" else unseen(of.receipt_number, (code, milli))
            case "adjust":
                event = adjusted(str(values[0]), int(str(values[1])))
            case "merge":
                refs = str(values[0]), str(values[1])
                event = MergeEvent(event_id=new_id(), moment=moment(), account_ref=refs[0], merged_ref=refs[1])
            case "erase":
                event = ErasureEvent(event_id=new_id(), moment=moment(), account_ref=str(values[0]))
            case "enrol":
                event = enrolment(str(values[0]), f"29{values[0]}")
            case "card":
                number, action = f"30{values[0]}", CardAction.ADD
                event = CardEvent(
                    event_id=new_id(), moment=moment(), account_ref=str(values[0]), card_number=number, action=action
                )
        if event is not None:
            journals[till].append(event)
    return journals


def outcome(engine: Engine) -> dict[str, object]:
    """What must not depend on the order: sums by kind, what each member has, receipts, what was counted."""
    entry, lot = tables.entry.c, tables.lot.c
    with engine.connect() as connection:
        kinds = dict(connection.execute(select(entry.kind, func.sum(entry.units)).group_by(entry.kind)).all())
        negative = connection.execute(select(func.count()).where(lot.remaining_units < 0)).scalar_one()
    assert (0, 0) == (sum(kinds.values()), negative)
    stored = Counter[str]()
    have = Counter[str]()
    owing, having = set(), set()
    for account_ref, kind, units in rows(engine, "balance", "account_ref", "kind", "units"):
        stored[kind] += units
        if kind in {"available", "pending", "leased", "overdraft"}:
            have[account_ref] += units
        if units and kind == "overdraft":
            owing.add(account_ref)
        if units and kind == "available":
            having.add(account_ref)
    assert {kind: units for kind, units in kinds.items() if units} == {kind: n for kind, n in stored.items() if n}
    assert set() == owing & having, "nobody owes beside points"
    return {
        "issued": kinds.get("issued", 0),
        "redeemed": kinds.get("redeemed", 0),
        "members": sorted(units for units in have.values() if units),
        "counted": sum(minor for (minor,) in rows(engine, "accumulator", "sum_minor")),
        "receipts": sum(count for (count,) in rows(engine, "account", "receipts_count")),
        "sales": Counter(kind for (kind,) in rows(engine, "sale", "kind")),
        "cards": [number for (number,) in rows(engine, "card", "number")],
        "returned": Counter(
            dict(_returned(engine)),
        ),
    }


def _returned(engine: Engine) -> Counter[str]:
    sums = Counter[str]()
    for sale_id, milli in rows(engine, "return_line", "sale_event_id", "quantity_milli"):
        sums[sale_id] += milli
    return sums


def play(engine: Engine, journals: Journals, order: list[int], *, lease: bool, together: int) -> dict[str, object]:
    """Book what the tills wrote, each in its own order; ``order`` says whose turn it is, ``together`` how much is booked at once."""
    empty(engine)
    if lease:
        change_policy(engine, {"allowance": "lease", "lease_units": 7})
    tills = [Till(engine, number) for number in range(1, TILLS + 1)]
    left = [list(journal) for journal in journals]
    turns = [turn for turn in order if left[turn]] + [turn for turn in range(TILLS) for _ in left[turn]]
    for number, turn in enumerate(turns):
        if left[turn]:
            tills[turn].write(left[turn].pop(0))
        if number % together == 0:
            book_all(engine)
    copy = Till(engine, TILLS + 1)
    copy.book(*[event for journal in journals for event in journal])
    book_all(engine)
    return outcome(engine)


def check_orders(engine: Engine, plan: Plan, orders: list[list[int]], *, lease: bool, together: int) -> None:
    journals = journals_of(plan)
    first = play(engine, journals, orders[0], lease=lease, together=1)
    second = play(engine, journals, orders[1], lease=lease, together=together)
    assert first == second


ORDERS = st.lists(st.lists(st.integers(0, TILLS - 1), max_size=30), min_size=2, max_size=2)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS, orders=ORDERS, lease=st.booleans(), together=st.integers(1, 4))
def test_that_the_order_of_tills_leads_to_the_same_points(
    sqlite_hq: RunningHq, plan: Plan, orders: list[list[int]], lease: bool, together: int
) -> None:
    check_orders(sqlite_hq.engine, plan, orders, lease=lease, together=together)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS, orders=ORDERS, lease=st.booleans(), together=st.integers(1, 4))
def test_that_the_order_of_tills_leads_to_the_same_points_on_postgresql(
    postgres_hq: RunningHq, plan: Plan, orders: list[list[int]], lease: bool, together: int
) -> None:
    check_orders(postgres_hq.engine, plan, orders, lease=lease, together=together)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS, lease=st.booleans())
def test_that_appliers_side_by_side_lead_to_the_same_points(postgres_hq: RunningHq, plan: Plan, lease: bool) -> None:
    engine, journals = postgres_hq.engine, journals_of(plan)
    one_by_one = play(engine, journals, [], lease=lease, together=1)
    empty(engine)
    if lease:
        change_policy(engine, {"allowance": "lease", "lease_units": 7})
    tills = [Till(engine, number) for number in range(1, TILLS + 2)]
    for till, events in zip(tills, [*journals, [event for journal in journals for event in journal]], strict=True):
        till.write(*events)

    def work() -> None:
        apply_inbox(engine, now_ms=LATER_MS)
        settle_waiting(engine, now_ms=LATER_MS)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book_all(engine)
    assert one_by_one == outcome(engine)
