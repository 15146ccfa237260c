"""A document and everything that is wrong with it, each with its place."""

import pytest

from pos_app.loyalty.document import Programme
from pos_app.loyalty.reading import FAULTS_MAX, dotted, read_document

HEAD = 'schema = 1\nid = "p"\nversion = 1\nname = "P"\npoint_worth_minor = 1\n'


def faults(text: str) -> list[tuple[str, tuple[int, int] | None]]:
    read = read_document(text)
    assert not isinstance(read, Programme)
    return [(dotted(one.path), one.place) for one in read]


def test_that_every_value_of_a_wrong_shape_is_named() -> None:
    text = """schema = 1
id = "Bad!"
version = 1
name = "P"
point_worth_minor = "x"
colour = 3
card_classes = ["gold", "", 3]

[[rules]]
kind = "percent"
id = "a"
rat_bp = 3
[[rules]]
kind = "wrong"
[[rules]]
kind = "fixed-card"
id = "c"
rates_bp = { gold = 10001, silver = "x" }
[[rules]]
id = "d"
"""
    expected = [
        ("id", (2, 1)),
        ("point_worth_minor", (5, 1)),
        ("colour", (6, 1)),
        ("card_classes[2]", (7, 25)),
        ("card_classes[3]", (7, 29)),
        ("rules[1].rat_bp", (12, 1)),
        ("rules[2].kind", (14, 1)),
        ("rules[3].rates_bp.gold", (18, 14)),
        ("rules[3].rates_bp.silver", (18, 28)),
        ("rules[4]", (19, 3)),
    ]
    assert expected == sorted(faults(text), key=lambda fault: fault[1] or (0, 0))


def test_that_contradictions_are_named_where_the_shapes_are_right() -> None:
    rule = '[[rules]]\nkind = "percent"\nid = "a"\nrate_bp = 1\nwhen.card_classes = ["gold"]\n'
    assert [
        ("rules[1].when.card_classes", (10, 1)),
        ("rules[2].when.card_classes", (15, 1)),
        ("rules[2].id", (13, 1)),
    ] == faults(HEAD + rule + rule)
    assert [("rules[1].rate_bp", (9, 1))] == faults(HEAD + rule.replace("rate_bp = 1", "rate_bp = -1"))


def test_that_steps_that_are_all_wrong_are_not_called_too_few_as_well() -> None:
    steps = "steps = [{ id = 1, from_minor = 0 }, 5]"
    assert [("tiers.steps[1].id", (9, 12)), ("tiers.steps[2]", (9, 38))] == faults(
        f"{HEAD}[tiers]\nwindow_months = 1\nkept_months = 0\n{steps}\n"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\nb = ?\n", (2, 5)),
        ("a = 1\na = 1\n", (2, 6)),
        ('name = """\n\n', (1, 11)),
        ('{"schema": 1,\n"id"; 2}', (2, 5)),
        ('{"ж": 1,\n"ж"; 2}', (2, 4)),
        ('{"schema": 1', None),
        ("# \ud800", None),
        ("a = " + "[" * 20_000, None),
        ("#" * 65_537, None),
        ("schema = " + "9" * 5000, None),
    ],
)
def test_that_a_text_that_cannot_be_read_is_one_fault(text: str, place: tuple[int, int] | None) -> None:
    (fault,) = faults(text)
    assert ("", place) == fault


def test_that_keys_that_look_like_paths_lead_nowhere() -> None:
    (fault,) = faults('schema = 1\n"x` - at `$.foo.bar" = 3')
    assert "foo.bar" in fault[0]
    (other,) = faults("earning = { pending = 'x - at `$.rules[...]`' }")
    assert other


def test_that_no_more_than_a_screenful_is_named() -> None:
    text = HEAD + "".join(f"k{number} = 1\n" for number in range(FAULTS_MAX + 9))
    assert FAULTS_MAX == len(faults(text))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('hours = [{ from = "7:00", until = "25:00" }]', ["a time of day such as 07:30 is needed"] * 2),
        ('holidays = ["13-45"]', ["a month and a day such as 12-31 are needed"]),
        ('stores = ["A b"]', []),
        ('tiers = ["A b"]', ["only small letters, digits, - and _ are possible, up to 64"]),
    ],
)
def test_that_a_text_of_a_wrong_shape_is_told_the_right_one(condition: str, words: list[str]) -> None:
    rule = f'[[rules]]\nkind = "percent"\nid = "a"\nrate_bp = 1\nwhen.{condition}\n'
    read = read_document(HEAD + rule)
    assert words == ([] if isinstance(read, Programme) else [one.why for one in read])


def test_that_the_hash_of_a_seed_is_told_its_shape() -> None:
    read = read_document(f'{HEAD}[draw]\nseed_hash = "x"\n')
    assert not isinstance(read, Programme)
    assert ["64 digits, 0 to 9 and a to f, are needed"] == [one.why for one in read]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = 1\na = 1\nb = 1", "it is not valid TOML: the key of this value is there twice (at line 2, column 6)"),
        (f"a = {'9' * 5000}", "it is not valid TOML: a number has too many digits"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' is there twice"),
    ],
)
def test_that_what_a_parser_says_is_said_to_managers(text: str, words: str) -> None:
    read = read_document(text)
    assert not isinstance(read, Programme)
    assert [words] == [one.why for one in read]


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('partner = "a"\nstores = ["s", "t\\u001b[2J"]', "stores", "U+001B"),
        ('card_classes = ["a", "b\\n"]', "card_classes[2]", "U+000A"),
        ('[burning]\nexclude_products = ["a", "b\\u0000"]', "burning.exclude_products", "U+0000"),
        (
            '[[rules]]\nkind = "pharmacy"\nid = "a"\nrate_bp = 1\nband_percent = { "a\\u0007" = 1 }',
            "rules[1].band_percent",
            "U+0007",
        ),
        ('[[rules]]\nkind = "notice"\nid = "a"\ntext = "a\\u202eb"', "rules[1].text", "U+202E"),
    ],
)
def test_that_a_text_with_what_cannot_be_printed_is_refused(text: str, key: str, said: str) -> None:
    read = read_document(HEAD + text)
    assert not isinstance(read, Programme)
    assert [(key, f"the character {said} cannot be printed")] == [(dotted(one.path), one.why) for one in read]


def test_that_letters_signs_and_fixed_spaces_can_be_printed() -> None:
    assert isinstance(read_document(HEAD.replace('"P"', '"Čaj 5\\u00a0€ ☕"')), Programme)


def test_that_an_unknown_key_is_said_with_what_can_be_printed() -> None:
    assert [r"\x1b[2J"] == [key for key, _ in faults(HEAD + '"\\u001b[2J" = 1')]
