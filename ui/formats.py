"""Figures as the shop's locale writes them. Whole numbers in, text out; no float on the way. Qt's own CLDR: nothing to import."""

import re

from PySide6.QtCore import QDate, QLocale

from pos_app.model.calendar import local_time
from pos_app.settings import Settings

_MINUS = "\u2212"
_PLACE = "\u00a4"
_NO_BREAK_SPACE = "\u00a0"
_LETTER_TOUCHES_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
_MILLI_DIGITS = 3
_RATE_DIGITS = 2


class Formats:
    """How one till writes amounts, points, quantities and dates."""

    def __init__(self, settings: Settings) -> None:
        self._locale = QLocale(settings.shop.locale)
        self._currency_exponent = settings.currency.exponent
        self._points_exponent = settings.points.exponent
        self._zone = settings.shop.zone
        pattern = self._locale.toCurrencyString(0, _PLACE, 0).replace(self._locale.zeroDigit(), "{}")
        self._money_pattern = pattern.replace(_PLACE, currency_symbol(self._locale, settings.currency.code))
        self._digits = {ord(str(digit)): chr(ord(self._locale.zeroDigit()) + digit) for digit in range(10)}

    def amount(self, minor: int) -> str:
        """An amount without its currency, with all its decimals: ``1,234.50``."""
        return self._decimal(minor, self._currency_exponent)

    def money(self, minor: int) -> str:
        """An amount with its currency: ``€1,234.50``."""
        text = self._money_pattern.format(self._decimal(abs(minor), self._currency_exponent))
        return _sign(minor) + _LETTER_TOUCHES_DIGIT.sub(_NO_BREAK_SPACE, text)

    def points(self, units: int) -> str:
        """A number of points, its decimals only where it has some: ``1,250``, ``2.50``."""
        return self._decimal(
            units, self._points_exponent if units % 10**self._points_exponent else 0, self._points_exponent
        )

    def plural_of_points(self, units: int) -> int:
        """The number that chooses the plural: a fraction takes the form of two in every language that we ship."""
        whole, fraction = divmod(abs(units), 10**self._points_exponent)
        return 2 if fraction else whole

    def quantity(self, milli: int) -> str:
        """Thousandths without trailing zeros: ``2``, ``0.245``."""
        return self._trimmed(milli, _MILLI_DIGITS)

    def percent(self, basis_points: int) -> str:
        """A rate in percent without trailing zeros: ``5.5``."""
        return self._trimmed(basis_points, _RATE_DIGITS)

    def date(self, utc_ms: int) -> str:
        """The shop's date of a moment, in figures."""
        return self.iso_date(local_time(utc_ms=utc_ms, zone_name=self._zone).date().isoformat())

    def last_day(self, end_ms: int) -> str:
        """The last day on which something that ends just before ``end_ms`` can be used."""
        return self.date(end_ms - 1)

    def iso_date(self, iso: str) -> str:
        """An ISO date, in figures."""
        year, month, day = map(int, iso.split("-"))
        return self._locale.toString(QDate(year, month, day), QLocale.FormatType.ShortFormat)

    def time(self, utc_ms: int) -> str:
        """The shop's time of day, to the minute."""
        return f"{local_time(utc_ms=utc_ms, zone_name=self._zone):%H:%M}"

    def _trimmed(self, value: int, exponent: int) -> str:
        digits = exponent
        while digits and value % 10 ** (exponent - digits + 1) == 0:
            digits -= 1
        return self._decimal(value, digits, exponent)

    def _decimal(self, value: int, shown_digits: int, exponent: int | None = None) -> str:
        """``value`` in 10^-``exponent``, with ``shown_digits`` decimals; those that are left out are zeros."""
        exponent = shown_digits if exponent is None else exponent
        whole, fraction = divmod(abs(value), 10**exponent)
        text = self._locale.toString(whole)
        if shown_digits:
            decimals = f"{fraction:0{exponent}d}"[:shown_digits]
            text += self._locale.decimalPoint() + decimals.translate(self._digits)
        return _sign(value) + text


def _sign(value: int) -> str:
    return _MINUS if value < 0 else ""


def currency_symbol(locale: QLocale, code: str) -> str:
    """The sign of a currency: as the locale writes it, else as others of its language do, else a sign like €, else its code."""
    every = QLocale.Script.AnyScript, QLocale.Country.AnyCountry
    kin = (locale, *QLocale.matchingLocales(locale.language(), *every))
    for other in kin:
        if _own_code(other) == code and _own_sign(other):
            return _own_sign(other)
    anybody = QLocale.matchingLocales(QLocale.Language.AnyLanguage, *every)
    signs = (_own_sign(other) for other in anybody if _own_code(other) == code)
    return next((sign for sign in signs if len(sign) == 1 and not sign.isalpha()), code)


def _own_code(locale: QLocale) -> str:
    return locale.currencySymbol(QLocale.CurrencySymbolFormat.CurrencyIsoCode)


def _own_sign(locale: QLocale) -> str:
    return locale.currencySymbol(QLocale.CurrencySymbolFormat.CurrencySymbol)
