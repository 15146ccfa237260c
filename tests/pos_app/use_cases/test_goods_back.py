"""What goes back with goods: laws that hold for every programme, receipt and way of bringing goods back, and worked numbers."""

from collections import Counter
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import ledger
from pos_app.loyalty.document import Collect, Earning, Programme, Progressive, Returns, Reward, Step
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.ledger import AccountKind, Books
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.model.accounts import Lot
from pos_app.model.evaluation import BurnAs, BurnShare, EngineInput
from pos_app.model.identifiers import derived_id
from pos_app.model.money import tax_included_minor
from pos_app.model.receipts import SaleLine
from pos_app.protocol.events import BurnedLot, GrantedLot, Moment, ReturnedLine, SaleEvent
from pos_app.use_cases.goods_back import GoodsBack, forgiven_before, goods_back, restored_lots, summed
from pos_app.use_cases.pools_back import restored_of_rewards
from tests.pos_app.loyalty.builders import FIVE_PERCENT, NOON_MS, line, member, programme, receipt
from tests.pos_app.loyalty.strategies import any_speed, programme_sets, receipts

EVENT_ID = "018f0000-0000-7000-8000-000000000001"
RETURN_ID = "018f0000-0000-7000-8000-000000000002"
TENS = Progressive(
    id="tens", on="receipt", steps=(Step(from_minor=0, rate_bp=100), Step(from_minor=2000, rate_bp=1000))
)
"""1 %, and 10 % from 20.00 on."""


def sold(engine_input: EngineInput, programmes: ProgrammeSet) -> SaleEvent:
    """The sale of this receipt, as a till would book it."""
    result = evaluate(engine_input, programmes)
    is_reduction = result.burn_as is BurnAs.PRICE_REDUCTION
    burned = {share.line_no: share.worth_minor for share in result.burn_shares}
    lines = tuple(
        SaleLine(
            line_no=each.line_no,
            product_code=each.product_code,
            name=each.product_code,
            product_class=each.product_class,
            band=each.band,
            department=each.department,
            category=each.category,
            quantity_milli=each.quantity_milli,
            unit_price_minor=each.amount_minor,
            list_minor=each.amount_minor,
            amount_minor=each.amount_minor,
            burn_minor=(burn := burned.get(each.line_no, 0) if is_reduction else 0),
            payable_minor=each.amount_minor - burn,
            tax_rate_bp=2000,
            tax_minor=tax_included_minor(amount_minor=each.amount_minor - burn, rate_bp=2000),
        )
        for each in engine_input.lines
    )
    lots, pool_lots = (
        ledger.lots_granted(grants, account_ref="a-1", event_id=EVENT_ID, at_ms=NOON_MS, purpose=purpose)
        for grants, purpose in ((result.lots, "lot"), (result.pool_lots, "pool"))
    )
    return SaleEvent(
        event_id=EVENT_ID,
        moment=Moment("store-1", "cashier", "shift", NOON_MS, "UTC", "2026-07-01", "boot", 0, 0),
        receipt_number="001-01-0000001",
        account_ref="a-1",
        card_ref="card",
        lines=lines,
        payments=(),
        total_minor=sum(each.payable_minor for each in lines),
        engine_input=engine_input,
        burn_units=result.burn_units,
        burn_worth_minor=result.burn_worth_minor,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
        burned_lots=(BurnedLot(EVENT_ID, result.burn_units),) if result.burn_units else (),
        awards=result.awards,
        granted_lots=tuple(GrantedLot(lot.lot_id, grant) for lot, grant in zip(lots, result.lots, strict=True)),
        counted=result.counted,
        class_after=result.class_after,
        discounts=result.discounts,
        collected=result.collected,
        pool_lots=tuple(GrantedLot(lot.lot_id, grant) for lot, grant in zip(pool_lots, result.pool_lots, strict=True)),
        taken=result.taken,
        taken_lots=tuple(BurnedLot(EVENT_ID, one.units) for one in result.taken),
    )


def in_steps(sale: SaleEvent, programmes: ProgrammeSet | None, steps: list[dict[int, int]]) -> list[GoodsBack]:
    """These returns, one after another."""
    before: dict[int, ReturnedLine] = {}
    done = []
    for quantities_milli in steps:
        back = goods_back(sale, programmes, before=before, quantities_milli=quantities_milli)
        before = summed([*before.values(), *back.lines])
        done.append(back)
    return done


