"""Programme documents: what is read, what is refused and in which words, and what is kept."""

import json
import re
import tomllib
from copy import deepcopy
from functools import reduce
from time import process_time
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pos_app.errors import ProgrammeError
from pos_app.loyalty.document import Burning, Earning, FixedCard, Life, Pharmacy, Points, Programme, Returns, Reward
from pos_app.loyalty.document_errors import explained
from pos_app.loyalty.lint import CODES, lint
from pos_app.loyalty.programme import (
    PROGRAMMES_MAX,
    accumulator_period,
    decode_programme,
    encode_programme,
    json_schema,
    parse_programme,
    programme_set,
)
from pos_app.loyalty.reading import DOCUMENT_BYTES_MAX, read_document
from pos_app.model.evaluation import BurnAs, EngineResult
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_names, preset_text
from pos_app.settings import STANDARD_MARGINS
from tests.pos_app.loyalty.builders import FIVE_PERCENT, line, member, preset, programme, sold
from tests.pos_app.loyalty.strategies import any_speed

MARK = "§"
HEAD = 'schema = 1\nid = "p"\nversion = 1\nname = "P"\npoint_worth_minor = 1\n'


def refused(text: str) -> str:
    with pytest.raises(ProgrammeError) as caught:
        parse_programme(text, source="shop.toml")
    assert "programme.refused" == caught.value.code
    return caught.value.what


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("pharmacy", '"3" = 300', '"3" = 3000', "rules[1].band_percent.3: it must be at most 1000."),
        (
            "pharmacy",
            '"3" = 300',
            '"3" = "300"',
            "rules[1].band_percent.3: a whole number is needed, not a text in quotes.",
        ),
        (
            "pharmacy",
            "high_margin =",
            "high =",
            "rules[1].class_percent.high: 'high' is not possible: possible are regulated, medi",
        ),
        ("pharmacy", "rate_bp = 300", "rate_bp = 10001", "rules[1].rate_bp: it must be at most 10000."),
        ("pharmacy", "rate_bp = 300", "rate_bp = -1", "rules[1].rate_bp: it must be at least 0."),
        (
            "pharmacy",
            "rate_bp = 300",
            "rate_bp = 3.5",
            "rules[1].rate_bp: a whole number is needed, not a number with a f",
        ),
        ("pharmacy", "rate_bp = 300", "rat_bp = 300", "rules[1].rat_bp: this key is unknown."),
        (
            "pharmacy",
            "rate_bp = 300",
            "rate_bp = 6000",
            "rules[1].rate_bp: 6000 bp with a weight of 300 % would give more",
        ),
        (
            "pharmacy",
            "gold = 500",
            "gld = 500",
            "rules[1].levels_bp.gld: the card class 'gld' is not among card_classes.",
        ),
        ("pharmacy", '"silver", "gold"]', '"silver", "silver", "gold"]', "card_classes[2]: 'silver' is there twice."),
        ("pharmacy", "schema = 1", "schema = 2", "schema: this program reads documents of schema 1."),
        (
            "pharmacy",
            'id = "pharmacy"',
            'id = "Pharmacy!"',
            "id: only small letters, digits, - and _ are possible, up to 64.",
        ),
        ("pharmacy", 'name = "Pharmacy bonuses"', 'name = ""', "name: it is shorter than 1."),
        (
            "pharmacy",
            "{ hours = 36 }",
            "36",
            "earning.pending: a text in quotes or a table is needed, not a whole number.",
        ),
        (
            "pharmacy",
            "{ hours = 36 }",
            '"soon"',
            "earning.pending: 'soon' is not possible: possible are none, next_day, {",
        ),
        ("pharmacy", "{ months = 12 }", "{}", "earning.life: either months or days must be given."),
        (
            "pharmacy",
            "{ months = 12 }",
            "{ months = 1, days = 2 }",
            "earning.life: either months or days must be given.",
        ),
        (
            "pharmacy",
            "[earning]",
            'active_from = "May"\n[earning]',
            "active_from: a date such as 2026-01-31 is needed.",
        ),
        (
            "pharmacy",
            "[earning]",
            "active_until = 2026-01-01T12:00:00\n[earning]",
            "active_until: a date is needed, not a date w",
        ),
        (
            "pharmacy",
            "[earning]",
            "active_from = 2026-02-01\n§active_until = 2026-01-31\n[earning]",
            "active_until: the programme ends on 2026-01-31, before it begins on 2026-02-01.",
        ),
        (
            "pharmacy",
            "[earning]",
            'partner = "grocer"\n[earning]',
            "partner: a partner's programme must name its stores: points that burn there are owed to it.",
        ),
        (
            "progressive",
            "from_minor = 3_000_000",
            "from_minor = 0",
            "rules[1].steps[2].from_minor: steps must rise: 0 follows 0.",
        ),
        (
            "progressive",
            "from_minor = 0,",
            "from_minor = 1,",
            "rules[1].steps[1].from_minor: the first step must begin at 0",
        ),
        (
            "progressive",
            "rate_bp = 100",
            "rate_bp = 49",
            "rules[1].steps[2].rate_bp: a higher step must not give less: 49 f",
        ),
        (
            "progressive",
            'class = "plus"',
            'class = "plos"',
            "rules[1].steps[2].card_class: the card class 'plos' is not among",
        ),
        (
            "progressive",
            '"rolling_12_months"',
            '"rolling"',
            "rules[1].period: 'rolling' is not possible: possible are calendar_",
        ),
        (
            "progressive",
            'kind = "prog',
            'kind = "pro',
            "rules[1].kind: 'proressive' is not possible: possible are fixed-card, pro",
        ),
        (
            "progressive-receipt",
            "\nsteps = [",
            '\n§period = "for_ever"\nsteps = [',
            "rules[1].period: a rule that goes by the receipt",
        ),
        (
            "progressive-receipt",
            "rate_bp = 200",
            'rate_bp = 200, card_class = "gold"',
            "rules[1].steps[2].card_class: only an acc",
        ),
        (
            "fixed-card",
            "platinum = 700",
            "diamond = 700",
            "rules[1].rates_bp.diamond: the card class 'diamond' is not among card",
        ),
        (
            "fixed-card",
            "other_rate_bp = 0",
            'lane = "extra"\n§adds = true',
            "rules[1].adds: a rule that adds has a lane of its own",
        ),
        (
            "fixed-card",
            "version = 1",
            "version = 1\n§version = 2",
            "it is not valid TOML: the key of this value is there twice (at line ",
        ),
        ("fixed-card", 'name = "Silver', "name = Silver", "it is not valid TOML: Invalid value (at line "),
    ],
)
def test_that_a_mistake_in_a_file_is_named_by_line_and_key(name: str, old: str, new: str, what: str) -> None:
    """The mistake is on the line of the mark, or where the new text begins."""
    before, after = preset_text(name).split(old, maxsplit=1)
    text = before + new + after
    line_no = text[: text.find(MARK) if MARK in text else len(before)].count("\n") + 1
    assert refused(text.replace(MARK, "")).startswith(f"shop.toml, line {line_no}: {what}")


