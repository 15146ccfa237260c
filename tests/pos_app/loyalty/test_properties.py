"""What holds for every programme and every receipt."""

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import reasons
from pos_app.loyalty.document import (
    CAP_PERIODS,
    PRICE_LANE,
    Access,
    AnyRule,
    Caps,
    Collect,
    Guard,
    Notice,
    Reward,
)
from pos_app.loyalty.engine import evaluate, explain
from pos_app.loyalty.plan import _plan, plan_for
from pos_app.loyalty.programme import ProgrammeSet, decode_programme, encode_programme
from pos_app.model.evaluation import EngineInput, EngineLine, EngineResult, MemberContext, Reason, units_taken
from pos_app.model.identifiers import is_points
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import receipt
from tests.pos_app.loyalty.strategies import every_kind, goods_lines, members, programme_sets, receipts

Case = tuple[EngineInput, ProgrammeSet]


@every_kind
@given(receipts())
def test_that_lines_sum_to_the_receipt(case: Case) -> None:
    result = evaluate(*case)
    by_programme = Counter[str]()
    for award in result.awards:
        assert award.units >= 0
        by_programme[award.programme_id] += award.units
    assert +by_programme == Counter({lot.programme_id: lot.units for lot in result.lots})
    assert result.earned_units == sum(by_programme.values())
    assert result.burn_units == sum(share.units for share in result.burn_shares)
    assert result.burn_worth_minor == sum(share.worth_minor for share in result.burn_shares)
    collected = Counter[str]()
    for one in result.collected:
        assert one.units > 0
        collected[one.unit] += one.units
    granted = Counter[str]()
    for lot in result.pool_lots:
        granted[lot.issuer] += lot.units
    assert collected == granted


@every_kind
@given(receipts())
def test_that_nothing_costs_less_than_nothing(case: Case) -> None:
    engine_input, programmes = case
    result = evaluate(engine_input, programmes)
    left_minor = {line.line_no: line.amount_minor for line in engine_input.lines}
    by_hand = {line.line_no for line in engine_input.lines if line.fixed}
    for discount in result.discounts:
        assert discount.amount_minor > 0
        left_minor[discount.line_no] -= discount.amount_minor
    assert not by_hand & {discount.line_no for discount in result.discounts}
    for share in result.burn_shares:
        left_minor[share.line_no] -= share.worth_minor
    assert all(minor >= 0 for minor in left_minor.values())


@every_kind
@given(receipts())
def test_that_rewards_take_no_more_than_is_there(case: Case) -> None:
    engine_input, programmes = case
    result = evaluate(engine_input, programmes)
    taken = units_taken(result.taken)
    holder = engine_input.member
    if holder is None:
        assert {} == taken
        return
    apart = {unit for unit in taken if unit in holder.pools or not is_points(unit)}
    assert all(taken[unit] <= holder.pools.get(unit, 0) for unit in apart)
    shared_units = sum(units for unit, units in taken.items() if unit not in apart)
    assert shared_units <= max(0, holder.spendable_units)
    assert shared_units + result.burn_units <= max(0, holder.spendable_units)


@every_kind
@given(receipts(), st.randoms(use_true_random=False))
def test_that_the_order_of_the_lines_changes_nothing(case: Case, shuffler: Random) -> None:
    engine_input, programmes = case
    lines = list(engine_input.lines)
    shuffler.shuffle(lines)
    shuffled = msgspec.structs.replace(engine_input, lines=tuple(lines))
    assert _in_any_order(engine_input, explain(engine_input, programmes)) == _in_any_order(
        shuffled, explain(shuffled, programmes)
    )


def _in_any_order(engine_input: EngineInput, result: EngineResult) -> tuple[object, ...]:
    """The result with each line said as what it is instead of by its number; equal lines may change places."""
    goods = {
        line.line_no: (line.product_code, line.amount_minor, line.quantity_milli, line.fixed)
        for line in engine_input.lines
    } | {0: ("",)}

    def of_lines(parts: Iterable[Any]) -> Counter[str]:
        said = [(goods[part.line_no], msgspec.structs.replace(part, line_no=0)) for part in parts]
        return Counter(str((line, msgspec.to_builtins(part))) for line, part in said)

    by_line = [
        of_lines(parts)
        for parts in (
            result.awards,
            result.burn_shares,
            result.discounts,
            result.collected,
            result.locks,
            result.refusals,
        )
    ]
    rest = msgspec.structs.replace(result, awards=(), burn_shares=(), discounts=(), collected=(), locks=(), refusals=())
    return (*by_line, rest)


