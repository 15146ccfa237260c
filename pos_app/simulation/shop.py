"""What every simulated shop sells, and by which programmes."""

from pathlib import Path

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.policy import BurnPolicy
from pos_app.model.products import Product, ProductClass
from pos_app.settings import CardRange, Hq, Owners, Settings, Shop, Storage, Till
from pos_app.simulation.options import SimulationOptions

_BATCHES = (500, 7, 50)
_HOLD_TIMEOUT_MS = 10_000
"""Of the machine that simulates: a slow one must not change what happens."""
GOODS = tuple(
    Product(f"goods{number}", f"Goods {number}", price_minor, tax_rate_bp, product_class, band)
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
_RATES_BP = (700, 400, 900)
_LIVES = ('"never"', "{ days = 1 }", "{ days = 5 }")
_PRICE_STEP_MINOR = 7
_OWN = """
schema = 1
id = "own"
version = {version}
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
other_rate_bp = {rate_bp}
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
life = { days = 2 }

[[rules]]
kind = "progressive"
id = "sum"
on = "accumulated"
period = "calendar_month"
steps = [{ from_minor = 0, rate_bp = 100 }, { from_minor = 20_000, rate_bp = 300 }]
"""


def policy(options: SimulationOptions) -> BurnPolicy:
    """What HQ lets tills burn: the product's own figures, or, by the seed, such narrow ones that they bind all the time."""
    if options.seed % 4 in {0, 1}:
        return BurnPolicy(allowance=options.allowance)
    return BurnPolicy(allowance=options.allowance, card_day_units=900, till_budget_units=2_000, lease_units=700)


def programmes(seed: int) -> tuple[Programme, ...]:
    """The programmes of a run: points of the chain that can be burned, in a kind that goes by the seed, and a partner's."""
    own, partner = programme_texts(seed)
    return parse_programme(own, source="own.toml"), parse_programme(partner, source="partner.toml")


def programme_texts(seed: int, *, version: int = 1) -> tuple[str, str]:
    """Their files. A later version gives another rate. Points live for ever, a day, or five days."""
    own = _OWN.format(
        version=version,
        rate_bp=_RATES_BP[(version - 1) % len(_RATES_BP)],
        pending='"none"' if seed % 2 else "{ hours = 3 }",
        life=_LIVES[seed % len(_LIVES)],
        burn_as="tender" if seed % 5 == 0 else "price_reduction",
    )
    return own, _PARTNER


def price_list(change: int) -> str:
    """A file of products whose prices have changed for the time of this number."""
    rows = ["code,name,price,tax_rate,class,band"]
    for product in GOODS:
        price_minor = product.price_minor + change * _PRICE_STEP_MINOR
        rows.append(
            f"{product.code},{product.name},{price_minor // 100}.{price_minor % 100:02},{product.tax_rate_bp // 100},"
            f"{product.product_class.value},{product.band}"
        )
    return "\n".join(rows) + "\n"


def settings(number: int, *, hq_url: str, mirror: Path) -> Settings:
    """The settings of a till: every second one has a mirror, every third one lets go of bodies after a day; batches differ."""
    return Settings(
        shop=Shop(name="Simulated shop", store_id=store_id(number)),
        till=Till(authority="hq", number=number),
        owners=Owners(products="hq", programmes="hq"),
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