LADDER = '[[rules]]\nkind = "progressive"\nid = "{id}"\non = "accumulated"\n{period}steps = [{steps}]\n'
STEP = "{{ from_minor = {}, rate_bp = 1, card_class = '{}' }}"


def test_that_an_accumulated_sum_needs_a_period() -> None:
    what = refused(HEAD + LADDER.format(id="a", period="", steps=STEP.format(0, "")))
    assert what.startswith("shop.toml, line 9: rules[1].on: an accumulated sum needs a period: calendar_month,")


@pytest.mark.parametrize("classes", [("gold", "silver"), ("silver", "silver")])
def test_that_classes_rise_with_the_steps(classes: tuple[str, str]) -> None:
    steps = ", ".join(STEP.format(start, name) for start, name in enumerate(classes))
    text = (
        HEAD
        + 'card_classes = ["silver", "gold"]\n'
        + LADDER.format(id="a", period='period = "for_ever"\n', steps=steps)
    )
    assert refused(text).startswith("shop.toml, line 12: rules[1].steps: the classes of the steps must rise")


def test_that_every_rule_id_is_used_once() -> None:
    rule = '[[rules]]\nkind = "fixed-card"\nid = "a"\nrates_bp = {}\n'
    assert "shop.toml, line 12: rules[2].id: the rule id 'a' is used before." == refused(HEAD + rule + rule)