def end_of(done: list[GoodsBack]) -> dict[str, Any]:
    """Where a row of returns ends."""
    lots: Counter[tuple[str, str]] = Counter()
    counted: Counter[str] = Counter()
    for back in done:
        lots.update({(part.lot_id, part.issuer): part.units for part in back.clawed_back})
        counted.update(back.counted)
    lines = summed(one for back in done for one in back.lines)
    return {
        "lots": +lots,
        "counted": +counted,
        "money": sum(back.money_minor for back in done),
        "by points": sum(back.by_points_minor for back in done),
        "lines": {
            no: (one.quantity_milli, one.refund_minor, one.tax_minor, one.burned_units) for no, one in lines.items()
        },
    }


def is_no_step_back(back: GoodsBack) -> bool:
    amounts = [back.money_minor, back.by_points_minor, back.burned_units, *back.counted.values()]
    units = [part.units for part in back.clawed_back]
    lines = [amount for one in back.lines for amount in msgspec.structs.astuple(one)]
    return min([*amounts, *lines], default=0) >= 0 and min(units, default=1) > 0


@st.composite
def sets_by_every_method(draw: st.DrawFn, count_max: int) -> ProgrammeSet:
    methods = st.builds(
        Returns, method=st.sampled_from(["prorate", "re-evaluate"]), spent=st.sampled_from(["overdraft", "clamp"])
    )
    drawn = draw(programme_sets(count_max=count_max))
    return programme_set(msgspec.structs.replace(one, returns=draw(methods)) for one in drawn.programmes)


@st.composite
def bought(draw: st.DrawFn, *, count_max: int = 3) -> tuple[SaleEvent, ProgrammeSet, dict[int, int]]:
    """A sale by programmes of every kind and method, and how many pieces its lines have."""
    engine_input, programmes = draw(receipts(sets_by_every_method(count_max)))
    pieces = [draw(st.integers(1, 4)) for _ in engine_input.lines]
    lines = tuple(
        msgspec.structs.replace(each, quantity_milli=count * 1000)
        for each, count in zip(engine_input.lines, pieces, strict=True)
    )
    sale = sold(msgspec.structs.replace(engine_input, lines=lines), programmes)
    return sale, programmes, dict(enumerate(pieces, start=1))


def parts_of(data: st.DataObject, pieces: dict[int, int]) -> list[dict[int, int]]:
    """These pieces in some order, a few at a time, in thousandths."""
    single = [number for number, count in pieces.items() for _ in range(count)]
    order = data.draw(st.permutations(single))
    parts: list[dict[int, int]] = []
    while order:
        size = data.draw(st.integers(1, len(order)))
        parts.append({number: count * 1000 for number, count in Counter(order[:size]).items()})
        order = order[size:]
    return parts


def whole(pieces: dict[int, int]) -> list[dict[int, int]]:
    return [{number: count * 1000 for number, count in pieces.items() if count}] if any(pieces.values()) else []


@any_speed
@given(bought(), st.data())
def test_that_any_partition_of_a_return_ends_where_one_full_return_ends(
    case: tuple[SaleEvent, ProgrammeSet, dict[int, int]], data: st.DataObject
) -> None:
    sale, programmes, pieces = case
    done = in_steps(sale, programmes, parts_of(data, pieces))
    assert all(is_no_step_back(back) for back in done)
    assert end_of(in_steps(sale, programmes, whole(pieces))) == end_of(done)
    given_units = {(lot.lot_id, lot.grant.issuer): lot.grant.units for lot in sale.granted_lots}
    assert given_units == dict(end_of(done)["lots"])
    assert sale.total_minor == end_of(done)["money"] + end_of(done)["by points"]
    assert sale.burn_units == sum(back.burned_units for back in done)
    assert sale.counted == dict(end_of(done)["counted"])


@any_speed
@given(bought(count_max=1), st.data())
def test_that_under_one_programme_a_part_comes_to_the_same_whatever_way_it_came(
    case: tuple[SaleEvent, ProgrammeSet, dict[int, int]], data: st.DataObject
) -> None:
    sale, programmes, pieces = case
    some = {number: data.draw(st.integers(0, count)) for number, count in pieces.items()}
    done = in_steps(sale, programmes, parts_of(data, some))
    assert end_of(in_steps(sale, programmes, whole(some))) == end_of(done)


@any_speed
@given(bought(), st.data())
def test_that_programmes_that_nobody_has_are_prorated(
    case: tuple[SaleEvent, ProgrammeSet, dict[int, int]], data: st.DataObject
) -> None:
    sale, _programmes, pieces = case
    done = in_steps(sale, None, parts_of(data, pieces))
    assert all(is_no_step_back(back) and not back.clamps for back in done)
    assert end_of(in_steps(sale, None, whole(pieces))) == end_of(done)
    assert sum(lot.grant.units for lot in sale.granted_lots) == sum(back.clawed_back_units for back in done)


