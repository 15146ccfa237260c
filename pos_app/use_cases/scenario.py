"""A scenario: a readable file with a programme, members, products and a sequence of receipts and returns with dates.

It runs on a real till with a real database and a clock of its own, and says what came out, why, and what differs from what
was expected. Programmes are tested and documented with it; docs/reference/scenario-files.md describes every key.
"""

import re
import tempfile
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from pos_app.errors import InputError, PosError
from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.loyalty.reasons import words
from pos_app.model.calendar import zone
from pos_app.model.evaluation import Refusal
from pos_app.model.money import minor_from_text, text_from_minor
from pos_app.model.products import Product, ProductClass
from pos_app.model.receipts import PaymentKind
from pos_app.programmes import preset_text
from pos_app.settings import CardRange, CurrencySettings, Points, Settings, Shop
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.importing import add_members
from pos_app.use_cases.programmes import read_file
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import BasketLine, ClosedSale
from storage import catalogue
from storage.accounts import NewMember

_FILE_BYTES_MAX = 1_000_000
_PRESET = "preset:"
_ENOUGH_CASH_MINOR = 10**12

Steps = Annotated[tuple["Step", ...], msgspec.Meta(min_length=1, max_length=1000)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: an unknown key is an error."""


class ScenarioShop(Section, frozen=True):
    """What the shop reckons in."""

    currency: str = "EUR"
    currency_exponent: int = 2
    cash_step: str = ""
    points_exponent: int = 0
    zone: str = "UTC"
    locale: str = "en_GB"


class ScenarioProduct(Section, frozen=True):
    """A product; ``price`` and ``tax`` are written as people write them."""

    code: str
    price: str
    name: str = ""
    tax: str = "0"
    product_class: ProductClass = msgspec.field(name="class", default=ProductClass.GENERAL)
    band: str = ""
    department: str = ""
    category: str = ""
    sold_by_weight: bool = False


class ScenarioMember(Section, frozen=True):
    """A member, called by ``id`` in the steps; ``birthday`` is MM-DD."""

    id: str
    card_class: str = ""
    birthday: str = ""


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
    refused: str | None = None


class Step(Section, frozen=True):
    """One thing that happens: a receipt (``buy``), a return (``return_of`` names a step), or a look at a balance."""

    at: str
    id: str = ""
    member: str = ""
    buy: tuple[Bought, ...] = ()
    burn: str = "0"
    return_of: str = ""
    lines: tuple[Returned, ...] = ()
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


class Outcome(msgspec.Struct, frozen=True):
    """What one step gave, as text by the names of ``Expected``, the reasons in words, and the differences."""

    number: int
    at: str
    what: str
    got: dict[str, str]
    reasons: tuple[str, ...]
    differences: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """What a scenario gave; it holds when no step differs."""

    file: str
    title: str
    outcomes: tuple[Outcome, ...]

    @property
    def holds(self) -> bool:
        """Whether everything came out as expected."""
        return not any(outcome.differences for outcome in self.outcomes)


def run_scenario(path: Path) -> Report:
    """Run one file; raises ``InputError`` or ``ProgrammeError`` that names the file and what is wrong with it."""
    scenario = _read(path)
    programmes = [_programme(reference, path) for reference in scenario.programmes]
    with tempfile.TemporaryDirectory(prefix="pos-scenario-") as folder:
        clock = ManualClock(_moment_ms(scenario, scenario.steps[0], path))
        till = open_till(_settings(scenario, path), Path(folder), programmes_in_force=programmes, clock=clock)
        try:
            return Report(path.name, scenario.title, _Run(scenario, till, clock, path).all())
        finally:
            till.close()


def _read(path: Path) -> Scenario:
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            raise _refused(path, "it is larger than 1 MB")
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Scenario)
    except OSError as error:
        raise _refused(path, f"it cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(path, f"it is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise _refused(path, re.sub(r" - at `\$\.?(.*)`$", r" (at \1)", str(error))) from error


def _programme(reference: str, path: Path) -> Programme:
    if reference.startswith(_PRESET):
        name = reference.removeprefix(_PRESET)
        return parse_programme(preset_text(name), source=f"{name}.toml")
    return read_file(path.parent / reference)


def _settings(scenario: Scenario, path: Path) -> Settings:
    shop = scenario.shop
    step = shop.cash_step or text_from_minor(1, exponent=shop.currency_exponent)
    try:
        zone(shop.zone)
    except (KeyError, ValueError) as error:
        raise _refused(path, f"the time zone {shop.zone!r} is unknown") from error
    return Settings(
        shop=Shop(name=scenario.title, zone=shop.zone, locale=shop.locale),
        currency=CurrencySettings(
            shop.currency, shop.currency_exponent, minor_from_text(step, exponent=shop.currency_exponent)
        ),
        points=Points(shop.points_exponent),
        cards=(CardRange("0000000000001", "9999999999999", check_digit="none"),),
    )


def _moment_ms(scenario: Scenario, step: Step, path: Path) -> int:
    try:
        moment = datetime.fromisoformat(step.at)
    except ValueError as error:
        raise _refused(path, f"{step.at!r} is not a date and time (2026-03-01 10:00)") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(scenario.shop.zone))
    return int(moment.timestamp() * 1000)


class _Run:
    """One scenario on one till."""

    def __init__(self, scenario: Scenario, till: Till, clock: ManualClock, path: Path) -> None:
        self._scenario = scenario
        self._till = till
        self._clock = clock
        self._path = path
        self._cards = {member.id: f"{number:013d}" for number, member in enumerate(scenario.members, start=1)}
        self._receipts: dict[str, str] = {}
        exponent = till.terms.currency.exponent
        products = [_product(product, exponent, path) for product in scenario.products]
        till.database.write(lambda connection: catalogue.put_products(connection, products))
        add_members(
            till,
            [
                NewMember(f"account-{member.id}", self._cards[member.id], member.card_class, birthday=member.birthday)
                for member in scenario.members
            ],
        )

    def all(self) -> tuple[Outcome, ...]:
        """Every step in order."""
        return tuple(self._step(number, step) for number, step in enumerate(self._scenario.steps, start=1))

    def _step(self, number: int, step: Step) -> Outcome:
        moment_ms = _moment_ms(self._scenario, step, self._path)
        if moment_ms < self._clock.now_ms:
            raise _refused(self._path, f"step {number} is earlier than the one before it")
        self._clock.now_ms = moment_ms
        reasons: tuple[str, ...] = ()
        try:
            if step.return_of:
                what, got = f"return of {step.return_of}", self._return(step)
            elif step.buy:
                what, got, reasons = self._buy(number, step)
            else:
                what, got = "look", {}
        except InputError as error:
            what, got = "refused", {"refused": error.code}
            reasons = (error.what,)
        got |= self._balance(step)
        return Outcome(number, step.at, what, got, reasons, _differences(step.expect, got))

    def _buy(self, number: int, step: Step) -> tuple[str, dict[str, str], tuple[str, ...]]:
        basket = self._till.open_basket()
        lines = tuple(self._line(bought) for bought in step.buy)
        member = None if not step.member else self._till.find_member(self._card(step.member))
        burn_units = minor_from_text(step.burn, exponent=self._scenario.shop.points_exponent)
        basket = msgspec.structs.replace(basket, lines=lines, member=member, burn_units=burn_units)
        closed = self._till.close_sale(basket, [Tender(PaymentKind.CASH, _ENOUGH_CASH_MINOR)]).result()
        self._receipts[step.id or str(number)] = closed.receipt_number
        explanation = explain_receipt(self._till, closed.receipt_number)
        assert explanation.agrees, "what was booked is what explaining it gives"
        result = explanation.result
        shop = self._scenario.shop
        sentences = [
            f"line {award.line_no}: {self._points(award.units)} by {award.rule_id}: "
            + words(award.reason, currency_exponent=shop.currency_exponent, points_exponent=shop.points_exponent)
            for award in result.awards
        ]
        sentences += [
            f"{f'line {refusal.line_no}' if refusal.line_no else 'receipt'}: nothing{_by(refusal)}: "
            + words(refusal.reason, currency_exponent=shop.currency_exponent, points_exponent=shop.points_exponent)
            for refusal in result.refusals
        ]
        codes = {award.reason.code for award in result.awards} | {refusal.reason.code for refusal in result.refusals}
        return (
            f"receipt {step.id or number}",
            self._sale(closed) | {"reasons": " ".join(sorted(codes))},
            tuple(sentences),
        )

    def _sale(self, closed: ClosedSale) -> dict[str, str]:
        result = closed.quote.result
        by_line = [
            sum(award.units for award in result.awards if award.line_no == line.line_no) for line in closed.quote.lines
        ]
        got = {
            "total": self._money(closed.quote.total_minor),
            "to_pay": self._money(closed.quote.to_pay_minor),
            "earned": self._points(result.earned_units),
            "burned": self._points(result.burn_units),
            "points_by_line": " ".join(self._points(units) for units in by_line),
        }
        if result.next_step is not None:
            got["missing"] = self._money(result.next_step.missing_minor)
        return got

    def _return(self, step: Step) -> dict[str, str]:
        number = self._receipts.get(step.return_of)
        if number is None:
            raise _refused(self._path, f"there is no receipt {step.return_of!r} before this return")
        quantities = {line.line: _milli(line.quantity, self._path) for line in step.lines}
        closed = self._till.return_goods(number, quantities).result()
        return {
            "refund": self._money(closed.refund_minor),
            "clawed_back": self._points(closed.clawed_back_units),
            "restored": self._points(closed.restored_units),
        }

    def _balance(self, step: Step) -> dict[str, str]:
        if not step.member:
            return {}
        member = self._till.find_member(self._card(step.member))
        assert member is not None, "every member of the file has a card"
        return {
            "available": self._points(member.balance.available_units),
            "pending": self._points(member.balance.pending_units),
            "overdraft": self._points(member.balance.overdraft_units),
            "card_class": member.card_class,
        }

    def _line(self, bought: Bought) -> BasketLine:
        product = self._till.find_product(bought.product)
        if product is None:
            raise _refused(self._path, f"there is no product {bought.product!r}")
        amount = _minor(bought.amount, self._till.terms.currency.exponent, self._path) if bought.amount else None
        return BasketLine(product, _milli(bought.quantity, self._path), amount)

    def _card(self, member: str) -> str:
        if member not in self._cards:
            raise _refused(self._path, f"there is no member {member!r}")
        return self._cards[member]

    def _money(self, minor: int) -> str:
        return text_from_minor(minor, exponent=self._till.terms.currency.exponent)

    def _points(self, units: int) -> str:
        return text_from_minor(units, exponent=self._till.terms.points_exponent)


def _by(refusal: Refusal) -> str:
    """Which rule refused; empty where the till itself does."""
    name = refusal.rule_id or refusal.programme_id
    return f" by {name}" if name else ""


def _product(product: ScenarioProduct, exponent: int, path: Path) -> Product:
    return Product(
        code=product.code,
        name=product.name or product.code,
        price_minor=_minor(product.price, exponent, path),
        tax_rate_bp=_minor(product.tax.removesuffix("%"), 2, path),
        product_class=product.product_class,
        band=product.band,
        department=product.department,
        category=product.category,
        sold_by_weight=product.sold_by_weight,
    )


def _minor(text: str, exponent: int, path: Path) -> int:
    try:
        return minor_from_text(text, exponent=exponent)
    except ValueError as error:
        raise _refused(path, str(error)) from error


def _milli(text: str, path: Path) -> int:
    return _minor(text, 3, path)


def _differences(expected: Expected, got: dict[str, str]) -> tuple[str, ...]:
    differences = []
    for name in Expected.__struct_fields__:
        want = getattr(expected, name)
        if name == "reasons":
            missing = [code for code in want or () if code not in got.get("reasons", "").split()]
            differences += [f"the reason {code} did not come up" for code in missing]
            continue
        wanted = " ".join(want) if isinstance(want, tuple) else want
        if wanted is not None and wanted != got.get(name, ""):
            differences.append(f"{name}: expected {wanted}, got {got.get(name, 'nothing')}")
    if "refused" in got and expected.refused is None:
        differences.append(f"refused ({got['refused']}), which was not expected")
    return tuple(differences)


def _refused(path: Path, reason: str) -> PosError:
    return PosError(
        "scenario.refused",
        what=f"The scenario {path.name} cannot run: {reason}.",
        safe="Nothing was changed.",
        todo="Correct the file and run it again.",
    )
