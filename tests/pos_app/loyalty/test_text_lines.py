"""Where keys stand in a text, in every way that TOML and JSON have to write them."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.checks import Path
from pos_app.loyalty.text_lines import Place, place_of
from tests.pos_app.loyalty.strategies import any_speed

TOML = '''\
# a comment with [brackets] = "and quotes"
a = "a [b] = c"
"quoted key" = 1

nested = { x = 1, y = { z = [1, 2] } }
many = [
    1,  # [one]
    { p = 2 }, [3,
    4],
]
text = """
first [x]
b = 2 \\""" """
raw = \'\'\'
c = 3\'\'\'
d.e.f = 1.5
at = 07:32:00.25
[table]
key = 'it # is'
[table.sub]
key = 1
[[list]]
key = 1
[[list]]
key = 2
[list.sub]
key = 3
[[list.inner]]
key = 4
[[list.inner]]
key = 5
'''


@pytest.mark.parametrize(
    ("path", "line_no"),
    [
        (("a",), 2),
        (("quoted key",), 3),
        (("nested", "y", "z", 1), 5),
        (("many", 0), 7),
        (("many", 1, "p"), 8),
        (("many", 2, 1), 9),
        (("text",), 11),
        (("b",), 1),
        (("raw",), 14),
        (("d", "e", "f"), 16),
        (("at",), 17),
        (("table", "key"), 19),
        (("table", "sub", "key"), 21),
        (("list",), 22),
        (("list", 0, "key"), 23),
        (("list", 1), 24),
        (("list", 1, "key"), 25),
        (("list", 1, "sub", "key"), 27),
        (("list", 1, "inner", 0, "key"), 29),
        (("list", 1, "inner", 1, "key"), 31),
        (("list", 1, "absent", "key"), 24),
        ((), 1),
    ],
)
def test_that_a_key_of_toml_is_found(path: Path, line_no: int) -> None:
    tomllib.loads(TOML)
    assert line_no == place_of(TOML, path).line


def test_that_a_key_of_json_is_found() -> None:
    text = '{\n"a": {"b": [1,\n2, {"c": null,\n"d": "}"}]},\n"e": 1e5}'
    json.loads(text)
    assert [1, 2, 3, 3, 4, 5] == [
        place_of(text, path).line
        for path in ((), ("a", "b", 0), ("a", "b", 1), ("a", "b", 2, "c"), ("a", "b", 2, "d"), ("e",))
    ]


@any_speed
@given(st.text(alphabet="[]{}=,.\"'\n#ab1 "), st.lists(st.sampled_from(["a", "b", 0]), max_size=3))
def test_that_any_text_has_a_line(text: str, path: list[str | int]) -> None:
    place = place_of(text, tuple(path))
    assert 1 <= place.line <= text.count("\n") + 1
    assert 1 <= place.column <= len(text.split("\n")[place.line - 1]) + 1


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("a",), (2, 1)),
        (("nested", "x"), (5, 12)),
        (("nested", "y", "z", 1), (5, 33)),
        (("many", 1, "p"), (8, 7)),
        (("many", 2, 1), (9, 5)),
        (("b",), (1, 1)),
        (("d", "e", "f"), (16, 1)),
        (("list", 1, "sub"), (26, 2)),
    ],
)
def test_that_a_key_has_a_column(path: Path, place: tuple[int, int]) -> None:
    assert place == place_of(TOML, path)


def test_that_characters_are_counted_and_not_bytes() -> None:
    assert Place(1, 8) == place_of('{"ж": {"b": 1}}', ("ж", "b"))
