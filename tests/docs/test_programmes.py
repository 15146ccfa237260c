"""The pages of the shipped programmes, and the schema of editors: made from the files, and current."""

import runpy
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from pos_app.loyalty.lint import CODES
from pos_app.programmes import preset_names, preset_text, schema_text
from tests.docs.pages import DOCS, ROOT, code_spans, tables, text_of

UPDATE = runpy.run_path(str(DOCS / "programmes" / "update.py"))
MADE: dict[Path, str] = UPDATE["files"]()


@pytest.mark.parametrize("path", MADE, ids=lambda path: str(path.relative_to(ROOT)))
def test_that_what_is_made_from_programmes_is_current(path: Path) -> None:
    assert MADE[path] == path.read_text(encoding="utf-8"), "python docs/programmes/update.py"


def test_that_no_page_is_left_of_a_programme_that_does_not_ship() -> None:
    assert {path.name for path in MADE if path.suffix == ".md"} == {
        path.name for path in (DOCS / "programmes").glob("*.md")
    }


def test_that_the_index_names_every_programme_once() -> None:
    rows = [row for table in tables(text_of("docs/programmes/README.md")) for row in table]
    assert sorted(preset_names()) == sorted(code_spans(row[1])[0] for row in rows)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = msgspec.json.decode(schema_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def as_editors_see_it(text: str) -> Any:
    """The values of a TOML file as they are checked by a JSON Schema: dates are texts."""
    return msgspec.to_builtins(tomllib.loads(text))


@pytest.mark.parametrize("name", preset_names())
def test_that_editors_accept_a_shipped_programme(name: str, validator: Draft202012Validator) -> None:
    assert preset_text(name).startswith("#:schema ./programme.schema.json\n")
    validator.validate(as_editors_see_it(preset_text(name)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate_bp = 300", "rate_bp = 10001"),
        ("rate_bp = 300", "rat_bp = 300"),
        ('kind = "pharmacy"', 'kind = "pharmasy"'),
        ('id = "pharmacy"', 'id = "Pharmacy!"'),
        ("schema = 1", "schema = 2"),
        ("high_margin = 200", "high = 200"),
        ("{ hours = 36 }", '"soon"'),
        ("version = 1", ""),
        ("version = 1", "active_from = 5\nversion = 1"),
    ],
)
def test_that_editors_see_what_is_wrong(old: str, new: str, validator: Draft202012Validator) -> None:
    assert old in preset_text("pharmacy")
    broken = preset_text("pharmacy").replace(old, new, 1)
    assert not validator.is_valid(as_editors_see_it(broken))


def test_that_every_warning_is_documented() -> None:
    rows = next(tables(text_of("docs/reference/programme-findings.md")))
    assert list(CODES) == [code for row in rows for code in code_spans(row[0])]
