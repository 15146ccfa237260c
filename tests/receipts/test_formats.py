import msgspec
import pytest

from pos_app.errors import SettingsError
from pos_app.model.money import Currency
from receipts.formats import Formats
from tests.receipts import samples

MIDNIGHT_BERLIN_MS = 1_773_529_200_000  # 2026-03-15 00:00 in Berlin


def formats(locale: str = "en_GB", language: str = "en", currency: Currency | None = None, points: int = 0) -> Formats:
    facts = msgspec.structs.replace(
        samples.japanese(),
        locale=locale,
        language=language,
        currency=currency or Currency("EUR", 2),
        points_exponent=points,
        zone="Europe/Berlin",
    )
    return Formats(facts)


@pytest.mark.parametrize(
    ("locale", "currency", "expected"),
    [
        ("en_IE", Currency("EUR", 2), "€12,345.67"),
        ("hr_HR", Currency("EUR", 2), "12.345,67\u00a0€"),
        ("ru_RU", Currency("RUB", 2), "12\u00a0345,67\u00a0₽"),
        ("en_PH", Currency("PHP", 2), "₱12,345.67"),
        ("bs_BA", Currency("BAM", 2), "12.345,67\u00a0KM"),
        ("en_US", Currency("JPY", 0), "¥1,234,567"),
        ("en_US", Currency("KWD", 3), "KWD\u00a01,234.567"),
    ],
)
def test_that_money_has_the_decimals_of_our_exponent_and_the_signs_of_its_locale(
    locale: str, currency: Currency, expected: str
) -> None:
    assert expected == formats(locale, currency=currency).money(1_234_567)


@pytest.mark.parametrize(("exponent", "expected"), [(0, "5"), (1, "0.5"), (2, "0.05"), (3, "0.005")])
def test_that_the_exponent_is_ours_where_cldr_has_another(exponent: int, expected: str) -> None:
    assert f"JPY {expected}".replace("JPY ", "¥") == formats("en_US", currency=Currency("JPY", exponent)).money(5)
    assert expected == formats("en_US", currency=Currency("JPY", exponent)).amount(5)


def test_that_large_amounts_lose_no_digit() -> None:
    assert formats().amount(999_999_999_999) == "9,999,999,999.99"


def test_that_amounts_taken_off_and_added_carry_their_sign() -> None:
    shown = formats()
    assert (shown.less(250), shown.signed(2), shown.signed(-2), shown.signed(0)) == ("−2.50", "+0.02", "−0.02", "0.00")


@pytest.mark.parametrize(
    ("language", "locale", "units", "expected"),
    [
        ("en", "en_GB", 1, "1 point"),
        ("en", "en_GB", 1250, "1,250 points"),
        ("ru", "ru_RU", 1, "1 балл"),
        ("ru", "ru_RU", 3, "3 балла"),
        ("ru", "ru_RU", 11, "11 баллов"),
        ("hr", "hr_HR", 21, "21 bod"),
        ("hr", "hr_HR", 102, "102 boda"),
        ("hr", "hr_HR", 5, "5 bodova"),
    ],
)
def test_that_points_take_the_plural_of_the_language(language: str, locale: str, units: int, expected: str) -> None:
    assert expected == formats(locale, language).points(units)


def test_that_parts_of_points_are_shown_in_full_and_whole_points_without_decimals() -> None:
    assert formats(points=2).points(250) == "2.50 points"
    assert formats(points=2).points(100) == "1 point"


def test_that_quantities_and_rates_have_no_trailing_zeros() -> None:
    shown = formats("hr_HR")
    assert (shown.quantity(1245), shown.quantity(2000)) == ("1,245", "2")
    assert (shown.rate(2500), shown.rate(550), shown.rate(25)) == ("25\u00a0%", "5,5\u00a0%", "0,25\u00a0%")


def test_that_a_start_at_midnight_is_a_date_and_an_end_is_the_day_before() -> None:
    shown = formats()
    assert shown.start(MIDNIGHT_BERLIN_MS) == "15\u00a0Mar\u00a02026"
    assert shown.start(MIDNIGHT_BERLIN_MS + 60_000) == "15\u00a0Mar\u00a02026\u00a000:01"
    assert shown.last_day(MIDNIGHT_BERLIN_MS) == "14\u00a0Mar\u00a02026"


def test_that_an_unknown_locale_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="xx_YY"):
        formats("xx_YY")