@every_kind
@given(
    programme_sets(receipt_limits=False, free=True) | programme_sets(count_max=1, free=True),
    goods_lines(),
    goods_lines(size_max=2),
    members(),
    st.integers(0, 2),
)
def test_that_more_goods_never_earn_less(
    programmes: ProgrammeSet,
    lines: tuple[EngineLine, ...],
    more: tuple[EngineLine, ...],
    holder: MemberContext,
    points_exponent: int,
) -> None:
    """Of rules that give points without a group and a cap but that of a line: see section 12 of the specification."""
    numbered = [msgspec.structs.replace(line, line_no=100 + line.line_no) for line in more]
    smaller = receipt(programmes, *lines, holder=holder, points_exponent=points_exponent)
    larger = receipt(programmes, *lines, *numbered, holder=holder, points_exponent=points_exponent)
    assert evaluate(smaller, programmes).earned_units <= evaluate(larger, programmes).earned_units


@every_kind
@given(receipts())
def test_that_no_rules_reward_regulated_goods_in_any_way(case: Case) -> None:
    engine_input, programmes = case
    result = explain(engine_input, programmes)
    regulated = {line.line_no for line in engine_input.lines if line.product_class == ProductClass.REGULATED}
    for parts in (result.awards, result.burn_shares, result.discounts, result.collected, result.locks):
        assert not regulated & {part.line_no for part in parts}
    said = {refusal.line_no for refusal in result.refusals if refusal.reason.code == reasons.REGULATED}
    assert regulated == said


@every_kind
@given(receipts())
def test_that_regulated_goods_change_nothing_for_others_but_what_must_be_paid_and_from_when(case: Case) -> None:
    """The sum that ``receipt_from_minor`` looks at and the minimum by money are of the whole receipt: both are left out here."""
    engine_input, programmes = case
    asked = msgspec.structs.replace(engine_input, burn_units=0)
    without = msgspec.structs.replace(
        asked, lines=tuple(line for line in asked.lines if line.product_class != ProductClass.REGULATED)
    )
    if any(rule.when and rule.when.receipt_from_minor for each in programmes.programmes for rule in each.rules):
        return
    neither = {"burnable_units": 0, "burn_limit": Reason("", {})}
    assert msgspec.structs.replace(evaluate(without, programmes), **neither) == msgspec.structs.replace(
        evaluate(asked, programmes), **neither
    )


@every_kind
@given(receipts(programme_sets(guarded=True)))
def test_that_rewards_cost_no_more_than_the_guard_allows(case: Case) -> None:
    """Discounts at what they take off and points at their worth; what units of pools buy was earned before."""
    engine_input, programmes = case
    guard = plan_for(programmes, engine_input.business_date, engine_input.store_id).guard
    if guard is None:
        return
    result = evaluate(engine_input, programmes)
    point_units = 10**engine_input.points_exponent
    worth_minor = programmes.programmes[0].point_worth_minor
    kinds = {(each.id, rule.id): type(rule) for each in programmes.programmes for rule in each.rules}
    cost = Counter[int]()
    for discount in result.discounts:
        if kinds[discount.programme_id, discount.rule_id] is not Reward:
            cost[discount.line_no] += discount.amount_minor * point_units
    for award in result.awards:
        cost[award.line_no] += award.units * worth_minor
    allowed = {line.line_no: _allowed(line, guard) * point_units for line in engine_input.lines}
    if guard.per == "line":
        assert all(cost[line_no] * 10_000 <= allowed[line_no] for line_no in allowed)
    else:
        assert sum(cost.values()) * 10_000 <= sum(allowed.values())


def _allowed(line: EngineLine, guard: Guard) -> int:
    """Ten-thousandths of a minor unit."""
    if line.product_class == ProductClass.REGULATED:
        return 0
    if line.margin_floor_percent is None:
        return line.amount_minor * 10_000 if guard.unknown == "allow" else 0
    return line.amount_minor * line.margin_floor_percent * guard.margin_percent


