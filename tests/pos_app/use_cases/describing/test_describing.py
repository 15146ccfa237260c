"""Programmes in words: every kind and section, the comments of a file, and a scenario told."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from pos_app.loyalty.document import AnyRule, Programme
from pos_app.loyalty.programme import parse_programme
from pos_app.use_cases.describing.comments import read_comments
from pos_app.use_cases.describing.examples import receipt, tell
from pos_app.use_cases.describing.page import Example, page_of, summary_of
from pos_app.use_cases.describing.words import Wording, reach_in_words, rule_in_words, section_in_words
from pos_app.use_cases.scenario_file import read_scenario

HEAD = (
    'schema = 1\nid = "p"\nversion = 1\nname = "P"\npoint_worth_minor = 1\ncard_classes = ["gold"]\n'
    '[tiers]\nwindow_months = 1\nkept_months = 0\nsteps = [{ id = "red", from_minor = 0 }, { id = "black", from_minor = 1000000 }]\n'
)
RULES = [
    (
        'kind = "fixed-card"\nrates_bp = { gold = 550 }\nlane = "price"',
        "By the class of the card, off the price: gold 5.5 %; any other card 0 %.",
    ),
    (
        (
            'kind = "progressive"\non = "receipt"\nsteps = [{ from_minor = 0, rate_bp = 1 }, { from_minor = 123456, '
            "rate_bp = 2 }]"
        ),
        "By what this receipt comes to, in points: 0.01 %; from 1 234.56 on 0.02 %.",
    ),
    (
        'kind = "pharmacy"\nrate_bp = 100\nmargin_percent = { "40" = 150 }\nclass_percent = { medicine = 0 }',
        (
            "1 % in points. Goods with a margin from 40 % on earn 1.5 times as much and medicine goods earn "
            "nothing. Regulated medicine earns nothing."
        ),
    ),
    (
        (
            'kind = "percent"\nrate_bp = 100\nadds = true\nonly_product_classes = ["high_margin"]\nexclude_products = '
            '["1", "2"]'
        ),
        (
            "1 % in points. Only for the product class high-margin. Not for the products 1 and 2. It comes on top "
            "of what other rules give."
        ),
    ),
    (
        (
            'kind = "percent"\nrate_bp = 100\ngroup = "one"\nlane = "price"\nanyone = true\ncaps = { receipt = 500, '
            "receipts_day = 2 }"
        ),
        (
            "1 % off the price. For anybody, with a card or without it. At most 5.00 on one receipt. On at most 2 "
            "receipts of a member a day. Of the rules of the group “one” only the one that gives the most on a "
            "receipt applies."
        ),
    ),
    ('kind = "points"\npoints = 2\nper_minor = 150', "2 points for each 1.50 that is paid."),
    (
        'kind = "bonus"\npoints = 1\nper = "piece"\ncaps.day = 1',
        "1 point for each piece. At most 1 point a day for each member.",
    ),
    (
        'kind = "multiply"\npercent = 200\nwhen.weekdays = ["tue", "mon"]',
        "Raises the points of other rules to 200 %. It applies on Mondays and Tuesdays.",
    ),
    ('kind = "fixed-price"\nprice_minor = 199', "A piece or kilogram costs 1.99."),
    (
        'kind = "amount-off"\noff_minor = 500\nwhen = { coupon = true, verified = true }',
        (
            "5.00 off what the goods cost. It applies where a coupon of it is presented, to members whom somebody "
            "has verified."
        ),
    ),
    (
        'kind = "collect"\npool = "t"\nper = "amount"\nper_minor = 100\npending = "next_day"\nlife = "end_of_year"',
        (
            "Puts 1 into the pool “t” for each 1.00 that is paid. They can be used from the next day on. They "
            "expire at the end of the year."
        ),
    ),
    (
        'kind = "reward"\npool = "t"\ncost = 5\nfree_pieces = 2\ntake = "auto"\ntimes = 3',
        "2 pieces free, the cheapest, for 5 of the pool “t”: by itself, up to 3 times on a receipt.",
    ),
    (
        ('kind = "notice"\ntext = "Hello"\nwhen = { receipt_number = { until = 1 }, birthday = {}, tiers = ["red"] }'),
        (
            "The cashier sees: “Hello”. It applies on the member's birthday, to the member's first receipt, to "
            "members of the tier red."
        ),
    ),
    (
        (
            'kind = "notice"\ntext = "Hello"\nwhen = { receipt_number = { from = 2, until = 3 }, receipt_from_minor '
            "= 100 }"
        ),
        (
            "The cashier sees: “Hello”. It applies from the member's receipt number 2 on until number 3, where "
            "the receipt's prices come to 1.00 or more."
        ),
    ),
    (
        'kind = "access"\nonly_categories = ["WINE"]\nwhen.chosen = {}',
        (
            "Only such members may buy these goods; for anybody else the sale stays open until they are taken "
            "out. Only for the category WINE. It applies to goods that the member chose: 1 product at a time, for "
            "7 days."
        ),
    ),
    (
        'kind = "act"\nact = "leave_review"\npoints = 50\ncaps = { receipts_month = 1, receipts_year = 5 }',
        "50 points for the member who did this: leave review. Once a month. At most 5 times a year.",
    ),
]


@pytest.mark.parametrize(("text", "words"), RULES, ids=[text.split('"')[1] for text, _ in RULES])
def test_that_a_rule_is_said(text: str, words: str) -> None:
    programme = parse_programme(f'{HEAD}[[rules]]\nid = "a"\n{text}\n', source="x")
    assert words == rule_in_words(programme, programme.rules[0], Wording())


SECTIONS = [
    (
        'earning = { base = "net", line_max_points = 5, receipt_max_bp = 500 }',
        (
            "They can be used at once. They never expire. Goods earn on what is paid without tax. One line earns "
            "at most 5 points and one receipt earns at most 5 % of what is paid."
        ),
    ),
    (
        'returns = { method = "re-evaluate", spent = "clamp" }',
        (
            "With goods that come back goes what the goods that stay would not have earned; of points that were "
            "spent already, they are forgiven."
        ),
    ),
    (
        'guard = { margin_percent = 25, unknown = "allow" }',
        ("All rewards together cost at most 25 % of the margin of each line; goods whose margin is not known get all."),
    ),
    (
        "instalments = { parts = 4, min_total_minor = 5000, max_total_minor = 100000 }",
        (
            "A basket of 50.00 at least and 1 000.00 at most is paid in 4 equal parts, one every 30 days, the "
            "first at once. A member has at most 1 open contract."
        ),
    ),
]


@pytest.mark.parametrize(("text", "words"), SECTIONS, ids=[text.partition(" ")[0] for text, _ in SECTIONS])
def test_that_a_section_is_said(text: str, words: str) -> None:
    programme = parse_programme(HEAD.partition("[tiers]")[0] + text, source="x")
    assert words == section_in_words(getattr(programme, text.partition(" ")[0]), Wording())


class Newcomer(msgspec.Struct, frozen=True):
    """Something that nobody has written a sentence for. And more."""

    least_minor: int = 0
    rate_bp: int = 0
    names: tuple[str, ...] = ()
    by_name: dict[str, int] = {}
    is_new: bool = False


def test_that_a_section_without_a_sentence_is_said_by_its_keys() -> None:
    new = Newcomer(least_minor=150, rate_bp=250, names=("a", "b", "c"), by_name={"x": 1000}, is_new=True)
    expected = "least: 1.50, rate: 2.5 %, names: a, b and c, by name: x 1 000, is new: yes"
    assert f"Something that nobody has written a sentence for. Here: {expected}." == section_in_words(new, Wording())
    assert "Something that nobody has written a sentence for." == section_in_words(Newcomer(), Wording())


def test_that_every_kind_says_something_of_itself() -> None:
    assert all(len(kind.__doc__ or "") > 20 for kind in get_args(AnyRule))


FILE = """\
#:schema ./programme.schema.json
# Stamps: buy ten. The eleventh is free.
#
# Classes:
#   one  the first
#   two  the second
# And so on. The numbers are ours.

