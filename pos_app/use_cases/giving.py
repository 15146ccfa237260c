"""A customer gives to a cause: a line of the basket whose amount was typed, or that rounds up what is to be paid. Pure."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.donating import Cause
from pos_app.loyalty.plan import plan_for
from pos_app.model.money import MILLI
from pos_app.model.products import Product
from pos_app.use_cases.views import Basket, BasketLine, Quote

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def causes_now(till: "Till") -> dict[str, Cause]:
    """The causes that customers can give to now, by product, the first of them first. None beside a fiscal till, which takes the money."""
    if till.settings.till.mode == "beside":
        return {}
    terms = till.terms
    return plan_for(terms.programmes, till.business_date(till.clock.utc_ms()), terms.store_id).causes


def missing_minor(quote: Quote, basket: Basket, cause: Cause) -> int:
    """What the total without its rounding lacks to the next multiple of the cause's step; 0 where it lacks nothing."""
    rounded_minor = sum(
        line.payable_minor for line, one in zip(quote.lines, basket.lines, strict=True) if one.rounds_up
    )
    return -(quote.to_pay_minor - rounded_minor) % (cause.round_to_minor or 1)


def with_gift(basket: Basket, product: Product, amount_minor: int, *, rounds_up: bool = False) -> Basket:
    """The basket with so much for a cause, in place of what was given to it before; 0 takes that off."""
    lines = tuple(line for line in basket.lines if line.product.code != product.code)
    if amount_minor:
        gift = BasketLine(msgspec.structs.replace(product, price_minor=amount_minor), rounds_up=rounds_up)
        lines = (*lines, gift)
    return msgspec.structs.replace(basket, lines=lines)


def followed(basket: Basket, quote: Quote, causes: dict[str, Cause]) -> Basket:
    """The basket with its rounding as the rest of it wants it; the same one where nothing changes. What needs none loses it."""
    lines = []
    for line in basket.lines:
        cause = causes.get(line.product.code)
        if not line.rounds_up or cause is None:
            lines.append(line)
        elif missing := missing_minor(quote, basket, cause):
            product = msgspec.structs.replace(line.product, price_minor=missing)
            lines.append(
                line
                if line.product == product and line.quantity_milli == MILLI
                else BasketLine(product, rounds_up=True)
            )
    return basket if tuple(lines) == basket.lines else msgspec.structs.replace(basket, lines=tuple(lines))


def product_of(till: "Till", cause: Cause) -> Product:
    """What a gift is booked as: the shop's product with its own name and tax, else one that is called like the cause, without tax."""
    return till.find_product(cause.product_code) or Product(cause.product_code, cause.name, 0, 0)