def test_that_one_rule_goes_by_an_accumulated_sum() -> None:
    rules = "".join(LADDER.format(id=name, period='period = "for_ever"\n', steps=STEP.format(0, "")) for name in "ab")
    what = refused(HEAD + rules)
    assert (
        "shop.toml, line 15: rules[2].on: only one rule of a programme, or its tiers, may go by an accumulated sum."
        == what
    )


ODD = 'kind = "points"\npoints = 1\nper_minor = {}\n'
TIERS = '[tiers]\nwindow_months = 1\nkept_months = 0\nsteps = [{ id = "red", from_minor = 0 }]\n'


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            'kind = "percent"\nrate_bp = 1\nadds = true\nlane = "x"',
            "10: rules[1].adds: a rule that adds has a lane of its own",
        ),
        ('kind = "percent"\nrate_bp = 1\nanyone = true', "10: rules[1].anyone: only a discount can be for anyone"),
        (
            'kind = "member-price"\nlane = "x"',
            "9: rules[1].lane: this kind of rule gives a discount: its lane is price",
        ),
        (
            'kind = "bonus"\npoints = 1\nlane = "price"',
            "10: rules[1].lane: this kind of rule gives no discount: its lane cannot be",
        ),
        ('kind = "notice"\ntext = "a"\nlane = "price"', "10: rules[1].lane: this kind of rule gives no discount"),
        (
            'kind = "notice"\ntext = "a"\ngroup = "x"',
            "10: rules[1].group: only rules that compete in a lane can be of a",
        ),
        ('kind = "access"', "6: rules[1]: it must name the goods that are for some only"),
        (
            'kind = "percent"\nrate_bp = 1\n[rules.when]\ndates = [{ from = 2026-01-02, until = 2026-01-01 }]',
            "11: rules[1].when.dates[1].until: the window ends on 2026-01-01, before it begins",
        ),
        (
            'kind = "percent"\nrate_bp = 1\n[rules.when]\nhours = [{ from = "09:00", until = "09:00" }]',
            "11: rules[1].when.hours[1].until: the window is empty",
        ),
        (
            'kind = "percent"\nrate_bp = 1\n[rules.when]\nreceipt_number = { from = 2, until = 1 }',
            "11: rules[1].when.receipt_number.until: 1 is before 2",
        ),
        (
            'kind = "percent"\nrate_bp = 1\n[rules.when]\ncard_classes = ["gold"]',
            "11: rules[1].when.card_classes: the card class 'gold' is not among card_classes",
        ),
        (
            'kind = "percent"\nrate_bp = 1\n[rules.when]\ntiers = ["gold"]',
            "11: rules[1].when.tiers: the tier 'gold' is not among the programme's tiers",
        ),
        (
            'kind = "percent"\nrate_bp = 1\n[rules.when]\nbought = { days = 3 }',
            "11: rules[1].when.bought: it must name departments, categories or products",
        ),
        (
            'kind = "multiply"\ntier_percent = { gold = 200 }',
            "9: rules[1].tier_percent.gold: the tier 'gold' is not among the programme's tiers",
        ),
        ('kind = "collect"\npool = "a"\nper = "amount"', "10: rules[1].per: per_minor is needed for each amount"),
        ('kind = "collect"\npool = "points"', "9: rules[1].pool: points are given by rules of a lane"),
        (
            'kind = "collect"\npool = "a"\nbegins = "after_last"',
            "10: rules[1].begins: what never ends cannot be gone on",
        ),
        ('kind = "collect"\npool = "a"\nlife = {}', "10: rules[1].life: either months or days must be given"),
        (
            'kind = "collect"\npool = "a"\nper = "amount"\nper_minor = 5\nunits = 6',
            "12: rules[1].units: 6 units for each 5 are more than one for the smallest amount",
        ),
        ('kind = "reward"\ncost = 1', "6: rules[1]: exactly one of free_pieces, off_minor and gives must be there"),
        (
            'kind = "reward"\ncost = 1\ngives = "a"\ncaps = { receipts_day = 1, budget = 5 }',
            "11: rules[1].caps.budget: of a reward only receipts can be capped",
        ),
        (
            'kind = "notice"\ntext = "a"\ncaps = { day = 1 }',
            "10: rules[1].caps: this kind of rule gives nothing that could",
        ),
        (
            'kind = "points"\npoints = 3\nper_minor = 2',
            "9: rules[1].points: points worth 3 for each 2 would give more than the goods cost",
        ),
        (
            ODD.format(1_000_033) + '[[rules]]\nid = "b"\n' + ODD.format(1_000_003),
            "15: rules[2].per_minor: 1000003 and the per_minor of rules before it are too odd together",
        ),
        (
            'kind = "pharmacy"\nrate_bp = 1\nmargin_percent = { "101" = 5 }',
            "10: rules[1].margin_percent.101: a margin is a whole number of percent, 0 to 100",
        ),
    ],
)
def test_that_a_rule_that_contradicts_itself_is_refused(text: str, what: str) -> None:
    assert refused(f'{HEAD}[[rules]]\nid = "a"\n{text}\n').startswith(f"shop.toml, line {what}")


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        (
            '{ id = "a", from_minor = 5 }, { id = "b", from_minor = 5 }',
            "tiers.steps[2].from_minor: tiers must rise: 5 follows 5",
        ),
        (
            '{ id = "a", from_minor = 5 }, { id = "a", from_minor = 6 }',
            "tiers.steps[2].id: the tier 'a' is there twice",
        ),
    ],
)
def test_that_tiers_rise_and_have_names_of_their_own(steps: str, what: str) -> None:
    text = f"{HEAD}[tiers]\nwindow_months = 1\nkept_months = 0\nsteps = [{steps}]\n"
    assert refused(text).startswith(f"shop.toml, line 9: {what}")


