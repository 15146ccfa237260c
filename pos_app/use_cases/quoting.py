"""What a basket comes to: prices, points and tax, to the last unit. Pure; the screen and the booking use the same figures."""

from collections.abc import Iterable

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.engine import SEMANTICS, evaluate
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.accounts import Member
from pos_app.model.calendar import local_time
from pos_app.model.evaluation import BurnAs, Discount, EngineInput, EngineLine, EngineResult, MemberContext
from pos_app.model.money import (
    AMOUNT_MAX_MINOR,
    QUANTITY_MAX_MILLI,
    Currency,
    cash_rounding_minor,
    line_amount_minor,
    tax_included_minor,
)
from pos_app.model.receipts import Payment, PaymentKind, SaleLine, tax_table
from pos_app.use_cases.programmes import burn_issuer
from pos_app.use_cases.views import Basket, BasketCoupon, BasketLine, Quote

LINES_MAX = 500
# Ten times the largest receipt: more is a code that was scanned into the amount.
GIVEN_MAX_MINOR = LINES_MAX * AMOUNT_MAX_MINOR * 10


class Terms(msgspec.Struct, frozen=True):
    """What prices and points go by: the currency, the exponent of points, the programmes in force, where and in which zone.

    ``budgets``: what is left here of rules' budgets, in units.
    """

    currency: Currency
    points_exponent: int
    programmes: ProgrammeSet
    zone: str
    store_id: str = ""
    budgets: dict[str, int] = {}


def check_line(line: BasketLine) -> BasketLine:
    """The line as it is, or ``InputError`` where its quantity or amount is out of range."""
    if not 0 < line.quantity_milli <= QUANTITY_MAX_MILLI:
        raise _out_of_range("quantity", "The quantity must be more than 0 and at most 10 000.")
    if line.quantity_milli % 1000 and not line.product.sold_by_weight:
        raise _out_of_range("quantity", f"{line.product.name} is sold by the piece.")
    if not 0 <= amount_minor(line) <= AMOUNT_MAX_MINOR:
        raise _out_of_range("amount", "The amount of the line is out of range.")
    return line


def amount_minor(line: BasketLine) -> int:
    """What the line costs before the rules: the override where there is one, else price times quantity, rounded half up."""
    if line.override_minor is not None:
        return line.override_minor
    return line_amount_minor(unit_price_minor=line.product.price_minor, quantity_milli=line.quantity_milli)


def engine_input(basket: Basket, terms: Terms, *, utc_ms: int, business_date: str) -> EngineInput:
    """Everything that the engine may know of this basket."""
    return EngineInput(
        semantics=SEMANTICS,
        programme_set_hash=terms.programmes.hash,
        currency_exponent=terms.currency.exponent,
        points_exponent=terms.points_exponent,
        utc_ms=utc_ms,
        zone=terms.zone,
        business_date=business_date,
        lines=tuple(_engine_line(number, line) for number, line in enumerate(basket.lines, start=1)),
        member=_member_context(basket, terms, utc_ms=utc_ms, business_date=business_date),
        burn_units=basket.burn_units,
        takes=basket.takes,
        coupons=tuple(coupon.rule for coupon in coupons_that_count(basket)),
        store_id=terms.store_id,
        budgets=terms.budgets,
    )


def coupons_that_count(basket: Basket) -> tuple[BasketCoupon, ...]:
    """The basket's coupons without those of another member."""
    account_ref = "" if basket.member is None else basket.member.account_ref
    return tuple(coupon for coupon in basket.coupons if coupon.account_ref in {"", account_ref})


def _engine_line(number: int, line: BasketLine) -> EngineLine:
    product = line.product
    return EngineLine(
        number,
        product.code,
        product.product_class,
        product.band,
        product.department,
        product.category,
        line.quantity_milli,
        amount_minor(line),
        tax_rate_bp=product.tax_rate_bp,
        member_minor=_member_minor(line),
        margin_floor_percent=product.margin_floor_percent,
        # A price on the label counts as set too: how much it is for is not known, so no price a kilogram can be compared.
        fixed=line.override_minor is not None,
    )


