"""The tax table, and what the engine's result says of itself."""

from pos_app.model.evaluation import BurnAs, EngineResult, LotGrant, Reason
from pos_app.model.products import ProductClass
from pos_app.model.receipts import SaleLine, TaxRow, tax_table


def _line(line_no: int, payable_minor: int, tax_minor: int, tax_rate_bp: int) -> SaleLine:
    return SaleLine(
        line_no=line_no,
        product_code="p",
        name="P",
        product_class=ProductClass.GENERAL,
        band="",
        department="",
        category="",
        quantity_milli=1000,
        unit_price_minor=payable_minor,
        list_minor=payable_minor,
        amount_minor=payable_minor,
        burn_minor=0,
        payable_minor=payable_minor,
        tax_rate_bp=tax_rate_bp,
        tax_minor=tax_minor,
    )


def test_that_the_tax_table_sums_by_rate_with_the_lowest_rate_first() -> None:
    lines = (_line(1, 1200, 200, 2000), _line(2, 110, 10, 1000), _line(3, 600, 100, 2000))
    assert (TaxRow(1000, 110, 10), TaxRow(2000, 1800, 300)) == tax_table(lines)


def test_that_a_receipt_without_lines_has_an_empty_tax_table() -> None:
    assert () == tax_table(())


def test_that_what_a_receipt_earns_is_the_sum_of_its_lots() -> None:
    lots = (LotGrant("a", "shop", 7, 0, None), LotGrant("b", "shop", 5, 0, None))
    result = EngineResult(
        semantics=1,
        burn_units=0,
        burn_worth_minor=0,
        burn_as=BurnAs.TENDER,
        burn_shares=(),
        burnable_units=0,
        burn_limit=Reason("burn.no_member", {}),
        awards=(),
        lots=lots,
        counted={},
        class_before="",
        class_after="",
        next_step=None,
    )
    assert 12 == result.earned_units
