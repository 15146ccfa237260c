"""Goods: what the till knows of a product. Cost prices are deliberately not here: no cashier's screen ever loads them."""

from enum import StrEnum

import msgspec


class ProductClass(StrEnum):
    """What the law and the margin say of a product; the pharmacy rules and the engine's lock go by it."""

    REGULATED = "regulated"
    """Regulated medicine: never earns, never accepts points, whatever any rule says."""
    MEDICINE = "medicine"
    HIGH_MARGIN = "high_margin"
    GENERAL = "general"


class Product(msgspec.Struct, frozen=True):
    """One product as sold: ``code`` is its GTIN as ``devices.barcodes`` gives it (a UPC-A has 13 digits) or the shop's own code.

    ``price_minor`` is per piece or per kilogram and includes tax; ``band`` is the published bonus band, empty for none;
    ``sold_by_weight`` says that a quantity may be a fraction. ``member_price_minor`` is the second price, None where there is none.
    ``margin_floor_percent`` is the lower end of the published band of the margin (``margins``), None where it is not known.
    """

    code: str
    name: str
    price_minor: int
    tax_rate_bp: int
    product_class: ProductClass = ProductClass.GENERAL
    band: str = ""
    department: str = ""
    category: str = ""
    sold_by_weight: bool = False
    member_price_minor: int | None = None
    margin_floor_percent: int | None = None
