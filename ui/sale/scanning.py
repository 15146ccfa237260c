"""From a scan that was understood to a line of the basket, or to the reason why the line stops. Pure."""

from devices.barcodes import BadReason, BadScan, ClaimScan, CouponScan, ProductScan, read_code
from pos_app.model.money import MILLI
from pos_app.model.products import Product
from pos_app.protocol import coupons
from pos_app.settings import Settings
from pos_app.use_cases.quoting import check_line
from pos_app.use_cases.views import BasketLine
from ui.sale.numbers import multiplied
from ui.sale.screen import Problem, ProblemCode

_BAD_CODES = {
    BadReason.WRONG_CHECK_DIGIT: ProblemCode.CHECK_DIGIT,
    BadReason.NO_PRODUCT: ProblemCode.NO_PRODUCT,
}


def claim_in(raw: str, settings: Settings) -> str:
    """The code by which a member claims a receipt's points, where one was scanned; else nothing."""
    scan = read_code(raw, cards=(), in_store=(), aim_prefix=settings.scanner.aim_prefix)
    return scan.code if isinstance(scan, ClaimScan) else ""


def coupon_in(raw: str, settings: Settings) -> str:
    """The code of a coupon, where one was scanned or typed; else nothing."""
    if coupons.PREFIX not in raw.upper():
        return ""
    scan = read_code(raw, cards=(), in_store=(), aim_prefix=settings.scanner.aim_prefix)
    return scan.code if isinstance(scan, CouponScan) else ""


def problem_of_bad(scan: BadScan) -> Problem:
    """Why a code that cannot be used stops the line."""
    return Problem(_BAD_CODES.get(scan.reason, ProblemCode.UNREADABLE), {"code": scan.code})


def line_of(scan: ProductScan, product: Product, factor_milli: int | None) -> BasketLine:
    """The line that a scan adds; ``factor_milli`` is a quantity typed before it, None for none.

    A weight in the code is multiplied by the factor, a price in the code too. Raises ``InputError`` where the quantity or the
    amount is out of range, or where goods sold by the piece come with a fraction.
    """
    factor = MILLI if factor_milli is None else factor_milli
    quantity = factor if scan.weight_grams is None else multiplied(scan.weight_grams, factor)
    override = None if scan.price_minor is None else multiplied(scan.price_minor, factor)
    line = BasketLine(
        product, quantity, override, scan.batch, scan.expires, price_on_label=scan.price_minor is not None
    )
    return check_line(line)


def lacks_weight(scan: ProductScan, product: Product, factor_milli: int | None) -> bool:
    """Whether goods sold by weight were scanned without any: one kilogram must not be sold by accident."""
    return product.sold_by_weight and scan.weight_grams is None and scan.price_minor is None and factor_milli is None
