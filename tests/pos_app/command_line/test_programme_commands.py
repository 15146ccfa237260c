"""``pos-app programme``: what is wrong with files and where, what is odd about them."""

import string
from pathlib import Path

import pytest

from pos_app.command_line.lint_words import SENTENCES, sentence
from pos_app.loyalty.lint import CODES
from pos_app.programmes import preset_text, schema_text
from pos_app.use_cases.programme_checking import Remark
from tests.pos_app.command_line.test_commands import REPOSITORY, Ran
from tests.pos_app.loyalty.lint.test_lint import FINDINGS, IN_SUCCESSION, found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two shipped programmes."""
    for name in ("fixed-card", "points"):
        (tmp_path / f"{name}.toml").write_text(preset_text(name), encoding="utf-8")
    return tmp_path


def test_that_sound_programmes_are_counted(folder: Path) -> None:
    ran = Ran("programme", "check", folder)
    assert (0, "2 files, 0 errors, 0 warnings. ") == (ran.code, ran.out)


def test_that_every_fault_of_a_file_is_said_with_its_place(folder: Path) -> None:
    file = folder / "points.toml"
    broken = preset_text("points").replace("per_minor = 100", "per_minor = 0\nodd = 1")
    file.write_text(broken, encoding="utf-8")
    line = broken[: broken.index("per_minor = 0")].count("\n") + 1
    ran = Ran("programme", "check", file, folder / "fixed-card.toml")
    assert 1 == ran.code
    assert [
        f"points.toml:{line}:1: error: rules[1].per_minor: it must be at least 1.",
        f"points.toml:{line + 1}:1: error: rules[1].odd: this key is unknown.",
        "2 files, 2 errors, 0 warnings.",
    ] == ran.raw.splitlines()


def test_that_files_that_cannot_run_together_are_said(folder: Path) -> None:
    (folder / "other.toml").write_text(preset_text("points"), encoding="utf-8")
    ran = Ran("programme", "check", folder)
    assert 1 == ran.code
    assert (
        "error: These programmes cannot run together: two programmes have the id 'points'." == ran.raw.splitlines()[0]
    )


def test_that_what_is_odd_is_a_warning(folder: Path) -> None:
    (folder / "late.toml").write_text(preset_text("points").replace('id = "points"', 'id = "late"'), encoding="utf-8")
    ran = Ran("programme", "check", folder)
    assert 0 == ran.code
    assert "The rule base never gives anything: base of late always gives as much or more" in ran.out
    assert ran.out.endswith("3 files, 0 errors, 1 warning. ")


def test_that_a_program_reads_the_same(folder: Path) -> None:
    file = folder / "points.toml"
    file.write_text(preset_text("points").replace("point_worth_minor = 1 ", "point_worth_minor = 0 "), encoding="utf-8")
    said = Ran("programme", "check", file, "--json").json
    (remark,) = said["remarks"]
    assert (1, 1, "fault", "error", "point_worth_minor") == (
        said["files"],
        said["errors"],
        remark["code"],
        remark["severity"],
        remark["key"],
    )
    assert ("points.toml", 1, "it must be at least 1.") == (remark["file"], remark["column"], remark["words"])


def test_that_the_bands_of_the_settings_count(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    text = preset_text("pharmacy").replace("[rules.levels_bp]", '[rules.margin_percent]\n"40" = 200\n[rules.levels_bp]')
    file.write_text(text, encoding="utf-8")
    settings = tmp_path / "shop.toml"
    settings.write_text("[margins]\nbands_percent = [0, 25, 50]\n", encoding="utf-8")
    assert "0 warnings" in Ran("programme", "check", file).out
    assert "goods count from 50 % on." in Ran("programme", "check", file, "--settings", settings).out


def test_that_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    ran = Ran("programme", "check", tmp_path / "nothing.toml")
    assert (2, True) == (ran.code, "nothing.toml cannot be read" in ran.err)


def test_that_a_file_that_is_no_text_is_said_and_the_others_are_looked_at(folder: Path) -> None:
    (folder / "odd.toml").write_bytes("name = 'Чай'".encode("cp1251"))
    (folder / "points.toml").write_text("schema = 1\n", encoding="utf-8")
    ran = Ran("programme", "check", folder)
    assert 1 == ran.code
    lines = ran.raw.splitlines()
    assert "odd.toml: error: it is not a text file in UTF-8." == lines[0]
    assert lines[1].startswith("points.toml:")
    assert lines[-1].startswith("3 files, ")


def test_that_a_folder_without_programmes_is_refused(tmp_path: Path) -> None:
    ran = Ran("programme", "check", tmp_path)
    assert (2, True) == (ran.code, "There is no programme in the folder" in ran.err)


def test_that_a_file_cannot_command_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    text = preset_text("points").replace('name = "', 'name = "\\u001b[2J')
    file.write_text(text + '"\\u001b[2J" = 1\n', encoding="utf-8")
    ran = Ran("programme", "check", file)
    assert (1, False) == (ran.code, "\x1b" in ran.raw)
    assert r"\x1b[2J: this key is unknown." in ran.raw


def test_that_every_finding_has_a_sentence() -> None:
    assert set(CODES) == set(SENTENCES)


@pytest.mark.parametrize("code", FINDINGS)
def test_that_a_sentence_has_its_values(code: str) -> None:
    active = "active_until = 2026-12-31\n" if code == "never.dates" else ""
    (one,) = found(active + FINDINGS[code])
    said = sentence(Remark(one.code, values=one.values))
    assert not set(said) & set("{}")
    assert said.endswith(".")


@pytest.mark.parametrize("code", IN_SUCCESSION)
def test_that_a_sentence_about_two_programmes_needs_what_there_is(code: str) -> None:
    needed = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}
    assert needed <= {"before", "last", "first"}


def test_that_a_programme_is_described(tmp_path: Path) -> None:
    scenario = REPOSITORY / "docs" / "scenarios" / "points.toml"
    ran = Ran("programme", "describe", "points", "--scenario", scenario)
    assert 0 == ran.code
    assert ran.raw.startswith("# Points\n\nSo many for each unit of money that is paid")
    assert f"[points.toml]({scenario})" in ran.raw
    file = tmp_path / "mine.toml"
    file.write_text(preset_text("points"), encoding="utf-8")
    assert "## An example" not in Ran("programme", "describe", file).raw
    assert 2 == Ran("programme", "describe", "nothing").code


def test_that_the_schema_is_printed() -> None:
    assert schema_text() == Ran("programme", "schema").raw


def test_that_warnings_stand_in_the_order_of_the_file(folder: Path) -> None:
    days = ("06-01 06-30", "06-30 07-10", "07-12 07-20")
    windows = ", ".join("{{ from = 2026-{}, until = 2026-{} }}".format(*pair.split()) for pair in days)
    text = f"{preset_text('points')}when.dates = [{windows}]\n"
    (folder / "points.toml").write_text(text, encoding="utf-8")
    remarks = Ran("programme", "check", folder, "--json").json["remarks"]
    assert ["dates.overlap", "dates.gap"] == [one["code"] for one in remarks]
    assert sorted(one["column"] for one in remarks) == [one["column"] for one in remarks]