def test_that_rules_which_fit_together_are_accepted() -> None:
    rules = """
[[rules]]
id = "a"
kind = "multiply"
tier_percent = { red = 200 }
when = { tiers = ["red"] }
[[rules]]
id = "b"
kind = "pharmacy"
rate_bp = 100
margin_percent = { "20" = 100, "40" = 200 }
[[rules]]
id = "c"
kind = "reward"
cost = 5
gives = "A mug"
caps = { receipts_day = 1 }
[[rules]]
id = "d"
kind = "percent"
rate_bp = 100
caps = { day = 1 }
"""
    assert ["a", "b", "c", "d"] == [rule.id for rule in parse_programme(HEAD + TIERS + rules, source="x").rules]


def test_that_tiers_and_a_ladder_of_one_programme_are_refused() -> None:
    ladder = LADDER.format(id="a", period='period = "for_ever"\n', steps=STEP.format(0, ""))
    assert "rules[1].on: only one rule of a programme, or its tiers," in refused(HEAD + TIERS + ladder)


def test_that_programmes_whose_points_go_by_odd_amounts_are_refused_together() -> None:
    odd = [
        programme(Points(id="a", points=1, per_minor=per_minor), programme_id=f"p{per_minor}")
        for per_minor in (1_000_033, 1_000_003)
    ]
    with pytest.raises(ProgrammeError, match="too odd together"):
        programme_set(odd)