def paid_by_points(sale: SaleEvent, burned: list[int]) -> SaleEvent:
    """The same sale with so many points burned on each line."""
    shares = tuple(BurnShare(number, units, 0) for number, units in enumerate(burned, start=1))
    units = sum(burned)
    return msgspec.structs.replace(
        sale, burn_units=units, burn_shares=shares, burned_lots=(BurnedLot(EVENT_ID, units),) if units else ()
    )


@st.composite
def held_since(draw: st.DrawFn, sale: SaleEvent) -> Books:
    """What the member has when goods come back: what is left of the sale's lots, more of one unit, debts where nothing is left."""
    all_spent = draw(st.sampled_from([True, True, False]))
    lots = [
        Lot(one.lot_id, "a-1", one.grant.issuer, "p", 0, None, one.grant.units, left, matured=True)
        for one in (*sale.granted_lots, *sale.pool_lots)
        for left in [0 if all_spent else draw(st.integers(0, one.grant.units))]
    ]
    units = sorted({"shop", "partner", *(lot.issuer for lot in lots), *(one.unit for one in sale.taken)})
    more = draw(st.sampled_from([0, 0, 30]))
    lots.append(Lot(EVENT_ID, "a-1", draw(st.sampled_from(units)), "p", 0, None, more, more, matured=True))
    owing = [unit for unit in units if not any(lot.remaining_units for lot in lots if lot.issuer == unit)]
    return Books("a-1", tuple(lots), {unit: owed for unit in owing if (owed := draw(st.sampled_from([0, 0, 3])))})


def points_after(sale: SaleEvent, programmes: ProgrammeSet, steps: list[dict[int, int]], books: Books) -> Counter[str]:
    """What is left of every unit, less what is owed of it, after these returns one after another."""
    before: dict[int, ReturnedLine] = {}
    taken_back: Counter[str] = Counter()
    for number, back in enumerate(in_steps(sale, programmes, steps)):
        event_id = derived_id(RETURN_ID, str(number))
        booking = ledger.book_return(
            books,
            event_id=event_id,
            claw_back=(*back.clawed_back, *back.pools.collected),
            issuer=sale.issuer,
            restored=(
                *restored_lots(sale, back, event_id=event_id, at_ms=NOON_MS),
                *restored_of_rewards(sale, back.pools, event_id=event_id, at_ms=NOON_MS),
            ),
            clamps=back.clamps,
            clamped_pools=back.pools.clamped_pools,
            forgiven_units=forgiven_before(sale, programmes, before=before, taken_back=taken_back),
        )
        for entry in booking.entries:
            taken_back[entry.issuer] += entry.units if entry.kind is AccountKind.ISSUED else 0
        before = summed([*before.values(), *back.lines])
        books = booking.books
    left = Counter({unit: -units for unit, units in books.overdraft_units.items()})
    for lot in books.lots:
        left[lot.issuer] += lot.remaining_units
    return left


@st.composite
def bought_with_points(draw: st.DrawFn) -> tuple[SaleEvent, ProgrammeSet, dict[int, int]]:
    """A sale that gave points and stamps, of one or two programmes that mostly forgive, and that points and stamps paid for."""
    of_some = draw(st.sampled_from([frozenset(), frozenset({"p1"}), frozenset({"p2", "p3"})]))
    earns: Any = draw(st.sampled_from([TENS, FIVE_PERCENT]))
    of_pools = (
        Collect(id="stamp", pool="stamps", units=draw(st.integers(1, 3)), per="piece"),
        Reward(id="free", pool=draw(st.sampled_from(["stamps", "points"])), cost=4, free_pieces=1, take="auto"),
    )
    drawn = [
        programme(
            msgspec.structs.replace(earns, adds=True, exclude_products=of_some),
            *draw(st.sampled_from([of_pools, of_pools[:1], ()])),
            programme_id=name,
            issuer=draw(st.sampled_from(["shop", "shop", "partner"])),
            returns=Returns(
                method=draw(st.sampled_from(["prorate", "re-evaluate"])),
                spent=draw(st.sampled_from(["clamp", "clamp", "clamp", "overdraft"])),
            ),
        )
        for name in draw(st.sampled_from(["p", "pq"]))
    ]
    pieces = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(1, 3)))]
    in_force = programme_set(drawn)
    lines = [
        line(number, draw(st.integers(100, 2000)), quantity_milli=count * 1000)
        for number, count in enumerate(pieces, start=1)
    ]
    holder = member(spendable_units=50, pools={"shop#stamps": 9, "partner#stamps": 9})
    sale = sold(receipt(in_force, *lines, holder=holder), in_force)
    burned = paid_by_points(sale, [draw(st.integers(0, 90)) for _ in pieces])
    return burned, in_force, dict(enumerate(pieces, start=1))


