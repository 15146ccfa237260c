"""The commands as people and programs use them: what they print, and how they end."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pos_app import __version__
from pos_app.command_line.app import app
from pos_app.command_line.output import console
from pos_app.programmes import preset_text
from pos_app.settings import Settings, load_settings
from storage.key_store import KeyPlace, place
from tests.shop import BOB, NOBODY, PILLS, TEA, TENDER, Shop

REPOSITORY = Path(__file__).parents[3]
SCENARIOS = sorted((REPOSITORY / "docs" / "scenarios").glob("*.toml"))
RECEIPT = "001-01-0000002"


class Ran:
    """How a command ended, and what it printed, on one line where tables would break it."""

    def __init__(self, *arguments: object, **environment: str) -> None:
        console.width = 200
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        self.raw = result.stdout
        self.out, self.err = (re.sub(r"[\s│]+", " ", text) for text in (result.stdout, result.stderr))

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@pytest.fixture
def settings(tmp_path: Path, empty_till: Path) -> Path:
    """The settings file of a till in a folder of its own, with the fixed-card programme."""
    shutil.copytree(empty_till, tmp_path / "till")
    (tmp_path / "programmes").mkdir()
    (tmp_path / "programmes" / "fixed-card.toml").write_text(preset_text("fixed-card"), encoding="utf-8")
    file = tmp_path / "shop.toml"
    file.write_text(
        f"[storage]\nfolder = {json.dumps(str(tmp_path / 'till'))}\n"
        f"[programmes]\nfolder = {json.dumps(str(tmp_path / 'programmes'))}\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def used(settings: Path, tmp_path: Path) -> Path:
    """The same with one receipt."""
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=time.time_ns() // 1_000_000)
    shop.join(BOB, "silver")
    assert RECEIPT == shop.sell(TEA, PILLS, card=BOB).receipt_number
    shop.close()
    return settings


def test_that_the_version_is_told() -> None:
    assert (0, f"pos-app {__version__} ") == ((ran := Ran("--version")).code, ran.out)


def commands(group: Any, above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], bool]]:
    """Every command by its words, and whether it is a group of commands."""
    found: list[tuple[tuple[str, ...], bool]] = []
    for name, command in group.commands.items():
        is_group = hasattr(command, "commands")
        found.append(((*above, name), is_group))
        if is_group:
            found += commands(command, (*above, name))
    return found


@pytest.mark.parametrize(("words", "is_group"), commands(get_command(app)), ids=str)
def test_that_every_command_explains_itself_with_an_example(words: tuple[str, ...], is_group: bool) -> None:
    ran = Ran(*words, "--help")
    assert 0 == ran.code
    assert is_group or "Example" in ran.out


# Scenarios.


def test_that_scenarios_that_hold_end_well_and_show_the_reasons() -> None:
    ran = Ran("scenario", *SCENARIOS)
    assert 0 == ran.code
    for file in SCENARIOS:
        assert f"{file.name}: holds" in ran.out
    assert "Regulated medicine never earns" in ran.out


def test_that_scenarios_are_told_to_programs_as_json() -> None:
    ran = Ran("scenario", "--json", SCENARIOS[0])
    report = ran.json[0]
    assert (0, SCENARIOS[0].name, True) == (ran.code, report["file"], report["holds"])
    assert {"number", "at", "what", "got", "reasons", "differences"} == set(report["outcomes"][0])


def scenario(tmp_path: Path, *, expect: str) -> Path:
    (tmp_path / "points.toml").write_text(TENDER)
    file = tmp_path / "one.toml"
    file.write_text(
        'title = "[bold]One[/bold]"\nprogrammes = ["points.toml"]\n[[products]]\ncode = "tea"\nprice = "10.00"\n'
        f'[[steps]]\nat = "2026-03-01"\nbuy = [{{ product = "tea" }}]\nexpect = {expect}\n'
    )
    return file


def test_that_a_failing_expectation_ends_with_one(tmp_path: Path) -> None:
    file = scenario(tmp_path, expect='{ total = "9.00" }')
    ran = Ran("scenario", file)
    assert 1 == ran.code
    assert "total: expected 9.00, got 10.00" in ran.out
    assert "one.toml: does not hold" in ran.out
    told = Ran("scenario", "--json", file)
    assert (1, False) == (told.code, told.json[0]["holds"])
    assert ["total: expected 9.00, got 10.00"] == told.json[0]["outcomes"][0]["differences"]


def with_a_member(file: Path) -> Path:
    file.write_text(file.read_text().replace("[[steps]]", '[[members]]\nid = "ana"\n[[steps]]\nmember = "ana"'))
    return file


def test_that_reasons_name_the_programme_where_several_run(tmp_path: Path) -> None:
    file = with_a_member(scenario(tmp_path, expect='{ total = "10.00" }'))
    alone = Ran("scenario", "--json", file).json[0]["outcomes"][0]["reasons"]
    assert [True, False] == [any(f"by {name}" in one for one in alone) for name in ("five", "points/five")]
    other = preset_text("services").replace("point_worth_minor = 1 ", "point_worth_minor = 10 ")
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    file.write_text(file.read_text().replace('["points.toml"]', '["points.toml", "other.toml"]'))
    beside = Ran("scenario", "--json", file).json[0]["outcomes"][0]["reasons"]
    assert any("by points/five" in one for one in beside)


def test_that_a_reason_stands_on_one_line_of_a_narrow_screen(tmp_path: Path) -> None:
    ran = Ran("scenario", with_a_member(scenario(tmp_path, expect='{ total = "10.00" }')))
    assert "line 1: 5 by five: 5 % of 10.00: card class none." in map(str.strip, ran.raw.splitlines())


def test_that_a_broken_scenario_ends_with_two_and_a_sentence(tmp_path: Path) -> None:
    file = scenario(tmp_path, expect='{ colour = "red" }')
    ran = Ran("scenario", file)
    assert (2, " ") == (ran.code, ran.out or " ")
    assert "The scenario one.toml cannot run: Object contains unknown field `colour`" in ran.err
    assert "Nothing was changed. Correct the file and run it again." in ran.err
    told = Ran("scenario", "--json", file)
    assert (2, "scenario.refused") == (told.code, told.json["error"]["code"])
    assert {"code", "what", "safe", "todo"} == set(told.json["error"])


def test_that_a_scenario_that_is_not_there_ends_with_two(tmp_path: Path) -> None:
    ran = Ran("scenario", tmp_path / "absent.toml")
    assert 2 == ran.code
    assert "does not exist" in ran.err


# Explaining.


def test_that_a_receipt_is_explained_line_by_line(used: Path) -> None:
    ran = Ran("explain", RECEIPT, "--settings", used)
    assert 0 == ran.code
    for said in (f"Receipt {RECEIPT}", "Tea", "3 % of 10.00: card class silver.", "Regulated medicine never earns",
                 "Burned 0 of at most 0 points: The balance is 0.", "Recomputing agrees with what was booked."):  # fmt: skip
        assert said in ran.out


def test_that_a_receipt_without_a_card_says_so(used: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=time.time_ns() // 1_000_000)
    number = shop.sell(TEA).receipt_number
    shop.close()
    assert "the whole receipt - No card: nothing is earned." in Ran("explain", number, "--settings", used).out


def test_that_a_receipt_is_explained_to_programs_as_json(used: Path) -> None:
    told = Ran("explain", RECEIPT, "--settings", used, "--json").json
    assert (RECEIPT, True, False) == (told["receipt"], told["agrees"], told["restricted"])
    because = [(line["line"], one["kind"], one["amount"], one["unit"], one["reason"]["code"]) for line in told["lines"]
               for one in line["because"]]  # fmt: skip
    assert [(1, "points", 30, "points", "fixed_card"), (2, "refused", 0, "", "regulated")] == because
    assert "burn.balance" == told["burn"]["limit"]["code"]


def test_that_a_receipt_is_explained_on_paper(used: Path, tmp_path: Path) -> None:
    paper, pdf = tmp_path / "paper.bin", tmp_path / "why.pdf"
    with used.open("a", encoding="utf-8") as file:
        file.write(f'[printer]\nkind = "file"\npath = {json.dumps(str(paper))}\n')
    ran = Ran("explain", RECEIPT, "--settings", used, "--pdf", pdf, "--print")
    assert (0, "") == (ran.code, ran.out)
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert f"Receipt {RECEIPT}, explained".encode() in paper.read_bytes()


def test_that_an_explanation_needs_a_place_and_a_printer(used: Path, tmp_path: Path) -> None:
    ran = Ran("explain", RECEIPT, "--settings", used, "--pdf", tmp_path / "nowhere" / "why.pdf")
    assert (2, True) == (ran.code, "cannot be written" in ran.err)
    ran = Ran("explain", RECEIPT, "--settings", used, "--print")
    assert (2, True) == (ran.code, "no receipt printer" in ran.err)


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_that_a_receipt_that_was_changed_ends_with_one(used: Path, tmp_path: Path, as_json: list[str]) -> None:
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=time.time_ns() // 1_000_000)
    shop.damage("UPDATE award SET units = 31")
    shop.close()
    ran = Ran("explain", RECEIPT, "--settings", used, *as_json)
    assert 1 == ran.code
    assert '"agrees": false' in ran.raw if as_json else "Recomputing DIFFERS from what was booked." in ran.out


def test_that_an_unknown_receipt_ends_with_two(used: Path) -> None:
    ran = Ran("explain", "001-01-9999999", "--settings", used)
    assert 2 == ran.code
    assert "There is no sale with the number 001-01-9999999 on this till." in ran.err
    assert "explain.unknown" == Ran("explain", "x", "--settings", used, "--json").json["error"]["code"]


# The doctor.


def test_that_a_good_till_ends_well(used: Path) -> None:
    ran = Ran("doctor", "--settings", used)
    assert 0 == ran.code
    assert "chain good All 2 events verify" in ran.out.replace("┃", " ")
    told = Ran("doctor", "--settings", used, "--json").json
    assert {"check": "file", "verdict": "good", "words": "till.sqlite3 holds together."} in told


def test_that_a_damaged_till_ends_with_one_whatever_its_words_look_like(used: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=time.time_ns() // 1_000_000)
    shop.damage("UPDATE sale SET receipt_number = '[/red] 1', total_minor = 1")
    shop.close()
    ran = Ran("doctor", "--settings", used)
    assert 1 == ran.code
    assert f"receipts bad {RECEIPT}; [/red] 1. These receipts are not what their events say." in ran.out
    assert 1 == Ran("doctor", "--settings", used, "--json").code


def test_that_a_database_that_cannot_be_opened_ends_with_two(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "till" / "till.sqlite3").write_bytes(b"garbage " * 1000)
    ran = Ran("doctor", "--settings", settings)
    assert 2 == ran.code
    assert "The database till.sqlite3 is damaged." in ran.err
    assert "storage.damaged" == Ran("doctor", "--settings", settings, "--json").json["error"]["code"]


def test_that_the_template_is_a_settings_file(tmp_path: Path) -> None:
    ran = Ran("doctor", "--settings-template")
    file = tmp_path / "settings.toml"
    file.write_text(ran.raw, encoding="utf-8")
    assert 0 == ran.code
    assert Settings() == load_settings(file)
    file.write_text(
        ran.raw.replace('# folder = ""', f"folder = {json.dumps(str(tmp_path / 'data'))}", 1), encoding="utf-8"
    )
    assert 0 == Ran("--settings", file, "doctor").code
    assert (tmp_path / "data" / "till.sqlite3").exists()


# Settings.


@pytest.mark.parametrize("way", ["after", "before", "environment", "short"])
def test_that_the_settings_can_be_named_in_every_usual_way(used: Path, way: str) -> None:
    environment = {}
    if way == "after":
        arguments = ["doctor", "--settings", used]
    elif way == "before":
        arguments = ["--settings", used, "doctor"]
    elif way == "short":
        arguments = ["doctor", "-s", used]
    else:
        arguments, environment = ["doctor"], {"POS_APP_SETTINGS": str(used)}
    assert "All 2 events verify" in Ran(*arguments, **environment).out


def test_that_the_nearest_settings_win(used: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f"[storage]\nfolder = {json.dumps(str(tmp_path / 'other'))}\n")
    assert "All 2 events verify" in Ran("--settings", other, "doctor", "--settings", used).out
    assert "All 2 events verify" in Ran("--settings", used, "doctor", POS_APP_SETTINGS=str(other)).out
    assert "All 0 events verify" in Ran("doctor", POS_APP_SETTINGS=str(other)).out


def test_that_a_bad_setting_ends_with_two_and_its_name(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text("[shop]\ncolour = 'red'\n")
    ran = Ran("doctor", "--settings", file)
    assert 2 == ran.code
    assert "The settings file shop.toml was refused: shop: Object contains unknown field `colour`." in ran.err
    assert "settings.refused" == Ran("doctor", "--settings", file, "--json").json["error"]["code"]


def test_that_a_bad_programme_ends_with_two_and_its_line(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "programmes" / "bad.toml").write_text('schema = 1\nid = "Bad id"\n')
    ran = Ran("doctor", "--settings", settings)
    assert 2 == ran.code
    assert "bad.toml" in ran.err


# Imports and cards.


def test_that_products_and_members_are_imported(settings: Path, tmp_path: Path) -> None:
    goods, members = tmp_path / "goods.csv", tmp_path / "members.csv"
    goods.write_text("code;name;price;tax_rate\nchai;Чай;1,50;20\n", encoding="utf-8-sig")
    members.write_text(f"card_number,name\n{BOB},Боб\n{NOBODY},\n", encoding="utf-8")
    assert "1 product imported. " == Ran("import", "products", goods, "--settings", settings).out
    assert "2 members imported. " == Ran("--settings", settings, "import", "members", members).out
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=time.time_ns() // 1_000_000)
    assert ("Чай", "Боб") == (shop.product("chai").name, shop.member(BOB).name)
    shop.close()


def test_that_a_file_with_bad_rows_ends_with_two_and_names_them(settings: Path, tmp_path: Path) -> None:
    goods = tmp_path / "goods.csv"
    goods.write_text("code,name,price,tax_rate\na b,A,1,20\nok,OK,1,20\nx,X,?,20\n")
    ran = Ran("import", "products", goods, "--settings", settings)
    assert 2 == ran.code
    for said in ("goods.csv was not imported", "line 2: code", "line 4: price", "Nothing was changed."):
        assert said in ran.err


def test_that_a_card_is_printed_into_a_file(used: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.pdf"
    assert 0 == Ran("card", BOB, "--out", out, "--settings", used).code
    assert out.read_bytes().startswith(b"%PDF")
    ran = Ran("card", BOB, "--out", tmp_path / "absent" / "card.pdf", "--settings", used)
    assert 2 == ran.code
    assert "cannot be written (No such file or directory)" in ran.err
    ran = Ran("card", "123", "--out", out, "--settings", used)
    assert 2 == ran.code
    assert "There is no such card: 123" in ran.err


def test_that_joining_without_an_hq_ends_with_two_and_leaves_no_key(used: Path, tmp_path: Path) -> None:
    ran = Ran("join", "7K3M-9QZX", "--settings", used)
    assert 2 == ran.code
    assert "hq.url is empty. Nothing was changed." in ran.err
    assert KeyPlace.NONE is place(tmp_path / "till")