def test_that_steps_may_be_tables_of_their_own() -> None:
    steps = "".join(f"[[rules.steps]]\nfrom_minor = {start}\nrate_bp = 1\n" for start in (0, 5, 5))
    what = refused(HEAD + '[[rules]]\nkind = "progressive"\nid = "a"\non = "receipt"\n' + steps)
    assert "shop.toml, line 17: rules[1].steps[3].from_minor: steps must rise: 5 follows 5." == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            '{"schema": 1,\n "rules": [\n{"id": "a",\n"kind": "pharmacy", "rate_bp": 10001}]}',
            "shop.toml, line 4: rules[1].rate_bp: it must be at most 10000.",
        ),
        (
            '{"schema": 1,\n"id"; 2}',
            "shop.toml, line 2: it is not valid JSON: JSON is malformed: expected ':' (byte 18).",
        ),
        ('{"schema": 1', "shop.toml: it is not valid JSON: Input data was truncated."),
        ("{}", "shop.toml, line 1: the key 'schema' is missing."),
        ("", "shop.toml, line 1: the key 'schema' is missing."),
        ('name = """\n\n', "shop.toml, line 1: it is not valid TOML: Unterminated string (at end of document)."),
        ("a = " + "[" * 20_000, "shop.toml: it is nested too deeply."),
        ('{"a":' * 12_000, "shop.toml: it is nested too deeply."),
        ("#" * (DOCUMENT_BYTES_MAX + 1), "shop.toml: it is longer than 65536 bytes."),
        ("# \ud800", "shop.toml: it is not Unicode text."),
        ("rules = 3", "shop.toml, line 1: rules: a list is needed, not a whole number."),
        ('schema = 1\n"x` - at `$.foo[...]" = 3', "shop.toml, line 1: foo"),
        ("schema = 1\nearning = { pending = 'x - at `$.rules[...]`' }", "shop.toml, line 1: "),
        ("earning = { pending = 'x - at `$.earning[...]`' }", "shop.toml, line 1: earning"),
    ],
)
def test_that_anything_else_is_refused_with_a_reason(text: str, what: str) -> None:
    assert refused(text).startswith(what)


def test_that_a_message_without_words_of_ours_is_shown_as_it_is() -> None:
    assert ((), "Something new") == explained("Something new", {})


def test_that_a_number_of_thousands_of_digits_is_refused() -> None:
    assert refused("schema = " + "9" * 5000).startswith("shop.toml: it is not valid TOML: a number has too many digits")


def test_that_too_many_rules_steps_bands_and_exclusions_are_refused() -> None:
    rule = '[[rules]]\nkind = "fixed-card"\nid = "r{}"\nrates_bp = {{}}\n'
    many_rules = HEAD + "".join(rule.format(number) for number in range(65))
    assert "shop.toml, line 6: rules: it is longer than 64." == refused(many_rules)
    bands = ", ".join(f"b{number} = 1" for number in range(65))
    pharmacy = f'[[rules]]\nkind = "pharmacy"\nid = "r"\nrate_bp = 1\nband_percent = {{ {bands} }}\n'
    assert "shop.toml, line 10: rules[1].band_percent: it is longer than 64." == refused(HEAD + pharmacy)


@any_speed
@given(st.text(max_size=200))
@example('\ufeff{"schema": 1}')
def test_that_any_text_works_or_is_refused(text: str) -> None:
    _works_or_is_refused(text)


_DAMAGE = [
    *"[]{}=,.\"'\n#0\\ ",
    "9",
    "9999999",
    "true",
    "[[rules]]",
    '"""',
    "[[[[",
    "1e400",
    "-",
    "\u202e",
    "\x00",
    "é",
    "\r",
]