@every_kind
@given(receipts())
def test_that_caps_hold(case: Case) -> None:
    engine_input, programmes = case
    result = evaluate(engine_input, programmes)
    point_units = 10**engine_input.points_exponent
    used = {} if engine_input.member is None else engine_input.member.used
    for each in programmes.programmes:
        for rule in each.rules:
            caps, key = rule.caps, f"{each.id}/{rule.id}"
            if caps is None or isinstance(rule, Reward):
                continue
            in_units = 1 if rule.lane == PRICE_LANE or isinstance(rule, Collect) else point_units
            given = _given(result, each.id, rule.id)
            total = sum(given.values())
            assert result.used.get(key, 0) == total
            if caps.line is not None:
                assert all(units <= caps.line * in_units for units in given.values())
            limits = [caps.receipt, *(_left(caps, key, period, used) for period in CAP_PERIODS)]
            assert all(total <= max(0, most * in_units) for most in limits if most is not None)
            for period in CAP_PERIODS:
                most = getattr(caps, period)
                assert most is None or not total or total + used.get(f"{key}:{period}", 0) <= most * in_units
            assert caps.budget is None or total <= engine_input.budgets.get(key, 0)


def _left(caps: Caps, key: str, period: str, used: dict[str, int]) -> int | None:
    """0 where the rule has given on as many receipts of the period as it may."""
    most = getattr(caps, f"receipts_{period}")
    return 0 if most is not None and used.get(f"{key}:receipts_{period}", 0) >= most else None


def _given(result: EngineResult, programme_id: str, rule_id: str) -> Counter[int]:
    """What a rule gave, by line: points, minor units or units of a pool."""
    given = Counter[int]()
    parts: list[Any] = [*result.awards, *result.collected]
    for part in parts:
        if (part.programme_id, part.rule_id) == (programme_id, rule_id):
            given[part.line_no] += part.units
    for discount in result.discounts:
        if (discount.programme_id, discount.rule_id) == (programme_id, rule_id):
            given[discount.line_no] += discount.amount_minor
    return given


@every_kind
@given(receipts())
def test_that_the_limits_of_a_programme_hold(case: Case) -> None:
    engine_input, programmes = case
    result = evaluate(engine_input, programmes)
    point_units = 10**engine_input.points_exponent
    regulated = {line.line_no for line in engine_input.lines if line.product_class == ProductClass.REGULATED}
    paid_minor = (
        sum(line.amount_minor for line in engine_input.lines if line.line_no not in regulated)
        - result.discount_minor
        - result.burn_worth_minor
    )
    for each in programmes.programmes:
        units = sum(lot.units for lot in result.lots if lot.programme_id == each.id)
        most, share_bp = each.earning.receipt_max_points, each.earning.receipt_max_bp
        assert most is None or units <= most * point_units
        assert share_bp is None or units * each.point_worth_minor * 10_000 <= paid_minor * share_bp * point_units


@every_kind
@given(receipts())
def test_that_of_a_group_one_rule_gives(case: Case) -> None:
    engine_input, programmes = case
    result = evaluate(engine_input, programmes)
    given: list[Any] = [*result.awards, *result.discounts]
    giving = {(part.programme_id, part.rule_id) for part in given}
    grouped = {(each.id, rule.id) for each in programmes.programmes for rule in each.rules if rule.group}
    assert len(giving & grouped) <= 1


@every_kind
@given(st.lists(receipts(), min_size=2, max_size=3))
def test_that_nothing_depends_on_what_was_evaluated_before(cases: list[Case]) -> None:
    """Plans and lanes remember what they have decided."""
    warm = [evaluate(*case) for case in cases]
    for case, before in zip(reversed(cases), reversed(warm), strict=True):
        assert before == evaluate(*case)
        plan_for.cache_clear()
        _plan.cache_clear()
        assert before == evaluate(*case)


@every_kind
@given(receipts())
def test_that_a_burn_stays_within_its_bounds(case: Case) -> None:
    engine_input, programmes = case
    result = evaluate(engine_input, programmes)
    point_units = 10**engine_input.points_exponent
    assert 0 <= result.burn_units <= max(0, engine_input.burn_units)
    assert result.burn_units <= result.burnable_units
    if result.burn_units:
        holder = engine_input.member
        assert holder is not None
        plan = plan_for(programmes, engine_input.business_date, engine_input.store_id)
        burner = next(one for one, _ in plan.burners if not one.segments or set(holder.segments) & one.segments)
        burning = burner.burning
        assert burning is not None
        assert result.burnable_units <= holder.spendable_units
        assert holder.spendable_units >= burning.min_balance_points * point_units
        assert holder.receipts_before + 1 >= burning.from_receipt
        assert result.burn_units % ((burning.multiple_points or 0) * point_units or 1) == 0
        assert result.burn_worth_minor * point_units == result.burn_units * burner.point_worth_minor
        total_minor = sum(line.amount_minor for line in engine_input.lines)
        assert total_minor - result.discount_minor - result.burn_worth_minor >= burning.min_paid_minor
        amounts_minor = {line.line_no: line.amount_minor for line in engine_input.lines}
        assert all(0 < share.worth_minor <= amounts_minor[share.line_no] for share in result.burn_shares)
        total_minor -= result.discount_minor
        assert result.burn_worth_minor * 10_000 <= total_minor * burning.cap_bp


