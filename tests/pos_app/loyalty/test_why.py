"""Why a receipt gives what it gives, and what of it a cashier may see."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import reasons
from pos_app.loyalty.document import (
    Access,
    Bonus,
    Burning,
    Caps,
    Collect,
    Guard,
    Multiply,
    Notice,
    Percent,
    Pharmacy,
    Points,
    Reward,
    When,
)
from pos_app.loyalty.engine import explain
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.loyalty.why import Because, Kind, because_of, may_read_cost, shown_to
from pos_app.model.evaluation import Donated, EngineInput, EngineResult, Reason
from pos_app.model.products import ProductClass
from pos_app.model.staff import Role
from tests.pos_app.loyalty.builders import line, member, programme, receipt, sold
from tests.pos_app.loyalty.strategies import any_speed, guards

Case = tuple[EngineInput, ProgrammeSet]
CURIOUS = (Role.CASHIER, Role.PHARMACIST)
TRUSTED = (Role.MANAGER, Role.AUDITOR)


def kinds(result: EngineResult, line_no: int) -> list[tuple[str, str, int, str]]:
    found = because_of(result, role=Role.MANAGER)
    return [(one.kind.value, one.rule_id, one.amount, one.unit) for one in found if one.line_no == line_no]


def test_that_everything_that_a_receipt_does_is_said_line_by_line() -> None:
    rules = (
        Percent(id="off", rate_bp=1000, lane="price"),
        Percent(id="five", rate_bp=500),
        Collect(id="stamp", pool="stamps"),
        Reward(id="mug", pool="stamps", cost=3, gives="A mug", take="auto"),
        Reward(id="free", cost=10, off_minor=100, take="auto"),
        Notice(id="tell", text="Serve first"),
        Access(id="club", only_categories=frozenset({"CLUB"}), when=None),
    )
    programmes = programme_set([programme(*rules, burning=Burning())])
    holder = member(spendable_units=200, pools={"shop#stamps": 4})
    result = sold(programmes, line(1), line(2, category="CLUB"), holder=holder, burn_units=50)
    whole = because_of(result, role=Role.MANAGER)
    assert [
        ("taken", "free", 10, "points", ""),
        ("taken", "mug", 3, "shop#stamps", "A mug"),
        ("notice", "tell", 0, "", "Serve first"),
    ] == [(one.kind.value, one.rule_id, one.amount, one.unit, one.text) for one in whole if one.line_no == 0]
    for line_no in (1, 2):
        said = kinds(result, line_no)
        assert ["discount", "discount", "burned", "points", "collected"] == [kind for kind, *_ in said]
        assert ("collected", "stamp", 1, "shop#stamps") in said
    assert [0, 1, 2] == sorted({one.line_no for one in whole})


def test_that_goods_for_others_and_notices_that_are_not_said_have_their_reason() -> None:
    club = frozenset({"CLUB"})
    rules = (
        Access(id="club", only_categories=club, when=When(card_classes=frozenset({"gold"}))),
        Access(id="vip", only_categories=club, when=When(verified=True)),
        Notice(id="gold", text="Gold", when=When(card_classes=frozenset({"gold"}))),
        Notice(id="milk", text="Milk", only_categories=frozenset({"MILK"})),
    )
    programmes = programme_set([programme(*rules, card_classes=("gold",))])
    lines = (line(1), line(2, category="CLUB"))
    result = sold(programmes, *lines, holder=member())
    assert [("locked", "club"), ("refused", "vip")] == [(kind, rule) for kind, rule, *_ in kinds(result, 2)]
    assert [("refused", "gold"), ("refused", "milk")] == [(kind, rule) for kind, rule, *_ in kinds(result, 0)]
    opened = sold(programmes, *lines, holder=member("gold"))
    assert [("refused", "vip")] == [(kind, rule) for kind, rule, *_ in kinds(opened, 2)]
    assert [("notice", "gold"), ("refused", "milk")] == [(kind, rule) for kind, rule, *_ in kinds(opened, 0)]


@pytest.mark.parametrize("role", TRUSTED)
def test_that_managers_and_auditors_see_every_value(role: Role) -> None:
    reason = Reason(reasons.WEIGHT_ZERO, {"product_class": "medicine", "band": "C"})
    assert may_read_cost(role)
    assert reason is shown_to(reason, role)


@pytest.mark.parametrize("role", CURIOUS)
def test_that_others_see_that_goods_weigh_and_not_how_much(role: Role) -> None:
    weighted = Reason("pharmacy", {"rate_bp": 300, "base_minor": 1000, "weight_percent": 200, "band": "C",
                                   "product_class": "medicine", "card_class": "gold"})  # fmt: skip
    shown = shown_to(weighted, role)
    assert {"rate_bp": 300, "base_minor": 1000, "card_class": "gold", "weighted": "goods"} == shown.values
    assert "3 %, weighted for these goods, of 10.00: bonus for card class gold." == reasons.words(shown)
    for code in (reasons.WEIGHT_ZERO, reasons.GUARD):
        assert Reason(reasons.NOTHING_TO_GIVE, {}) == shown_to(Reason(code, {"band": "C"}), role)
    plain = Reason(reasons.PERCENT, {"rate_bp": 300, "base_minor": 1000})
    assert plain is shown_to(plain, role)


def test_that_what_the_guard_lowered_is_said_without_its_share() -> None:
    rules = (Percent(id="off", rate_bp=5000, lane="price"), Percent(id="back", rate_bp=5000))
    programmes = programme_set([programme(*rules, guard=Guard(margin_percent=25))])
    result = sold(programmes, msgspec.structs.replace(line(1), margin_floor_percent=40))
    seen = because_of(result, role=Role.CASHIER)
    assert [Kind.DISCOUNT, Kind.POINTS] == [one.kind for one in seen]
    assert all(reasons.words(one.reason).endswith(" Lowered so that rewards do not cost too much.") for one in seen)


def test_that_money_for_a_cause_is_said() -> None:
    given = Donated(1, "p", "The zoo", 250)
    result = msgspec.structs.replace(sold(programme_set([programme()])), donated=(given,))
    said = [one for one in because_of(result, role=Role.CASHIER) if one.kind is Kind.DONATED]
    assert [(1, 250, "minor", {"cause": "The zoo"})] == [
        (one.line_no, one.amount, one.unit, one.reason.values) for one in said
    ]


def test_that_a_limit_says_what_it_left() -> None:
    said = reasons.words(Reason(reasons.AMOUNT_OFF, {"off_minor": 500, "price_minor_before": 900, "cap_minor": 100}))
    assert "5.00 off. A cap left 1.00." == said


# Laws


percents = st.sampled_from([0, 50, 100, 200, 400])
EXTRA = (
    Percent(id="off", rate_bp=1000, lane="price", adds=True),
    Percent(id="back", rate_bp=500),
    Points(id="tens", points=1, per_minor=100),
    Bonus(id="bonus", points=7),
    Multiply(id="double", percent=200),
    Collect(id="stamp", pool="stamps"),
    Reward(id="mug", cost=5, off_minor=100, take="auto"),
)
amounts = st.sampled_from([1, 5, 20]) | st.integers(0, 3000)
"""Small ones are common: what another weight makes of them rounds to the same."""
margins = st.lists(st.sampled_from([None, 0, 20, 30, 40]), min_size=3, max_size=3)


@st.composite
def weighed(draw: st.DrawFn) -> Case:
    """A receipt of a programme that weighs goods by their margin, with other rules beside it, and mostly a guard."""
    weights = Pharmacy(
        id="weighed",
        rate_bp=draw(st.integers(0, 3000)),
        lane=draw(st.sampled_from(["points", "points", "price"])),
        margin_percent=draw(st.dictionaries(st.sampled_from(["0", "20", "30"]), percents, min_size=1)),
        band_percent=draw(st.dictionaries(st.just("A"), percents)),
        class_percent=draw(st.dictionaries(st.just(ProductClass.MEDICINE), percents)),
        caps=draw(st.sampled_from([None, None, Caps(line=9), Caps(receipt=20)])),
    )
    beside = draw(st.sets(st.integers(0, len(EXTRA) - 1), max_size=3)) if weights.lane == "points" else set()
    guard = draw(st.none() | guards() | guards())
    programmes = programme_set([programme(weights, *(EXTRA[one] for one in sorted(beside)), guard=guard)])
    lines = [
        line(number, draw(amounts), code=f"c{product}", band="A" if product else "",
             product_class=ProductClass.MEDICINE if product == 1 else ProductClass.GENERAL)
        for number, product in enumerate(draw(st.lists(st.integers(0, 2), min_size=1, max_size=4)), start=1)
    ]  # fmt: skip
    return receipt(programmes, *lines, holder=member(spendable_units=100)), programmes


def with_margins(engine_input: EngineInput, floors: list[int | None]) -> EngineInput:
    """The same receipt of products that differ in their margin alone."""
    floor_of = dict(zip(("c0", "c1", "c2"), floors, strict=True))
    lines = tuple(
        msgspec.structs.replace(one, margin_floor_percent=floor_of[one.product_code]) for one in engine_input.lines
    )
    return msgspec.structs.replace(engine_input, lines=lines)


def without_margins(result: EngineResult) -> EngineResult:
    """The result as who knows amounts, prices and the programmes' published rates could write it down: no weights, no bands."""

    def public(reason: Reason) -> Reason:
        if reason.code in {reasons.WEIGHT_ZERO, reasons.GUARD}:
            return Reason(reasons.NOTHING_TO_GIVE, {})
        kept = {name: value for name, value in reason.values.items() if name not in SECRET}
        return Reason(reason.code, kept | ({"weighted": "goods"} if "weight_percent" in reason.values else {}))

    def each(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(msgspec.structs.replace(one, reason=public(one.reason)) for one in parts)

    return msgspec.structs.replace(
        result, awards=each(result.awards), discounts=each(result.discounts), refusals=each(result.refusals)
    )


SECRET = frozenset({"weight_percent", "band", "margin_floor_percent", "margin_percent", "product_class"})


@any_speed
@given(weighed(), margins)
def test_that_a_cashiers_view_is_a_function_of_public_figures(case: Case, floors: list[int | None]) -> None:
    engine_input, programmes = case
    result = explain(with_margins(engine_input, floors), programmes)
    assert because_of(without_margins(result), role=Role.CASHIER) == because_of(result, role=Role.CASHIER)


@any_speed
@given(weighed(), margins, margins)
def test_that_where_products_differ_in_margin_alone_a_cashier_sees_no_other_number_than_what_was_given(
    case: Case, one: list[int | None], other: list[int | None]
) -> None:
    """What rules give is on the receipt anyway: where it is the same, so is every other number, whatever the goods cost."""
    engine_input, programmes = case
    first, second = (explain(with_margins(engine_input, floors), programmes) for floors in (one, other))
    if _given(first) == _given(second):
        assert _numbers(first) == _numbers(second)


@any_speed
@given(weighed(), margins)
def test_that_no_value_of_a_cashiers_view_names_a_margin(case: Case, floors: list[int | None]) -> None:
    engine_input, programmes = case
    seen = because_of(explain(with_margins(engine_input, floors), programmes), role=Role.CASHIER)
    assert not SECRET & {name for each in seen for name in each.reason.values}
    assert not {reasons.GUARD, reasons.WEIGHT_ZERO} & {each.reason.code for each in seen}


def _given(result: EngineResult) -> list[tuple[Any, ...]]:
    """What everybody at the counter can see: who gave what to which line, and which points burned."""
    seen = because_of(msgspec.structs.replace(result, refusals=()), role=Role.CASHIER)
    return [(each.kind, each.line_no, each.programme_id, each.rule_id, each.amount, each.unit) for each in seen]


def _numbers(result: EngineResult) -> list[tuple[Any, ...]]:
    seen = because_of(msgspec.structs.replace(result, refusals=()), role=Role.CASHIER)
    return [tuple(sorted(_figures(each))) for each in seen]


def _figures(because: Because) -> list[tuple[str, int]]:
    return [(name, value) for name, value in because.reason.values.items() if isinstance(value, int)]


def test_that_the_reasons_of_weights_come_from_two_margins() -> None:
    """The properties would hold of programmes that never look at a margin: this one does."""
    rule = Pharmacy(id="bonus", rate_bp=300, margin_percent={"0": 0, "20": 200})
    programmes = programme_set([programme(rule)])
    rich, poor = (msgspec.structs.replace(line(1), margin_floor_percent=floor) for floor in (20, 0))
    assert [("points", "bonus", 60, "points")] == kinds(sold(programmes, rich), 1)
    assert [reasons.WEIGHT_ZERO] == [one.reason.code for one in because_of(sold(programmes, poor), role=Role.AUDITOR)]
