"""What every simulated shop sells, and by which programmes."""

from pathlib import Path

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.products import Product, ProductClass
from pos_app.settings import CardRange, Hq, Settings, Shop, Storage, Till

_BATCHES = (500, 7, 50)
_HOLD_TIMEOUT_MS = 10_000
"""Of the machine that simulates: a slow one must not change what happens."""
GOODS = tuple(
    Product(f"goods-{number}", f"Goods {number}", price_minor, tax_rate_bp, product_class, band)
    for number, (price_minor, tax_rate_bp, product_class, band) in enumerate(
        (
            (149, 1000, ProductClass.GENERAL, ""),
            (333, 1000, ProductClass.GENERAL, ""),
            (999, 2000, ProductClass.GENERAL, ""),
            (1250, 2000, ProductClass.HIGH_MARGIN, ""),
            (2499, 2000, ProductClass.HIGH_MARGIN, "2"),
            (4990, 2000, ProductClass.MEDICINE, "3"),
            (1875, 0, ProductClass.REGULATED, ""),
            (77, 500, ProductClass.GENERAL, ""),
        )
    )
)
CARDS = CardRange(first="2990000000000", last="2999999999999")
_OWN = """
schema = 1
id = "own"
version = 1
name = "Points of the chain"
issuer = "shop"
point_worth_minor = 1

[earning]
pending = {pending}
life = {life}

[burning]
burn_as = "{burn_as}"

[[rules]]
kind = "fixed-card"
id = "percent"
other_rate_bp = 700
rates_bp = {{}}
"""
_PARTNER = """
schema = 1
id = "partner"
version = 1
name = "Points of a partner"
issuer = "partner"
point_worth_minor = 1

[earning]
pending = "next_day"
life = { days = 4 }

[[rules]]
kind = "progressive"
id = "sum"
on = "accumulated"
period = "calendar_month"
steps = [{ from_minor = 0, rate_bp = 100 }, { from_minor = 20_000, rate_bp = 300 }]
"""


def programmes(seed: int) -> tuple[Programme, ...]:
    """The programmes of a run: points of the chain that can be burned, in a kind that goes by the seed, and a partner's."""
    own = _OWN.format(
        pending='"none"' if seed % 2 else "{ hours = 3 }",
        life='"never"' if seed % 3 == 0 else "{ days = 5 }",
        burn_as="tender" if seed % 5 == 0 else "price_reduction",
    )
    return parse_programme(own, source="own.toml"), parse_programme(_PARTNER, source="partner.toml")


def settings(number: int, *, hq_url: str, mirror: Path) -> Settings:
    """The settings of a till: every second one has a mirror, every third one lets go of bodies after a day; batches differ."""
    return Settings(
        shop=Shop(name="Simulated shop", store_id=store_id(number)),
        till=Till(authority="hq", number=number),
        cards=(CARDS,),
        hq=Hq(
            url=hq_url,
            hold_timeout_ms=_HOLD_TIMEOUT_MS,
            batch_events_max=_BATCHES[number % len(_BATCHES)],
        ),
        storage=Storage(mirror="" if number % 2 else str(mirror), keep_events_days=35 if number % 3 else 1),
    )


def store_id(number: int) -> str:
    """Two tills a store."""
    return f"store-{(number + 1) // 2}"


def card_number(index: int) -> str:
    """The card of this index, with its check digit."""
    digits = f"299{index:09d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"
