"""Products and members from a CSV file: every bad row is named, and nothing is imported unless all of it is good."""

import csv
import io
import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from stdnum import ean

from devices.barcodes import canonical_gtin, card_check_is_right
from pos_app.errors import InputError
from pos_app.model.margins import margin_floor_percent
from pos_app.model.money import AMOUNT_MAX_MINOR, BASIS_POINTS, minor_from_text
from pos_app.model.products import Product, ProductClass
from pos_app.model.staff import Role
from pos_app.protocol.messages import StaffDocument
from pos_app.use_cases import enrolling
from pos_app.use_cases.card_ranges import find_card_range
from storage import accounts, catalogue
from storage.accounts import NewMember
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

FILE_BYTES_MAX = 200_000_000
_PROBLEMS_SHOWN = 20
_TEXT_MAX = 200
_CODE_MAX = 20
_STAFF_NAME_MAX = 80
_STAFF_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
PRODUCT_COLUMNS = (
    "code",
    "name",
    "price",
    "tax_rate",
    "class",
    "band",
    "department",
    "category",
    "cost",
    "sold_by_weight",
    "member_price",
)
STAFF_COLUMNS = ("staff_ref", "name", "role", "active")
MEMBER_COLUMNS = ("card_number", "name", "phone", "birthday", "card_class")

Row = dict[str, str]
Parsed = TypeVar("Parsed")


class _Sheet(msgspec.Struct, frozen=True):
    """A file as read: the names of its columns, and each row's values with the line that it stands in."""

    names: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


class PricedProduct(msgspec.Struct, frozen=True):
    """A product and, where the file has it, its cost without tax."""

    product: Product
    cost_minor: int | None


def import_products(till: "Till", path: Path) -> int:
    """Add or replace the products of a CSV file; gives how many. Raises ``InputError`` that names every bad row."""
    exponent = till.terms.currency.exponent
    priced = read_products(
        path, exponent=exponent, is_card=lambda code: find_card_range(till.settings, code) is not None
    )

    bands_percent = till.settings.margins.bands_percent

    def write(connection: Connection) -> None:
        costs_minor = catalogue.costs_minor(connection)
        catalogue.put_products(
            connection, (with_margin(item, bands_percent, costs_minor.get(item.product.code)) for item in priced)
        )
        catalogue.put_costs(
            connection, ((item.product.code, item.cost_minor) for item in priced if item.cost_minor is not None)
        )

    till.database.write(write)
    return len(priced)


def with_margin(item: PricedProduct, bands_percent: Sequence[int], known_cost_minor: int | None = None) -> Product:
    """The product with the band of its margin, by the cost in the file or else by the one that is known."""
    cost_minor = known_cost_minor if item.cost_minor is None else item.cost_minor
    if cost_minor is None:
        return item.product
    product = item.product
    floor_percent = margin_floor_percent(
        price_minor=product.price_minor,
        tax_rate_bp=product.tax_rate_bp,
        cost_minor=cost_minor,
        bands_percent=bands_percent,
    )
    return msgspec.structs.replace(product, margin_floor_percent=floor_percent)


def read_products(
    path: Path, *, exponent: int, is_card: Callable[[str], bool] = lambda _code: False
) -> list[PricedProduct]:
    """The products of a CSV file; raises ``InputError`` that names every bad row. ``exponent`` is the decimals of prices.

    ``is_card`` says which codes are in a range of card numbers, so that they cannot be a product's.
    """
    sheet = _read(path, PRODUCT_COLUMNS, required=("code", "name", "price", "tax_rate"))
    return _parse(path, sheet, lambda row: _product(row, exponent, is_card), key=lambda item: item.product.code)


def read_staff(path: Path) -> list[StaffDocument]:
    """Who works in the chain, from a CSV file; raises ``InputError`` that names every bad row. PINs are set at each till."""
    sheet = _read(path, STAFF_COLUMNS, required=("staff_ref", "name", "role"))
    return _parse(path, sheet, _staff_member, key=lambda member: member.staff_ref)


