"""The settings file: defaults that work, and every refusal by name."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pos_app.errors import SettingsError
from pos_app.settings import CardRange, Settings, is_zone, load_settings, parse_settings
from pos_app.use_cases.settings_files import data_folder, find_settings, settings_template

FILE = Path("shop.toml")


def test_that_an_empty_file_gives_the_defaults() -> None:
    assert Settings() == parse_settings(b"", path=FILE)


def test_that_the_template_gives_the_defaults() -> None:
    assert Settings() == parse_settings(settings_template().encode(), path=FILE)


def test_that_every_commented_line_of_the_template_shows_its_default() -> None:
    uncommented = re.sub(r"^# ?((?:\[\[|[a-z_]+ = ).*)$", r"\1", settings_template(), flags=re.MULTILINE)
    assert Settings() == parse_settings(uncommented.encode(), path=FILE)
    written = msgspec.toml.decode(uncommented.encode())
    for section in msgspec.structs.fields(Settings):
        given = written[section.name]
        example = given[0] if isinstance(given, list) else given
        keys = {field.name for field in msgspec.structs.fields(type(_one(getattr(Settings(), section.name))))}
        assert keys == set(example), f"the template shows every key of [{section.name}]"


def _one(section: Any) -> msgspec.Struct:
    one: msgspec.Struct = section[0] if isinstance(section, tuple) else section
    return one


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour = 1", "unknown field `colour`"),
        ("[shop]\ncolour = 1", "shop: Object contains unknown field `colour`"),
        ("[till]\nnumber = 0", "till.number: Expected `int` >= 1"),
        ("[till]\nnumber = 100000", "till.number: Expected `int` <= 99999"),
        ("[till]\nmode = 'kiosk'", "till.mode: Invalid enum value 'kiosk'"),
        ("[till]\nbusiness_day_starts = '24:00'", "till.business_day_starts: "),
        ("[currency]\nexponent = 4", "currency.exponent: Expected `int` <= 3"),
        ("[currency]\ncode = 'euro'", "currency.code: "),
        ("[margins]\nbands_percent = [0, 4]", "margins.bands_percent: 4 is not at least 5 above 0"),
        ("[margins]\nbands_percent = [101]", "margins.bands_percent[1]: Expected `int` <= 100"),
        ("[points]\nexponent = 3", "points.exponent: Expected `int` <= 2"),
        ("[hq]\nbatch_events_max = 501", "hq.batch_events_max: Expected `int` <= 500"),
        ("[nps]\nshare_percent = 101", "nps.share_percent: Expected `int` <= 100"),
        ("[[cards]]\nfirst = '1'\nlast = '2'\n[[cards]]\nfirst = 'x'\nlast = '2'", "cards[2].first: "),
        ("[[cards]]\nfirst = '10'\nlast = '9'", "cards[1]: first and last must be of one length and in order"),
        ("[[cards]]\nfirst = '12'\nlast = '11'", "cards[1]: first and last must be of one length and in order"),
        (
            "[[in_store_codes]]\nprefix = '2'\nvalue = 'price'",
            "in_store_codes[1]: prefix, item_digits and value_digits",
        ),
        ("[shop]\nzone = 'Europe/Beograd'", "shop.zone: there is no time zone 'Europe/Beograd'"),
        ("[till]\nauthority = 'hq'", "till.authority is 'hq', but hq.url is empty"),
        ("[hq]\nurl = 'hq.example.org'", "hq.url must begin with http:// or https://"),
        ("[shop\n", "it is not valid TOML"),
    ],
)
def test_that_a_bad_setting_is_refused_by_its_name(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings(text.encode(), path=FILE)
    assert "settings.refused" == refused.value.code
    assert reason in refused.value.what
    assert "shop.toml" in refused.value.what


def test_that_a_file_that_is_not_text_is_refused() -> None:
    with pytest.raises(SettingsError, match="it is not valid TOML"):
        parse_settings(b"\xff\xfe", path=FILE)


def test_that_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml was refused: it cannot be read \(No such file"):
        load_settings(tmp_path / "absent.toml")


@pytest.mark.parametrize("name", ["Nowhere/Else", "", "/etc/passwd", "../UTC", "America", "Europe/\0"])
def test_that_what_is_no_zone_is_known_as_such(name: str) -> None:
    assert not is_zone(name)


def test_that_a_shop_with_headquarters_can_be_said() -> None:
    settings = parse_settings(b"[till]\nauthority = 'hq'\n[hq]\nurl = 'https://hq.example.org'", path=FILE)
    assert ("hq", "https://hq.example.org") == (settings.till.authority, settings.hq.url)


def test_that_card_ranges_can_be_several(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text("[[cards]]\nfirst='10'\nlast='19'\ncard_class='gold'\n[[cards]]\nfirst='20'\nlast='20'\n")
    expected = (CardRange("10", "19", card_class="gold"), CardRange("20", "20"))
    assert expected == load_settings(file).cards


@pytest.mark.parametrize(("clock_time", "minute"), [("00:00", 0), ("04:00", 240), ("23:59", 1439)])
def test_that_the_business_day_begins_at_a_minute(clock_time: str, minute: int) -> None:
    settings = parse_settings(f"[till]\nbusiness_day_starts = '{clock_time}'".encode(), path=FILE)
    assert minute == settings.day_starts_minute()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings."""
    monkeypatch.delenv("POS_APP_SETTINGS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_that_settings_are_found_by_name_then_by_the_environment_then_where_the_system_keeps_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings() == find_settings(None)
    written(home / "config" / "pos-app" / "settings.toml", "[shop]\nname = 'Usual'")
    assert "Usual" == find_settings(None).shop.name
    monkeypatch.setenv("POS_APP_SETTINGS", str(written(home / "environment.toml", "[shop]\nname = 'Environment'")))
    assert "Environment" == find_settings(None).shop.name
    assert "Named" == find_settings(written(home / "named.toml", "[shop]\nname = 'Named'")).shop.name


def test_that_folders_start_beside_the_file_that_names_them(home: Path) -> None:
    file = written(
        home / "shop" / "settings.toml", "[storage]\nfolder = 'till'\n[programmes]\nfolder = '/srv/programmes'"
    )
    settings = find_settings(file)
    assert (home / "shop" / "till", "/srv/programmes") == (data_folder(settings), settings.programmes.folder)


def test_that_without_a_folder_the_till_is_where_the_system_keeps_data(home: Path) -> None:
    assert home / "data" / "pos-app" == data_folder(find_settings(written(home / "settings.toml", "")))


def test_that_a_file_nested_too_deeply_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"nested too deeply|not valid TOML"):
        parse_settings(b"a = " + b"[" * 50_000, path=Path("shop.toml"))


def test_that_the_mark_that_some_editors_write_in_front_is_passed_over() -> None:
    assert "Tea" == parse_settings(b'\xef\xbb\xbf[shop]\nname = "Tea"\n', path=Path("shop.toml")).shop.name


def test_that_a_folder_with_the_character_0_in_it_is_refused() -> None:
    with pytest.raises(SettingsError, match="character 0"):
        parse_settings(b'[storage]\nfolder = "a\\u0000b"\n', path=Path("shop.toml"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[shop]\nlocale = "nowhere"', "shop.locale"),
        ('[shop]\nlanguage = "zz"', "shop.language"),
        ('[printer]\ncode_pages = ["CP9999"]', "printer.code_pages"),
    ],
)
def test_that_what_receipts_need_is_checked_at_the_start(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=named):
        find_settings(file)


def test_that_card_ranges_that_overlap_are_refused() -> None:
    text = b'[[cards]]\nfirst = "100"\nlast = "199"\n[[cards]]\nfirst = "150"\nlast = "250"\n'
    with pytest.raises(SettingsError, match="the ranges from 100 and from 150 overlap"):
        parse_settings(text, path=Path("shop.toml"))
