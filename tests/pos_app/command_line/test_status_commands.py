"""``status`` and ``restore`` as they are typed."""

from pathlib import Path

import pytest

from pos_app.protocol.draws import EXAMPLE_SEED
from tests.pos_app.command_line.test_commands import Ran
from tests.pos_app.use_cases.test_drawing import game

pytestmark = pytest.mark.usefixtures("no_keystore")


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(f'[storage]\nfolder = "till"\n{text}')
    return path


def test_that_a_shop_without_headquarters_is_told_what_works(tmp_path: Path) -> None:
    ran = Ran("status", "--settings", write(tmp_path, 'mirror = "till.mirror"'))
    assert 0 == ran.code
    assert "Selling works. Earning works. Burning works: this till decides about points." in ran.out
    assert "The mirror lacks 0 events. Nothing is to be done." in ran.out
    assert (tmp_path / "till.mirror").exists(), "a file that is not absolute starts beside the settings"


@pytest.mark.expects_log("mirror.failed")
def test_that_a_mirror_that_is_away_asks_for_somebody(tmp_path: Path) -> None:
    ran = Ran("status", "--sync", "--settings", write(tmp_path, 'mirror = "away/till.mirror"'))
    assert 1 == ran.code
    assert "cannot be written" in ran.out
    assert "Put the mirror's disk back" in ran.out


def test_that_a_draw_that_nobody_has_opened_is_something_to_do(tmp_path: Path) -> None:
    (tmp_path / "programmes").mkdir()
    text = game(until="2099-12-31", seed=EXAMPLE_SEED)
    (tmp_path / "programmes" / "game.toml").write_text(text, encoding="utf-8")
    settings = write(tmp_path, '[programmes]\nfolder = "programmes"\n')
    ran = Ran("status", "--settings", settings)
    assert (1, False) == (ran.code, "Nothing is to be done" in ran.out)
    assert "game gives nothing by chance: its seed is that of the examples" in ran.out
    asked = Ran("status", "--json", "--settings", settings)
    assert (1, ["game"]) == (asked.code, asked.json["draws_without_seed"])


HQ = '[hq]\nurl = "http://127.0.0.1:9"\n[till]\nauthority = "hq"\n'


def test_that_a_till_that_has_not_joined_is_told_to(tmp_path: Path) -> None:
    settings = write(tmp_path, HQ)
    ran = Ran("status", "--settings", settings)
    assert (1, True) == (ran.code, "Burning does not work: headquarters was never heard." in ran.out)
    assert "only by a manager, until headquarters answers. Nothing to send. Headquarters was never heard." in ran.out
    asked = Ran("status", "--sync", "--json", "--settings", settings).json
    assert ("not", "join", False) == (asked["works"]["burning"], asked["works"]["todo"], asked["has_joined"])


def test_that_only_a_till_that_joined_takes_a_mirror(tmp_path: Path) -> None:
    ran = Ran("restore", tmp_path / "till.mirror", "--settings", write(tmp_path, HQ))
    assert (2, True) == (ran.code, "pos-app join CODE" in ran.err)
