"""Acts, as the engine sees them: what they give, which rule gives, and why nothing is given."""

import msgspec
import pytest

from pos_app.errors import PosError, ProgrammeError
from pos_app.loyalty.acting import act_names, once_name
from pos_app.loyalty.document import Caps
from pos_app.loyalty.engine import evaluate, explain
from pos_app.loyalty.plan import plan_for
from pos_app.loyalty.programme import ProgrammeSet, parse_programme, programme_set
from pos_app.model.evaluation import EngineInput, MemberContext
from tests.pos_app.loyalty.builders import receipt

HEAD = 'schema = 1\nid = "acts"\nversion = 1\nname = "Acts"\npoint_worth_minor = 1\n'


def rule(rule_id: str, act: str, points: int, more: str = "") -> str:
    return f'[[rules]]\nkind = "act"\nid = "{rule_id}"\nact = "{act}"\npoints = {points}\n{more}\n'


def acts(*rules: str) -> ProgrammeSet:
    return programme_set([parse_programme(HEAD + "".join(rules), source="acts.toml")])


def asked(programmes: ProgrammeSet, act: str, holder: MemberContext | None) -> EngineInput:
    return msgspec.structs.replace(receipt(programmes, holder=holder), act=act)


MEMBER = MemberContext("a", "gold", {}, 0, 0)


def test_that_evaluating_gives_what_explaining_gives_without_the_refusals() -> None:
    programmes = acts(rule("more", "review", 30), rule("less", "review", 20), rule("other", "survey", 99))
    explained = explain(asked(programmes, "review", MEMBER), programmes)
    assert [("acts", "more", 30)] == [(one.programme_id, one.rule_id, one.units) for one in explained.awards]
    assert [("less", "beaten")] == [(one.rule_id, one.reason.code) for one in explained.refusals]
    assert ("gold", "gold", 30) == (explained.class_before, explained.class_after, explained.earned_units)
    evaluated = evaluate(asked(programmes, "review", MEMBER), programmes)
    assert msgspec.structs.replace(explained, refusals=()) == evaluated


def test_that_of_equal_rules_the_first_by_priority_gives() -> None:
    programmes = acts(rule("b", "review", 30, "priority = 1"), rule("a", "review", 30))
    assert ["b"] == [one.rule_id for one in evaluate(asked(programmes, "review", MEMBER), programmes).awards]


def test_that_nobody_gets_nothing() -> None:
    programmes = acts(rule("a", "review", 30))
    result = explain(asked(programmes, "review", None), programmes)
    assert ((), "", ["no_member"]) == (result.awards, result.class_after, [one.reason.code for one in result.refusals])


def test_that_a_receipt_gives_nothing_for_acts() -> None:
    programmes = acts(rule("a", "review", 30))
    assert () == evaluate(receipt(programmes, holder=MEMBER), programmes).awards


def test_that_a_cap_leaves_a_part_and_then_nothing() -> None:
    programmes = acts(rule("a", "review", 30, "caps = { month = 40 }"))
    some = msgspec.structs.replace(MEMBER, used={"acts/a:month": 25})
    result = evaluate(asked(programmes, "review", some), programmes)
    assert ({"act": "review", "points": 30, "cap_units": 15}, {"acts/a": 15}) == (
        result.awards[0].reason.values,
        result.used,
    )
    full = msgspec.structs.replace(MEMBER, used={"acts/a:month": 40})
    assert ["cap.reached"] == [
        one.reason.code for one in explain(asked(programmes, "review", full), programmes).refusals
    ]


def test_that_conditions_and_days_are_said() -> None:
    programmes = acts(
        rule("a", "review", 30, "when = { verified = true }"),
        rule("b", "review", 20, 'when = { weekdays = ["sun"] }'),
        rule("c", "survey", 20, 'when = { weekdays = ["sun"] }'),
    )
    refusals = explain(asked(programmes, "review", MEMBER), programmes).refusals
    assert [("b", "when.weekday"), ("a", "when.verified")] == [(one.rule_id, one.reason.code) for one in refusals]


def test_that_another_set_is_not_taken() -> None:
    programmes = acts(rule("a", "review", 30))
    with pytest.raises(PosError):
        explain(asked(programmes, "review", MEMBER), acts(rule("a", "review", 31)))


def test_that_the_acts_that_can_be_booked_are_named_once() -> None:
    programmes = acts(rule("a", "review", 1), rule("b", "review", 2), rule("c", "referral", 3), rule("d", "ask", 4))
    assert ("ask", "review") == act_names(plan_for(programmes, "2026-07-01"))


@pytest.mark.parametrize(
    ("caps", "name"),
    [
        (None, ""),
        (Caps(month=5), ""),
        (Caps(receipts_ever=1), "p/r ever 1"),
        (Caps(receipts_ever=1, receipts_day=1), "p/r ever 1"),
        (Caps(receipts_day=1, receipts_year=10), "p/r 2026-03-09 1"),
        (Caps(receipts_month=4, receipts_year=10), "p/r 2026-03 3"),
        (Caps(receipts_year=4), "p/r 2026 1"),
    ],
)
def test_that_a_counted_act_is_named_by_the_cap_that_allows_least(caps: Caps | None, name: str) -> None:
    assert name == once_name(caps, "p/r", used={"p/r:receipts_month": 2}, business_date="2026-03-09")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('only_products = ["tea"]', "an act is about no goods"),
        ('exclude_categories = ["TEA"]', "an act is about no goods"),
        ("when = { coupon = true }", "an act has no receipt"),
        ("when = { receipt_from_minor = 5 }", "an act has no receipt"),
        ("when = { chosen = {} }", "an act has no receipt"),
        ('lane = "price"', "this kind of rule gives no discount"),
        ('group = "g"', "only rules that compete in a lane"),
    ],
)
def test_that_an_act_that_looks_at_goods_is_refused(more: str, said: str) -> None:
    with pytest.raises(ProgrammeError, match=said):
        acts(rule("a", "review", 30, more))
