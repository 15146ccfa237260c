"""Amounts, points, quantities and dates as a receipt's locale writes them. Whole numbers in, text out; no float on the way.

Import it when rendering only: Babel is not needed to start a till.
"""

import copy
import re
from datetime import date, time
from decimal import Decimal
from typing import Protocol

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import NumberPattern

from pos_app.errors import SettingsError
from pos_app.model.calendar import local_time
from pos_app.model.money import BASIS_POINTS, Currency
from receipts.words import Plural, Words, load_words

_CLDR_HYPHEN = "-"
_MINUS = "−"
_NO_BREAK_SPACE = "\u00a0"
# CLDR wants a space between a letter of the currency and a digit; Babel leaves it out ("KWD1.500").
_SYMBOL_TOUCHES_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
_QUANTITY_EXPONENT = 3
_RATE_DIGITS_MAX = 2


class Local(Protocol):
    """What says how figures are written: facts of a receipt, or of another paper."""

    @property
    def locale(self) -> str:
        """A Babel locale."""

    @property
    def language(self) -> str:
        """A language of ``receipts.words``."""

    @property
    def currency(self) -> Currency:
        """Of every amount."""

    @property
    def points_exponent(self) -> int:
        """How many decimals points have."""

    @property
    def zone(self) -> str:
        """An IANA time zone."""


class Formats:
    """How one receipt writes its figures: its locale, currency, zone, exponent of points and words."""

    def __init__(self, facts: Local) -> None:
        """Raises ``SettingsError`` for a locale or a language that there is not."""
        self.words: Words = load_words(facts.language)
        self._locale = _locale(facts.locale)
        self._plural_form = _locale(facts.language).plural_form
        self._currency = facts.currency
        self._points_exponent = facts.points_exponent
        self._zone = facts.zone

    def amount(self, minor: int) -> str:
        """An amount without its currency, with exactly the currency's decimals: ``1,234.50``."""
        digits = self._currency.exponent
        return _minus(self._plain(_decimal(minor, digits), least=digits, most=digits))

    def money(self, minor: int) -> str:
        """An amount with its currency: ``€1,234.50``. The decimals are ours, whatever CLDR says of the currency."""
        digits = self._currency.exponent
        pattern = _with_digits(self._locale.currency_formats["standard"], least=digits, most=digits)
        number = _decimal(minor, digits)
        text = str(pattern.apply(number, self._locale, currency=self._currency.code, currency_digits=False))
        return _minus(_SYMBOL_TOUCHES_DIGIT.sub(_NO_BREAK_SPACE, text))

    def less(self, minor: int) -> str:
        """An amount that is taken off: ``−2.50``."""
        return _MINUS + self.amount(minor)

    def signed(self, minor: int) -> str:
        """An amount that is added or taken off: ``+0.02``, ``−0.02``."""
        return f"+{self.amount(minor)}" if minor > 0 else self.amount(minor)

    def points(self, units: int) -> str:
        """Points with their noun in the right plural: ``1 point``, ``1,250 points``, ``2.50 points``."""
        number = _decimal(units, self._points_exponent)
        digits = self._points_exponent if number % 1 else 0
        return self.counted(self.words.points, number.quantize(_decimal(1, digits)), digits=digits)

    def units(self, units: int) -> str:
        """Points as a number without its noun, for a column of them: ``1,250``, ``−3``."""
        digits = self._points_exponent
        return _minus(self._plain(_decimal(units, digits), least=digits, most=digits))

    def count(self, number: int) -> str:
        """A whole number: ``1,250``, ``−3``."""
        return _minus(self._plain(Decimal(number), least=0, most=0))

    def counted(self, plural: Plural, number: Decimal | int, *, digits: int = 0) -> str:
        """A number with its noun, by the plural rule of the receipt's language."""
        sentence = plural[self._plural_form(number)]
        return sentence.format(number=self._plain(Decimal(number), least=digits, most=digits))

    def quantity(self, milli: int) -> str:
        """Thousandths as a quantity without trailing zeros: ``2``, ``1.245``."""
        return self._plain(_decimal(milli, _QUANTITY_EXPONENT), least=0, most=_QUANTITY_EXPONENT)

    def rate(self, basis_points: int) -> str:
        """A rate in percent without trailing zeros: ``20%``, ``5.5%``."""
        pattern = _with_digits(self._locale.percent_formats[None], least=0, most=_RATE_DIGITS_MAX)
        return str(pattern.apply(Decimal(basis_points) / BASIS_POINTS, self._locale))

    def percent_as_factor(self, percent: int) -> str:
        """A percentage as a factor: ``2`` for 200, ``1.5`` for 150."""
        return self.quantity(percent * 10)

    def date(self, utc_ms: int) -> str:
        """The local date of a moment."""
        text = format_date(local_time(utc_ms=utc_ms, zone_name=self._zone), "medium", locale=self._locale)
        return text.replace(" ", _NO_BREAK_SPACE)

    def iso_date(self, iso_date: str) -> str:
        """A date as the calendar has it, wherever the shop is."""
        text = format_date(date.fromisoformat(iso_date), "medium", locale=self._locale)
        return text.replace(" ", _NO_BREAK_SPACE)

    def moment(self, utc_ms: int) -> str:
        """The local date and time of a moment, to the minute."""
        local = local_time(utc_ms=utc_ms, zone_name=self._zone)
        clock = format_time(local.time(), "short", locale=self._locale)
        return f"{self.date(utc_ms)}{_NO_BREAK_SPACE}{clock}"

    def start(self, utc_ms: int) -> str:
        """When something begins: the date, and the time unless it is midnight."""
        is_midnight = local_time(utc_ms=utc_ms, zone_name=self._zone).time() == time()
        return self.date(utc_ms) if is_midnight else self.moment(utc_ms)

    def last_day(self, end_ms: int) -> str:
        """The last day on which something that ends just before ``end_ms`` can be used."""
        return self.date(end_ms - 1)

    def _plain(self, number: Decimal, *, least: int, most: int) -> str:
        """A number without a sign of what it counts, with at least and at most so many decimals."""
        pattern = _with_digits(self._locale.decimal_formats[None], least=least, most=most)
        return str(pattern.apply(number, self._locale))


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError) as error:
        raise SettingsError(
            "settings.locale_unknown",
            what=f"There is no locale {name!r}.",
            safe="The sale is saved.",
            todo="Set shop.locale to one such as en_GB, ru_RU, hr_HR.",
        ) from error


def _with_digits(pattern: NumberPattern, *, least: int, most: int) -> NumberPattern:
    """The locale's own pattern (grouping, place of the sign) with our number of decimals."""
    ours = copy.copy(pattern)
    ours.frac_prec = (least, most)
    return ours


def _decimal(whole: int, exponent: int) -> Decimal:
    return Decimal(whole).scaleb(-exponent)


def _minus(text: str) -> str:
    return text.replace(_CLDR_HYPHEN, _MINUS)