@any_speed
@given(
    st.sampled_from(preset_names()),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 4), st.sampled_from(_DAMAGE)), max_size=4),
)
def test_that_a_damaged_file_works_or_is_refused(name: str, damages: list[tuple[int, int, str]]) -> None:
    text = preset_text(name)
    for position, length, put in damages:
        text = text[:position] + put + text[position + length :]
    _works_or_is_refused(text)


_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 7, 100, 9_999, 10**6 + 3, 10**9, 10**12])
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["never", "price", "points", "ask", "piece", "regulated"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "id", "months"]) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


_INNERMOST: object = 1


def _deeper(inner: object, _: int) -> object:
    return {"rules": [inner]}


_wild = _plain | st.sampled_from(
    [-1, 2**63, -(2**63), 10**400, 1e308, "\u202e", "e\u0301" * 40, "\U0001f9fe", "x" * 70_000]
)
_nested = st.integers(1, 40).map(lambda depth: reduce(_deeper, range(depth), _INNERMOST))


@any_speed
@given(st.sampled_from(preset_names()), st.data())
def test_that_any_value_in_any_place_works_or_is_refused(name: str, data: st.DataObject) -> None:
    """A value replaced by a wild one, left out, put in again under another key, or doubled."""
    document = tomllib.loads(preset_text(name))
    for _ in range(data.draw(st.integers(1, 3))):
        places: list[Any] = [document]
        for place in places:
            places += [
                inner
                for inner in (place.values() if isinstance(place, dict) else place)
                if inner and isinstance(inner, dict | list)
            ]
        place = data.draw(st.sampled_from([place for place in places if place] or [{"a": 1}]))
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        match data.draw(st.sampled_from(["replace", "leave out", "double", "nest"])):
            case "replace":
                place[key] = data.draw(_wild)
            case "leave out":
                del place[key]
            case "double" if isinstance(place, dict):
                place[data.draw(st.sampled_from(["caps", "when", "tiers", "x", f"{key} "]))] = place[key]
            case "double":
                place.insert(key, deepcopy(place[key]))
            case _:
                place[key] = data.draw(_nested)
    _works_or_is_refused(json.dumps(document, default=str))


def _works_or_is_refused(text: str) -> None:
    try:
        programme = parse_programme(text, source="shop.toml")
    except ProgrammeError as error:
        what = error.what
        assert what.startswith("shop.toml")
        _has_faults_in_it(text)
        return
    assert programme == decode_programme(encode_programme(programme))
    _runs_within_its_limits(programme)


def _has_faults_in_it(text: str) -> None:
    """Each fault has its words, and stands somewhere in the text."""
    faults = read_document(text)
    assert isinstance(faults, tuple)
    assert 1 <= len(faults)
    lines = text.replace("\r\n", "\n").split("\n")
    for fault in faults:
        assert fault.why
        if fault.place is not None:
            assert 1 <= fault.place.line <= len(lines)
            assert 1 <= fault.place.column <= len(lines[fault.place.line - 1]) + 2


_BASKET = (
    line(1, 10**9, quantity_milli=10_000_000, member_minor=1, margin_floor_percent=40, category="BURGER"),
    line(2, 999, quantity_milli=750, product_class=ProductClass.MEDICINE, band="2", tax_rate_bp=2500),
    line(3, 1, product_class=ProductClass.HIGH_MARGIN, fixed=True),
    line(4, 10**6, product_class=ProductClass.REGULATED),
)
_SECONDS_MAX = 5


