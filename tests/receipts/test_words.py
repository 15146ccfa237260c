from string import Formatter

import msgspec
import pytest
from babel.core import Locale

from pos_app.errors import SettingsError
from receipts.words import Words, languages, load_words

ENGLISH = load_words("en")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_that_receipts_speak_english_russian_and_croatian() -> None:
    assert languages() == ("en", "hr", "ru")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("key", [field.name for field in msgspec.structs.fields(Words) if field.type is str])
def test_that_every_sentence_takes_the_same_values_in_every_language(language: str, key: str) -> None:
    sentence = getattr(load_words(language), key)
    assert sentence.strip()
    assert placeholders(getattr(ENGLISH, key)) == placeholders(sentence)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("key", ["items", "points"])
def test_that_every_plural_form_of_the_language_is_there(language: str, key: str) -> None:
    plural = getattr(load_words(language), key)
    assert set(Locale.parse(language).plural_form.tags) | {"other"} == set(plural)
    assert all(placeholders(sentence) == {"number"} for sentence in plural.values())


def test_that_a_language_without_a_file_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(SettingsError, match="en, hr, ru"):
        load_words("tlh")
