"""What a receipt is made of: facts only, no words, no layout. Light to import; the till may hold these at start.

Every amount is >= 0 in minor units, every number of points >= 0 in units, for a return too: the kind says which way they went.
"""

from typing import Literal

import msgspec

from pos_app.model.accounts import BalanceView, Expiring
from pos_app.model.evaluation import Award, NextStep
from pos_app.model.money import Currency
from pos_app.model.receipts import Payment, SaleKind, SaleLine, TaxRow


class ShopFacts(msgspec.Struct, frozen=True):
    """The shop at the head of the receipt; ``address`` is one entry a line, ``tax_number`` is printed as it stands."""

    name: str
    address: tuple[str, ...] = ()
    tax_number: str = ""


class MemberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipt tells its member. ``name`` is personal: join it when rendering, never store these facts with it.

    ``earned_units``: points that a sale gave, or that a return took back. ``burned_units``: points that a sale used, or that
    a return gave back. ``balance`` is the balance afterwards, None where the till does not know it. ``pools``: what is there then of
    stamps, tickets and the like, by name, and ``pool_ends``: which of them end first, by the same name. ``gifts`` are
    rewards in words that the member took, ``wins`` what chance gave.
    """

    name: str = ""
    card_class: str = ""
    earned_units: int = 0
    burned_units: int = 0
    burned_worth_minor: int = 0
    balance: BalanceView | None = None
    next_step: NextStep | None = None
    pools: dict[str, int] = {}
    pool_ends: dict[str, Expiring] = {}
    gifts: tuple[str, ...] = ()
    wins: tuple[str, ...] = ()


class DiscountFacts(msgspec.Struct, frozen=True):
    """What one programme, called ``name``, took off the price of a line; an empty name is the receipt language's own word."""

    line_no: int
    name: str
    amount_minor: int


class CauseFacts(msgspec.Struct, frozen=True):
    """What this receipt gives to a cause, or a return takes back: the customer's and the shop's own, in minor units.

    ``member_minor``: what member and shop gave so far, None without a member; ``all_minor``: what this till collected so far.
    """

    name: str
    by_customer_minor: int
    by_shop_minor: int
    member_minor: int | None
    all_minor: int


class DrawFacts(msgspec.Struct, frozen=True):
    """A draw that chance goes by in this shop: its name, and the SHA-256 of its seed in hexadecimal digits."""

    name: str
    seed_hash: str


class ContractFacts(msgspec.Struct, frozen=True):
    """A contract: its number, the parts that are still to be paid (ISO date, minor units), and their sum."""

    number: str
    left: tuple[tuple[str, int], ...]
    owed_minor: int


class NpsFacts(msgspec.Struct, frozen=True):
    """The one question. ``url`` is the whole address behind the QR code, ``code`` the short one-time code printed below it.

    An empty ``question`` is the receipt language's own.
    """

    url: str
    code: str
    question: str = ""


class ReceiptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One receipt. ``utc_ms`` is shown as wall time of the IANA ``zone``; ``cashier_ref`` is printed as it stands.

    ``gross_minor``: the sum of the lines' list prices; ``discount_minor``: what discounts took off; ``total_minor``: what is
    payable after burning as price reduction. ``mode`` "beside" makes a slip for a shop whose fiscal till prints the receipt:
    ``foreign_receipt`` is that till's number. ``original_receipt`` is the sale that a return belongs to; ``is_unseen``: nobody could
    show it, so headquarters settles its points later. ``awards`` are printed as points below their lines, and ``discounts``,
    which are within ``discount_minor``, as what was taken off. ``locale`` is a Babel locale (amounts, dates), ``language`` a receipt
    language (words).
    ``coupons`` are those that were used up, by batch and number.
    ``claim`` is the code by which a member gets the points if this sale should be lost; empty for none. ``causes`` got something.
    ``contract`` was agreed on this sale, or paid on by this receipt.
    ``draws`` are those that chance goes by in this shop.
    """

    shop: ShopFacts
    receipt_number: str
    utc_ms: int
    zone: str
    cashier_ref: str
    lines: tuple[SaleLine, ...]
    tax: tuple[TaxRow, ...]
    payments: tuple[Payment, ...]
    gross_minor: int
    discount_minor: int
    total_minor: int
    currency: Currency
    change_minor: int = 0
    kind: SaleKind = SaleKind.SALE
    mode: Literal["till", "beside"] = "till"
    foreign_receipt: str = ""
    original_receipt: str = ""
    is_unseen: bool = False
    member: MemberFacts | None = None
    points_exponent: int = 0
    awards: tuple[Award, ...] = ()
    discounts: tuple[DiscountFacts, ...] = ()
    nps: NpsFacts | None = None
    causes: tuple[CauseFacts, ...] = ()
    contract: ContractFacts | None = None
    draws: tuple[DrawFacts, ...] = ()
    claim: str = ""
    copy: bool = False
    coupons: tuple[str, ...] = ()
    locale: str = "en_GB"
    language: str = "en"
