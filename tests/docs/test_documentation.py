"""The documentation says what is so: links, commands, settings, keys, tables and figures, compared with the code."""

import doctest
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from PIL import Image

from hq.refusals import STATUS
from pos_app.command_line.app import app
from pos_app.loyalty.document import Returns
from pos_app.loyalty.ledger import (
    Booking,
    Books,
    LotUnits,
    book_due,
    book_forgiveness,
    book_gift,
    book_merge,
    book_return,
    book_sale,
    forecast,
    view,
)
from pos_app.model.accounts import Lot
from pos_app.model.identifiers import derived_id
from pos_app.model.money import returned_share
from pos_app.programmes import preset_names
from pos_app.settings import Settings
from pos_app.use_cases import scenario_file
from pos_app.use_cases.importing import (
    MEMBER_COLUMNS,
    PRODUCT_COLUMNS,
    STAFF_COLUMNS,
    import_members,
    import_products,
    read_staff,
)
from pos_app.use_cases.scenario import run_scenario
from pos_app.use_cases.till import Till
from tests.docs.pages import DOCS, PAGES, ROOT, blocks, code_spans, section, tables, text_of, without_blocks
from tests.pos_app.loyalty.builders import programme
from tests.pos_app.use_cases.test_goods_back import TENS, a_sale, clawed
from tests.shop import Shop
from ui.keys import KEY_NAMES

IMAGE_BYTES_MAX = 150_000
SCENARIOS = sorted((DOCS / "scenarios").glob("*.toml"))
HOUR_MS = 3_600_000
"""Of the worked numbers about the ledger."""
SALE = "01890a5d-ac96-774b-bcce-b302099a8057"
RETURN = "01890a5d-ac96-774b-bcce-b302099a8058"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


pages = pytest.mark.parametrize("page", PAGES, ids=named)


# Links and names


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as a forge makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text(encoding="utf-8")))


@pages
def test_that_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        assert path.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(path), link


def test_that_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = {ROOT / "README.md"}, [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link}
        new = {target for target in targets if target.suffix == ".md"} - reached
        reached |= new
        waiting += new
    assert set() == {named(page) for page in PAGES} - {named(page) for page in reached}


@pages
def test_that_every_path_that_is_named_exists(page: Path) -> None:
    folders = "pos_app|ui|devices|storage|receipts|hq|tests|bench|docs|installer|typings"
    for span in code_spans(page.read_text(encoding="utf-8")):
        if re.fullmatch(rf"(?:{folders})/[\w./-]*", span):
            assert (ROOT / span).exists(), span


