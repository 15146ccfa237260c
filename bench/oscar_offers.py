"""A reference for the loyalty engine: the applicator that django-oscar applies offers with, over SQLite in memory.

What it is given is as near to our three rules as its own kinds of offers go. It gives discounts, where ours give points of the same
worth; it knows no classes of cards and no sums over receipts, so the offers have the rates of this one member; it does not look for the
best offer of a line but goes by priority, and an offer stops at the first line that another one has taken, so the ranges of goods that win
do not overlap. It gives no reasons, rounds nothing to whole points, and burns nothing. Timed is ``Applicator.apply`` alone, on a basket
whose lines are loaded.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import django
import oscar.defaults
from django.conf import settings

from bench.rule_engines_case import Worths
from pos_app.model.evaluation import EngineInput, EngineLine
from pos_app.model.products import ProductClass

_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.flatpages",
    "django.contrib.sessions",
    "django.contrib.sites",
    *(
        f"oscar.apps.{path}"
        for path in (
            "address.apps.AddressConfig",
            "analytics.apps.AnalyticsConfig",
            "basket.apps.BasketConfig",
            "catalogue.apps.CatalogueConfig",
            "catalogue.reviews.apps.CatalogueReviewsConfig",
            "checkout.apps.CheckoutConfig",
            "communication.apps.CommunicationConfig",
            "customer.apps.CustomerConfig",
            "offer.apps.OfferConfig",
            "order.apps.OrderConfig",
            "partner.apps.PartnerConfig",
            "payment.apps.PaymentConfig",
            "search.apps.SearchConfig",
            "shipping.apps.ShippingConfig",
            "voucher.apps.VoucherConfig",
            "wishlists.apps.WishlistsConfig",
        )
    ),
    "haystack",
    "treebeard",
]


class _NoMigrations:
    """The tables are made as the models are: oscar's migrations one by one take minutes."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


class OscarBasket:
    """The receipt as a basket of oscar, with its offers in the database."""

    def __init__(self, engine_input: EngineInput) -> None:
        _set_up()
        from django.contrib.auth import get_user_model
        from django.http import HttpRequest
        from oscar.apps.offer.applicator import Applicator
        from oscar.apps.partner.strategy import Selector
        from oscar.core.loading import get_model

        self._model: Callable[[str, str], Any] = get_model
        self._line_nos: list[int] = []
        products = [self._product(line) for line in engine_input.lines]
        self._offers(products)
        self._user = get_user_model().objects.create(username="member")
        self._basket = get_model("basket", "Basket").objects.create(owner=self._user)
        self._basket.strategy = Selector().strategy()
        for _, product in products:
            self._basket.add_product(product)
        self._request = HttpRequest()
        self._apply = Applicator().apply

    def reset(self) -> None:
        """Take all discounts off again; not timed."""
        self._basket.reset_offer_applications()

    def apply(self) -> None:
        """What is timed."""
        self._apply(self._basket, self._user, self._request)

    def worths(self) -> Worths:
        """What the offers took off each line, which is not rounded yet."""
        found: Worths = {}
        for line_no, line in zip(self._line_nos, self._basket.all_lines(), strict=True):
            for discount in line.discounts.all():
                found[line_no] = discount.offer.name, Fraction(discount.amount) * 100
        return found

    def _product(self, line: EngineLine) -> tuple[EngineLine, Any]:
        kind, _ = self._model("catalogue", "ProductClass").objects.get_or_create(name="goods", track_stock=False)
        partner, _ = self._model("partner", "Partner").objects.get_or_create(name="shop")
        product = self._model("catalogue", "Product").objects.create(title=line.product_code, product_class=kind)
        price = Decimal(line.amount_minor) / 100
        self._model("partner", "StockRecord").objects.create(
            product=product, partner=partner, partner_sku=line.product_code, price=price
        )
        self._line_nos.append(line.line_no)
        return line, product

    def _offers(self, products: list[tuple[EngineLine, Any]]) -> None:
        """Dearer offers first: twice 5 % on goods of high margin, 5 % on all others, 1 % on what is no medicine."""
        ranges = self._model("offer", "Range").objects
        high = ranges.create(name="high margin")
        others = ranges.create(name="all others", includes_all_products=True)
        counted = ranges.create(name="no medicine", includes_all_products=True)
        for line, product in products:
            if line.product_class is ProductClass.HIGH_MARGIN:
                high.add_product(product)
                others.excluded_products.add(product)
            if line.product_class is ProductClass.MEDICINE:
                counted.excluded_products.add(product)
        for priority, (name, goods, percent) in enumerate(
            (("progressive", counted, 1), ("fixed-card", others, 5), ("pharmacy", high, 10)), start=1
        ):
            self._offer(name, goods, percent=percent, priority=priority)

    def _offer(self, name: str, goods: Any, *, percent: int, priority: int) -> None:
        condition_model, benefit_model = self._model("offer", "Condition"), self._model("offer", "Benefit")
        condition = condition_model.objects.create(type=condition_model.COUNT, value=1, range=goods)
        benefit = benefit_model.objects.create(type=benefit_model.PERCENTAGE, value=percent, range=goods)
        self._model("offer", "ConditionalOffer").objects.create(
            name=name, priority=priority, condition=condition, benefit=benefit
        )


def _set_up() -> None:
    """Configure Django and make the tables, in memory."""
    defaults = {name: getattr(oscar.defaults, name) for name in dir(oscar.defaults) if name.startswith("OSCAR_")}
    settings.configure(
        **defaults,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        INSTALLED_APPS=_APPS,
        MIGRATION_MODULES=_NoMigrations(),
        SECRET_KEY="for a benchmark in memory",
        SITE_ID=1,
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