def _member_minor(line: BasketLine) -> int | None:
    unit_price_minor = line.product.member_price_minor
    if unit_price_minor is None:
        return None
    return line_amount_minor(unit_price_minor=unit_price_minor, quantity_milli=line.quantity_milli)


def _member_context(basket: Basket, terms: Terms, *, utc_ms: int, business_date: str) -> MemberContext | None:
    """The member's state; where points need a right, rewards take what it leaves beside what is burned."""
    member = basket.member
    if member is None:
        return None
    context = member_context(member, utc_ms=utc_ms, zone=terms.zone)
    if not member.needs_right:
        return context
    allowed_units = 0 if basket.authorisation is None else basket.authorisation.units
    left_units = max(0, min(allowed_units, member.spendable_units) - basket.burn_units)
    issuer = burn_issuer(terms.programmes, business_date, terms.store_id)
    return msgspec.structs.replace(context, pools=context.pools | {issuer: left_units})


def member_context(member: Member, *, utc_ms: int, zone: str) -> MemberContext:
    """The member's state without anything that tells who it is: the birthday becomes a flag."""
    is_birthday = bool(member.birthday) and member.birthday[-5:] == f"{local_time(utc_ms=utc_ms, zone_name=zone):%m-%d}"
    return MemberContext(
        account_ref=member.account_ref,
        card_class=member.card_class,
        accumulators=member.accumulators,
        receipts_before=member.receipts_before,
        spendable_units=member.spendable_units,
        birthday=is_birthday,
        tiers=member.tiers,
        pools=member.pools,
        used=member.used,
        facts=member.facts,
        pool_ends_ms=member.pool_ends_ms,
        segments=member.segments,
        chosen=member.chosen,
        verified=member.verified,
    )


def quote(basket: Basket, terms: Terms, *, utc_ms: int, business_date: str) -> Quote:
    """The basket's lines, points, tax and totals."""
    return quote_of(
        basket,
        evaluate(engine_input(basket, terms, utc_ms=utc_ms, business_date=business_date), terms.programmes),
        terms,
    )


def quote_of(basket: Basket, result: EngineResult, terms: Terms) -> Quote:
    """The totals of a basket that the engine has evaluated."""
    is_reduction = result.burn_as is BurnAs.PRICE_REDUCTION
    reductions = {share.line_no: share.worth_minor for share in result.burn_shares} if is_reduction else {}
    off_minor = off_by_line(result.discounts)
    lines = tuple(
        _sale_line(number, line, off_minor=off_minor.get(number, 0), burn_minor=reductions.get(number, 0))
        for number, line in enumerate(basket.lines, start=1)
    )
    total_minor = sum(line.payable_minor for line in lines)
    to_pay_minor = total_minor if is_reduction else total_minor - result.burn_worth_minor
    return Quote(
        lines=lines,
        result=result,
        tax=tax_table(lines),
        gross_minor=sum(line.list_minor for line in lines),
        discount_minor=sum(line.list_minor - line.amount_minor for line in lines),
        total_minor=total_minor,
        to_pay_minor=to_pay_minor,
        cash_to_pay_minor=to_pay_minor
        + cash_rounding_minor(amount_minor=to_pay_minor, step_minor=terms.currency.cash_step_minor),
    )


def off_by_line(discounts: Iterable[Discount]) -> dict[int, int]:
    """What the rules take off each line in all, in minor units, by its number."""
    off_minor: dict[int, int] = {}
    for discount in discounts:
        off_minor[discount.line_no] = off_minor.get(discount.line_no, 0) + discount.amount_minor
    return off_minor