def test_that_every_page_that_the_code_names_exists() -> None:
    sources = [
        path
        for folder in ("pos_app", "ui", "devices", "storage", "receipts", "hq", "bench", "installer")
        for path in (ROOT / folder).rglob("*.py")
    ]
    named_pages = {
        found for path in sources for found in re.findall(r"docs/[\w./-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert {"docs/reference/loyalty-rules.md"} <= named_pages
    assert set() == {name for name in named_pages if not (ROOT / name).exists()}


def test_that_the_index_of_decisions_lists_every_record_by_its_title() -> None:
    folder = DOCS / "decisions"
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    titles = [path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(" ") for path in records]
    rows = [[f"[{number}]({path.name})", title] for path, (number, _, title) in zip(records, titles, strict=True)]
    assert rows == next(tables(text_of("docs/decisions/README.md")))


def test_that_pictures_are_small_and_used() -> None:
    pictures = sorted((DOCS / "images").glob("*.png"))
    used = {(page.parent / link).resolve() for page in PAGES for link in links(page) if link.endswith(".png")}
    assert set(pictures) == used
    for picture in pictures:
        assert picture.stat().st_size <= IMAGE_BYTES_MAX
        with Image.open(picture) as image:
            assert image.size == (1366, 768)


# Commands


def shown_commands() -> Iterator[tuple[str, str]]:
    """Every ``pos-app ...`` of the documentation, with its page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in blocks(text) if block.language == "sh" for line in block.text.splitlines()]
        for shown in [*lines, *code_spans(text)]:
            if re.match(r"pos-app(?: |$)", shown):
                yield named(page), shown


COMMANDS = typer.main.get_command(app)


def options_of(command: Any) -> set[str]:
    return {
        "--help",
        *itertools.chain(*((*one.opts, *one.secondary_opts) for one in command.params if one.opts[0][0] == "-")),
    }


@pytest.mark.parametrize(("page", "shown"), sorted(set(shown_commands())))
def test_that_every_command_that_is_shown_exists(page: str, shown: str) -> None:
    command: Any = COMMANDS
    takes_value = False
    for word in shlex.split(shown.partition(" > ")[0])[1:]:
        if takes_value:
            takes_value = False
        elif word.startswith("-"):
            option = next((one for one in command.params if word in (*one.opts, *one.secondary_opts)), None)
            assert word == "--help" or option is not None, f"{page}: {word}"
            takes_value = option is not None and not option.is_flag
        elif hasattr(command, "commands") and word != "COMMAND":
            assert word in command.commands, f"{page}: {word}"
            command = command.commands[word]


def test_that_the_reference_has_every_command_and_option() -> None:
    page = text_of("docs/reference/command-line.md")
    spans = {word for span in code_spans(page) for word in span.split()}
    waiting: list[tuple[str, Any]] = [("pos-app", COMMANDS)]
    while waiting:
        name, command = waiting.pop()
        assert re.search(rf"`{name}[` ]", page), name
        assert set() == options_of(command) - spans, name
        waiting += [(f"{name} {word}", below) for word, below in getattr(command, "commands", {}).items()]


# Reference pages


def documented(page: str, heading: str) -> dict[str, str]:
    """The second column of a section's first table by the names in its first."""
    rows = next(tables(section(page, heading)))
    return {name: row[1] for row in rows for name in code_spans(row[0])}


def as_toml(value: Any) -> str:
    text: str = msgspec.json.encode(value).decode()
    return re.sub(r",(?=[\"\d])", ", ", text)


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_that_the_settings_have_the_documented_keys_and_defaults(field: Any) -> None:
    page = text_of("docs/reference/settings.md")
    is_list = isinstance(field.default, tuple)
    heading = f"## `[[{field.name}]]`" if is_list else f"## `[{field.name}]`"
    struct = type(field.default[0]) if is_list else type(field.default)
    expected = {
        key.name: "required" if key.default is msgspec.NODEFAULT else f"`{as_toml(key.default)}`"
        for key in msgspec.structs.fields(struct)
    }
    assert expected == documented(page, heading)


def test_that_no_section_of_the_settings_is_documented_that_does_not_exist() -> None:
    headings = re.findall(r"^## `\[+(\w+)\]+`$", text_of("docs/reference/settings.md"), re.MULTILINE)
    assert list(Settings.__struct_fields__) == headings


SCENARIO_KEYS: dict[str, type[msgspec.Struct]] = {
    "## The file": scenario_file.Scenario,
    "## `[shop]`": scenario_file.ScenarioShop,
    "## `[[products]]`": scenario_file.ScenarioProduct,
    "## `[[members]]`": scenario_file.ScenarioMember,
    "## `[[coupons]]`": scenario_file.ScenarioCoupons,
    "## `[[steps]]`": scenario_file.Step,
    "## `expect`": scenario_file.Expected,
}


@pytest.mark.parametrize("heading", SCENARIO_KEYS)
def test_that_every_key_of_a_scenario_file_is_documented(heading: str) -> None:
    keys = documented(text_of("docs/reference/scenario-files.md"), heading)
    fields = msgspec.structs.fields(SCENARIO_KEYS[heading])
    assert {field.encode_name for field in fields} == {key.strip("[]") for key in keys}


def test_that_the_goods_of_a_scenarios_steps_are_documented() -> None:
    page = section(text_of("docs/reference/scenario-files.md"), "## `[[steps]]`")
    _steps, bought, returned = ([code_spans(row[0])[0] for row in rows] for rows in tables(page))
    assert list(scenario_file.Bought.__struct_fields__) == bought
    assert list(scenario_file.Returned.__struct_fields__) == returned


def test_that_the_scenario_of_the_reference_holds(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(next(b.text for b in blocks(text_of("docs/reference/scenario-files.md")) if b.language == "toml"))
    assert run_scenario(file).holds


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_that_every_scenario_holds(file: Path) -> None:
    report = run_scenario(file)
    assert [] == [difference for outcome in report.outcomes for difference in outcome.differences]


def test_that_every_shipped_programme_has_a_scenario() -> None:
    assert set(preset_names()) <= {file.stem for file in SCENARIOS}


@pytest.mark.parametrize(
    ("heading", "columns"),
    [("## Products", PRODUCT_COLUMNS), ("## Members", MEMBER_COLUMNS), ("## Staff", STAFF_COLUMNS)],
)
def test_that_every_column_of_an_import_is_documented(heading: str, columns: tuple[str, ...]) -> None:
    assert set(columns) == set(documented(text_of("docs/reference/csv-files.md"), heading))


def _staff_in(_till: Till, file: Path) -> int:
    return len(read_staff(file))


def test_that_the_example_files_can_be_imported(tmp_path: Path) -> None:
    examples = [block.text for block in blocks(text_of("docs/reference/csv-files.md")) if block.language == "csv"]
    shop = Shop(tmp_path / "till")
    try:
        for text, use_case in zip(examples, (import_products, import_members, _staff_in), strict=True):
            file = tmp_path / "example.csv"
            file.write_text(text, encoding="utf-8")
            assert text.count("\n") - 1 == use_case(shop.till, file)
    finally:
        shop.close()


def test_that_the_keys_of_the_screen_are_documented() -> None:
    rows = next(tables(text_of("docs/reference/keys.md")))
    assert set(KEY_NAMES.values()) == {key for row in rows for key in row[0].split(", ")}


def test_that_the_refusals_of_headquarters_are_documented() -> None:
    rows = next(tables(section(text_of("docs/reference/sync-protocol.md"), "## Refusals")))
    assert [(code.value, str(status)) for code, status in STATUS.items()] == [
        (row[0].strip("`"), row[1]) for row in rows
    ]


# Worked numbers


def lot(lot_id: str, units: int, *, starts: int = 0, expires: int | None = None, left: int | None = None) -> Lot:
    """A lot of the page about the ledger: start and expiry in hours."""
    return Lot(
        derived_id(SALE, lot_id),
        "ana",
        "shop",
        "programme",
        starts * HOUR_MS,
        None if expires is None else expires * HOUR_MS,
        units,
        units if left is None else left,
        matured=starts == 0,
    )


def balance(books: Books, *, hour: int) -> tuple[int, int, int]:
    seen = view(books, issuer="shop", at_ms=hour * HOUR_MS)
    return seen.available_units, seen.pending_units, seen.overdraft_units


def show(booking: Booking) -> list[str]:
    return [f"{entry.kind}: {entry.units}" for entry in booking.entries]


def taken_back(method: str, *lines: int) -> list[int]:
    """The points that go back with these lines of a receipt, one after the other."""
    tens = programme(TENS, returns=Returns(method=method))  # type: ignore[arg-type]
    return clawed(*a_sale(tens), *({line_no: 1000} for line_no in lines))


def test_that_the_worked_numbers_of_the_ledger_are_right() -> None:
    names = {
        "Books": Books,
        "HOUR_MS": HOUR_MS,
        "RETURN": RETURN,
        "SALE": SALE,
        "balance": balance,
        "book_due": book_due,
        "book_forgiveness": book_forgiveness,
        "book_gift": book_gift,
        "book_merge": book_merge,
        "book_return": book_return,
        "book_sale": book_sale,
        "forecast": forecast,
        "lot": lot,
        "returned_share": returned_share,
        "show": show,
        "taken": taken_back,
        "units_of": lambda lot_id, units: LotUnits(derived_id(SALE, lot_id), units),
    }
    text = text_of("docs/explanation/points-ledger.md")
    page = doctest.DocTestParser().get_doctest(text, names, "points-ledger.md", "points-ledger.md", 0)
    assert len(page.examples) > 5
    said: list[str] = []
    results = doctest.DocTestRunner().run(page, out=said.append)
    assert 0 == results.failed, "".join(said)
