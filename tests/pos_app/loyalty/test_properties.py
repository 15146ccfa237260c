"""What holds for every programme and every receipt."""

from collections import Counter
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import reasons
from pos_app.loyalty.engine import evaluate, explain
from pos_app.loyalty.programme import ProgrammeSet, decode_programme, encode_programme
from pos_app.model.evaluation import EngineInput, EngineLine, EngineResult, MemberContext
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import receipt
from tests.pos_app.loyalty.strategies import any_speed, goods_lines, members, programme_sets, receipts

Case = tuple[EngineInput, ProgrammeSet]


@any_speed
@given(receipts())
def test_that_awards_sum_to_lots_and_burn_shares_to_what_is_burned(case: Case) -> None:
    result = evaluate(*case)
    by_programme = Counter[str]()
    for award in result.awards:
        assert award.units >= 0
        by_programme[award.programme_id] += award.units
    assert +by_programme == Counter({lot.programme_id: lot.units for lot in result.lots})
    assert result.earned_units == sum(by_programme.values())
    assert result.burn_units == sum(share.units for share in result.burn_shares)
    assert result.burn_worth_minor == sum(share.worth_minor for share in result.burn_shares)


@any_speed
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
    goods = {line.line_no: (line.product_code, line.amount_minor) for line in engine_input.lines} | {0: ("", 0)}
    awards = Counter(
        (goods[a.line_no], a.programme_id, a.rule_id, a.units, str(sorted(a.reason.values.items())))
        for a in result.awards
    )
    shares = Counter((goods[s.line_no], s.units, s.worth_minor) for s in result.burn_shares)
    refused = Counter((goods[r.line_no], r.programme_id, r.rule_id, str(r.reason)) for r in result.refusals)
    rest = msgspec.structs.replace(result, awards=(), burn_shares=(), refusals=())
    return awards, shares, refused, rest


@any_speed
@given(
    programme_sets(receipt_limits=False) | programme_sets(count_max=1),
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
    numbered = [msgspec.structs.replace(line, line_no=100 + line.line_no) for line in more]
    smaller = receipt(programmes, *lines, holder=holder, points_exponent=points_exponent)
    larger = receipt(programmes, *lines, *numbered, holder=holder, points_exponent=points_exponent)
    assert evaluate(smaller, programmes).earned_units <= evaluate(larger, programmes).earned_units


@any_speed
@given(receipts())
def test_that_regulated_goods_never_earn_and_never_take_points(case: Case) -> None:
    engine_input, programmes = case
    result = explain(engine_input, programmes)
    regulated = {line.line_no for line in engine_input.lines if line.product_class == ProductClass.REGULATED}
    assert not regulated & {award.line_no for award in result.awards}
    assert not regulated & {share.line_no for share in result.burn_shares}
    said = {refusal.line_no for refusal in result.refusals if refusal.reason.code == reasons.REGULATED}
    assert regulated == said
    without = msgspec.structs.replace(
        engine_input, lines=tuple(line for line in engine_input.lines if line.line_no not in regulated), burn_units=0
    )
    kept = evaluate(msgspec.structs.replace(engine_input, burn_units=0), programmes)
    assert evaluate(without, programmes).awards == kept.awards
    assert evaluate(without, programmes).counted == kept.counted


@any_speed
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
        burner = min((p for p in programmes.programmes if p.burning), key=lambda p: (p.priority, p.id))
        burning = burner.burning
        assert burning is not None
        assert result.burnable_units <= holder.spendable_units
        assert holder.spendable_units >= burning.min_balance_points * point_units
        assert holder.receipts_before + 1 >= burning.from_receipt
        assert result.burn_units % ((burning.multiple_points or 0) * point_units or 1) == 0
        assert result.burn_worth_minor * point_units == result.burn_units * burner.point_worth_minor
        total_minor = sum(line.amount_minor for line in engine_input.lines)
        assert total_minor - result.burn_worth_minor >= burning.min_paid_minor
        amounts_minor = {line.line_no: line.amount_minor for line in engine_input.lines}
        assert all(0 < share.worth_minor <= amounts_minor[share.line_no] for share in result.burn_shares)
        assert result.burn_worth_minor * 10_000 <= total_minor * burning.cap_bp


@any_speed
@given(receipts())
def test_that_the_most_that_can_be_burned_can_be_burned(case: Case) -> None:
    engine_input, programmes = case
    most = evaluate(engine_input, programmes).burnable_units
    asked = msgspec.structs.replace(engine_input, burn_units=most)
    assert most == evaluate(asked, programmes).burn_units
    more = msgspec.structs.replace(engine_input, burn_units=most + 10_000)
    assert most == evaluate(more, programmes).burn_units


@any_speed
@given(receipts())
def test_that_explain_differs_from_evaluate_by_the_refusals_alone(case: Case) -> None:
    explained = explain(*case)
    assert evaluate(*case) == msgspec.structs.replace(explained, refusals=())


@any_speed
@given(receipts())
def test_that_each_rule_awards_or_refuses_every_line(case: Case) -> None:
    engine_input, programmes = case
    result = explain(engine_input, programmes)
    if engine_input.member is None:
        assert result.awards == ()
        return
    said = Counter((a.line_no, a.programme_id, a.rule_id) for a in result.awards)
    said += Counter((r.line_no, r.programme_id, r.rule_id) for r in result.refusals if r.rule_id)
    whole_receipt = {(p, r) for line_no, p, r in said if line_no == 0}
    open_lines = [line for line in engine_input.lines if line.product_class != ProductClass.REGULATED]
    for programme in programmes.programmes:
        for rule in programme.rules:
            for line in open_lines:
                expected = 0 if (programme.id, rule.id) in whole_receipt else 1
                assert expected == said[line.line_no, programme.id, rule.id]


@any_speed
@given(receipts())
def test_that_every_reason_has_words(case: Case) -> None:
    result = explain(*case)
    for reason in [
        result.burn_limit,
        *(award.reason for award in result.awards),
        *(refusal.reason for refusal in result.refusals),
    ]:
        assert reasons.words(reason).endswith(".")


@any_speed
@given(receipts())
def test_that_an_input_and_a_set_kept_as_json_give_the_same_result(case: Case) -> None:
    engine_input, programmes = case
    kept_input = msgspec.json.decode(msgspec.json.encode(engine_input), type=EngineInput)
    kept = tuple(decode_programme(encode_programme(programme)) for programme in programmes.programmes)
    assert programmes.programmes == kept
    assert evaluate(engine_input, programmes) == evaluate(kept_input, ProgrammeSet(kept, programmes.hash))