schema = 1                      # the format of this file
id = "stamps"
name = "a # b"                  # not a comment | before

# A stamp a piece. Ours.
[[rules]]
kind = "percent"
id = "r"
rate_bp = 100
"""


def test_that_comments_are_read() -> None:
    comments = read_comments(FILE)
    assert ("Stamps", "Buy ten. The eleventh is free.") == (comments.title, comments.about[0])
    assert (
        "Classes:\n\n- `one`: the first\n- `two`: the second",
        "And so on. The numbers are ours.",
    ) == comments.about[1:]
    assert "A stamp a piece." == comments.of_rule(0)
    assert "" == comments.of_rule(1)
    assert ['name = "a # b"'] == [note.line for note in comments.notes if "before" in note.comment]
    assert [("", "The numbers are ours."), ("[[rules]]", "Ours.")] == [(one.line, one.comment) for one in comments.ours]


def test_that_a_file_without_comments_has_a_page() -> None:
    text = '{"schema": 1, "id": "bare", "version": 1, "name": "Bare", "point_worth_minor": 1}'
    programme = parse_programme(text, source="x")
    page = page_of(programme, text)
    assert page.startswith("# Bare\n\n## What it does\n\nNothing: nobody earns anything, and nothing is cheaper.\n")
    assert page.endswith(f"`bare.json`:\n\n```json\n{text}\n```\n")
    assert ("Bare", "Bare") == summary_of(programme, text)


SCENARIO = """\
title = "Told"
programmes = ["preset:none"]

