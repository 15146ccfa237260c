"""A sale as it was booked: the nouns that the screen, the tables, the events and the paper share."""

from enum import StrEnum

import msgspec

from pos_app.model.products import ProductClass


class SaleKind(StrEnum):
    """Whether goods went out or came back, or money was paid on a contract."""

    SALE = "sale"
    RETURN = "return"
    INSTALMENT = "instalment"


class PaymentKind(StrEnum):
    """How money came in. ``ROUNDING`` is the step of cash rounding, an entry of its own; ``POINTS`` only as tender.

    ``FOREIGN`` is what the fiscal till beside us took. ``INSTALMENTS`` is no money: a contract owes it, and where goods come back it is
    what the contract owes less.
    """

    CASH = "cash"
    CARD = "card"
    POINTS = "points"
    ROUNDING = "rounding"
    FOREIGN = "foreign"
    INSTALMENTS = "instalments"


class Payment(msgspec.Struct, frozen=True):
    """One payment in minor units: what is kept of it (change is already taken off). ``given_minor`` is what was handed over.

    ``reference`` is the card terminal's reference; a card number is never stored.
    """

    kind: PaymentKind
    amount_minor: int
    given_minor: int = 0
    reference: str = ""


class SaleLine(msgspec.Struct, frozen=True):
    """One booked line. Money in minor units, tax included.

    ``list_minor``: catalogue price times quantity. ``amount_minor``: what was asked (an override, or what rules take off, is in it).
    ``burn_minor``: the share of a price reduction by points. ``payable_minor`` = amount - burn. ``tax_minor`` is contained in
    ``payable_minor``. ``batch`` is the batch or lot number that the goods' code carried.
    """

    line_no: int
    product_code: str
    name: str
    product_class: ProductClass
    band: str
    department: str
    category: str
    quantity_milli: int
    unit_price_minor: int
    list_minor: int
    amount_minor: int
    burn_minor: int
    payable_minor: int
    tax_rate_bp: int
    tax_minor: int
    batch: str = ""
    sold_by_weight: bool = False


class TaxRow(msgspec.Struct, frozen=True):
    """One row of the receipt's tax table: amounts in minor units, ``gross`` includes ``tax``."""

    rate_bp: int
    gross_minor: int
    tax_minor: int


def tax_table(lines: tuple[SaleLine, ...]) -> tuple[TaxRow, ...]:
    """The tax of the lines summed by rate, lowest rate first."""
    gross: dict[int, int] = {}
    tax: dict[int, int] = {}
    for line in lines:
        gross[line.tax_rate_bp] = gross.get(line.tax_rate_bp, 0) + line.payable_minor
        tax[line.tax_rate_bp] = tax.get(line.tax_rate_bp, 0) + line.tax_minor
    return tuple(TaxRow(rate_bp=rate, gross_minor=gross[rate], tax_minor=tax[rate]) for rate in sorted(gross))
