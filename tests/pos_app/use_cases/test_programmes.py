"""The programmes of a folder, and the sets that a database keeps."""

from pathlib import Path

import pytest

from pos_app.errors import ProgrammeError
from pos_app.loyalty.programme import programme_set
from pos_app.programmes import preset_names, preset_text
from pos_app.use_cases.programmes import burn_issuer, decode_programme_set, encode_programme_set, read_file, read_folder
from tests.shop import TENDER, programme


def test_that_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in preset_names():
        (tmp_path / f"{name}.toml").write_text(preset_text(name), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a programme")
    assert sorted(preset_names(), key=lambda name: f"{name}.toml") == [one.id for one in read_folder(tmp_path)]


def test_that_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A till that silently ran without its programmes would give nobody any points."""
    with pytest.raises(ProgrammeError, match=r"There is no folder .*absent of programmes\.") as refused:
        read_folder(tmp_path / "absent")
    assert "programme.file" == refused.value.code


def test_that_a_folder_with_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(33):
        (tmp_path / f"{number}.toml").write_text("")
    with pytest.raises(ProgrammeError, match="more than 32 programme files"):
        read_folder(tmp_path)


def test_that_a_bad_programme_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(TENDER.replace("point_worth_minor = 10", "point_worth_minor = 0"))
    with pytest.raises(ProgrammeError, match=r"bad\.toml, line 6: point_worth_minor: "):
        read_folder(tmp_path)


def test_that_a_file_that_is_not_text_or_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProgrammeError, match=r"bytes\.toml is not a text file in UTF-8"):
        read_file(tmp_path / "bytes.toml")
    with pytest.raises(ProgrammeError, match=r"absent\.toml cannot be read \(No such file"):
        read_file(tmp_path / "absent.toml")


def test_that_a_set_survives_the_database() -> None:
    programmes = programme_set([programme("pharmacy"), programme("fixed-card"), programme("progressive")])
    assert programmes == decode_programme_set(encode_programme_set(programmes))


def issued_by(issuer: str, more: str = "", *, burns: bool = True) -> str:
    """A programme of another partner: its id is its issuer."""
    text = TENDER.replace('"points"', f'"{issuer}"').replace("\nname", f'\nissuer = "{issuer}"\n{more}\nname')
    return text if burns else text.replace('[burning]\nburn_as = "tender"\n', "")


@pytest.mark.parametrize(
    ("programmes", "expected"),
    [
        ([], "shop"),
        ([issued_by("a", burns=False)], "a"),
        ([issued_by("a", burns=False), issued_by("b")], "b"),
        ([issued_by("a", burns=False), issued_by("b"), issued_by("c", "priority = 1")], "c"),
        ([issued_by("a", "active_until = 2026-06-30"), issued_by("b")], "b"),
    ],
    ids=["none", "earning only", "the one that burns", "the first by priority", "the one that runs"],
)
def test_that_points_are_burned_of_the_programme_that_the_engine_burns_by(programmes: list[str], expected: str) -> None:
    assert expected == burn_issuer(programme_set(map(programme, programmes)), "2026-07-01")
