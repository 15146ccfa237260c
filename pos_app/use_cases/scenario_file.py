"""The scenario file: its keys, and reading it with a sentence for whatever is wrong with it."""

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from pos_app.errors import PosError
from pos_app.model.calendar import zone
from pos_app.model.money import minor_from_text, text_from_minor
from pos_app.model.products import ProductClass
from pos_app.settings import (
    CardRange,
    CurrencyCode,
    CurrencySettings,
    Exponent,
    Percent,
    Points,
    PointsExponent,
    Settings,
    Shop,
    is_zone,
)

_FILE_BYTES_MAX = 1_000_000
_YEAR_MIN = 1970
_YEAR_MAX = 2999

Steps = Annotated[tuple["Step", ...], msgspec.Meta(min_length=1, max_length=1000)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: an unknown key is an error."""


class ScenarioShop(Section, frozen=True):
    """What the shop reckons in."""

    currency: CurrencyCode = "EUR"
    currency_exponent: Exponent = 2
    cash_step: str = ""
    points_exponent: PointsExponent = 0
    zone: str = "UTC"
    locale: str = "en_GB"


class ScenarioProduct(Section, frozen=True):
    """A product; prices, ``cost`` and ``tax`` are written as people write them. ``margin`` is its margin's lower end in percent."""

    code: str
    price: str
    name: str = ""
    tax: str = "0"
    product_class: ProductClass = msgspec.field(name="class", default=ProductClass.GENERAL)
    band: str = ""
    department: str = ""
    category: str = ""
    sold_by_weight: bool = False
    member_price: str = ""
    margin: Percent | None = None
    cost: str = ""


class ScenarioMember(Section, frozen=True):
    """A member, called by ``id`` in the steps; ``birthday`` is MM-DD. ``card_of``: one more card of that member's account.

    ``segments``: the groups that the shop has put the member into.
    """

    id: str
    segments: tuple[str, ...] = ()
    card_class: str = ""
    birthday: str = ""
    card_of: str = ""


class ScenarioCoupons(Section, frozen=True, rename={"first_date": "from", "last_date": "until"}):
    """A batch of coupons, called by ``id`` in the steps: for which rule (``programme/rule``), how many, each for how many receipts.

    ``first_date`` and ``last_date`` are both included; ``member``: for that one only.
    """

    id: str
    rule: str
    codes: int = 1
    uses: int = 1
    first_date: str = ""
    last_date: str = ""
    member: str = ""


class ScenarioDraw(Section, frozen=True):
    """A seed by which chance goes here: 64 hexadecimal digits, so that everybody gets the same."""

    seed: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class Bought(Section, frozen=True):
    """Goods on a receipt: so many (or kilograms) of a product; ``amount`` is a price for the whole line."""

    product: str
    quantity: str = "1"
    amount: str = ""


class Returned(Section, frozen=True):
    """Goods that come back, by the line of the receipt."""

    line: int
    quantity: str = "1"


class Expected(Section, frozen=True):
    """What should come out; what is absent is not compared. ``refused`` is an error's code, ``reasons`` are reason codes."""

    total: str | None = None
    to_pay: str | None = None
    earned: str | None = None
    burned: str | None = None
    discount: str | None = None
    saved: str | None = None
    available: str | None = None
    pending: str | None = None
    overdraft: str | None = None
    card_class: str | None = None
    missing: str | None = None
    refund: str | None = None
    clawed_back: str | None = None
    restored: str | None = None
    points_by_line: tuple[str, ...] | None = None
    reasons: tuple[str, ...] | None = None
    collected: tuple[str, ...] | None = None
    taken: tuple[str, ...] | None = None
    pools: tuple[str, ...] | None = None
    notices: tuple[str, ...] | None = None
    coupons: tuple[str, ...] | None = None
    donated: str | None = None
    shop_donated: str | None = None
    owed: str | None = None
    overdue: str | None = None
    lowered: str | None = None
    paid_back: str | None = None
    won: tuple[str, ...] | None = None
    winners: tuple[str, ...] | None = None
    refused: str | None = None


class Step(Section, frozen=True):
    """One thing that happens: a receipt (``buy``), a return (``return_of`` names a step), or a look at a balance.

    ``store``: where, for programmes that run in some stores only. ``profit_share``: a quarter that is paid out, as ``2026-Q1``.
    ``hold_draw``: the programme whose lottery is held. ``in_parts``: the receipt is paid so; ``pay_on`` names one on whose contract
    ``amount`` is paid. ``enrol`` gives a member their card only then; ``referred_by`` is who brought them. ``choose``:
    ``programme/rule=product``. ``act``: what the member does, by the name that programmes give it.
    """

    at: str
    id: str = ""
    store: str = ""
    member: str = ""
    buy: tuple[Bought, ...] = ()
    burn: str = "0"
    take: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    donate: str = ""
    in_parts: bool = False
    pay_on: str = ""
    amount: str = ""
    return_of: str = ""
    profit_share: str = ""
    hold_draw: str = ""
    lines: tuple[Returned, ...] = ()
    enrol: str = ""
    referred_by: str = ""
    verify: bool = False
    segment: str = ""
    choose: str = ""
    act: str = ""
    expect: Expected = Expected()


class Scenario(Section, frozen=True):
    """The whole file. ``programmes`` are file names beside it, or ``preset:NAME``."""

    title: str
    programmes: tuple[str, ...]
    steps: Steps
    story: str = ""
    shop: ScenarioShop = ScenarioShop()
    products: tuple[ScenarioProduct, ...] = ()
    members: tuple[ScenarioMember, ...] = ()
    coupons: tuple[ScenarioCoupons, ...] = ()
    draws: tuple[ScenarioDraw, ...] = ()


def read_scenario(path: Path) -> Scenario:
    """The file; raises ``PosError`` that names it and says what is wrong."""
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            raise refused(path, "it is larger than 1 MB")
        scenario = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8-sig")), Scenario)
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refused(path, f"it is not valid TOML: {error}") from error
    except RecursionError as error:
        raise refused(path, "it is nested too deeply") from error
    except msgspec.ValidationError as error:
        raise refused(path, re.sub(r" - at `\$\.?(.*)`$", r" (at \1)", str(error))) from error
    if not is_zone(scenario.shop.zone):
        raise refused(path, f"the time zone {scenario.shop.zone!r} is unknown")
    names = [member.id for member in scenario.members]
    if len(set(names)) < len(names):
        raise refused(path, "two members have one id")
    batches = [batch.id for batch in scenario.coupons]
    if len(set(batches)) < len(batches):
        raise refused(path, "two batches of coupons have one id")
    return scenario


def settings_of(scenario: Scenario, path: Path) -> Settings:
    """The settings of a till in the scenario's shop."""
    shop = scenario.shop
    step = shop.cash_step or text_from_minor(1, exponent=shop.currency_exponent)
    cash_step_minor = scaled(step, shop.currency_exponent, path)
    if not cash_step_minor:
        raise refused(path, "the cash step is 0")
    return Settings(
        shop=Shop(name=scenario.title, zone=shop.zone, locale=shop.locale),
        currency=CurrencySettings(shop.currency, shop.currency_exponent, cash_step_minor),
        points=Points(shop.points_exponent),
        cards=(CardRange("0000000000001", "9999999999999", check_digit="none"),),
    )


def utc_ms_of(scenario: Scenario, step: Step, path: Path) -> int:
    """When a step happens, in the shop's zone where the file names none."""
    try:
        moment = datetime.fromisoformat(step.at)
    except ValueError as error:
        raise refused(path, f"{step.at!r} is not a date and time (2026-03-01 10:00)") from error
    if not _YEAR_MIN <= moment.year <= _YEAR_MAX:
        raise refused(path, f"{step.at!r} is not between the years {_YEAR_MIN} and {_YEAR_MAX}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(scenario.shop.zone))
    return int(moment.timestamp() * 1000)


def scaled(text: str, exponent: int, path: Path) -> int:
    """An amount, a number of points or (exponent 3) a quantity as the file writes it, in its smallest unit."""
    try:
        value = minor_from_text(text, exponent=exponent)
    except ValueError as error:
        raise refused(path, str(error)) from error
    if value < 0:
        raise refused(path, f"{text!r} is below zero")
    return value


def refused(path: Path, reason: str) -> PosError:
    """What to raise for a file that cannot run."""
    return PosError(
        "scenario.refused",
        what=f"The scenario {path.name} cannot run: {reason}.",
        safe="Nothing was changed.",
        todo="Correct the file and run it again.",
    )
