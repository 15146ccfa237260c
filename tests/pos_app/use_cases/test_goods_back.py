"""What goes back with goods: laws that hold for every programme, receipt and way of bringing goods back, and worked numbers."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import ledger
from pos_app.loyalty.document import Earning, Programme, Progressive, Returns, Step
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.model.evaluation import BurnAs, EngineInput
from pos_app.model.money import tax_included_minor
from pos_app.model.receipts import SaleLine
from pos_app.protocol.events import BurnedLot, GrantedLot, Moment, ReturnedLine, SaleEvent
from pos_app.use_cases.goods_back import GoodsBack, goods_back, restored_lots, summed
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
    lots = ledger.lots_granted(result.lots, account_ref="a-1", event_id=EVENT_ID, at_ms=NOON_MS)
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
    methods = st.builds(Returns, method=st.sampled_from(["prorate", "re-evaluate"]))
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


def test_that_nothing_is_forgiven_where_no_points_go_back() -> None:
    sale, programmes = a_sale(programme(FIVE_PERCENT, returns=Returns(spent="clamp")), prices=(0, 1000))
    assert not goods_back(sale, programmes, before={}, quantities_milli={1: 1000}).clamps


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
