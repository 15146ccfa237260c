"""A small shop for tests: a real till on a real database, with a clock that stands until it is moved."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pysqlite3.dbapi2

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.accounts import Member
from pos_app.model.products import Product, ProductClass
from pos_app.model.receipts import PaymentKind
from pos_app.programmes import preset_text
from pos_app.settings import Settings
from pos_app.use_cases.checking import Finding, Verdict, examine
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.importing import add_members
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.returning import ClosedReturn
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import Basket, BasketLine, ClosedSale
from storage import catalogue
from storage.accounts import NewMember
from storage.database import DATABASE_NAME, empty_database

NOON_MS = 1_782_907_200_000
"""2026-07-01 12:00 UTC."""
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

TEA = Product("tea", "Tea", 1000, 2000)
BREAD = Product("bread", "Хлеб", 333, 1000)
RICE = Product("rice", "Riža čista", 250, 1000, sold_by_weight=True)
PILLS = Product("pills", "Pills", 2000, 0, ProductClass.REGULATED)
GOODS = (TEA, BREAD, RICE, PILLS)

ANA = "2990000000019"
BOB = "2990000000026"
GOLD = "2990000000033"
NOBODY = "2990000000040"
"""A good card that was given to nobody yet."""

ENOUGH = (Tender(PaymentKind.CASH, 10**9),)

TENDER = """
schema = 1
id = "points"
version = 1
name = "Points that pay like money"
point_worth_minor = 10

[earning]
pending = { hours = 1 }
life = { days = 10 }

[burning]
burn_as = "tender"

[[rules]]
kind = "fixed-card"
id = "five"
other_rate_bp = 500
rates_bp = {}
"""
"""5 % back in points of 0.10, an hour later, for ten days."""


@cache
def programme(name_or_text: str) -> Programme:
    """A shipped programme by its name, or one by its text."""
    text = name_or_text if "\n" in name_or_text else preset_text(name_or_text)
    return parse_programme(text, source="programme.toml")


def settings_with(**sections: Any) -> Settings:
    """The default settings with other values, by section, checked as a file is."""
    return msgspec.convert(msgspec.to_builtins(Settings()) | sections, Settings)


def put_empty_database(folder: Path) -> None:
    """Let a till begin in this folder, which has none yet, without the migrations that take longer than most tests."""
    if not (folder / DATABASE_NAME).exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DATABASE_NAME).write_bytes(empty_database())


class Shop:
    """An open till with goods and members, and short ways to use it."""

    def __init__(self, folder: Path, *programmes: str, at_ms: int = NOON_MS, **sections: Any) -> None:
        self.folder = folder
        put_empty_database(folder)
        self.clock = ManualClock(at_ms)
        self._programmes = [programme(one) for one in programmes]
        self._settings = settings_with(**sections)
        self.till = self._open()
        self.put(*GOODS)

    def _open(self) -> Till:
        return open_till(self._settings, self.folder, programmes_in_force=self._programmes, clock=self.clock)

    def reopen(self, *programmes: str, **sections: Any) -> None:
        """Close the till and open it again, with other programmes or settings where they are given."""
        self.till.close()
        if programmes:
            self._programmes = [programme(one) for one in programmes]
        if sections:
            self._settings = settings_with(**sections)
        self.till = self._open()

    def close(self) -> None:
        """Close the till."""
        self.till.close()

    def put(self, *products: Product) -> None:
        """Put goods on the shelves."""
        self.till.database.write(lambda connection: catalogue.put_products(connection, products))

    def join(self, card: str, card_class: str = "", *, name: str = "", birthday: str = "") -> str:
        """Give a card to a new member; gives the account."""
        account_ref = f"account-{card}"
        add_members(self.till, [NewMember(account_ref, card, card_class, name=name, birthday=birthday)])
        return account_ref

    def product(self, code: str) -> Product:
        """What is on the shelf under this code."""
        product = self.till.find_product(code)
        assert product is not None
        return product

    def member(self, card: str) -> Member:
        """Who holds the card, as of now."""
        member = self.till.find_member(card)
        assert member is not None
        return member

    def basket(
        self, *goods: Product | BasketLine, card: str = "", burn: int = 0, takes: tuple[str, ...] = ()
    ) -> Basket:
        """A basket with one of each, or with lines as they are given."""
        lines = tuple(one if isinstance(one, BasketLine) else BasketLine(one) for one in goods)
        return msgspec.structs.replace(
            self.till.open_basket(),
            lines=lines,
            member=self.member(card) if card else None,
            burn_units=burn,
            takes=takes,
        )

    def sell(
        self,
        *goods: Product | BasketLine,
        card: str = "",
        burn: int = 0,
        paid: tuple[Tender, ...] = ENOUGH,
        foreign: str = "",
        takes: tuple[str, ...] = (),
    ) -> ClosedSale:
        """Sell and wait for COMMIT."""
        basket = self.basket(*goods, card=card, burn=burn, takes=takes)
        return self.till.close_sale(basket, paid, foreign_receipt=foreign).result()

    def take_back(self, sale: ClosedSale, **pieces_by_line: int) -> ClosedReturn:
        """Take goods back: ``line_1=2`` are two pieces of the first line."""
        quantities = {int(name.removeprefix("line_")): pieces * 1000 for name, pieces in pieces_by_line.items()}
        return self.till.return_goods(sale.receipt_number, quantities).result()

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self.clock.now_ms += ms

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the till's database."""
        rows = self.till.database.reader().exec_driver_sql(sql, values).all()
        return [tuple(row) for row in rows]

    def damage(self, sql: str, *values: object) -> None:
        """Change the closed database behind the till's back, its checks off, and open the till again."""
        self.till.close()
        connection = pysqlite3.dbapi2.connect(str(self.till.database.path), isolation_level=None)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        changed = connection.execute(sql, values).rowcount
        connection.close()
        assert changed, "nothing was damaged"
        self.till = self._open()

    def bad_findings(self) -> dict[str, str]:
        """What the doctor finds bad, by check."""
        return {one.check: one.words for one in self.examine() if one.verdict is Verdict.BAD}

    def examine(self) -> tuple[Finding, ...]:
        """Everything that the doctor finds."""
        return examine(self.till)