[[products]]
code = "a"
price = "2.50"
name = "Apple"

[[members]]
id = "ana"

[[steps]]
at = "2026-03-02 10:00"
member = "ana"
buy = [{ product = "a", quantity = "2" }, { product = "a", amount = "1.00" }]
take = ["p/mug"]
# In it.
expect = { total = "6.00", earned = "6", discount = "0.00", pools = ["stamps=2", "mugs=1"], reasons = ["x"] }

# Above it.
[[steps]]
at = "2026-03-03 10:00"
return_of = "1"
lines = [{ line = 1 }, { line = 2, quantity = "0.5" }, { line = 9 }]
expect = { refused = "return.strange", earned = "0" }

[[steps]]
at = "2026-03-04 10:00"
member = "ana"
"""


def test_that_a_scenario_is_told(tmp_path: Path) -> None:
    file = tmp_path / "told.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    scenario = read_scenario(file)
    assert [
        (
            "2 March 2026, 10:00",
            "Ana buys 2 × Apple and Apple, asks for mug",
            "total 6.00, earns 6 points, has 2 × stamps and mugs",
            "In it.",
        ),
        (
            "3 March 2026, 10:00",
            "Somebody without a card brings back Apple, 0.5 × Apple and line 9",
            "refused (`return.strange`), earns nothing",
            "Above it.",
        ),
        ("4 March 2026, 10:00", "Ana looks at the balance", "", ""),
    ] == [msgspec.structs.astuple(one) for one in tell(scenario, SCENARIO)]
    assert ["2 × Apple", "5.00", "Apple", "1.00", "Total", "6.00", "Points earned", "6"] == [
        part.strip() for line in receipt(scenario).splitlines() for part in (line[:32], line[32:])
    ]
    nothing = Programme(schema=1, id="none", version=1, name="None", point_worth_minor=1)
    page = page_of(nothing, "", Example(scenario, SCENARIO, "../told.toml"))
    assert "[told.toml](../told.toml)" in page


def test_that_a_scenario_without_a_receipt_shows_none(tmp_path: Path) -> None:
    file = tmp_path / "looked.toml"
    file.write_text('title = "T"\nprogrammes = []\n[[steps]]\nat = "2026-03-02 10:00"\n', encoding="utf-8")
    scenario = read_scenario(file)
    assert "" == receipt(scenario)
    nothing = Programme(schema=1, id="none", version=1, name="None", point_worth_minor=1)
    assert "A receipt of it" not in page_of(nothing, "", Example(scenario, "", "x.toml"))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("", ""),
        ("active_from = 2026-05-01", "It runs from 2026-05-01 on."),
        (
            'active_from = 2026-05-01\nactive_until = 2026-12-31\nstores = ["b", "a"]',
            "It runs from 2026-05-01 on, until 2026-12-31, in the stores a and b.",
        ),
        ('segments = ["vip"]', "It runs for members of the segment vip."),
    ],
)
def test_that_a_page_says_when_where_and_for_whom_a_programme_runs(keys: str, words: str) -> None:
    text = HEAD.replace("[tiers]", f"{keys}\n[tiers]")
    programme = parse_programme(text, source="p.toml")
    assert words == reach_in_words(programme)
    assert bool(words) == ("**When and where**: It runs" in page_of(programme, text))