@any_speed
@given(bought_with_points(), st.data())
def test_that_points_and_pools_end_where_one_full_return_ends_whether_owed_or_forgiven(
    case: tuple[SaleEvent, ProgrammeSet, dict[int, int]], data: st.DataObject
) -> None:
    sale, programmes, pieces = case
    books = data.draw(held_since(sale))
    once = points_after(sale, programmes, whole(pieces), books)
    assert once == points_after(sale, programmes, parts_of(data, pieces), books)


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_that_three_lines_that_forgive_and_that_points_paid_for_end_at_nothing_in_every_order(
    order: tuple[int, ...],
) -> None:
    """30 earned, by the first two lines alone, and spent elsewhere; 36 burned. 6 come back, whatever comes back first."""
    forgiving = programme(
        msgspec.structs.replace(FIVE_PERCENT, exclude_products=frozenset({"p3"})), returns=Returns(spent="clamp")
    )
    sale, programmes = a_sale(forgiving, prices=(200, 400, 600))
    sale = paid_by_points(sale, [6, 12, 18])
    steps = [{number: 1000} for number in order]
    assert 30 == sum(lot.grant.units for lot in sale.granted_lots)
    assert {"shop": 6} == points_after(sale, programmes, steps, Books("a-1"))


def test_that_nobody_can_say_what_was_forgiven_where_it_does_not_add_up() -> None:
    """A till without the programmes took 100 by shares; rated again, 235 would have gone."""
    sale, programmes = a_sale(programme(TENS, returns=Returns(method="re-evaluate", spent="clamp")))
    before = {2: ReturnedLine(2, 1000, 1000, 167, 100, 0)}
    assert {"shop": 90} == forgiven_before(sale, programmes, before=before, taken_back={"shop": 10})
    assert {"shop": 90} == forgiven_before(sale, None, before=before, taken_back={"shop": 10})
    assert {} == forgiven_before(sale, None, before={2: ReturnedLine(2, 1000, 1000, 167, 101, 0)}, taken_back={})
    assert {} == forgiven_before(sale, programmes, before={}, taken_back={})
    assert {} == forgiven_before(sale, programmes, before=before, taken_back={"shop": 100})


def a_sale(*programmes: Programme, prices: tuple[int, ...] = (1500, 1000)) -> tuple[SaleEvent, ProgrammeSet]:
    in_force = programme_set(programmes)
    lines = [line(number, price) for number, price in enumerate(prices, start=1)]
    return sold(receipt(in_force, *lines, holder=member()), in_force), in_force


def clawed(sale: SaleEvent, programmes: ProgrammeSet | None, *steps: dict[int, int]) -> list[int]:
    return [back.clawed_back_units for back in in_steps(sale, programmes, list(steps))]


def test_that_re_evaluating_takes_what_the_rest_would_not_have_earned() -> None:
    """25.00 at 10 % gave 250. The 15.00 that stay are below 20.00: 1 % of them is 15."""
    re_evaluated = programme(TENS, returns=Returns(method="re-evaluate"))
    assert [235, 15] == clawed(*a_sale(re_evaluated), {2: 1000}, {1: 1000})
    assert [100, 150] == clawed(*a_sale(programme(TENS)), {2: 1000}, {1: 1000})


def test_that_what_the_rest_lost_stands_with_the_goods_that_came_back() -> None:
    sale, programmes = a_sale(programme(TENS, returns=Returns(method="re-evaluate")), prices=(1500, 300, 700))
    back = goods_back(sale, programmes, before={}, quantities_milli={2: 1000, 3: 1000})
    assert [(2, 70), (3, 165)] == [(one.line_no, one.earned_units) for one in back.lines]


def test_that_goods_without_a_price_can_take_points_along() -> None:
    sale, programmes = a_sale(programme(TENS, returns=Returns(method="re-evaluate")), prices=(2500, 0, 0))
    assert [0, 250] == clawed(sale, programmes, {2: 1000, 3: 1000}, {1: 1000})


