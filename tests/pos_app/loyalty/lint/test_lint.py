"""What the lint finds: one document for each finding, nothing about the shipped programmes, and the engine as its judge."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.lint import CODES, Finding, lint
from pos_app.loyalty.programme import ProgrammeSet, parse_programme
from pos_app.model.evaluation import EngineInput
from pos_app.programmes import preset_names
from pos_app.settings import STANDARD_MARGINS
from pos_app.use_cases.programmes import read_file
from tests.pos_app.loyalty.builders import preset
from tests.pos_app.loyalty.strategies import every_kind, receipts

BANDS = STANDARD_MARGINS.bands_percent
HEAD = 'schema = 1\nid = "{}"\nversion = 1\nname = "P"\npoint_worth_minor = 1\n'
SCENARIOS = Path(__file__).parents[4] / "docs" / "scenarios"
PERCENT = '[[rules]]\nkind = "percent"\nid = "{}"\nrate_bp = {}\n'
ONE = PERCENT.format("a", 100)
STAMPS = '[[rules]]\nkind = "collect"\nid = "c"\npool = "stamps"\n'
TWO_TIERS = """[tiers]
window_months = 1
kept_months = 0
steps = [{ id = "a", from_minor = 0 }, { id = "b", from_minor = 9 }]
"""
BENEFIT = TWO_TIERS.replace("9 }", '9, benefits = ["x"] }')
FOR_TWO_DAYS = "active_from = 2026-01-01\nactive_until = 2026-01-02\n"
MUG = '[[rules]]\nkind = "reward"\nid = "r"\npool = "stamps"\ncost = 10\ngives = "A mug"\n'


def found(*bodies: str, **options: Any) -> tuple[Finding, ...]:
    """What is found in programmes p, q, ... with these bodies."""
    documents = [HEAD.format(name) + body for name, body in zip("pqr", bodies, strict=False)]
    options = {"bands_percent": BANDS} | options
    return lint([parse_programme(text, source="x") for text in documents], **options)


def rules(*some: str) -> str:
    """Rules of the points lane by what each is besides a kind and an id."""
    return "".join(f'[[rules]]\nid = "r{number}"\n{text}\n' for number, text in enumerate(some))


FINDINGS = {
    "never.dates": ONE + "when.dates = [{ from = 2027-01-01, until = 2027-01-31 }]\n",
    "never.days": ONE + 'when.weekdays = ["sun"]\nwhen.dates = [{ from = 2026-07-06, until = 2026-07-11 }]\n',
    "never.hours": ONE + 'when.hours = [{ from = "24:00", until = "00:00" }]\n',
    "never.stores": 'stores = ["s1"]\n' + ONE + 'when.stores = ["s2"]\n',
    "never.first_receipt": ONE
    + 'when.receipt_number = { until = 1 }\nwhen.bought = { days = 9, categories = ["TEA"] }\n',
    "never.goods": ONE + 'only_categories = ["TEA"]\nexclude_categories = ["TEA"]\n',
    "never.regulated": ONE + 'only_product_classes = ["regulated"]\n',
    "never.nothing": PERCENT.format("a", 0),
    "never.cap": ONE + "caps.day = 0\n",
    "never.pool": MUG,
    "never.reach": STAMPS + "caps.month = 1\nlife = { months = 3 }\n" + MUG,
    "never.beaten": ONE + PERCENT.format("b", 200),
    "tie": ONE + 'only_categories = ["TEA"]\n' + PERCENT.format("b", 100) + 'only_departments = ["FOOD"]\n',
    "multiply.nothing": rules('kind = "multiply"\npercent = 200'),
    "stores.outside": 'stores = ["s1"]\n' + ONE + 'when.stores = ["s1", "s2"]\n',
    "dates.outside": "active_from = 2026-01-01\n"
    + ONE
    + "when.dates = [{ from = 2026-02-01, until = 2026-02-02 }, { from = 2025-02-01, until = 2025-02-02 }]\n",
    "dates.overlap": ONE
    + "when.dates = [{ from = 2026-02-01, until = 2026-02-03 }, { from = 2026-02-03, until = 2026-02-05 }]\n",
    "dates.gap": ONE
    + "when.dates = [{ from = 2026-02-01, until = 2026-02-03 }, { from = 2026-02-05, until = 2026-02-05 }]\n",
    "hours.overlap": ONE + 'when.hours = [{ from = "09:00", until = "11:00" }, { from = "10:59", until = "12:00" }]\n',
    "hours.gap": ONE + 'when.hours = [{ from = "09:00", until = "10:59" }, { from = "11:00", until = "12:00" }]\n',
    "holiday.none": ONE + 'when.holidays = ["02-30", "12-25"]\n',
    "step.same": rules(
        'kind = "progressive"\non = "receipt"\nsteps = [{ from_minor = 0, rate_bp = 1 }, { from_minor = 9, rate_bp = 1 }]'
    ),
    "tier.unused": TWO_TIERS,
    "margin.between": rules('kind = "pharmacy"\nrate_bp = 100\nmargin_percent = { "25" = 200 }'),
    "margin.beyond": rules('kind = "pharmacy"\nrate_bp = 100\nmargin_percent = { "70" = 200 }'),
    "cost.margin": PERCENT.format("a", 3000),
    "cost.together": PERCENT.format("a", 1500) + PERCENT.format("b", 1500) + "adds = true\n",
    "guard.lowers": "[guard]\nmargin_percent = 25\n" + PERCENT.format("a", 1501),
    "points.too_late": FOR_TWO_DAYS + "earning.pending = { hours = 48 }\n[burning]\n" + ONE,
}
IN_SUCCESSION = {"programmes.gap": "2026-02-03", "programmes.overlap": "2026-02-01"}


@pytest.mark.parametrize("code", FINDINGS)
def test_that_it_is_found(code: str) -> None:
    active = "active_until = 2026-12-31\n" if code == "never.dates" else ""
    assert [code] == [one.code for one in found(active + FINDINGS[code])]


@pytest.mark.parametrize(("code", "begins"), IN_SUCCESSION.items())
def test_that_programmes_that_do_not_follow_each_other_well_are_found(code: str, begins: str) -> None:
    (one,) = found("active_until = 2026-02-01\n", f"active_from = {begins}\n")
    assert (code, "q", ("active_from",)) == (one.code, one.programme_id, one.path)
    assert {"before": "p", "last": "2026-02-01", "first": begins} == one.values


def test_that_every_finding_has_its_document() -> None:
    assert set(CODES) == {*FINDINGS, *IN_SUCCESSION}


def test_that_a_finding_names_the_key_and_the_values() -> None:
    (one,) = found(FINDINGS["never.beaten"])
    expected = {"rule": "a", "by_programme": "p", "by_rule": "b", "lane": "points"}
    assert Finding("never.beaten", "p", ("rules", 0), expected) == one
    (one,) = found(FINDINGS["never.reach"])
    # Three months are 93 days, which touch five months.
    assert (
        Finding("never.reach", "p", ("rules", 1, "pool"), {"rule": "r", "pool": "stamps", "units": 10, "most": 5})
        == one
    )
    (one,) = found(FINDINGS["hours.gap"])
    assert ("rules", 0, "when", "hours", 1) == one.path
    assert {"rule": "a", "last": "10:59", "first": "11:00"} == one.values


@pytest.mark.parametrize("name", preset_names())
def test_that_nothing_is_found_in_a_shipped_programme(name: str) -> None:
    scenario = tomllib.loads((SCENARIOS / f"{name}.toml").read_text(encoding="utf-8"))
    together = [
        preset(one.removeprefix("preset:")) if one.startswith("preset:") else read_file(SCENARIOS / one)
        for one in scenario["programmes"]
    ]
    assert () == lint(together, bands_percent=BANDS)


SOUND = [
    "when.dates = [{ from = 2026-02-01, until = 2026-02-03 }, { from = 2026-02-04, until = 2026-02-05 }]",
    "when.dates = [{ from = 2026-02-01, until = 2026-02-03 }, { from = 2026-03-05, until = 2026-03-05 }]",
    'when.hours = [{ from = "09:00", until = "11:00" }, { from = "11:00", until = "12:00" }]',
    'when.hours = [{ from = "22:00", until = "02:00" }, { from = "09:00", until = "24:00" }]'.replace("24:00", "12:00"),
    'when.weekdays = ["sun"]\nwhen.holidays = ["02-29"]',
    'when.weekdays = ["sun"]\nwhen.dates = [{ from = 2026-07-06, until = 2026-07-12 }]',
    'only_product_classes = ["regulated", "general"]',
    'only_product_classes = ["regulated"]\nonly_categories = ["TEA"]',
    "when.receipt_number = { until = 1 }",
    'when.receipt_number = { until = 2 }\nwhen.bought = { days = 9, categories = ["TEA"] }',
    'when.holds = { pool = "points" }\nwhen.receipt_number = { until = 1 }',
    "caps = { day = 1, receipts_year = 1 }",
]


@pytest.mark.parametrize("text", SOUND)
def test_that_what_is_sound_is_left_alone(text: str) -> None:
    assert () == found(f"{ONE}{text}\n")


SOUND_TOGETHER = {
    "a smaller rate for other goods": ONE + 'only_categories = ["TEA"]\n' + PERCENT.format("b", 50),
    "the best rule adds": ONE + PERCENT.format("b", 200) + "adds = true\n",
    "the best rule is for some receipts": ONE + PERCENT.format("b", 200) + "caps.receipts_day = 1\n",
    "the best rule has a limit for a line": ONE + PERCENT.format("b", 200) + "caps.line = 5\n",
    "the programme has a limit for a line": "earning.line_max_points = 5\n"
    + ONE
    + 'when.weekdays = ["mon"]\n'
    + PERCENT.format("b", 200),
    "another lane": ONE + PERCENT.format("b", 200) + 'lane = "extra"\n',
    "the best rule may lose in its group": ONE + PERCENT.format("b", 200) + 'group = "one"\n',
    "a ladder that may give less": PERCENT.format("a", 100)
    + rules(
        'kind = "progressive"\non = "receipt"\nsteps = [{ from_minor = 0, rate_bp = 50 }, { from_minor = 9, rate_bp = 900 }]'
    ),
    "a worth that is no share": ONE + rules('kind = "bonus"\npoints = 1\nlane = "points"'),
    "fixed prices and a share": PERCENT.format("a", 100)
    + 'lane = "price"\n'
    + rules('kind = "fixed-price"\nprice_minor = 5\nonly_products = ["1"]'),
    "the same in other classes of card": 'card_classes = ["gold", "silver"]\n'
    + ONE
    + 'when.card_classes = ["gold"]\n'
    + PERCENT.format("b", 100)
    + 'when.card_classes = ["silver"]\n',
    "the same on other days": ONE
    + 'when.weekdays = ["mon"]\n'
    + PERCENT.format("b", 100)
    + 'when.weekdays = ["tue"]\n',
    "the same on other holidays": ONE
    + 'when.holidays = ["01-01"]\n'
    + PERCENT.format("b", 100)
    + 'when.holidays = ["12-25"]\n',
    "the same at other hours": ONE
    + 'when.hours = [{ from = "09:00", until = "10:00" }]\n'
    + PERCENT.format("b", 100)
    + 'when.hours = [{ from = "10:00", until = "11:00" }]\n',
    "the same in other stores": ONE + 'when.stores = ["s1"]\n' + PERCENT.format("b", 100) + 'when.stores = ["s2"]\n',
    "the same with another priority": ONE
    + 'only_categories = ["TEA"]\n'
    + PERCENT.format("b", 100)
    + 'priority = 1\nonly_departments = ["FOOD"]\n',
    "tiers with benefits": BENEFIT,
    "tiers that rules name": TWO_TIERS + ONE + 'when.tiers = ["b"]\n',
    "a first step that gives only a class": 'card_classes = ["x"]\n'
    + rules(
        'kind = "progressive"\non = "accumulated"\nperiod = "for_ever"\n'
        'steps = [{ from_minor = 0, rate_bp = 0 }, { from_minor = 5, rate_bp = 0, card_class = "x" }]'
    ),
    "margins at the bands": rules('kind = "pharmacy"\nrate_bp = 100\nmargin_percent = { "0" = 0, "60" = 200 }'),
    "enough stamps": STAMPS + "caps.ever = 10\n" + MUG,
    "enough stamps a month": STAMPS + "caps.month = 2\nlife = { months = 3 }\n" + MUG,
    "stamps for ever": STAMPS + "caps.month = 1\n" + MUG,
    "stamps of a long year": STAMPS + 'caps.month = 1\nlife = "end_of_year"\n' + MUG,
    "a guard for known goods alone": '[guard]\nmargin_percent = 25\nunknown = "allow"\n' + PERCENT.format("a", 1600),
    "a guard that leaves enough": "[guard]\nmargin_percent = 25\n" + PERCENT.format("a", 1500),
    "a guard and a worth that is no share": "[guard]\nmargin_percent = 25\n" + rules('kind = "bonus"\npoints = 1'),
    "dear rules for some only": PERCENT.format("a", 1500)
    + PERCENT.format("b", 1500)
    + 'adds = true\nwhen.weekdays = ["mon"]\n',
    "weights for what has the margin": rules(
        'kind = "pharmacy"\nrate_bp = 1000\nmargin_percent = { "0" = 0, "40" = 400, "60" = 400 }'
    ),
    "points that can be used on the last day": FOR_TWO_DAYS + 'earning.pending = "next_day"\n[burning]\n' + ONE,
    "a multiplier and a rule for one day": rules(
        'kind = "multiply"\npercent = 200\nwhen.weekdays = ["mon"]',
        'kind = "percent"\nrate_bp = 5\nwhen.weekdays = ["mon", "tue"]',
    ),
}


@pytest.mark.parametrize("what", SOUND_TOGETHER)
def test_that_rules_which_do_not_fight_are_left_alone(what: str) -> None:
    assert () == found(SOUND_TOGETHER[what])


BEATEN = {
    "by another share": ONE + rules('kind = "points"\npoints = 1\nper_minor = 50'),
    "by a card's class": 'card_classes = ["gold"]\n'
    + PERCENT.format("a", 300)
    + 'when.card_classes = ["gold"]\n'
    + rules('kind = "fixed-card"\nrates_bp = { gold = 400 }'),
    "by the least of a pharmacy": ONE
    + rules('kind = "pharmacy"\nrate_bp = 200\nclass_percent = { medicine = 50, general = 60 }\npriority = 1'),
    "by a ladder": ONE + rules('kind = "progressive"\non = "receipt"\nsteps = [{ from_minor = 0, rate_bp = 101 }]'),
    "by a larger bonus": rules(
        'kind = "bonus"\npoints = 2\nonly_products = ["1"]', 'kind = "bonus"\npoints = 3\nonly_products = ["1"]'
    ),
    "by a larger bonus a piece": rules(
        'kind = "bonus"\npoints = 2\nper = "piece"\nonly_products = ["1"]', 'kind = "bonus"\npoints = 3\nper = "piece"'
    ),
    "by a lower price": rules('kind = "fixed-price"\nprice_minor = 6', 'kind = "fixed-price"\nprice_minor = 5'),
    "by the second price": rules('kind = "member-price"', 'kind = "member-price"\npriority = 1'),
    "by an amount before it": rules(
        'kind = "amount-off"\noff_minor = 6', 'kind = "amount-off"\noff_minor = 6\npriority = 1'
    ),
    "by a multiplier": ONE + rules('kind = "multiply"\npercent = 150', 'kind = "multiply"\npercent = 200'),
    "in its group by points": ONE
    + 'group = "g"\n'
    + rules('kind = "percent"\nrate_bp = 101\nlane = "extra"\ngroup = "g"'),
    "in its group by points, being a discount": ONE.replace('id = "a"', 'id = "a"\nlane = "price"')
    + 'group = "g"\n'
    + rules('kind = "percent"\nrate_bp = 101\ngroup = "g"'),
    "on fewer days": ONE
    + 'when = { weekdays = ["mon"], holidays = ["12-25"], dates = [{ from = 2026-01-01, until = 2030-01-01 }] }\n'
    + rules(
        'kind = "percent"\nrate_bp = 200\nwhen = { weekdays = ["mon", "tue"], dates = [{ from = 2026-01-01, until = 2031-01-01 }] }'
    ),
    "at fewer hours": ONE
    + 'when.hours = [{ from = "10:00", until = "11:00" }]\n'
    + rules('kind = "percent"\nrate_bp = 200\nwhen.hours = [{ from = "09:00", until = "12:00" }]'),
    "on fewer receipts": ONE
    + "when = { receipt_number = { from = 3, until = 4 }, receipt_from_minor = 9 }\n"
    + rules('kind = "percent"\nrate_bp = 200\nwhen = { receipt_number = { from = 2 }, receipt_from_minor = 8 }'),
    "for fewer members": 'card_classes = ["gold", "silver"]\n'
    + ONE
    + 'when = { card_classes = ["gold"], segments = ["x"], verified = true, holds = { pool = "points", units = 2 } }\n'
    + rules(
        'kind = "percent"\nrate_bp = 200\nwhen = { card_classes = ["gold", "silver"], segments = ["x", "y"],'
        ' verified = true, holds = { pool = "points" } }'
    ),
    "around fewer birthdays": ONE
    + "when.birthday = { before_days = 1 }\n"
    + rules('kind = "percent"\nrate_bp = 200\nwhen.birthday = { before_days = 2 }'),
    "after fewer goods": ONE
    + 'when.bought = { days = 3, categories = ["TEA"] }\n'
    + rules('kind = "percent"\nrate_bp = 200\nwhen.bought = { days = 4, categories = ["TEA", "CAKE"] }'),
    "in fewer stores": ONE
    + 'when.stores = ["s1"]\n'
    + rules('kind = "percent"\nrate_bp = 200\nwhen.stores = ["s1", "s2"]'),
}


@pytest.mark.parametrize("what", BEATEN)
def test_that_a_rule_that_is_always_beaten_is_found(what: str) -> None:
    beaten = [one.path for one in found(BEATEN[what]) if one.code == "never.beaten"]
    assert [("rules", 1 if what == "by a multiplier" else 0)] == beaten


FREE = {
    "a coupon of its own": "when.coupon = true",
    "a choice of its own": "when.chosen = {}",
    "a card is needed": "",
    "fewer hours": 'when.hours = [{ from = "10:00", until = "11:00" }]',
    "fewer goods": 'only_categories = ["TEA"]',
    "other goods": 'exclude_categories = ["TEA"]',
    "fewer stores": 'when.stores = ["s1"]',
    "a segment": 'when.segments = ["x"]',
    "one weekday": 'when.weekdays = ["mon"]',
    "verified members": "when.verified = true",
}


@pytest.mark.parametrize("what", FREE)
def test_that_a_rule_is_not_beaten_by_one_that_does_not_always_apply(what: str) -> None:
    anyone = "anyone = true\n" if what == "a card is needed" else ""
    text = f'{ONE}lane = "price"\n{anyone}{PERCENT.format("b", 200)}lane = "price"\n{FREE[what]}\n'
    assert () == found(text)


def test_that_programmes_are_looked_at_together() -> None:
    assert ["never.beaten"] == [one.code for one in found(ONE, "priority = 1\n" + ONE)]
    assert ["never.beaten"] == [one.code for one in found(ONE + 'when.segments = ["x"]\n', 'segments = ["x"]\n' + ONE)]
    assert () == found(ONE, 'segments = ["x"]\n' + PERCENT.format("b", 200))
    assert () == found("active_until = 2026-01-01\n" + ONE, "active_from = 2027-01-01\n" + PERCENT.format("b", 200))
    assert () == found(ONE, 'earning.base = "net"\n' + PERCENT.format("b", 200))
    assert () == found(STAMPS, MUG)
    assert ["never.pool"] == [one.code for one in found('issuer = "other"\n' + STAMPS, MUG)]
    guarded = found(PERCENT.format("a", 1700), "[guard]\nmargin_percent = 25\n" + PERCENT.format("b", 1900))
    assert ["guard.lowers", "never.beaten", "guard.lowers"] == [one.code for one in guarded]


def test_that_tiers_and_pools_of_another_programme_are_others() -> None:
    tiers = '[tiers]\nwindow_months = 1\nkept_months = 0\nsteps = [{ id = "red", from_minor = 0 }]\n'
    multiply = '[[rules]]\nkind = "multiply"\nid = "m"\ntier_percent = { red = 200 }\n'
    tiered = 'when.tiers = ["red"]\n'
    assert () == found(tiers + ONE + tiered, tiers + PERCENT.format("b", 200) + tiered)
    assert () == found(ONE + tiers + multiply, "priority = 1\n" + tiers + multiply)
    assert ["never.beaten"] == [one.code for one in found(tiers + ONE + tiered + PERCENT.format("b", 200) + tiered)]


def test_that_units_that_come_too_late_are_found() -> None:
    stamps = STAMPS + "pending = { hours = 48 }\nwhen.dates = [{ from = 2026-01-01, until = 2026-01-02 }]\n"
    (one,) = found(stamps + MUG + "when.dates = [{ from = 2026-01-01, until = 2026-01-02 }]\n")
    assert ("points.too_late", ("rules", 0), "2026-01-03") == (one.code, one.path, one.values["first"])
    assert () == found(stamps + MUG)
    assert ["never.dates"] == [
        one.code for one in found("active_from = 2027-01-01\n" + stamps + MUG) if one.path[:2] == ("rules", 0)
    ]


def test_that_the_sections_of_a_programme_are_looked_at() -> None:
    idle = "[burning]\ncap_bp = 0\nexclude_product_classes = ['medicine', 'high_margin', 'general']\n[guard]\nmargin_percent = 0\n"
    tiers = '[tiers]\nwindow_months = 1\nkept_months = 0\nonly_product_classes = ["regulated"]\nsteps = [{ id = "a", from_minor = 0 }]\n'
    assert [
        ("never.cap", ("burning", "cap_bp")),
        ("never.cap", ("earning", "receipt_max_points")),
        ("never.cap", ("guard", "margin_percent")),
        ("never.goods", ("burning",)),
        ("never.regulated", ("tiers",)),
    ] == sorted((one.code, one.path) for one in found("earning.receipt_max_points = 0\n" + idle + tiers))


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        ('when.tiers = ["b"]', "tiers"),
        ('when.holds = { pool = "stamps" }', "holds"),
        ("", "pool"),
    ],
)
def test_that_a_first_receipt_has_no_past(condition: str, needs: str) -> None:
    rule = MUG if needs == "pool" else ONE
    (one,) = found(BENEFIT + STAMPS + rule + "when.receipt_number = { until = 1 }\n" + condition + "\n")
    assert ("never.first_receipt", needs) == (one.code, one.values["needs"])


@pytest.mark.parametrize(
    ("caps", "life", "most"),
    [
        ("caps.day = 1", 'life = "end_of_month"', 33),
        ("caps.year = 3", "life = { days = 20 }", 6),
        ("caps.receipts_ever = 7", 'life = "never"', 7),
        ("caps = { ever = 8, receipts_ever = 9 }", 'life = "never"', 8),
        ("caps.receipts_month = 1", "life = { days = 56 }", 4),
    ],
)
def test_that_what_can_be_collected_is_reckoned(caps: str, life: str, most: int) -> None:
    stamps = f'{STAMPS}per = "receipt"\n{caps}\n{life}\n'
    (one,) = found(stamps + ONE + 'when.holds = { pool = "stamps", units = 100 }\n')
    assert (("rules", 1, "when", "holds"), most) == (one.path, one.values["most"])
    assert () == found(stamps + STAMPS.replace('"c"', '"d"') + ONE + 'when.holds = { pool = "stamps", units = 100 }\n')


def test_that_prizes_and_gifts_of_a_section_are_no_empty_pool() -> None:
    draw = f"[draw]\nseed_hash = '{'0' * 64}'\npool = 'tickets'\ndraw_on = 2026-12-20\nprizes = [{{ name = 'A mug', pool = 'stamps' }}]\n"
    draw += STAMPS.replace("stamps", "tickets")
    assert () == found(draw + MUG)
    assert ["never.pool"] == [one.code for one in found(draw + MUG.replace('"stamps"', '"mugs"'))]


def test_that_caps_on_receipts_do_not_bound_what_a_piece_gives() -> None:
    assert () == found(STAMPS + "caps.receipts_ever = 1\n" + MUG)


def _given(engine_input: EngineInput, programmes: ProgrammeSet) -> set[tuple[str, str]]:
    result = evaluate(engine_input, programmes)
    return {
        *((one.programme_id, one.rule_id) for one in result.awards if one.units),
        *((one.programme_id, one.rule_id) for one in result.collected),
        *((one.programme_id, one.rule_id) for one in result.discounts),
        *((one.programme_id, one.rule_id) for one in result.taken),
    }


OF_WHAT_WAS_BEFORE = {"never.first_receipt", "never.pool", "never.reach"}
"""What a made up member may have though no receipt gave it."""


@every_kind
@given(receipts())
def test_that_a_rule_that_never_gives_anything_gives_nothing(case: tuple[EngineInput, ProgrammeSet]) -> None:
    engine_input, programmes = case
    rule_ids = {one.id: [rule.id for rule in one.rules] for one in programmes.programmes}
    never = {
        (one.programme_id, str(one.values["rule"]))
        for one in lint(programmes.programmes, bands_percent=BANDS)
        if one.code.startswith("never.") and one.code not in OF_WHAT_WAS_BEFORE and "rule" in one.values
    }
    assert all(rule_id in rule_ids[programme_id] for programme_id, rule_id in never)
    assert set() == never & _given(engine_input, programmes)
