"""A till's settings: one TOML file. An unknown key or a bad value is refused by name; every default is a working one."""

import codecs
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from pos_app.errors import SettingsError

CurrencyCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
Exponent = Annotated[int, msgspec.Meta(ge=0, le=3)]
PointsExponent = Annotated[int, msgspec.Meta(ge=0, le=2)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+$", max_length=20)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
_MARGIN_BAND_MIN_PERCENT = 5
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of the file: immutable, and an unknown key is an error."""


class Shop(Section, frozen=True):
    """The shop as receipts and events name it. ``zone`` is an IANA zone, ``locale`` a Babel locale, ``language`` a receipt language."""

    name: str = "My shop"
    store_id: str = "store-1"
    address: tuple[str, ...] = ()
    tax_number: str = ""
    zone: str = "UTC"
    locale: str = "en_GB"
    language: str = "en"


class CurrencySettings(Section, frozen=True):
    """ISO code, exponent, and the smallest cash step in minor units (5 = cash totals end in 0 or 5)."""

    code: CurrencyCode = "EUR"
    exponent: Exponent = 2
    cash_step_minor: Positive = 1


class Points(Section, frozen=True):
    """The exponent of a point: 0 counts whole points, 2 counts hundredths."""

    exponent: PointsExponent = 0


class Margins(Section, frozen=True):
    """The bands of margin, in percent of the price without tax, that programmes and events may know. Coarse on purpose."""

    bands_percent: Annotated[tuple[Percent, ...], msgspec.Meta(min_length=1, max_length=10)] = (0, 10, 20, 30, 40, 60)


STANDARD_MARGINS = Margins()


class Till(Section, frozen=True):
    """How this till works. ``authority`` says who decides about points: this till (``local``) or headquarters (``hq``)."""

    mode: Literal["till", "beside"] = "till"
    authority: Literal["local", "hq"] = "local"
    number: Annotated[int, msgspec.Meta(ge=1, le=99_999)] = 1
    staff_ref: str = "cashier-1"
    sign_out_after_minutes: Annotated[int, msgspec.Meta(ge=0, le=720)] = 0
    business_day_starts: ClockTime = "04:00"
    language: str = "en"
    sound: bool = True


class CardRange(Section, frozen=True):
    """A range of card numbers, both ends included, of equal length; a code inside it is a card, never a product."""

    first: Digits
    last: Digits
    card_class: str = ""
    check_digit: Literal["ean13", "luhn", "none"] = "ean13"


class InStoreCode(Section, frozen=True):
    """In-store EAN-13 codes with a weight or a price in them: ``prefix``, then the item, then the value, then the check digit.

    ``value`` is in grams, or in minor units of price. ``item_digits`` + ``value_digits`` + prefix + 1 = 13.
    """

    prefix: Digits
    value: Literal["weight", "price"]
    item_digits: Positive = 5
    value_digits: Positive = 5


class Scanner(Section, frozen=True):
    """A serial scanner. An empty ``port`` means none. ``bounce_ms``: the same code again within it is one scan."""

    port: str = ""
    baud: Positive = 9600
    parity: Literal["none", "even", "odd"] = "none"
    prefix: str = ""
    suffix: str = "\r\n"
    aim_prefix: bool = True
    bounce_ms: NotNegative = 150
    partial_timeout_ms: Positive = 200
    code_bytes_max: Positive = 512


class Printer(Section, frozen=True):
    """The receipt printer. ``profile`` is one of python-escpos' capability profiles; ``code_pages`` are tried in order.

    A line that no code page can say goes out as raster. ``width_dots`` is the print width: 576 for 80 mm, 384 for 58 mm.
    """

    kind: Literal["none", "network", "serial", "file"] = "none"
    host: str = "127.0.0.1"
    port: Port = 9100
    device: str = ""
    baud: Positive = 19200
    path: str = ""
    profile: str = "default"
    columns: Annotated[int, msgspec.Meta(ge=24, le=64)] = 42
    width_dots: Annotated[int, msgspec.Meta(ge=200, le=1024)] = 576
    code_pages: tuple[str, ...] = ("CP437", "CP866", "CP852", "CP858")
    timeout_ms: Positive = 3000
    cut: bool = True


class Hq(Section, frozen=True):
    """Headquarters. An empty ``url`` means a shop without one.

    Without a contact for ``offline_burn_hours_max`` (or less, where HQ's policy says so) the till still sells and earns, but burns
    no points. ``hold_timeout_ms`` is how long a customer waits for HQ's word about a burn; a hold that no sale took is given back
    after ``hold_minutes_max``. ``claim_codes``: receipts of members carry a code that proves their points if this disk is lost.
    Out of touch with HQ for longer than ``forget_names_days``, the till forgets the names that HQ has.
    """

    url: str = ""
    connect_timeout_ms: Positive = 3000
    call_timeout_ms: Positive = 30_000
    batch_events_max: Annotated[int, msgspec.Meta(ge=1, le=500)] = 500
    batch_bytes_max: Annotated[int, msgspec.Meta(ge=1024, le=2_097_152)] = 2_097_152
    poll_ms: Positive = 2000
    offline_burn_hours_max: Positive = 72
    hold_timeout_ms: Annotated[int, msgspec.Meta(ge=100, le=10_000)] = 800
    hold_minutes_max: Annotated[int, msgspec.Meta(ge=5, le=1440)] = 60
    claim_codes: bool = True
    forget_names_days: Positive = 30


class Nps(Section, frozen=True):
    """Which receipts ask the question: a share of them, and never one member twice within ``quiet_days``."""

    share_percent: Percent = 100
    quiet_days: NotNegative = 30


class Storage(Section, frozen=True):
    """Where the database and receipts live; empty means the platform's data folder. ``mirror`` is a second copy of the journal.

    Events that HQ keeps for good lose their bodies here after ``keep_events_days``, their receipts after ``keep_sales_days`` (0: never).
    """

    folder: str = ""
    mirror: str = ""
    keep_events_days: Positive = 35
    keep_sales_days: NotNegative = 0


class Sentinel(Section, frozen=True):
    """From where on the sentinel says something, for one business date; 0 leaves that check out.

    One card on ``card_receipts`` of a cashier within ``card_window_minutes``; so many with one card that are at least
    ``card_share_percent`` of what the cashier sold to members; ``late_cards`` put to receipts after the customer was asked to pay, or of
    the same card after the last line; goods paid with points that come back within ``burn_return_hours``; ``unseen_returns`` of one
    cashier without a receipt; ``adjustments`` of one account's points by one person.
    """

    card_receipts: NotNegative = 4
    card_window_minutes: Positive = 120
    card_share_percent: Percent = 30
    late_cards: NotNegative = 3
    burn_return_hours: NotNegative = 24
    unseen_returns: NotNegative = 3
    adjustments: NotNegative = 1


class Owners(Section, frozen=True):
    """Who keeps products, programmes and staff: the shop in its own files, or headquarters."""

    products: Literal["shop", "hq"] = "shop"
    programmes: Literal["shop", "hq"] = "shop"
    staff: Literal["shop", "hq"] = "shop"


class Programmes(Section, frozen=True):
    """The folder of programme files (``*.toml``) that this till runs; empty means none."""

    folder: str = ""


class Settings(Section, frozen=True):
    """The whole file."""

    shop: Shop = Shop()
    currency: CurrencySettings = CurrencySettings()
    points: Points = Points()
    margins: Margins = STANDARD_MARGINS
    till: Till = Till()
    cards: tuple[CardRange, ...] = (CardRange(first="2990000000000", last="2999999999999"),)
    in_store_codes: tuple[InStoreCode, ...] = (
        InStoreCode(prefix="21", value="weight"),
        InStoreCode(prefix="22", value="price"),
    )
    scanner: Scanner = Scanner()
    printer: Printer = Printer()
    hq: Hq = Hq()
    nps: Nps = Nps()
    storage: Storage = Storage()
    programmes: Programmes = Programmes()
    owners: Owners = Owners()
    sentinel: Sentinel = Sentinel()

    def day_starts_minute(self) -> int:
        """Minutes past midnight at which a new business date begins."""
        hours, minutes = self.till.business_day_starts.split(":")
        return int(hours) * 60 + int(minutes)


def load_settings(path: Path) -> Settings:
    """Read and check a settings file; raises ``SettingsError`` that names the key and says what is wrong."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror})") from error
    return parse_settings(raw, path=path)


def parse_settings(raw: bytes, *, path: Path) -> Settings:
    """Check the bytes of a settings file; ``path`` is only for the message."""
    try:
        # Some editors write three bytes in front that say UTF-8.
        settings = msgspec.toml.decode(raw.removeprefix(codecs.BOM_UTF8), type=Settings)
    except msgspec.ValidationError as error:
        raise refused(path, _named(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refused(path, f"it is not valid TOML: {error}") from error
    except RecursionError as error:
        raise refused(path, "it is nested too deeply") from error
    _check(settings, path)
    return settings


def is_zone(name: str) -> bool:
    """Whether there is an IANA time zone of this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, a folder of zones
        return False
    return True


def _check(settings: Settings, path: Path) -> None:
    if not is_zone(settings.shop.zone):
        raise refused(path, f"shop.zone: there is no time zone {settings.shop.zone!r}")
    if problem := margin_bands_problem(settings.margins):
        raise refused(path, f"margins.bands_percent: {problem}")
    _check_cards(settings.cards, path)
    for number, code in enumerate(settings.in_store_codes, start=1):
        if len(code.prefix) + code.item_digits + code.value_digits != 12:  # noqa: PLR2004 - EAN-13 less its check digit
            raise refused(path, f"in_store_codes[{number}]: prefix, item_digits and value_digits must fill 12 digits")
    if settings.till.authority == "hq" and not settings.hq.url:
        raise refused(path, "till.authority is 'hq', but hq.url is empty")
    if "\0" in settings.storage.folder + settings.programmes.folder + settings.storage.mirror:
        raise refused(path, "a folder's name cannot hold the character 0")
    if settings.hq.url and not settings.hq.url.startswith(("http://", "https://")):
        raise refused(path, "hq.url must begin with http:// or https://")


def margin_bands_problem(margins: Margins) -> str:
    """What is wrong with bands out of order, or so narrow that they would tell the margin itself; empty for nothing."""
    for lower, upper in pairwise(margins.bands_percent):
        if upper - lower < _MARGIN_BAND_MIN_PERCENT:
            return f"{upper} is not at least {_MARGIN_BAND_MIN_PERCENT} above {lower}"
    return ""


def _check_cards(ranges: tuple[CardRange, ...], path: Path) -> None:
    for number, cards in enumerate(ranges, start=1):
        if len(cards.first) != len(cards.last) or cards.first > cards.last:
            raise refused(path, f"cards[{number}]: first and last must be of one length and in order")
    for earlier, later in combinations(ranges, 2):
        if len(earlier.first) == len(later.first) and earlier.first <= later.last and later.first <= earlier.last:
            raise refused(path, f"cards: the ranges from {earlier.first} and from {later.first} overlap")


def _named(message: str) -> str:
    """The message of msgspec with the path of the key in front, as people count: ``cards[1]`` is the first range."""
    match = re.search(r" - at `\$\.?(.*)`$", message)
    if match is None:
        return message
    place = re.sub(r"\[(\d+)\]", lambda index: f"[{int(index[1]) + 1}]", match[1])
    return f"{place}: {message[: match.start()]}"


def refused(path: Path, reason: str) -> SettingsError:
    """A settings file that cannot be used, and why."""
    return SettingsError(
        "settings.refused",
        what=f"The settings file {path.name} was refused: {reason}.",
        safe="Nothing was changed.",
        todo="Correct the file and start again; `pos-app doctor --settings-template` prints a commented default.",
    )