def _sale_line(number: int, line: BasketLine, *, off_minor: int, burn_minor: int) -> SaleLine:
    product = line.product
    asked_minor = amount_minor(line) - off_minor
    payable_minor = asked_minor - burn_minor
    return SaleLine(
        line_no=number,
        product_code=product.code,
        name=product.name,
        product_class=product.product_class,
        band=product.band,
        department=product.department,
        category=product.category,
        quantity_milli=line.quantity_milli,
        unit_price_minor=product.price_minor,
        list_minor=line_amount_minor(unit_price_minor=product.price_minor, quantity_milli=line.quantity_milli),
        amount_minor=asked_minor,
        burn_minor=burn_minor,
        payable_minor=payable_minor,
        tax_rate_bp=product.tax_rate_bp,
        tax_minor=tax_included_minor(amount_minor=payable_minor, rate_bp=product.tax_rate_bp),
        batch=line.batch,
        sold_by_weight=product.sold_by_weight,
    )


class Tender(msgspec.Struct, frozen=True):
    """Money as the cashier took it: ``given_minor`` in cash or by card; ``reference`` is the card terminal's."""

    kind: PaymentKind
    given_minor: int
    reference: str = ""


class Settlement(msgspec.Struct, frozen=True):
    """Payments that sum to the sale's total, rounding included, and the change to give back."""

    payments: tuple[Payment, ...]
    change_minor: int


def settle(sale: Quote, tenders: tuple[Tender, ...], currency: Currency) -> Settlement:
    """Turn what was handed over into payments; raises ``InputError`` where it is too little, too much by card, or no amount.

    Only what is left for cash is rounded to the cash step; the ``ROUNDING`` payment makes the sum equal the total.
    """
    if any(not 0 <= tender.given_minor <= GIVEN_MAX_MINOR for tender in tenders):
        raise _payment_refused("An amount that was handed over is out of range.")
    exact = [tender for tender in tenders if tender.kind is not PaymentKind.CASH]
    cash_given_minor = sum(tender.given_minor for tender in tenders if tender.kind is PaymentKind.CASH)
    left_minor = sale.to_pay_minor - sum(tender.given_minor for tender in exact)
    if left_minor < 0:
        raise _payment_refused("More than the total would be taken by card.")
    paid = _by_points(sale) + tuple(
        Payment(tender.kind, tender.given_minor, tender.given_minor, tender.reference) for tender in exact
    )
    if left_minor == 0:
        return Settlement(paid, cash_given_minor)
    cash, *rounding = in_cash(left_minor, currency, given_minor=cash_given_minor)
    if cash_given_minor < cash.amount_minor:
        raise _payment_refused("The payment is less than the total.")
    return Settlement((*paid, cash, *rounding), cash_given_minor - cash.amount_minor)


def settle_beside(sale: Quote) -> Settlement:
    """The payments where the fiscal till beside us takes the money: points as tender, and there the rest."""
    return Settlement((*_by_points(sale), Payment(PaymentKind.FOREIGN, sale.to_pay_minor)), 0)


def _by_points(sale: Quote) -> tuple[Payment, ...]:
    by_points_minor = sale.total_minor - sale.to_pay_minor
    return (Payment(PaymentKind.POINTS, by_points_minor),) if by_points_minor else ()


def in_cash(amount_minor: int, currency: Currency, *, given_minor: int = 0) -> tuple[Payment, ...]:
    """An amount in cash, in or out: what coins can pay, and where that is not all of it, the ``ROUNDING`` that is missing."""
    rounding_minor = cash_rounding_minor(amount_minor=amount_minor, step_minor=currency.cash_step_minor)
    cash = Payment(PaymentKind.CASH, amount_minor + rounding_minor, given_minor)
    return (cash, Payment(PaymentKind.ROUNDING, -rounding_minor)) if rounding_minor else (cash,)


def _out_of_range(what: str, sentence: str) -> InputError:
    return InputError(f"sale.{what}_range", what=sentence, safe="The basket is as it was.", todo="Type it again.")


def _payment_refused(sentence: str) -> InputError:
    return InputError(
        "sale.payment", what=sentence, safe="Nothing was booked.", todo="Correct the amount and press Enter again."
    )
