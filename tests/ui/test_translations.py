import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.errors import SettingsError
from ui.application import languages, make_application
from ui.translations.update import differences, main, translation_files, update

PLACE = re.compile(r"\{[a-z_]*\}|%n")


def messages(file: Path) -> Iterator[tuple[str, list[str]]]:
    """Each source with its translations: one, or one a plural form."""
    for message in ET.parse(file).iter("message"):
        source, translation = message.findtext("source") or "", message.find("translation")
        assert translation is not None
        yield source, [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]


def test_that_the_translations_are_whole_and_up_to_date() -> None:
    assert differences() == []
    assert main(["--check"]) == 0


def test_that_a_sentence_more_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update(tmp_path)
    file = tmp_path / "pos_ru.ts"
    file.write_text(file.read_text().replace("Scan the first item", "Scan the first thing"))
    monkeypatch.setattr("ui.translations.update.FOLDER", tmp_path)
    assert [
        "pos_ru.ts is behind the source; run python -m ui.translations.update",
        "pos_ru.ts has sentences without a translation",
    ] == differences()
    assert main(["--check"]) == 1
    assert main([]) == 0


@pytest.mark.parametrize("file", translation_files(), ids=lambda file: file.stem)
def test_that_every_translation_fills_in_what_its_source_does(file: Path) -> None:
    for source, forms in messages(file):
        for form in forms:
            assert form
            assert sorted(PLACE.findall(source)) == sorted(PLACE.findall(form)), source


def test_that_russian_is_written_in_russian() -> None:
    (russian,) = [file for file in translation_files() if file.stem == "pos_ru"]
    plain = [forms[0] for _source, forms in messages(russian)]
    assert len(plain) > 190
    assert [] == [
        text for text in plain if not re.search("[а-яё№×]", PLACE.sub("", text), re.IGNORECASE) and "·" not in text
    ]


def test_that_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"does not speak 'tlh'.*Set till.language to one of: en, ru"):
        make_application("tlh")
    assert languages() == ("en", "ru")
