"""The shop that the benchmarks sell in: Complete Journey's goods and baskets, and as many members as asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec
from stdnum import ean

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.products import Product
from pos_app.programmes import preset_text
from pos_app.settings import Settings
from pos_app.use_cases.complete_journey import Journey, ShiftBasket, load_journey
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import Basket, BasketLine
from storage import accounts, catalogue
from storage.accounts import NewMember

_CACHE = Path("build/bench/journey.msgpack")
_BATCH = 50_000
_NAMES = ("Anna Kovač", "Марија Иванова", "Ivan Petrović", "Ольга Смирнова", "María Santos")


@cache
def journey() -> Journey:
    """The data, kept between runs, since reading the frames takes a quarter of a minute."""
    if _CACHE.exists():
        return msgspec.msgpack.decode(_CACHE.read_bytes(), type=Journey)
    data = load_journey()
    _CACHE.parent.mkdir(parents=True, exist_ok=True)
    _CACHE.write_bytes(msgspec.msgpack.encode(data))
    return data


def programmes() -> list[Programme]:
    """The three rules at the heart, together in one shop."""
    names = ("fixed-card", "progressive", "pharmacy")
    return [parse_programme(preset_text(name), source=name) for name in names]


def card_number(number: int) -> str:
    """A member's card, outside the households' cards."""
    digits = f"2991{number:08d}"
    return digits + str(ean.calc_check_digit(digits))


def fill(till: Till, *, members: int, products: int | None = None) -> None:
    """Put goods (all of them, or so many, made up beyond the data's own) and members into a till."""
    goods = list(journey().products)
    while products is not None and len(goods) < products:
        goods.append(_made_up(goods[len(goods) % 1000], len(goods)))
    till.database.write(lambda connection: catalogue.put_products(connection, goods[:products]))
    households = journey().members
    till.database.write(lambda connection: accounts.add_members(connection, households, utc_ms=0))
    for begin in range(0, members - len(households), _BATCH):
        batch = [_member(number) for number in range(begin, min(begin + _BATCH, members - len(households)))]
        till.database.write(lambda connection, batch=batch: accounts.add_members(connection, batch, utc_ms=0))  # type: ignore[misc]


def _made_up(like: Product, number: int) -> Product:
    digits = f"2009{number:08d}"
    return msgspec.structs.replace(like, code=digits + str(ean.calc_check_digit(digits)))


def _member(number: int) -> NewMember:
    return NewMember(f"account-{number:08d}", card_number(number), "gold", name=_NAMES[number % len(_NAMES)])


@contextmanager
def opened(folder: Path, settings: Settings | None = None) -> Iterator[Till]:
    """A till in ``folder`` with the three rules."""
    till = open_till(settings or Settings(), folder, programmes_in_force=programmes())
    try:
        yield till
    finally:
        till.close()


def basket_of(till: Till, real: ShiftBasket) -> Basket:
    """A real basket, as it stands on the screen before it is closed: goods looked up, historical prices, the member's card."""
    lines = []
    for line in real.lines:
        product = till.find_product(line.product_code)
        assert product is not None, "every basket's goods are in the shop"
        lines.append(BasketLine(product, line.quantity_milli, line.amount_minor))
    return msgspec.structs.replace(till.open_basket(), lines=tuple(lines), member=till.find_member(real.card_number))