def _runs_within_its_limits(programme: Programme) -> None:
    """A receipt of very many goods by a programme that was accepted: numbers that a database can keep, in a time that a till has."""
    programmes = programme_set([programme])
    rules = tuple(f"{programme.id}/{rule.id}" for rule in programme.rules)
    units = [f"{programme.issuer}#{name}" for name in ("burger", "spending", "never", "5")]
    holder = member(
        "gold",
        spendable_units=10**9,
        pools=dict.fromkeys(units, 10**9),
        tiers={programme.id: "gold"},
        facts=tuple(f"{rule}:{name}" for rule in rules for name in ("birthday", "bought")),
        chosen=dict.fromkeys(rules, ("p1", "p2")),
        verified=True,
    )
    begun = process_time()
    known = {"coupons": rules, "takes": rules, "budgets": dict.fromkeys(rules, 10**9)}
    result = sold(programmes, *_BASKET, holder=holder, points_exponent=2, burn_units=10**6, **known)
    findings = lint([programme], bands_percent=STANDARD_MARGINS.bands_percent)
    assert process_time() - begun < _SECONDS_MAX
    assert {finding.code for finding in findings} <= set(CODES)
    _keeps_its_caps(programme, result)
    kept = msgspec.json.encode(result)
    assert result == msgspec.json.decode(kept, type=EngineResult)
    assert all(abs(int(number)) < 2**63 for number in re.findall(rb"\d+", kept))