@every_kind
@given(receipts())
def test_that_the_most_that_can_be_burned_can_be_burned(case: Case) -> None:
    engine_input, programmes = case
    most = evaluate(engine_input, programmes).burnable_units
    asked = msgspec.structs.replace(engine_input, burn_units=most)
    assert most == evaluate(asked, programmes).burn_units
    more = msgspec.structs.replace(engine_input, burn_units=most + 10_000)
    assert most == evaluate(more, programmes).burn_units


@every_kind
@given(receipts())
def test_that_explain_differs_from_evaluate_by_the_refusals_alone(case: Case) -> None:
    explained = explain(*case)
    assert evaluate(*case) == msgspec.structs.replace(explained, refusals=())


@every_kind
@given(receipts())
def test_that_each_rule_gives_or_refuses_every_line(case: Case) -> None:
    engine_input, programmes = case
    result = explain(engine_input, programmes)
    given: list[Any] = [*result.awards, *result.discounts, *result.collected, *result.refusals]
    said = Counter((part.line_no, part.programme_id, part.rule_id) for part in given)
    whole_receipt = {(programme_id, rule_id) for line_no, programme_id, rule_id in said if line_no == 0}
    taken = {(one.programme_id, one.rule_id) for one in result.taken}
    resting = {programme_id for programme_id, rule_id in whole_receipt if not rule_id} & {
        refusal.programme_id for refusal in result.refusals if refusal.reason.code in _RESTING
    }
    for each in programmes.programmes:
        for rule in each.rules:
            name = (each.id, rule.id)
            if each.id in resting or isinstance(rule, (Notice, Access)):
                continue
            if isinstance(rule, Reward):
                assert engine_input.member is None or (name in taken) != (name in whole_receipt)
                continue
            lines = [] if name in whole_receipt else _open_lines(engine_input, rule)
            assert {line.line_no: 1 for line in lines} == {
                line_no: count for (line_no, *rest), count in said.items() if line_no and tuple(rest) == name
            }


_RESTING = {reasons.NOT_ACTIVE, reasons.WHEN_STORE}


def _open_lines(engine_input: EngineInput, rule: AnyRule) -> list[EngineLine]:
    """The lines that a rule may see; without a card only those that give discounts see any."""
    if rule.lane != PRICE_LANE and engine_input.member is None:
        return []
    return [
        line
        for line in engine_input.lines
        if line.product_class != ProductClass.REGULATED and not (line.fixed and rule.lane == PRICE_LANE)
    ]


def _parts(result: EngineResult) -> list[Any]:
    """Everything that is said of a rule."""
    given = (*result.awards, *result.discounts, *result.collected, *result.taken)
    return [*given, *result.locks, *result.refusals]


@every_kind
@given(receipts())
def test_that_every_reason_has_words(case: Case) -> None:
    result = explain(*case)
    parts = _parts(result)
    for reason in [result.burn_limit, *(part.reason for part in parts)]:
        assert reasons.words(reason).endswith(".")


@every_kind
@given(receipts())
def test_that_no_reason_tells_a_margin_or_who_the_member_is(case: Case) -> None:
    engine_input, programmes = case
    result = explain(engine_input, programmes)
    parts = _parts(result)
    names = {name for part in parts for name in part.reason.values}
    assert not {name for name in names if "margin" in name or "cost_" in name or "floor" in name}
    assert "a-1" not in {value for part in parts for value in part.reason.values.values()}


@every_kind
@given(receipts())
def test_that_an_input_and_a_set_kept_as_json_give_the_same_result(case: Case) -> None:
    engine_input, programmes = case
    kept_input = msgspec.json.decode(msgspec.json.encode(engine_input), type=EngineInput)
    kept = tuple(decode_programme(encode_programme(programme)) for programme in programmes.programmes)
    assert programmes.programmes == kept
    assert evaluate(engine_input, programmes) == evaluate(kept_input, ProgrammeSet(kept, programmes.hash))