def test_that_a_programme_that_takes_over_makes_up_for_one_that_no_longer_gives() -> None:
    """Under 20.00 the other programme's 5 % are better than 1 %: of 250 points, 75 for the 15.00 that stay are kept."""
    better = programme(TENS, returns=Returns(method="re-evaluate"))
    other = programme(FIVE_PERCENT, programme_id="q", returns=Returns(method="re-evaluate"))
    assert [175, 75] == clawed(*a_sale(better, other), {2: 1000}, {1: 1000})


def test_that_each_programme_goes_by_its_own_method() -> None:
    adds = msgspec.structs.replace(FIVE_PERCENT, adds=True)
    prorated = programme(adds, programme_id="a", issuer="cafe")
    sale, programmes = a_sale(prorated, programme(TENS, returns=Returns(method="re-evaluate")))
    back = goods_back(sale, programmes, before={}, quantities_milli={2: 1000})
    assert {("cafe", 50), ("shop", 235)} == {(part.issuer, part.units) for part in back.clawed_back}


@pytest.mark.parametrize(
    ("spent", "clamps"), [(("clamp", "clamp"), True), (("clamp", "overdraft"), False), (("overdraft", "clamp"), False)]
)
def test_that_what_is_spent_is_forgiven_where_every_programme_says_so(spent: tuple[Any, Any], clamps: bool) -> None:
    adds = msgspec.structs.replace(FIVE_PERCENT, adds=True)
    one, other = (
        programme(adds, programme_id=name, returns=Returns(spent=how)) for name, how in zip("pq", spent, strict=True)
    )
    sale, programmes = a_sale(one, other)
    assert clamps is goods_back(sale, programmes, before={}, quantities_milli={1: 1000}).clamps


def test_that_a_receipt_that_gave_no_points_forgives_none() -> None:
    sale, programmes = a_sale(programme(FIVE_PERCENT, returns=Returns(spent="clamp")), prices=(0, 0))
    assert not goods_back(sale, programmes, before={}, quantities_milli={1: 1000}).clamps


def test_that_whether_spent_points_are_forgiven_is_the_receipts_and_not_a_lines() -> None:
    """Else a member who brings the lines of the forgiving programme back by themselves would owe less than for all at once."""
    rules = [msgspec.structs.replace(FIVE_PERCENT, only_products=frozenset({name})) for name in ("p1", "p2")]
    kind = programme(rules[0], programme_id="p", returns=Returns(spent="clamp"))
    strict = programme(rules[1], programme_id="q", returns=Returns(spent="overdraft"))
    sale, programmes = a_sale(kind, strict)
    (part,) = goods_back(sale, programmes, before={}, quantities_milli={1: 1000}).clawed_back
    assert part.units == 75
    assert not any(back.clamps for back in in_steps(sale, programmes, [{1: 1000}, {2: 1000}]))


def test_that_sums_that_nobody_can_count_again_go_back_by_price() -> None:
    sale, _ = a_sale(programme(FIVE_PERCENT))
    sale = msgspec.structs.replace(sale, counted={"p": 2500})
    assert [{"p": 1500}, {"p": 1000}] == [back.counted for back in in_steps(sale, None, [{1: 1000}, {2: 1000}])]
    free = msgspec.structs.replace(a_sale(programme(), prices=(0,))[0], counted={"p": 1})
    assert [{"p": 0}] == [back.counted for back in in_steps(free, None, [{1: 1000}])]


def test_that_points_taken_by_another_reckoning_are_never_taken_twice() -> None:
    """Another till without the programmes took 100 by shares; by this one's reckoning 250 go in all."""
    sale, programmes = a_sale(programme(TENS, returns=Returns(method="re-evaluate")))
    before = {2: ReturnedLine(2, 1000, 1000, 167, 100, 0)}
    assert 150 == goods_back(sale, programmes, before=before, quantities_milli={1: 1000}).clawed_back_units


def test_that_a_limit_of_the_receipt_holds_for_the_rest_too() -> None:
    limited = programme(TENS, earning=Earning(receipt_max_points=200), returns=Returns(method="re-evaluate"))
    assert [185, 15] == clawed(*a_sale(limited), {2: 1000}, {1: 1000})


def test_that_no_burned_points_give_no_lots() -> None:
    sale, programmes = a_sale(programme(FIVE_PERCENT))
    back = goods_back(sale, programmes, before={}, quantities_milli={1: 1000})
    assert () == restored_lots(sale, back, event_id=RETURN_ID, at_ms=NOON_MS)