def _keeps_its_caps(programme: Programme, result: EngineResult) -> None:
    """No rule has given more than its caps for a receipt, nor the programme more than its own."""
    assert result.discount_minor <= sum(line.amount_minor for line in _BASKET)
    for rule in programme.rules:
        awards = sum(award.units for award in result.awards if award.rule_id == rule.id)
        discounts = sum(one.amount_minor for one in result.discounts if one.rule_id == rule.id)
        collected = sum(one.units for one in result.collected if one.rule_id == rule.id)
        if rule.caps is not None and rule.caps.receipt is not None:
            assert max(awards // 100, discounts * (not isinstance(rule, Reward)), collected) <= rule.caps.receipt
        assert all(
            one.times <= rule.times for one in result.taken if one.rule_id == rule.id and isinstance(rule, Reward)
        )
    if programme.earning.receipt_max_points is not None:
        assert sum(award.units for award in result.awards) <= programme.earning.receipt_max_points * 100


@pytest.mark.parametrize("name", preset_names())
def test_that_a_shipped_programme_is_kept_as_it_is(name: str) -> None:
    kept = encode_programme(preset(name))
    assert preset(name) == decode_programme(kept)
    assert kept == encode_programme(decode_programme(kept))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """By the schema, which is one itself."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", preset_names())
def test_that_a_shipped_programme_fits_the_json_schema(name: str, validator: Draft202012Validator) -> None:
    validator.validate(msgspec.json.decode(encode_programme(preset(name))))
    assert not validator.is_valid({"schema": 1, "id": "p", "version": 1, "name": "P", "point_worth_minor": 0})


def test_that_what_equals_its_default_is_not_kept_however_it_was_written() -> None:
    written = (
        HEAD
        + 'issuer = "shop"\npriority = 100\n[burning]\ncap_bp = 10_000\nburn_as = "price_reduction"\n[earning]\nlife = "never"\n'
    )
    assert b'{"burning":{},"id":"p","name":"P","point_worth_minor":1,"schema":1,"version":1}' == encode_programme(
        parse_programme(written, source="shop.toml")
    )


def test_that_what_is_kept_reads_as_the_same_rule() -> None:
    rich = programme(
        FixedCard(id="a", rates_bp={"gold": 1}, exclude_product_classes=frozenset(ProductClass), adds=True),
        Pharmacy(id="b", rate_bp=1, class_percent={ProductClass.MEDICINE: 0}, exclude_categories=frozenset({"B", "A"})),
        card_classes=("gold",),
        earning=Earning(life=Life(days=3), receipt_max_bp=0),
        burning=Burning(burn_as=BurnAs.TENDER, multiple_points=100),
    )
    assert rich == decode_programme(encode_programme(rich))


@pytest.mark.parametrize("raw", [b"", b"\xff{", b"[]", b"{}", b'{"schema":2}'])
def test_that_a_damaged_stored_programme_is_refused(raw: bytes) -> None:
    with pytest.raises(ProgrammeError, match="a stored programme"):
        decode_programme(raw)


def test_that_a_stored_programme_is_not_checked_again() -> None:
    """A later version may refuse what an earlier one has run: its receipts are explained all the same."""
    strange = programme(FIVE_PERCENT, FIVE_PERCENT)
    assert strange == decode_programme(encode_programme(strange))
    with pytest.raises(ProgrammeError):
        parse_programme(encode_programme(strange).decode(), source="shop.json")


def test_that_the_hash_of_a_set_is_of_its_contents_alone() -> None:
    one, other = programme(FIVE_PERCENT, programme_id="a"), programme(programme_id="b")
    there, back = programme_set([one, other]), programme_set([other, one])
    assert ("a", "b") == tuple(each.id for each in back.programmes)
    assert there == back
    assert hash(there) == hash(back)
    assert there != programme_set([one])
    assert there != there.hash
    assert there.hash != programme_set([one, msgspec.structs.replace(other, version=2)]).hash


def test_that_the_hash_of_a_document_stays_what_it_was() -> None:
    """Events name their programmes by this hash for ever."""
    expected = "06dab9434ae4e398284a28642618afd8ee637f3f2f12c90ce7d852300ac0f913"
    assert expected == programme_set([programme(FIVE_PERCENT)]).hash


@pytest.mark.parametrize(
    ("programmes", "why"),
    [
        ([programme(), programme(FIVE_PERCENT)], "two programmes have the id 'p'"),
        ([programme(), programme(programme_id="q", point_worth_minor=2)], "a point of 'p' is worth 1, of 'q' 2"),
        ([programme(programme_id=f"p{n}") for n in range(PROGRAMMES_MAX + 1)], "there are 33 programmes, at most 32"),
    ],
)
def test_that_programmes_which_cannot_run_together_are_refused(programmes: list[Programme], why: str) -> None:
    with pytest.raises(ProgrammeError, match=why):
        programme_set(programmes)


@pytest.mark.parametrize(
    ("name", "period"),
    [("progressive", "rolling_12_months"), ("progressive-receipt", None), ("pharmacy", None)],
)
def test_that_a_programme_names_the_period_of_its_sum(name: str, period: str | None) -> None:
    assert period == accumulator_period(preset(name))


def test_that_a_programme_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        preset("pharmacy").version = 2  # type: ignore[misc]


def test_that_a_smallest_programme_works() -> None:
    assert Programme(schema=1, id="p", version=1, name="P", point_worth_minor=1) == parse_programme(HEAD, source="x")


def test_that_returns_go_by_shares_unless_the_programme_says_otherwise() -> None:
    assert Returns(method="prorate", spent="overdraft") == parse_programme(HEAD, source="x").returns
    text = HEAD + '[returns]\nmethod = "re-evaluate"\nspent = "clamp"\n'
    assert Returns(method="re-evaluate", spent="clamp") == parse_programme(text, source="x").returns


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ('method = "again"', "line 7: returns.method: 'again' is not possible."),
        ('spent = "gift"', "line 7: returns.spent: 'gift' is not possible."),
        ("clamp = true", "line 7: returns.clamp: "),
    ],
)
def test_that_returns_by_no_method_are_refused(key: str, why: str) -> None:
    assert why in refused(f"{HEAD}[returns]\n{key}\n")


def test_that_how_goods_come_back_is_part_of_the_hash_only_where_it_is_said() -> None:
    said = programme_set([programme(FIVE_PERCENT, returns=Returns())])
    assert programme_set([programme(FIVE_PERCENT)]).hash == said.hash
    clamping = programme(FIVE_PERCENT, returns=Returns(spent="clamp"))
    assert said.hash != programme_set([clamping]).hash
    assert clamping == decode_programme(encode_programme(clamping))
