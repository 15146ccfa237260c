"""A small pharmacy to show and to test the screen with: products, members with points from real sales, a clock that stands."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.accounts import CardStatus
from pos_app.model.products import Product, ProductClass
from pos_app.model.receipts import PaymentKind
from pos_app.programmes import preset_text
from pos_app.settings import CardRange, CurrencySettings, Scanner, Settings, Shop
from pos_app.settings import Till as TillSettings
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import BasketLine
from storage import accounts, catalogue
from storage.accounts import NewMember
from storage.database import DATABASE_NAME

NOW_MS = int(datetime(2026, 3, 14, 16, 42, tzinfo=UTC).timestamp() * 1000)
_DAY_MS = 86_400_000
_EAN13_PAYLOAD = 12

GENERAL, MEDICINE = ProductClass.GENERAL, ProductClass.MEDICINE
REGULATED, HIGH_MARGIN = ProductClass.REGULATED, ProductClass.HIGH_MARGIN


def ean13(stem: str) -> str:
    """A number of up to 12 digits as an EAN-13 with its check digit."""
    from stdnum import ean

    payload = stem.ljust(_EAN13_PAYLOAD, "0")
    return payload + ean.calc_check_digit(payload)


class Goods(msgspec.Struct, frozen=True):
    """One thing of the sample shop: the stem of its code, English and Russian name, price, class, tax."""

    stem: str
    name: str
    name_ru: str
    price_minor: int
    product_class: ProductClass
    tax_rate_bp: int = 2000
    by_weight: bool = False


GOODS = (
    Goods("590000000001", "Vitamin D3 1000 IU, 90 capsules", "Витамин D3 1000 МЕ, 90 капсул", 1290, HIGH_MARGIN),
    Goods("590000000002", "Ibuprofen 200 mg, 20 tablets", "Ибупрофен 200 мг, 20 таблеток", 180, MEDICINE, 1000),
    Goods("590000000003", "Amoxicillin 500 mg, 16 capsules", "Амоксициллин 500 мг, 16 капсул", 640, REGULATED, 1000),
    Goods("590000000004", "Sun cream SPF 50, 200 ml", "Крем от солнца SPF 50, 200 мл", 1850, HIGH_MARGIN),
    Goods("590000000005", "Toothpaste with fluoride, 75 ml", "Зубная паста с фтором, 75 мл", 345, GENERAL),
    Goods("590000000006", "Plasters, waterproof, 20 pieces", "Пластырь водостойкий, 20 шт.", 299, GENERAL),
    Goods("590000000007", "Blood pressure monitor, upper arm", "Тонометр автоматический на плечо", 4990, GENERAL),
    Goods("211234500000", "Rosehip, loose", "Шиповник, на вес", 1449, GENERAL, 1000, by_weight=True),
)
CODES = tuple(ean13(goods.stem) for goods in GOODS)
VITAMIN, IBUPROFEN, AMOXICILLIN, SUN_CREAM, TOOTHPASTE, PLASTERS, MONITOR, ROSEHIP = CODES
ROSEHIP_245_G = ean13("211234500245")
CODE_OF_NOTHING = ean13("590123412345")
CARD_WITH_POINTS = ean13("299000000001")
CARD_WITH_BIRTHDAY = ean13("299000000002")
CARD_BLOCKED = ean13("299000000003")
CARD_FRESH = ean13("299000000777")


def sample_settings(*, mode: str = "till", language: str = "en") -> Settings:
    """The shop's settings, in English and euros or in Russian and roubles."""
    is_russian = language == "ru"
    return Settings(
        shop=Shop(
            name="Аптека на углу" if is_russian else "Corner Pharmacy",
            zone="Europe/Moscow" if is_russian else "Europe/London",
            locale="ru_RU" if is_russian else "en_IE",
            language=language,
        ),
        currency=CurrencySettings(code="RUB" if is_russian else "EUR"),
        till=TillSettings(mode="beside" if mode == "beside" else "till", language=language, staff_ref="anna", number=2),
        scanner=Scanner(port="/dev/ttyACM0"),
        cards=(CardRange(first="2990000000000", last="2999999999999", card_class="silver"),),
    )


def sample_programmes() -> list[Programme]:
    """Bonuses of a pharmacy and the accumulating ladder beside them."""
    return [parse_programme(_nearer(preset_text(name)), source=name) for name in ("pharmacy", "progressive")]


def open_sample_till(
    folder: Path, settings: Settings, programmes: Sequence[Programme] | None = None
) -> tuple[Till, ManualClock]:
    """A till of this shop in ``folder`` and its clock. A new one is filled: members have the points that they earned there."""
    is_new = not (folder / DATABASE_NAME).exists()
    clock = ManualClock(NOW_MS - 40 * _DAY_MS)
    in_force = sample_programmes() if programmes is None else programmes
    till = open_till(settings, folder, programmes_in_force=in_force, clock=clock)
    if is_new:
        _fill(till, is_russian=settings.till.language == "ru")
        for days_before, codes in ((40, (6, 6, 3)), (20, (0, 3, 6)), (1, (0,))):
            clock.now_ms = NOW_MS - days_before * _DAY_MS
            sell(till, CARD_WITH_POINTS, [CODES[code] for code in codes])
    clock.now_ms = NOW_MS
    return till, clock


def _nearer(text: str) -> str:
    """The ladder's second step at 300 in place of 30 000, so that the pictures show something within reach."""
    return text.replace("3_000_000", "30_000")


def _fill(till: Till, *, is_russian: bool) -> None:
    products = [
        Product(
            code,
            goods.name_ru if is_russian else goods.name,
            goods.price_minor,
            goods.tax_rate_bp,
            goods.product_class,
            sold_by_weight=goods.by_weight,
        )
        for code, goods in zip(CODES, GOODS, strict=True)
    ]
    names = ("Елена Соколова", "Илья Ким", "Пётр Орлов") if is_russian else ("Elena Sokolova", "Iva Horvat", "Jan Kos")
    cards = (CARD_WITH_POINTS, CARD_WITH_BIRTHDAY, CARD_BLOCKED)
    members = [
        NewMember(f"00000000-0000-4000-8000-00000000000{number}", card, "silver", name, "", birthday)
        for number, (card, name, birthday) in enumerate(zip(cards, names, ("", "03-14", ""), strict=True))
    ]
    till.database.write(lambda connection: catalogue.put_products(connection, products))
    till.database.write(lambda connection: accounts.add_members(connection, members, utc_ms=till.clock.utc_ms()))
    till.database.write(lambda connection: accounts.set_card_status(connection, CARD_BLOCKED, CardStatus.BLOCKED))


def sell(till: Till, card_number: str, codes: list[str]) -> None:
    """Book a sale for cash, as if it had been scanned."""
    products = [till.find_product(code) for code in codes]
    basket = msgspec.structs.replace(
        till.open_basket(),
        lines=tuple(BasketLine(product) for product in products if product is not None),
        member=till.find_member(card_number),
    )
    is_beside = till.settings.till.mode == "beside"
    due_minor = till.quote(basket).cash_to_pay_minor
    tenders = () if is_beside else (Tender(PaymentKind.CASH, due_minor),)
    till.close_sale(basket, tenders, foreign_receipt="F-1" if is_beside else "").result()
