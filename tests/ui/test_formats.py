import msgspec
import pytest

from pos_app.model.money import Currency
from pos_app.settings import CurrencySettings, Points, Settings, Shop
from receipts.formats import Formats as PaperFormats
from tests.receipts.samples import facts, line
from ui.formats import Formats

LOCALES = [
    ("en_GB", "EUR", 2),
    ("en_GB", "KWD", 3),
    ("ru_RU", "RUB", 2),
    ("ru_RU", "EUR", 2),
    ("hr_HR", "EUR", 2),
    ("bs_BA", "BAM", 2),
    ("fil_PH", "PHP", 2),
    ("en_IN", "INR", 2),
    ("ja_JP", "JPY", 0),
]


def formats(locale: str = "en_GB", code: str = "EUR", exponent: int = 2, points: int = 0) -> Formats:
    return Formats(
        Settings(
            shop=Shop(locale=locale, zone="Europe/Moscow"),
            currency=CurrencySettings(code, exponent),
            points=Points(points),
        )
    )


@pytest.mark.parametrize(("locale", "code", "exponent"), LOCALES)
@pytest.mark.parametrize("minor", [0, 7, 1250, 123_456_789_012])
def test_that_the_screen_writes_money_as_the_paper_does(locale: str, code: str, exponent: int, minor: int) -> None:
    paper = PaperFormats(
        msgspec.structs.replace(facts((line(1, "x", 1),)), locale=locale, currency=Currency(code, exponent))
    )
    assert paper.money(minor) == formats(locale, code, exponent).money(minor)
    assert paper.amount(-minor) == formats(locale, code, exponent).amount(-minor)


def test_that_a_language_writes_its_own_digits() -> None:
    assert formats("ar_EG", "EGP").amount(123_405) == "١٬٢٣٤٫٠٥"


def test_that_a_currency_that_nobody_writes_keeps_its_code() -> None:
    assert formats("en_GB", "XTS").money(150) == "XTS\u00a01.50"


def test_that_points_show_their_decimals_only_where_they_have_some() -> None:
    shown = formats(points=2)
    assert ["1,250", "12.50"] == [shown.points(125_000), shown.points(1250)]


@pytest.mark.parametrize(("units", "number"), [(100, 1), (150, 2), (500, 5), (0, 0)])
def test_that_the_plural_goes_by_whole_points(units: int, number: int) -> None:
    assert number == formats(points=2).plural_of_points(units)


@pytest.mark.parametrize(("milli", "text"), [(1000, "1"), (245, "0.245"), (1500, "1.5"), (12_000_000, "12,000")])
def test_that_quantities_have_no_trailing_zeros(milli: int, text: str) -> None:
    assert text == formats().quantity(milli)


def test_that_percents_have_no_trailing_zeros() -> None:
    assert ["5", "0.5", "12.25"] == [formats().percent(bp) for bp in (500, 50, 1225)]


def test_that_dates_and_times_are_the_shops() -> None:
    moscow = formats("ru_RU", "RUB")
    new_year_utc_ms = 1_767_216_600_000  # 2025-12-31 21:30 UTC, past midnight in Moscow
    assert moscow.date(new_year_utc_ms) == "01.01.2026"
    assert moscow.time(new_year_utc_ms) == "00:30"
    assert moscow.last_day(1_767_214_800_000) == "31.12.2025"