def import_members(till: "Till", path: Path) -> int:
    """Add the members of a CSV file; gives how many. Raises ``InputError`` that names every bad row, a taken card too."""
    sheet = _read(path, MEMBER_COLUMNS, required=("card_number",))
    members = _parse(path, sheet, lambda row: _member(till, row), key=lambda member: member.card_number)
    with till.database.reading() as connection:
        taken = [m for m in members if accounts.find_by_card(connection, m.card_number) is not None]
    if taken:
        raise _refused(
            path, [f"card ending in {member.card_number[-4:]}: it belongs to a member already" for member in taken]
        )
    add_members(till, members)
    return len(members)


def add_members(till: "Till", members: Sequence[NewMember]) -> None:
    """Add members with the events that tell HQ of their cards, in one transaction."""
    now_ms = till.clock.utc_ms()
    till.database.write(lambda connection: enrolling.add_members(till, connection, members, utc_ms=now_ms))


def _read(path: Path, columns: Sequence[str], *, required: Sequence[str]) -> _Sheet:
    """The rows of the file, its header checked; the separator may be a comma, a semicolon or a tab."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise _refused(path, [f"the file is larger than {FILE_BYTES_MAX // 1_000_000} MB"])
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _refused(path, [f"the file cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise _refused(path, ["the file is not text in UTF-8"]) from error
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = tuple(name.strip() for name in next(reader, []))
        _check_header(path, names, columns, required=required)
        return _Sheet(names, tuple((reader.line_num, tuple(values)) for values in reader if values))
    except csv.Error as error:
        raise _refused(path, [f"line {reader.line_num}: {error}"]) from error


def _check_header(path: Path, names: Sequence[str], columns: Sequence[str], *, required: Sequence[str]) -> None:
    problems = [f"unknown column {name!r}" for name in names if name not in columns]
    problems += [f"missing column {name!r}" for name in required if name not in names]
    problems += [f"column {name!r} is there twice" for name in columns if names.count(name) > 1]
    if problems:
        raise _refused(path, [*problems, f"the columns are {', '.join(columns)}"])


def _row(names: Sequence[str], values: Sequence[str]) -> Row:
    """One row by its columns. More values than columns would shift them: an amount with a comma, for one."""
    if len(values) > len(names):
        raise _BadRow(f"{len(values)} values for {len(names)} columns")
    return dict.fromkeys(names, "") | {name: value.strip() for name, value in zip(names, values, strict=False)}


def _parse(path: Path, sheet: _Sheet, parse: Callable[[Row], Parsed], *, key: Callable[[Parsed], str]) -> list[Parsed]:
    """Every row parsed, or ``InputError`` with all that is wrong."""
    problems: list[str] = []
    parsed: list[Parsed] = []
    first_seen: dict[str, int] = {}
    for line, values in sheet.rows:
        try:
            item = parse(_row(sheet.names, values))
        except _BadRow as bad:
            problems.append(f"line {line}: {bad}")
            continue
        earlier = first_seen.setdefault(key(item), line)
        if earlier != line:
            problems.append(f"line {line}: the same as in line {earlier}")
        parsed.append(item)
    if problems:
        raise _refused(path, problems)
    if not parsed:
        raise _refused(path, ["there are no rows in it"])
    return parsed


class _BadRow(Exception):  # noqa: N818 - it never leaves this module
    """What is wrong with one row."""


def _product(row: Row, exponent: int, is_card: Callable[[str], bool]) -> PricedProduct:
    code = row["code"]
    if not code or not code.isascii() or not code.isalnum() or len(code) > _CODE_MAX:
        raise _BadRow(f"code: up to {_CODE_MAX} letters and digits are needed")
    if code.isdigit() and len(code) in _GTIN_LENGTHS:
        if not ean.is_valid(code):
            raise _BadRow("code: the check digit is wrong")
        # As a scan of it will be looked up: a UPC-A is an EAN-13 that begins with 0.
        code = canonical_gtin(code)
    if is_card(code):
        raise _BadRow("code: it is in a range of card numbers, so a scan of it is a card")
    kind = row.get("class") or ProductClass.GENERAL.value
    if kind not in set(ProductClass):
        raise _BadRow(f"class: one of {', '.join(ProductClass)} is needed")
    cost = row.get("cost", "")
    price_minor = _amount_minor(row["price"], exponent, "price")
    product = Product(
        code=code,
        name=_text(row, "name", required=True),
        price_minor=price_minor,
        tax_rate_bp=_rate_bp(row["tax_rate"]),
        product_class=ProductClass(kind),
        band=_text(row, "band"),
        department=_text(row, "department"),
        category=_text(row, "category"),
        sold_by_weight=_flag(row.get("sold_by_weight", ""), "sold_by_weight"),
        member_price_minor=_member_price_minor(row, exponent, price_minor=price_minor),
    )
    return PricedProduct(product, _amount_minor(cost, exponent, "cost") if cost else None)


def _member_price_minor(row: Row, exponent: int, *, price_minor: int) -> int | None:
    text = row.get("member_price", "")
    if not text:
        return None
    minor = _amount_minor(text, exponent, "member_price")
    if minor > price_minor:
        raise _BadRow("member_price: it is above the price")
    return minor


def _staff_member(row: Row) -> StaffDocument:
    role = row["role"]
    if role not in set(Role):
        raise _BadRow(f"role: one of {', '.join(Role)} is needed")
    staff_ref = row["staff_ref"]
    if not _STAFF_REF.fullmatch(staff_ref):
        raise _BadRow("staff_ref: up to 32 letters, digits, dots, hyphens and underscores are needed")
    name = _text(row, "name", required=True)[:_STAFF_NAME_MAX]
    return StaffDocument(staff_ref, name, role, active=_flag(row.get("active", ""), "active", default=True))


def _member(till: "Till", row: Row) -> NewMember:
    number = row["card_number"]
    cards = find_card_range(till.settings, number)
    if cards is None:
        raise _BadRow("card_number: it is in none of the card ranges of the settings")
    if not card_check_is_right(number, cards):
        raise _BadRow("card_number: the check digit is wrong")
    birthday = row.get("birthday", "")
    if birthday:
        birthday = _birthday(birthday)
    return NewMember(
        account_ref=str(uuid.uuid4()),
        card_number=number,
        card_class=_text(row, "card_class") or cards.card_class,
        name=_text(row, "name"),
        phone=_text(row, "phone"),
        birthday=birthday,
    )


def _birthday(text: str) -> str:
    """``MM-DD`` out of a date with or without its year."""
    from datetime import date

    try:
        return date.fromisoformat(text if len(text) > len("MM-DD") else f"2000-{text}").strftime("%m-%d")
    except ValueError as error:
        raise _BadRow("birthday: YYYY-MM-DD or MM-DD is needed") from error


def _text(row: Row, column: str, *, required: bool = False) -> str:
    text = " ".join(row.get(column, "").split())
    if (required and not text) or len(text) > _TEXT_MAX or not text.isprintable():
        raise _BadRow(f"{column}: up to {_TEXT_MAX} printable characters are needed")
    return text


def _amount_minor(text: str, exponent: int, column: str) -> int:
    try:
        minor = minor_from_text(text, exponent=exponent)
    except ValueError as error:
        raise _BadRow(f"{column}: {error}") from error
    if not 0 <= minor <= AMOUNT_MAX_MINOR:
        raise _BadRow(f"{column}: {text!r} is out of range")
    return minor


def _rate_bp(text: str) -> int:
    rate_bp = _amount_minor(text.removesuffix("%"), 2, "tax_rate")
    if rate_bp > BASIS_POINTS:
        raise _BadRow(f"tax_rate: {text!r} is out of range")
    return rate_bp


def _flag(text: str, column: str, *, default: bool = False) -> bool:
    if not text:
        return default
    if text.lower() in {"0", "no", "false"}:
        return False
    if text.lower() in {"1", "yes", "true"}:
        return True
    raise _BadRow(f"{column}: yes or no is needed")


def _refused(path: Path, problems: Sequence[str]) -> InputError:
    shown = "; ".join(problems[:_PROBLEMS_SHOWN])
    more = len(problems) - _PROBLEMS_SHOWN
    if more > 0:
        shown += f"; and {more} more"
    return InputError(
        "import.refused",
        what=f"{path.name} was not imported: {shown}.",
        safe="Nothing was changed.",
        todo="Correct the file and import it again.",
    )
